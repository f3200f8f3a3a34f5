"""Episodes: one conversation holds several, and what a child comes back with may be a new one."""

import datetime as dt

from sqlalchemy.orm import Session

from handover import records
from models.conversation import Conversation, Holder
from models.urgency import Urgency

# After so long, what a decided contact was about is taken to be over.
LONG_AWAY = dt.timedelta(days=14)


def is_over(session: Session, conversation: Conversation, now: dt.datetime) -> bool:
    """Tells whether what a child writes now begins something new.

    It does after an end, and after a long time when people have decided on what was said before.
    What nobody has decided on yet goes on, however long ago it was.
    """
    if conversation.ended_at is not None:
        return True
    last = conversation.last_inbound_at
    if last is None or now - last < LONG_AWAY:
        return False
    contact = records.find_contact(session, conversation)
    return contact is not None and contact.outcome is not None


def begin(conversation: Conversation) -> None:
    """Lets a child who comes back begin anew; all that was said stays on record."""
    conversation.ended_at = None
    conversation.episode += 1
    conversation.dialogue_state = None
    conversation.asked = None
    conversation.aside = None
    conversation.urgency = Urgency.NO_CONCERN
    conversation.emergency_answered_at = None
    conversation.holder = Holder.BOT
    conversation.practitioner_id = None
