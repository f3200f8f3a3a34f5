"""The brief: what somebody who takes a child over must know before the first word.

The child's own words, what they were asked and said, what they were told, how they may be reached,
what is not to be shared, what is still open about their safety, and who has spoken with them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import wording
from handover.thread import FieldShown
from models.audit import AuditEvent
from models.channel import MessageKind
from models.contact import AnswerStatus
from models.conversation import (
    Author,
    Conversation,
    Delivery,
    DeliveryStatus,
    Message,
    UrgencyAssessment,
)
from models.practitioner import Practitioner
from models.record import RECORD_FIELDS
from models.urgency import Urgency

_TOLD = Path(__file__).parent / "desk_data" / "told.yml"
_TOKEN = re.compile(r"\[\[\w+\]\]")
_SAFETY = ("safe_now", "current_location", "who_is_there", "needs_medical_help")
_NOT_TO_SHARE = ("do_not_share", "must_not_know", "consent_to_share", "parents_know")
_CONTACT = ("safe_contact_channel", "safe_contact_times", "shared_phone")
_COMMUNICATION = ("language", "communication_needs")
_MOST_READ = 100
_REACHED = {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something the child was told, and by which message."""

    label: str
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All of it, in the order it is read."""

    own_words: Message | None
    """The first thing they wrote that was a worry, or the first thing at all."""
    most_urgent: Message | None
    """What they wrote last that was more urgent than that; None when nothing was."""
    open_safety: tuple[str, ...]
    """What is not known of their safety now, as labels."""
    safety: tuple[FieldShown, ...]
    answered: tuple[FieldShown, ...]
    declined: tuple[FieldShown, ...]
    unanswered: tuple[FieldShown, ...]
    told: tuple[Told, ...]
    not_to_share: tuple[FieldShown, ...]
    safe_contact: tuple[FieldShown, ...]
    communication: tuple[FieldShown, ...]
    holders: tuple[str, ...]
    """Who has held it before, first to last."""


def brief(session: Session, conversation: Conversation, fields: Sequence[FieldShown]) -> Brief:
    """Gives the brief of a conversation's present episode.

    Args:
        session: the database.
        conversation: the talk.
        fields: what its contact holds, from `thread.fields`.
    """
    known = {field.name: field for field in fields}
    apart = {*_SAFETY, *_NOT_TO_SHARE, *_CONTACT, *_COMMUNICATION}
    rest = [field for field in fields if field.name not in apart]
    own_words = _own_words(session, conversation)
    return Brief(
        own_words=own_words,
        most_urgent=_more_urgent(session, conversation, own_words),
        open_safety=tuple(
            RECORD_FIELDS[name].label for name in _SAFETY if not _is_known(known.get(name))
        ),
        safety=_of(known, _SAFETY),
        answered=_with(rest, AnswerStatus.VALUE),
        declined=_with(fields, AnswerStatus.PREFER_NOT_TO_SAY, AnswerStatus.DONT_KNOW),
        unanswered=_with(fields, AnswerStatus.ASKED_UNANSWERED),
        told=_told(session, conversation),
        not_to_share=_of(known, _NOT_TO_SHARE),
        safe_contact=_of(known, _CONTACT),
        communication=_of(known, _COMMUNICATION),
        holders=_holders(session, conversation),
    )


def _own_words(session: Session, conversation: Conversation) -> Message | None:
    said = (
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .where(Message.author == Author.CHILD)
        .where(Message.kind.in_([MessageKind.TEXT, MessageKind.VOICE]))
        .order_by(Message.id)
    )
    worry = (
        said.join(UrgencyAssessment, UrgencyAssessment.message_id == Message.id)
        .where(UrgencyAssessment.urgency != Urgency.NO_CONCERN)
        .limit(1)
    )
    return session.scalars(worry).first() or session.scalars(said.limit(1)).first()


def _more_urgent(
    session: Session, conversation: Conversation, first: Message | None
) -> Message | None:
    if first is None:
        return None
    judged: dict[int, Urgency] = dict(
        session.execute(
            select(UrgencyAssessment.message_id, UrgencyAssessment.urgency)
            .join(Message, Message.id == UrgencyAssessment.message_id)
            .where(Message.conversation_id == conversation.id)
            .where(Message.episode == conversation.episode)
            .order_by(UrgencyAssessment.id)
        ).all()
    )
    # The last judgement of each message counts, and of those alike the newest message.
    level = max(judged.values(), key=lambda one: one.rank, default=Urgency.NO_CONCERN)
    if not level.raises_alert or first.id not in judged or judged[first.id] is level:
        return None
    newest = max(number for number, one in judged.items() if one is level)
    return session.get_one(Message, newest)


def _is_known(field: FieldShown | None) -> bool:
    return field is not None and field.current.status is not AnswerStatus.ASKED_UNANSWERED


def _of(known: Mapping[str, FieldShown], names: Iterable[str]) -> tuple[FieldShown, ...]:
    found = (known[name] for name in names if name in known)
    return tuple(field for field in found if field.current.status is AnswerStatus.VALUE)


def _with(fields: Iterable[FieldShown], *statuses: AnswerStatus) -> tuple[FieldShown, ...]:
    return tuple(field for field in fields if field.current.status in statuses)


def _told(session: Session, conversation: Conversation) -> tuple[Told, ...]:
    """Gives what was said to the child in this episode, each with the last time it was said."""
    ours = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .where(Message.author != Author.CHILD)
        .where(Message.deliveries.any(Delivery.status.in_(_REACHED)))
        .order_by(Message.id.desc())
        .limit(_MOST_READ)
    ).all()
    found = []
    for label, patterns in _patterns(conversation.language).items():
        for message in ours:
            if any(pattern.search(message.text.casefold()) for pattern in patterns):
                found.append(Told(label=label, message_id=message.id))
                break
    return tuple(found)


def _holders(session: Session, conversation: Conversation) -> tuple[str, ...]:
    rows = session.scalars(
        select(Practitioner.name)
        .join(AuditEvent, AuditEvent.practitioner_id == Practitioner.id)
        .where(AuditEvent.conversation_id == conversation.id)
        .where(AuditEvent.authority_id == conversation.authority_id)
        .where(AuditEvent.action == "held_by_practitioner")
        .order_by(AuditEvent.id)
    )
    return tuple(dict.fromkeys(rows))


@cache
def _patterns(language: str) -> Mapping[str, Sequence[re.Pattern[str]]]:
    loaded: list[dict[str, object]] = YAML(typ="safe").load(_TOLD.read_text("utf-8"))
    return {str(rule["label"]): _rule_patterns(rule, language) for rule in loaded}


def _rule_patterns(rule: Mapping[str, object], language: str) -> list[re.Pattern[str]]:
    words, keys, numbers = (rule.get(name, []) for name in ("words", "keys", "numbers"))
    found = [re.compile(str(one), re.DOTALL) for one in _listed(words)]
    for key in _listed(keys):
        for spoken in {language, wording.FALLBACK}:
            found.extend(_as_pattern(text) for text in wording.templates(str(key), spoken))
    by_key = {number.key: number.number for number in wording.help_numbers()}
    found.extend(re.compile(re.escape(by_key[str(key)])) for key in _listed(numbers))
    return found


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _as_pattern(text: str) -> re.Pattern[str]:
    """Gives what finds a text of ours whatever stood in its tokens."""
    parts = [re.escape(part.strip()) for part in _TOKEN.split(text.casefold())]
    return re.compile(".*".join(parts), re.DOTALL)
