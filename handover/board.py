"""The supervisor's board: who waits, who carries how much, what is late, and what to look at again.

Nobody is ranked: people come by name, and what they have read that is hard is shown so that they
are offered a pause.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from handover import audit, breaches, deadlines, lists, queue_filters, service, words
from handover.breaches import Breach
from handover.deadlines import Nearness
from handover.entries import EntryError, Problem
from models.audit import AuditEvent
from models.authority import Authority
from models.base import utc_now
from models.casework import Task, TaskKind
from models.contact import Contact
from models.conversation import Conversation, Holder, Message, UrgencyAssessment
from models.escalation import Escalation
from models.practitioner import Practitioner, RoleName
from models.quality import QualityReview
from models.urgency import Urgency

SHIFT = dt.timedelta(hours=12)
WEEK = dt.timedelta(days=7)
PAUSE_AFTER = 4
"""Children with severe words that one worker met in a shift, after which a pause is offered."""
REVIEW_ANSWERS = {"yes": "Yes", "partly": "Partly", "no": "No", "not_applicable": "Does not apply"}
_DAYS_CHARTED = 14
_SAMPLE = 5
_MOST_SHOWN = 30
_SEVERE = (Urgency.EMERGENCY, Urgency.URGENT)


class ReviewError(EntryError):
    """A review cannot be kept so; each problem says why, by its question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many wait on one level, and since when the first of them."""

    urgency: Urgency
    number: int
    oldest: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one worker carries."""

    practitioner: Practitioner
    held: int
    open_tasks: int
    late_tasks: int
    severe_in_shift: int
    """Children with urgent words whom they read or held in the last twelve hours."""
    severe_in_week: int
    pause_offered: bool

    @property
    def needs_pause(self) -> bool:
        """Tells whether it is time to offer them a pause."""
        return self.severe_in_shift >= PAUSE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's change of what the service had judged."""

    at: dt.datetime
    conversation_id: int
    by: str
    before: Urgency
    after: Urgency
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the board at one moment."""

    waiting: Sequence[Waiting]
    loads: Sequence[Load]
    undecided: dict[Nearness, int]
    will_be_late: int
    decided: int
    decided_late: int
    not_told: int
    """Contacts decided on more than a day ago whose child has not been told."""
    breaches: Sequence[Breach]
    """What is past its time now: answers, then decisions, then what children are to hear."""
    corrections: Sequence[Correction]
    to_review: Sequence[Conversation]
    arrivals: dict[str, dict[Urgency, int]]
    """Contacts by day and level, the oldest day first."""


def read(session: Session, practitioner: Practitioner) -> Board:
    """Gives the board of the practitioner's authority."""
    now = utc_now()
    authority = session.get_one(Authority, practitioner.authority_id)
    undecided = deadlines.undecided(session, authority, now)
    decided, late = deadlines.late_decisions(session, practitioner, now - 4 * WEEK)
    not_told = _not_told(authority.id, now)
    return Board(
        waiting=_waiting(session, authority.id),
        loads=_loads(session, authority.id, now),
        undecided={
            nearness: sum(one.deadline.nearness is nearness for one in undecided)
            for nearness in Nearness
        },
        will_be_late=sum(
            one.will_be_late and one.deadline.nearness is not Nearness.LATE for one in undecided
        ),
        decided=decided,
        decided_late=late,
        not_told=session.scalar(not_told.with_only_columns(func.count())) or 0,
        breaches=[
            *breaches.answers(session, authority.id, now),
            *breaches.decisions(undecided),
            *breaches.tellings(
                session.scalars(
                    not_told.options(joinedload(Contact.child), joinedload(Contact.decided_by))
                    .order_by(Contact.decided_at)
                    .limit(breaches.MOST_SHOWN)
                )
                .unique()
                .all()
            ),
        ],
        corrections=_corrections(session, authority.id, now),
        to_review=_to_review(session, authority.id, now),
        arrivals=_arrivals(session, authority.id, now),
    )


@cache
def questions() -> dict[str, str]:
    """Gives the questions of a quality review by key."""
    path = Path(__file__).parent / "quality_questions.yml"
    loaded: dict[str, str] = YAML(typ="safe").load(path.read_text("utf-8"))
    return loaded


def review(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    *,
    answers: dict[str, str],
    comment: str,
) -> QualityReview:
    """Gives the kept review of a closed conversation.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ReviewError: questions were not answered, or the talk goes on.
    """
    conversation = service.access_conversation(session, practitioner, conversation_id)
    if conversation.ended_at is None:
        text = "This conversation goes on. Review it when it has ended"
        raise ReviewError(next(iter(questions())), text)
    if open_ones := [key for key in questions() if answers.get(key) not in REVIEW_ANSWERS]:
        raise ReviewError.of(Problem(key, f"Answer: {questions()[key]}") for key in open_ones)
    kept = QualityReview(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        episode=conversation.episode,
        reviewer_id=practitioner.id,
        answers={key: answers[key] for key in questions()},
        comment=comment.strip() or None,
    )
    session.add(kept)
    session.flush()
    audit.record(
        session, "conversation_reviewed", conversation=conversation, practitioner=practitioner
    )
    return kept


def reviews(session: Session, conversation: Conversation) -> Sequence[QualityReview]:
    """Gives the reviews of a conversation, the newest first."""
    return session.scalars(
        select(QualityReview)
        .where(QualityReview.conversation_id == conversation.id)
        .order_by(QualityReview.id.desc())
    ).all()


def offer_pause(session: Session, practitioner: Practitioner, worker_id: int) -> None:
    """Sets the task by which a worker is offered a pause and somebody to talk with.

    Raises:
        AccessDeniedError: there is no such colleague.
    """
    worker = session.get(Practitioner, worker_id)
    if worker is None:
        raise service.AccessDeniedError
    service.check_staff(worker, practitioner.authority_id)
    session.add(
        Task(
            authority_id=practitioner.authority_id,
            kind=TaskKind.PAUSE,
            what=f"{practitioner.name} offers you a pause, and time to talk about what you read.",
            owner_id=worker.id,
            due_at=utc_now() + dt.timedelta(hours=1),
            created_by_id=practitioner.id,
        )
    )
    audit.record(session, "pause_offered", practitioner=practitioner, details={"worker": worker.id})


def severe_for(session: Session, practitioner: Practitioner) -> int:
    """Gives with how many children's severe words one worker met in this shift."""
    return _severe(session, practitioner.authority_id, utc_now() - SHIFT)[practitioner.id]


def _waiting(session: Session, authority_id: int) -> list[Waiting]:
    counted = lists.counts(session, authority_id).waiting
    rows = session.execute(
        select(Escalation.urgency, func.min(Escalation.since))
        .where(Escalation.authority_id == authority_id)
        .where(queue_filters.is_shown())
        .group_by(Escalation.urgency)
    )
    oldest = {Urgency(level): at for level, at in rows}
    return [
        Waiting(urgency=level, number=number, oldest=oldest.get(level))
        for level, number in counted.items()
    ]


def _loads(session: Session, authority_id: int, now: dt.datetime) -> list[Load]:
    people = session.scalars(
        select(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .order_by(Practitioner.name, Practitioner.id)
    ).unique()
    held = _counted(
        session,
        select(Conversation.practitioner_id, func.count())
        .where(Conversation.authority_id == authority_id)
        .where(Conversation.holder == Holder.PRACTITIONER)
        .group_by(Conversation.practitioner_id),
    )
    open_tasks = select(Task.owner_id, func.count()).where(Task.authority_id == authority_id)
    open_tasks = open_tasks.where(Task.done_at.is_(None)).group_by(Task.owner_id)
    tasks, late = (
        _counted(session, open_tasks),
        _counted(session, open_tasks.where(Task.due_at < now)),
    )
    shift = _severe(session, authority_id, now - SHIFT)
    week = _severe(session, authority_id, now - WEEK)
    offered = set(
        session.scalars(
            select(Task.owner_id)
            .where(Task.authority_id == authority_id)
            .where(Task.kind == TaskKind.PAUSE)
            .where(Task.created_at >= now - SHIFT)
        )
    )
    return [
        Load(
            practitioner=one,
            held=held.get(one.id, 0),
            open_tasks=tasks.get(one.id, 0),
            late_tasks=late.get(one.id, 0),
            severe_in_shift=shift[one.id],
            severe_in_week=week[one.id],
            pause_offered=one.id in offered,
        )
        for one in people
        if one.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
    ]


def _severe(session: Session, authority_id: int, since: dt.datetime) -> Counter[int]:
    """Counts by worker the children whose severe words of this time they read or answered."""
    hard = (
        select(Message.conversation_id)
        .join(UrgencyAssessment, UrgencyAssessment.message_id == Message.id)
        .where(UrgencyAssessment.created_at >= since - WEEK)
        .where(UrgencyAssessment.urgency.in_(_SEVERE))
    )
    rows = session.execute(
        select(AuditEvent.practitioner_id, AuditEvent.conversation_id)
        .where(AuditEvent.authority_id == authority_id)
        .where(AuditEvent.action.in_(["conversation_read", "held_by_practitioner"]))
        .where(AuditEvent.at >= since)
        .where(AuditEvent.conversation_id.in_(hard))
        .distinct()
    )
    return Counter(worker for worker, _ in rows if worker is not None)


def _counted(session: Session, query: Select[int | None, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(query) if row[0] is not None}


def _not_told(authority_id: int, now: dt.datetime) -> Select[Contact]:
    return (
        select(Contact)
        .where(Contact.authority_id == authority_id)
        .where(Contact.decided_at >= now - 4 * WEEK)
        .where(Contact.decided_at < now - dt.timedelta(days=1))
        .where(Contact.acknowledged_at.is_(None))
    )


def _corrections(session: Session, authority_id: int, now: dt.datetime) -> list[Correction]:
    events = session.execute(
        select(AuditEvent, Practitioner.name)
        .join(Practitioner, Practitioner.id == AuditEvent.practitioner_id)
        .where(AuditEvent.authority_id == authority_id)
        .where(AuditEvent.action == "urgency_corrected")
        .where(AuditEvent.at >= now - WEEK)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(_MOST_SHOWN)
    ).all()
    told = [(event, name, event.details or {}) for event, name in events]
    ids = [details["message_id"] for _, _, details in told]
    judged: dict[tuple[int, int | None, Urgency], str] = {}
    for row in session.scalars(
        select(UrgencyAssessment)
        .where(UrgencyAssessment.message_id.in_(ids))
        .where(UrgencyAssessment.practitioner_id.is_not(None))
        .order_by(UrgencyAssessment.id)
    ):
        reason = "; ".join(str(one.get("words", "")) for one in row.reasons or [])
        judged[row.message_id, row.practitioner_id, row.urgency] = reason
    return [
        Correction(
            at=event.at,
            conversation_id=event.conversation_id or 0,
            by=name,
            before=Urgency(details["from"]),
            after=Urgency(details["to"]),
            reason=judged.get(
                (details["message_id"], event.practitioner_id, Urgency(details["to"])), ""
            ),
        )
        for event, name, details in told
    ]


def _to_review(session: Session, authority_id: int, now: dt.datetime) -> list[Conversation]:
    """Gives a sample of closed conversations that nobody has reviewed: the same all day."""
    reviewed = select(QualityReview.id).where(
        (QualityReview.conversation_id == Conversation.id)
        & (QualityReview.episode == Conversation.episode)
    )
    found = session.scalars(
        select(Conversation)
        .where(Conversation.authority_id == authority_id)
        .where(Conversation.ended_at >= now - 2 * WEEK)
        .where(~reviewed.exists())
        .order_by(Conversation.ended_at.desc())
        .limit(500)
    ).all()
    day = now.toordinal()
    # Mixed by the day, so that it is neither always the newest nor anybody's choice.
    return sorted(found, key=lambda one: (one.id * 2654435761 + day * 40503) % 2**32)[:_SAMPLE]


def _arrivals(
    session: Session, authority_id: int, now: dt.datetime
) -> dict[str, dict[Urgency, int]]:
    first = now.astimezone(words.LONDON).date() - dt.timedelta(days=_DAYS_CHARTED - 1)
    start = dt.datetime.combine(first, dt.time(), tzinfo=words.LONDON).astimezone(dt.UTC)
    days = [first + dt.timedelta(days=number) for number in range(_DAYS_CHARTED)]
    table = {f"{day.day} {day:%b}": dict.fromkeys(Urgency, 0) for day in days}
    rows = session.execute(
        select(Contact.received_at, Contact.urgency)
        .where(Contact.authority_id == authority_id)
        .where(Contact.received_at >= start)
    )
    for at, level in rows:
        day = at.astimezone(words.LONDON).date()
        name = f"{day.day} {day:%b}"
        if name in table:
            table[name][Urgency(level)] += 1
    return table
