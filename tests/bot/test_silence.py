"""A child at risk who goes quiet: written to where it is safe, then a person decides."""

import datetime as dt
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.clock import Clock
from bot.doorbell import Bells
from handover import contact_plan, silences, tasks
from handover.contact_plan import Permission
from handover.silences import WelfareDecision
from models.channel import ChannelName, MessageKind
from models.conversation import Author, Conversation, DeliveryStatus, HandoverReason, Message
from models.db import transaction
from models.silence import Silence, SilenceEnd
from models.urgency import Urgency
from tests.bot.said import CONCERN, EMERGENCY, URGENT, has, words
from tests.door import Door
from tests.fakes.channel import FakeChannel

_NUMBERS = itertools.count(1)
STEPS = ("silence_first", "silence_first_danger", "silence_second", "silence_third")


@pytest.fixture
def sweeper(door: Door) -> Clock:
    return Clock(door.engine, door.dialogue, door.channels, bells=Bells(), name="one")


def wait(door: Door, sweeper: Clock, *, minutes: float, step: float = 10) -> None:
    """Lets time pass as the clock and the senders see it."""
    passed = 0.0
    while passed < minutes:
        door.clock.forward(minutes=step)
        passed += step
        sweeper.release_held()
        sweeper.follow_silence()
        door.work()


def written(door: Door) -> list[str]:
    """Gives what the phone shows of the words to a silent child."""
    beginnings = tuple(words(key) for key in STEPS)
    return [text for text in door.sent() if text.startswith(beginnings)]


def watches(door: Door) -> list[Silence]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(Silence).order_by(Silence.id)))


def test_a_silent_child_at_risk_is_written_to_in_other_words_and_then_a_person_decides(
    door: Door, sweeper: Clock
):
    door.child_says(URGENT)
    door.work()

    wait(door, sweeper, minutes=20)
    assert has(written(door), "silence_first")
    assert len(written(door)) == 1
    wait(door, sweeper, minutes=24 * 60, step=60)

    assert len(written(door)) == len(set(written(door))) == 2
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.WELFARE_CHECK
    [watch] = watches(door)
    assert watch.decide_by is not None
    with transaction(door.engine) as session:
        [task] = tasks.of_everybody(session, door.practitioner())
    assert task.kind.value == "welfare_check"


def test_in_an_emergency_a_person_is_asked_within_the_hour(door: Door, sweeper: Clock):
    door.child_says(EMERGENCY)
    door.work()

    wait(door, sweeper, minutes=65, step=13)

    assert has(written(door), "silence_first_danger")
    assert "999" in written(door)[0]
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.WELFARE_CHECK
    assert call.urgency is Urgency.EMERGENCY


def test_who_answers_calmly_and_falls_silent_again_is_watched_on_until_a_person_decides(
    door: Door, sweeper: Clock
):
    door.child_says(URGENT)
    door.work()
    wait(door, sweeper, minutes=20)
    door.child_says("im ok")
    door.work()
    before = len(written(door))
    wait(door, sweeper, minutes=100, step=20)
    assert len(written(door)) == before
    wait(door, sweeper, minutes=22 * 60, step=60)
    assert len(written(door)) > before
    door.child_says("im ok")
    door.work()

    wait(door, sweeper, minutes=11 * 60, step=60)
    assert watches(door)[-1].asked_at is None
    wait(door, sweeper, minutes=2 * 60, step=60)

    assert len(written(door)) == len(set(written(door))) == 2
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.WELFARE_CHECK
    *answered, last = watches(door)
    assert {watch.end for watch in answered} == {SilenceEnd.ANSWERED}
    assert last.closed_at is None
    assert last.decide_by is not None


def test_who_answers_calmly_after_a_person_lowered_the_level_is_left_in_peace(
    door: Door, sweeper: Clock
):
    received = door.child_says(URGENT)
    door.work()
    wait(door, sweeper, minutes=20)
    door.corrects(door.practitioner(), received.message_id, Urgency.CONCERN)
    door.child_says("im ok")
    door.work()

    wait(door, sweeper, minutes=24 * 60, step=120)

    assert len(written(door)) == 1
    assert watches(door)[-1].closed_at is not None


def test_a_new_risk_after_the_answer_is_watched_anew(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    wait(door, sweeper, minutes=20)
    door.child_says(URGENT)
    door.work()

    wait(door, sweeper, minutes=20)

    assert len(written(door)) == 2


def test_calm_words_before_anything_was_written_do_not_end_the_watch(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.clock.forward(minutes=5)
    door.child_says("im 13")
    door.work()

    wait(door, sweeper, minutes=12, step=6)
    assert written(door) == []
    wait(door, sweeper, minutes=10)

    assert len(written(door)) == 1


@pytest.mark.parametrize("text", [CONCERN, "hello"])
def test_a_child_who_said_nothing_urgent_is_left_in_peace(door: Door, sweeper: Clock, text: str):
    door.child_says(text)
    door.work()
    before = door.sent()

    wait(door, sweeper, minutes=3 * 24 * 60, step=360)

    assert door.sent() == before
    assert watches(door) == []


@pytest.mark.parametrize("text", ["stop", "x"])
def test_after_stop_and_under_cover_nothing_is_written_and_a_person_is_asked_soon(
    door: Door, sweeper: Clock, text: str
):
    door.child_says(URGENT)
    door.child_says(text)
    door.work()
    before = door.sent()

    wait(door, sweeper, minutes=24 * 60, step=60)

    assert door.sent() == before
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.WELFARE_CHECK
    [watch] = watches(door)
    assert watch.asked_at is not None
    assert watch.asked_at - watch.began_at <= dt.timedelta(minutes=60)


def test_nothing_unasked_for_goes_to_a_phone_that_others_look_at(door: Door, sweeper: Clock):
    door.child_says(EMERGENCY)
    door.work()
    door.plans({"is_phone_shared": True})
    before = door.sent()

    wait(door, sweeper, minutes=120, step=20)

    assert door.sent() == before
    assert watches(door)[-1].asked_at is not None


def test_nothing_is_written_to_a_phone_that_somebody_else_holds(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.dialogue.commands = ("wrong_reader",)
    door.child_says("this is his mum who is this")
    door.work()
    before = door.sent()

    wait(door, sweeper, minutes=24 * 60, step=60)

    assert door.sent() == before
    assert watches(door)[-1].asked_at is not None


def test_who_said_goodbye_is_not_written_to_before_the_next_day(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.dialogue.commands = ("goodbye",)
    door.child_says("got to go now bye")
    door.work()

    wait(door, sweeper, minutes=4 * 60, step=30)
    assert written(door) == []
    wait(door, sweeper, minutes=20 * 60, step=60)

    assert [text[:10] for text in written(door)] == [words("silence_third")[:10]]


def test_what_a_practitioner_holds_is_left_to_them(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    anna = door.practitioner()
    door.takes_over(anna)
    door.work()

    wait(door, sweeper, minutes=4 * 60, step=30)
    assert written(door) == []
    door.releases(anna)
    wait(door, sweeper, minutes=60)

    assert len(written(door)) >= 1


def test_a_practitioners_end_or_lower_level_ends_the_watch(door: Door, sweeper: Clock):
    received = door.child_says(URGENT)
    door.work()
    door.corrects(door.practitioner(), received.message_id, Urgency.CONCERN)

    wait(door, sweeper, minutes=60)

    assert written(door) == []
    assert watches(door)[0].end is SilenceEnd.LOWERED


def test_it_waits_for_the_times_of_the_plan_but_a_person_does_not(door: Door, sweeper: Clock):
    now = door.clock.now()
    # A window that opens two hours before now, tomorrow.
    begin = (now - dt.timedelta(hours=2)).time().replace(microsecond=0, second=0)
    end = (now - dt.timedelta(hours=1)).time().replace(microsecond=0, second=0)
    door.child_says(URGENT)
    door.work()
    door.plans({"from": begin.isoformat(), "until": end.isoformat()})

    wait(door, sweeper, minutes=13 * 60, step=60)
    assert written(door) == []
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.WELFARE_CHECK


def test_a_decision_ends_the_watch_with_its_reason_and_the_task(door: Door, sweeper: Clock):
    door.child_says(EMERGENCY)
    door.work()
    wait(door, sweeper, minutes=65, step=13)
    anna = door.practitioner()

    with transaction(door.engine) as session:
        silences.decide(
            session,
            anna,
            door.conversation_id,
            decision=WelfareDecision.POLICE_WELFARE_CHECK,
            reason="Nobody has seen her since school.",
        )
    rings = door.rings()
    wait(door, sweeper, minutes=24 * 60, step=120)

    [watch] = watches(door)
    assert (watch.end, watch.closed_by_id) == (SilenceEnd.DECIDED, anna.id)
    assert door.rings() == rings
    with transaction(door.engine) as session:
        assert tasks.of_everybody(session, anna) == []
        assert silences.undecided(session, anna) == []


def test_an_overdue_decision_rings_again(door: Door, sweeper: Clock):
    door.child_says(EMERGENCY)
    door.work()
    wait(door, sweeper, minutes=65, step=13)
    rings = door.rings()

    wait(door, sweeper, minutes=65, step=13)

    assert door.rings() == rings + 1
    assert "welfare_check_overdue" in door.actions()


def test_running_twice_or_dying_between_writes_nothing_twice(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.clock.forward(minutes=16)

    for _ in range(3):
        sweeper.follow_silence()
    door.work()

    assert len(written(door)) == 1


def test_words_not_yet_sent_are_dropped_when_the_child_answers(door: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.clock.forward(minutes=16)
    sweeper.follow_silence()
    door.child_says("hi im here")

    door.work()

    assert written(door) == []
    assert door.deliveries()[-2].status is DeliveryStatus.WITHHELD


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=st.sampled_from([URGENT, EMERGENCY]),
    window=st.tuples(st.integers(0, 23), st.integers(1, 23)),
    answers_after=st.one_of(st.none(), st.integers(1, 30)),
)
def test_whatever_the_plan_nothing_goes_outside_it_and_it_ends_with_an_answer_or_a_person(
    door: Door,
    sweeper: Clock,
    first: str,
    window: tuple[int, int],
    answers_after: int | None,
):
    door.address = f"child-{next(_NUMBERS)}"
    door.child_says(first)
    door.work()
    hour, length = window
    plan: dict[str, object] = {"from": f"{hour:02}:00", "until": f"{(hour + length) % 24:02}:00"}
    door.plans(plan)
    before = len(door.sent())
    answered_at = None

    for hours in range(1, 28):
        wait(door, sweeper, minutes=60, step=60)
        if hours == answers_after:
            answered_at = door.clock.now()
            door.child_says("here")
            door.work()

    sent = [one for one in door.channel.sent if one.address == door.address][before:]
    with transaction(door.engine) as session:
        conversation = door._row(session)
        for one in sent:
            if answered_at is not None and one.at == answered_at:
                continue
            trial = Message(author=Author.BOT, kind=MessageKind.TEXT, created_at=one.at)
            permission = contact_plan.check(conversation, trial, one.at).permission
            talking = (
                answered_at is not None
                and answered_at <= one.at <= answered_at + contact_plan.STILL_TALKING
            )
            assert talking or permission is not Permission.HOLD
        [watch, *_] = session.scalars(
            select(Silence).where(Silence.conversation_id == conversation.id).order_by(Silence.id)
        )
        asked_or_answered = watch.end is SilenceEnd.ANSWERED or watch.asked_at is not None
    assert asked_or_answered
    words_written = written(door)
    assert len(words_written) == len(set(words_written))


@pytest.fixture
def other(door: Door) -> Door:
    """Gives the same child on SMS, beside Telegram."""
    other = Door(
        door.engine,
        door.authority,
        FakeChannel(ChannelName.SMS, account="+447700900000"),
        door.dialogue,
        door.clock,
        address="+447700900777",
    )
    other.child_says("hi its me")
    other.work()
    door.child_says("hello")
    door.work()
    number, child_id = other.conversation_id, door.conversation().child_id
    with transaction(door.engine) as session:
        session.get_one(Conversation, number).child_id = child_id
    door.clock.forward(hours=1)
    return other


def follow_both(door: Door, other: Door, sweeper: Clock, *, minutes: int) -> None:
    for _ in range(minutes // 20):
        door.clock.forward(minutes=20)
        sweeper.follow_silence()
        door.work()
        other.work()


def test_where_this_channel_is_closed_it_is_tried_on_another_that_the_plan_allows(
    door: Door, other: Door, sweeper: Clock
):
    door.child_says(URGENT)
    door.work()
    door.plans({"channels": ["sms"]})

    follow_both(door, other, sweeper, minutes=40)

    assert written(door) == []
    assert len(written(other)) == 1


def test_no_channel_that_the_plan_leaves_out_is_used(door: Door, other: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.plans({"channels": ["whatsapp"]})

    follow_both(door, other, sweeper, minutes=16 * 60)

    assert written(door) == written(other) == []
    assert watches(door)[0].asked_at is not None


def test_an_answer_on_another_channel_ends_the_silence(door: Door, other: Door, sweeper: Clock):
    door.child_says(URGENT)
    door.work()
    door.clock.forward(minutes=5)
    other.child_says("im here now on this phone")
    other.work()

    follow_both(door, other, sweeper, minutes=16 * 60)

    assert written(door) == written(other) == []
    assert watches(door)[0].end is SilenceEnd.ANSWERED
