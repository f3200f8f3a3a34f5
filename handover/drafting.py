"""What a practitioner should know of a draft before it goes. It warns, and never blocks."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy.orm import Session

from handover import contact_plan, records, thread, words
from handover.contact_plan import Permission, Verdict
from handover.delivery_words import delivery_words
from models.base import utc_now
from models.contact import Answer, AnswerStatus
from models.conversation import Author, Conversation, Message
from models.record import RECORD_FIELDS

_RULES = Path(__file__).parent / "desk_data" / "asked_again.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """One thing to know before sending."""

    text: str
    message_id: int | None = None
    """The child's message that answers it already."""


def cautions(session: Session, conversation: Conversation, draft: str) -> tuple[Caution, ...]:
    """Gives what to know before this draft is sent; nothing when all is well."""
    if not draft.strip():
        return ()
    plan = delivery_caution(conversation, utc_now())
    return (*([plan] if plan else []), *_asked_again(session, conversation, draft))


def delivery_caution(conversation: Conversation, now: dt.datetime) -> Caution | None:
    """Gives what would become of a message sent now, when it would not go as it is.

    It asks the gateway that the outbox asks, so that the two never differ.
    """
    trial = Message(author=Author.PRACTITIONER, text="", created_at=now)
    verdict = contact_plan.check(conversation, trial, now)
    if verdict.permission is Permission.SEND:
        return None
    return Caution(text=f"{_becomes(verdict)} {delivery_words(verdict.reason).happened}")


def _becomes(verdict: Verdict) -> str:
    if verdict.permission is Permission.HOLD:
        until = f" until {words.local_time(verdict.until)}" if verdict.until else ""
        return f"This would wait{until}."
    if verdict.permission is Permission.WITHHOLD:
        return "This would not be sent."
    return "Only a neutral note would be sent."


def _asked_again(session: Session, conversation: Conversation, draft: str) -> Iterator[Caution]:
    contact = records.find_contact(session, conversation)
    if contact is None:
        return
    known = records.current_answers(session, contact)
    said = draft.casefold().replace("\u2019", "'")
    for field, patterns in _rules().items():
        answer = known.get(field)
        if answer is None or not any(pattern.search(said) for pattern in patterns):
            continue
        if caution := _caution(field, answer):
            yield caution


def _caution(field: str, answer: Answer) -> Caution | None:
    label = RECORD_FIELDS[field].label
    said = {
        AnswerStatus.VALUE: (
            f"They have told us this already. {label}: {thread.answer_words(answer)}."
        ),
        AnswerStatus.PREFER_NOT_TO_SAY: f"They would rather not say this: {label.lower()}.",
        AnswerStatus.DONT_KNOW: f"They said that they do not know this: {label.lower()}.",
    }
    text = said.get(answer.status)
    return Caution(text=text, message_id=answer.message_id) if text else None


@cache
def _rules() -> Mapping[str, Sequence[re.Pattern[str]]]:
    loaded: dict[str, list[str]] = YAML(typ="safe").load(_RULES.read_text("utf-8"))
    return {field: [re.compile(one) for one in patterns] for field, patterns in loaded.items()}
