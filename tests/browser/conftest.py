"""A stage and a browser for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from handover import assets
from models.practitioner import Practitioner
from tests.browser import looking
from tests.browser.stage import Stage, stage
from tests.databases import DatabaseSettings


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Gives a Chromium; only a machine that is not CI may be without one."""
    if shutil.which("chromium") is None and not DatabaseSettings().ci:
        pytest.skip("Install chromium to run the browser tests.")
    assets.build(lambda _: None)
    with looking.browser() as chromium:
        yield chromium


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Stage]:
    """Gives a console with nobody in it yet."""
    with stage(tmp_path) as played:
        yield played


@pytest.fixture
def desk(chromium: Browser, played: Stage) -> Iterator[Callable[[Practitioner], Page]]:
    """Gives a way to sit somebody down before a live queue; a script error fails the test."""
    faults: list[str] = []
    pages: list[Page] = []

    def sit(who: Practitioner) -> Page:
        page = looking.sign_in(chromium, played, who)
        page.on("pageerror", lambda error: faults.append(str(error)))
        looking.wait_until_live(page)
        pages.append(page)
        return page

    yield sit
    for page in pages:
        page.context.close()
    assert faults == []
