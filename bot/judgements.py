"""What is kept of how urgent a message is: never less than a person was called for, and why.

A conversation that stands above no concern has a message that says so, with a reason a reader can
judge: a phrase that was heard on receipt stays when the model is sure of nothing, and what raised
it without words stands with the message that it came with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, aliased

from bot.urgency import Assessment
from models.conversation import Conversation, HandoverReason, Message, UrgencyAssessment
from models.urgency import Urgency, highest


def row(
    message: Message,
    assessment: Assessment,
    *,
    raised: Urgency = Urgency.NO_CONCERN,
    is_masked: bool = False,
) -> UrgencyAssessment:
    """Gives the row that keeps an assessment, with its reasons sealed.

    Args:
        message: what was judged.
        assessment: what came of it.
        raised: the level to which phrases had raised it before the model was asked. A person was
            called for it then, so that it stands, beside what the model saw.
        is_masked: whether the message holds a word of the child's own, which reasons would quote.
    """
    level = highest(assessment.level, raised)
    reasons = [] if is_masked else [_plain(asdict(reason)) for reason in assessment.reasons]
    if level is not assessment.level:
        reasons.append(_without_words("receipt", level, saw=assessment.level.value))
    if is_masked and level is not Urgency.NO_CONCERN:
        reasons.append(_without_words("hidden", level))
    return UrgencyAssessment(
        message_id=message.id,
        urgency=level,
        harms=sorted(harm.value for harm in assessment.harms),
        scores={level.value: round(score, 4) for level, score in assessment.scores.items()},
        reasons=reasons or _without_any(assessment, level),
        scored_by=assessment.scored,
        model_version=assessment.model_version,
        needs_rescoring=assessment.scored == "phrases",
    )


def on_receipt(message: Message, found: Assessment, level: Urgency) -> UrgencyAssessment:
    """Gives the row that says why a message called a person, until it is judged with the model."""
    return UrgencyAssessment(
        message_id=message.id,
        urgency=level,
        harms=sorted(harm.value for harm in found.harms),
        reasons=[_plain(asdict(reason)) for reason in found.reasons],
        scored_by=_RECEIPT,
    )


def drop_receipts(session: Session, messages: Sequence[Message]) -> None:
    """Removes what receipt alone said of messages that are judged now."""
    session.execute(
        delete(UrgencyAssessment)
        .where(UrgencyAssessment.message_id.in_([message.id for message in messages]))
        .where(UrgencyAssessment.scored_by == _RECEIPT)
    )


def explain(
    session: Session,
    conversation: Conversation,
    messages: Sequence[Message],
    level: Urgency,
    why: HandoverReason | None,
) -> None:
    """Keeps with the newest message why the conversation is so urgent, where no message says it.

    What was asked for, or a word of the child's own, raises a conversation though the words do not.
    """
    if _is_said(session, conversation, level):
        return
    by_people = corrected(session, messages)
    open_to_us = [message for message in messages if message.id not in by_people]
    if not open_to_us:
        return
    session.add(
        UrgencyAssessment(
            message_id=open_to_us[-1].id,
            urgency=level,
            reasons=[_without_words("service", level, handover=why and why.value)],
            scored_by="service",
        )
    )


_RECEIPT = "receipt"


def corrected(session: Session, messages: Sequence[Message]) -> set[int]:
    """Gives those of some messages of which a named person has said how urgent they are."""
    asked = {"messages": [message.id for message in messages]}
    return set(session.scalars(_CORRECTED, asked))


def _plain(reason: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in reason.items()}


def _without_words(kind: str, level: Urgency, **more: str | None) -> dict[str, Any]:
    return {"kind": kind, "words": "", "start": 0, "end": 0, "level": level.value, **more}


def _without_any(assessment: Assessment, level: Urgency) -> list[dict[str, Any]]:
    if level is Urgency.NO_CONCERN:
        return []
    # Phrases name their words: only what could not be read at all comes without any.
    return [_without_words("unread" if assessment.scored == "phrases" else "whole", level)]


_CORRECTED = (
    select(UrgencyAssessment.message_id)
    .where(UrgencyAssessment.message_id.in_(bindparam("messages", expanding=True)))
    .where(UrgencyAssessment.practitioner_id.is_not(None))
)
_by_person = aliased(UrgencyAssessment)
# What a named person said of a message stands, and what was judged of it before says nothing more.
_IS_CORRECTED = (
    select(_by_person.id)
    .where(_by_person.message_id == UrgencyAssessment.message_id)
    .where(_by_person.practitioner_id.is_not(None))
    .exists()
)
_SAID = (
    select(UrgencyAssessment.id)
    .join(Message, Message.id == UrgencyAssessment.message_id)
    .where(Message.conversation_id == bindparam("conversation"))
    .where(Message.episode == bindparam("episode"))
    .where(UrgencyAssessment.urgency.in_(bindparam("levels", expanding=True)))
    .where(UrgencyAssessment.practitioner_id.is_not(None) | ~_IS_CORRECTED)
    .limit(1)
)


def _is_said(session: Session, conversation: Conversation, level: Urgency) -> bool:
    asked = {
        "conversation": conversation.id,
        "episode": conversation.episode,
        "levels": list(_at_least(level)),
    }
    return session.scalars(_SAID, asked).first() is not None


def _at_least(level: Urgency) -> Iterable[Urgency]:
    return (one for one in Urgency if one.rank >= level.rank)
