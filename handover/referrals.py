"""Referrals: contacts that children's social care accepted, one open at a time for each child."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, contacts, links, record_fields, records, tasks
from models.authority import Authority
from models.base import utc_now
from models.contact import Contact
from models.practitioner import Practitioner
from models.referral import Referral

_RE_REFERRAL_WITHIN = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way of a decision, and the field it is about."""

    field: str
    text: str


class DecisionError(Exception):
    """The contact cannot be decided on so; each problem says why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


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
    contact = contacts.access_contact(session, practitioner, contact_id, for_update=True)
    made = _open_of(session, contact, "worker")
    tasks.check_colleague(session, practitioner, worker_id)
    made.allocated_worker_id = worker_id
    audit.record(
        session,
        "referral_allocated",
        conversation=contact.conversation,
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
    contact = contacts.access_contact(session, practitioner, contact_id, for_update=True)
    made = _open_of(session, contact, "reason")
    form = record_fields.form(
        session.get_one(Authority, practitioner.authority_id).nation, contact.received_at.year
    )
    known = form.codes["closure_reason"]
    if reason not in known.values:
        raise DecisionError(Problem("reason", "Choose why the referral is closed"))
    made.closed_at = utc_now()
    made.closed_by_id = practitioner.id
    made.closure_reason = reason
    audit.record(
        session,
        "referral_closed",
        conversation=contact.conversation,
        practitioner=practitioner,
        details={"referral": made.id, "reason": reason},
    )
    records.announce(session, contact)
    return made


def open_referral(session: Session, child_id: int) -> Referral | None:
    """Gives the open referral of a child, on whichever of their linked records; None without."""
    return session.scalars(
        select(Referral)
        .where(Referral.child_id.in_(links.same_child(session, child_id)))
        .where(Referral.closed_at.is_(None))
        .order_by(Referral.id)
        .limit(1)
    ).first()


def referral_of(session: Session, contact: Contact) -> Referral | None:
    """Gives the referral that a contact became, or None."""
    return session.scalars(select(Referral).where(Referral.contact_id == contact.id)).one_or_none()


def previous_referral(session: Session, contact: Contact) -> Referral | None:
    """Gives the child's last referral of the twelve months before this contact, or None."""
    return session.scalars(
        select(Referral)
        .where(Referral.child_id.in_(links.same_child(session, contact.child_id)))
        .where(Referral.contact_id != contact.id)
        .where(Referral.referred_at >= contact.received_at - _RE_REFERRAL_WITHIN)
        .order_by(Referral.referred_at.desc())
        .limit(1)
    ).first()


def _open_of(session: Session, contact: Contact, field: str) -> Referral:
    made = referral_of(session, contact)
    if made is None or made.closed_at is not None:
        raise DecisionError(Problem(field, "This contact has no open referral"))
    return made
