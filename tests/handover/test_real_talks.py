"""Real conversations in the gate: nobody's words, only allowed ones, read by few, soon erased."""

import datetime as dt
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bot import recent_talks, replay
from bot.clock import Clock
from bot.doorbell import Bells
from bot.gate_replay import changed_turns, is_worse
from bot.recent_talks import Recent
from handover.editing import gate, real_talks, versions
from handover.editing.real_talks import Changed, NotAllowedHereError
from handover.edition import ROOT
from handover.records import GatheredAnswer
from handover.views.dialogue import version_of
from models.audit import AuditEvent
from models.authority import Authority, ChannelAccount
from models.channel import MessageKind
from models.contact import AnswerStatus
from models.db import reading, transaction
from models.editing import ChangedTalk, DialogueCheck
from models.practitioner import Practitioner, RoleName
from tests.door import Door
from tests.fakes.dialogue import FakeDialogue
from tests.handover.desk import Desk, add_staff


@pytest.fixture
def lead(engine, authority) -> Practitioner:
    return add_staff(engine, authority, "Dana Lead", RoleName.SAFEGUARDING_LEAD)


@pytest.fixture
def allowed(engine, admin) -> None:
    with transaction(engine) as session:
        real_talks.set_policy(session, admin, talks=5, basis="Our assessment")


@pytest.fixture
def over(door: Door) -> Door:
    """Gives a talk that ended two days ago, with a person who took over in it."""
    anna = door.practitioner("Anna Okafor")
    door.dialogue.answers = tuple(
        GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value)
        for field, value in (
            ("name_to_use", "Hope"),
            ("school", "Oak Bank"),
            ("household", [{"name": "Zbyszko", "relation": "brother"}]),
        )
    )
    door.child_says("im Hope, my brother zbyszko hit me at oak bank. is okafor there")
    door.work()
    door.clock.forward(hours=1)
    door.child_sends(MessageKind.IMAGE, "look hope")
    door.work()
    door.clock.forward(minutes=1)
    door.takes_over(anna)
    door.child_says("only for the person")
    door.says(anna, "Hello Hope")
    door.work()
    door.ends(anna)
    door.clock.forward(days=2)
    return door


def found(door: Door) -> Recent:
    with reading(door.engine) as session:
        return recent_talks.find(session, session.get_one(Authority, door.authority.id))


@pytest.mark.usefixtures("allowed")
def test_the_bots_part_of_a_talk_that_is_over_is_played_as_nobodys(over: Door):
    [script] = found(over).scripts

    hello, wait, photo = script.turns
    assert isinstance(hello, str)
    assert wait == dt.timedelta(hours=1)
    assert re.fullmatch(
        r"im [A-Z]\w+, my brother [a-z]+ hit me at Example School\. is [a-z]+ there", hello
    )
    assert re.fullmatch(r"look [a-z]+ \[photo\]", str(photo))
    for identity in ("hope", "zbyszko", "oak", "okafor", "7700900123"):
        assert identity not in str(replay.as_row(script)).casefold()
    assert script.start.date() < dt.date(2026, 1, 19)
    assert replay.script_of(replay.as_row(script), "here") == script


def test_what_is_played_stands_in_clear_on_no_disk_and_one_that_breaks_stops_no_other():
    dialogue = FakeDialogue()
    dialogue.answers = (
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Quorzal"),
    )
    dialogue.replies = ("Thank you Quorzal",)
    rows = {"id": "real-1", "channel": "sms", "turns": ["im quorzal and he hit me", "[photo]"]}
    whole = replay.script_of(rows, "here")
    breaks = replace(whole, id="real-2", start=dt.datetime.max.replace(tzinfo=dt.UTC))
    played = replay.lines_of([breaks, whole], dialogue, skips=True)

    assert next(played) == {"id": "real-2"}
    assert "Quorzal" in str(next(played)["turns"])
    on_disk = list(Path(tempfile.gettempdir()).glob("frontdoor-replay-*/*"))
    assert on_disk
    assert not any(b"uorzal" in content for content in map(content_of, on_disk))
    assert list(played) == []


def content_of(path: Path) -> bytes:
    """Gives what a file holds; nothing where somebody has just taken it away."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def stops(door: Door) -> None:
    door.child_says("stop")


def deletes(door: Door) -> None:
    door.child_says("delete my messages")


def keeps_back(door: Door) -> None:
    door.dialogue.answers = (
        GatheredAnswer(
            field="do_not_share", status=AnswerStatus.VALUE, value="what i said about dad"
        ),
    )
    door.child_says("dont tell what i said about dad")


def writes_on_a_pretend_phone(door: Door) -> None:
    with transaction(door.engine) as session:
        session.execute(update(ChannelAccount).values(is_simulated=True))


def has_just_ended(door: Door) -> None:
    door.child_says("hi again")
    door.work()
    door.takes_over(anna := door.practitioner("Ben Hughes"))
    door.ends(anna)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    "why", [stops, deletes, keeps_back, writes_on_a_pretend_phone, has_just_ended]
)
def test_a_child_who_asked_otherwise_is_never_played_again(over: Door, why: Callable[[Door], None]):
    why(over)
    over.work()
    if why in {stops, deletes, keeps_back}:
        over.takes_over(ben := over.practitioner("Ben Hughes"))
        over.ends(ben)
        over.clock.forward(days=2)

    assert found(over).scripts == []


@pytest.mark.usefixtures("allowed")
def test_a_wish_to_delete_counts_in_any_words_and_where_nothing_can_be_taken_back(sms_door: Door):
    anna = sms_door.practitioner("Anna Okafor")
    for commands in ((), ("delete_request",)):
        sms_door.dialogue.commands = commands
        sms_door.child_says("could you get rid of what i told you")
        sms_door.work()
        sms_door.clock.forward(minutes=1)
        sms_door.takes_over(anna)
        sms_door.ends(anna)
        sms_door.clock.forward(days=2)

        assert len(found(sms_door).scripts) == (not commands)


def turn(**changed: object) -> dict[str, object]:
    whole = {"child": "hi", "replies": ["Hello"], "urgency": "urgent", "holder": "bot"}
    return {**whole, **changed}


def talk(*turns: dict[str, object], **changed: object) -> dict[str, object]:
    whole = {"id": "real-1", "urgency": "urgent", "alert_turn": 1, "handover": True}
    return {**whole, "turns": list(turns), **changed}


def test_only_what_changes_is_shown_with_both_answers():
    before = talk(turn(), turn(child="i am sad"))
    after = talk(turn(), turn(child="i am sad", replies=["Oh no"], urgency="concern"))

    assert changed_turns(before, before) == []
    same, other = changed_turns(before, after)
    assert same == {"child": "hi", "changes": []}
    assert other["changes"] == ["urgency", "words"]
    assert other["replies"] == [["Hello"], ["Oh no"]]
    assert not is_worse(before, after)
    assert is_worse(before, {**after, "urgency": "concern"})


def kept(engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(ChangedTalk)) or 0


def keep_one(engine, authority: Authority) -> None:
    turns = changed_turns(talk(turn(child="im callum")), talk(turn(child="im callum", replies=[])))
    with transaction(engine) as session:
        versions.import_files(session, ROOT)
        version = version_of(session, 1)
        real_talks.keep(session, version, authority.id, [Changed(is_worse=True, turns=turns)])
        session.add(
            DialogueCheck(
                version_id=version.id,
                fingerprint=version.fingerprint,
                place=0,
                name="real_talks",
                title="How real conversations would go",
                findings=[],
            )
        )


def test_a_safeguarding_lead_alone_reads_what_would_change_and_that_is_audited(
    engine, authority, admin, lead, desk_of: Callable[[Practitioner], Desk]
):
    keep_one(engine, authority)
    leads, admins = desk_of(lead), desk_of(admin)

    assert "read 1 of them" in leads.get("/dialogue/1").text
    assert "For the safeguarding lead to read: 1" in admins.get("/dialogue/1").text
    assert admins.get("/dialogue/1/real-conversations").status_code == 403
    page = leads.get("/dialogue/1/real-conversations").text
    assert "im callum" in page
    assert "the child would be heard less than today" in page
    assert "The bot says nothing." in page
    with reading(engine) as session:
        [read] = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "changed_talks_read")
        )
        assert (read.practitioner_id, read.conversation_id) == (lead.id, None)
        with pytest.raises(NotAllowedHereError):
            real_talks.read(session, admin, version_of(session, 1))


def test_another_authoritys_talks_are_out_of_reach(engine, authority, desk_of):
    keep_one(engine, authority)
    with transaction(engine) as session:
        other = Authority(la_code="999", name="Elsewhere", service_name="Front Door")
        session.add(other)
    stranger = add_staff(engine, other, "Finn Far", RoleName.SAFEGUARDING_LEAD)

    page = desk_of(stranger).get("/dialogue/1/real-conversations").text

    assert "There is none to read." in page


def test_it_is_off_until_an_admin_turns_it_on_and_off_erases_what_is_kept(
    engine, authority, admin, lead, desk_of
):
    page = "/dialogue/real-conversations"
    admins, leads = desk_of(admin), desk_of(lead)
    with reading(engine) as session:
        assert real_talks.allowing(session) == []
    assert "No real conversation is played." in admins.get(page).text
    assert leads.get(page).status_code == 200
    assert leads.post(page, allow="yes", talks="5", basis="Because").status_code == 403
    assert admins.post(page, allow="yes", talks="51", basis="Our assessment").status_code == 422
    assert "Say on what ground" in admins.post(page, allow="yes", talks="5", basis=" ").text

    assert admins.post(page, allow="yes", talks="5", basis="Our assessment").status_code == 302
    shown = leads.get(page).text
    assert "The last 5 conversations are played in every check. Ground: Our assessment." in shown
    assert "Set by Cleo Adams" in shown
    keep_one(engine, authority)
    admins.get(page)
    assert admins.post(page, allow="no").status_code == 302

    assert kept(engine) == 0
    with reading(engine) as session:
        assert real_talks.allowing(session) == []
        query = select(AuditEvent).where(AuditEvent.action == "replay_policy_set")
        said = [(one.practitioner_id, one.details) for one in session.scalars(query)]
    assert said == [(admin.id, {"talks": 5}), (admin.id, {"talks": None})]


def test_what_is_kept_goes_when_its_time_is_over_or_the_version_is_another(
    engine, authority, admin, clock
):
    keep_one(engine, authority)
    ticking = Clock(engine, None, {}, bells=Bells(), name="one")  # type: ignore[arg-type]  # asks none
    ticking.erase_changed_talks()
    assert kept(engine) == 1
    clock.forward(days=8)
    ticking.erase_changed_talks()
    assert kept(engine) == 0

    with transaction(engine) as session:
        draft = versions.draft_from(session, admin, version_of(session, 1), title="Another")
        number = draft.number
    for change in (ask_again, write_anew):
        with transaction(engine) as session:
            version = version_of(session, number)
            found = [Changed(is_worse=False, turns=[turn()])]
            real_talks.keep(session, version, authority.id, found)
        assert kept(engine) == 1
        with transaction(engine) as session:
            change(session, admin, version_of(session, number))
        assert kept(engine) == 0


def ask_again(session, admin, version) -> None:
    gate.ask(session, admin, version)
    gate.cancel(session, admin, version)


def write_anew(session, admin, version) -> None:
    expected = versions.hashes_of(session, version)["bot/cover.yml"]
    text = "topics: []\notherwise: [Hello]\n"
    versions.write_file(session, admin, version, "bot/cover.yml", text, expected=expected)
