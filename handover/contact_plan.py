"""The safe-contact plan, checked at the moment of sending by the one outbox there is.

The child decides where, when and whether we write, and who may see it. A reply while the child is
writing to us is always allowed, except that nothing but a cover text goes while someone is there.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from handover import plan_times
from handover.plan_times import ANY_TIME, Times, Window
from models.channel import ChannelName
from models.conversation import Author, Conversation, Message

# While a child is writing, an answer is expected on the phone that is in their hand. A phone that
# others use too is sooner in another hand.
STILL_TALKING = dt.timedelta(minutes=15)
_STILL_TALKING_ON_SHARED = dt.timedelta(minutes=5)
# After this long without a word, the phone may be in anybody's hand.
_LONG_QUIET = dt.timedelta(hours=24)


class Permission(StrEnum):
    """Whether a message may go now."""

    SEND = "send"
    HOLD = "hold"
    SEAL = "seal"
    """Only a neutral note may go; the words wait for the child's safe word."""
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a message may go now, and if not, why and until when."""

    permission: Permission
    reason: str = ""
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a child said of being written to, as it is in force."""

    times: Times = ANY_TIME
    pending: Times | None = None
    """Times that were understood and not yet said to be right: until then both must allow."""
    channels: tuple[ChannelName, ...] | None = None
    """Where we may write first; None for every channel they use."""
    is_phone_shared: bool = False
    is_note_only: bool = False
    """Whether a text message never carries more than the neutral note."""
    must_not_know: str | None = None
    if_someone_else: str | None = None
    """What to say when somebody else answers."""

    def allows(self, now: dt.datetime) -> bool:
        """Tells whether we may write first now."""
        return self.times.allows(now) and (self.pending is None or self.pending.allows(now))

    def next_opening(self, now: dt.datetime) -> dt.datetime | None:
        """Gives when we may write first again, or None when that is not in sight."""
        opening = self.times.next_opening(now)
        if self.pending is None:
            return opening
        later = [one for one in (opening, self.pending.next_opening(now)) if one is not None]
        return next((one for one in sorted(later) if self.allows(one)), None)


def read(kept: Mapping[str, Any] | None) -> Plan:
    """Gives the plan that a child's row holds.

    Raises:
        ValueError: nobody can read it.
        TypeError: nobody can read it.
        KeyError: nobody can read it.
    """
    if not kept:
        return Plan()
    channels = kept.get("channels")
    return Plan(
        times=_times(kept),
        pending=plan_times.from_json(kept["pending"]) if kept.get("pending") else None,
        channels=None if channels is None else tuple(ChannelName(name) for name in channels),
        is_phone_shared=bool(kept.get("is_phone_shared")),
        is_note_only=bool(kept.get("is_note_only")),
        must_not_know=kept.get("must_not_know"),
        if_someone_else=kept.get("if_someone_else"),
    )


def as_json(plan: Plan) -> dict[str, Any]:
    """Gives the plan as a child's row holds it."""
    return {
        "times": plan_times.as_json(plan.times),
        "pending": plan_times.as_json(plan.pending) if plan.pending else None,
        "channels": None if plan.channels is None else [name.value for name in plan.channels],
        "is_phone_shared": plan.is_phone_shared,
        "is_note_only": plan.is_note_only,
        "must_not_know": plan.must_not_know,
        "if_someone_else": plan.if_someone_else,
    }


def check(conversation: Conversation, message: Message, now: dt.datetime) -> Verdict:
    """Gives whether this message may go to this child now."""
    if any(part.overridden_at is not None for part in message.deliveries):
        # Two people decided, with a reason; only the provider can still say no.
        return _if_window_open(conversation, message, now) or _SEND
    if _is_covered(conversation) and not _is_reply_since(conversation.covered_at, message):
        return Verdict(permission=Permission.HOLD, reason="someone_is_here")
    is_stopped = conversation.stopped_at is not None
    if is_stopped and not _is_reply_since(conversation.stopped_at, message):
        return Verdict(permission=Permission.WITHHOLD, reason="child_stopped")
    try:
        plan = read(conversation.child.contact_plan)
        return _by_plan(plan, conversation, message, now)
    except (ValueError, TypeError, KeyError):
        # A plan that nobody can read must not stand in the way of every other child's messages,
        # and is no leave to write either: a person is told.
        return Verdict(permission=Permission.WITHHOLD, reason="plan_unreadable")


def is_note(message: Message) -> bool:
    """Tells whether a message is the neutral note that stands for sealed words."""
    return bool((message.details or {}).get("is_note"))


def is_phone_shared(conversation: Conversation) -> bool:
    """Tells whether others use the child's phone; a plan that nobody can read says so too."""
    try:
        return read(conversation.child.contact_plan).is_phone_shared
    except (ValueError, TypeError, KeyError):
        return True


def has_limits(conversation: Conversation) -> bool:
    """Tells whether a plan limits how we write; that somebody gave their name limits nothing."""
    try:
        return read(conversation.child.contact_plan) != Plan()
    except (ValueError, TypeError, KeyError):
        return True


def is_outside_times(conversation: Conversation, now: dt.datetime) -> bool:
    """Tells whether the plan lets nothing through now; one that nobody can read lets nothing."""
    try:
        plan = read(conversation.child.contact_plan)
        return not _is_talking(plan, conversation, now) and not plan.allows(now)
    except (ValueError, TypeError, KeyError):
        return True


_SEND = Verdict(permission=Permission.SEND)


def _is_covered(conversation: Conversation) -> bool:
    """Tells whether somebody is with the child, on whichever channel they said so."""
    return any(one.covered_at is not None for one in conversation.child.conversations)


def _is_reply_since(moment: dt.datetime | None, message: Message) -> bool:
    """Tells whether it is the bot's own answer to something the child wrote after the moment.

    News that the bot brings unasked, such as that a practitioner has joined, is not.
    """
    if not _is_answer(message):
        return False
    return moment is not None and message.created_at >= moment


def _is_answer(message: Message) -> bool:
    return message.author is Author.BOT and message.answers_id is not None


def _by_plan(plan: Plan, conversation: Conversation, message: Message, now: dt.datetime) -> Verdict:
    closed = _if_window_open(conversation, message, now)
    if closed is not None and closed.permission is Permission.WITHHOLD:
        return closed
    is_talking = _is_talking(plan, conversation, now)
    if not is_talking:
        if plan.channels is not None and conversation.channel not in plan.channels:
            return Verdict(permission=Permission.WITHHOLD, reason="channel_not_allowed")
        if not plan.allows(now):
            return Verdict(
                permission=Permission.HOLD,
                reason="outside_safe_times",
                until=plan.next_opening(now),
            )
    if is_note(message):
        return _SEND
    return closed or _seal(plan, conversation, now, is_talking=is_talking) or _SEND


def _if_window_open(
    conversation: Conversation, message: Message, now: dt.datetime
) -> Verdict | None:
    """Gives what is to be done outside the time in which the channel takes free text."""
    if conversation.window_ends_at is None or now < conversation.window_ends_at:
        return None
    if conversation.account.note_template is None:
        return Verdict(permission=Permission.WITHHOLD, reason="window_closed")
    return None if is_note(message) else Verdict(permission=Permission.SEAL, reason="window_note")


def _is_talking(plan: Plan, conversation: Conversation, now: dt.datetime) -> bool:
    last = conversation.last_inbound_at
    limit = _STILL_TALKING_ON_SHARED if plan.is_phone_shared else STILL_TALKING
    return last is not None and now - last <= limit


def _seal(
    plan: Plan, conversation: Conversation, now: dt.datetime, *, is_talking: bool
) -> Verdict | None:
    """Gives why words must wait for the safe word, or None when they need not."""
    if plan.is_note_only and conversation.channel is ChannelName.SMS:
        # A child in danger who wrote a moment ago is not left with a note alone.
        is_emergency = conversation.emergency_answered_at is not None
        if not (is_talking and is_emergency):
            return Verdict(permission=Permission.SEAL, reason="note_only")
        return None
    until = conversation.unsealed_until
    if is_talking or (until is not None and now < until):
        return None
    if plan.is_phone_shared:
        return Verdict(permission=Permission.SEAL, reason="shared_phone")
    last = conversation.last_inbound_at
    is_quiet = last is not None and now - last > _LONG_QUIET
    if is_quiet and conversation.child.safe_word_digest is not None:
        return Verdict(permission=Permission.SEAL, reason="long_quiet")
    return None


def _times(kept: Mapping[str, Any]) -> Times:
    if "times" in kept:
        return plan_times.from_json(kept["times"])
    if not {"from", "until", "days"} & kept.keys():
        return ANY_TIME
    # As plans were kept at first: one window, whose end may be left out.
    return Times(
        windows=(
            Window(
                days=tuple(kept.get("days") or plan_times.EVERY_DAY),
                start=dt.time.fromisoformat(kept.get("from") or "00:00"),
                end=dt.time.fromisoformat(kept.get("until") or "00:00"),
            ),
        )
    )
