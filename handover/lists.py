"""The console's lists of conversations, each a page at a time however long the history.

A page is found by the place of the last row before it, so that the thousandth costs what the
first does; the indexes are in the migrations.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from handover import deadlines, queue_filters
from handover.queue_filters import Filters, Tally
from models.contact import Contact
from models.conversation import Conversation, Handover, Holder, Message, UrgencyAssessment
from models.escalation import Escalation, Rung
from models.practitioner import Practitioner, Role, RoleName
from models.urgency import Harm, Urgency

PAGE_SIZE = 50
_MOST_COUNTED = 1000
"""Counting stops here: nobody reads the difference, and counting all of a long history is slow."""
_LEVELS = (Urgency.EMERGENCY, Urgency.URGENT, Urgency.CONCERN, Urgency.NO_CONCERN)
_NO_FILTERS = Filters()
_ANSWERING = (RoleName.PRACTITIONER, RoleName.SUPERVISOR)


class ListName(enum.StrEnum):
    """Which conversations."""

    WAITING = "waiting"
    MINE = "mine"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One conversation in a list, with its open call for a person and what is owed, if any."""

    conversation: Conversation
    call: Handover | None
    owed: Escalation | None
    """The answer that the child is owed; None when everything is answered."""
    is_unscored: bool
    """Whether a message waits for the model, judged by the phrases alone so far."""
    is_set_aside: bool = False
    """Whether one message sounded like a worry and the bot, alone with the child, took it for play
    or for a question about the service, so that nobody was called."""
    is_covered: bool = False
    """Whether the child said, on any channel, that somebody is with them."""
    undecided: Contact | None = None
    """The contact of it that waits for a decision; None when none does."""
    harms: tuple[Harm, ...] = ()
    """What the message that a person was called for tells of."""

    @property
    def urgency(self) -> Urgency:
        """Gives the urgency it is listed under."""
        if self.owed is not None:
            return self.owed.urgency
        return self.call.urgency if self.call else self.conversation.urgency

    @property
    def is_waiting(self) -> bool:
        """Tells whether nobody took the call, or whoever holds it let the answer become late."""
        return self.owed is not None and self.owed.rung is not Rung.WORKER

    @property
    def is_unanswered(self) -> bool:
        """Tells whether somebody holds it, and called others by not answering."""
        return self.is_waiting and self.conversation.holder is Holder.PRACTITIONER

    @property
    def is_seen(self) -> bool:
        """Tells whether somebody said that they have seen what waits now."""
        if self.owed is not None:
            return self.owed.acknowledged_at is not None
        return self.call is not None and self.call.acknowledged_at is not None

    @property
    def rung_at(self) -> dt.datetime:
        """Gives when people were last called for it."""
        if self.call is not None and not self.is_unanswered:
            return self.call.rung_at
        return (self.owed.called_at if self.owed else None) or self.since

    @property
    def since(self) -> dt.datetime:
        """Gives when the waiting began, or when the child last wrote."""
        if self.owed is not None:
            return self.owed.since
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
    session: Session,
    practitioner: Practitioner,
    name: ListName,
    *,
    after: str | None = None,
    filters: Filters = _NO_FILTERS,
) -> Page:
    """Gives a page of a list, from the start or after a place.

    Raises:
        ValueError: the place is malformed.
    """
    if name is ListName.WAITING:
        return _waiting(session, practitioner, filters, after)
    return _by_time(session, practitioner, name, filters, after)


def tally(session: Session, practitioner: Practitioner, name: ListName, filters: Filters) -> Tally:
    """Gives the numbers beside the filters of a list."""
    if name is ListName.WAITING:
        return queue_filters.tally(session, practitioner, filters)
    moment = _moment_of(name)
    listed = _of_list(select(Conversation), practitioner, name).order_by(moment.desc())
    return queue_filters.tally_talks(session, practitioner, filters, listed)


def counts(session: Session, authority_id: int) -> Counts:
    """Gives how many wait by level, and how many are on duty."""
    waiting = _owed(authority_id).with_only_columns(Escalation.urgency)
    capped = waiting.limit(_MOST_COUNTED).subquery()
    found = session.execute(select(capped.c.urgency, func.count()).group_by(capped.c.urgency))
    by_level = {Urgency(level): number for level, number in found}
    on_duty = session.scalar(
        select(func.count())
        .select_from(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .where(Practitioner.on_duty.is_(True))
        # An administrator alone is nobody who could answer a child.
        .where(Practitioner.roles.any(Role.name.in_(_ANSWERING)))
    )
    return Counts(
        waiting={level: by_level.get(level, 0) for level in _LEVELS}, on_duty=on_duty or 0
    )


def alerts(session: Session, authority_id: int, *, limit: int = 50) -> list[Row]:
    """Gives the urgent ones who wait: emergencies first, then those owed an answer soonest."""
    found: list[Escalation] = []
    for level in (Urgency.EMERGENCY, Urgency.URGENT):
        found += session.scalars(_owed_rows(authority_id, level).limit(limit - len(found))).unique()
    return _rows(session, [owed.conversation for owed in found])


def rows(session: Session, authority_id: int, conversation_ids: Iterable[int]) -> list[Row]:
    """Gives the rows of some conversations, in no order."""
    query = (
        _conversations(authority_id)
        .where(Conversation.id.in_(list(conversation_ids)))
        .order_by(Conversation.id)
    )
    return _rows(session, session.scalars(query).unique().all())


def _waiting(
    session: Session, practitioner: Practitioner, filters: Filters, after: str | None
) -> Page:
    level_after, place = _read_waiting_place(after)
    found: list[Escalation] = []
    for number, level in enumerate(_LEVELS[level_after:], start=level_after):
        query = _owed_rows(practitioner.authority_id, level)
        query = query.where(filters.conditions(practitioner))
        if place is not None and number == level_after:
            query = query.where(tuple_(Escalation.due_at, Escalation.since, Escalation.id) > place)
        found += session.scalars(query.limit(PAGE_SIZE + 1 - len(found))).unique()
        if len(found) > PAGE_SIZE:
            break
    shown = found[:PAGE_SIZE]
    rows_shown = _rows(session, [owed.conversation for owed in shown])
    if len(found) <= PAGE_SIZE:
        return Page(rows=rows_shown, next_place=None)
    last = shown[-1]
    level_number = _LEVELS.index(last.urgency)
    parts = (level_number, _microseconds(last.due_at), _microseconds(last.since), last.id)
    return Page(rows=rows_shown, next_place="-".join(str(part) for part in parts))


def _by_time(
    session: Session,
    practitioner: Practitioner,
    name: ListName,
    filters: Filters,
    after: str | None,
) -> Page:
    moment = _moment_of(name)
    query = _of_list(_conversations(practitioner.authority_id), practitioner, name)
    query = query.where(filters.conditions_of_talk(practitioner))
    if after is not None:
        place = _read_place(after)
        query = query.where(tuple_(moment, Conversation.id) < place)
    query = query.order_by(moment.desc(), Conversation.id.desc())
    found = session.scalars(query.limit(PAGE_SIZE + 1)).unique().all()
    shown = found[:PAGE_SIZE]
    if len(found) <= PAGE_SIZE:
        return Page(rows=_rows(session, shown), next_place=None)
    last = shown[-1]
    reached = last.ended_at if name is ListName.ENDED else last.last_inbound_at
    next_place = f"{_microseconds(reached or last.created_at)}-{last.id}"
    return Page(rows=_rows(session, shown), next_place=next_place)


def _moment_of(name: ListName) -> InstrumentedAttribute[dt.datetime | None]:
    return Conversation.ended_at if name is ListName.ENDED else Conversation.last_inbound_at


def _of_list(
    query: Select[Conversation], practitioner: Practitioner, name: ListName
) -> Select[Conversation]:
    query = query.where(Conversation.authority_id == practitioner.authority_id)
    query = query.where(_moment_of(name).is_not(None))
    match name:
        case ListName.MINE:
            query = query.where(Conversation.holder == Holder.PRACTITIONER)
            return query.where(Conversation.practitioner_id == practitioner.id)
        case ListName.ENDED:
            return query
        case ListName.OPEN | ListName.WAITING:
            return query.where(Conversation.ended_at.is_(None))


def _read_waiting_place(
    place: str | None,
) -> tuple[int, tuple[dt.datetime, dt.datetime, int] | None]:
    if place is None:
        return 0, None
    level, due_at, since, row_id = (int(part) for part in place.split("-"))
    if not 0 <= level < len(_LEVELS):
        raise ValueError("There is no such level.")
    return level, (_moment(due_at), _moment(since), row_id)


def _read_place(place: str) -> tuple[dt.datetime, int]:
    moment, row_id = (int(part) for part in place.split("-"))
    return _moment(moment), row_id


def _microseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _moment(microseconds: int) -> dt.datetime:
    seconds, rest = divmod(microseconds, 1_000_000)
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(microsecond=rest)


def _owed(authority_id: int) -> Select[Escalation]:
    return (
        select(Escalation)
        .where(Escalation.authority_id == authority_id)
        .where(queue_filters.is_shown())
    )


def _owed_rows(authority_id: int, level: Urgency) -> Select[Escalation]:
    return (
        _owed(authority_id)
        .where(Escalation.urgency == level)
        .join(Escalation.conversation)
        .options(
            contains_eager(Escalation.conversation).options(
                joinedload(Conversation.child), joinedload(Conversation.practitioner)
            )
        )
        .order_by(Escalation.due_at, Escalation.since, Escalation.id)
    )


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


def _set_aside(session: Session, found: Sequence[Conversation]) -> set[int]:
    calm = [
        conversation.id
        for conversation in found
        if conversation.urgency is Urgency.NO_CONCERN and conversation.holder is Holder.BOT
    ]
    if not calm:
        return set()
    doubted = (
        select(Message.conversation_id)
        .join(UrgencyAssessment, UrgencyAssessment.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.conversation_id.in_(calm))
        .where(Message.episode == Conversation.episode)
        .where(UrgencyAssessment.urgency != Urgency.NO_CONCERN)
    )
    return set(session.scalars(doubted))


def _conversations(authority_id: int) -> Select[Conversation]:
    return (
        select(Conversation)
        .where(Conversation.authority_id == authority_id)
        .options(joinedload(Conversation.child), joinedload(Conversation.practitioner))
    )


def _rows(session: Session, found: Sequence[Conversation]) -> list[Row]:
    ids = [conversation.id for conversation in found]
    if not ids:
        return []
    calls = session.scalars(
        select(Handover)
        .where(Handover.conversation_id.in_(ids))
        .where(Handover.closed_at.is_(None))
    )
    owed = session.scalars(
        select(Escalation)
        .where(Escalation.conversation_id.in_(ids))
        .where(Escalation.closed_at.is_(None))
        .options(joinedload(Escalation.owner))
    ).unique()
    call_of = {call.conversation_id: call for call in calls}
    owed_in = {one.conversation_id: one for one in owed}
    covered = _covered(session, [conversation.child_id for conversation in found])
    harms = _harms(session, [call.message_id for call in call_of.values() if call.message_id])
    set_aside = _set_aside(session, found)
    unscored, undecided = _unscored(session, ids), deadlines.of_conversations(session, ids)
    return [
        Row(
            conversation=conversation,
            call=call_of.get(conversation.id),
            owed=owed_in.get(conversation.id),
            is_unscored=conversation.id in unscored,
            is_set_aside=conversation.id in set_aside,
            is_covered=conversation.child_id in covered,
            undecided=undecided.get(conversation.id),
            harms=harms.get(_message_of(call_of.get(conversation.id)), ()),
        )
        for conversation in found
    ]


def _message_of(call: Handover | None) -> int | None:
    return call.message_id if call is not None else None


def _harms(session: Session, message_ids: Sequence[int]) -> dict[int | None, tuple[Harm, ...]]:
    if not message_ids:
        return {}
    judged = session.execute(
        select(UrgencyAssessment.message_id, UrgencyAssessment.harms)
        .where(UrgencyAssessment.message_id.in_(message_ids))
        .order_by(UrgencyAssessment.id)
    )
    # The last judgement counts. A code of another version is left out: the rest is still shown.
    return {
        message_id: tuple(harm for harm in Harm if harm.value in harms)
        for message_id, harms in judged
    }


def _covered(session: Session, child_ids: Sequence[int]) -> set[int]:
    covered = (
        select(Conversation.child_id)
        .where(Conversation.child_id.in_(child_ids))
        .where(Conversation.covered_at.is_not(None))
    )
    return set(session.scalars(covered))
