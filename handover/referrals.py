"""Referrals: contacts that children's social care accepted, one open at a time for each child.

Each authority has its own. One that was made before another authority took the talk stays with
those who made it, to be worked or closed; the present contact's goes along with its record.
"""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, contacts, links, record_fields, records, tasks, words
from handover.entries import EntryError
from models.authority import Authority
from models.base import utc_now
from models.casework import Task, TaskKind
from models.contact import Contact
from models.practitioner import Practitioner
from models.referral import Referral

_RE_REFERRAL_WITHIN = dt.timedelta(days=365)


class DecisionError(EntryError):
    """The contact cannot be decided on so; each problem says why."""


def progress_to_referral(
    session: Session,
    practitioner: Practitioner,
    contact: Contact,
    *,
    next_steps: tuple[str, ...],
    worker_id: int | None,
) -> Referral:
    """Gives the referral that the contact became; the same one when it was decided before."""
    made = referral_of(session, contact)
    if made is None:
        previous = previous_referral(session, contact)
        made = Referral(
            authority_id=contact.authority_id,
            child_id=contact.child_id,
            contact_id=contact.id,
            source=contact.source,
            accepted_by_id=practitioner.id,
            previous_id=previous.id if previous else None,
        )
        session.add(made)
    tasks.check_colleague(session, practitioner, worker_id)
    made.outcome_flags = sorted(next_steps)
    made.is_no_further_action = next_steps == ("NFA_FLAG",)
    made.allocated_worker_id = worker_id or made.allocated_worker_id
    session.flush()
    audit.record(
        session,
        "contact_progressed_to_referral",
        conversation=contact.conversation,
        practitioner=practitioner,
        details={"referral": made.id, "worker": made.allocated_worker_id},
    )
    return made


def allocate(
    session: Session, practitioner: Practitioner, contact_id: int, *, worker_id: int | None
) -> Referral:
    """Gives the referral that the contact became, with its allocated worker.

    Raises:
        AccessDeniedError: it is not theirs to see, or the worker is no colleague.
        DecisionError: there is no open referral.
    """
    contact = contacts.lock_kept(session, practitioner, contact_id)
    made = _open_of(session, contact, "worker")
    tasks.check_colleague(session, practitioner, worker_id)
    made.allocated_worker_id = worker_id
    audit.record(
        session,
        "referral_allocated",
        conversation=contact.conversation_here,
        practitioner=practitioner,
        details={"referral": made.id, "worker": worker_id},
    )
    records.announce(session, contact)
    return made


def close_referral(
    session: Session, practitioner: Practitioner, contact_id: int, *, reason: str
) -> Referral:
    """Gives the referral that the contact became, closed with a reason code.

    Raises:
        AccessDeniedError: it is not theirs to see.
        DecisionError: there is no open referral, or the code is none.
    """
    contact = contacts.lock_kept(session, practitioner, contact_id)
    made = _open_of(session, contact, "reason")
    form = record_fields.form(
        session.get_one(Authority, practitioner.authority_id).nation, contact.received_at.year
    )
    known = form.codes["closure_reason"]
    if reason not in known.values:
        raise DecisionError("reason", "Choose why the referral is closed")
    made.closed_at = utc_now()
    made.closed_by_id = practitioner.id
    made.closure_reason = reason
    audit.record(
        session,
        "referral_closed",
        conversation=contact.conversation_here,
        practitioner=practitioner,
        details={"referral": made.id, "reason": reason},
    )
    records.announce(session, contact)
    return made


def go_along(session: Session, taker: Practitioner, contact: Contact, *, left: int) -> None:
    """Lets the present contact's referral go with its record, and others be looked at.

    Whoever accepted the talk has no say in what was opened before: the case may stay where it is,
    for one is looked after by an authority and lives in another. Those who opened it decide.

    Args:
        session: the database.
        taker: who accepted the talk.
        contact: the present one, which is theirs by now.
        left: the authority that gave the talk away.
    """
    for made in session.scalars(
        select(Referral)
        .where(Referral.authority_id == left)
        .where(Referral.child_id == contact.child_id)
        .where(Referral.closed_at.is_(None))
    ).all():
        if made.contact_id == contact.id:
            made.authority_id = contact.authority_id
            # A worker of those who gave it away answers for it no more.
            made.allocated_worker_id = None
        else:
            _ask_what_becomes(session, taker, made)


def open_referral(session: Session, contact: Contact) -> Referral | None:
    """Gives the child's open referral here, on whichever of their linked records; None without."""
    return session.scalars(
        select(Referral)
        .where(Referral.authority_id == contact.authority_id)
        .where(Referral.child_id.in_(links.same_child(session, contact.child_id)))
        .where(Referral.closed_at.is_(None))
        .order_by(Referral.id)
        .limit(1)
    ).first()


def referral_of(session: Session, contact: Contact) -> Referral | None:
    """Gives the referral that a contact became, or None."""
    return session.scalars(select(Referral).where(Referral.contact_id == contact.id)).one_or_none()


def previous_referral(session: Session, contact: Contact) -> Referral | None:
    """Gives the child's last referral here of the twelve months before this contact, or None."""
    return session.scalars(
        select(Referral)
        .where(Referral.authority_id == contact.authority_id)
        .where(Referral.child_id.in_(links.same_child(session, contact.child_id)))
        .where(Referral.contact_id != contact.id)
        .where(Referral.referred_at >= contact.received_at - _RE_REFERRAL_WITHIN)
        .order_by(Referral.referred_at.desc())
        .limit(1)
    ).first()


def _ask_what_becomes(session: Session, taker: Practitioner, made: Referral) -> None:
    authority = session.get_one(Authority, made.authority_id)
    asked = Task(
        authority_id=made.authority_id,
        child_id=made.child_id,
        contact_id=made.contact_id,
        kind=TaskKind.FOLLOW_UP,
        what=f"{taker.authority.name} has taken over the conversation with this child. Decide "
        "with them whether your referral stays open here, or is closed as transferred.",
        due_at=words.end_of_next_working_day(authority.nation, utc_now()),
        owner_id=made.allocated_worker_id,
        created_by_id=made.accepted_by_id,
    )
    session.add(asked)
    audit.notify(session, made.authority_id, made.allocated_worker_id)


def _open_of(session: Session, contact: Contact, field: str) -> Referral:
    made = referral_of(session, contact)
    if made is None or made.closed_at is not None:
        raise DecisionError(field, "This contact has no open referral")
    return made
