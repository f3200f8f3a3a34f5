"""When a person last read what a child wrote, as the audit trail knows it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.audit import AuditEvent
from models.conversation import Author, Conversation, Message

_LONDON = ZoneInfo("Europe/London")
# What somebody does only with the child's words before their eyes.
_READS = ("conversation_read", "held_by_practitioner", "contact_decided", "urgency_corrected")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """When a person last read, and whether the child has written since."""

    at: dt.datetime
    is_more_waiting: bool


def last_read(session: Session, conversation: Conversation, *, before: int) -> LastRead | None:
    """Gives when a person last read what was said before a message; None when nobody has."""
    looked = session.scalar(
        select(func.max(AuditEvent.at))
        .where(AuditEvent.conversation_id == conversation.id)
        .where(AuditEvent.practitioner_id.is_not(None))
        .where(AuditEvent.action.in_(_READS))
    )
    written = session.scalar(
        select(func.max(Message.created_at))
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.PRACTITIONER)
    )
    moments = [moment for moment in (looked, written) if moment is not None]
    newest = session.scalar(
        select(func.max(Message.created_at))
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .where(Message.id < before)
    )
    if not moments:
        return None
    at = max(moments)
    return LastRead(at=at, is_more_waiting=newest is not None and newest > at)


def tokens(read: LastRead | None, now: dt.datetime) -> Mapping[str, str]:
    """Gives what `wording.fill` needs for `[[last_read]]` in any language."""
    if read is None:
        return {"last_read": "[[read_never]]"}
    local = read.at.astimezone(_LONDON)
    days = (now.astimezone(_LONDON).date() - local.date()).days
    when = {0: "[[read_today]]", 1: "[[read_yesterday]]"}.get(days, "[[read_days_ago]]")
    line = "[[read_before]]" if read.is_more_waiting else "[[read_all]]"
    return {
        "last_read": line,
        "read_when": when,
        "read_time": f"{local:%H:%M}",
        "read_days": str(days),
    }
