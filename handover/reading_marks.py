"""When a person last read what a child wrote, as the audit trail knows it."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ScalarSelect, Select, func, select

from models.audit import AuditEvent
from models.conversation import Author, Message

_LONDON = ZoneInfo("Europe/London")
# What somebody does only with the child's words before their eyes.
_READS = ("conversation_read", "held_by_practitioner", "contact_decided", "urgency_corrected")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """When a person last read, and whether the child has written since."""

    at: dt.datetime
    is_more_waiting: bool


def looked_at(conversation_id: BindParameter[Any]) -> ScalarSelect[Any]:
    """Gives the question when a person last did what nobody does without reading."""
    return (
        select(func.max(AuditEvent.at))
        .where(AuditEvent.conversation_id == conversation_id)
        .where(AuditEvent.practitioner_id.is_not(None))
        .where(AuditEvent.action.in_(_READS))
        .scalar_subquery()
    )


def written_at(conversation_id: BindParameter[Any]) -> ScalarSelect[Any]:
    """Gives the question when a person last wrote to the child."""
    return _last_of(Author.PRACTITIONER, conversation_id).scalar_subquery()


def said_at(conversation_id: BindParameter[Any], before: BindParameter[Any]) -> ScalarSelect[Any]:
    """Gives the question when the child last wrote before a message."""
    said = _last_of(Author.CHILD, conversation_id)
    return said.where(Message.id < before).scalar_subquery()


def last_read(moments: Iterable[dt.datetime | None], newest: dt.datetime | None) -> LastRead | None:
    """Gives when a person last read, of the moments at which one did; None when nobody has.

    `newest` is when the child last wrote before.
    """
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    at = max(known)
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


def _last_of(author: Author, conversation_id: BindParameter[Any]) -> Select[Any]:
    return (
        select(func.max(Message.created_at))
        .where(Message.conversation_id == conversation_id)
        .where(Message.author == author)
    )
