"""Days a worker is away: the children who know them are told, within their plan, and who covers."""

import datetime as dt

import pytest
from sqlalchemy import select

from handover import absences, casework, records, tasks
from models.base import utc_now
from models.casework import Task, TaskKind
from models.channel import MessageKind
from models.conversation import Author, Conversation, DeliveryStatus
from models.db import reading, transaction
from models.referral import PlannedAbsence

# The front door's clock begins on Tuesday 13 January 2026, in the afternoon.
_DAYS = {
    "first-day": "20",
    "first-month": "1",
    "first-year": "2026",
    "last-day": "24",
    "last-month": "1",
    "last-year": "2026",
}


@pytest.fixture
def known(door, anna):
    """Gives the door of a child who knows Anna by name, and wrote today."""
    door.dialogue.cannot_score = True
    door.child_says("my stepdad hits me")
    door.work()
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        contact = records.current_contact(session, conversation)
        casework.name_worker(session, anna, contact, worker_id=anna.id, reason_code="FCONTA")
    return door


def _is_away(desk, **changed: str):
    desk.get("/account/away")
    return desk.post("/account/away", **(_DAYS | changed))


def _on(door, day: int, hour: int = 10) -> list[str]:
    """Gives what the child is sent on a day of January, by a sweep that runs twice."""
    before = len(door.sent())
    door.clock.set(dt.datetime(2026, 1, day, hour, 0, tzinfo=dt.UTC))
    for _ in range(2):
        with transaction(door.engine) as session:
            absences.tell_due(session)
    door.send()
    sent: list[str] = door.sent()
    return sent[before:]


def test_a_child_is_told_the_day_before_who_covers_and_of_the_return(
    known, anna, ben, desk_of
) -> None:
    _is_away(desk_of(anna), cover=str(ben.id))

    assert _on(known, 18) == []
    assert _on(known, 19, hour=7) == []
    [going] = _on(known, 19)
    assert known.messages(Author.BOT)[-1].details == {
        "choices": [{"title": "Ask for someone else", "payload": absences.CHANGE_WORKER}]
    }
    assert _on(known, 22) == []
    [back] = _on(known, 25)
    assert _on(known, 26) == []

    assert "Anna Okafor is away from 20 January to 24 January." in going
    assert "Until they are back, Ben Hughes is there for you." in going
    assert back.startswith("Anna Okafor is back.")


def test_the_plan_holds_it_and_what_never_went_is_not_taken_back_up(known, anna, desk_of) -> None:
    known.plans({"days": [6], "from": "09:00", "until": "18:00"})
    _is_away(desk_of(anna), **{"last-day": "22"})

    assert _on(known, 19) == []
    held = [one.status for one in known.deliveries()][-1]
    # By Sunday she is back, and nobody had been told that she went.
    assert _on(known, 25) == []

    assert held is DeliveryStatus.HELD
    assert known.deliveries()[-1].status is DeliveryStatus.WITHHELD


@pytest.mark.parametrize("is_held", [False, True])
def test_one_press_asks_for_somebody_else_whoever_holds_the_talk(
    known, anna, desk_of, is_held
) -> None:
    _is_away(desk_of(anna))
    _on(known, 19)
    if is_held:
        known.takes_over(anna)
        known.send()
    before = len(known.sent())

    known.child_says("Ask for someone else", kind=MessageKind.CHOICE, choice=absences.CHANGE_WORKER)
    known.work()

    said = known.sent()[before:]
    assert bool(said) is not is_held
    with reading(known.engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.CHANGE_OF_WORKER)).one()
        assert (task.reason_code, task.owner_id) == ("CHCHAN", None)


def test_a_child_who_asked_us_to_stop_is_left_in_peace(known, anna, desk_of) -> None:
    with transaction(known.engine) as session:
        session.get_one(Conversation, known.conversation_id).stopped_at = utc_now()
    _is_away(desk_of(anna))

    assert _on(known, 19) == []


def test_other_days_are_told_anew_and_cancelled_ones_end_with_a_return(
    known, anna, ben, desk_of
) -> None:
    desk = desk_of(anna)
    _is_away(desk)
    [first] = _on(known, 19)
    _is_away(desk, cover=str(ben.id), **{"last-day": "21"})
    [second] = _on(known, 19, hour=11)
    with reading(known.engine) as session:
        absence_id = session.scalars(select(PlannedAbsence.id)).one()

    page = desk.get("/account/away").text
    desk.post(f"/account/away/{absence_id}/cancel")
    [back] = _on(known, 19, hour=12)

    assert "the team here is there for you" in first
    assert "to 21 January. Until they are back, Ben Hughes" in second
    assert "Ben Hughes answers for you" in page
    assert "Anna Okafor is back." in back
    assert desk_of(ben).post(f"/account/away/{absence_id}/cancel").status_code == 404


def test_days_that_nobody_was_told_of_are_cancelled_without_a_word(known, anna, desk_of) -> None:
    desk = desk_of(anna)
    _is_away(desk)
    with reading(known.engine) as session:
        absence_id = session.scalars(select(PlannedAbsence.id)).one()

    desk.post(f"/account/away/{absence_id}/cancel")

    assert _on(known, 19) == []
    assert "You have planned no days away." in desk.get("/account/away").text


def test_what_the_service_asks_for_meanwhile_is_for_whoever_covers(
    known, anna, ben, desk_of
) -> None:
    _is_away(desk_of(anna), cover=str(ben.id))
    known.clock.set(dt.datetime(2026, 1, 21, 10, 0, tzinfo=dt.UTC))

    with transaction(known.engine) as session:
        conversation = session.get_one(Conversation, known.conversation_id, with_for_update=True)
        task = tasks.create(
            session, conversation, kind=TaskKind.WELFARE_CHECK, due=utc_now(), what="Is she safe?"
        )

    assert task.owner_id == ben.id
