"""The record and the board in a real browser: deciding and telling, live numbers, and axe."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.record_scene import fill_record
from tests.browser.stage import Stage, fill

pytestmark = [
    pytest.mark.browser,
    # The sign-in library names its choices in a way the forms library gives up in version 4.
    pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning"),
]


def test_a_contact_is_decided_on_the_child_is_told_and_the_referral_goes_on(
    played: Stage, desk
) -> None:
    child = played.telegram
    played.gathers(name_to_use="Rosie")
    child.child_says("my stepdad hits me most weeks")
    child.work()
    page: Page = desk(played.anna)
    page.goto("/decisions")
    page.locator(".app-row").get_by_role("link", name=re.compile("^Rosie")).click()
    page.get_by_role("link", name=re.compile("Write down.*need and harm")).click()
    expect(page.get_by_text("18C Physical abuse, adult on child").first).to_be_visible()
    page.get_by_label("Primary need", exact=True).select_option("N1")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Decide").click()
    page.get_by_label("Referral to children's social care").check()
    page.get_by_label("Reason for the decision").fill("Harm at home")
    page.get_by_label("Assessment", exact=True).check()
    page.get_by_label("Allocated worker").select_option(label="Ben Hughes")
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_text("Not told yet").first).to_be_visible()

    child.send()
    page.reload()

    assert "Anna Okafor has read what you said" in child.sent()[-1]
    expect(page.get_by_text("Told by a message").first).to_be_visible()
    expect(page.get_by_text("allocated to Ben Hughes")).to_be_visible()
    page.goto("/decisions")
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()


def test_the_board_changes_while_it_is_looked_at(played: Stage, desk) -> None:
    page: Page = desk(played.cleo)
    page.goto("/board")
    looking.wait_until_live(page)
    expect(page.locator("#chart-waiting")).to_be_visible()
    urgent = page.get_by_role("row", name=re.compile("^Urgent"))
    expect(urgent).to_contain_text("0")

    played.telegram.child_says("my stepdad hits me most weeks")
    played.telegram.work()

    expect(urgent).to_contain_text("1", timeout=20_000)


# 320 by 256 is what is left of 1280 by 1024 at 400 % zoom.
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (320, 256)])
def test_every_page_of_the_record_passes_axe_and_fits_its_window(
    chromium, played: Stage, width: int, height: int
) -> None:
    fill(played)
    pages = fill_record(played)
    page = looking.sign_in(chromium, played, played.cleo, width=width, height=height)
    found: dict[str, list[str]] = {}
    for name, path in pages.items():
        page.goto(path)
        found[name] = _faults(page)
    page.goto(pages["decision"])
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_text("There is a problem").wait_for()
    found["decision with errors"] = _faults(page)
    page.goto("/search")
    page.get_by_label("Name the child uses").fill("Rosie")
    page.get_by_role("button", name="Search").click()
    page.locator("#found-title").wait_for()
    found["search with results"] = _faults(page)

    assert {name: faults for name, faults in found.items() if faults} == {}


def _faults(page: Page) -> list[str]:
    wider = looking.overflow(page)
    return looking.violations(page) + ([f"{wider} pixels too wide"] if wider else [])
