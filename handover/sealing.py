"""Sealing: words that only a neutral note stands for, until the child's safe word is given."""

import datetime as dt
from typing import Any

from sqlalchemy import BindParameter, Exists, Select, select
from sqlalchemy.orm import Session

from handover import audit, contact_plan, outgoing, service, wording
from handover.outgoing import Words
from models.base import utc_now
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner

# After the safe word, news goes through this long; then it is sealed again.
UNSEALED_FOR = dt.timedelta(minutes=10)
_SEALED_DAYS = 7
_NOTE_AGAIN_AFTER = dt.timedelta(hours=20)


def seal(session: Session, delivery: Delivery, reason: str) -> None:
    """Keeps a part back, and queues the note that stands for it, unless one just went."""
    conversation = delivery.conversation
    days = conversation.authority.sealed_days or _SEALED_DAYS
    delivery.status = DeliveryStatus.SEALED
    delivery.error_code = reason
    delivery.expires_at = delivery.expires_at or utc_now() + dt.timedelta(days=days)
    audit.announce(session, conversation, "delivery", delivery.message_id)
    if not _was_told(session, delivery):
        _queue_note(session, delivery)


def note_text(conversation: Conversation) -> str:
    """Gives the neutral note of the conversation's authority, which says nothing of children."""
    chosen = conversation.authority.neutral_note
    has_word = conversation.child.safe_word_digest is not None
    key = "sealed_note" if has_word else "sealed_note_no_word"
    return chosen or wording.texts(key, wording.FALLBACK)[0]


def is_any_sealed(conversation_id: int | BindParameter[Any]) -> Exists:
    """Gives the question whether words wait for the safe word, to be asked with others."""
    return _sealed(conversation_id).exists()


def release(session: Session, conversation: Conversation) -> int:
    """Lets sealed words go, on the safe word, and for a while those that follow; gives how many."""
    now = utc_now()
    conversation.unsealed_until = now + UNSEALED_FOR
    waiting = session.scalars(_sealed(conversation.id).with_for_update()).all()
    for delivery in waiting:
        delivery.status = DeliveryStatus.QUEUED
        delivery.not_before = now
        audit.announce(session, conversation, "delivery", delivery.message_id)
    return len(waiting)


def unseal(
    session: Session, practitioner: Practitioner, conversation_id: int, *, reason: str
) -> int:
    """Lets a person give sealed words out, who has made sure that it is the child; gives how many.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: they did not say how they know.
    """
    if not reason.strip():
        raise ValueError("Say how you know that it is the child.")
    conversation = service.access_conversation(
        session, practitioner, conversation_id, for_update=True
    )
    released = release(session, conversation)
    audit.record(
        session,
        "unsealed_by_person",
        conversation=conversation,
        practitioner=practitioner,
        details={"parts": released},
    )
    return released


def expire(session: Session, *, limit: int = 200) -> list[Delivery]:
    """Gives the sealed parts whose time has run out; they are no longer given out."""
    expired = session.scalars(
        select(Delivery)
        .where(Delivery.status == DeliveryStatus.SEALED)
        .where(Delivery.expires_at <= utc_now())
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    for delivery in expired:
        delivery.status = DeliveryStatus.WITHHELD
        delivery.error_code = "sealed_expired"
        audit.announce(session, delivery.conversation, "delivery", delivery.message_id)
    return list(expired)


def _sealed(conversation_id: int | BindParameter[Any]) -> Select[Delivery]:
    return (
        select(Delivery)
        .where(Delivery.conversation_id == conversation_id)
        .where(Delivery.status == DeliveryStatus.SEALED)
        # What the child wants in no text at all is not given out by text on a word either.
        .where(Delivery.error_code != "note_only")
        .order_by(Delivery.id)
    )


def _was_told(session: Session, delivery: Delivery) -> bool:
    """Tells whether a note stands for this already.

    Where texts may never say more, each message of the child's is answered by a note. Of what we
    bring, one note is enough for a day, unless the child has seen what waited since.
    """
    conversation = delivery.conversation
    answers_id = delivery.message.answers_id
    notes = (
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.BOT)
    )
    if answers_id is not None:
        notes = notes.where(Message.answers_id == answers_id)
    else:
        since = utc_now() - _NOTE_AGAIN_AFTER
        if conversation.unsealed_until is not None:
            since = max(since, conversation.unsealed_until - UNSEALED_FOR)
        notes = notes.where(Message.answers_id.is_(None)).where(Message.created_at > since)
    return any(contact_plan.is_note(message) for message in session.scalars(notes))


def _queue_note(session: Session, delivery: Delivery) -> None:
    conversation = delivery.conversation
    answers_id = delivery.message.answers_id
    answered = session.get_one(Message, answers_id) if answers_id is not None else None
    text = wording.texts("note_answer", wording.FALLBACK)[0] if answered else None
    words = Words(text=text or note_text(conversation), urgency=conversation.urgency, is_note=True)
    outgoing.queue_message(session, conversation, words, answers=answered)
