"""The clock: sweeps that are safe to run twice, in one process at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from bot.channels.base import IncomingMessage
from bot.clock import Clock, hold_lease
from bot.doorbell import Bells
from models.audit import LiveEvent
from models.channel import MessageKind
from models.conversation import HandoverReason, UrgencyAssessment
from models.db import transaction
from models.urgency import Urgency
from tests.door import Door
from tests.fakes.clock import MovableClock


@pytest.fixture
def sweeper(door: Door) -> Clock:
    return Clock(door.engine, door.dialogue, door.channels, bells=Bells(), name="one")


def test_a_message_is_scored_again_when_the_model_is_back(door: Door, sweeper: Clock):
    door.dialogue.down = True
    door.child_says("it is happening again")
    door.work()
    sweeper.score_again()
    assert door.conversation().urgency is Urgency.CONCERN

    door.dialogue.down = False
    door.dialogue.levels["it is happening again"] = Urgency.EMERGENCY
    sweeper.score_again()

    call = door.call()
    assert door.conversation().urgency is Urgency.EMERGENCY
    assert call is not None
    assert call.reason is HandoverReason.EMERGENCY
    rings = door.rings()
    sweeper.score_again()
    assert door.rings() == rings


def test_scoring_again_never_lowers(door: Door, sweeper: Clock):
    door.dialogue.down = True
    door.child_says("my dad hits me every night")
    door.work()
    door.dialogue.down = False

    sweeper.score_again()

    assert door.conversation().urgency is Urgency.URGENT
    with transaction(door.engine) as session:
        waiting = session.scalar(
            select(func.count())
            .select_from(UrgencyAssessment)
            .where(UrgencyAssessment.needs_rescoring.is_(True))
        )
    assert waiting == 0


def test_what_the_talk_around_a_message_said_of_it_stands_when_the_model_is_back(
    door: Door, sweeper: Clock
):
    door.dialogue.asked = "safe_now"
    door.child_says("my dad hits me every night")
    door.work()
    door.dialogue.down = True
    received = door.child_says("no")
    door.work()
    assert door.conversation().urgency is Urgency.EMERGENCY
    door.dialogue.down = False

    sweeper.score_again()

    with transaction(door.engine) as session:
        rows = session.scalars(
            select(UrgencyAssessment)
            .where(UrgencyAssessment.message_id == received.message_id)
            .order_by(UrgencyAssessment.id)
        ).all()
    assert [row.scored_by for row in rows] == ["phrases", "phrases_and_model"]
    assert rows[-1].urgency is Urgency.EMERGENCY
    assert {reason["kind"] for reason in rows[-1].reasons} >= {"context"}


def test_what_a_practitioner_corrected_is_not_raised_again(door: Door, sweeper: Clock):
    anna = door.practitioner()
    door.dialogue.down = True
    received = door.child_says("it is happening again")
    door.work()
    door.corrects(anna, received.message_id, Urgency.NO_CONCERN)
    door.dialogue.down = False
    door.dialogue.levels["it is happening again"] = Urgency.URGENT

    sweeper.score_again()

    assert door.conversation().urgency is Urgency.NO_CONCERN


def test_what_only_the_provider_holds_is_fetched_once(door: Door, sweeper: Clock):
    message = IncomingMessage(
        external_id="missed", address=door.address, kind=MessageKind.TEXT, text="hi"
    )
    door.channel.missed_messages.append(message)

    sweeper.fetch_missed()
    sweeper.fetch_missed()
    door.work()

    assert door.sent() == ["I heard: hi"]


def test_old_hints_to_consoles_are_forgotten(door: Door, sweeper: Clock):
    door.child_says("hi")
    door.clock.forward(days=3)
    door.child_says("hi again")

    sweeper.forget_live_events()

    with transaction(door.engine) as session:
        times = session.scalars(select(LiveEvent.at)).all()
    assert times
    assert min(times) == door.clock.now()


def test_one_process_at_a_time_holds_the_clock(engine: Engine, clock: MovableClock):
    assert hold_lease(engine, "clock", "one")
    assert not hold_lease(engine, "clock", "two")
    assert hold_lease(engine, "clock", "one")

    clock.forward(seconds=31)

    assert hold_lease(engine, "clock", "two")
    assert not hold_lease(engine, "clock", "one")


@pytest.mark.usefixtures("clock")
def test_of_many_who_start_together_one_gets_the_clock(engine: Engine):
    with ThreadPoolExecutor(8) as threads:
        held = list(threads.map(lambda n: hold_lease(engine, "clock", str(n)), range(8)))

    assert sum(held) == 1
