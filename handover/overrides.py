"""Overrides: in an emergency, two people decide that a message goes against the plan."""

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from handover import audit, service
from handover.delivery_words import TAKEN_BACK
from models.base import utc_now
from models.contact_plan import SendOverride
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner
from models.urgency import Urgency

# A second person who looks hours later looks at another moment than the first did.
_ASKED_FOR = dt.timedelta(minutes=30)
_HELD_BACK = {DeliveryStatus.HELD, DeliveryStatus.SEALED, DeliveryStatus.WITHHELD}


class OverrideRefusedError(Exception):
    """The message may not be sent against the plan; the text says why."""


def ask_override(
    session: Session, practitioner: Practitioner, message_id: int, *, reason: str
) -> SendOverride:
    """Gives the request that a second person must confirm before a message goes.

    Raises:
        AccessDeniedError: the conversation is not theirs to see.
        OverrideRefusedError: there is no emergency, or nothing is held back.
        ValueError: there is no reason.
    """
    if not reason.strip():
        raise ValueError("Say why this cannot wait.")
    message = session.get(Message, message_id)
    if message is None:
        raise service.AccessDeniedError
    conversation = service.access_conversation(
        session, practitioner, message.conversation_id, for_update=True
    )
    _check(conversation, message)
    asked = session.scalars(
        select(SendOverride).where(SendOverride.message_id == message.id)
    ).one_or_none()
    if asked is None:
        asked = SendOverride(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            message_id=message.id,
        )
        session.add(asked)
    elif asked.confirmed_at is not None:
        raise OverrideRefusedError("Two people have decided on this message already.")
    asked.reason = reason.strip()
    asked.asked_by_id = practitioner.id
    asked.asked_at = utc_now()
    session.flush()
    _note(session, "override_asked", conversation, practitioner, message)
    return asked


def confirm_override(
    session: Session, practitioner: Practitioner, override_id: int, *, with_line: bool = True
) -> None:
    """Sends the message, on a second person's word, after the line that says who writes it.

    Without that line the child reads words of nobody they know. Where the phone may be in another
    hand, it can say more than the message: so whoever confirms may leave it out.

    Raises:
        AccessDeniedError: the conversation is not theirs to see.
        OverrideRefusedError: they asked for it themselves, or it was asked too long ago.
    """
    asked = session.get(SendOverride, override_id, with_for_update=True)
    if asked is None:
        raise service.AccessDeniedError
    conversation = service.access_conversation(
        session, practitioner, asked.conversation_id, for_update=True
    )
    if asked.asked_by_id == practitioner.id:
        raise OverrideRefusedError("A second person must confirm this.")
    if asked.confirmed_at is not None:
        raise OverrideRefusedError("Two people have decided on this message already.")
    if utc_now() - asked.asked_at > _ASKED_FOR:
        raise OverrideRefusedError("This was asked more than half an hour ago. Ask again.")
    _check(conversation, asked.message)
    now = utc_now()
    asked.confirmed_by_id = practitioner.id
    asked.confirmed_at = now
    line = line_before(session, asked.message) if with_line else None
    for message in filter(None, (line, asked.message)):
        _let_go(message, now)
        _note(session, "override_confirmed", conversation, practitioner, message)


def line_before(session: Session, message: Message) -> Message | None:
    """Gives the line that says who writes a message, if it is kept back too; None otherwise."""
    said = session.scalars(
        select(Message)
        .where(Message.conversation_id == message.conversation_id)
        .where(Message.episode == message.episode)
        .where(Message.author == Author.BOT)
        .where(Message.id < message.id)
        .order_by(Message.id.desc())
        .limit(100)
    )
    newest = next((one for one in said if _introduces(one) is not None), None)
    if newest is None or _introduces(newest) != message.practitioner_id:
        return None
    return newest if any(part.status in _HELD_BACK for part in newest.deliveries) else None


def waiting(session: Session, conversation: Conversation) -> list[SendOverride]:
    """Gives the requests that still wait for a second person, oldest first."""
    asked = session.scalars(
        select(SendOverride)
        .where(SendOverride.conversation_id == conversation.id)
        .where(SendOverride.confirmed_at.is_(None))
        .where(SendOverride.asked_at > utc_now() - _ASKED_FOR)
        .order_by(SendOverride.id)
    )
    return list(asked)


def waiting_for(session: Session, practitioner: Practitioner) -> list[SendOverride]:
    """Gives the requests of colleagues that this practitioner could confirm, oldest first."""
    asked = session.scalars(
        select(SendOverride)
        .where(SendOverride.authority_id == practitioner.authority_id)
        .where(SendOverride.asked_by_id != practitioner.id)
        .where(SendOverride.confirmed_at.is_(None))
        .where(SendOverride.asked_at > utc_now() - _ASKED_FOR)
        .order_by(SendOverride.id)
    )
    return list(asked)


def held_back(session: Session, conversation: Conversation) -> list[Message]:
    """Gives what practitioners wrote that the plan keeps back, in an emergency; newest first."""
    if conversation.urgency is not Urgency.EMERGENCY:
        return []
    kept_back = Delivery.status.in_(_HELD_BACK) & or_(
        Delivery.error_code.is_(None), Delivery.error_code != TAKEN_BACK
    )
    found = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .where(Message.author == Author.PRACTITIONER)
        .where(Message.deliveries.any(kept_back))
        .order_by(Message.id.desc())
        .limit(5)
    )
    return list(found)


def _check(conversation: Conversation, message: Message) -> None:
    if conversation.urgency is not Urgency.EMERGENCY:
        raise OverrideRefusedError("Only in an emergency may a message go against the plan.")
    held = (part for part in message.deliveries if part.error_code != TAKEN_BACK)
    if not any(part.status in _HELD_BACK for part in held):
        raise OverrideRefusedError("Nothing of this message is held back.")


def _introduces(message: Message) -> int | None:
    number: int | None = (message.details or {}).get("introduces")
    return number


def _let_go(message: Message, now: dt.datetime) -> None:
    for part in message.deliveries:
        if part.status in _HELD_BACK:
            part.overridden_at = now
            part.status = DeliveryStatus.QUEUED
            part.not_before = now
            part.urgency = Urgency.EMERGENCY


def _note(
    session: Session,
    action: str,
    conversation: Conversation,
    practitioner: Practitioner,
    message: Message,
) -> None:
    audit.record(
        session,
        action,
        conversation=conversation,
        practitioner=practitioner,
        details={"message_id": message.id},
    )
    audit.announce(session, conversation, "delivery", message.id)
