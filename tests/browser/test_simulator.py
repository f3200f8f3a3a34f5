"""The pretend phones in a real browser, beside the practitioner's console."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine

from handover import auth
from handover.outgoing import Choice
from handover.serving import serve
from models.authority import Authority
from models.db import transaction
from models.practitioner import RoleName
from tests.bot.simulator_rig import Demonstration
from tests.browser import looking
from tests.fakes.dialogue import FakeDialogue

pytestmark = [
    pytest.mark.browser,
    # One database is enough: the browser sees no difference between the two.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

_PASSWORD = "three random words"
_EMAIL = "anna@testshire.example.org"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with looking.browser() as found:
        expect.set_options(timeout=15_000)
        yield found
        expect.set_options(timeout=5_000)


@pytest.fixture
def demonstration(
    engine: Engine, authority: Authority, dialogue: FakeDialogue
) -> Iterator[Demonstration]:
    made = Demonstration(engine, authority, dialogue)
    server = serve(made.app, "127.0.0.1", 0, threads=20)
    made.address = f"http://127.0.0.1:{server.port}"
    with made.working():
        yield made
    server.stop()


@pytest.fixture
def phone(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=demonstration.address, viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/phone/")
    yield page
    context.close()


def test_a_child_and_a_practitioner_talk_in_two_tabs(phone, demonstration):
    write(phone, "SMS", "hi")
    expect(log(phone, "sms")).to_contain_text("I heard: hi")
    write(phone, "SMS", "can i talk to a person")
    expect(log(phone, "sms")).to_contain_text("I heard: can i talk to a person")
    add_practitioner(demonstration)
    console = sign_in(phone)

    console.goto(f"/conversations/{demonstration.conversations()[0].id}")
    console.get_by_role("button", name="Take over").click()
    console.locator("#text").fill("Hello, I am Anna.")
    console.get_by_role("button", name="Send", exact=True).click()

    expect(log(phone, "sms")).to_contain_text("Hello, I am Anna.")
    write(phone, "SMS", "are you real")
    expect(console.locator("body")).to_contain_text("are you real")


def test_buttons_are_pressed_by_keyboard_alone(phone, demonstration):
    demonstration.dialogue.choices = (Choice(title="Yes", payload="/yes"),)
    phone.get_by_label("Write as the child on Telegram").focus()
    phone.keyboard.type("hi")
    phone.keyboard.press("Enter")
    yes = log(phone, "telegram").get_by_role("button", name="Yes")
    expect(yes).to_be_visible()

    yes.focus()
    phone.keyboard.press("Space")

    expect(log(phone, "telegram")).to_contain_text("You pressed: Yes")
    expect(yes.first).to_have_class("is-pressed")


def test_a_reload_shows_the_same_child_and_a_new_child_has_an_empty_phone(phone):
    write(phone, "WhatsApp", "hi")
    expect(log(phone, "whatsapp")).to_contain_text("I heard: hi")

    phone.reload()

    expect(log(phone, "whatsapp")).to_contain_text("I heard: hi")
    phone.locator("#whatsapp").get_by_role("button", name="New child").click()
    expect(log(phone, "whatsapp")).not_to_contain_text("I heard")
    expect(log(phone, "whatsapp")).to_contain_text("Nothing here yet")


def test_an_earlier_telegram_message_is_changed(phone):
    write(phone, "Telegram", "teh")
    expect(log(phone, "telegram")).to_contain_text("I heard: teh")

    log(phone, "telegram").get_by_role("button", name="Edit").first.click()
    phone.get_by_label("Write as the child on Telegram").fill("the words")
    phone.keyboard.press("Enter")

    expect(log(phone, "telegram")).to_contain_text("edited")
    expect(log(phone, "telegram").locator(".line--child .words").first).to_have_text("the words")


def test_a_blocked_phone_cannot_write_until_it_is_unblocked(phone):
    handset = phone.locator("#telegram")
    write(phone, "Telegram", "hi")
    expect(log(phone, "telegram")).to_contain_text("I heard: hi")

    handset.get_by_role("button", name="Block Front Door", exact=True).click()
    expect(log(phone, "telegram")).to_contain_text("You blocked Front Door.")
    expect(phone.get_by_label("Write as the child on Telegram")).to_be_disabled()

    handset.get_by_role("button", name="Unblock Front Door").click()
    expect(log(phone, "telegram")).to_contain_text("You unblocked Front Door.")
    expect(phone.get_by_label("Write as the child on Telegram")).to_be_enabled()


def test_what_is_written_while_the_service_is_away_is_sent_when_it_is_back(phone):
    phone.context.set_offline(True)
    write(phone, "SMS", "is anyone there")
    expect(log(phone, "sms")).to_contain_text("waiting to send")
    expect(phone.locator("#trouble")).to_contain_text("cannot be reached")

    phone.context.set_offline(False)

    expect(log(phone, "sms")).to_contain_text("I heard: is anyone there")
    expect(log(phone, "sms").locator(".line--child")).to_have_count(1)
    expect(phone.locator("#trouble")).to_be_empty()


def test_the_text_counter_knows_both_alphabets(phone):
    count = phone.locator("#sms-count")
    box = phone.get_by_label("Write as the child on Text messages")

    box.fill("a" * 161)
    expect(count).to_contain_text("2 texts: 161 of 306")
    box.fill("\N{GRINNING FACE}")
    expect(count).to_contain_text("1 text: 2 of 70")


def test_words_that_look_like_markup_stay_words(phone):
    write(phone, "Telegram", "<img src=x onerror=alert(1)>")

    expect(log(phone, "telegram")).to_contain_text("I heard: <img src=x onerror=alert(1)>")
    assert log(phone, "telegram").locator("img").count() == 0


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_and_nothing_is_cut_off(phone, demonstration, width):
    demonstration.dialogue.choices = (Choice(title="Yes", payload="/yes"),)
    phone.set_viewport_size({"width": width, "height": 900})
    for name in ("Telegram", "WhatsApp", "SMS"):
        write(phone, name, "hi, is this the right place to ask about something at home?")
        expect(log(phone, name.lower())).to_contain_text("I heard: hi")

    assert looking.violations(phone) == []
    assert looking.overflow(phone) == 0


def write(page: Page, name: str, text: str) -> None:
    label = "Text messages (SMS)" if name == "SMS" else name
    page.get_by_label(f"Write as the child on {label}").fill(text)
    page.get_by_role("button", name=f"Send on {label}").click()


def log(page: Page, name: str) -> Locator:
    return page.locator(f"#{name} [role=log]")


def add_practitioner(demonstration: Demonstration) -> None:
    with transaction(demonstration.engine) as session:
        auth.create_practitioner(
            session,
            email=_EMAIL,
            name="Anna Okafor",
            password=_PASSWORD,
            roles=[RoleName.PRACTITIONER],
            authority=session.get_one(Authority, demonstration.authority.id),
        )


def sign_in(phone: Page) -> Page:
    with phone.context.expect_page() as opened:
        phone.get_by_role("link", name="Open the practitioner").click()
    console = opened.value
    console.get_by_label("Email address").fill(_EMAIL)
    console.get_by_label("Password").fill(_PASSWORD)
    console.get_by_role("button", name="Sign in").click()
    console.wait_for_url("**/queue")
    return console
