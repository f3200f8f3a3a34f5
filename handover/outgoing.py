"""Queuing what is said to a child. Only rows are written here; the bot's outbox sends them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from handover import audit
from models.base import utc_now
from models.channel import Capability
from models.conversation import Author, Conversation, Delivery, Message
from models.practitioner import Practitioner
from models.urgency import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer the child can press, or type in words or by its number."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is to be said, and how soon it must go when there is more than a channel takes."""

    text: str
    choices: tuple[Choice, ...] = ()
    urgency: Urgency = Urgency.NO_CONCERN
    is_note: bool = False
    """Whether it is the neutral note that stands for sealed words."""
    introduces: int | None = None
    """The practitioner of whom it says that they speak from now on."""
    wait: dt.timedelta = dt.timedelta(0)
    """How long it is kept back, so that whoever wrote it can take it back."""


def queue_message(
    session: Session,
    conversation: Conversation,
    words: Words,
    *,
    practitioner: Practitioner | None = None,
    answers: Message | None = None,
    external_id: str | None = None,
) -> Message:
    """Gives the message that will be sent, split as the conversation's channel needs.

    With an `external_id`, the database refuses a second message of the same one.
    """
    now = utc_now()
    message = Message(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        episode=conversation.episode,
        author=Author.PRACTITIONER if practitioner else Author.BOT,
        practitioner_id=practitioner.id if practitioner else None,
        text=shown_text(words.text, words.choices, conversation.capability),
        details=_details(words),
        answers_id=answers.id if answers else None,
        external_id=external_id,
        created_at=now,
    )
    for number, part in enumerate(split(message.text, conversation.capability.text_limit), 1):
        message.deliveries.append(
            Delivery(
                conversation_id=conversation.id,
                account_id=conversation.account_id,
                part=number,
                text=part,
                urgency=words.urgency,
                not_before=now + words.wait,
            )
        )
    session.add(message)
    conversation.last_outbound_at = now
    session.flush()
    audit.announce(session, conversation, "message", message.id)
    return message


def shown_text(text: str, choices: Sequence[Choice], capability: Capability) -> str:
    """Gives the text as the child sees it: choices that cannot be buttons are numbered lines."""
    if len(choices) <= capability.buttons:
        return text
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, 1)]
    return "\n".join([text, *lines])


def split(text: str, limit: int) -> list[str]:
    """Gives the text in parts of at most `limit` characters, cut at a paragraph or a word."""
    return list(_parts(text.strip(), limit)) or [""]


def _parts(text: str, limit: int) -> Iterator[str]:
    while len(text) > limit:
        window = text[: limit + 1]
        cut = max(window.rfind("\n\n"), window.rfind("\n"))
        if cut < limit // 2:
            cut = max(cut, window.rfind(" "))
        if cut <= 0:
            cut = limit
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _details(words: Words) -> dict[str, Any] | None:
    details: dict[str, Any] = {}
    if words.choices:
        details["choices"] = [
            {"title": choice.title, "payload": choice.payload} for choice in words.choices
        ]
    if words.is_note:
        details["is_note"] = True
    if words.introduces is not None:
        details["introduces"] = words.introduces
    return details or None
