"""Tasks: what somebody is to do for a child by a time, and what became of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from handover import absences, audit, service
from handover.service import AccessDeniedError
from models.base import utc_now
from models.casework import Task, TaskKind
from models.contact import Contact
from models.conversation import Conversation
from models.practitioner import Practitioner
from models.referral import NamedWorker

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task that somebody sets."""

    kind: TaskKind
    what: str
    due: dt.datetime
    owner_id: int | None = None
    """Whose it is; None for whoever is on duty."""
    reason_code: str | None = None


def create(
    session: Session,
    conversation: Conversation,
    *,
    kind: TaskKind,
    due: dt.datetime,
    what: str,
    once: str | None = None,
) -> Task:
    """Gives a task that the service itself sets, for the child's named worker if there is one.

    While that worker is away it is for whoever answers for them.

    With `once`, such as `welfare:17:3`, a task that was made for the same is given back instead of
    a second one. The conversation's row must be locked, so that two cannot both find none.
    """
    if once is not None:
        made = session.scalars(select(Task).where(Task.once == once)).one_or_none()
        if made is not None:
            return made
    worker = named_worker(session, conversation.child_id)
    task = Task(
        authority_id=conversation.authority_id,
        child_id=conversation.child_id,
        conversation_id=conversation.id,
        kind=kind,
        what=what,
        due_at=due,
        once=once,
        owner_id=absences.stand_in(session, worker.practitioner_id) if worker else None,
    )
    session.add(task)
    session.flush()
    audit.record(
        session,
        "task_created",
        conversation=conversation,
        details={"task": task.id, "kind": kind.value},
    )
    return task


def add(
    session: Session, practitioner: Practitioner, about: Contact | None, wanted: NewTask
) -> Task:
    """Gives a task that somebody sets, about a contact or about nobody in particular.

    Raises:
        AccessDeniedError: its owner is no colleague, or may not see the child.
        ValueError: it does not say what is to be done.
    """
    if not wanted.what.strip():
        raise ValueError("Say what is to be done.")
    check_colleague(session, practitioner, wanted.owner_id)
    task = Task(
        authority_id=practitioner.authority_id,
        child_id=about.child_id if about else None,
        conversation_id=about.conversation_id if about else None,
        contact_id=about.id if about else None,
        kind=wanted.kind,
        reason_code=wanted.reason_code,
        what=wanted.what.strip(),
        due_at=wanted.due,
        owner_id=wanted.owner_id,
        created_by_id=practitioner.id,
    )
    session.add(task)
    session.flush()
    audit.record(
        session,
        "task_created",
        conversation=about.conversation if about else None,
        practitioner=practitioner,
        details={"task": task.id, "kind": wanted.kind.value, "owner": wanted.owner_id},
    )
    return task


def complete(session: Session, practitioner: Practitioner, task_id: int, *, result: str) -> Task:
    """Keeps that a task is done, by whom and how. One that is done already stays as it was.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: it does not say what was done.
    """
    if not result.strip():
        raise ValueError("Say what was done.")
    task = access(session, practitioner, task_id, for_update=True)
    if task.done_at is None:
        task.done_at = utc_now()
        task.done_by_id = practitioner.id
        task.result = result.strip()
        _note(session, practitioner, task, "task_done")
    return task


def hand_on(
    session: Session,
    practitioner: Practitioner,
    task_id: int,
    *,
    owner_id: int | None,
    due: dt.datetime,
) -> Task:
    """Gives a task another owner, or another time.

    Raises:
        AccessDeniedError: it is not theirs to see, or the owner is no colleague.
    """
    task = access(session, practitioner, task_id, for_update=True)
    check_colleague(session, practitioner, owner_id)
    task.owner_id = owner_id
    task.due_at = due
    _note(session, practitioner, task, "task_handed_on")
    return task


def access(
    session: Session, practitioner: Practitioner, task_id: int, *, for_update: bool = False
) -> Task:
    """Gives the task, if this practitioner may see whom it is about.

    Raises:
        AccessDeniedError: they may not, or there is none.
    """
    task = session.get(Task, task_id, with_for_update={"of": Task} if for_update else None)
    if task is None:
        raise AccessDeniedError
    service.check_staff(practitioner, task.authority_id)
    # What was to be done stays with those who set it when another authority takes the talk.
    if task.conversation_id is not None and talk_is_here(session, task):
        service.access_conversation(session, practitioner, task.conversation_id)
    return task


def talk_is_here(session: Session, task: Task) -> bool:
    """Tells whether the conversation a task is about can still be opened by those who set it."""
    talk = session.get(Conversation, task.conversation_id) if task.conversation_id else None
    return talk is not None and talk.authority_id == task.authority_id


def mine(session: Session, practitioner: Practitioner) -> Sequence[Task]:
    """Gives what this practitioner is to do, and what is everybody's, the soonest first."""
    query = _open(practitioner).order_by(Task.due_at, Task.id).limit(MOST_SHOWN)
    return session.scalars(query.options(joinedload(Task.child))).unique().all()


def of_everybody(session: Session, practitioner: Practitioner) -> Sequence[Task]:
    """Gives every open task of the practitioner's authority, the soonest first."""
    query = _all_open(practitioner.authority_id).order_by(Task.due_at, Task.id).limit(MOST_SHOWN)
    return session.scalars(query.options(joinedload(Task.child))).unique().all()


def of_child(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Sequence[Task]:
    """Gives this authority's tasks about a child's records, open ones first, then by time."""
    return session.scalars(
        select(Task)
        .where(Task.child_id.in_(child_ids))
        .where(Task.authority_id == practitioner.authority_id)
        .order_by(Task.done_at.is_not(None), Task.due_at, Task.id)
        .limit(MOST_SHOWN)
    ).all()


def overdue(session: Session, practitioner: Practitioner, now: dt.datetime) -> int:
    """Gives how many of this practitioner's tasks, and of everybody's, are late."""
    query = _open(practitioner).where(Task.due_at < now).with_only_columns(Task.id)
    return session.scalar(select(func.count()).select_from(query.limit(100).subquery())) or 0


def named_worker(session: Session, child_id: int) -> NamedWorker | None:
    """Gives the worker whom the child knows by name now, or None."""
    return session.scalars(
        select(NamedWorker)
        .where(NamedWorker.child_id == child_id)
        .where(NamedWorker.until.is_(None))
    ).one_or_none()


def check_colleague(session: Session, practitioner: Practitioner, owner_id: int | None) -> None:
    """Lets pass who is nobody, or a colleague who works with children.

    Raises:
        AccessDeniedError: there is no such colleague.
    """
    if owner_id is None:
        return
    owner = session.get(Practitioner, owner_id)
    if owner is None:
        raise AccessDeniedError
    service.check_staff(owner, practitioner.authority_id)


def _all_open(authority_id: int) -> Select[Task]:
    return select(Task).where(Task.authority_id == authority_id).where(Task.done_at.is_(None))


def _open(practitioner: Practitioner) -> Select[Task]:
    return _all_open(practitioner.authority_id).where(
        or_(Task.owner_id == practitioner.id, Task.owner_id.is_(None))
    )


def _note(session: Session, practitioner: Practitioner, task: Task, action: str) -> None:
    audit.record(
        session,
        action,
        conversation=task.conversation,
        practitioner=practitioner,
        details={"task": task.id, "kind": task.kind.value, "owner": task.owner_id},
    )
