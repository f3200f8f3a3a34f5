"""A child who cannot be reached: a person is told, and how urgent that is."""

import structlog
from sqlalchemy.orm import Session

from handover import calling
from models.base import utc_now
from models.conversation import Conversation, Delivery, HandoverReason, Message
from models.urgency import Urgency, highest

log = structlog.get_logger()

# The network's word that somebody texted STOP from this number, and that it now blocks us.
OPTED_OUT = "21610"


def note_cut_off(session: Session, conversation: Conversation, message: Message) -> None:
    """Calls a person at once when the network took a child's word for its own and cut us off."""
    # Nobody has turned the network's own handling off, which `frontdoor check` asks for.
    log.error("network_acted_on_stop_word", conversation_id=conversation.id)
    conversation.blocked_at = utc_now()
    calling.request(
        session,
        conversation,
        reason=HandoverReason.OPTED_OUT,
        urgency=highest(conversation.urgency, Urgency.URGENT),
        message=message,
    )


def tell_a_person(session: Session, delivery: Delivery) -> None:
    """Calls a person: a child must not be left for a machine to wonder about.

    A child may have texted "stop" about somebody who hurts them. The network then lets nothing of
    ours through, so that this calls at once, whatever was said before.
    """
    conversation = delivery.conversation
    is_opted_out = delivery.error_code == OPTED_OUT
    is_quiet = conversation.stopped_at is not None and conversation.urgency is Urgency.NO_CONCERN
    if is_quiet and not is_opted_out:
        return
    log.warning("child_unreachable", conversation_id=conversation.id, code=delivery.error_code)
    if is_opted_out:
        conversation.blocked_at = conversation.blocked_at or utc_now()
    calling.request(
        session,
        conversation,
        reason=HandoverReason.OPTED_OUT if is_opted_out else HandoverReason.UNDELIVERABLE,
        urgency=highest(conversation.urgency, Urgency.URGENT if is_opted_out else Urgency.CONCERN),
    )
