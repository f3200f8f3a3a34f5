"""Contacts: the one door to each, their child's linked records, and what came without a channel."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, hours, records, service, tasks
from handover.records import GatheredAnswer
from handover.service import AccessDeniedError
from handover.tasks import NewTask
from models.authority import Authority
from models.base import utc_now
from models.casework import TaskKind
from models.contact import AnswerStatus, Contact, ContactChannel, ReferralSource
from models.conversation import Child, Conversation
from models.practitioner import Practitioner
from models.urgency import Urgency

_NEWEST = 30
# How soon a person must do something about what was written down, by the urgency guide.
_SOON = {Urgency.EMERGENCY: dt.timedelta(0), Urgency.URGENT: dt.timedelta(hours=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineContact:
    """What came by telephone or at the door, as a member of staff writes it down."""

    channel: ContactChannel
    source: ReferralSource
    received_at: dt.datetime
    urgency: Urgency
    concern: str
    name_to_use: str = ""
    age: str = ""
    school: str = ""
    referrer_name: str = ""
    referrer_contact: str = ""
    child_id: int | None = None
    """The record of a child who is known; None for a new one."""


def access_contact(
    session: Session, practitioner: Practitioner, contact_id: int, *, for_update: bool = False
) -> Contact:
    """Gives the contact, if this practitioner may see its child.

    A talk that another authority has taken leaves behind what was recorded of it before: that
    stays with those who recorded it, to be read and not to be changed.

    Raises:
        AccessDeniedError: they may not, or there is none.
    """
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise AccessDeniedError
    service.check_staff(practitioner, contact.authority_id)
    if contact.conversation is not None:
        if for_update or contact.conversation.authority_id == contact.authority_id:
            service.access_conversation(session, practitioner, contact.conversation.id)
    else:
        access_child(session, practitioner, contact.child_id)
    if for_update:
        # The conversation first, as everywhere: then no two transactions wait for each other.
        if contact.conversation_id is not None:
            service.access_conversation(
                session, practitioner, contact.conversation_id, for_update=True
            )
        session.refresh(contact, with_for_update={"of": Contact})
    return contact


def lock_kept(session: Session, practitioner: Practitioner, contact_id: int) -> Contact:
    """Gives the contact, locked, to those who work the referral it became.

    That stays theirs when another authority has taken the talk since.

    Raises:
        AccessDeniedError: they may not, or there is none.
    """
    contact = access_contact(session, practitioner, contact_id)
    if contact.conversation is None or contact.conversation_here is not None:
        return access_contact(session, practitioner, contact_id, for_update=True)
    session.refresh(contact, with_for_update={"of": Contact})
    return contact


def access_child(session: Session, practitioner: Practitioner, child_id: int) -> Child:
    """Gives a child's record, if this practitioner may see every conversation of it here.

    A conversation that another authority has taken is not theirs to see, and not shown.

    Raises:
        AccessDeniedError: they may not, or there is none.
    """
    child = session.get(Child, child_id)
    if child is None:
        raise AccessDeniedError
    service.check_staff(practitioner, child.authority_id)
    for conversation_id in session.scalars(
        select(Conversation.id)
        .where(Conversation.child_id == child_id)
        .where(Conversation.authority_id == practitioner.authority_id)
    ).all():
        service.access_conversation(session, practitioner, conversation_id)
    return child


def may_see_child(session: Session, practitioner: Practitioner, child_id: int) -> bool:
    """Tells whether this practitioner may see a child's record."""
    try:
        access_child(session, practitioner, child_id)
    except AccessDeniedError:
        return False
    return True


def newest_children(session: Session, practitioner: Practitioner) -> list[Child]:
    """Gives the children of this practitioner's authority who came last, of those they may see."""
    found = session.scalars(
        select(Child)
        .where(Child.authority_id == practitioner.authority_id)
        .order_by(Child.id.desc())
        .limit(_NEWEST)
    ).all()
    return [child for child in found if may_see_child(session, practitioner, child.id)]


def of_children(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Sequence[Contact]:
    """Gives the contacts of a child's records that this authority holds, the newest first."""
    return session.scalars(
        select(Contact)
        .where(Contact.authority_id == practitioner.authority_id)
        .where(Contact.child_id.in_(child_ids))
        .order_by(Contact.received_at.desc(), Contact.id.desc())
    ).all()


def write_down(session: Session, practitioner: Practitioner, told: OfflineContact) -> Contact:
    """Gives the contact that somebody wrote down, with its clock running.

    Raises:
        AccessDeniedError: the child it is about is not theirs to see.
        ValueError: it does not say what the worry is.
    """
    if not told.concern.strip():
        raise ValueError("Write down what was said.")
    child = _child(session, practitioner, told)
    authority = session.get_one(Authority, practitioner.authority_id)
    contact = Contact(
        authority_id=authority.id,
        child_id=child.id,
        source=told.source,
        channel=told.channel,
        received_at=told.received_at,
        is_out_of_hours=not hours.at(authority, told.received_at).is_open,
        urgency=told.urgency,
        submitted_at=told.received_at,
        taken_by_id=practitioner.id,
    )
    session.add(contact)
    session.flush()
    records.record_answers(session, contact, _answers(told), practitioner=practitioner)
    audit.record(
        session,
        "contact_written_down",
        practitioner=practitioner,
        details={"contact": contact.id, "channel": told.channel.value},
    )
    _set_task(session, practitioner, contact)
    return contact


def _child(session: Session, practitioner: Practitioner, told: OfflineContact) -> Child:
    if told.child_id is not None:
        return access_child(session, practitioner, told.child_id)
    child = Child(
        authority_id=practitioner.authority_id, name_to_use=told.name_to_use.strip() or None
    )
    session.add(child)
    session.flush()
    return child


def _answers(told: OfflineContact) -> list[GatheredAnswer]:
    values = {
        "concern_in_own_words": told.concern,
        "name_to_use": told.name_to_use,
        "age": told.age,
        "school": told.school,
        "referrer_name": told.referrer_name,
        "referrer_contact": told.referrer_contact,
    }
    return [
        GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value.strip())
        for field, value in values.items()
        if value.strip()
    ]


def _set_task(session: Session, practitioner: Practitioner, contact: Contact) -> None:
    """Sets a task where a call for a person would ring, had it come over a channel."""
    if contact.urgency not in _SOON:
        return
    wanted = NewTask(
        kind=TaskKind.FOLLOW_UP,
        what="Act on what was written down: it is urgent.",
        due=utc_now() + _SOON[contact.urgency],
    )
    tasks.add(session, practitioner, contact, wanted)
