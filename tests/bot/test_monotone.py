"""The level of a conversation, as a state machine: it falls only by a named person, with a reason.

And whatever raised it, a message of the child's says why.

Messages, models that come and go, sweeps of the clock, people who take over, give back and end:
in whatever order, nothing else lowers it within an episode.
"""

import datetime as dt
from contextlib import ExitStack
from pathlib import Path
from typing import override

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from bot.clock import Clock
from bot.doorbell import Bells
from handover import service, thread
from models.base import clock_set_to
from models.channel import ChannelName, MessageKind
from models.conversation import Conversation, Holder, UrgencyAssessment
from models.db import open_engine, transaction
from models.encryption import new_keyring
from models.urgency import Urgency
from tests import databases
from tests.bot.said import CONCERN, EMERGENCY, URGENT, WIDE
from tests.door import Door, add_authority
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

_RISKY = [EMERGENCY, URGENT, WIDE, CONCERN, "can i talk to a person", "my safe word is teapot"]
_OTHER = ["hi", "im ok now", "no", "stop", "x", "it was a joke", "", "12"]
TEXTS = st.sampled_from(_RISKY + _OTHER)


class Talk(RuleBasedStateMachine):
    """One child's conversation, and everybody who touches it."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = MovableClock(tick=dt.timedelta(microseconds=1))
        self.closing.enter_context(clock_set_to(self.clock.now))
        engine = open_engine(databases.copied_sqlite(self.template), new_keyring())
        self.closing.callback(engine.dispose)
        self.dialogue = FakeDialogue()
        channel = FakeChannel(ChannelName.TELEGRAM)
        self.door = Door(engine, add_authority(engine), channel, self.dialogue, self.clock)
        self.anna = self.door.practitioner()
        self.sweeps = Clock(engine, self.dialogue, self.door.channels, bells=Bells(), name="one")
        self.seen: tuple[int, Urgency] | None = None
        self.corrected: Urgency | None = None
        self.corrections = 0

    @rule(text=TEXTS, level=st.sampled_from(Urgency), works=st.booleans())
    def child_says(self, text: str, level: Urgency, works: bool) -> None:  # noqa: FBT001
        self.dialogue.levels[text] = level
        self.door.child_says(text)
        if works:
            self.door.answer()

    @precondition(lambda self: self.seen)
    @rule(text=TEXTS)
    def child_changes_the_first_message(self, text: str) -> None:
        message = self.door.messages()[0]
        self.door.child_says(text, kind=MessageKind.EDIT, refers_to=message.reference)

    @rule()
    def work(self) -> None:
        self.door.answer()

    @rule(how=st.sampled_from(["up", "down", "slow", "cannot_score"]))
    def the_model_comes_and_goes(self, how: str) -> None:
        for fault in ("down", "slow", "cannot_score"):
            setattr(self.dialogue, fault, fault == how)

    @rule(minutes=st.sampled_from([0, 1, 20]))
    def the_clock_sweeps(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self.sweeps.score_again()
        self.sweeps.submit_quiet_contacts()
        self.sweeps.release_held()

    @precondition(lambda self: self.seen)
    @rule(what=st.sampled_from([service.take_over, service.release, service.end]))
    def a_person_acts(self, what) -> None:
        is_held = self.door.conversation().holder is Holder.PRACTITIONER
        if is_held or what is service.take_over:
            with transaction(self.door.engine) as session:
                what(session, self.anna, self.door.conversation_id)

    @precondition(lambda self: self.seen)
    @rule(level=st.sampled_from(Urgency), reason=st.sampled_from(["I spoke to them.", " "]))
    def a_person_corrects(self, level: Urgency, reason: str) -> None:
        message = self.door.messages()[-1]
        try:
            with transaction(self.door.engine) as session:
                service.set_urgency(session, self.anna, message, level=level, reason=reason)
        except ValueError:
            assert not reason.strip()
            return
        self.corrected = level
        self.corrections += 1

    @invariant()
    def nothing_else_lowers_it(self) -> None:
        with transaction(self.door.engine) as session:
            found = session.scalars(select(Conversation)).one_or_none()
            now = (found.episode, found.urgency) if found else None
        if now is not None and self.corrected is not None:
            assert now[1] is self.corrected
        elif now is not None and self.seen is not None and now[0] == self.seen[0]:
            assert now[1].rank >= self.seen[1].rank
        self.seen, self.corrected = now, None

    @invariant()
    def a_worry_has_a_message_that_says_why(self) -> None:
        with transaction(self.door.engine) as session:
            found = session.scalars(select(Conversation)).one_or_none()
            if found is None or found.urgency is Urgency.NO_CONCERN:
                return
            shown, _ = thread.messages(session, found)
            assert [one.judged for one in shown if one.judged and one.judged.reasons]

    @override
    def teardown(self) -> None:
        with transaction(self.door.engine) as session:
            by_people = session.scalars(
                select(UrgencyAssessment).where(UrgencyAssessment.scored_by == "practitioner")
            ).all()
            assert len(by_people) == self.corrections
            for one in by_people:
                assert one.practitioner_id == self.anna.id
                assert one.reasons[0]["words"].strip()
        assert self.door.actions().count("urgency_corrected") == self.corrections
        self.closing.close()


@pytest.mark.timeout(600)
def test_only_a_named_person_with_a_reason_lowers_a_conversations_level(sqlite_template: Path):
    Talk.template = sqlite_template

    run_state_machine_as_test(
        Talk,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
