"""The rows that a turn is made from, asked for in as few questions as there can be.

A question costs the program more than the database, whatever its length: what can be asked
together is, and each question is made once.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from handover import presence, reading_marks, sealing
from models.channel import WORDLESS_KINDS
from models.contact import Contact
from models.conversation import Author, Conversation, Handover, Message, UrgencyAssessment
from models.feedback import Feedback
from models.urgency import Harm, Urgency

_PREVIOUS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is asked of many rows and is one value each."""

    has_rota: bool
    has_sealed: bool
    """Whether words wait for the safe word."""
    was_worrying: bool
    """Whether an earlier message of the episode was judged to be more than no concern."""
    looked_at: dt.datetime | None
    written_at: dt.datetime | None
    """When a person last did something, or wrote, with the child's words before their eyes."""
    said_at: dt.datetime | None
    """When the child last wrote before this turn."""
    last_details: dict[str, Any] | None
    """What our newest message brought beside its words, such as choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRows:
    """All that is read for one turn."""

    conversation: Conversation
    """With its child and its authority."""
    call: Handover | None
    """The open call for a person."""
    contact: Contact | None
    """The contact of the present episode."""
    asked_how: Feedback | None
    """The questions of the present episode on how it went."""
    waiting: Sequence[Message]
    earlier: Sequence[Message]
    """The last messages of the episode before those that wait, oldest first."""
    harms: frozenset[Harm]
    """What these told of."""
    facts: Facts


def read(session: Session, conversation_id: int) -> TurnRows | None:
    """Gives the rows of a conversation's turn, or None when no message waits."""
    asked: dict[str, object] = {"conversation": conversation_id}
    waiting = session.scalars(_WAITING, asked).all()
    if not waiting:
        return None
    conversation, call, contact, asked_how = session.execute(_TOGETHER, asked).one()
    asked |= {"episode": conversation.episode, "before": waiting[0].id}
    asked |= {"authority": conversation.authority_id}
    facts = session.execute(_FACTS, asked).mappings().one()
    earlier = session.scalars(_EARLIER, asked).all()[::-1]
    ids = {"messages": [message.id for message in earlier]}
    harms = session.scalars(_HARMS, ids) if earlier else ()
    return TurnRows(
        conversation=conversation,
        call=call,
        contact=contact,
        asked_how=asked_how,
        waiting=waiting,
        earlier=earlier,
        harms=frozenset(Harm(harm) for found in harms for harm in found),
        facts=Facts(**facts),
    )


def _together() -> Select[Conversation, Handover, Contact, Feedback]:
    newest_contact = (
        select(func.max(Contact.id))
        .where(Contact.conversation_id == Conversation.id)
        .where(Contact.episode == Conversation.episode)
        .correlate(Conversation)
        .scalar_subquery()
    )
    is_open = (Handover.conversation_id == Conversation.id) & Handover.closed_at.is_(None)
    is_present = (Feedback.conversation_id == Conversation.id) & (
        Feedback.episode == Conversation.episode
    )
    return (
        select(Conversation, Handover, Contact, Feedback)
        .outerjoin(Handover, is_open)
        .outerjoin(Contact, Contact.id == newest_contact)
        .outerjoin(Feedback, is_present)
        .where(Conversation.id == bindparam("conversation"))
        .options(
            joinedload(Conversation.child, innerjoin=True),
            joinedload(Conversation.authority, innerjoin=True),
        )
    )


def _of_child() -> Select[Message]:
    return (
        select(Message)
        .where(Message.conversation_id == bindparam("conversation"))
        .where(Message.author == Author.CHILD)
    )


def _earlier() -> Select[Message]:
    return (
        _of_child()
        .where(Message.episode == bindparam("episode"))
        .where(Message.id < bindparam("before"))
        .where(Message.kind.not_in(WORDLESS_KINDS))
        .order_by(Message.id.desc())
        .limit(_PREVIOUS)
    )


def _facts() -> Select[*tuple[Any, ...]]:
    conversation: BindParameter[Any] = bindparam("conversation")
    was_worrying = (
        select(UrgencyAssessment.id)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .where(Message.conversation_id == conversation)
        .where(Message.episode == bindparam("episode"))
        .where(Message.id < bindparam("before"))
        .where(UrgencyAssessment.urgency != Urgency.NO_CONCERN)
        .exists()
    )
    return select(
        presence.is_rota_kept(bindparam("authority")).label("has_rota"),
        sealing.is_any_sealed(conversation).label("has_sealed"),
        was_worrying.label("was_worrying"),
        reading_marks.looked_at(conversation).label("looked_at"),
        reading_marks.written_at(conversation).label("written_at"),
        reading_marks.said_at(conversation, bindparam("before")).label("said_at"),
        _last_details().label("last_details"),
    )


def _last_details() -> ScalarSelect[Any]:
    return (
        select(Message.details)
        .where(Message.conversation_id == bindparam("conversation"))
        .where(Message.author != Author.CHILD)
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_WAITING = _of_child().where(Message.processed_at.is_(None)).order_by(Message.id)
_TOGETHER = _together()
_FACTS = _facts()
_EARLIER = _earlier()
_HARMS = select(UrgencyAssessment.harms).where(
    UrgencyAssessment.message_id.in_(bindparam("messages", expanding=True))
)
