"""The safe-contact plan, checked at the moment of sending by the one outbox there is.

The child decides where, when and whether we write. A reply while the child is writing to us is
always allowed, except that nothing but a cover text goes while someone is there.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from models.conversation import Author, Conversation, Message

_LONDON = ZoneInfo("Europe/London")

# While a child is writing, an answer is expected on the phone that is in their hand.
STILL_TALKING = dt.timedelta(minutes=15)


class Permission(StrEnum):
    """Whether a message may go now."""

    SEND = "send"
    HOLD = "hold"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a message may go now, and if not, why and until when."""

    permission: Permission
    reason: str = ""
    until: dt.datetime | None = None


_SEND = Verdict(permission=Permission.SEND)


def check(conversation: Conversation, message: Message, now: dt.datetime) -> Verdict:
    """Gives whether this message may go to this child now."""
    if conversation.covered_at is not None and not _is_cover(conversation, message):
        return Verdict(permission=Permission.HOLD, reason="someone_is_here")
    if conversation.stopped_at is not None and not _is_farewell(conversation, message):
        return Verdict(permission=Permission.WITHHOLD, reason="child_stopped")
    if conversation.window_ends_at is not None and now >= conversation.window_ends_at:
        return Verdict(permission=Permission.WITHHOLD, reason="window_closed")
    if _is_talking(conversation, now):
        return _SEND
    try:
        return _within_hours(conversation.child.contact_plan or {}, now)
    except (ValueError, TypeError):
        # A plan that nobody can read must not stand in the way of every other child's messages,
        # and is no leave to write either: a person is told.
        return Verdict(permission=Permission.WITHHOLD, reason="plan_unreadable")


def _is_cover(conversation: Conversation, message: Message) -> bool:
    return _is_reply_since(conversation.covered_at, message)


def _is_farewell(conversation: Conversation, message: Message) -> bool:
    return _is_reply_since(conversation.stopped_at, message)


def _is_reply_since(moment: dt.datetime | None, message: Message) -> bool:
    """Tells whether it is the bot's own answer to something the child wrote after the moment.

    News that the bot brings unasked, such as that a practitioner has joined, is not.
    """
    if message.author is not Author.BOT or message.answers_id is None:
        return False
    return moment is not None and message.created_at >= moment


def _is_talking(conversation: Conversation, now: dt.datetime) -> bool:
    last = conversation.last_inbound_at
    return last is not None and now - last <= STILL_TALKING


def _within_hours(plan: Mapping[str, Any], now: dt.datetime) -> Verdict:
    """Reads `days` (0 for Monday to 6) and `from`/`until` (local times) of the plan.

    A window whose end is not after its start reaches into the next morning.
    """
    start = dt.time.fromisoformat(plan["from"]) if plan.get("from") else dt.time.min
    end = dt.time.fromisoformat(plan["until"]) if plan.get("until") else None
    days = plan.get("days") or list(range(7))
    local = now.astimezone(_LONDON)
    if _is_inside(local, start, end, days):
        return _SEND
    for ahead in range(8):
        day = local.date() + dt.timedelta(days=ahead)
        opening = dt.datetime.combine(day, start, tzinfo=_LONDON)
        if day.weekday() in days and opening > local:
            return Verdict(permission=Permission.HOLD, reason="outside_safe_times", until=opening)
    return Verdict(permission=Permission.HOLD, reason="outside_safe_times")


def _is_inside(
    local: dt.datetime, start: dt.time, end: dt.time | None, days: Sequence[int]
) -> bool:
    time, today = local.time(), local.weekday() in days
    if end is None:
        return today and time >= start
    if start < end:
        return today and start <= time < end
    yesterday = (local.weekday() - 1) % 7 in days
    return (today and time >= start) or (yesterday and time < end)
