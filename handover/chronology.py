"""The chronology: the significant events in a child's life with us, in order. A query, no table."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import casework, contacts, words
from models.casework import CaseNote, Task
from models.contact_plan import PlanChange
from models.conversation import Author, Conversation, Message, UrgencyAssessment
from models.practitioner import Practitioner
from models.referral import NamedWorker, Referral
from models.urgency import Urgency

_MOST_JUDGED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    at: dt.datetime
    what: str
    text: str = ""
    """Words that go with it, which may be the child's own."""
    by: str = ""
    href: str = ""


def events(session: Session, practitioner: Practitioner, child_ids: Sequence[int]) -> list[Event]:
    """Gives what happened on a child's records with this authority, the newest first."""
    found = [
        *_contacts(session, practitioner, child_ids),
        *_urgent_words(session, practitioner, child_ids),
        *_referrals(session, child_ids),
        *_notes(session, practitioner, child_ids),
        *_tasks(session, practitioner, child_ids),
        *_workers(session, child_ids),
        *_plan(session, child_ids),
        *_ends(session, practitioner, child_ids),
    ]
    return sorted(found, key=lambda event: event.at, reverse=True)


def _contacts(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Iterator[Event]:
    for contact in contacts.of_children(session, practitioner, child_ids):
        href = f"/contacts/{contact.id}"
        came = words.CONTACT_CHANNELS[contact.channel]
        taker = contact.taken_by.name if contact.taken_by else ""
        yield Event(at=contact.received_at, what=f"Contact, by {came}", by=taker, href=href)
        if contact.outcome is not None and contact.decided_at is not None:
            yield Event(
                at=contact.decided_at,
                what=f"Decided: {words.OUTCOMES[contact.outcome]}",
                text=contact.outcome_reason or "",
                by=contact.decided_by.name if contact.decided_by else "",
                href=href,
            )
        if contact.acknowledged_at is not None:
            yield Event(at=contact.acknowledged_at, what="The child was told", href=href)


def _urgent_words(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Iterator[Event]:
    rows = session.execute(
        select(UrgencyAssessment.urgency, Message.id, Message.text, Message.created_at)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .add_columns(Conversation.id)
        .where(Conversation.child_id.in_(child_ids))
        .where(Conversation.authority_id == practitioner.authority_id)
        .where(UrgencyAssessment.urgency.in_([Urgency.EMERGENCY, Urgency.URGENT]))
        .where(UrgencyAssessment.practitioner_id.is_(None))
        .order_by(Message.id.desc())
        .limit(_MOST_JUDGED)
    )
    for level, message_id, text, at, conversation_id in rows:
        yield Event(
            at=at,
            what=f"{words.URGENCY[level]} words",
            text=text,
            by="The child",
            href=f"/conversations/{conversation_id}?before={message_id + 60}#message-{message_id}",
        )


def _referrals(session: Session, child_ids: Sequence[int]) -> Iterator[Event]:
    for one in session.scalars(select(Referral).where(Referral.child_id.in_(child_ids))):
        what = "Re-referral" if one.is_re_referral else "Referral"
        href = f"/contacts/{one.contact_id}"
        yield Event(at=one.referred_at, what=what, by=one.accepted_by.name, href=href)
        if one.closed_at is not None:
            yield Event(at=one.closed_at, what="Referral closed", href=href)


def _notes(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Iterator[Event]:
    for note in casework.notes(session, practitioner, child_ids):
        yield Event(
            at=note.happened_at,
            what=words.NOTE_KINDS[note.kind] + _correcting(note),
            text=note.text,
            by=note.practitioner.name,
            href=f"#note-{note.id}",
        )


def _correcting(note: CaseNote) -> str:
    return ", correcting an earlier one" if note.corrects_id is not None else ""


def _tasks(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Iterator[Event]:
    done = select(Task).where(Task.child_id.in_(child_ids)).where(Task.done_at.is_not(None))
    done = done.where(Task.authority_id == practitioner.authority_id)
    for task in session.scalars(done):
        if task.done_at is not None:
            yield Event(
                at=task.done_at,
                what=f"Done: {words.TASK_KINDS[task.kind].lower()}",
                text=task.result or "",
                by=task.done_by.name if task.done_by else "",
            )


def _workers(session: Session, child_ids: Sequence[int]) -> Iterator[Event]:
    for one in session.scalars(select(NamedWorker).where(NamedWorker.child_id.in_(child_ids))):
        yield Event(at=one.since, what=f"Named worker: {one.practitioner.name}")


def _plan(session: Session, child_ids: Sequence[int]) -> Iterator[Event]:
    for one in session.scalars(select(PlanChange).where(PlanChange.child_id.in_(child_ids))):
        who = "The child" if one.author is Author.CHILD else ""
        by = one.practitioner.name if one.practitioner else who
        yield Event(
            at=one.created_at, what="Safe-contact plan changed", text=one.words or "", by=by
        )


def _ends(
    session: Session, practitioner: Practitioner, child_ids: Sequence[int]
) -> Iterator[Event]:
    ended = select(Conversation).where(Conversation.child_id.in_(child_ids))
    ended = ended.where(Conversation.authority_id == practitioner.authority_id)
    for one in session.scalars(ended.where(Conversation.ended_at.is_not(None))):
        if one.ended_at is not None:
            yield Event(at=one.ended_at, what="Conversation ended", href=f"/conversations/{one.id}")
