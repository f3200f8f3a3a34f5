"""From an edit to live and back, with the real processes, while children write."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import dialogue_process
from bot.bench.publish import Children
from bot.bench.service import Running, service
from handover import auth
from handover.editing import publishing, real_talks, signing, versions
from models.authority import Authority, ChannelAccount
from models.base import utc_now
from models.channel import ChannelName
from models.conversation import Author, Child, Conversation, Handover, HandoverReason, Message
from models.db import reading, transaction
from models.editing import DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch
from tests.browser.stage import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.rasa, pytest.mark.timeout(1800)]

_VAR = Path(__file__).resolve().parents[2] / "var"
_PATIENCE = 600_000  # milliseconds; a busy machine is no failure
_WELCOME = "I'm a bot, not a person."
_LISTENING = "dialogues/domain/responses_listening.yml"
_OPENING = "I'm a chat bot, not a person."
_EXAMPLES = (
    "can i draw it for you",
    "is it ok if i send you a drawing",
    "i made a drawing can you look",
    "could i do a drawing instead",
    "what if i just draw it",
    "am i allowed to draw what happened",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Gives the whole service, an editor who is an admin, and a safeguarding lead."""
    dialogue_process.train(_VAR)
    folder = tmp_path_factory.mktemp("publishing")
    with service(
        _VAR, folder, more={"QUIET_SECONDS": "0", "WEB_THREADS": "60"}, progress=lambda _: None
    ) as running:
        with transaction(running.engine) as session:
            authority = session.scalars(select(Authority)).one()
            for name, roles in (
                ("Edi Tor", [RoleName.EDITOR, RoleName.ADMIN]),
                ("Lee Der", [RoleName.SAFEGUARDING_LEAD]),
            ):
                auth.create_practitioner(
                    session,
                    email=f"{name[:3].lower()}@testshire.example.org",
                    name=name,
                    password=PASSWORD,
                    roles=roles,
                    authority=authority,
                )
        _allow_real_talks(running)
        yield running


def test_a_change_goes_live_and_is_taken_back_and_one_that_answers_wrongly_never_does(
    chromium: Browser, running: Running
):
    editor, lead = (_sit(chromium, running, who) for who in ("edi", "lee"))
    editor.goto("/dialogue")
    editor.get_by_label("What is it for?").fill("A warmer opening")
    editor.get_by_role("button", name="Make the draft").click()

    _change_a_question(editor)
    _add_an_answer(editor)
    _break_and_mend(editor)
    _check(editor, "Checked")
    _read_real_talks(lead)
    _try_it(editor)
    editor.goto("/dialogue/2")
    editor.get_by_role("button", name="Sign as an admin").click()
    expect(editor.get_by_role("button", name="Sign as")).to_have_count(0)
    lead.goto("/dialogue/2")
    lead.get_by_role("button", name="Sign as a safeguarding lead").click()
    expect(lead.get_by_text("Lee Der, as a safeguarding lead")).to_be_visible()

    children = Children(running.address)
    writing = threading.Thread(target=children.write)
    writing.start()
    try:
        editor.goto("/dialogue/2/publish")
        editor.get_by_label("Why it goes live now").fill("Young people asked for it")
        editor.get_by_role("button", name="Put it live").click()
        expect(editor.get_by_role("heading", name="Version 2 is live")).to_be_visible(
            timeout=_PATIENCE
        )
        _wait_until_said(editor, running, _OPENING)
        editor.goto("/dialogue/roll-back")
        editor.get_by_label("Why you take it back").fill("Only a trial")
        editor.get_by_role("button", name="Take it back now").click()
        expect(editor.get_by_text("by Edi Tor: Only a trial")).to_be_visible()
        _wait_until_said(editor, running, _WELCOME)
        assert children.refused == 0
        assert _failed_turns(running) == 0
        with reading(running.engine) as session:
            assert publishing.live(session) is None

        _answer_wrongly(editor, running)
    finally:
        children.stop.set()
        writing.join()


def _sit(chromium: Browser, running: Running, name: str) -> Page:
    page = chromium.new_context(base_url=running.address).new_page()
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{name}@testshire.example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "sign-in" not in address)
    return page


def _change_a_question(page: Page) -> None:
    page.goto("/dialogue/2/texts/utter_ask_age")
    page.locator("textarea[lang=en]").first.fill("What age are you?")
    page.locator("textarea[lang=cy]").first.fill("Beth ydy dy oed di?")
    page.get_by_role("button", name="Save the texts").click()
    page.goto(f"/dialogue/2/files/{_LISTENING}")
    _replace(page, _WELCOME, _OPENING)


def _add_an_answer(page: Page) -> None:
    page.goto("/dialogue/2/answers/new")
    page.get_by_label("Name").fill("draw_it")
    page.get_by_label("What children say").fill("\n".join(_EXAMPLES))
    page.get_by_label("The answer in English").fill("I can only read words. Can you tell me?")
    page.get_by_label("The answer in Welsh").fill(
        "Dim ond geiriau alla i ddarllen. Alli di ddweud wrtha i?"
    )
    page.get_by_role("button", name="Add the answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("draw it")


def _break_and_mend(page: Page) -> None:
    page.goto("/dialogue/2/files/dialogues/questions.yml")
    _replace(page, "  - request_person\n", "")
    _check(page, "Stopped")
    expect(page.get_by_text("The way there: A child")).to_be_visible()
    page.goto("/dialogue/2/files/dialogues/questions.yml")
    _replace(page, "then_listen:\n", "then_listen:\n  - request_person\n")


def _replace(page: Page, old: str, new: str) -> None:
    field = page.get_by_label("The file")
    before = field.input_value()
    assert old in before
    field.fill(before.replace(old, new, 1))
    page.get_by_role("button", name="Save the file").click()


def _check(page: Page, outcome: str) -> None:
    page.goto("/dialogue/2")
    page.get_by_role("button", name="Check this version").click()
    page.locator("[data-checking=no]").wait_for(timeout=_PATIENCE)
    page.goto("/dialogue/2")
    expect(page.get_by_text(outcome, exact=True).first).to_be_visible()


def _allow_real_talks(running: Running) -> None:
    """Lets the gate play real conversations, of which there is one that is long over."""
    with transaction(running.engine) as session:
        authority = session.scalars(select(Authority)).one()
        people = {one.name: one for one in session.scalars(select(Practitioner))}
        real_talks.set_policy(session, people["Edi Tor"], talks=5, basis="Our assessment")
        at = utc_now() - dt.timedelta(days=3)
        account = ChannelAccount(
            authority_id=authority.id, channel=ChannelName.TELEGRAM, external_name="a-real-bot"
        )
        talk = Conversation(
            authority_id=authority.id,
            account=account,
            child=Child(authority_id=authority.id, name_to_use="Zbyszko"),
            address="7700900321",
            address_digest="none",
            channel=ChannelName.TELEGRAM,
            last_inbound_at=at,
            ended_at=at,
        )
        session.add(talk)
        session.flush()
        for text in ("hiya its zbyszko", "Mr Okonkwo shouts at me at school"):
            message = Message(
                authority_id=authority.id,
                conversation=talk,
                account_id=account.id,
                author=Author.CHILD,
                text=text,
                created_at=at,
                processed_at=at,
            )
            session.add(message)


def _read_real_talks(page: Page) -> None:
    page.goto("/dialogue/2")
    expect(page.get_by_text("1 of 1 real conversations would go otherwise.")).to_be_visible()
    page.get_by_role("link", name="read 1 of them").click()
    table = page.get_by_role("table")
    expect(table).to_contain_text(_WELCOME)
    expect(table).to_contain_text(_OPENING)
    expect(table).to_contain_text("shouts at me at school")
    said = table.inner_text().casefold()
    assert "zbyszko" not in said
    assert "okonkwo" not in said


def _try_it(page: Page) -> None:
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Try it on pretend phones").click()
    phones = opened.value
    draft = phones.get_by_role("region", name="As it would be")
    # Its process is started now, and the page looks again until it is up.
    draft.wait_for(timeout=_PATIENCE)
    draft.get_by_label("Write as the child").fill("can i draw it for you")
    draft.get_by_role("button", name="Send").click()
    expect(draft.get_by_text("I can only read words.")).to_be_visible(timeout=_PATIENCE)
    phones.close()


def _answer_wrongly(page: Page, running: Running) -> None:
    """Publishes what the gate would never let pass: it never takes a child's turn."""
    wrong = _publish_unchecked(running, "handover/wording_data/en.yml", " 999", " nine")
    _wait_for(page, running, lambda session: _problem(session, wrong))
    with reading(running.engine) as session:
        assert "An emergency: the answer must have “999” in it." in _problem(session, wrong)
        assert publishing.live(session) is None


def _failed_turns(running: Running) -> int:
    with reading(running.engine) as session:
        failed = select(Handover.id).where(Handover.reason == HandoverReason.BOT_UNAVAILABLE)
        return len(session.scalars(failed).all())


def _publish_unchecked(running: Running, path: str, old: str, new: str) -> int:
    """Asks for a version to go live that two have signed, and gives the switch."""
    with transaction(running.engine) as session:
        people = {one.name: one for one in session.scalars(select(Practitioner))}
        editor, lead = people["Edi Tor"], people["Lee Der"]
        first = session.scalars(select(DialogueVersion).order_by(DialogueVersion.id)).first()
        assert first is not None
        draft = versions.draft_from(session, editor, first, title="Another")
        text = versions.text_of(session, draft, path)
        assert old in text
        expected = versions.hashes_of(session, draft)[path]
        versions.write_file(session, editor, draft, path, text.replace(old, new), expected=expected)
        draft.state = VersionState.CHECKED
        signing.sign(session, editor, draft, RoleName.ADMIN)
        signing.sign(session, lead, draft, RoleName.SAFEGUARDING_LEAD)
        return publishing.publish(session, editor, draft, why="A trial").id


def _problem(session: Session, switch_id: int) -> str:
    return session.get_one(DialogueSwitch, switch_id).problem or ""


def _wait_for(page: Page, running: Running, is_so: Callable[[Session], object]) -> None:
    for _ in range(_PATIENCE // 200):
        with reading(running.engine) as session:
            if is_so(session):
                return
        page.wait_for_timeout(200)
    pytest.fail("It did not come about.")


def _wait_until_said(page: Page, running: Running, words: str) -> None:
    """Waits until a message that comes in now is answered with these words."""
    with reading(running.engine) as session:
        newest = session.scalars(select(Message.id).order_by(Message.id.desc()).limit(1)).one()
    for _ in range(100):
        with reading(running.engine) as session:
            later = session.scalars(select(Message).where(Message.id > newest))
            if any(words in one.text for one in later):
                return
        page.wait_for_timeout(200)
    pytest.fail(f"Nobody was told: {words}")
