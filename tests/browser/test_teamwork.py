"""Working together in a real browser: notes, taking back, warm transfers, supervision."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from models.base import utc_now
from models.conversation import Author, Conversation
from models.db import transaction
from tests.browser import looking
from tests.browser.stage import Stage

pytestmark = [
    pytest.mark.browser,
    # The sign-in library names its choices in a way the forms library gives up in version 4.
    pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning"),
]


def test_from_alert_by_note_and_undo_to_a_colleague_and_the_end(played: Stage, desk) -> None:
    child = played.telegram
    anna, ben = desk(played.anna), desk(played.ben)
    child.child_says("hes coming up the stairs with a knife")
    child.work()
    anna.get_by_role("link", name=re.compile("Child, no name given, Telegram")).click()
    anna.get_by_role("button", name="Take over").click()
    anna.wait_for_url("**#reply")
    looking.wait_until_live(anna)
    expect(anna.locator("#brief")).to_contain_text("coming up the stairs with a knife")

    played.allow_taking_back(20)
    send(anna, "Hello Rose")
    anna.get_by_role("button", name="Take it back").click()
    expect(anna.get_by_label("Reply to")).to_have_value("Hello Rose")
    played.allow_taking_back(0)
    send(anna, "Hello Rosie")
    expect(anna.locator(".app-message--practitioner")).to_have_count(2)
    keep_note(anna, "@ben I must go at ten")
    expect(ben.get_by_role("link", name="A colleague wrote a note for you")).to_be_visible()

    played.close()
    child.child_says("are you there")
    played.open()
    expect(anna.get_by_text("are you there")).to_have_count(1, timeout=20_000)

    pass_on(anna, ben)
    ben.get_by_role("button", name="End the conversation").click()
    ben.get_by_label("Write my own").check()
    ben.get_by_label("My own last words").fill("Goodbye Rosie, the police are with you.")
    ben.get_by_role("button", name="End the conversation").click()
    expect(ben.get_by_text("The conversation has ended.")).to_be_visible()
    child.send()

    said = child.sent()
    assert "Hello Rose" not in said
    assert said.count("Hello Rosie") == 1
    assert any("You are now talking with Ben Hughes" in words for words in said)
    assert "Goodbye Rosie, the police are with you." in said
    assert not any("must go at ten" in words for words in said)


def test_a_draft_that_asks_again_is_warned_of_while_it_is_written(played: Stage, desk) -> None:
    played.gathers(name_to_use="Kai", age="13")
    page = held(played, desk)

    page.get_by_label("Reply to").press_sequentially("How old are you?")
    expect(page.get_by_text("They have told us this already. Age: 13.")).to_be_visible()
    page.get_by_role("button", name="Send it all the same").click()

    expect(page.locator(".app-message--practitioner")).to_have_count(1)
    expect(page.locator("#cautions")).to_be_empty()


def test_replies_kept_ready_go_in_by_keyboard(played: Stage, desk) -> None:
    page = held(played, desk)
    page.get_by_label("Reply to").press_sequentially("Hi. /safe ")
    expect(page.get_by_label("Reply to")).to_have_value(
        "Hi. Are you safe where you are right now? "
    )

    page.locator("#ready summary").focus()
    page.keyboard.press("Enter")
    page.locator("#ready button").first.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Reply to")).to_be_focused()
    assert len(page.get_by_label("Reply to").input_value()) > 60


def test_a_supervisor_watches_whispers_and_takes_over(played: Stage, desk) -> None:
    anna = held(played, desk)
    cleo: Page = desk(played.cleo)
    cleo.goto(f"/conversations/{played.telegram.conversation_id}")
    looking.wait_until_live(cleo)
    send(anna, "I am here.")
    expect(cleo.get_by_text("I am here.")).to_be_visible()

    cleo.locator("#note-details summary").click()
    cleo.get_by_label("Private note for colleagues").fill("Ask who else is there")
    cleo.get_by_role("button", name="Whisper to Anna Okafor").click()
    expect(anna.locator(".app-note--whisper")).to_contain_text("Ask who else is there")
    anna.get_by_label("Reply to").fill("half a sen")
    cleo.get_by_role("button", name="Take it over from Anna Okafor").click()

    expect(cleo.get_by_text("You hold this conversation now.")).to_be_visible()
    expect(anna.get_by_text("Cleo Adams holds this conversation.")).to_be_visible()
    # What the press before said is not true any more.
    expect(anna.get_by_text("You hold this conversation now.")).to_have_count(0)
    expect(anna.get_by_label("Reply to")).to_have_value("half a sen")
    said = [one.text for one in played.telegram.messages(Author.PRACTITIONER)]
    assert said == ["I am here."]


def test_what_a_plan_keeps_back_in_an_emergency_can_be_decided_at_once(played: Stage, desk) -> None:
    page = held(played, desk, "hes coming up the stairs with a knife")
    weekday = dt.datetime.now(dt.UTC).weekday()
    played.telegram.plans({"days": [(weekday + 3) % 7], "from": "16:00", "until": "17:00"})
    with transaction(played.engine) as session:
        talk = session.get_one(Conversation, played.telegram.conversation_id)
        talk.last_inbound_at = utc_now() - dt.timedelta(hours=2)
    # The page of somebody who has it open since: what changed behind it is not what is tried here.
    page.reload()
    looking.wait_until_live(page)

    page.get_by_label("Reply to").fill("The police are with you.")
    page.get_by_role("button", name="Send it all the same").click()
    expect(page.get_by_label("Reply to")).to_have_value("")
    played.telegram.send()

    expect(page.get_by_text("In an emergency two people can decide otherwise")).to_be_visible()


def held(played: Stage, desk, words: str = "my stepdad hits me most weeks") -> Page:
    """Gives the page of a conversation that Anna has taken over."""
    played.telegram.child_says(words)
    played.telegram.work()
    page: Page = desk(played.anna)
    page.goto(f"/conversations/{played.telegram.conversation_id}")
    page.get_by_role("button", name="Take over").click()
    page.wait_for_url("**#reply")
    looking.wait_until_live(page)
    return page


def send(page: Page, text: str) -> None:
    page.get_by_label("Reply to").fill(text)
    page.get_by_role("button", name=re.compile("^Send( it all the same)?$")).click()
    expect(page.get_by_label("Reply to")).to_have_value("")


def keep_note(page: Page, text: str) -> None:
    page.locator("#note-details summary").click()
    page.get_by_label("Private note for colleagues").fill(text)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".app-note").last).to_contain_text(text)


def pass_on(anna: Page, ben: Page) -> None:
    """Has Anna ask Ben, and Ben accept."""
    anna.get_by_role("button", name="Pass to a colleague").click()
    anna.get_by_label("Ben Hughes").check()
    anna.get_by_label("What must they know first?").fill("She hides under the bed")
    anna.get_by_role("button", name="Ask them").click()
    expect(anna.get_by_text("It stays in the same hands until they accept.")).to_be_visible()
    ben.get_by_role("link", name=re.compile("^For you")).click()
    expect(ben.get_by_text("She hides under the bed")).to_be_visible()
    ben.get_by_role("button", name=re.compile("Accept")).click()
    ben.wait_for_url("**#reply")
    expect(ben.get_by_text("You hold this conversation", exact=True)).to_be_visible()
