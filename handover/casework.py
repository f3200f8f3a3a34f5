"""Casework: dated notes, the worker a child knows by name, and the days a worker is away."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, contacts, record_fields, tasks
from handover.service import AccessDeniedError
from models.authority import Authority
from models.base import utc_now
from models.casework import CaseNote, NoteKind, TaskKind
from models.contact import Contact
from models.conversation import Child, Conversation
from models.practitioner import Practitioner
from models.referral import NamedWorker, PlannedAbsence

CHILD_ASKED = "CHCHAN"
"""The code for a change of worker that the child asked for (Standard Safeguarding Dataset)."""
_MOST_CHARACTERS = 8000


def write_note(
    session: Session,
    practitioner: Practitioner,
    contact: Contact,
    *,
    kind: NoteKind,
    happened_at: dt.datetime,
    text: str,
) -> CaseNote:
    """Gives a dated note on the child's record. `contact` comes from `contacts.access_contact`.

    Raises:
        ValueError: there are no words in it, or too many, or it tells of the future.
    """
    if not text.strip():
        raise ValueError("Write the note")
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"Note must be {_MOST_CHARACTERS} characters or less")
    if happened_at > utc_now():
        raise ValueError("The day must be today or in the past")
    note = CaseNote(
        authority_id=contact.authority_id,
        child_id=contact.child_id,
        contact_id=contact.id,
        kind=kind,
        happened_at=happened_at,
        text=text.strip(),
        practitioner_id=practitioner.id,
    )
    _keep(session, practitioner, contact.conversation, note)
    return note


def correct_note(
    session: Session, practitioner: Practitioner, note_id: int, *, text: str
) -> CaseNote:
    """Gives the note that stands beside an earlier one and corrects it.

    Raises:
        AccessDeniedError: it is not theirs to see, or there is none.
        ValueError: there are no words in it.
    """
    if not text.strip():
        raise ValueError("Write what is right")
    earlier = session.get(CaseNote, note_id)
    if earlier is None:
        raise AccessDeniedError
    contacts.access_child(session, practitioner, earlier.child_id)
    note = CaseNote(
        authority_id=earlier.authority_id,
        child_id=earlier.child_id,
        contact_id=earlier.contact_id,
        kind=earlier.kind,
        happened_at=earlier.happened_at,
        text=text.strip(),
        corrects_id=earlier.id,
        practitioner_id=practitioner.id,
    )
    contact = session.get(Contact, earlier.contact_id) if earlier.contact_id else None
    _keep(session, practitioner, contact.conversation if contact else None, note)
    return note


def notes(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Sequence[CaseNote]:
    """Gives this authority's notes on a child's records, the newest day first."""
    return session.scalars(
        select(CaseNote)
        .where(CaseNote.child_id.in_(child_ids))
        .where(CaseNote.authority_id == practitioner.authority_id)
        .order_by(CaseNote.happened_at.desc(), CaseNote.id.desc())
    ).all()


def name_worker(
    session: Session,
    practitioner: Practitioner,
    contact: Contact,
    *,
    worker_id: int,
    reason_code: str,
) -> NamedWorker:
    """Gives the worker whom the child knows by name from now on; who came before stays on record.

    Raises:
        AccessDeniedError: the worker is no colleague.
        ValueError: the reason is none of the nation's codes.
    """
    form = record_fields.form(
        session.get_one(Authority, practitioner.authority_id).nation, utc_now().year
    )
    if reason_code not in form.codes["worker_change"].values:
        raise ValueError("Choose why the worker changes")
    tasks.check_colleague(session, practitioner, worker_id)
    session.get_one(Child, contact.child_id, with_for_update=True)
    present = tasks.named_worker(session, contact.child_id)
    if present is not None and present.practitioner_id == worker_id:
        return present
    if present is not None:
        present.until = utc_now()
        session.flush()
    named = NamedWorker(
        authority_id=contact.authority_id,
        child_id=contact.child_id,
        practitioner_id=worker_id,
        reason_code=reason_code,
        named_by_id=practitioner.id,
    )
    session.add(named)
    session.flush()
    audit.record(
        session,
        "worker_named",
        conversation=contact.conversation,
        practitioner=practitioner,
        details={"worker": worker_id, "reason": reason_code, "child": contact.child_id},
    )
    return named


def ask_for_another_worker(session: Session, conversation: Conversation, due: dt.datetime) -> None:
    """Sets the task that a child's wish for another worker is, once for each episode."""
    task = tasks.create(
        session,
        conversation,
        kind=TaskKind.CHANGE_OF_WORKER,
        due=due,
        what="The child asked for another worker. Talk with them about it, and answer them.",
        once=f"change_of_worker:{conversation.id}:{conversation.episode}",
    )
    task.reason_code = CHILD_ASKED
    # It is not for the worker they wish to change to answer it alone.
    task.owner_id = None


def plan_absence(
    session: Session,
    practitioner: Practitioner,
    *,
    days: tuple[dt.date, dt.date],
    cover_id: int | None,
    note: str,
) -> PlannedAbsence:
    """Gives the days on which this practitioner will be away, and who answers for them.

    Raises:
        AccessDeniedError: who covers is no colleague.
        ValueError: the days are not in order.
    """
    first, last = days
    if last < first:
        raise ValueError("The last day must not be before the first")
    tasks.check_colleague(session, practitioner, cover_id)
    planned = session.scalars(
        select(PlannedAbsence)
        .where(PlannedAbsence.practitioner_id == practitioner.id)
        .where(PlannedAbsence.first_day == first)
    ).one_or_none()
    if planned is None:
        planned = PlannedAbsence(
            authority_id=practitioner.authority_id,
            practitioner_id=practitioner.id,
            first_day=first,
        )
        session.add(planned)
    planned.last_day = last
    planned.cover_id = cover_id
    planned.note = note.strip() or None
    session.flush()
    audit.record(session, "absence_planned", practitioner=practitioner)
    return planned


def absence_of(session: Session, practitioner_id: int, day: dt.date) -> PlannedAbsence | None:
    """Gives a worker's present or next absence, or None."""
    return session.scalars(
        select(PlannedAbsence)
        .where(PlannedAbsence.practitioner_id == practitioner_id)
        .where(PlannedAbsence.last_day >= day)
        .order_by(PlannedAbsence.first_day)
        .limit(1)
    ).first()


def _keep(
    session: Session,
    practitioner: Practitioner,
    conversation: Conversation | None,
    note: CaseNote,
) -> None:
    session.add(note)
    session.flush()
    audit.record(
        session,
        "case_note_written",
        conversation=conversation,
        practitioner=practitioner,
        details={"note": note.id, "child": note.child_id},
    )
