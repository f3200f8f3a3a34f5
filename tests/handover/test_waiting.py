"""The waiting list: who owes a child an answer, filters, saved views, and how it is read."""

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from handover import contact_plan, ladder, lists, saved_views, service
from handover.contact_plan import Plan
from handover.lists import ListName
from handover.queue_filters import Filters
from models.audit import AuditEvent
from models.base import utc_now
from models.channel import ChannelName
from models.conversation import Child, Conversation, Handover, HandoverReason
from models.db import reading, transaction
from models.escalation import SavedView
from models.practitioner import Practitioner
from models.rota import ShiftKind
from models.urgency import Urgency
from tests.bot.night import on_shift, owed, sweep
from tests.door import Door, add_account, add_authority
from tests.handover.desk import Desk, add_staff

_NIGHT = dt.datetime(2026, 1, 14, 2, 0, tzinfo=dt.UTC)
_KNIFE = "hes coming up the stairs with a knife"
_NAME = re.compile(r'app-row__name"><a[^>]+>([^<]+)<')
_NEXT_PAGE = re.compile(r'href="([^"]+)" rel="next"')
_VIEW = re.compile(r"/queue/views/(\d+)/delete")


@pytest.fixture
def night(door: Door, anna: Practitioner) -> Door:
    """Gives the door at two in the morning; Anna holds a talk, and the child is in danger."""
    for name, kind in (
        ("Dora Duty", ShiftKind.DUTY),
        ("Eddie Emergency", ShiftKind.EMERGENCY_DUTY),
    ):
        on_shift(door.engine, door.practitioner(name), kind, _NIGHT - dt.timedelta(hours=4))
    door.clock.set(_NIGHT)
    door.child_says("hello")
    door.work()
    door.takes_over(anna)
    door.says(anna, "Hi, I am Anna.")
    door.child_says(_KNIFE)
    return door


def test_a_held_talk_comes_back_into_the_queue_once_its_answer_is_overdue(
    night: Door, ben, desk_of
) -> None:
    in_time = desk_of(ben).get("/queue").text
    _climb(night, minutes=4)

    late = desk_of(ben).get("/queue").text

    assert "Nobody is waiting." in in_time
    assert 'id="empty" hidden' not in in_time
    assert "Their last words are not answered." in late
    assert "With Anna Okafor" in late
    assert "Answer now" in late
    assert "Duty called" in late
    assert "Next: emergency duty team at 2:06am" in late
    assert '<strong data-count="emergency">1</strong>' in late


def test_an_answer_takes_it_off_the_queue_again(night: Door, anna, desk_of) -> None:
    _climb(night, minutes=4)

    night.says(anna, "I am here. Are you hidden?")

    page = desk_of(anna).get("/queue").text
    assert _NAME.findall(page) == []
    assert '<strong data-count="emergency">0</strong>' in page


def test_the_band_shows_a_held_emergency_that_nobody_answers(night: Door, ben, desk_of) -> None:
    before = desk_of(ben).get("/account").text
    _climb(night, minutes=4)
    desk = desk_of(ben)
    late = desk.get("/account").text

    desk.post(f"/conversations/{night.conversation_id}/acknowledge")
    seen = desk.get("/account").text
    _climb(night, minutes=11)
    again = desk.get("/account").text

    assert "emergency waiting" not in before
    assert "1 emergency waiting for a person" in late
    assert "with Anna Okafor, not answered" in late
    assert "Seen, not yet answered" in seen
    # Whoever said so did not act: it calls again.
    assert "1 emergency waiting for a person" in again
    assert "Seen, not yet answered" not in again


def test_within_a_level_the_soonest_deadline_comes_first(engine, authority, anna, desk_of) -> None:
    early = _waits(engine, authority, "Ash", Urgency.URGENT, minutes=5)
    _waits(engine, authority, "Bea", Urgency.URGENT, minutes=50)
    _waits(engine, authority, "Cal", Urgency.CONCERN, minutes=5000)
    _due(engine, early, utc_now() - dt.timedelta(hours=3))

    assert _NAME.findall(desk_of(anna).get("/queue").text) == ["Ash", "Bea", "Cal"]


def test_of_one_deadline_who_waits_longest_comes_first(engine, authority, anna, desk_of) -> None:
    deadline = utc_now() + dt.timedelta(hours=1)
    for name, minutes in (("Ash", 5), ("Bea", 50), ("Cal", 20)):
        conversation_id = _waits(engine, authority, name, Urgency.CONCERN, minutes=minutes)
        _due(engine, conversation_id, deadline)

    assert _NAME.findall(desk_of(anna).get("/queue").text) == ["Bea", "Cal", "Ash"]


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        ({"covered_at": _NIGHT}, "Somebody is with them"),
        ({"stopped_at": _NIGHT}, "Asked us to stop"),
        ({"plan": {"is_phone_shared": True}}, "Shared phone"),
        ({"plan": {"is_note_only": True}}, "Safe-contact plan"),
        ({"plan": {"from": "15:00", "until": "15:01"}}, "Outside safe times"),
    ],
)
def test_a_row_says_what_keeps_the_child_safe(
    door: Door, anna, desk_of, change: dict[str, Any], mark: str
) -> None:
    engine, authority = door.engine, door.authority
    door.clock.set(_NIGHT)
    conversation_id = _waits(engine, authority, "Ash", Urgency.URGENT, minutes=60)
    # A plan that limits nothing, such as of a child who only gave a name, says nothing.
    with transaction(engine) as session:
        child = session.get_one(Conversation, conversation_id).child
        child.contact_plan = contact_plan.as_json(Plan())
    plain = desk_of(anna).get("/queue").text

    with transaction(engine) as session:
        conversation = session.get_one(Conversation, conversation_id)
        conversation.child.contact_plan = change.get("plan")
        for name in change.keys() - {"plan"}:
            setattr(conversation, name, change[name])

    assert mark not in plain
    assert mark in desk_of(anna).get("/queue").text


def test_filters_show_only_what_was_asked_with_counts(engine, authority, anna, desk_of) -> None:
    _waits(engine, authority, "Ash", Urgency.URGENT)
    _waits(engine, authority, "Bea", Urgency.CONCERN)
    _waits(engine, authority, "Cal", Urgency.CONCERN, channel=ChannelName.SMS, language="cy")
    _due(engine, _waits(engine, authority, "Dot", Urgency.URGENT), utc_now())
    seen = _waits(engine, authority, "Eve", Urgency.CONCERN)
    desk = desk_of(anna)
    desk.get("/queue")
    desk.post(f"/conversations/{seen}/acknowledge")

    def shown(address: str) -> set[str]:
        return set(_NAME.findall(desk.get(address).text))

    assert shown("/queue?level=urgent") == {"Ash", "Dot"}
    assert shown("/queue?channel=sms") == {"Cal"}
    assert shown("/queue?language=cy") == {"Cal"}
    assert shown("/queue?who=overdue") == {"Dot"}
    assert shown("/queue?who=me") == {"Eve"}
    assert shown("/queue?who=nobody&level=concern") == {"Bea", "Cal", "Eve"}
    assert shown("/queue?level=made-up") == {"Ash", "Bea", "Cal", "Dot", "Eve"}
    page = desk.get("/queue?level=concern&language=cy").text
    assert "1 of 5 match the filters" in page
    assert '<option value="concern" selected>Concern (3)</option>' in page
    assert '<option value="cy" selected>Welsh (1)</option>' in page
    assert '<option value="overdue">Overdue (1)</option>' in page


def test_a_held_talk_counts_as_its_holders(night: Door, anna, ben, desk_of) -> None:
    _climb(night, minutes=4)

    assert len(_NAME.findall(desk_of(anna).get("/queue?who=me").text)) == 1
    assert _NAME.findall(desk_of(ben).get("/queue?who=me").text) == []
    assert _NAME.findall(desk_of(ben).get("/queue?who=nobody").text) == []


def test_the_next_page_keeps_the_filters(engine, authority, anna, desk_of) -> None:
    expected = {f"Child {number}" for number in range(60)}
    for name in sorted(expected):
        _waits(engine, authority, name, Urgency.CONCERN)
        _waits(engine, authority, f"Other {name}", Urgency.URGENT)
    desk = desk_of(anna)

    first = desk.get("/queue?level=concern").text
    following = _NEXT_PAGE.search(first)
    assert following is not None
    second = desk.get(following[1].replace("&amp;", "&")).text

    assert set(_NAME.findall(first) + _NAME.findall(second)) == expected
    assert "60 of 120 match the filters" in second


def test_a_view_is_saved_opened_and_deleted(engine, anna, desk_of) -> None:
    desk = desk_of(anna)
    desk.get("/queue?level=urgent&channel=sms")

    desk.post("/queue/views", name="Urgent texts", level="urgent", channel="sms")
    saved = desk.get("/queue").text
    found = _VIEW.search(saved)
    assert found is not None
    desk.post(f"/queue/views/{found[1]}/delete")

    assert 'href="/queue?list=waiting&amp;level=urgent&amp;channel=sms">Urgent texts</a>' in saved
    assert "Urgent texts</a>" not in desk.get("/queue").text
    with reading(engine) as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [one for one in actions if one.startswith("view_")] == ["view_saved", "view_deleted"]


def test_the_other_lists_are_filtered_and_kept_as_views_too(
    engine, authority, anna, desk_of
) -> None:
    for name, level, ends in (
        ("Ash", Urgency.URGENT, False),
        ("Bea", Urgency.CONCERN, False),
        ("Cal", Urgency.URGENT, True),
        ("Dot", Urgency.CONCERN, True),
    ):
        conversation_id = _waits(engine, authority, name, level)
        with transaction(engine) as session:
            session.get_one(Conversation, conversation_id).urgency = level
            service.take_over(session, anna, conversation_id)
            if ends:
                service.end(session, anna, conversation_id)
    desk = desk_of(anna)

    mine = desk.get("/queue?list=mine&level=urgent").text
    ended = desk.get("/queue?list=ended&level=concern").text
    desk.post("/queue/views", name="Worries closed", list="ended", level="concern")
    views = desk.get("/queue").text

    assert _NAME.findall(mine) == ["Ash"]
    assert "1 of 2 match the filters" in mine
    assert _NAME.findall(ended) == ["Dot"]
    assert "Who has it" not in ended
    assert 'href="/queue?list=ended&amp;level=concern">Worries closed</a> (ended)' in views


def test_a_row_says_what_the_words_tell_of(door, anna, desk_of) -> None:
    door.dialogue.cannot_score = True
    door.child_says("my stepdad hits me most weeks")
    door.work()

    page = desk_of(anna).get("/queue").text

    assert "What they wrote sounds urgent: physical abuse." in page


def test_a_view_saved_again_under_its_name_is_replaced(engine, anna, desk_of) -> None:
    desk = desk_of(anna)
    desk.get("/queue?level=urgent")

    desk.post("/queue/views", name="Mine", level="urgent")
    desk.post("/queue/views", name=" Mine ", who="me")

    with reading(engine) as session:
        [view] = session.scalars(select(SavedView))
        assert (view.name, view.filters) == ("Mine", {"who": "me"})


@pytest.mark.parametrize(
    ("name", "level", "error"),
    [
        ("", "urgent", "Enter a name for the view"),
        ("x" * 61, "urgent", "60 characters or fewer"),
        ("All", "", "Choose a filter"),
    ],
)
def test_a_view_that_is_not_whole_is_not_kept_and_says_why(
    engine, anna, desk_of, name: str, level: str, error: str
) -> None:
    desk = desk_of(anna)
    desk.get("/queue")

    answer = desk.post("/queue/views", name=name, level=level)

    assert error in desk.get(answer.location).text
    with reading(engine) as session:
        assert session.scalars(select(SavedView)).all() == []


def test_nobody_sees_or_deletes_the_view_of_another(engine, anna, ben, desk_of) -> None:
    with transaction(engine) as session:
        view_id = saved_views.save(session, anna, "Annas own", Filters(level=Urgency.URGENT)).id
    desk: Desk = desk_of(ben)

    assert "Annas own" not in desk.get("/queue").text
    assert desk.post(f"/queue/views/{view_id}/delete").status_code == 404
    assert "Annas own" in desk_of(anna).get("/queue").text


def test_another_authoritys_children_are_in_no_count(engine, anna, desk_of) -> None:
    other = add_authority(engine, la_code="999")
    add_staff(engine, other, "Olga Other")
    _waits(engine, other, "Eve", Urgency.EMERGENCY, language="cy")

    page = desk_of(anna).get("/queue?level=emergency").text

    assert "0 of 0 match the filters" in page
    assert "Welsh" not in page


def test_the_waiting_list_is_read_from_its_index_in_its_order(
    engine: Engine, authority, anna
) -> None:
    _waits(engine, authority, "Ash", Urgency.URGENT)
    asked: list[tuple[str, Any]] = []

    def note(*arguments: object) -> None:
        if "FROM escalation JOIN" in str(arguments[2]).replace("\n", ""):
            asked.append((str(arguments[2]), arguments[3]))

    event.listen(engine, "before_cursor_execute", note)
    with reading(engine) as session:
        lists.page(session, anna, ListName.WAITING)
    event.remove(engine, "before_cursor_execute", note)

    assert len(asked) == len(Urgency)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            plans = [
                str(row)
                for text, values in asked
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            ]
        assert sum("ix_escalation_queue" in plan for plan in plans) == len(asked)
        assert not [plan for plan in plans if "TEMP B-TREE" in plan]


def _climb(night: Door, *, minutes: int) -> None:
    for _ in range(minutes):
        sweep(night.engine)
        night.clock.forward(minutes=1)
    sweep(night.engine)
    assert owed(night.engine, night.conversation_id) is not None


def _waits(
    engine: Engine,
    authority: Any,
    name: str,
    level: Urgency,
    *,
    minutes: float = 1,
    channel: ChannelName = ChannelName.TELEGRAM,
    language: str = "en",
) -> int:
    """Gives the conversation of a child who was called for so many minutes ago."""
    since = utc_now() - dt.timedelta(minutes=minutes)
    account = add_account(engine, authority, channel, name=name)
    with transaction(engine) as session:
        conversation = Conversation(
            authority_id=authority.id,
            account_id=account.id,
            child=Child(authority_id=authority.id, name_to_use=name),
            address=name,
            address_digest=name,
            channel=channel,
            language=language,
            urgency=level,
            last_inbound_at=since,
        )
        session.add(conversation)
        session.flush()
        call = Handover(
            authority_id=authority.id,
            conversation_id=conversation.id,
            reason=HandoverReason.URGENT,
            urgency=level,
            requested_at=since,
        )
        session.add(call)
        ladder.settle(session, conversation)
    return conversation.id


def _due(engine: Engine, conversation_id: int, at: dt.datetime) -> None:
    with transaction(engine) as session:
        row = ladder.open_for(session, conversation_id)
        assert row is not None
        row.due_at = at
