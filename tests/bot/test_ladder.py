"""The ladder: an answer that is owed climbs at the set minutes until somebody acts."""

import datetime as dt

import pytest
from sqlalchemy import select

from bot import climbing
from handover import ladder, service, transfers
from handover.transfers import Consent, Taker
from models.conversation import Conversation, HandoverReason, Holder
from models.db import transaction
from models.escalation import AlertWay, Rung
from models.practitioner import Practitioner, RoleName
from models.rota import ShiftKind
from models.urgency import Urgency
from tests.bot.night import alerts, called, on_shift, owed, set_minutes, sweep
from tests.door import Door, add_authority, add_practitioner

_NIGHT = dt.datetime(2026, 1, 14, 2, 0, tzinfo=dt.UTC)
_KNIFE = "hes coming up the stairs with a knife"


@pytest.fixture
def night(door: Door) -> Door:
    """Gives the front door at two in the morning, with somebody on each rung."""
    begins = _NIGHT - dt.timedelta(hours=4)
    for name, kind in (
        ("Dora Duty", ShiftKind.DUTY),
        ("Eddie Emergency", ShiftKind.EMERGENCY_DUTY),
        ("Mary Manager", ShiftKind.MANAGER),
    ):
        on_shift(door.engine, door.practitioner(name), kind, begins)
    door.practitioner("Ann Asleep")
    door.clock.set(_NIGHT)
    return door


def test_an_emergency_nobody_acknowledges_climbs_at_the_set_minutes(night: Door):
    worker = night.practitioner("Will Worker")
    night.child_says("hello")
    night.work()
    night.takes_over(worker)
    night.says(worker, "Hi, I am Will.")
    night.child_says(_KNIFE)

    calls: list[tuple[int, str]] = []
    for _ in range(40):
        sweep(night.engine)
        calls = _note(calls, night)
        night.clock.forward(minutes=1)

    assert calls == [
        (1, "worker: Will Worker"),
        (3, "duty: Dora Duty"),
        (6, "emergency_duty: Eddie Emergency"),
        (11, "manager: Mary Manager"),
        (21, "manager: Mary Manager"),
        (31, "manager: Mary Manager"),
    ]


def test_each_rung_above_the_worker_also_calls_the_team_channel(night: Door):
    night.child_says(_KNIFE)

    sweep(night.engine)

    assert [alert.way for alert in alerts(night.engine)] == [AlertWay.EMAIL, AlertWay.TEAMS]


def test_an_acknowledgement_stops_the_climb_and_makes_an_owner(night: Door):
    night.child_says(_KNIFE)
    sweep(night.engine)
    mary = _person(night, "Mary Manager")

    with transaction(night.engine) as session:
        service.acknowledge(session, mary, night.conversation_id)
    night.clock.forward(minutes=9)
    sweep(night.engine)

    row = owed(night.engine, night.conversation_id)
    assert called(night.engine) == ["duty: Dora Duty"]
    assert row is not None
    assert row.owner_id == mary.id


def test_what_was_seen_and_not_answered_climbs_on(night: Door):
    night.child_says(_KNIFE)
    sweep(night.engine)
    with transaction(night.engine) as session:
        service.acknowledge(session, _person(night, "Dora Duty"), night.conversation_id)

    night.clock.forward(minutes=11)
    sweep(night.engine)

    assert called(night.engine)[1:] == ["emergency_duty: Eddie Emergency"]


def test_an_answer_ends_it(night: Door):
    dora = _person(night, "Dora Duty")
    night.child_says(_KNIFE)
    sweep(night.engine)
    night.takes_over(dora)
    assert owed(night.engine, night.conversation_id) is not None

    night.says(dora, "I am Dora. Are you hidden?")
    night.clock.forward(hours=2)
    sweep(night.engine)

    assert owed(night.engine, night.conversation_id) is None
    assert called(night.engine) == ["duty: Dora Duty"]


def test_whoever_takes_over_and_says_nothing_is_followed_by_the_next(night: Door):
    dora = _person(night, "Dora Duty")
    night.child_says(_KNIFE)
    night.takes_over(dora)

    for _ in range(8):
        night.clock.forward(minutes=1)
        sweep(night.engine)

    assert called(night.engine) == [
        "worker: Dora Duty",
        "duty: Dora Duty",
        "emergency_duty: Eddie Emergency",
    ]


def test_a_rung_with_nobody_on_it_takes_no_time(door: Door):
    on_shift(door.engine, door.practitioner("Mary Manager"), ShiftKind.MANAGER, _NIGHT)
    on_shift(
        door.engine, door.practitioner("Dora Duty"), ShiftKind.DUTY, _NIGHT + dt.timedelta(hours=7)
    )
    door.clock.set(_NIGHT + dt.timedelta(minutes=5))

    door.child_says(_KNIFE)
    sweep(door.engine)

    assert called(door.engine) == ["manager: Mary Manager"]


def test_without_a_rota_those_on_duty_are_called(door: Door):
    door.practitioner("Anna Okafor")
    boss = door.practitioner("Sam Super", RoleName.SUPERVISOR)
    with transaction(door.engine) as session:
        session.merge(boss).on_duty = False

    door.child_says(_KNIFE)
    sweep(door.engine)
    door.clock.forward(minutes=4)
    sweep(door.engine)

    assert called(door.engine) == ["duty: Anna Okafor", "manager: Sam Super"]


def test_the_minutes_are_the_authoritys(night: Door):
    set_minutes(night.engine, night.authority, "emergency", duty=1)
    night.child_says(_KNIFE)
    sweep(night.engine)

    night.clock.forward(minutes=1)
    sweep(night.engine)

    assert called(night.engine)[-1] == "emergency_duty: Eddie Emergency"


def test_a_sweep_that_runs_twice_calls_once(night: Door):
    night.child_says(_KNIFE)

    steps = [sweep(night.engine), sweep(night.engine)]

    assert steps == [1, 0]
    assert called(night.engine) == ["duty: Dora Duty"]


def test_nobody_is_woken_for_what_can_wait_until_the_morning(night: Door):
    night.dialogue.commands = ("request_person",)
    night.child_says("can i talk to a person please")
    night.answer()

    for _ in range(6):
        sweep(night.engine)
        night.clock.forward(hours=1)
    assert called(night.engine) == []

    # Four hours after nine in the morning.
    night.clock.set(_NIGHT.replace(hour=13, minute=1))
    sweep(night.engine)

    row = owed(night.engine, night.conversation_id)
    assert row is not None
    assert row.rung is Rung.MANAGER


def test_a_more_urgent_word_begins_at_the_first_rung_again(night: Door):
    night.child_says("my dad hits me every night")
    sweep(night.engine)
    night.clock.forward(minutes=25)
    sweep(night.engine)
    assert called(night.engine)[-1] == "emergency_duty: Eddie Emergency"

    night.child_says(_KNIFE)
    sweep(night.engine)

    row = owed(night.engine, night.conversation_id)
    assert called(night.engine)[-1] == "duty: Dora Duty"
    assert row is not None
    assert row.urgency is Urgency.EMERGENCY


def test_an_emergency_that_goes_on_calls_those_who_have_seen_it_again(night: Door):
    night.child_says(_KNIFE)
    sweep(night.engine)
    with transaction(night.engine) as session:
        service.acknowledge(session, _person(night, "Dora Duty"), night.conversation_id)
    night.clock.forward(minutes=2)

    night.child_says("he has a knife please")
    sweep(night.engine)

    assert called(night.engine) == ["duty: Dora Duty", "duty: Dora Duty"]


def test_a_worry_given_back_without_an_answer_calls_somebody_else(night: Door):
    dora = _person(night, "Dora Duty")
    night.child_says("my dad hits me every night")
    night.work()
    night.takes_over(dora)

    night.releases(dora)

    call = night.call()
    assert call is not None
    assert call.reason is HandoverReason.RELEASED
    assert night.conversation().holder is Holder.NOBODY
    assert owed(night.engine, night.conversation_id) is not None


def test_an_ended_conversation_owes_nothing(night: Door):
    dora = _person(night, "Dora Duty")
    night.child_says("my dad hits me every night")
    night.work()
    night.takes_over(dora)

    night.ends(dora)

    assert owed(night.engine, night.conversation_id) is None


def test_who_is_handed_a_child_has_their_own_time_for_it(night: Door):
    dora, eddie = _person(night, "Dora Duty"), _person(night, "Eddie Emergency")
    night.child_says("my dad hits me every night")
    night.work()
    night.takes_over(dora)
    night.clock.forward(minutes=14)

    with transaction(night.engine) as session:
        conversation = session.get_one(Conversation, night.conversation_id)
        service.change_hands(session, conversation, eddie)
    night.clock.forward(minutes=6)
    sweep(night.engine)

    row = owed(night.engine, night.conversation_id)
    assert row is not None
    assert (row.owner_id, row.rung) == (eddie.id, Rung.WORKER)
    assert called(night.engine) == ["worker: Eddie Emergency"]


def test_whoever_goes_leaves_nobody_waiting_for_them(night: Door):
    dora = _person(night, "Dora Duty")
    will = night.practitioner("Will Worker")
    night.child_says("my dad hits me every night")
    night.work()
    night.takes_over(will)

    _goes(night, will)
    sweep(night.engine)
    assert called(night.engine) == ["duty: Dora Duty"]
    with transaction(night.engine) as session:
        service.acknowledge(session, dora, night.conversation_id)
    _goes(night, dora)
    sweep(night.engine)

    row = owed(night.engine, night.conversation_id)
    assert called(night.engine) == ["duty: Dora Duty", "emergency_duty: Eddie Emergency"]
    assert row is not None
    assert (row.owner_id, row.acknowledged_at) == (None, None)


def test_whoever_takes_a_child_into_their_hands_is_on_duty(night: Door):
    will = night.practitioner("Will Worker")
    _goes(night, will)
    night.child_says("my dad hits me every night")
    night.work()

    night.takes_over(will)
    night.child_says("are you there")

    row = owed(night.engine, night.conversation_id)
    assert row is not None
    assert (row.owner_id, row.rung) == (will.id, Rung.WORKER)


def test_another_authority_that_takes_a_child_is_called_from_then_on(night: Door):
    dora = _person(night, "Dora Duty")
    eve = add_practitioner(night.engine, add_authority(night.engine, la_code="999"), "Eve Far")
    night.child_says("my dad hits me every night")
    night.work()
    night.takes_over(dora)

    with transaction(night.engine) as session:
        taker = Taker(authority_id=eve.authority_id)
        told = Consent(agrees=True, words="yes")
        offered = transfers.offer(
            session, dora, night.conversation_id, taker, reason="She lives there", consent=told
        )
        transfers.accept(session, eve, offered.id)

    row = owed(night.engine, night.conversation_id)
    assert row is not None
    assert (row.authority_id, row.owner_id) == (eve.authority_id, eve.id)


def test_words_that_the_bot_does_not_work_call_a_person(night: Door):
    night.child_says("hello", quiet=1)
    night.clock.forward(minutes=1)
    assert climbing.pick_up(night.engine) == 0

    night.clock.forward(minutes=2)
    picked_up = climbing.pick_up(night.engine)

    call = night.call()
    assert picked_up == 1
    assert call is not None
    assert call.reason is HandoverReason.BOT_UNAVAILABLE
    assert climbing.pick_up(night.engine) == 0


def _goes(night: Door, person: Practitioner) -> None:
    with transaction(night.engine) as session:
        gone = session.get_one(Practitioner, person.id)
        gone.on_duty = False
        ladder.leave(session, gone)


def _note(calls: list[tuple[int, str]], night: Door) -> list[tuple[int, str]]:
    """Gives the calls so far, each with the minute in which it was first seen."""
    minute = round((night.clock.now() - _NIGHT).total_seconds() / 60)
    return calls + [(minute, one) for one in called(night.engine)[len(calls) :]]


def _person(night: Door, name: str):
    with transaction(night.engine) as session:
        return session.scalars(select(Practitioner).where(Practitioner.name == name)).unique().one()
