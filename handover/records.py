"""The gathered record: contacts and answers, where nothing a child said is overwritten."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from handover import audit, hours, lookups, record_fields
from models.authority import Authority
from models.base import utc_now
from models.contact import Answer, AnswerStatus, Contact, ContactChannel
from models.conversation import Author, Conversation, Message
from models.practitioner import Practitioner
from models.record import RECORD_FIELDS
from models.urgency import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredAnswer:
    """An answer to one field, not yet recorded."""

    field: str
    status: AnswerStatus
    value: Any = None


def current_contact(session: Session, conversation: Conversation) -> Contact:
    """Gives the contact of the conversation's present episode, opening it if there is none."""
    contact = find_contact(session, conversation)
    if contact is not None:
        return contact
    now = utc_now()
    contact = Contact(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        child_id=conversation.child_id,
        episode=conversation.episode,
        channel=ContactChannel(conversation.channel.value),
        locale=conversation.language,
        received_at=now,
        is_out_of_hours=not hours.at(conversation.authority, now).is_open,
        urgency=conversation.urgency,
    )
    session.add(contact)
    session.flush()
    return contact


def find_contact(session: Session, conversation: Conversation) -> Contact | None:
    """Gives the contact of the conversation's present episode, or None before anything was said."""
    asked = {"conversation": conversation.id, "episode": conversation.episode}
    return session.scalars(_OF_EPISODE, asked).first()


def record_answers(
    session: Session,
    contact: Contact,
    answers: Iterable[GatheredAnswer],
    *,
    message: Message | None = None,
    practitioner: Practitioner | None = None,
) -> list[Answer]:
    """Adds answers beside the earlier ones, and gives those that said something new.

    Raises:
        ValueError: a field is not one of the record's.
    """
    known = _answers_by(session, contact, is_staff=practitioner is not None)
    added = []
    for gathered in answers:
        _check_field(session, contact, gathered.field, practitioner)
        last = known.get(gathered.field)
        if last is not None and (last.status, last.value) == (gathered.status, gathered.value):
            continue
        answer = Answer(
            contact_id=contact.id,
            field=gathered.field,
            status=gathered.status,
            value=gathered.value,
            author=Author.PRACTITIONER if practitioner else Author.CHILD,
            practitioner_id=practitioner.id if practitioner else None,
            message_id=message.id if message else None,
        )
        session.add(answer)
        added.append(answer)
    if added:
        session.flush()
        lookups.note(session, contact.authority_id, contact.child_id, added)
        announce(session, contact)
    return added


def current_answers(session: Session, contact: Contact) -> dict[str, Answer]:
    """Gives the newest answer to each field that was answered, asked or declined."""
    rows = session.scalars(
        select(Answer).where(Answer.contact_id == contact.id).order_by(Answer.id)
    )
    return {answer.field: answer for answer in rows}


def answers_by_field(session: Session, contact: Contact) -> dict[str, list[Answer]]:
    """Gives every answer to each field, oldest first."""
    found: dict[str, list[Answer]] = defaultdict(list)
    rows = select(Answer).where(Answer.contact_id == contact.id).order_by(Answer.id)
    for answer in session.scalars(rows):
        found[answer.field].append(answer)
    return found


def staff_value(session: Session, contact: Contact, field: str) -> Any:
    """Gives what staff last recorded in a field; None when nothing, or no value."""
    last = _answers_by(session, contact, is_staff=True).get(field)
    return last.value if last is not None and last.status is AnswerStatus.VALUE else None


def mark_asked(session: Session, contact: Contact, field: str) -> None:
    """Keeps that a field was asked, so that its silence can be told from its never being asked."""
    if field in RECORD_FIELDS and field not in current_answers(session, contact):
        record_asked = GatheredAnswer(field=field, status=AnswerStatus.ASKED_UNANSWERED)
        _add_bot_answer(session, contact, record_asked)


def submit(session: Session, contact: Contact) -> bool:
    """Puts a contact before people, with its clock running; False when it already was."""
    if contact.submitted_at is not None:
        return False
    contact.submitted_at = utc_now()
    audit.record(session, "contact_submitted", conversation=contact.conversation)
    announce(session, contact)
    return True


def announce(session: Session, contact: Contact) -> None:
    """Tells the open pages of the contact's conversation that it changed; one without has none."""
    if contact.conversation is not None:
        audit.announce(session, contact.conversation, "contact", contact.id)


def raise_urgency(contact: Contact, level: Urgency) -> None:
    """Lets the contact's urgency rise, never fall."""
    if level.rank > contact.urgency.rank:
        contact.urgency = level


def had_worry(session: Session, conversation: Conversation) -> bool:
    """Tells whether this conversation has put anything before people so far."""
    found = (
        select(Contact.id)
        .where(Contact.conversation_id == conversation.id)
        .where(Contact.submitted_at.is_not(None))
        .limit(1)
    )
    return session.scalars(found).first() is not None


def go_on_from(session: Session, conversation: Conversation) -> None:
    """Keeps that the child comes back with what an earlier contact of theirs was about."""
    contact = current_contact(session, conversation)
    earlier = session.scalars(
        select(Contact.episode)
        .where(Contact.conversation_id == conversation.id)
        .where(Contact.episode < conversation.episode)
        .where(Contact.submitted_at.is_not(None))
        .order_by(Contact.episode.desc())
        .limit(1)
    ).first()
    if earlier is not None:
        contact.continues_episode = earlier
        audit.announce(session, conversation, "contact", contact.id)


def known_answers(
    session: Session, conversation: Conversation, contact: Contact | None
) -> dict[str, dict[str, Any]]:
    """Gives what is already known of this child in any contact, as the dialogue takes it.

    `contact` is that of the conversation's present episode.

    What is true for one worry only, such as where the child is now, comes from the present
    episode alone, or from the one that it goes on from by the child's own word.
    """
    # The language of the talk is the conversation's own, and is told beside these.
    lasting = {"name_to_use", "age", "gender", "school", "communication_needs"}
    momentary = {"safe_now", "current_location", "who_is_there", "needs_medical_help"}
    continued = contact.continues_episode if contact else None
    rows = session.execute(_ANSWERED, {"child": conversation.child_id})
    known: dict[str, dict[str, Any]] = {}
    for field, status, value, episode, conversation_id in rows:
        # Codes and analyses that staff write down are no answers for the bot to speak of, and the
        # language of the talk is the conversation's own.
        if field not in RECORD_FIELDS or field == "language":
            continue
        is_ours = conversation_id == conversation.id
        is_present = episode == conversation.episode and conversation.ended_at is None
        goes_on = episode == continued and field not in momentary
        is_lasting = field in lasting and status is AnswerStatus.VALUE
        if (is_ours and (is_present or goes_on)) or is_lasting:
            known[field] = {"status": status.value, "value": value}
    return known


# Made once: these are asked for every turn.
_OF_EPISODE = (
    select(Contact)
    .where(Contact.conversation_id == bindparam("conversation"))
    .where(Contact.episode == bindparam("episode"))
    .order_by(Contact.id.desc())
    .limit(1)
    # A new contact is written at once: to ask for it needs nothing else to be written before.
    .execution_options(autoflush=False)
)
_ANSWERED = (
    select(Answer.field, Answer.status, Answer.value, Contact.episode, Contact.conversation_id)
    .join(Contact, Contact.id == Answer.contact_id)
    .where(Contact.child_id == bindparam("child"))
    .where(Answer.status != AnswerStatus.ASKED_UNANSWERED)
    .order_by(Answer.id)
)


def _answers_by(session: Session, contact: Contact, *, is_staff: bool) -> dict[str, Answer]:
    """Gives the newest answer to each field by staff, or by the child and the bot.

    What a child says again after staff wrote it down is still something the child said.
    """
    return {
        field: own[-1]
        for field, answers in answers_by_field(session, contact).items()
        if (own := [one for one in answers if (one.author is Author.PRACTITIONER) is is_staff])
    }


def _check_field(
    session: Session, contact: Contact, name: str, practitioner: Practitioner | None
) -> None:
    if practitioner is None and name not in RECORD_FIELDS:
        raise ValueError(f"{name} is not a field that a child gives.")
    if practitioner is not None and name not in RECORD_FIELDS:
        nation = session.get_one(Authority, contact.authority_id).nation
        if name not in record_fields.form(nation, contact.received_at.year).fields:
            raise ValueError(f"{name} is not a field of the record.")


def _add_bot_answer(session: Session, contact: Contact, gathered: GatheredAnswer) -> None:
    session.add(
        Answer(
            contact_id=contact.id,
            field=gathered.field,
            status=gathered.status,
            value=gathered.value,
            author=Author.BOT,
        )
    )
    session.flush()
