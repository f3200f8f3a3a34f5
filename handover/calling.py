"""Calls for a person: opened, rung again, closed; and who answers the child meanwhile."""

import datetime as dt

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from handover import audit, ladder
from models.base import utc_now
from models.conversation import Conversation, Handover, HandoverReason, Holder, Message
from models.practitioner import Practitioner
from models.teamwork import Transfer, TransferStatus
from models.urgency import Urgency, highest


def request(
    session: Session,
    conversation: Conversation,
    *,
    reason: HandoverReason,
    urgency: Urgency,
    message: Message | None = None,
    must_ring: bool = False,
) -> Handover:
    """Calls for a person, or rings the open call again when it has become more urgent.

    With `must_ring` it rings again however urgent it was, and says the new reason.
    """
    open_call = open_handover(session, conversation)
    if open_call is None:
        open_call = Handover(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            reason=reason,
            urgency=urgency,
            message_id=message.id if message else None,
        )
        session.add(open_call)
        session.flush()
        _ring(session, conversation, open_call)
    elif must_ring or urgency.rank > open_call.urgency.rank or _rings_again(open_call, urgency):
        open_call.urgency = highest(open_call.urgency, urgency)
        open_call.reason = reason
        open_call.rung_at = utc_now()
        open_call.acknowledged_at = None
        open_call.acknowledged_by_id = None
        open_call.message_id = message.id if message else open_call.message_id
        _ring(session, conversation, open_call)
    if conversation.holder is Holder.BOT and _waits_for_a_person(reason, urgency):
        hold(session, conversation, Holder.NOBODY, None)
    if conversation.holder is Holder.PRACTITIONER and reason is HandoverReason.UNDELIVERABLE:
        # What was said did not arrive, so the child is not answered.
        conversation.unanswered_since = conversation.unanswered_since or utc_now()
        ladder.settle(session, conversation)
    return open_call


def open_handover(session: Session, conversation: Conversation) -> Handover | None:
    """Gives the open call for a person, or None."""
    return session.scalars(_OPEN, {"conversation": conversation.id}).one_or_none()


# Made once: it is asked for every message that calls.
_OPEN = (
    select(Handover)
    .where(Handover.conversation_id == bindparam("conversation"))
    .where(Handover.closed_at.is_(None))
)


def hold(
    session: Session,
    conversation: Conversation,
    holder: Holder,
    practitioner: Practitioner | None,
) -> None:
    """Lets somebody else answer the child; an offer that is open comes to nothing."""
    _end_offer(session, conversation)
    conversation.holder = holder
    conversation.practitioner_id = practitioner.id if practitioner else None
    audit.record(
        session,
        f"held_by_{holder.value}",
        conversation=conversation,
        practitioner=practitioner,
    )
    ladder.settle(session, conversation, is_handed_on=True)
    audit.announce(session, conversation, "holder")


def close(session: Session, conversation: Conversation) -> None:
    """Closes the open call, if there is one: nobody is waited for any more."""
    call = open_handover(session, conversation)
    if call is not None:
        call.closed_at = utc_now()
        audit.announce(session, conversation, "alert", call.id)


def _waits_for_a_person(reason: HandoverReason, urgency: Urgency) -> bool:
    return urgency.raises_alert or reason is HandoverReason.CHILD_ASKED


# An emergency that goes on rings again once a minute until somebody has seen it.
_RING_AGAIN_AFTER = dt.timedelta(minutes=1)


def _rings_again(call: Handover, urgency: Urgency) -> bool:
    return urgency is Urgency.EMERGENCY and utc_now() - call.rung_at > _RING_AGAIN_AFTER


def _ring(session: Session, conversation: Conversation, call: Handover) -> None:
    audit.record(
        session,
        "handover_requested",
        conversation=conversation,
        details={"reason": call.reason.value, "urgency": call.urgency.value},
    )
    ladder.settle(session, conversation, rings=True)
    audit.announce(session, conversation, "alert", call.id)


def _end_offer(session: Session, conversation: Conversation) -> None:
    offer = session.scalars(
        select(Transfer)
        .where(Transfer.conversation_id == conversation.id)
        .where(Transfer.status == TransferStatus.PENDING)
    ).one_or_none()
    if offer is not None:
        offer.status = TransferStatus.WITHDRAWN
        offer.answered_at = utc_now()
        audit.notify(session, offer.to_authority_id or offer.authority_id)
