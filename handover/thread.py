"""A conversation's thread as people read it: messages, what became of them, and the contact."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload

from handover import marking, records, voice_notes, words
from handover.marking import Piece
from models.channel import MessageKind
from models.contact import Answer, AnswerStatus, Contact
from models.conversation import Author, Conversation, Message, UrgencyAssessment
from models.practitioner import Practitioner
from models.record import RECORD_FIELDS
from models.urgency import Urgency
from models.voice_note import VoiceNote

SHOWN_AT_ONCE = 200
_CHANGES = (MessageKind.EDIT, MessageKind.DELETION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How one message was judged, and why."""

    urgency: Urgency
    by: str
    at: dt.datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message as the console shows it."""

    message: Message
    author: str
    kind: str
    """What it is when it is not words; empty for words."""
    delivery: str
    delivery_help: str
    delivery_failed: bool
    changes: tuple[Message, ...]
    """The child's later edits of it and its deletion, oldest first; its own words stay."""
    judged: Judged | None
    """The last judgement, when it calls for more than a kind answer."""
    is_unscored: bool
    """Whether the model was away, so that the phrases alone have judged it so far."""
    marked: Mapping[int, tuple[Piece, ...]]
    """The words of the message and of each change, by its id, with what the judgement rests on."""
    voice_notes: tuple[VoiceNote, ...]
    """The sounds it brought, without what they hold."""

    @property
    def is_deleted(self) -> bool:
        """Tells whether the child has since deleted it."""
        return any(change.kind is MessageKind.DELETION for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShown:
    """One field of the contact, with what was said before beside it."""

    name: str
    label: str
    current: Answer
    words: str
    said_by: str
    earlier: tuple[tuple[Answer, str], ...]


def messages(
    session: Session, conversation: Conversation, *, before: int | None = None
) -> tuple[list[Shown], bool]:
    """Gives the newest messages, or those before one, oldest first; and whether there are more."""
    query = select(Message).where(Message.conversation_id == conversation.id)
    if before is not None:
        query = query.where(Message.id < before)
    newest = query.order_by(Message.id.desc()).limit(SHOWN_AT_ONCE + 1)
    found = session.scalars(_with_parts(newest)).all()
    shown = show(session, reversed(found[:SHOWN_AT_ONCE]))
    return shown, len(found) > SHOWN_AT_ONCE


def some(session: Session, message_ids: Sequence[int]) -> list[Shown]:
    """Gives some messages by id, of any conversation; a change gives what it changes."""
    if not message_ids:
        return []
    found = _by_id(session, message_ids)
    missing = {
        message.refers_to_id
        for message in found
        if _is_change_of_another(message) and message.refers_to_id not in message_ids
    }
    if missing:
        found = sorted([*found, *_by_id(session, missing)], key=lambda message: message.id)
    return show(session, found)


def show(session: Session, found: Iterable[Message]) -> list[Shown]:
    """Gives messages as they are shown, without those that only change another."""
    kept = [message for message in found if not _is_change_of_another(message)]
    changes = _changes(session, kept)
    names = practitioner_names(session, {message.practitioner_id for message in kept})
    sounds = voice_notes.of_messages(session, kept)
    return [
        _shown(message, changes[message.id], names, sounds.get(message.id, ())) for message in kept
    ]


def judgements(session: Session, conversation: Conversation, limit: int = 30) -> list[Judged]:
    """Gives how the present episode's messages were judged, newest first, above no concern."""
    rows = session.execute(
        select(UrgencyAssessment, Message.text)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .where(
            (UrgencyAssessment.urgency != Urgency.NO_CONCERN)
            | UrgencyAssessment.practitioner_id.is_not(None)
        )
        .order_by(UrgencyAssessment.id.desc())
        .limit(limit)
    ).all()
    names = practitioner_names(session, {row.practitioner_id for row, _ in rows})
    return [_judged(row, text, names) for row, text in rows]


def fields(session: Session, conversation: Conversation, contact: Contact) -> list[FieldShown]:
    """Gives what the contact holds, field by field, in the order a person reads them."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    for answer in session.scalars(
        select(Answer).where(Answer.contact_id == contact.id).order_by(Answer.id)
    ):
        answers[answer.field].append(answer)
    staff = {answer.practitioner_id for said in answers.values() for answer in said}
    names = practitioner_names(session, staff)
    return [
        FieldShown(
            name=name,
            label=field.label,
            current=answers[name][-1],
            words=answer_words(answers[name][-1]),
            said_by=_sayer(conversation, answers[name][-1], names),
            earlier=tuple((answer, answer_words(answer)) for answer in answers[name][-2::-1]),
        )
        for name, field in RECORD_FIELDS.items()
        if name in answers
    ]


def answer_words(answer: Answer) -> str:
    """Gives an answer in words."""
    if answer.status is not AnswerStatus.VALUE:
        return words.ANSWER_STATUS[answer.status]
    return _value_words(answer.value)


def contact_of(session: Session, conversation: Conversation) -> Contact | None:
    """Gives the contact of the present episode, or None before anything was said."""
    return records.find_contact(session, conversation)


def _by_id(session: Session, ids: Iterable[int | None]) -> Sequence[Message]:
    return session.scalars(_BY_ID, {"ids": list(ids)}).unique().all()


def _with_parts(query: Any) -> Any:
    return query.options(selectinload(Message.deliveries), selectinload(Message.assessments))


# Made once: these are asked for every change that open pages show. A child's message has no
# deliveries and ours has no judgements, so that both come with it.
_BY_ID = (
    select(Message)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(Message.deliveries), joinedload(Message.assessments))
    .order_by(Message.id)
)
_CHANGES_OF = (
    select(Message)
    .where(Message.conversation_id.in_(bindparam("conversations", expanding=True)))
    .where(Message.kind.in_(_CHANGES))
    .where(Message.refers_to_id.in_(bindparam("originals", expanding=True)))
    .options(selectinload(Message.assessments))
    .order_by(Message.id)
)


def _is_change_of_another(message: Message) -> bool:
    return message.kind in _CHANGES and message.refers_to_id is not None


def _changes(session: Session, kept: Sequence[Message]) -> dict[int, list[Message]]:
    by_original: dict[int, list[Message]] = defaultdict(list)
    originals = [message.id for message in kept if message.author is Author.CHILD]
    if originals:
        conversations = {message.conversation_id for message in kept}
        asked = {"conversations": list(conversations), "originals": originals}
        for change in session.scalars(_CHANGES_OF, asked):
            if change.refers_to_id is not None:
                by_original[change.refers_to_id].append(change)
    return by_original


def practitioner_names(session: Session, ids: set[int | None]) -> dict[int, str]:
    """Gives the names of some practitioners by id."""
    known = ids - {None}
    if not known:
        return {}
    query = select(Practitioner.id, Practitioner.name).where(Practitioner.id.in_(known))
    return dict(session.execute(query).all())


def _shown(
    message: Message,
    changes: list[Message],
    names: dict[int, str],
    sounds: tuple[VoiceNote, ...],
) -> Shown:
    state, help_text, failed = words.delivery(message.deliveries)
    last, judged_text = _most_urgent((message, *changes))
    calls = last is not None and last.urgency is not Urgency.NO_CONCERN
    return Shown(
        message=message,
        author=words.author(
            message.author, message.conversation, names.get(message.practitioner_id or 0)
        ),
        kind=words.KINDS.get(message.kind, ""),
        delivery=state,
        delivery_help=help_text,
        delivery_failed=failed,
        changes=tuple(changes),
        judged=_judged(last, judged_text, names) if last is not None and calls else None,
        is_unscored=any(row.needs_rescoring for row in message.assessments),
        marked={one.id: _marked(one) for one in (message, *changes)},
        voice_notes=sounds,
    )


def _most_urgent(said: Sequence[Message]) -> tuple[UrgencyAssessment | None, str]:
    """Gives the judgement that counts of a message and what it was changed to, and its words."""
    found = [(_in_force(one.assessments), one.text) for one in said]
    judged = [(row, text) for row, text in found if row is not None]
    return max(judged, key=lambda one: one[0].urgency.rank, default=(None, ""))


def _in_force(rows: Sequence[UrgencyAssessment]) -> UrgencyAssessment | None:
    """Gives the judgement that stands: a person's, also when the model came back after it."""
    by_person = [row for row in rows if row.practitioner_id is not None]
    return by_person[-1] if by_person else (rows[-1] if rows else None)


def _marked(message: Message) -> tuple[Piece, ...]:
    rows = message.assessments
    in_force = _in_force(rows)
    if in_force is None or in_force.urgency is Urgency.NO_CONCERN:
        return marking.pieces(message.text, ())
    # A person who corrects the level says why in words of their own; these stand in the message.
    by_us = next((row for row in reversed(rows) if row.practitioner_id is None), in_force)
    return marking.pieces(message.text, by_us.reasons or ())


def _judged(row: UrgencyAssessment, text: str, names: dict[int, str]) -> Judged:
    by = names.get(row.practitioner_id or 0, "Practitioner") if row.practitioner_id else "The bot"
    return Judged(
        urgency=row.urgency,
        by=by,
        at=row.created_at,
        reasons=marking.in_words(text, row.reasons or []),
    )


def _sayer(conversation: Conversation, answer: Answer, names: dict[int, str]) -> str:
    return words.author(answer.author, conversation, names.get(answer.practitioner_id or 0))


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "; ".join(_value_words(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(
            f"{key.replace('_', ' ')}: {_value_words(item)}" for key, item in value.items()
        )
    return str(value)
