"""A browser that looks at the console: signing in, and checking a page with axe."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from models.practitioner import Practitioner
from tests.browser.stage import PASSWORD, Stage

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--autoplay-policy=user-gesture-required",
]
_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def browser() -> Iterator[Browser]:
    """Gives a Chromium with a fresh profile."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        yield chromium
        chromium.close()


def sign_in(chromium: Browser, stage: Stage, who: Practitioner, **size: int) -> Page:
    """Gives a page on the queue, of somebody who has signed in through the form."""
    page = fresh_page(chromium, stage, **size)
    page.goto("/")
    page.get_by_label("Email address").fill(who.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue")
    return page


def fresh_page(chromium: Browser, stage: Stage, *, width: int = 1280, height: int = 900) -> Page:
    """Gives a page of a browser that has never been here."""
    context = chromium.new_context(
        base_url=stage.address, viewport={"width": width, "height": height}
    )
    context.set_default_timeout(20_000)
    return context.new_page()


def wait_until_live(page: Page) -> None:
    """Waits until the page has its live line."""
    page.wait_for_selector("html[data-live=yes]", state="attached")


def violations(page: Page) -> list[str]:
    """Gives what axe finds wrong with a page, a line each."""
    found: dict[str, Any] = (
        Axe().run(page, options={"runOnly": {"type": "tag", "values": _STANDARDS}}).response
    )
    return [
        f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']])}"
        for one in found["violations"]
    ]


def overflow(page: Page) -> int:
    """Gives by how many pixels the page is wider than the window."""
    # Without its style, just after a form was sent, any page is.
    page.wait_for_load_state("load")
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider
