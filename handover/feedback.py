"""Feedback: how it went for the child, asked once an episode and only when all is calm."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handover import audit, contact_plan, outgoing, records, wording
from handover.contact_plan import Permission
from handover.outgoing import Choice
from models.base import utc_now
from models.conversation import (
    Author,
    Conversation,
    Handover,
    HandoverReason,
    Message,
    UrgencyAssessment,
)
from models.feedback import Feedback
from models.practitioner import Practitioner, RoleName
from models.silence import Silence
from models.urgency import Urgency

_DATA = Path(__file__).parent / "feedback.yml"
_CHOICES = {"score": 5, "explained": 3}
_WORDS = "words"
_PRESSED = re.compile(r"^feedback:(\w+):(\d)$")
_MOST_SHOWN = 500


class FeedbackDeniedError(Exception):
    """Feedback is read by supervisors alone, so that no child is known by what they say of us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackAnswer:
    """An answer to the open question; without mark and words the child had nothing to say."""

    item: str
    mark: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as the child sees it."""

    text: str
    choices: tuple[Choice, ...] = ()


def ask(session: Session, conversation: Conversation, set_name: str) -> bool:
    """Asks how it went, if this is a good moment and it was not asked yet in this episode."""
    if not _may_ask(session, conversation):
        return False
    first = _sets()[set_name][0]
    contact = records.find_contact(session, conversation)
    session.add(
        Feedback(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            contact_id=contact.id if contact else None,
            episode=conversation.episode,
            set_name=set_name,
            open_item=first,
            opened_at=utc_now(),
        )
    )
    asked = question(first, conversation.language)
    outgoing.queue_message(
        session, conversation, outgoing.Words(text=asked.text, choices=asked.choices)
    )
    audit.record(session, "feedback_asked", conversation=conversation)
    return True


def open_item(session: Session, conversation: Conversation) -> str | None:
    """Gives the question that is open, or None when there is none or it is too old."""
    return item_of(_find(session, conversation))


def item_of(row: Feedback | None) -> str | None:
    """Gives the open question of a row of the present episode, as `open_item` does."""
    if row is None or row.open_item is None or row.opened_at is None:
        return None
    is_old = utc_now() - row.opened_at > dt.timedelta(hours=_data()["open_hours"])
    return None if is_old else row.open_item


def read(item: str, text: str, choice: str | None) -> FeedbackAnswer | None:
    """Gives what a message answers to the open question, or None when it is about other things."""
    typed = " ".join(text.casefold().split()).strip(" .!")
    if item == _WORDS:
        if choice is not None or not typed:
            return None
        is_nothing = typed in _data()["typed"]["nothing"]
        return FeedbackAnswer(item=item, words=None if is_nothing else text.strip())
    pressed = _PRESSED.match(choice or "")
    if pressed is not None:
        return FeedbackAnswer(item=item, mark=int(pressed[2])) if pressed[1] == item else None
    if typed.isdigit() and len(typed) == 1 and 1 <= int(typed) <= _CHOICES[item]:
        return FeedbackAnswer(item=item, mark=int(typed))
    for mark, said in _data()["typed"][item].items():
        if typed in said:
            return FeedbackAnswer(item=item, mark=int(mark))
    return None


def following(set_name: str, item: str) -> str | None:
    """Gives the next question of a set, or None after the last."""
    items = _sets()[set_name]
    place = items.index(item) + 1
    return items[place] if place < len(items) else None


def question(item: str, language: str) -> Question:
    """Gives a question in the child's language, with its choices."""
    [text] = wording.texts(f"feedback_{item}", language)
    choices = tuple(
        Choice(
            title=wording.texts(f"feedback_{item}_{mark}", language)[0],
            payload=f"feedback:{item}:{mark}",
        )
        for mark in range(1, _CHOICES.get(item, 0) + 1)
    )
    return Question(text=text, choices=choices)


def keep(session: Session, conversation: Conversation, answer: FeedbackAnswer) -> None:
    """Keeps an answer, and opens the next question."""
    row = _find(session, conversation)
    if row is None:
        return
    now = utc_now()
    row.answered_at = row.answered_at or now
    if answer.item == "score":
        row.score = answer.mark
    elif answer.item == _WORDS:
        row.words = answer.words
    else:
        row.items = {**(row.items or {}), answer.item: answer.mark}
    row.open_item = following(row.set_name, answer.item)
    row.opened_at = now
    audit.record(session, "feedback_given", conversation=conversation)


def close(session: Session, conversation: Conversation) -> None:
    """Ends the asking: the child writes of something else."""
    row = _find(session, conversation)
    if row is not None:
        row.open_item = None


def given(
    session: Session, practitioner: Practitioner, *, since: dt.datetime, limit: int = _MOST_SHOWN
) -> list[Feedback]:
    """Gives what children of the supervisor's authority said, the newest first.

    Raises:
        FeedbackDeniedError: they are no supervisor.
    """
    if not practitioner.active or not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise FeedbackDeniedError
    return list(
        session.scalars(
            select(Feedback)
            .where(Feedback.authority_id == practitioner.authority_id)
            .where(Feedback.answered_at >= since)
            .order_by(Feedback.answered_at.desc(), Feedback.id.desc())
            .limit(min(limit, _MOST_SHOWN))
        )
    )


def mark_words() -> dict[str, dict[int, str]]:
    """Gives what each mark of each question means, in English."""
    return {
        item: {
            mark: wording.texts(f"feedback_{item}_{mark}", wording.FALLBACK)[0]
            for mark in range(1, most + 1)
        }
        for item, most in _CHOICES.items()
    }


def voice_of_child() -> dict[str, str]:
    """Gives the dataset's items by our names for them."""
    items: dict[str, str] = _data()["voice_of_child"]
    return dict(items)


def _may_ask(session: Session, conversation: Conversation) -> bool:
    if _find(session, conversation) is not None or _is_in_the_way(session, conversation):
        return False
    # What is asked later than this moment would come out of nowhere: then it is not asked.
    trial = Message(author=Author.BOT, conversation_id=conversation.id, created_at=utc_now())
    verdict = contact_plan.check(conversation, trial, utc_now())
    return verdict.permission is Permission.SEND


def _is_in_the_way(session: Session, conversation: Conversation) -> bool:
    """Tells whether the child is or was in danger, is hiding, or hardly said a thing."""
    contact = records.find_contact(session, conversation)
    level = contact.urgency if contact else Urgency.NO_CONCERN
    is_at_risk = conversation.urgency.raises_alert or level.raises_alert
    is_hiding = conversation.stopped_at is not None or any(
        one.covered_at is not None for one in conversation.child.conversations
    )
    if is_at_risk or is_hiding or conversation.emergency_answered_at is not None:
        return True
    if conversation.blocked_at is not None or conversation.aside is not None:
        return True
    return (
        _is_watched(session, conversation)
        or _was_emergency(session, conversation)
        or _was_wrong_reader(session, conversation)
        or _said(session, conversation) < _data()["least_messages"]
    )


def _is_watched(session: Session, conversation: Conversation) -> bool:
    watch = (
        select(Silence.id)
        .where(Silence.conversation_id == conversation.id)
        .where(Silence.closed_at.is_(None))
    )
    return session.scalars(watch).first() is not None


def _was_emergency(session: Session, conversation: Conversation) -> bool:
    found = (
        select(UrgencyAssessment.id)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .where(UrgencyAssessment.urgency == Urgency.EMERGENCY)
        .limit(1)
    )
    return session.scalars(found).first() is not None


def _was_wrong_reader(session: Session, conversation: Conversation) -> bool:
    newest = session.scalars(
        select(Handover.reason)
        .where(Handover.conversation_id == conversation.id)
        .order_by(Handover.id.desc())
        .limit(1)
    ).first()
    return newest is HandoverReason.WRONG_READER


def _said(session: Session, conversation: Conversation) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.conversation_id == conversation.id)
            .where(Message.episode == conversation.episode)
            .where(Message.author == Author.CHILD)
        )
        or 0
    )


def _find(session: Session, conversation: Conversation) -> Feedback | None:
    return session.scalars(
        select(Feedback)
        .where(Feedback.conversation_id == conversation.id)
        .where(Feedback.episode == conversation.episode)
    ).one_or_none()


def _sets() -> dict[str, list[str]]:
    sets: dict[str, list[str]] = _data()["sets"]
    return sets


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(_DATA.read_text("utf-8"))
    return loaded
