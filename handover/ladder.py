"""The ladder: whoever has written to us has an owner, a deadline and a next step, until answered.

`settle` brings the row that says so in line with a conversation, in the transaction of whatever
changed it; run twice it changes nothing more. `climb` calls the next rung once the moment has come.
Both follow from the rows alone, so a crash loses nothing and a second process calls nobody twice.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from handover import alerting, audit, hours, rota, words
from handover.rota import Roster
from models.authority import Authority
from models.base import utc_now
from models.conversation import Conversation, Handover, Holder
from models.escalation import Escalation, Rung
from models.practitioner import Practitioner
from models.urgency import Urgency

SEEN = "seen"
"""Beside the rungs: the minutes in which whoever said "I have seen this" is to act."""

# Minutes on each rung before the next is called; 0 leaves a rung out. For a concern and below
# only the minutes count in which the service is open: nobody is woken for what can wait.
USUAL_MINUTES: Mapping[Urgency, Mapping[str, int]] = {
    Urgency.EMERGENCY: {
        Rung.WORKER: 3,
        Rung.DUTY: 3,
        Rung.EMERGENCY_DUTY: 5,
        Rung.MANAGER: 10,
        SEEN: 10,
    },
    Urgency.URGENT: {
        Rung.WORKER: 15,
        Rung.DUTY: 20,
        Rung.EMERGENCY_DUTY: 20,
        Rung.MANAGER: 30,
        SEEN: 30,
    },
    Urgency.CONCERN: {
        Rung.WORKER: 60,
        Rung.DUTY: 240,
        Rung.EMERGENCY_DUTY: 0,
        Rung.MANAGER: 240,
        SEEN: 240,
    },
    Urgency.NO_CONCERN: {
        Rung.WORKER: 120,
        Rung.DUTY: 480,
        Rung.EMERGENCY_DUTY: 0,
        Rung.MANAGER: 480,
        SEEN: 480,
    },
}
_RUNGS = tuple(Rung)
_BOT_IS_LATE = dt.timedelta(minutes=2)


def minutes(authority: Authority, urgency: Urgency, rung: Rung | str) -> int:
    """Gives the minutes that an authority allows a rung at a level."""
    own = (authority.ladder_minutes or {}).get(urgency.value, {})
    return own.get(str(rung), USUAL_MINUTES[urgency][rung])


def settle(
    session: Session,
    conversation: Conversation,
    *,
    is_handed_on: bool = False,
    rings: bool = False,
) -> Escalation | None:
    """Gives what is owed to the child, brought in line with the conversation; None for nothing.

    Args:
        session: a transaction that holds the conversation's row.
        conversation: whose.
        is_handed_on: whether it came into other hands, who then have their own time for it.
        rings: whether the child wrote something that calls again whoever was called.
    """
    session.flush()
    if is_handed_on:
        _come_on_duty(session, conversation)
    row = open_for(session, conversation.id)
    owed = _owed(session, conversation)
    if owed is None:
        if row is not None:
            row.closed_at = utc_now()
            audit.announce(session, conversation, "alert", row.id)
        return None
    if row is None:
        row = _open(session, conversation, owed)
    else:
        is_new = is_handed_on or _is_left(session, row)
        _adjust(session, conversation, row, owed, is_handed_on=is_new, rings=rings)
    return row


def leave(session: Session, practitioner: Practitioner) -> int:
    """Lets others be called at once for what somebody had who goes; gives how many it were.

    What they hold stays in their hands until somebody takes it: only who is called changes.
    """
    session.flush()
    left = session.scalars(
        select(Escalation.conversation_id)
        .where(Escalation.closed_at.is_(None))
        .where(Escalation.owner_id == practitioner.id)
        .order_by(Escalation.conversation_id)
    ).all()
    for conversation_id in left:
        # The conversation first, as everywhere, so that no two transactions wait for each other.
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        row = open_for(session, conversation_id)
        owed = _owed(session, conversation)
        if row is not None and owed is not None:
            _adjust(session, conversation, row, owed, is_handed_on=True, rings=False)
            audit.announce(session, conversation, "alert", row.id)
    return len(left)


def acknowledge(session: Session, conversation: Conversation, practitioner: Practitioner) -> bool:
    """Keeps that somebody has seen it, and gives them time to act; False when nothing is owed."""
    row = open_for(session, conversation.id)
    if row is None:
        return False
    if row.acknowledged_at is None:
        now = utc_now()
        row.acknowledged_at = now
        row.acknowledged_by_id = practitioner.id
        row.owner_id = practitioner.id
        if row.rung is Rung.WORKER and practitioner.id != conversation.practitioner_id:
            # A colleague has seen what was the worker's: it is no longer left to the worker alone.
            row.rung = Rung.DUTY
        row.next_at = _after(conversation.authority, row.urgency, SEEN, now)
        audit.record(
            session,
            "escalation_acknowledged",
            conversation=conversation,
            practitioner=practitioner,
            details={"rung": row.rung.value},
        )
        audit.announce(session, conversation, "alert", row.id)
    return True


def open_for(session: Session, conversation_id: int) -> Escalation | None:
    """Gives what is owed in a conversation, or None."""
    return session.scalars(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id)
        .where(Escalation.closed_at.is_(None))
        .with_for_update()
    ).one_or_none()


def due(session: Session, now: dt.datetime, *, limit: int = 100) -> Sequence[int]:
    """Gives the conversations whose next step has come, the longest due first."""
    return session.scalars(
        select(Escalation.conversation_id)
        .where(Escalation.closed_at.is_(None))
        .where(Escalation.next_at <= now)
        .order_by(Escalation.next_at)
        .limit(limit)
    ).all()


def climb(session: Session, conversation: Conversation, rosters: dict[int, Roster]) -> bool:
    """Calls the rung whose moment has come; False when there was nothing to do.

    Args:
        session: a transaction that holds the conversation's row.
        conversation: whose.
        rosters: who is there by authority, asked for once in a sweep.
    """
    now = utc_now()
    row = settle(session, conversation)
    if row is None or row.next_at > now:
        return False
    if row.authority_id not in rosters:
        rosters[row.authority_id] = rota.roster(session, row.authority_id, now)
    rung, people = next_rung(conversation, row, rosters[row.authority_id])
    first = row.climb == 0
    row.rung = rung
    row.called_at = now
    row.climb += 1
    row.owner_id = conversation.practitioner_id if rung is Rung.WORKER else None
    _forget_who_saw_it(row)
    row.next_at = _after(conversation.authority, row.urgency, rung, now)
    # A worry that can wait is in the queue; somebody is called once it has waited too long.
    if row.urgency.raises_alert or not first:
        alerting.call(session, row, people, now)
    audit.record(
        session,
        "escalation_climbed",
        conversation=conversation,
        details={"rung": rung.value, "climb": row.climb, "people": len(people)},
    )
    audit.announce(session, conversation, "alert", row.id)
    return True


def next_rung(
    conversation: Conversation, row: Escalation, roster: Roster
) -> tuple[Rung, list[Practitioner]]:
    """Gives the rung that is called next, and whom; it has somebody on it, but for the last."""
    begin = _RUNGS.index(row.rung) + (0 if row.called_at is None else 1)
    for rung in _RUNGS[begin:]:
        people = _people(conversation, rung, roster)
        if people and minutes(conversation.authority, row.urgency, rung):
            return rung, people
    # The top goes on being called until somebody answers.
    return Rung.MANAGER, _people(conversation, Rung.MANAGER, roster)


def in_limbo(session: Session, now: dt.datetime, *, limit: int = 100) -> list[int]:
    """Gives the conversations in which somebody waits and nothing follows from it.

    There are none unless something failed: a child whose words nobody answered, or a call that
    nobody took, with no row of what is owed; words that the bot has not worked for minutes; or an
    answer that is owed by somebody whose account is closed, or by nobody although it was seen.
    """
    has_row = (
        select(Escalation.id)
        .where(Escalation.conversation_id == Conversation.id)
        .where(Escalation.closed_at.is_(None))
        .exists()
    )
    # Each question has an index of its own, however many conversations there are.
    unworked = select(Conversation.id).where(Conversation.due_at < now - _BOT_IS_LATE)
    unheard = (
        select(Conversation.id)
        .where(Conversation.unanswered_since.is_not(None))
        .where(Conversation.due_at.is_(None))
    )
    untaken = (
        select(Conversation.id)
        .join(Handover, Handover.conversation_id == Conversation.id)
        .where(Handover.closed_at.is_(None))
        .where(Handover.taken_at.is_(None))
    )
    found: set[int] = set()
    for question in (unworked, unheard, untaken):
        found.update(session.scalars(question.where(~has_row).limit(limit)))
    left = (
        select(Escalation.conversation_id)
        .outerjoin(Practitioner, Practitioner.id == Escalation.owner_id)
        .where(Escalation.closed_at.is_(None))
        .where(
            or_(
                Practitioner.active.is_(False),
                and_(Escalation.owner_id.is_(None), Escalation.acknowledged_at.is_not(None)),
            )
        )
    )
    found.update(session.scalars(left.limit(limit)))
    return sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    since: dt.datetime
    urgency: Urgency


def _owed(session: Session, conversation: Conversation) -> _Owed | None:
    call = session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.closed_at.is_(None))
    ).one_or_none()
    if call is not None and call.taken_at is None:
        return _Owed(since=call.requested_at, urgency=call.urgency)
    if conversation.holder is Holder.PRACTITIONER and conversation.unanswered_since is not None:
        return _Owed(since=conversation.unanswered_since, urgency=conversation.urgency)
    return None


def _open(session: Session, conversation: Conversation, owed: _Owed) -> Escalation:
    now = utc_now()
    authority = conversation.authority
    is_held = _is_with_somebody(session, conversation)
    row = Escalation(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        urgency=owed.urgency,
        since=owed.since,
        due_at=_deadline(authority, owed),
        rung=Rung.WORKER if is_held else Rung.DUTY,
        owner_id=conversation.practitioner_id if is_held else None,
        # Nobody was called yet: the next sweep does, on the rung or on the first that is staffed.
        next_at=_first_call(authority, owed.urgency, now) if is_held else now,
        climb=0,
    )
    session.add(row)
    session.flush()
    audit.announce(session, conversation, "alert", row.id)
    return row


def _adjust(
    session: Session,
    conversation: Conversation,
    row: Escalation,
    owed: _Owed,
    *,
    is_handed_on: bool,
    rings: bool,
) -> None:
    now = utc_now()
    authority = conversation.authority
    # The talk may have gone to another authority, whose people are called from now on.
    row.authority_id = conversation.authority_id
    rises = owed.urgency.rank > row.urgency.rank
    if owed.urgency is not row.urgency:
        row.urgency = owed.urgency
        if not rises and row.called_at is not None:
            row.next_at = _after(authority, owed.urgency, row.rung, now)
    row.since = owed.since
    row.due_at = _deadline(authority, owed)
    if is_handed_on or rises:
        is_held = _is_with_somebody(session, conversation)
        row.rung = Rung.WORKER if is_held else Rung.DUTY
        row.owner_id = conversation.practitioner_id if is_held else None
        row.next_at = _first_call(authority, row.urgency, now) if is_held else now
        row.called_at = None
        _forget_who_saw_it(row)
    elif rings:
        # The same rung is called again, at once: what they saw was something else.
        row.next_at = now
        row.called_at = None
        _forget_who_saw_it(row)


def _come_on_duty(session: Session, conversation: Conversation) -> None:
    """Puts whoever takes a child into their hands on duty: they are there, and are called first."""
    if conversation.holder is Holder.PRACTITIONER and conversation.practitioner_id is not None:
        session.get_one(Practitioner, conversation.practitioner_id).on_duty = True


def _is_with_somebody(session: Session, conversation: Conversation) -> bool:
    """Tells whether whoever holds the talk is there to answer, so that they have time for it."""
    if conversation.holder is not Holder.PRACTITIONER:
        return False
    holder = session.get(Practitioner, conversation.practitioner_id or 0)
    return holder is not None and holder.active and holder.on_duty


def _is_left(session: Session, row: Escalation) -> bool:
    """Tells whether whoever has it is gone, or was never said."""
    if row.owner_id is None:
        return row.acknowledged_at is not None
    return not session.get_one(Practitioner, row.owner_id).active


def _forget_who_saw_it(row: Escalation) -> None:
    row.acknowledged_at = None
    row.acknowledged_by_id = None


def _people(conversation: Conversation, rung: Rung, roster: Roster) -> list[Practitioner]:
    if rung is not Rung.WORKER:
        return roster.people_on(rung)
    return [one for one in roster.staff if one.id == conversation.practitioner_id and one.on_duty]


def _deadline(authority: Authority, owed: _Owed) -> dt.datetime:
    # A child is owed an answer even where the guide sets no time for one.
    level = max(owed.urgency, Urgency.CONCERN, key=lambda one: one.rank)
    deadline = words.answer_by(authority.nation, level, owed.since)
    return deadline or owed.since


def _first_call(authority: Authority, urgency: Urgency, now: dt.datetime) -> dt.datetime:
    """Gives when whoever holds a talk is called: they mostly look at it, so not at once."""
    allowed = minutes(authority, urgency, Rung.WORKER)
    return _later(authority, urgency, now, dt.timedelta(minutes=allowed) / 3)


def _after(
    authority: Authority, urgency: Urgency, rung: Rung | str, now: dt.datetime
) -> dt.datetime:
    """Gives when a rung that is called now has had its time."""
    allowed = dt.timedelta(minutes=max(1, minutes(authority, urgency, rung)))
    # A worker has had the first third before they are called.
    return _later(authority, urgency, now, allowed * 2 / 3 if rung is Rung.WORKER else allowed)


def _later(
    authority: Authority, urgency: Urgency, now: dt.datetime, span: dt.timedelta
) -> dt.datetime:
    if urgency.raises_alert:
        return now + span
    return hours.after_open_time(authority, now, span)
