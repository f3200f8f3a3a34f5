"""The claim, as a state machine: receive, answer, crash, take over, send, in any order.

Whatever happens, every message is worked in order, none is lost, none is answered twice, and
nothing reaches the child twice or out of order.
"""

import datetime as dt
import itertools
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import replace
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

from bot import carrying_out, claims, inbox, outbox, pipeline, turns
from bot import clock as clocks
from bot import outcome as outcomes
from bot.channels.base import DeliveryFailedError, IncomingMessage
from handover import service
from handover.records import GatheredAnswer
from models.base import clock_set_to
from models.channel import ChannelName, MessageKind
from models.contact import AnswerStatus
from models.conversation import Author, Conversation, Holder, Message
from models.db import open_engine, transaction
from models.encryption import new_keyring
from tests import databases
from tests.door import add_account, add_authority, add_practitioner
from tests.fakes.channel import CrashError, FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

CHILDREN = st.sampled_from(["111", "222", "333"])
_UNKNOWN_FIELD = GatheredAnswer(field="nothing_of_ours", status=AnswerStatus.VALUE, value=1)


class Workers(RuleBasedStateMachine):
    """Several workers and senders over one database, any of which may die at any moment."""

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
        self.anna = add_practitioner(self.engine, authority, "Anna Okafor")
        self.channel = FakeChannel(ChannelName.TELEGRAM)
        self.dialogue = FakeDialogue()
        self.numbers = itertools.count(1)
        self.received: list[IncomingMessage] = []
        self.stale: list[tuple[str, outcomes.Turn, outcomes.Outcome]] = []
        self.was_held: set[int] = set()

    @rule(child=CHILDREN, quiet=st.sampled_from([0, 2]), is_urgent=st.booleans())
    def receive(self, child: str, quiet: int, is_urgent: bool) -> None:  # noqa: FBT001
        number = next(self.numbers)
        text = f"m{number} my dad hits me every night" if is_urgent else f"m{number}"
        message = IncomingMessage(
            external_id=f"in-{number}", address=child, kind=MessageKind.TEXT, text=text
        )
        self.received.append(message)
        assert self._receive(message, quiet).is_new

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def receive_again(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(self.received))
        assert not self._receive(message, 0).is_new

    def _receive(self, message: IncomingMessage, quiet: int) -> inbox.Received:
        return inbox.receive(
            self.engine, self.account_id, message, quiet=dt.timedelta(seconds=quiet)
        )

    @rule(urgent_only=st.booleans())
    def work(self, urgent_only: bool) -> None:  # noqa: FBT001
        inbox.drain(self.engine, self.dialogue, worker="one", urgent_only=urgent_only)

    @rule()
    def work_and_break_while_deciding(self) -> None:
        self.dialogue.error = CrashError()
        try:
            inbox.drain(self.engine, self.dialogue, worker="two")
        except CrashError:
            pass
        finally:
            self.dialogue.error = None

    @rule()
    def die_with_a_claim(self) -> None:
        claims.claim_next(self.engine, worker="three")

    @rule(is_written=st.booleans())
    def decide_and_die(self, is_written: bool) -> None:  # noqa: FBT001
        """Decides, and dies before, or in the middle of, writing it down; or is only late."""
        claim = claims.claim_next(self.engine, worker="four")
        turn = turns.load(self.engine, claim.conversation_id) if claim else None
        if claim is None or turn is None:
            return
        outcome = pipeline.decide(turn, self.dialogue)
        self.stale.append((claim.token, turn, outcome))
        if is_written:
            broken = replace(outcome, answers=(_UNKNOWN_FIELD,))
            if turn.holder is Holder.PRACTITIONER:
                return
            with pytest.raises(ValueError, match="nothing_of_ours"):
                carrying_out.carry_out(self.engine, claim.token, turn, broken)

    @precondition(lambda self: self.stale)
    @rule()
    def finish_late(self) -> None:
        carrying_out.carry_out(self.engine, *self.stale.pop(0))

    @rule(seconds=st.sampled_from([1, 3, 31, 90]))
    def wait(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)

    @rule(child=CHILDREN)
    def take_over(self, child: str) -> None:
        with transaction(self.engine) as session:
            found = _conversation(list(session.scalars(select(Conversation))), child)
            if found is not None:
                service.take_over(session, self.anna, found.id)
                self.was_held.add(found.id)

    @rule(child=CHILDREN)
    def release(self, child: str) -> None:
        with transaction(self.engine) as session:
            found = _conversation(list(session.scalars(select(Conversation))), child)
            if found is not None and found.holder is Holder.PRACTITIONER:
                service.say(session, self.anna, found.id, "Take care.")
                service.release(session, self.anna, found.id)

    @rule()
    def send(self) -> None:
        outbox.send_due(self.engine, {self.account_id: self.channel}, worker="five")

    @rule()
    def send_in_vain(self) -> None:
        self.channel.failures.append(DeliveryFailedError("30008"))
        self.send()
        self.channel.failures.clear()

    @rule()
    def send_without_hearing(self) -> None:
        self.channel.answers_to_lose = 1
        self.send()
        self.channel.answers_to_lose = 0

    @rule()
    def send_and_die(self) -> None:
        self.channel.crashes_to_come = 1
        try:
            self.send()
        except CrashError:
            pass
        finally:
            self.channel.crashes_to_come = 0

    @rule()
    def sweep(self) -> None:
        for name in ("one", "two"):
            clocks.hold_lease(self.engine, "clock", name)
        outbox.release_held(self.engine)

    @invariant()
    def nothing_is_worked_before_what_came_earlier(self) -> None:
        for messages in self._by_child().values():
            done = [message.processed_at is not None for message in messages]
            assert done == sorted(done, reverse=True)

    @invariant()
    def nothing_is_said_twice_or_out_of_order(self) -> None:
        sent: dict[str, list[int]] = defaultdict(list)
        for one in self.channel.sent:
            sent[one.address].append(one.delivery_id)
        for ids in sent.values():
            assert ids == sorted(set(ids))

    @override
    def teardown(self) -> None:
        try:
            if self.received:
                self._finish()
        finally:
            self.closing.close()

    def _finish(self) -> None:
        for _ in range(6):
            self.clock.forward(seconds=700)
            while inbox.drain(self.engine, self.dialogue, worker="last"):
                pass
            while outbox.send_due(self.engine, {self.account_id: self.channel}, worker="last"):
                pass
        self.nothing_is_said_twice_or_out_of_order()
        with transaction(self.engine) as session:
            replies = list(session.scalars(select(Message).where(Message.author == Author.BOT)))
        self._check_none_lost(replies)
        self._check_none_twice(replies)

    def _check_none_lost(self, replies: list[Message]) -> None:
        by_child = self._by_child()
        stored = [message.external_id for messages in by_child.values() for message in messages]
        assert sorted(stored, key=str) == sorted((m.external_id for m in self.received), key=str)
        answered = {reply.answers_id for reply in replies}
        for conversation_id, messages in by_child.items():
            batches = itertools.groupby(messages, key=lambda message: message.processed_at)
            for processed_at, batch in batches:
                last = list(batch)[-1].id
                assert processed_at is not None
                assert last in answered or conversation_id in self.was_held
        shown = {one.delivery_id for one in self.channel.sent}
        assert len(shown) == len(self.channel.sent)

    def _check_none_twice(self, replies: list[Message]) -> None:
        echoed = [
            line.removeprefix("I heard: ").split()[0]
            for reply in replies
            if reply.text.startswith("I heard: ")
            for line in reply.text.splitlines()
        ]
        assert not [word for word, count in Counter(echoed).items() if count > 1]

    def _by_child(self) -> dict[int, list[Message]]:
        with transaction(self.engine) as session:
            rows = session.scalars(
                select(Message).where(Message.author == Author.CHILD).order_by(Message.id)
            ).all()
        found: dict[int, list[Message]] = defaultdict(list)
        for row in rows:
            found[row.conversation_id].append(row)
        return found


def _conversation(rows: list[Conversation], child: str) -> Conversation | None:
    return next((row for row in rows if row.address == child), None)


def test_every_message_is_worked_in_order_once_whatever_dies(sqlite_template: Path):
    Workers.template = sqlite_template
    machine = settings(
        max_examples=30,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Workers, settings=machine)
