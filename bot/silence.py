"""Silence after a risk: a child is written to again where that is safe, and a person decides.

`note` runs in the transaction that carries out a turn; `follow` is the clock's. Both work on rows,
so that a crash loses nothing and a second run does nothing twice. How long and how often stands in
`silence.yml`.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from ruamel.yaml import YAML
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.outcome import Change, Outcome
from handover import audit, calling, contact_plan, outgoing, silences, wording
from handover.contact_plan import Permission, is_phone_shared
from models.base import utc_now
from models.conversation import (
    Author,
    Conversation,
    HandoverReason,
    Holder,
    Message,
)
from models.db import reading, transaction
from models.silence import Silence, SilenceEnd
from models.urgency import Urgency

log = structlog.get_logger()

_DATA = Path(__file__).parent / "silence.yml"
_LONDON = ZoneInfo("Europe/London")
_LOOK_AGAIN_AFTER = dt.timedelta(minutes=15)
_DURATION = re.compile(r"^(\d+)([mh])$")


def note(session: Session, conversation: Conversation, outcome: Outcome) -> None:
    """Begins, renews or ends the watch on a child's silence after something they wrote."""
    now = utc_now()
    is_risk = outcome.urgency.raises_alert
    watch = silences.find_open(session, conversation)
    # A calm answer is no proof of safety, and no reason to ask the same again: should they fall
    # silent once more, it goes on with the next step, and after the last a person decides.
    behind = 0 if watch is None else (watch.step if watch.written else watch.first_step)
    is_watched = is_risk or (watch is not None and conversation.urgency.raises_alert)
    if watch is not None and (watch.written or not is_watched):
        silences.close(session, watch, SilenceEnd.ANSWERED)
        watch = None
    if is_watched:
        first_step = 0 if is_risk else behind
        _begin(session, conversation, watch, outcome, now, first_step=first_step)


def begin(session: Session, conversation: Conversation) -> None:
    """Begins the watch where words were found to be urgent only after their turn was over."""
    if silences.find_open(session, conversation) is None and conversation.ended_at is None:
        began = conversation.last_inbound_at or utc_now()
        _begin(session, conversation, None, Outcome(), began)


def follow(engine: Engine) -> int:
    """Does what is due about every silence; gives how often something was written."""
    with reading(engine) as session:
        due = session.execute(
            select(Silence.id, Silence.conversation_id)
            .where(Silence.closed_at.is_(None))
            .where(Silence.next_at <= utc_now())
            .order_by(Silence.next_at)
            .limit(200)
        ).all()
    return sum(_follow_one(engine, silence_id, number) for silence_id, number in due)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    after: dt.timedelta
    text: str
    is_by_day: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """What is done about one level of urgency."""

    steps: tuple[_Step, ...]
    apart: dt.timedelta
    ask_after: dt.timedelta
    decide_within: dt.timedelta


def _begin(
    session: Session,
    conversation: Conversation,
    watch: Silence | None,
    outcome: Outcome,
    began: dt.datetime,
    *,
    first_step: int = 0,
) -> None:
    level = conversation.urgency if conversation.urgency.raises_alert else Urgency.URGENT
    course = _course(level)
    is_leaving = "goodbye" in outcome.commands
    first_step = min(first_step, len(course.steps))
    step = max(first_step, len(course.steps) - 1) if is_leaving else first_step
    if watch is None:
        watch = Silence(authority_id=conversation.authority_id, conversation_id=conversation.id)
        session.add(watch)
    watch.episode = conversation.episode
    watch.urgency = level
    watch.began_at = began
    watch.is_quiet = "wrong_reader" in outcome.commands or Change.COVER in outcome.changes
    watch.first_step = first_step
    watch.step = step
    watch.written = 0
    watch.ask_at = began + course.ask_after
    # Even if nothing may be written, somebody looks at it when the first step would have come.
    watch.next_at = min(began + course.steps[0].after, watch.ask_at)
    if is_leaving or first_step:
        next_steps = [_moment(one, watch) for one in course.steps[step : step + 1]]
        watch.next_at = min([*next_steps, watch.ask_at])
    session.flush()


def _follow_one(engine: Engine, silence_id: int, conversation_id: int) -> bool:
    now = utc_now()
    with transaction(engine) as session:
        # The conversation first, as everywhere.
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        watch = session.get_one(Silence, silence_id, with_for_update=True)
        if watch.closed_at is not None or watch.next_at > now:
            return False
        if conversation.due_at is not None:
            # The child has written, and it is just being worked.
            watch.next_at = now + dt.timedelta(minutes=1)
            return False
        end = silences.end_of(session, conversation, watch)
        if end is not None:
            silences.close(session, watch, end)
            return False
        return _act(session, conversation, watch, now)


def _act(session: Session, conversation: Conversation, watch: Silence, now: dt.datetime) -> bool:
    course = _course(watch.urgency)
    wait = None
    is_written = False
    if conversation.holder is Holder.PRACTITIONER:
        # They are in a person's hands; should that person give them back, we go on.
        wait = now + _LOOK_AGAIN_AFTER
    elif _may_not_be_written_to(conversation, watch):
        # There is nothing that we may do, so that a person must: at once, and not at the end.
        watch.step = len(course.steps)
        watch.ask_at = min(watch.ask_at, now)
    elif watch.step < len(course.steps) and _is_due(course, watch, conversation, now):
        wait = _write(session, conversation, watch, course.steps[watch.step])
        is_written = wait is None and watch.written > 0
    if now >= watch.ask_at and (watch.decide_by is None or now >= watch.decide_by):
        _ask(session, conversation, watch, course)
    watch.next_at = _next(course, watch, now, wait)
    return is_written


def _may_not_be_written_to(conversation: Conversation, watch: Silence) -> bool:
    is_hidden = watch.is_quiet or conversation.covered_at is not None
    # On a phone that others look at, even a kind word unasked for may be what gives a child away.
    return is_hidden or conversation.stopped_at is not None or is_phone_shared(conversation)


def _is_due(course: _Course, watch: Silence, conversation: Conversation, now: dt.datetime) -> bool:
    said = conversation.last_outbound_at
    is_apart = said is None or now - said >= course.apart or watch.written == 0
    return (
        is_apart and now >= _moment(course.steps[watch.step], watch) and _fits(course, watch, now)
    )


def _fits(course: _Course, watch: Silence, now: dt.datetime) -> bool:
    """Tells whether a step that waits for the day may be done now, however late it is."""
    return not course.steps[watch.step].is_by_day or _next_day(now) == now


def _write(
    session: Session, conversation: Conversation, watch: Silence, step: _Step
) -> dt.datetime | None:
    """Writes where the plan allows it; gives when to try again where it only says later."""
    now = utc_now()
    later: list[dt.datetime] = []
    for one in (conversation, *_others(conversation)):
        verdict = contact_plan.check(one, _trial(one), now)
        if verdict.permission is Permission.HOLD:
            later.append(verdict.until or now + _LOOK_AGAIN_AFTER)
        elif verdict.permission is not Permission.WITHHOLD and one.blocked_at is None:
            _queue(session, one, watch, step)
            watch.step += 1
            watch.written += 1
            return None
    if later:
        return min(later)
    watch.step += 1
    return None


def _others(conversation: Conversation) -> Sequence[Conversation]:
    """Gives the child's other channels, the one they used last first."""
    others = [
        one
        for one in conversation.child.conversations
        if one.id != conversation.id
        and one.covered_at is None
        and one.stopped_at is None
        and one.last_inbound_at is not None
    ]
    return sorted(others, key=lambda one: one.last_inbound_at or one.created_at, reverse=True)


def _trial(conversation: Conversation) -> Message:
    """Gives a message that is in no row, to ask the plan about."""
    return Message(author=Author.BOT, conversation_id=conversation.id, created_at=utc_now())


def _queue(session: Session, conversation: Conversation, watch: Silence, step: _Step) -> None:
    for number, text in enumerate(wording.texts(step.text, conversation.language)):
        outgoing.queue_message(
            session,
            conversation,
            outgoing.Words(text=text, urgency=watch.urgency),
            # The database refuses the same step a second time.
            external_id=silences.reference(watch, watch.step, number),
        )
    audit.record(
        session,
        "silence_written_to",
        conversation=conversation,
        details={"silence": watch.id, "step": watch.step + 1},
    )
    log.info("silence_written_to", conversation_id=conversation.id, step=watch.step + 1)


def _ask(session: Session, conversation: Conversation, watch: Silence, course: _Course) -> None:
    now = utc_now()
    is_first = watch.asked_at is None
    watch.asked_at = watch.asked_at or now
    watch.decide_by = now + course.decide_within
    silences.ask(session, conversation, watch)
    if conversation.holder is not Holder.PRACTITIONER:
        calling.request(
            session,
            conversation,
            reason=HandoverReason.WELFARE_CHECK,
            urgency=watch.urgency,
            must_ring=True,
        )
    audit.record(
        session,
        "welfare_check_asked" if is_first else "welfare_check_overdue",
        conversation=conversation,
        details={"silence": watch.id},
    )
    log.warning("welfare_check_asked", conversation_id=conversation.id, is_first=is_first)


def _next(
    course: _Course, watch: Silence, now: dt.datetime, wait: dt.datetime | None
) -> dt.datetime:
    moments = [watch.decide_by or watch.ask_at]
    if watch.step < len(course.steps):
        moments.append(wait or _moment(course.steps[watch.step], watch))
    # What could not be done at its time is looked at again soon, and not in a circle.
    return max(min(moments), now + dt.timedelta(minutes=1))


def _moment(step: _Step, watch: Silence) -> dt.datetime:
    moment = watch.began_at + step.after
    return _next_day(moment) if step.is_by_day else moment


def _next_day(moment: dt.datetime) -> dt.datetime:
    """Gives the moment itself by day, else the beginning of the next day's hours."""
    local = moment.astimezone(_LONDON)
    begin, end = _day()
    if begin <= local.time() < end:
        return moment
    day = local.date() if local.time() < begin else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, begin, tzinfo=_LONDON).astimezone(dt.UTC)


def _course(level: Urgency) -> _Course:
    entry = _data()[level.value]
    return _Course(
        steps=tuple(
            _Step(
                after=_duration(step["after"]),
                text=step["text"],
                is_by_day=bool(step.get("by_day")),
            )
            for step in entry["steps"]
        ),
        apart=_duration(entry["apart"]),
        ask_after=_duration(entry["ask_after"]),
        decide_within=_duration(entry["decide_within"]),
    )


def _day() -> tuple[dt.time, dt.time]:
    begin, end = _data()["by_day"]
    return dt.time.fromisoformat(begin), dt.time.fromisoformat(end)


def _duration(text: str) -> dt.timedelta:
    found = _DURATION.match(text)
    if found is None:
        raise ValueError(f"{text} in silence.yml is no time such as 15m or 2h.")
    unit = {"m": "minutes", "h": "hours"}[found[2]]
    return dt.timedelta(**{unit: int(found[1])})


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(_DATA.read_text("utf-8"))
    return loaded
