"""The inbox: every message is a committed row before its provider hears of it, and is worked once.

`receive` stores. `drain` claims one conversation at a time, decides with no transaction open, and
carries everything out in one transaction that first checks the claim is still its own.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import structlog
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import (
    carrying_out,
    claims,
    episodes,
    judgements,
    pipeline,
    turns,
    unreachable,
    urgency,
    voice_notes,
)
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
from models.db import add_once, reading, transaction
from models.encryption import keyring_of
from models.urgency import Urgency, highest

log = structlog.get_logger()

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
    is_due: bool = False
    """Whether it is to be answered at once, with no wait for more."""


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
    heard = urgency.assess(incoming.text) if level.raises_alert else None
    account = _account(engine, account_id)
    # Before what the bot has to write: it is short, and somebody may be looking at the screen.
    with transaction(engine, goes_first=True) as session:
        conversation = _find_or_open(session, account, incoming)
        message = add_once(session, Message, _values(session, conversation, incoming))
        if message is None:
            first = _earlier(session, account, incoming)
            log.info("message_received_again", conversation_id=conversation.id, message_id=first)
            return Received(
                conversation_id=conversation.id, message_id=first, is_new=False, level=level
            )
        # Read before anything changes: what is written goes to the database in one go, at the end.
        first_waiting = _first_waiting(session, conversation)
        _note_arrival(session, conversation, incoming, level)
        _make_due(conversation, quiet, first_waiting)
        message.episode = conversation.episode
        voice_notes.expect(session, message, incoming)
        audit.announce(session, conversation, "message", message.id)
        if incoming.is_cut_off:
            unreachable.note_cut_off(session, conversation, message)
        if heard is not None:
            session.add(judgements.on_receipt(message, heard, level))
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
    is_due = conversation.due_at is not None and conversation.due_at <= utc_now()
    return Received(
        conversation_id=conversation.id,
        message_id=message.id,
        is_new=True,
        level=level,
        is_due=is_due,
    )


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
    claim = claims.claim_next(engine, worker=worker, urgent_only=urgent_only)
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
            claims.put_back(engine, claim)
    return True


def _work(engine: Engine, dialogue: Dialogue, claim: claims.Claim, typing: Typing | None) -> None:
    is_given_up = claim.failures >= _GIVE_UP_AFTER
    # What broke us may lie in anything that is read: then only the least is.
    load = turns.load_least if is_given_up else turns.load
    turn = load(engine, claim.conversation_id)
    if turn is None:
        claims.let_go(engine, claim)
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


@lru_cache(maxsize=64)
def _account(engine: Engine, account_id: int) -> ChannelAccount:
    """Gives an account of ours, of which what is asked here never changes."""
    with reading(engine) as session:
        account = session.get_one(ChannelAccount, account_id)
        session.expunge(account)
    return account


# Made once: this is asked for every message.
_SAME = (
    select(Conversation)
    .where(Conversation.account_id == bindparam("account"))
    .where(Conversation.address_digest == bindparam("digest"))
    .with_for_update()
)


def _find_or_open(
    session: Session, account: ChannelAccount, incoming: IncomingMessage
) -> Conversation:
    digest = keyring_of(session).digest("address", account.channel.value, incoming.address)
    same = {"account": account.id, "digest": digest}
    found = session.scalars(_SAME, same).one_or_none()
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
        return session.scalars(_SAME, same).one()
    return opened


def _values(
    session: Session, conversation: Conversation, incoming: IncomingMessage
) -> dict[str, object]:
    return {
        "authority_id": conversation.authority_id,
        "conversation_id": conversation.id,
        "account_id": conversation.account_id,
        "episode": conversation.episode,
        "author": Author.CHILD,
        "kind": incoming.kind,
        "text": incoming.text.replace("\x00", ""),
        "details": _details(incoming),
        "external_id": incoming.external_id,
        "reference": incoming.reference,
        "refers_to_id": _referred(session, conversation, incoming),
        "sent_at": incoming.sent_at,
        "created_at": utc_now(),
    }


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


def _first_waiting(session: Session, conversation: Conversation) -> dt.datetime | None:
    """Gives when the oldest message came that waits for its answer; None when none did before."""
    if conversation.due_at is None:
        return None
    return session.scalar(
        select(func.min(Message.created_at))
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .where(Message.processed_at.is_(None))
    )


def _make_due(
    conversation: Conversation, quiet: dt.timedelta, first_waiting: dt.datetime | None
) -> None:
    now = utc_now()
    if conversation.pending_urgency.raises_alert or not quiet:
        conversation.due_at = now
        return
    # Each message of a burst starts the quiet wait anew, but a child who writes on and on, or
    # who waits already because there are many, must not put off their own answer for ever.
    latest = (first_waiting or now) + quiet * _LONGEST_BURST
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


def pending(session: Session) -> Sequence[int]:
    """Gives the conversations that have unprocessed messages, whether due or not."""
    return session.scalars(select(Conversation.id).where(Conversation.due_at.is_not(None))).all()
