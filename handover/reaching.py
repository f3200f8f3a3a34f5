"""Other ways to reach a child whom a message did not reach, as far as the child named any."""

from sqlalchemy.orm import Session

from handover import contact_plan, records, words
from models.contact import AnswerStatus
from models.conversation import Conversation

_NAMED = {
    "trusted_adult": "An adult they trust: {}",
    "safe_contact_channel": "How they said they can be reached: {}",
    "school": "Their school: {}",
    "allocated_worker": "Their social worker: {}",
}


def other_ways(session: Session, conversation: Conversation) -> list[str]:
    """Gives lines for staff; the child's plan still says who must not know, and when to write."""
    lines = [
        f"{words.CHANNELS[other.channel]}: they wrote there last on"
        f" {words.local_time(other.last_inbound_at)}"
        for other in conversation.child.conversations
        if other.id != conversation.id
        and other.last_inbound_at is not None
        and other.blocked_at is None
        and other.stopped_at is None
        and _is_allowed(other)
    ]
    contact = records.find_contact(session, conversation)
    answers = records.current_answers(session, contact) if contact is not None else {}
    for field, line in _NAMED.items():
        answer = answers.get(field)
        if answer is not None and answer.status is AnswerStatus.VALUE:
            lines.append(line.format(answer.value))
    return lines or [
        "No other way is known. The child can text START, or write on another channel."
    ]


def _is_allowed(conversation: Conversation) -> bool:
    try:
        channels = contact_plan.read(conversation.child.contact_plan).channels
    except (ValueError, TypeError, KeyError):
        return False
    return channels is None or conversation.channel in channels
