"""The console's lists of conversations, each a page at a time however long the history.

A page is found by the place of the last row before it, so that the thousandth costs what the
first does; the indexes are in the migrations.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from handover import deadlines
from models.contact import Contact
from models.conversation import Conversation, Handover, Holder, Message, UrgencyAssessment
from models.practitioner import Practitioner
from models.urgency import Urgency

PAGE_SIZE = 50
_MOST_COUNTED = 1000
"""Counting stops here: nobody reads the difference, and counting all of a long history is slow."""
_LEVELS = (Urgency.EMERGENCY, Urgency.URGENT, Urgency.CONCERN, Urgency.NO_CONCERN)


class ListName(enum.StrEnum):
    """Which conversations."""

    WAITING = "waiting"
    MINE = "mine"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conversation in a list, with its open call for a person if there is one."""

    conversation: Conversation
    call: Handover | None
    is_unscored: bool
    """Whether a message waits for the model, judged by the phrases alone so far."""
    undecided: Contact | None = None
    """The contact of it that waits for a decision; None when none does."""

    @property
    def urgency(self) -> Urgency:
        """Gives the urgency it is listed under."""
        return self.call.urgency if self.call else self.conversation.urgency

    @property
    def is_waiting(self) -> bool:
        """Tells whether a person was called and none has taken it."""
        return self.call is not None and self.call.taken_at is None

    @property
    def since(self) -> dt.datetime:
        """Gives when the waiting began, or when the child last wrote."""
        if self.call is not None:
            return self.call.requested_at
        return self.conversation.last_inbound_at or self.conversation.created_at

    def is_in(self, name: ListName, practitioner_id: int) -> bool:
        """Tells whether the conversation belongs to a list of this practitioner's."""
        conversation = self.conversation
        match name:
            case ListName.WAITING:
                return self.is_waiting
            case ListName.MINE:
                return conversation.practitioner_id == practitioner_id
            case ListName.OPEN:
                return conversation.ended_at is None
            case ListName.ENDED:
                return conversation.ended_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a list, and where the next page begins."""

    rows: Sequence[Row]
    next_place: str | None
    """What to ask for the next page with; None when this is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many conversations wait, by level, and how many people are on duty."""

    waiting: dict[Urgency, int]
    on_duty: int

    @property
    def all_waiting(self) -> int:
        """Gives how many wait in all."""
        return sum(self.waiting.values())


def page(
    session: Session, practitioner: Practitioner, name: ListName, *, after: str | None = None
) -> Page:
    """Gives a page of a list, from the start or after a place.

    Raises:
        ValueError: the place is malformed.
    """
    if name is ListName.WAITING:
        return _waiting(session, practitioner.authority_id, after)
    return _by_time(session, practitioner, name, after)


def counts(session: Session, authority_id: int) -> Counts:
    """Gives how many wait by level, and how many are on duty."""
    open_calls = _open_calls(authority_id).with_only_columns(Handover.urgency)
    capped = open_calls.limit(_MOST_COUNTED).subquery()
    found = session.execute(select(capped.c.urgency, func.count()).group_by(capped.c.urgency))
    by_level = {Urgency(level): number for level, number in found}
    on_duty = session.scalar(
        select(func.count())
        .select_from(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .where(Practitioner.on_duty.is_(True))
    )
    return Counts(
        waiting={level: by_level.get(level, 0) for level in _LEVELS}, on_duty=on_duty or 0
    )


def alerts(session: Session, authority_id: int, *, limit: int = 50) -> list[Row]:
    """Gives the urgent calls that nobody has taken: emergencies first, then the oldest."""
    found: list[Row] = []
    for level in (Urgency.EMERGENCY, Urgency.URGENT):
        query = _call_rows(authority_id, level).limit(limit - len(found))
        found.extend(_rows_of_calls(session, query))
    return found


def rows(session: Session, authority_id: int, conversation_ids: Iterable[int]) -> list[Row]:
    """Gives the rows of some conversations, in no order."""
    query = (
        _conversations(authority_id)
        .where(Conversation.id.in_(list(conversation_ids)))
        .order_by(Conversation.id)
    )
    return _with_calls(session, session.scalars(query).unique().all())


def _waiting(session: Session, authority_id: int, after: str | None) -> Page:
    level_after, place = _read_place(after)
    found: list[Row] = []
    for level in _LEVELS[level_after:]:
        query = _call_rows(authority_id, level)
        if place is not None and level is _LEVELS[level_after]:
            query = query.where(tuple_(Handover.requested_at, Handover.id) > place)
        found.extend(_rows_of_calls(session, query.limit(PAGE_SIZE + 1 - len(found))))
        if len(found) > PAGE_SIZE:
            break
    return _page(found[:PAGE_SIZE], has_more=len(found) > PAGE_SIZE)


def _by_time(
    session: Session, practitioner: Practitioner, name: ListName, after: str | None
) -> Page:
    query = _conversations(practitioner.authority_id)
    moment = Conversation.last_inbound_at
    match name:
        case ListName.MINE:
            query = query.where(Conversation.holder == Holder.PRACTITIONER)
            query = query.where(Conversation.practitioner_id == practitioner.id)
        case ListName.ENDED:
            moment = Conversation.ended_at
            query = query.where(Conversation.ended_at.is_not(None))
        case ListName.OPEN | ListName.WAITING:
            query = query.where(Conversation.ended_at.is_(None))
    _, place = _read_place(after)
    if place is not None:
        query = query.where(tuple_(moment, Conversation.id) < place)
    query = query.where(moment.is_not(None)).order_by(moment.desc(), Conversation.id.desc())
    found = session.scalars(query.limit(PAGE_SIZE + 1)).unique().all()
    more = len(found) > PAGE_SIZE
    return _page(
        _with_calls(session, found[:PAGE_SIZE]), has_more=more, ended=name is ListName.ENDED
    )


def _page(found: list[Row], *, has_more: bool, ended: bool = False) -> Page:
    if not has_more:
        return Page(rows=found, next_place=None)
    last = found[-1]
    if last.is_waiting and last.call is not None and not ended:
        level = _LEVELS.index(last.call.urgency)
        return Page(rows=found, next_place=_place(level, last.call.requested_at, last.call.id))
    conversation = last.conversation
    moment = conversation.ended_at if ended else conversation.last_inbound_at
    return Page(rows=found, next_place=_place(0, moment or last.since, conversation.id))


def _place(level: int, moment: dt.datetime, row_id: int) -> str:
    microseconds = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    return f"{level}-{microseconds}-{row_id}"


def _read_place(place: str | None) -> tuple[int, tuple[dt.datetime, int] | None]:
    if place is None:
        return 0, None
    level, microseconds, row_id = (int(part) for part in place.split("-"))
    if not 0 <= level < len(_LEVELS):
        raise ValueError("There is no such level.")
    seconds, rest = divmod(microseconds, 1_000_000)
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC).replace(microsecond=rest)
    return level, (moment, row_id)


def _open_calls(authority_id: int) -> Select[Handover]:
    return (
        select(Handover)
        .where(Handover.authority_id == authority_id)
        .where(Handover.closed_at.is_(None))
        .where(Handover.taken_at.is_(None))
    )


def _call_rows(authority_id: int, level: Urgency) -> Select[Handover]:
    return (
        _open_calls(authority_id)
        .where(Handover.urgency == level)
        .join(Handover.conversation)
        .options(
            contains_eager(Handover.conversation).options(
                joinedload(Conversation.child), joinedload(Conversation.practitioner)
            )
        )
        .order_by(Handover.requested_at, Handover.id)
    )


def _rows_of_calls(session: Session, query: Select[Handover]) -> list[Row]:
    calls = session.scalars(query).unique().all()
    ids = [call.conversation_id for call in calls]
    unscored, undecided = _unscored(session, ids), deadlines.of_conversations(session, ids)
    return [
        Row(
            conversation=call.conversation,
            call=call,
            is_unscored=call.conversation_id in unscored,
            undecided=undecided.get(call.conversation_id),
        )
        for call in calls
    ]


def _unscored(session: Session, conversation_ids: Sequence[int]) -> set[int]:
    if not conversation_ids:
        return set()
    waiting = (
        select(Message.conversation_id)
        .join(UrgencyAssessment, UrgencyAssessment.message_id == Message.id)
        .where(UrgencyAssessment.needs_rescoring.is_(True))
        .where(Message.conversation_id.in_(conversation_ids))
    )
    return set(session.scalars(waiting))


def _conversations(authority_id: int) -> Select[Conversation]:
    return (
        select(Conversation)
        .where(Conversation.authority_id == authority_id)
        .options(joinedload(Conversation.child), joinedload(Conversation.practitioner))
    )


def _with_calls(session: Session, found: Sequence[Conversation]) -> list[Row]:
    calls = session.scalars(
        select(Handover)
        .where(Handover.conversation_id.in_([conversation.id for conversation in found]))
        .where(Handover.closed_at.is_(None))
    )
    by_conversation = {call.conversation_id: call for call in calls}
    ids = [conversation.id for conversation in found]
    unscored, undecided = _unscored(session, ids), deadlines.of_conversations(session, ids)
    return [
        Row(
            conversation=conversation,
            call=by_conversation.get(conversation.id),
            is_unscored=conversation.id in unscored,
            undecided=undecided.get(conversation.id),
        )
        for conversation in found
    ]
