"""No child in limbo: whatever happens, who waits has an owner, a deadline and a next step."""

import datetime as dt
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import climbing, inbox
from bot.channels.base import IncomingMessage
from handover import calling, service
from models.base import clock_set_to
from models.channel import ChannelName, MessageKind
from models.conversation import Author, Conversation, Handover, Holder, Message
from models.db import open_engine, reading, transaction
from models.encryption import new_keyring
from models.escalation import Escalation
from models.practitioner import RoleName
from models.urgency import Urgency
from tests import databases
from tests.bot.night import owed
from tests.door import add_account, add_authority, add_practitioner
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

WORDS = st.sampled_from(
    ["hello", "i feel sad about school", "my dad hits me every night", "he has a knife please"]
)
WHO = st.sampled_from([0, 1])


class Nights(RuleBasedStateMachine):
    """A child, two practitioners, a bot that may stop, a clock that may stop, and time."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = MovableClock(tick=dt.timedelta(microseconds=1))
        self.closing.enter_context(clock_set_to(self.clock.now))
        self.engine = open_engine(databases.copied_sqlite(self.template), new_keyring())
        self.closing.callback(self.engine.dispose)
        authority = add_authority(self.engine)
        self.account_id = add_account(self.engine, authority, ChannelName.TELEGRAM).id
        self.staff = [
            add_practitioner(self.engine, authority, "Anna Okafor"),
            add_practitioner(
                self.engine, authority, "Ben Hughes", RoleName.PRACTITIONER, RoleName.SUPERVISOR
            ),
        ]
        self.dialogue = FakeDialogue()
        self.numbers = itertools.count(1)

    @initialize(words=WORDS, is_held=st.booleans())
    def begin(self, words: str, is_held: bool) -> None:  # noqa: FBT001
        self.child_writes(words, is_worked=True)
        if is_held:
            self.takes_over(0)

    @rule(words=WORDS, is_worked=st.booleans())
    def child_writes(self, words: str, is_worked: bool) -> None:  # noqa: FBT001
        message = IncomingMessage(
            external_id=f"in-{next(self.numbers)}",
            address="ash",
            kind=MessageKind.TEXT,
            text=words,
        )
        inbox.receive(self.engine, self.account_id, message)
        if is_worked:
            self.bot_works()

    @rule()
    def bot_works(self) -> None:
        inbox.drain(self.engine, self.dialogue, worker="one")

    @rule(state=st.sampled_from(["up", "asks", "down"]))
    def dialogue_changes(self, state: str) -> None:
        self.dialogue.down = state == "down"
        self.dialogue.commands = ("request_person",) if state == "asks" else ()

    @rule()
    def worker_dies_with_a_claim(self) -> None:
        inbox.claim_next(self.engine, worker="dead")

    @precondition(lambda self: self._conversation() is not None and self._holder() is None)
    @rule(who=WHO)
    def takes_over(self, who: int) -> None:
        self._act(lambda s, c: service.take_over(s, self.staff[who], c.id))

    @precondition(lambda self: self._holder() is not None)
    @rule()
    def says(self) -> None:
        self._act(lambda s, c: service.say(s, self._holder(), c.id, "I am here."))

    @precondition(lambda self: self._holder() is not None)
    @rule()
    def hands_on(self) -> None:
        other = next(one for one in self.staff if one.id != self._holder().id)
        self._act(lambda s, c: service.change_hands(s, c, other))

    @precondition(lambda self: self._conversation() is not None)
    @rule(who=WHO)
    def acknowledges(self, who: int) -> None:
        self._act(lambda s, c: service.acknowledge(s, self.staff[who], c.id))

    @precondition(lambda self: self._holder() is not None)
    @rule()
    def releases(self) -> None:
        def give_back(session: Session, conversation: Conversation) -> None:
            was_left = _is_left(session, conversation)
            service.release(session, self._holder(), conversation.id)
            if was_left:
                call = calling.open_handover(session, conversation)
                assert call is not None
                assert call.taken_at is None

        self._act(give_back)

    @precondition(lambda self: self._holder() is not None)
    @rule()
    def ends(self) -> None:
        self._act(lambda s, c: service.end(s, self._holder(), c.id))

    @rule(minutes=st.sampled_from([1, 5, 60, 900]))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    @rule()
    def clock_sweeps(self) -> None:
        climbing.climb_due(self.engine)
        climbing.pick_up(self.engine)
        assert climbing.climb_due(self.engine) == 0 or self._has_just_been_picked_up()

    @invariant()
    def nobody_is_in_limbo(self) -> None:
        with reading(self.engine) as session:
            for conversation in session.scalars(select(Conversation)):
                if not _waits(session, conversation):
                    continue
                row = owed(self.engine, conversation.id)
                assert row is not None or conversation.due_at is not None
                if row is not None:
                    assert row.owner_id is not None or row.rung
                    assert row.due_at >= row.since
                    assert row.next_at is not None

    def teardown(self) -> None:
        self.closing.close()

    def _has_just_been_picked_up(self) -> bool:
        with reading(self.engine) as session:
            rows = session.scalars(select(Escalation).where(Escalation.closed_at.is_(None)))
            return any(row.climb == 1 for row in rows)

    def _conversation(self) -> int | None:
        with reading(self.engine) as session:
            return session.scalars(select(Conversation.id)).one_or_none()

    def _holder(self) -> Any:
        with reading(self.engine) as session:
            number = session.scalars(select(Conversation.practitioner_id)).one_or_none()
        return next((one for one in self.staff if one.id == number), None)

    def _act(self, act: Callable[[Session, Conversation], Any]) -> None:
        with transaction(self.engine) as session:
            act(session, session.get_one(Conversation, self._conversation()))


def _waits(session: Session, conversation: Conversation) -> bool:
    """Tells, from what was said alone, whether the child waits for somebody."""
    call = session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.closed_at.is_(None))
    ).one_or_none()
    if call is not None and call.taken_at is None:
        return True
    newest = _newest(session, conversation)
    if newest is None or conversation.ended_at is not None:
        return False
    if conversation.holder is Holder.PRACTITIONER:
        return call is not None and not _is_answered(session, newest, call.taken_at)
    return newest.processed_at is None


def _is_left(session: Session, conversation: Conversation) -> bool:
    newest = _newest(session, conversation)
    if newest is None or conversation.urgency is Urgency.NO_CONCERN:
        return False
    call = calling.open_handover(session, conversation)
    if conversation.due_at is not None or call is None:
        return False
    if call.taken_at is not None and call.requested_at < call.taken_at:
        # Somebody was called for the child before: nobody but a person has answered that.
        return not _is_answered(session, newest, newest.created_at)
    return not _is_answered(session, newest, call.taken_at)


def _newest(session: Session, conversation: Conversation) -> Message | None:
    return session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()


def _is_answered(session: Session, message: Message, taken_at: dt.datetime | None) -> bool:
    """Tells whether a person has answered, or the bot had before a person came."""
    later = session.scalars(
        select(Message)
        .where(Message.conversation_id == message.conversation_id)
        .where(Message.id > message.id)
    ).all()
    by_person = any(one.practitioner_id is not None for one in later)
    was_the_bots = message.processed_at is not None and (
        taken_at is None or message.processed_at < taken_at
    )
    return by_person or was_the_bots


def test_no_child_is_ever_in_limbo(sqlite_template: Path) -> None:
    Nights.template = sqlite_template

    run_state_machine_as_test(
        Nights,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
