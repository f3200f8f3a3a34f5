"""An admin changes what the bot says in a real browser, is refused, mends it, and is signed for."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.gatekeeping import Gatekeeper
from models.practitioner import RoleName
from tests.browser import looking

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WAY_OUT = "  - request_person\n"


@pytest.fixture
def gate(played, tmp_path: Path) -> Iterator[None]:
    """Runs the gate beside the console, as the dialogue's process does."""
    keeper, over = Gatekeeper(played.engine, tmp_path, "here"), threading.Event()
    keeper.begin()

    def run() -> None:
        while not over.wait(0.1):
            keeper.step()

    running = threading.Thread(target=run)
    running.start()
    yield
    over.set()
    running.join()


def sit(chromium, played, name: str, *roles: RoleName) -> Page:
    page = looking.fresh_page(chromium, played)
    page.set_default_timeout(30_000)
    page.goto("/")
    page.get_by_label("Email address").fill(played.add(name, *roles).email)
    page.get_by_label("Password").fill("three random words")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Bot").click()
    return page


@pytest.mark.usefixtures("gate")
def test_an_edit_is_made_refused_with_the_way_there_and_mended(chromium, played):
    ada = sit(chromium, played, "Ada Admin", RoleName.ADMIN)
    ada.get_by_label("What is it for?").fill("Ask for the age more kindly")
    ada.get_by_role("button", name="Make the draft").click()
    assert looking.violations(ada) == []

    ada.goto("/dialogue/2/texts/utter_ask_age")
    ada.get_by_label("English, text 1").fill("How many years old are you?")
    expect(
        ada.get_by_text("27 characters, 1 text message, 133 left in it. Reading")
    ).to_be_visible()
    ada.get_by_label("Welsh, text 1").fill("Faint yw dy oed di, os wyt ti am ddweud?")
    assert looking.violations(ada) == []
    ada.get_by_role("button", name="Save the texts").click()
    expect(ada.get_by_text("The draft is saved.")).to_be_visible()

    choose_when_it_is_asked(ada)
    change_its_buttons(ada)

    ada.goto("/dialogue/2/files/dialogues/questions.yml")
    text = ada.get_by_label("The file").input_value()
    ada.get_by_label("The file").fill(text.replace(WAY_OUT, "", 1))
    ada.get_by_role("button", name="Save the file").click()
    expect(ada.get_by_text("The file is saved.")).to_be_visible()
    ada.goto("/dialogue/2")
    ada.get_by_role("button", name="Check this version").click()
    expect(ada.get_by_text("A child who says request_person here is asked")).to_be_visible(
        timeout=120_000
    )
    expect(ada.get_by_text("The way there: A child: tells something")).to_be_visible()
    expect(ada.get_by_text("Refused by a check").first).to_be_visible()
    assert looking.violations(ada) == []
    assert looking.overflow(ada) == 0

    ada.goto("/dialogue/2/files/dialogues/questions.yml")
    ada.get_by_label("The file").fill(text)
    ada.get_by_role("button", name="Save the file").click()
    expect(ada.get_by_text("The file is saved.")).to_be_visible()
    ada.goto("/dialogue/2/difference")
    expect(ada.get_by_text("- {slot: urgency, not_in: [emergency]}")).to_be_visible()
    expect(ada.get_by_text(WAY_OUT.strip(), exact=True)).to_have_count(0)
    expect(ada.get_by_text("How many years old are you?")).to_be_visible()
    ada.goto("/dialogue/2/flow")
    expect(ada.locator("#flow canvas").first).to_be_visible()
    assert looking.violations(ada) == []
    look_on_a_phone(ada, "flow", "questions/4/when", "texts/utter_ask_age/buttons")


def choose_when_it_is_asked(ada: Page) -> None:
    ada.goto("/dialogue/2/questions/8/when")
    hangs_on = ada.get_by_label("A further condition hangs on")
    hangs_on.select_option(label="How urgent it is found to be")
    ada.get_by_role("button", name="Add the condition").click()
    added = ada.get_by_role("group", name="3. How urgent it is found to be")
    added.get_by_role("combobox").select_option(label="is not one of these")
    added.get_by_label("emergency").check()
    assert looking.violations(ada) == []
    ada.get_by_role("button", name="Save when it is asked").click()
    expect(ada.get_by_text("The draft is saved.")).to_be_visible()


def change_its_buttons(ada: Page) -> None:
    ada.goto("/dialogue/2/texts/utter_ask_age/buttons")
    ada.get_by_role("button", name="Take out button 2").click()
    ada.get_by_role("button", name="Add a button").click()
    added = ada.get_by_role("group", name="Button 3")
    added.get_by_label("What button 3 does").select_option(label="Asks: who sees")
    added.get_by_label("English").fill("Who sees it?")
    ada.get_by_role("button", name="Save the buttons").click()
    expect(ada.get_by_role("link", name="Enter what button 3 says in Welsh")).to_be_visible()
    added.get_by_label("Welsh").fill("Pwy sy'n ei weld?")
    assert looking.violations(ada) == []
    ada.get_by_role("button", name="Save the buttons").click()
    expect(ada.get_by_text("The draft is saved.")).to_be_visible()


def look_on_a_phone(ada: Page, *paths: str) -> None:
    ada.set_viewport_size({"width": 320, "height": 640})
    for path in paths:
        ada.goto(f"/dialogue/2/{path}")
        assert looking.violations(ada) == [], path
        assert looking.overflow(ada) == 0, path
