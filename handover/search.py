"""Search over what may be searched while it is sealed, and within one child's record.

Over all records only metadata and keyed hashes are looked at: an exact name, reference or address.
Words are searched in one record at a time, by opening it. Nobody is shown, or told the number of,
what they may not see.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from handover import audit, casework, contacts, lookups, records
from handover.service import AccessDeniedError
from models.channel import ChannelName
from models.contact import Contact, ContactOutcome
from models.conversation import Author, Child, Conversation, Handover, Message
from models.encryption import keyring_of
from models.practitioner import Practitioner
from models.urgency import Urgency

MOST_FOUND = 50
_LOOKED_AT = 200
"""Records from which those are taken that this practitioner may see."""
_MOST_MESSAGES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is looked for; None for what does not matter."""

    name: str = ""
    reference: str = ""
    address: str = ""
    practitioner_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    urgency: Urgency | None = None
    outcome: ContactOutcome | None = None

    @property
    def kinds(self) -> list[str]:
        """Gives what is looked by, without the words."""
        given = {
            "name": self.name,
            "reference": self.reference,
            "address": self.address,
            "practitioner": self.practitioner_id,
            "dates": self.since or self.until,
            "level": self.urgency,
            "outcome": self.outcome,
        }
        return [kind for kind, value in given.items() if value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that fits."""

    child: Child
    contact: Contact | None
    """None for a conversation in which nothing was told yet."""
    conversation: Conversation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A place in one child's record that holds the words looked for."""

    where: str
    text: str
    at: dt.datetime
    href: str


def find(session: Session, practitioner: Practitioner, criteria: Criteria) -> list[Found]:
    """Gives the records that fit and may be seen, the newest first; that it was asked is kept.

    Raises:
        ValueError: nothing is looked for.
    """
    if not criteria.kinds:
        raise ValueError("Enter something to search for")
    found = [
        Found(child=contact.child, contact=contact, conversation=contact.conversation)
        for contact in session.scalars(_query(session, practitioner, criteria)).unique()
    ]
    if criteria.address and criteria.kinds == ["address"]:
        found += _without_contact(session, practitioner, criteria.address)
    seen = [one for one in found if _may_see(session, practitioner, one)]
    audit.record(
        session,
        "searched",
        practitioner=practitioner,
        details={"by": ",".join(criteria.kinds), "found": min(len(seen), MOST_FOUND)},
    )
    return seen[:MOST_FOUND]


def within(
    session: Session, practitioner: Practitioner, contact: Contact, words: str
) -> list[Passage]:
    """Gives where a child's record holds some words, the newest first; that it was asked is kept.

    Raises:
        ValueError: no words were given.
    """
    wanted = words.casefold().strip()
    if not wanted:
        raise ValueError("Enter the words to search for")
    found = sorted(
        (
            one
            for one in (
                *_messages(session, practitioner, contact),
                *_written(session, practitioner, contact),
            )
            if wanted in one.text.casefold()
        ),
        key=lambda one: one.at,
        reverse=True,
    )
    audit.record(
        session,
        "record_searched",
        conversation=contact.conversation,
        practitioner=practitioner,
        details={"contact": contact.id, "found": len(found)},
    )
    return found[:MOST_FOUND]


def people(session: Session, practitioner: Practitioner) -> Sequence[Practitioner]:
    """Gives everybody of the authority, on duty or not, by name."""
    return (
        session.scalars(
            select(Practitioner)
            .where(Practitioner.authority_id == practitioner.authority_id)
            .order_by(Practitioner.name, Practitioner.id)
        )
        .unique()
        .all()
    )


def _may_see(session: Session, practitioner: Practitioner, found: Found) -> bool:
    try:
        if found.contact is not None:
            contacts.access_contact(session, practitioner, found.contact.id)
        else:
            contacts.access_child(session, practitioner, found.child.id)
    except AccessDeniedError:
        return False
    return True


def _query(session: Session, practitioner: Practitioner, criteria: Criteria) -> Select[Contact]:
    query = (
        select(Contact)
        .where(Contact.authority_id == practitioner.authority_id)
        .options(joinedload(Contact.child), joinedload(Contact.conversation))
        .order_by(Contact.received_at.desc(), Contact.id.desc())
        .limit(_LOOKED_AT)
    )
    if criteria.name:
        named = lookups.children_named(session, practitioner.authority_id, criteria.name)
        query = query.where(Contact.child_id.in_(named))
    if criteria.reference:
        start = criteria.reference.strip().lower()
        # A range is read from the index; a comparison of beginnings may not be.
        query = query.where(Contact.contact_id >= start).where(Contact.contact_id < f"{start}g")
    if criteria.address:
        known = select(Conversation.id).where(_at(session, practitioner, criteria.address))
        query = query.where(Contact.conversation_id.in_(known))
    return query.where(*_conditions(criteria))


def _conditions(criteria: Criteria) -> Iterator[ColumnElement[bool]]:
    if criteria.practitioner_id is not None:
        yield _handled_by(criteria.practitioner_id)
    if criteria.since is not None:
        yield Contact.received_at >= criteria.since
    if criteria.until is not None:
        yield Contact.received_at < criteria.until
    if criteria.urgency is not None:
        yield Contact.urgency == criteria.urgency
    if criteria.outcome is not None:
        yield Contact.outcome == criteria.outcome


def _at(session: Session, practitioner: Practitioner, address: str) -> ColumnElement[bool]:
    keyring = keyring_of(session)
    plain = address.replace(" ", "")
    digests = [keyring.digest("address", channel.value, plain) for channel in ChannelName]
    return Conversation.address_digest.in_(digests) & (
        Conversation.authority_id == practitioner.authority_id
    )


def _handled_by(practitioner_id: int) -> ColumnElement[bool]:
    held = select(Handover.conversation_id).where(Handover.practitioner_id == practitioner_id)
    return or_(
        Contact.decided_by_id == practitioner_id,
        Contact.taken_by_id == practitioner_id,
        Contact.conversation_id.in_(held),
    )


def _without_contact(session: Session, practitioner: Practitioner, address: str) -> Iterator[Found]:
    rows = session.scalars(
        select(Conversation)
        .where(_at(session, practitioner, address))
        .where(
            ~Conversation.id.in_(
                select(Contact.conversation_id).where(Contact.conversation_id.is_not(None))
            )
        )
        .limit(MOST_FOUND)
    )
    for row in rows:
        yield Found(child=row.child, contact=None, conversation=row)


def _messages(session: Session, practitioner: Practitioner, contact: Contact) -> Iterator[Passage]:
    rows = session.scalars(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.child_id == contact.child_id)
        .where(Conversation.authority_id == practitioner.authority_id)
        .order_by(Message.id.desc())
        .limit(_MOST_MESSAGES)
    )
    who = {Author.CHILD: "The child", Author.BOT: "The bot", Author.PRACTITIONER: "A practitioner"}
    for row in rows:
        place = f"/conversations/{row.conversation_id}?before={row.id + 60}#message-{row.id}"
        yield Passage(
            where=f"{who[row.author]} wrote", text=row.text, at=row.created_at, href=place
        )


def _written(session: Session, practitioner: Practitioner, contact: Contact) -> Iterator[Passage]:
    for note in casework.notes(session, practitioner, [contact.child_id]):
        yield Passage(
            where="Case note",
            text=note.text,
            at=note.happened_at,
            href=f"/contacts/{contact.id}/chronology#note-{note.id}",
        )
    for one in contacts.of_children(session, practitioner, [contact.child_id]):
        for answers in records.answers_by_field(session, one).values():
            for answer in answers:
                yield Passage(
                    where=f"Record: {answer.field.replace('_', ' ')}",
                    text=str(answer.value or ""),
                    at=answer.created_at,
                    href=f"/contacts/{one.id}#field-{answer.field}",
                )
