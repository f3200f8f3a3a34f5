"""Tidying up: what a child wants off their phone, as rows that the outbox's loop works."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from models.base import utc_now
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, Message
from models.delivery import Deletion

_ON_THE_PHONE = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)


def ask(session: Session, conversation: Conversation, request: Message) -> int:
    """Gives how many messages are to be taken back, by what the child asked in a message.

    Our record keeps every one of them. A channel that can take nothing back gives 0.
    """
    hours = conversation.capability.deletes_within_hours
    if hours is None:
        return 0
    now = utc_now()
    known = set(
        session.scalars(
            select(Deletion.external_id).where(Deletion.conversation_id == conversation.id)
        )
    )
    since = now - dt.timedelta(hours=hours)
    count = 0
    for message_id, external_id in _young(session, conversation, since):
        if external_id in known:
            continue
        known.add(external_id)
        session.add(
            Deletion(
                conversation_id=conversation.id,
                account_id=conversation.account_id,
                message_id=message_id,
                external_id=external_id,
                request_id=request.id,
                not_before=now,
            )
        )
        count += 1
    audit.record(session, "tidy_asked", conversation=conversation, details={"messages": count})
    return count


def _young(
    session: Session, conversation: Conversation, since: dt.datetime
) -> Iterator[tuple[int, str]]:
    """Gives each message on the phone that the channel can still take back."""
    theirs = session.execute(
        select(Message.id, Message.reference)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .where(Message.reference.is_not(None))
        .where(Message.created_at > since)
        .order_by(Message.id)
    )
    ours = session.execute(
        select(Delivery.message_id, Delivery.external_id)
        .where(Delivery.conversation_id == conversation.id)
        .where(Delivery.status.in_(_ON_THE_PHONE))
        .where(Delivery.external_id.is_not(None))
        .where(Delivery.sent_at > since)
        .order_by(Delivery.id)
    )
    for message_id, external_id in [*theirs, *ours]:
        if external_id:
            yield message_id, external_id
