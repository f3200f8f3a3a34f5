"""The inbox: every message is a committed row before its provider hears of it, and is worked once.

`receive` stores. `drain` claims one conversation at a time, decides with no transaction open, and
carries everything out in one transaction that first checks the claim is still its own.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Engine, Select, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import carrying_out, episodes, pipeline, turns, unreachable, urgency
from bot.channels.base import IncomingMessage
from bot.courtesy import Typing
from bot.dialogue import Dialogue
from handover import audit, calling, edition, feedback, ladder
from models.authority import ChannelAccount
from models.base import utc_now
from models.channel import CAPABILITIES, WORDLESS_KINDS, MessageKind
from models.conversation import (
    Author,
    Child,
    Conversation,
    HandoverReason,
    Holder,
    Message,
)
from models.db import reading, transaction
from models.encryption import keyring_of
from models.urgency import Urgency, highest

log = structlog.get_logger()

_LEASE = dt.timedelta(seconds=30)
_RETRY_AFTER = dt.timedelta(milliseconds=300)
_GIVE_UP_AFTER = 3
_LONGEST_BURST = 4  # quiet waits from the first message to the answer, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of an incoming message."""

    conversation_id: int
    message_id: int
    is_new: bool
    """False for a repeat, which changed nothing."""
    level: Urgency


def receive(
    engine: Engine,
    account_id: int,
    incoming: IncomingMessage,
    *,
    quiet: dt.timedelta = dt.timedelta(0),
) -> Received:
    """Stores a message for good and calls a person at once when its words are urgent.

    Args:
        engine: the database.
        account_id: the channel account it came to.
        incoming: the parsed message.
        quiet: how long to wait for more before answering; an urgent message never waits.
    """
    # The phrases are read before the transaction begins, so that no writer waits for them.
    level = urgency.phrase_level(incoming.text)
    with transaction(engine) as session:
        account = session.get_one(ChannelAccount, account_id)
        conversation = _find_or_open(session, account, incoming)
        message = _message(session, conversation, incoming)
        if not _add_once(session, message):
            first = _earlier(session, account, incoming)
            log.info("message_received_again", conversation_id=conversation.id, message_id=first)
            return Received(
                conversation_id=conversation.id, message_id=first, is_new=False, level=level
            )
        _note_arrival(session, conversation, incoming, level)
        _make_due(session, conversation, quiet)
        message.episode = conversation.episode
        audit.announce(session, conversation, "message", message.id)
        if incoming.is_cut_off:
            unreachable.note_cut_off(session, conversation, message)
        if level.raises_alert:
            _call_at_once(session, conversation, message, level)
        if conversation.holder is Holder.PRACTITIONER:
            ladder.settle(session, conversation)
    log.info(
        "message_received",
        conversation_id=conversation.id,
        message_id=message.id,
        kind=message.kind.value,
        urgency=level.value,
    )
    return Received(
        conversation_id=conversation.id, message_id=message.id, is_new=True, level=level
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One worker's hold on one conversation, until its lease runs out."""

    conversation_id: int
    token: str


def drain(
    engine: Engine,
    dialogue: Dialogue,
    *,
    worker: str,
    urgent_only: bool = False,
    typing: Typing | None = None,
) -> bool:
    """Works one conversation whose messages are due; False when there was none.

    Args:
        engine: the database.
        dialogue: what answers.
        worker: who works, for the claim.
        urgent_only: whether to leave everything else to others.
        typing: is told of a conversation that is being answered, and must return at once.
    """
    claim = claim_next(engine, worker=worker, urgent_only=urgent_only)
    if claim is None:
        return False
    is_done = False
    try:
        # Whatever is published meanwhile, what was begun with one version is ended with it.
        with edition.pinned():
            _work(engine, dialogue, claim, typing)
        is_done = True
    finally:
        if not is_done:
            _put_back(engine, claim)
    return True


def _work(engine: Engine, dialogue: Dialogue, claim: Claim, typing: Typing | None) -> None:
    is_given_up = _failures(engine, claim) >= _GIVE_UP_AFTER
    # What broke us may lie in anything that is read: then only the least is.
    load = turns.load_least if is_given_up else turns.load
    turn = load(engine, claim.conversation_id)
    if turn is None:
        _let_go(engine, claim)
        return
    if is_given_up:
        # A child must not wait for ever on a message that breaks us: say so, and call a person.
        log.error("conversation_given_up", conversation_id=claim.conversation_id)
        carrying_out.carry_out(engine, claim.token, turn, pipeline.give_up(turn))
        return
    if typing is not None and pipeline.is_answered(turn):
        typing(claim.conversation_id)
    at_once = pipeline.first_aid(turn)
    if at_once is not None:
        if not carrying_out.carry_out(engine, claim.token, turn, at_once, is_first_aid=True):
            return
        turn = replace(turn, emergency_answered_at=utc_now(), urgency=Urgency.EMERGENCY)
    outcome = pipeline.decide(turn, dialogue)
    carrying_out.carry_out(engine, claim.token, turn, outcome)


def claim_next(engine: Engine, *, worker: str, urgent_only: bool = False) -> Claim | None:
    """Gives a claim on the conversation that is most urgent, then longest due, or None."""
    now = utc_now()
    due = _due(now, urgent_only=urgent_only)
    with reading(engine) as session:
        # An idle worker must not take the write lock many times a second.
        if session.scalars(due.with_only_columns(Conversation.id)).first() is None:
            return None
    with transaction(engine) as session:
        conversation = session.scalars(due.with_for_update(skip_locked=True)).first()
        if conversation is None:
            return None
        token = f"{worker}:{secrets.token_hex(8)}"
        conversation.claimed_by = token
        conversation.claimed_until = now + _LEASE
        # Counted here and cleared when carried out, so that a crash counts too.
        conversation.failures += 1
        return Claim(conversation_id=conversation.id, token=token)


def _due(now: dt.datetime, *, urgent_only: bool) -> Select[Conversation]:
    rank = case({level.value: level.rank for level in Urgency}, value=Conversation.pending_urgency)
    due = (
        select(Conversation)
        .where(Conversation.due_at <= now)
        .where(or_(Conversation.claimed_until.is_(None), Conversation.claimed_until < now))
        .order_by(rank.desc(), Conversation.due_at)
        .limit(1)
    )
    if urgent_only:
        due = due.where(Conversation.pending_urgency.in_([Urgency.EMERGENCY, Urgency.URGENT]))
    return due


def _find_or_open(
    session: Session, account: ChannelAccount, incoming: IncomingMessage
) -> Conversation:
    digest = keyring_of(session).digest("address", account.channel.value, incoming.address)
    same = (
        select(Conversation)
        .where(Conversation.account_id == account.id)
        .where(Conversation.address_digest == digest)
        .with_for_update()
    )
    found = session.scalars(same).one_or_none()
    if found is not None:
        return found
    child = Child(authority_id=account.authority_id)
    opened = Conversation(
        authority_id=account.authority_id,
        account_id=account.id,
        child=child,
        address=incoming.address,
        address_digest=digest,
        channel=account.channel,
        language="en",
    )
    try:
        with session.begin_nested():
            session.add(opened)
    except IntegrityError:
        # Two first messages at once: the other one opened it.
        return session.scalars(same).one()
    return opened


def _message(session: Session, conversation: Conversation, incoming: IncomingMessage) -> Message:
    now = utc_now()
    return Message(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        author=Author.CHILD,
        kind=incoming.kind,
        text=incoming.text.replace("\x00", ""),
        details=_details(incoming),
        external_id=incoming.external_id,
        reference=incoming.reference,
        refers_to_id=_referred(session, conversation, incoming),
        sent_at=incoming.sent_at,
        created_at=now,
    )


def _details(incoming: IncomingMessage) -> dict[str, object] | None:
    details: dict[str, object] = {}
    if incoming.choice is not None:
        details["choice"] = incoming.choice
    if incoming.attachments:
        details["attachments"] = [
            {
                "kind": attachment.kind.value,
                "reference": attachment.reference,
                "media_type": attachment.media_type,
                "size": attachment.size,
                "seconds": attachment.seconds,
            }
            for attachment in incoming.attachments
        ]
    return details or None


def _referred(
    session: Session, conversation: Conversation, incoming: IncomingMessage
) -> int | None:
    if incoming.refers_to is None:
        return None
    return session.scalars(
        select(Message.id)
        .where(Message.conversation_id == conversation.id)
        .where(Message.reference == incoming.refers_to)
        .order_by(Message.id)
        .limit(1)
    ).first()


def _add_once(session: Session, message: Message) -> bool:
    try:
        with session.begin_nested():
            session.add(message)
    except IntegrityError:
        return False
    return True


def _earlier(session: Session, account: ChannelAccount, incoming: IncomingMessage) -> int:
    return session.scalars(
        select(Message.id)
        .where(Message.account_id == account.id)
        .where(Message.external_id == incoming.external_id)
    ).one()


def _note_arrival(
    session: Session, conversation: Conversation, incoming: IncomingMessage, level: Urgency
) -> None:
    now = utc_now()
    conversation.blocked_at = now if incoming.kind is MessageKind.BLOCKED else None
    conversation.pending_urgency = highest(conversation.pending_urgency, level)
    if incoming.kind in WORDLESS_KINDS:
        # The child did something with the app, and said nothing to us.
        return
    is_over = episodes.is_over(session, conversation, now)
    if is_over and not _answers_feedback(session, conversation, incoming, level):
        episodes.begin(conversation)
    window = CAPABILITIES[conversation.channel].free_window_hours
    if window is not None:
        conversation.window_ends_at = now + dt.timedelta(hours=window)
    conversation.last_inbound_at = now
    conversation.unanswered_since = conversation.unanswered_since or now


def _answers_feedback(
    session: Session, conversation: Conversation, incoming: IncomingMessage, level: Urgency
) -> bool:
    """Tells whether a message after the end may be no more than an answer on how it went."""
    if level is not Urgency.NO_CONCERN:
        return False
    item = feedback.open_item(session, conversation)
    return item is not None and feedback.read(item, incoming.text, incoming.choice) is not None


def _make_due(session: Session, conversation: Conversation, quiet: dt.timedelta) -> None:
    now = utc_now()
    if conversation.pending_urgency.raises_alert or not quiet:
        conversation.due_at = now
        return
    # Each message of a burst starts the quiet wait anew, but a child who writes on and on, or
    # who waits already because there are many, must not put off their own answer for ever.
    first = session.scalar(
        select(func.min(Message.created_at))
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .where(Message.processed_at.is_(None))
    )
    latest = (first or now) + quiet * _LONGEST_BURST
    conversation.due_at = min(now + quiet, latest)


def _call_at_once(
    session: Session, conversation: Conversation, message: Message, level: Urgency
) -> None:
    """Calls a person in the very transaction that stores the words, before any bot has worked."""
    if level.rank > conversation.urgency.rank:
        conversation.urgency = level
        audit.announce(session, conversation, "urgency", message.id)
    is_emergency = level is Urgency.EMERGENCY
    calling.request(
        session,
        conversation,
        reason=HandoverReason.EMERGENCY if is_emergency else HandoverReason.URGENT,
        urgency=level,
        message=message,
    )


def _failures(engine: Engine, claim: Claim) -> int:
    with reading(engine) as session:
        return session.get_one(Conversation, claim.conversation_id).failures - 1


def _put_back(engine: Engine, claim: Claim) -> None:
    """Frees a conversation whose work failed, so that it is tried again in a moment."""
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, claim.conversation_id, with_for_update=True)
        if conversation.claimed_by == claim.token:
            conversation.claimed_by = None
            conversation.claimed_until = utc_now() + _RETRY_AFTER


def _let_go(engine: Engine, claim: Claim) -> None:
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, claim.conversation_id, with_for_update=True)
        if conversation.claimed_by == claim.token:
            conversation.claimed_by = None
            conversation.claimed_until = None
            conversation.failures = 0
            if not carrying_out.has_waiting(session, conversation):
                carrying_out.rest(conversation)


def pending(session: Session) -> Sequence[int]:
    """Gives the conversations that have unprocessed messages, whether due or not."""
    return session.scalars(select(Conversation.id).where(Conversation.due_at.is_not(None))).all()
