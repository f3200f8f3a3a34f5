"""No child in limbo: whatever happens, who waits has an owner, a deadline and a next step."""

import datetime as dt
import itertools
from collections.abc import Callable
from contextlib import ExitStack, suppress
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

from bot import claims, climbing, inbox
from bot.channels.base import IncomingMessage
from handover import calling, ladder, offers, service, transfers
from handover.service import AccessDeniedError
from handover.transfers import Taker
from models.base import clock_set_to
from models.channel import ChannelName, MessageKind
from models.conversation import Conversation, Holder
from models.db import open_engine, reading, transaction
from models.encryption import new_keyring
from models.escalation import Escalation
from models.practitioner import Practitioner, RoleName
from models.urgency import Urgency
from tests import databases
from tests.bot import limbo
from tests.door import Door, add_account, add_authority, add_practitioner
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
        both = (RoleName.PRACTITIONER, RoleName.SUPERVISOR)
        self.staff_ids = [
            add_practitioner(self.engine, authority, "Anna Okafor").id,
            add_practitioner(self.engine, authority, "Ben Hughes", *both).id,
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
        claims.claim_next(self.engine, worker="dead")

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

    @precondition(lambda self: self._holder() is not None)
    @rule(answer=st.sampled_from(["accept", "decline", "withdraw", "nothing"]))
    def offers_to_the_other(self, answer: str) -> None:
        def offer(session: Session, conversation: Conversation) -> None:
            me = self._holder()
            other = next(one for one in self.staff if one.id != me.id)
            if offers.pending(session, conversation) is not None:
                return
            taker = Taker(practitioner_id=other.id)
            made = transfers.offer(session, me, conversation.id, taker, reason="I must go").id
            match answer:
                case "accept":
                    transfers.accept(session, other, made)
                case "decline":
                    transfers.decline(session, other, made, "I am busy")
                case "withdraw":
                    transfers.withdraw(session, me, made)

        self._act(offer)

    @precondition(lambda self: self._conversation() is not None)
    @rule(who=WHO)
    def acknowledges(self, who: int) -> None:
        if self.staff[who].on_duty:
            self._act(lambda s, c: service.acknowledge(s, self.staff[who], c.id))

    @rule(who=WHO, is_closed=st.booleans())
    def goes(self, who: int, is_closed: bool) -> None:  # noqa: FBT001
        """Somebody goes off duty, or their account is closed; whoever stays is called."""
        with transaction(self.engine) as session:
            person = session.get_one(Practitioner, self.staff_ids[who])
            person.on_duty = False
            person.active = not is_closed
            ladder.leave(session, person)

    @rule(who=WHO)
    def comes(self, who: int) -> None:
        with transaction(self.engine) as session:
            person = session.get_one(Practitioner, self.staff_ids[who])
            person.on_duty = person.active = True

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
        with transaction(self.engine) as session:
            transfers.expire_due(session)
        climbing.climb_due(self.engine)
        climbing.pick_up(self.engine)
        assert climbing.climb_due(self.engine) == 0 or self._has_just_been_picked_up()

    @invariant()
    def nobody_is_in_limbo(self) -> None:
        with reading(self.engine) as session:
            assert limbo.faults(session, self.clock.now()) == []

    def teardown(self) -> None:
        self.closing.close()

    @property
    def staff(self) -> list[Practitioner]:
        """Gives both as they are now, as a request finds them."""
        with reading(self.engine) as session:
            found = [session.get_one(Practitioner, number) for number in self.staff_ids]
            session.expunge_all()
        return found

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
        # Somebody whose account was closed meanwhile is refused, as the console refuses them.
        with suppress(AccessDeniedError), transaction(self.engine) as session:
            act(session, session.get_one(Conversation, self._conversation()))


def _is_left(session: Session, conversation: Conversation) -> bool:
    newest = limbo.newest(session, conversation)
    if newest is None or conversation.urgency is Urgency.NO_CONCERN:
        return False
    call = calling.open_handover(session, conversation)
    if conversation.due_at is not None or call is None:
        return False
    if call.taken_at is not None and call.requested_at < call.taken_at:
        # Somebody was called for the child before: nobody but a person has answered that.
        return not limbo.is_answered(session, newest, newest.created_at)
    return not limbo.is_answered(session, newest, call.taken_at)


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


def _nobody_holds_it(session: Session, row: Escalation) -> None:
    conversation = row.conversation
    conversation.holder, conversation.practitioner_id = Holder.BOT, None
    call = limbo.open_call(session, conversation)
    assert call is not None
    call.taken_at = None
    row.closed_at = row.since


def _is_seen_by_nobody(_: Session, row: Escalation) -> None:
    row.acknowledged_at, row.owner_id = row.since, None


_PLANTED: dict[str, Callable[[Session, Escalation], Any]] = {
    "the row is dropped": lambda session, row: session.delete(row),
    "the row is closed too early": lambda _, row: setattr(row, "closed_at", row.since),
    "no deadline": lambda _, row: setattr(row, "due_at", row.since.replace(year=9999)),
    "a deadline that is no time": lambda _, row: setattr(row, "due_at", row.since),
    "no next step": lambda _, row: setattr(row, "next_at", row.since.replace(year=9999)),
    "seen without an owner": _is_seen_by_nobody,
    "the owner is off duty": lambda _, row: setattr(row.owner, "on_duty", False),
    "the owner's account is closed": lambda _, row: setattr(row.owner, "active", False),
    "a colleague refused and it is nobody's": _nobody_holds_it,
    "it is owed as less than it is": lambda _, row: setattr(row, "urgency", Urgency.NO_CONCERN),
}


def test_each_kind_of_limbo_would_be_seen(door: Door) -> None:
    anna = door.practitioner("Anna Okafor")
    door.child_says("my dad hits me every night")
    door.work()
    door.takes_over(anna)

    with transaction(door.engine) as session:
        unplanted = limbo.faults(session, door.clock.now())
        unseen = [name for name, plant in _PLANTED.items() if not _is_seen(session, plant, door)]

    assert unplanted == []
    assert unseen == []


def _is_seen(session: Session, plant: Callable[[Session, Escalation], Any], door: Door) -> bool:
    with session.begin_nested() as point:
        plant(session, session.scalars(select(Escalation)).one())
        session.flush()
        seen = limbo.faults(session, door.clock.now())
        point.rollback()
    session.expire_all()
    return bool(seen)
