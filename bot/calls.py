"""Calls: why a person is called for a message of some urgency."""

from bot.outcome import Turn
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency


def reason_for(turn: Turn, level: Urgency) -> HandoverReason | None:
    """Gives why a person is called for a message of this level, or None."""
    match level:
        case Urgency.EMERGENCY:
            return HandoverReason.EMERGENCY
        case Urgency.URGENT:
            return HandoverReason.URGENT
        case Urgency.CONCERN:
            return None if turn.holder is Holder.PRACTITIONER else HandoverReason.CONTACT_READY
        case Urgency.NO_CONCERN:
            return None
