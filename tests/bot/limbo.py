"""Who is in limbo, told from the rows and from what was said, without asking the ladder itself."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.conversation import Author, Conversation, Handover, Holder, Message
from models.escalation import Escalation, Rung
from models.practitioner import Practitioner
from models.urgency import Urgency

# No answer is owed later than this after the child began to wait, and nobody is called later than
# this after now: as the urgency guide and the ladder promise, over a weekend at the most.
_ANSWER_WITHIN = {
    Urgency.EMERGENCY: dt.timedelta(minutes=15),
    Urgency.URGENT: dt.timedelta(hours=1),
    Urgency.CONCERN: dt.timedelta(days=5),
    Urgency.NO_CONCERN: dt.timedelta(days=5),
}
_STEP_WITHIN = {
    Urgency.EMERGENCY: dt.timedelta(minutes=10),
    Urgency.URGENT: dt.timedelta(minutes=30),
    Urgency.CONCERN: dt.timedelta(days=5),
    Urgency.NO_CONCERN: dt.timedelta(days=5),
}
_BOT_WORKS_WITHIN = dt.timedelta(minutes=1)


def faults(session: Session, now: dt.datetime) -> list[str]:
    """Gives what stands between each child who waits and an answer, a line each."""
    return [
        f"conversation {conversation.id}: {fault}"
        for conversation in session.scalars(select(Conversation))
        if waits(session, conversation)
        for fault in _faults_of(session, conversation, now)
    ]


def waits(session: Session, conversation: Conversation) -> bool:
    """Tells, from what was said alone, whether the child waits for somebody."""
    call = open_call(session, conversation)
    if (call is not None and call.taken_at is None) or conversation.holder is Holder.NOBODY:
        return True
    last = newest(session, conversation)
    if last is None:
        return False
    if conversation.ended_at is not None and last.created_at <= conversation.ended_at:
        return False
    if conversation.holder is Holder.PRACTITIONER:
        return call is None or not is_answered(session, last, call.taken_at)
    return last.processed_at is None


def open_call(session: Session, conversation: Conversation) -> Handover | None:
    """Gives the call for a person that is not over."""
    return session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.closed_at.is_(None))
    ).one_or_none()


def newest(session: Session, conversation: Conversation) -> Message | None:
    """Gives what the child wrote last."""
    return session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()


def is_answered(session: Session, message: Message, taken_at: dt.datetime | None) -> bool:
    """Tells whether a person has answered, or the bot had before a person came."""
    later = session.scalars(
        select(Message)
        .where(Message.conversation_id == message.conversation_id)
        .where(Message.id > message.id)
    ).all()
    by_person = any(one.practitioner_id is not None for one in later)
    was_the_bots = message.processed_at is not None and (
        taken_at is None or message.processed_at < taken_at
    )
    return by_person or was_the_bots


def _faults_of(session: Session, conversation: Conversation, now: dt.datetime) -> Iterator[str]:
    is_held = conversation.holder is Holder.PRACTITIONER
    if is_held and conversation.practitioner_id is None:
        yield "held by a person who is not said"
    row = session.scalars(
        select(Escalation)
        .where(Escalation.conversation_id == conversation.id)
        .where(Escalation.closed_at.is_(None))
    ).one_or_none()
    if row is None:
        due = conversation.due_at
        if due is None or due > now + _BOT_WORKS_WITHIN:
            yield "nothing is owed, and the bot is not to work it"
        return
    if row.authority_id != conversation.authority_id:
        yield "owed by an authority that does not have the talk"
    yield from _times(session, conversation, row, now)
    yield from _owner(session, conversation, row, now)


def _times(
    session: Session, conversation: Conversation, row: Escalation, now: dt.datetime
) -> Iterator[str]:
    call = open_call(session, conversation)
    known = call.urgency if call is not None and call.taken_at is None else conversation.urgency
    if row.urgency.rank < known.rank:
        yield f"owed as {row.urgency}, and known to be {known}"
    if not row.since <= now:
        yield "waits from a moment that is still to come"
    if not row.since <= row.due_at <= row.since + _ANSWER_WITHIN[row.urgency]:
        yield "no deadline, or none that is kept for that level"
    if row.urgency is not Urgency.EMERGENCY and row.due_at == row.since:
        yield "a deadline that leaves no time, so that nobody can tell what is late"
    if row.next_at > now + _STEP_WITHIN[row.urgency]:
        yield "no next step, or none in time"


def _owner(
    session: Session, conversation: Conversation, row: Escalation, now: dt.datetime
) -> Iterator[str]:
    owner = session.get(Practitioner, row.owner_id or 0)
    if row.owner_id is not None and owner is None:
        yield "owned by somebody who does not exist"
    if owner is not None and not (owner.active and owner.on_duty):
        yield "owned by somebody who has gone"
    if owner is not None and owner.authority_id != row.authority_id:
        yield "owned by somebody of another authority"
    if row.rung is Rung.WORKER and (owner is None or owner.id != conversation.practitioner_id):
        yield "left to a worker who does not hold it"
    if row.acknowledged_at is not None and (row.acknowledged_by_id is None or row.owner_id is None):
        yield "seen, and so nobody else is called, by nobody who has it"
    if row.owner_id is None and row.called_at is None and row.next_at > now:
        yield "with nobody, and nobody is called at once"
