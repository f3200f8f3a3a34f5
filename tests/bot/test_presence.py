"""What a child is told of who is there: by hours, holidays, closures and the rota, and no more."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from handover import brief
from models.authority import SpecialDay
from models.conversation import Conversation
from models.db import transaction
from models.practitioner import Practitioner
from models.rota import Shift, ShiftKind
from tests.bot.said import EMERGENCY, URGENT
from tests.door import Door

LONDON = ZoneInfo("Europe/London")
NIGHT = dt.datetime(2026, 11, 24, 23, 0, tzinfo=LONDON)
DAY = dt.datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)


def is_on(door: Door, kind: ShiftKind, now: dt.datetime) -> None:
    anna = door.practitioner()
    with transaction(door.engine) as session:
        session.get_one(Practitioner, anna.id).on_duty = True
        session.add(
            Shift(
                authority_id=door.authority.id,
                kind=kind,
                practitioner_id=anna.id,
                begins_at=now - dt.timedelta(hours=1),
                ends_at=now + dt.timedelta(hours=8),
            )
        )


def at(door: Door, moment: dt.datetime) -> None:
    seconds = (moment - door.clock.now()).total_seconds()
    door.clock.forward(seconds=seconds)


def says(door: Door, text: str) -> str:
    before = len(door.sent())
    door.child_says(text)
    door.work()
    return " ".join(door.sent()[before:])


def test_at_night_with_nobody_on_call_an_emergency_is_told_the_truth(door: Door):
    at(door, NIGHT)
    said = says(door, EMERGENCY)

    assert "Nobody is at work here right now, so please call 999." in said
    assert "first one they will read from 9am tomorrow" in said
    assert "I have called the people on duty" not in said


@pytest.mark.parametrize("kind", [ShiftKind.ON_CALL, ShiftKind.EMERGENCY_DUTY])
def test_at_night_with_somebody_on_call_they_are_called(door: Door, kind: ShiftKind):
    at(door, NIGHT)
    is_on(door, kind, NIGHT)
    said = says(door, EMERGENCY)

    assert "I am telling a worker on call right now" in said
    assert "Nobody is at work" not in said


def test_each_level_of_urgency_is_told_what_to_do_till_then(door: Door):
    at(door, NIGHT)
    said = says(door, URGENT)

    assert "It is outside our day hours. If you are in danger, call 999." in said
    assert "a person reads this from 9am tomorrow" in said


def test_at_night_somebody_on_call_is_told_of_what_is_urgent_and_not_of_what_can_wait(door: Door):
    at(door, NIGHT)
    is_on(door, ShiftKind.ON_CALL, NIGHT)

    door.dialogue.replies = ("[[hours_line]]",)

    assert "I am telling a worker on call now" in says(door, URGENT)
    assert "For other things a person reads this from 9am tomorrow." in says(door, "how long")


def test_at_night_without_a_rota_who_is_on_duty_is_told_and_no_more_is_promised(door: Door):
    at(door, NIGHT)
    door.practitioner()
    said = says(door, EMERGENCY)

    assert "so please call 999. I am telling the people who work here now too" in said
    assert "Nobody is at work" not in said


def test_by_day_people_are_there(door: Door):
    at(door, DAY)

    assert "I have called the people on duty here" in says(door, EMERGENCY)


def test_by_day_a_duty_rota_with_nobody_on_it_is_nobody(door: Door):
    at(door, DAY)
    is_on(door, ShiftKind.DUTY, DAY + dt.timedelta(days=3))

    assert "Nobody is at work here right now" in says(door, EMERGENCY)


def test_a_closure_of_its_own_is_told(door: Door):
    at(door, DAY)
    with transaction(door.engine) as session:
        session.add(SpecialDay(authority_id=door.authority.id, day=DAY.date(), reason="Training"))

    said = says(door, URGENT)

    assert "a person reads this from 9am tomorrow" in said


def test_staff_see_what_the_child_was_told_and_nothing_else(door: Door):
    at(door, NIGHT)
    says(door, EMERGENCY)

    number = door.conversation_id
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, number)
        told = {one.label for one in brief.brief(session, conversation, []).told}

    assert "Nobody was at work: to call 999, and that they are read first" in told
    assert "The people on duty were called, and the bot stays with them" not in told
