"""Taking a message back in the few seconds before it goes."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from handover import audit, ladder, service
from handover.delivery_words import TAKEN_BACK
from models.authority import Authority
from models.base import utc_now
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner

USUAL_SECONDS = 5
MOST_SECONDS = 30


class TooLateError(Exception):
    """The message is on its way, or was taken back before."""


def allowed(authority: Authority) -> dt.timedelta:
    """Gives how long a message waits so that it can be taken back."""
    seconds = authority.undo_seconds
    return dt.timedelta(seconds=USUAL_SECONDS if seconds is None else seconds)


def waiting(
    session: Session, practitioner: Practitioner, conversation: Conversation
) -> Message | None:
    """Gives the practitioner's newest message if they can still take it back, or None."""
    newest = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.PRACTITIONER)
        .options(selectinload(Message.deliveries))
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    if newest is None or newest.practitioner_id != practitioner.id:
        return None
    return newest if seconds_left(newest) > 0 and _is_here(newest.deliveries) else None


def seconds_left(message: Message) -> float:
    """Gives the seconds for which a message can still be taken back."""
    first = min((part.not_before for part in message.deliveries), default=utc_now())
    return max(0.0, (first - utc_now()).total_seconds())


def take_back(
    session: Session, practitioner: Practitioner, conversation_id: int, message_id: int
) -> str:
    """Keeps a message from going, and gives its words, to be written anew.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold the conversation.
        TooLateError: it has gone, or is no message of theirs that waits.
    """
    # The sender locks the conversation before it begins, so it has begun or it never will.
    conversation = service.held_by(session, practitioner, conversation_id)
    message = session.get(Message, message_id)
    if message is None or message.conversation_id != conversation.id:
        raise TooLateError
    if message.practitioner_id != practitioner.id:
        raise TooLateError
    parts = session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not _is_here(parts):
        raise TooLateError
    for part in parts:
        part.status = DeliveryStatus.WITHHELD
        part.error_code = TAKEN_BACK
    if not _answered_otherwise(session, conversation, message):
        conversation.unanswered_since = conversation.last_inbound_at
        ladder.settle(session, conversation)
    audit.record(
        session,
        "message_taken_back",
        conversation=conversation,
        practitioner=practitioner,
        details={"message_id": message.id},
    )
    audit.announce(session, conversation, "delivery", message.id)
    return message.text


def _is_here(parts: Sequence[Delivery]) -> bool:
    """Tells whether no part of a message has begun to go."""
    return bool(parts) and all(
        part.status is DeliveryStatus.QUEUED and part.attempts == 0 for part in parts
    )


def _answered_otherwise(session: Session, conversation: Conversation, message: Message) -> bool:
    """Tells whether the child has another answer to what they wrote last."""
    last_words = (
        select(func.max(Message.id))
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .scalar_subquery()
    )
    other = (
        select(Message.id)
        .join(Message.deliveries)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.PRACTITIONER)
        .where(Message.id > last_words)
        .where(Message.id != message.id)
        .where(Delivery.status != DeliveryStatus.WITHHELD)
        .limit(1)
    )
    return session.scalars(other).first() is not None
