"""Changes of a safe-contact plan: what was said, by whom and when, and what is in force by it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handover import audit, contact_plan, plan_times, plan_words
from handover.contact_plan import Plan
from handover.plan_reading import TimesReading
from handover.plan_times import ONLY_ANSWERS
from models.base import utc_now
from models.channel import ChannelName
from models.contact_plan import PlanChange
from models.conversation import Author, Child, Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner


class PlanPart(StrEnum):
    """A part of the plan."""

    TIMES = "times"
    TIMES_RIGHT = "times_right"
    """Whether the times that were understood are right."""
    CHANNELS = "channels"
    NAME = "name"
    SHARED_PHONE = "shared_phone"
    MUST_NOT_KNOW = "must_not_know"
    IF_SOMEONE_ELSE = "if_someone_else"
    NOTE_ONLY = "note_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One thing said of the plan, not yet kept."""

    part: PlanPart
    words: str
    """As it was said."""
    reading: Any
    """What it was taken to mean, as JSON."""


def times_step(words: str, said: TimesReading) -> PlanStep:
    """Gives the step by which times are said."""
    reading = {
        "times": plan_times.as_json(said.times),
        "is_doubtful": said.is_doubtful,
        "is_closing": said.is_closing,
    }
    return PlanStep(part=PlanPart.TIMES, words=words, reading=reading)


def after(plan: Plan, step: PlanStep) -> Plan:
    """Gives the plan after a step. Doubt never allows more than was allowed before."""
    match step.part:
        case PlanPart.TIMES:
            times = plan_times.from_json(step.reading["times"])
            if step.reading["is_closing"]:
                # "Not on Mondays" leaves what was said before as it is, and closes Mondays.
                times = replace(plan.times, closed=(*plan.times.closed, *times.closed))
            if step.reading["is_doubtful"]:
                # Until the child says that it is right, nothing is open at all.
                return replace(plan, pending=replace(times, is_unclear=True))
            return replace(plan, times=times, pending=None)
        case PlanPart.TIMES_RIGHT if plan.pending is not None and step.reading:
            return replace(plan, times=replace(plan.pending, is_unclear=False), pending=None)
        case PlanPart.TIMES_RIGHT:
            return replace(plan, pending=ONLY_ANSWERS)
        case PlanPart.CHANNELS:
            return replace(plan, channels=tuple(ChannelName(name) for name in step.reading))
        case part:
            name = _PLAIN_PARTS.get(part)
            return replace(plan, **{name: step.reading}) if name else plan


_PLAIN_PARTS = {
    PlanPart.SHARED_PHONE: "is_phone_shared",
    PlanPart.MUST_NOT_KNOW: "must_not_know",
    PlanPart.IF_SOMEONE_ELSE: "if_someone_else",
    PlanPart.NOTE_ONLY: "is_note_only",
}


def keep(
    session: Session,
    conversation: Conversation,
    steps: Sequence[PlanStep],
    *,
    message: Message | None = None,
) -> None:
    """Keeps what a child said of the plan, and lets it be in force at once."""
    for step in steps:
        _keep(session, conversation, step, message=message)


def amend(
    session: Session,
    practitioner: Practitioner,
    conversation: Conversation,
    step: PlanStep,
    *,
    reason: str,
) -> None:
    """Lets a member of staff change the plan, with a reason.

    The caller has let them in by `service.access_conversation`.

    Raises:
        ValueError: there is no reason.
    """
    if not reason.strip():
        raise ValueError("Say why the plan changes.")
    _keep(session, conversation, step, practitioner=practitioner, reason=reason.strip())


def history(session: Session, child: Child) -> list[PlanChange]:
    """Gives everything that was said of a child's plan, newest first."""
    changes = session.scalars(
        select(PlanChange).where(PlanChange.child_id == child.id).order_by(PlanChange.id.desc())
    )
    return list(changes)


def current_words(session: Session, child: Child) -> dict[PlanPart, str]:
    """Gives the words that the plan in force rests on, by part."""
    said = reversed(history(session, child))
    return {PlanPart(change.part): change.words for change in said if change.words}


def describe(session: Session, conversation: Conversation) -> list[str]:
    """Gives the plan in plain lines for staff, the child's own words beside what is in force."""
    child = conversation.child
    try:
        plan = contact_plan.read(child.contact_plan)
    except (ValueError, TypeError, KeyError):
        return ["The plan cannot be read. Nothing is sent unless the child has just written."]
    words = current_words(session, child)
    return [*_about_times(plan, words), *_about_people(plan, child, words)]


def _about_times(plan: Plan, words: Mapping[PlanPart, str]) -> Iterator[str]:
    yield f"When: {plan_words.times_in_words(plan.times)}{_quoted(words.get(PlanPart.TIMES))}"
    if plan.times.is_unclear:
        yield (
            "Their words name no times that the service can keep to. It only writes just after"
            " they do. Ask them for days and hours."
        )
    if plan.pending is not None:
        pending = plan_words.times_in_words(replace(plan.pending, is_unclear=False))
        yield f"Not yet confirmed by the child: {pending}. Until then nothing is sent first."
    if plan.channels is not None:
        where = ", ".join(name.value for name in plan.channels)
        yield f"Where: {where}{_quoted(words.get(PlanPart.CHANNELS))}"


def _about_people(plan: Plan, child: Child, words: Mapping[PlanPart, str]) -> Iterator[str]:
    if child.name_to_use:
        yield f"Name to use: {child.name_to_use}"
    if plan.is_phone_shared:
        yield f"Others see this phone{_quoted(words.get(PlanPart.SHARED_PHONE))}"
    if plan.must_not_know:
        yield f"Must not know: {plan.must_not_know}"
    if plan.if_someone_else:
        yield f"If someone else answers, say: {plan.if_someone_else}"
    if plan.is_note_only:
        yield "Texts (SMS) never say more than a neutral note, except in an emergency"
    yield "They have a safe word" if child.safe_word_digest else "They have no safe word"


def _keep(
    session: Session,
    conversation: Conversation,
    step: PlanStep,
    *,
    message: Message | None = None,
    practitioner: Practitioner | None = None,
    reason: str | None = None,
) -> None:
    child = conversation.child
    session.add(
        PlanChange(
            authority_id=conversation.authority_id,
            child_id=child.id,
            conversation_id=conversation.id,
            part=step.part.value,
            words=step.words,
            reading=step.reading,
            author=Author.PRACTITIONER if practitioner else Author.CHILD,
            practitioner_id=practitioner.id if practitioner else None,
            reason=reason,
            message_id=message.id if message else None,
        )
    )
    try:
        before = contact_plan.read(child.contact_plan)
    except (ValueError, TypeError, KeyError):
        # What nobody can read allowed nothing; what is said now stands on its own.
        before = Plan(times=ONLY_ANSWERS)
    child.contact_plan = contact_plan.as_json(after(before, step))
    if step.part is PlanPart.NAME:
        child.name_to_use = str(step.reading)
    _look_again(session, child)
    audit.record(
        session,
        "plan_amended" if practitioner else "child_said_plan",
        conversation=conversation,
        practitioner=practitioner,
        details={"part": step.part.value},
    )
    audit.announce(session, conversation, "contact")


def _look_again(session: Session, child: Child) -> None:
    """Lets the outbox look at once at what the plan before this held."""
    conversations = select(Conversation.id).where(Conversation.child_id == child.id)
    session.execute(
        update(Delivery)
        .where(Delivery.conversation_id.in_(conversations))
        .where(Delivery.status == DeliveryStatus.HELD)
        .values(not_before=utc_now())
    )


def _quoted(words: str | None) -> str:
    return f' ("{words}")' if words else ""
