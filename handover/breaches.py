"""What is past its time now, each with the child it is about: for the board to lead to."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from handover import queue_filters, words
from handover.deadlines import Nearness, Undecided
from models.contact import Contact
from models.conversation import Conversation
from models.escalation import Escalation
from models.urgency import Urgency

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One thing that is past its time."""

    what: str
    name: str
    urgency: Urgency
    since: dt.datetime
    """When it should have been done."""
    who: str
    link: str


def answers(session: Session, authority_id: int, now: dt.datetime) -> list[Breach]:
    """Gives the children who should have been answered by now, the most urgent first."""
    found = session.scalars(
        select(Escalation)
        .where(Escalation.authority_id == authority_id)
        .where(queue_filters.is_shown())
        .where(Escalation.due_at < now)
        .order_by(Escalation.due_at)
        .limit(MOST_SHOWN)
        .options(
            joinedload(Escalation.conversation).joinedload(Conversation.child),
            joinedload(Escalation.conversation).joinedload(Conversation.practitioner),
        )
    ).unique()
    late = [
        Breach(
            what="Answer",
            name=words.child(owed.conversation),
            urgency=owed.urgency,
            since=owed.due_at,
            who=_holder(owed.conversation),
            link=f"/conversations/{owed.conversation_id}",
        )
        for owed in found
    ]
    return sorted(late, key=lambda one: (-one.urgency.rank, one.since))


def decisions(undecided: Iterable[Undecided]) -> list[Breach]:
    """Gives the contacts that should have been decided on by now, the oldest first."""
    return [
        Breach(
            what="Decision",
            name=words.child_name(one.contact.child),
            urgency=one.contact.urgency,
            since=one.deadline.at,
            who="",
            link=f"/contacts/{one.contact.id}/decision",
        )
        for one in undecided
        if one.deadline.nearness is Nearness.LATE
    ][:MOST_SHOWN]


def tellings(contacts: Sequence[Contact]) -> list[Breach]:
    """Gives the children who should have heard by now what was decided."""
    return [
        Breach(
            what="Telling the child",
            name=words.child_name(contact.child),
            urgency=contact.urgency,
            since=contact.decided_at,
            who=contact.decided_by.name if contact.decided_by is not None else "",
            link=f"/contacts/{contact.id}",
        )
        for contact in contacts
        if contact.decided_at is not None
    ]


def _holder(conversation: Conversation) -> str:
    return conversation.practitioner.name if conversation.practitioner else "Nobody"
