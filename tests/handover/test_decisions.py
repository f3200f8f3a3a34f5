"""Deciding on a contact: in time, by name, once for each case, and the child hears of it."""

import datetime as dt
import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.channels.base import DeliveryRefusedError
from handover import deadlines, records, words
from handover.deadlines import Nearness
from handover.records import GatheredAnswer
from models.authority import Authority, Nation
from models.casework import Task, TaskKind
from models.contact import Answer, AnswerStatus, Contact, ContactChannel, ContactOutcome
from models.conversation import Child, Delivery, DeliveryStatus
from models.db import reading, transaction
from models.referral import Referral
from tests.handover.desk import Desk

HELP = "my stepdad hits me most weeks"
LONDON = words.LONDON


@pytest.fixture
def path(door) -> str:
    # The phrases alone then judge, which need no trained model.
    door.dialogue.cannot_score = True
    door.child_says(HELP)
    door.work()
    return f"/contacts/{door.contact().id}"


def _decide(desk: Desk, path: str, outcome: str = "referral", **more: str) -> TestResponse:
    desk.get(f"{path}/decision")
    fields = {"outcome": outcome, "text": "Physical harm at home", "primary_need_code": "N1"}
    return desk.post(f"{path}/decision", **{**fields, **more})


def _referrals(engine) -> list[Referral]:
    with transaction(engine) as session:
        return list(session.scalars(select(Referral).order_by(Referral.id)))


def test_a_referral_is_made_by_a_named_practitioner_and_the_child_is_told(
    door, anna, desk_of, path, engine
) -> None:
    desk = desk_of(anna)

    _decide(desk, path, next_steps="SINGLE_ASSESSMENT_FLAG", worker=str(anna.id))
    before = door.contact().acknowledged_at
    page_before = desk.get(path).text
    door.send()

    (referral,) = _referrals(engine)
    assert (referral.accepted_by_id, referral.allocated_worker_id) == (anna.id, anna.id)
    assert referral.outcome_flags == ["SINGLE_ASSESSMENT_FLAG"]
    contact = door.contact()
    assert contact.outcome_flags == ["NEW_REFERRAL_FLAG"]
    assert "Anna Okafor has read what you said" in door.sent()[-1]
    assert contact.acknowledgement_wording == "decided_referral"
    assert before is None
    assert "Not told yet" in page_before
    assert contact.acknowledged_at is not None
    assert "Told by a message" in desk.get(path).text


def test_a_child_who_could_not_be_told_does_not_count_as_told(door, anna, desk_of, path) -> None:
    door.channel.failures.append(DeliveryRefusedError("telegram_403"))
    desk = desk_of(anna)

    _decide(desk, path, "early_help")
    door.send()

    assert door.contact().acknowledged_at is None
    assert "Not told yet" in desk.get(path).text


def test_the_word_of_a_decision_waits_until_it_is_safe(door, anna, desk_of, path, engine) -> None:
    door.clock.forward(hours=1)
    local = door.clock.now().astimezone(LONDON)
    door.plans(
        {"from": f"{(local.hour + 3) % 24:02}:00", "until": f"{(local.hour + 4) % 24:02}:00"}
    )

    _decide(desk_of(anna), path, "early_help")
    door.send()

    with reading(engine) as session:
        held = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        assert held.status is DeliveryStatus.HELD
    assert door.contact().acknowledged_at is None


def test_a_changed_decision_takes_back_what_has_not_been_said(
    door, anna, desk_of, path, engine
) -> None:
    desk = desk_of(anna)
    _decide(desk, path, "no_further_action")

    _decide(desk, path, "early_help")
    door.send()

    assert not [text for text in door.sent() if "do not plan to do more" in text]
    assert "some extra help" in door.sent()[-1]
    with reading(engine) as session:
        kept = session.scalars(select(Answer).where(Answer.field == "decision")).all()
        assert [dict(one.value or {})["outcome"] for one in kept] == [
            "no_further_action",
            "early_help",
        ]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (
            {"outcome": "", "text": " "},
            {"outcome": "Choose what happens next", "text": "Give the reason for the decision"},
        ),
        (
            {"text": " ", "primary_need_code": "", "telling": "not_safe"},
            {
                "text": "Give the reason for the decision",
                "primary_need_code": "Choose the primary need",
                "not_told_reason": "Say why the child is not told yet",
            },
        ),
        (
            {"outcome": "passed_to_worker"},
            {"outcome": "This child has no open case to pass it to"},
        ),
    ],
)
def test_all_that_is_missing_is_said_at_once(door, anna, desk_of, path, fields, errors) -> None:
    answer = _decide(desk_of(anna), path, **fields)

    assert answer.status_code == 422
    summary = answer.text.partition("There is a problem")[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)">(.+?)</a>', summary) == list(errors.items())
    for field, error in errors.items():
        assert f'id="{field}-error"' in answer.text
        assert answer.text.count(error) == 2
    assert door.contact().outcome is None


def test_why_a_child_is_not_told_is_kept(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    said = len(door.deliveries())

    _decide(desk, path, "early_help", telling="not_safe", not_told_reason="He reads her phone")

    assert len(door.deliveries()) == said
    assert "Not told yet: He reads her phone" in desk.get(path).text


def _comes_back(door) -> str:
    """Gives the record of a new episode of the same child."""
    with transaction(door.engine) as session:
        conversation = session.merge(door.conversation())
        conversation.episode += 1
        contact = records.current_contact(session, conversation)
        said = GatheredAnswer(field="wants", status=AnswerStatus.VALUE, value="to talk")
        records.record_answers(session, contact, [said])
        records.submit(session, contact)
    return f"/contacts/{contact.id}"


def test_information_on_an_open_case_is_passed_to_the_allocated_worker(
    door, anna, ben, desk_of, path, engine
) -> None:
    desk = desk_of(anna)
    _decide(desk, path, worker=str(ben.id))
    again = _comes_back(door)

    form = desk.get(f"{again}/decision").text
    refused = _decide(desk, again, "referral")
    _decide(desk, again, "passed_to_worker")

    assert "This child has an open case with Ben Hughes" in form
    assert 'value="referral"' not in form
    assert refused.status_code == 422
    assert len(_referrals(engine)) == 1
    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.NEW_INFORMATION)).one()
        assert task.owner_id == ben.id
        assert session.get_one(Contact, task.contact_id).outcome_flags == ["EXISTING_REFERRAL_FLAG"]


def test_a_referral_within_twelve_months_of_another_is_flagged(
    door, anna, desk_of, path, engine
) -> None:
    desk = desk_of(anna)
    _decide(desk, path)
    desk.get(f"{path}/referral")
    without = desk.post(f"{path}/referral", do="close", reason="")
    desk.post(f"{path}/referral", do="close", reason="RC8")
    again = _comes_back(door)

    form = desk.get(f"{again}/decision").text
    _decide(desk, again)

    assert without.status_code == 422
    assert "re-referral within twelve months" in form
    first, second = _referrals(engine)
    assert second.previous_id == first.id
    assert "Re-referral within twelve months" in desk.get(again).text


def test_an_open_referral_is_closed_before_the_decision_changes(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    _decide(desk, path)

    answer = _decide(desk, path, "no_further_action")

    assert "Close the referral before you change it" in answer.text


def test_a_referral_decided_on_again_stays_the_same_one(anna, ben, desk_of, path, engine) -> None:
    desk = desk_of(anna)
    _decide(desk, path)

    _decide(desk, path, next_steps="STRATEGY_DISCUSSION_FLAG")
    desk.get(f"{path}/referral")
    desk.post(f"{path}/referral", do="allocate", worker=str(ben.id))

    (referral,) = _referrals(engine)
    assert referral.outcome_flags == ["STRATEGY_DISCUSSION_FLAG"]
    assert referral.allocated_worker_id == ben.id


MONDAY = dt.date(2026, 5, 11)


def _at(month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("nation", "received", "by"),
    [
        (Nation.ENGLAND, _at(5, 7, 10), dt.date(2026, 5, 8)),
        (Nation.ENGLAND, _at(5, 8, 10), MONDAY),
        (Nation.ENGLAND, _at(5, 8, 23), MONDAY),
        (Nation.ENGLAND, _at(5, 9, 12), MONDAY),
        (Nation.ENGLAND, _at(5, 12, 3), dt.date(2026, 5, 13)),
        (Nation.ENGLAND, _at(12, 24, 10), dt.date(2026, 12, 29)),
        (Nation.SCOTLAND, _at(12, 31, 10), dt.date(2027, 1, 5)),
        (Nation.WALES, _at(12, 31, 10), dt.date(2027, 1, 4)),
        (Nation.ENGLAND, _at(3, 16, 10), dt.date(2026, 3, 17)),
        (Nation.NORTHERN_IRELAND, _at(3, 16, 10), dt.date(2026, 3, 18)),
    ],
)
def test_a_decision_is_due_by_the_end_of_the_next_working_day_of_the_nation(
    nation, received, by
) -> None:
    authority = Authority(nation=nation)
    contact = Contact(received_at=received, submitted_at=received)

    due = deadlines.of(authority, contact, received).at.astimezone(LONDON)

    assert (due.date(), due.hour) == (by, 17)


@pytest.mark.parametrize(
    ("now", "nearness"),
    [
        (_at(5, 8, 12), Nearness.IN_TIME),
        (_at(5, 8, 18), Nearness.SOON),
        (_at(5, 10, 12), Nearness.SOON),
        (_at(5, 11, 16), Nearness.SOON),
        (_at(5, 11, 17, 1), Nearness.LATE),
    ],
)
def test_a_breach_is_foreseen_before_it_comes(now, nearness) -> None:
    moment = dt.datetime(2026, 5, 8, 10, tzinfo=LONDON)
    contact = Contact(received_at=moment, submitted_at=moment)

    deadline = deadlines.of(Authority(nation=Nation.ENGLAND), contact, now)

    assert deadline.nearness is nearness


def test_at_too_slow_a_pace_the_last_in_line_will_be_late(engine, authority) -> None:
    now = dt.datetime(2026, 5, 8, 16, tzinfo=LONDON).astimezone(dt.UTC)
    with transaction(engine) as session:
        for number in range(40):
            decided = number < 8
            session.add(
                Contact(
                    authority_id=authority.id,
                    child=Child(authority_id=authority.id),
                    channel=ContactChannel.PHONE,
                    received_at=now - dt.timedelta(days=1 if not decided else 3),
                    submitted_at=now - dt.timedelta(days=1 if not decided else 3),
                    outcome=ContactOutcome.EARLY_HELP if decided else None,
                    decided_at=now - dt.timedelta(days=2) if decided else None,
                )
            )
    with reading(engine) as session:
        found = deadlines.undecided(session, session.get_one(Authority, authority.id), now)

    assert found[-1].will_be_late
    assert len(found) == 32


@pytest.mark.usefixtures("path")
def test_the_queue_says_by_when_a_contact_is_to_be_decided_on(door, anna, desk_of) -> None:
    in_time = desk_of(anna).get("/queue").text
    door.clock.forward(days=1)
    soon = desk_of(anna).get("/queue").text
    door.clock.forward(days=1)
    late = desk_of(anna).get("/queue").text

    assert "Decide by Wed 14 Jan, 5:00pm" in in_time
    assert "app-deadline--soon" in soon
    assert "app-deadline--late" in late
