"""Silence after a risk, as people deal with it: who is to decide by when, and what they decided."""

import datetime as dt
import enum
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from handover import audit, service, tasks
from models.base import utc_now
from models.casework import Task, TaskKind
from models.conversation import Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner
from models.silence import Silence, SilenceEnd

_LONDON = ZoneInfo("Europe/London")


class WelfareDecision(enum.StrEnum):
    """What a person decided about a child who went quiet."""

    POLICE_WELFARE_CHECK = "police_welfare_check"
    VISIT = "visit"
    ANOTHER_ADULT = "another_adult"
    """Ask somebody who sees the child and is safe to ask, such as the school."""
    KEEP_TRYING = "keep_trying"
    LEAVE_IN_PEACE = "leave_in_peace"


DECISIONS = {
    WelfareDecision.POLICE_WELFARE_CHECK: "Ask the police for a welfare check now",
    WelfareDecision.VISIT: "Visit them, or ask a colleague to",
    WelfareDecision.ANOTHER_ADULT: "Ask another adult who sees them and is safe to ask",
    WelfareDecision.KEEP_TRYING: "I go on trying to reach them myself",
    WelfareDecision.LEAVE_IN_PEACE: "Leave them in peace: there is no danger now",
}


def find_open(session: Session, conversation: Conversation) -> Silence | None:
    """Gives the watch that is open on a conversation, or None."""
    return session.scalars(_OPEN, {"conversation": conversation.id}).one_or_none()


# Made once: it is asked for every turn.
_OPEN = (
    select(Silence)
    .where(Silence.conversation_id == bindparam("conversation"))
    .where(Silence.closed_at.is_(None))
    # What begins or ends a watch is written at once, so that nothing else need be before.
    .execution_options(autoflush=False)
)


def undecided(session: Session, practitioner: Practitioner) -> list[Silence]:
    """Gives the silences on which a person of this authority is to decide, the soonest first."""
    return list(
        session.scalars(
            select(Silence)
            .where(Silence.authority_id == practitioner.authority_id)
            .where(Silence.closed_at.is_(None))
            .where(Silence.asked_at.is_not(None))
            .order_by(Silence.decide_by, Silence.id)
            .limit(200)
        )
    )


def decide(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    *,
    decision: WelfareDecision,
    reason: str,
) -> Silence:
    """Keeps what a person decided about a child's silence, which ends the watch.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: no reason was given, or there is nothing to decide.
    """
    if not reason.strip():
        raise ValueError("Say why you decided so.")
    conversation = service.access_conversation(
        session, practitioner, conversation_id, for_update=True
    )
    watch = find_open(session, conversation)
    if watch is None or watch.asked_at is None:
        raise ValueError("Nobody has to decide this any more.")
    watch.decision = decision.value
    watch.reason = reason.strip()
    watch.closed_by_id = practitioner.id
    task = _task(session, watch)
    if task is not None and task.done_at is None:
        tasks.complete(session, practitioner, task.id, result=reason)
    close(session, watch, SilenceEnd.DECIDED)
    audit.record(
        session,
        "welfare_check_decided",
        conversation=conversation,
        practitioner=practitioner,
        details={"silence": watch.id, "decision": decision.value},
    )
    return watch


def ask(session: Session, conversation: Conversation, watch: Silence) -> None:
    """Puts the decision among the tasks, with its time; once for each silence."""
    tasks.create(
        session,
        conversation,
        kind=TaskKind.WELFARE_CHECK,
        due=watch.decide_by or utc_now(),
        what=_what(watch),
        once=_once(watch),
    )


def end_of(session: Session, conversation: Conversation, watch: Silence) -> SilenceEnd | None:
    """Gives how the watch has ended meanwhile, or None while the child is still silent."""
    if conversation.ended_at is not None:
        return SilenceEnd.ENDED
    written = [one.last_inbound_at for one in conversation.child.conversations]
    has_written = any(last is not None and last > watch.began_at for last in written)
    if has_written or conversation.episode != watch.episode:
        # On whichever channel: a child who writes is not silent.
        return SilenceEnd.ANSWERED
    if not conversation.urgency.raises_alert:
        return SilenceEnd.LOWERED
    task = _task(session, watch)
    if task is not None and task.done_at is not None:
        watch.closed_by_id = task.done_by_id
        return SilenceEnd.DECIDED
    return None


def close(session: Session, watch: Silence, end: SilenceEnd) -> None:
    """Ends a watch; what it has not sent yet is not sent any more."""
    watch.closed_at = utc_now()
    watch.end = end
    unsent = session.scalars(
        select(Delivery)
        .join(Message, Message.id == Delivery.message_id)
        .where(Message.external_id.like(f"{_prefix(watch)}%"))
        .where(Delivery.status.in_([DeliveryStatus.QUEUED, DeliveryStatus.HELD]))
        .with_for_update(of=Delivery)
    )
    for delivery in unsent:
        delivery.status = DeliveryStatus.WITHHELD
        delivery.error_code = "no_longer_needed"
    session.flush()


def reference(watch: Silence, step: int, number: int) -> str:
    """Gives the name of one text of one step, of which there is only one."""
    return f"{_prefix(watch)}{step}:{number}"


def _prefix(watch: Silence) -> str:
    return f"silence:{watch.id}:"


def _once(watch: Silence) -> str:
    return f"silence:{watch.id}"


def _task(session: Session, watch: Silence) -> Task | None:
    return session.scalars(select(Task).where(Task.once == _once(watch))).one_or_none()


def _what(watch: Silence) -> str:
    said = _local(watch.began_at)
    times = {0: "not written to them", 1: "written to them once"}
    wrote = times.get(watch.written, f"written to them {watch.written} times")
    return (
        f"They said something worrying and have not written since {said}. We have {wrote}. "
        "Decide what is done, and say why: a visit, a welfare check by the police, asking another "
        "adult who is safe to ask, trying again, or leaving them in peace."
    )


def _local(moment: dt.datetime) -> str:
    local = moment.astimezone(_LONDON)
    return f"{local:%H:%M} on {local.day} {local:%B}"
