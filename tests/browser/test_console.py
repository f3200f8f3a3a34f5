"""The console in a real browser: alerts, two practitioners, restarts, no scripts, and axe."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from handover import audit
from models.conversation import Author
from models.db import transaction
from models.practitioner import Practitioner
from tests.browser import looking
from tests.browser.stage import Stage, fill

pytestmark = [
    pytest.mark.browser,
    # The sign-in library names its choices in a way the forms library gives up in version 4.
    pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning"),
]

KNIFE = "hes coming up the stairs with a knife"


def test_from_alert_to_the_end_of_the_talk(played: Stage, desk) -> None:
    page: Page = desk(played.anna)
    child = played.telegram
    child.child_says(KNIFE)
    stored = time.monotonic()
    page.get_by_text("1 emergency waiting for a person").wait_for()
    assert time.monotonic() - stored < 2
    assert "EMERGENCY" in page.title()
    assert page.locator("link[rel=icon]").get_attribute("href", timeout=1000) != "/static/icon.svg"
    child.work()

    page.get_by_role("link", name=re.compile("Child, no name given, Telegram")).click()
    page.get_by_role("button", name="Take over").click()
    page.wait_for_url("**#reply")
    # Whoever answers at once still has the child's words before their eyes.
    expect(page.locator("#messages > :last-child")).to_be_in_viewport()
    page.get_by_label("Reply to").fill("I am Anna. Are you hidden?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("I am Anna. Are you hidden?")).to_have_count(1)
    child.send()
    expect(page.locator(".app-message--practitioner .app-message__delivery")).to_have_text("Sent")
    child.child_says("yes under the bed")
    expect(page.get_by_text("yes under the bed")).to_be_visible()

    page.get_by_role("link", name="Decide on this contact").click()
    page.get_by_label("Referral to children's social care").check()
    page.get_by_label("Reason for the decision").fill("Police called, child at risk now")
    page.get_by_label("Primary need", exact=True).select_option("N1")
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_label("I have said it already").check()
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_text("The conversation has ended.")).to_be_visible()
    assert "I am Anna. Are you hidden?" in child.sent()
    page.goto("/queue?list=ended")
    expect(page.locator(".app-row")).to_have_count(1)


def test_an_emergency_shows_on_every_page_and_stays_while_scrolled(played: Stage, desk) -> None:
    page: Page = desk(played.anna)
    page.goto("/account")
    looking.wait_until_live(page)
    played.telegram.child_says(KNIFE)
    band = page.get_by_text("1 emergency waiting for a person")
    band.wait_for()

    page.set_viewport_size({"width": 400, "height": 400})
    page.mouse.wheel(0, 2000)

    expect(band).to_be_in_viewport()
    page.get_by_role("button", name=re.compile("I have seen this")).click()
    expect(page.get_by_text("Seen, not yet answered")).to_be_visible()


def test_sound_is_asked_for_once_and_an_emergency_then_cannot_be_muted(played: Stage, desk) -> None:
    page: Page = desk(played.anna)
    page.get_by_role("button", name="Turn on sound").click()
    expect(page.locator("#sound-words")).to_have_text("Sound is on.")

    page.get_by_role("button", name="Sound for emergencies only").click()
    played.telegram.child_says(KNIFE)

    page.wait_for_selector("html[data-alarm=emergency]", state="attached")
    expect(page.locator("#sound-words")).to_have_text("Sound is on for emergencies only.")


def test_of_two_who_take_over_one_wins_and_the_other_is_told(played: Stage, desk) -> None:
    played.telegram.child_says("my stepdad hits me most weeks")
    played.telegram.work()
    path = f"/conversations/{played.telegram.conversation_id}"
    anna, ben = desk(played.anna), desk(played.ben)
    anna.goto(path)
    # Before the page opens: a stream that already runs would tell Ben before he can click.
    ben.route("**/live**", lambda route: route.abort())
    ben.goto(path)

    anna.get_by_role("button", name="Take over").click()
    ben.get_by_role("button", name="Take over").click()

    told = ben.get_by_text("Anna Okafor took this conversation over before you.")
    expect(told).to_be_visible()
    expect(ben.get_by_label("Reply to")).to_be_hidden()
    expect(anna.get_by_text("You hold this conversation")).to_be_visible()


def test_the_other_sees_live_who_holds_it(played: Stage, desk) -> None:
    played.telegram.child_says("my stepdad hits me most weeks")
    played.telegram.work()
    anna, ben = desk(played.anna), desk(played.ben)
    ben.goto(f"/conversations/{played.telegram.conversation_id}")
    looking.wait_until_live(ben)

    anna.goto(f"/conversations/{played.telegram.conversation_id}")
    anna.get_by_role("button", name="Take over").click()

    expect(ben.get_by_text("Anna Okafor holds this conversation")).to_be_visible()
    expect(ben.get_by_role("button", name="Take over")).to_have_count(0)


def test_a_page_clears_itself_when_its_reader_signs_out_elsewhere(played: Stage, desk) -> None:
    """In another tab, and by an account that is closed while a page is open."""
    page: Page = _held(played, desk)
    paper, other = page.context.new_page(), page.context.new_page()
    for one in (paper, other):
        one.goto(f"{played.address}/conversations/{played.telegram.conversation_id}/transcript")
    other.goto(f"{played.address}/queue")
    played.telegram.child_says("he is home")
    expect(page.get_by_text("he is home")).to_be_visible()
    page.get_by_label("Reply to").fill("half a sentence")

    other.get_by_role("button", name="Sign out").click()

    for one in (page, paper):
        one.wait_for_url("**/sign-in?ended=yes&next=*")
        expect(one.get_by_text("he is home")).to_have_count(0)
    assert page.evaluate("Object.keys(sessionStorage).length") <= 1
    ben = desk(played.ben)
    ben.goto(f"/conversations/{played.telegram.conversation_id}")
    expect(ben.get_by_text("he is home")).to_be_visible()
    with transaction(played.engine) as session:
        closed = session.get_one(Practitioner, played.ben.id)
        closed.active = False
        closed.fs_uniquifier = "closed"
        audit.check_access(session, closed)
    ben.wait_for_url("**/sign-in?ended=yes&next=*")
    expect(ben.get_by_text("he is home")).to_have_count(0)


def test_a_restart_of_the_server_loses_and_doubles_nothing(played: Stage, desk) -> None:
    child = played.telegram
    page: Page = _held(played, desk)
    child.child_says("before")
    expect(page.get_by_text("before", exact=True)).to_have_count(1)
    page.get_by_label("Reply to").fill("half a sen")

    played.close()
    child.child_says("while it was down")
    page.get_by_label("Reply to").fill("half a sentence")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Not sent yet: no connection.")).to_be_visible()
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    played.open()

    expect(page.get_by_text("while it was down")).to_have_count(1, timeout=15000)
    expect(page.locator(".app-message").get_by_text("half a sentence")).to_have_count(
        1, timeout=15000
    )
    expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=15000)
    child.child_says("after")
    expect(page.get_by_text("after", exact=True)).to_have_count(1)
    assert [one.text for one in child.messages(Author.PRACTITIONER)] == ["half a sentence"]


def test_a_time_without_network_loses_and_doubles_nothing(played: Stage, desk) -> None:
    page: Page = _held(played, desk)
    page.context.set_offline(True)
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    for number in range(5):
        played.telegram.child_says(f"offline {number}")

    page.context.set_offline(False)

    expect(page.locator(".app-message__text").get_by_text("offline")).to_have_text(
        [f"offline {number}" for number in range(5)]
    )
    expect(page.get_by_text("Connection lost.")).to_be_hidden()


def test_a_draft_outlives_the_end_of_a_sign_in(played: Stage, desk) -> None:
    page: Page = _held(played, desk)
    page.get_by_label("Reply to").fill("you did nothing wrong")
    page.context.clear_cookies()

    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/sign-in?ended=yes*")
    expect(page.get_by_text("You are signed out. Sign in to go on.")).to_be_visible()
    page.get_by_label("Email address").fill(played.anna.email)
    page.get_by_label("Password").fill("three random words")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/conversations/{played.telegram.conversation_id}")

    expect(page.get_by_label("Reply to")).to_have_value("you did nothing wrong")


def test_without_scripts_the_whole_work_can_be_done(chromium, played: Stage) -> None:
    played.telegram.child_says("my stepdad hits me most weeks")
    played.telegram.work()
    context = chromium.new_context(base_url=played.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Email address").fill(played.anna.email)
    page.get_by_label("Password").fill("three random words")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".app-row__name a").click()
    page.get_by_role("button", name="Take over").click()
    expect(page.locator(".app-message").last).to_be_in_viewport()
    page.get_by_label("Reply to").fill("I am here.")

    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator(".app-message").get_by_text("I am here.")).to_have_count(1)
    page.locator("#note-details summary").click()
    page.get_by_label("Private note for colleagues").fill("Her aunt can come")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".app-note")).to_contain_text("Her aunt can come")
    page.get_by_role("link", name="Decide on this contact").click()
    page.get_by_label("Information and advice").check()
    page.get_by_label("Reason for the decision").fill("Her aunt is with her")
    page.get_by_role("button", name="Save the decision").click()
    page.goto("/queue?list=mine&channel=telegram")
    page.locator(".app-row__name a").click()
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_label("I have said it already").check()
    page.get_by_role("button", name="End the conversation").click()
    expect(page.get_by_text("The conversation has ended.")).to_be_visible()
    context.close()


# 320 by 256 is what is left of 1280 by 1024 at 400 % zoom.
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (320, 256)])
def test_every_page_passes_axe_and_fits_its_window(
    chromium, played: Stage, width: int, height: int
) -> None:
    fill(played)
    page = looking.fresh_page(chromium, played, width=width, height=height)
    found: dict[str, list[str]] = {}
    for path in ("/sign-in", "/welcome/made-up"):
        page.goto(path)
        found[path] = _faults(page)
    page = looking.sign_in(chromium, played, played.anna, width=width, height=height)
    talk = f"/conversations/{played.telegram.conversation_id}"
    for path in (
        "/queue",
        "/queue?level=emergency",
        "/queue?list=mine",
        "/queue?list=open",
        "/queue?list=ended",
        talk,
        f"{talk}/urgency",
        f"{talk}/decision",
        f"{talk}/end",
        "/account",
        "/account/password",
        "/account/second-factor",
        "/account/recovery-codes",
        "/nowhere",
    ):
        page.goto(path)
        found[path] = _faults(page)
    page.goto(f"{talk}/decision")
    page.get_by_role("button", name="Save the decision").click()
    found["decision with errors"] = _faults(page)
    page.goto(talk)
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Reply to").wait_for()
    found["held"] = _faults(page)
    page.locator("#ready summary").click()
    page.locator("#note-details summary").click()
    page.get_by_label("Private note for colleagues").fill("@ben can you look?")
    page.get_by_role("button", name="Keep the note").click()
    page.locator(".app-note").wait_for()
    found["held with a note"] = _faults(page)
    for path in (f"{talk}/transfer", f"{talk}/transfer/authority"):
        page.goto(path)
        found[path] = _faults(page)
    page.goto(f"{talk}/transfer")
    page.get_by_label("Ben Hughes").check()
    page.get_by_label("What must they know first?").fill("My shift ends")
    page.get_by_role("button", name="Ask them").click()
    page.get_by_role("button", name="Take the offer back").wait_for()
    found["offered"] = _faults(page)
    ben = looking.sign_in(chromium, played, played.ben, width=width, height=height)
    ben.goto("/for-you")
    found["for you"] = _faults(ben)
    ben.get_by_role("link", name=re.compile("Decline")).click()
    ben.get_by_role("button", name="Decline").click()
    found["decline with errors"] = _faults(ben)
    cleo = looking.sign_in(chromium, played, played.cleo, width=width, height=height)
    for path in ("/replies", "/replies/new", "/replies/hello", talk):
        cleo.goto(path)
        found[f"supervisor {path}"] = _faults(cleo)

    assert {path: faults for path, faults in found.items() if faults} == {}


def _faults(page: Page) -> list[str]:
    wider = looking.overflow(page)
    return looking.violations(page) + ([f"{wider} pixels too wide"] if wider else [])


def _held(played: Stage, desk) -> Page:
    """Gives the page of a conversation that Anna has taken over."""
    played.telegram.child_says("my stepdad hits me most weeks")
    played.telegram.work()
    page: Page = desk(played.anna)
    page.goto(f"/conversations/{played.telegram.conversation_id}")
    page.get_by_role("button", name="Take over").click()
    page.wait_for_url("**#reply")
    looking.wait_until_live(page)
    return page
