"""Filters of the lists: what they are called in an address, and what they let through."""

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, true
from sqlalchemy.orm import Session

from models.base import utc_now
from models.channel import ChannelName
from models.conversation import Conversation
from models.escalation import Escalation
from models.practitioner import Practitioner
from models.urgency import Urgency

_MOST_COUNTED = 1000
_LONGEST_LANGUAGE = 12


class Who(enum.StrEnum):
    """In whose hands, or how late."""

    NOBODY = "nobody"
    ME = "me"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked of a list; None asks nothing."""

    level: Urgency | None = None
    channel: ChannelName | None = None
    language: str | None = None
    who: Who | None = None

    @property
    def as_args(self) -> dict[str, str]:
        """Gives them as they stand in an address, without those that ask nothing."""
        asked = {
            "level": self.level,
            "channel": self.channel,
            "language": self.language,
            "who": self.who,
        }
        return {name: str(value) for name, value in asked.items() if value}

    def conditions(self, practitioner: Practitioner) -> ColumnElement[bool]:
        """Gives what a row of the waiting list must be, beside its conversation."""
        asked: list[ColumnElement[bool]] = []
        if self.level is not None:
            asked.append(Escalation.urgency == self.level)
        if self.who is not None:
            asked.append(_is(self.who, practitioner))
        return and_(true(), *asked, *self._of_the_talk())

    def conditions_of_talk(self, practitioner: Practitioner) -> ColumnElement[bool]:
        """Gives what a conversation of another list must be, where nothing need be owed."""
        asked: list[ColumnElement[bool]] = []
        if self.level is not None:
            asked.append(Conversation.urgency == self.level)
        if self.who is not None:
            asked.append(_is_talk(self.who, practitioner))
        return and_(true(), *asked, *self._of_the_talk())

    def _of_the_talk(self) -> list[ColumnElement[bool]]:
        asked: list[ColumnElement[bool]] = []
        if self.channel is not None:
            asked.append(Conversation.channel == self.channel)
        if self.language is not None:
            asked.append(Conversation.language == self.language)
        return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of a list each choice would show, and how many are shown now."""

    all: int
    shown: int
    level: Mapping[str, int]
    channel: Mapping[str, int]
    language: Mapping[str, int]
    who: Mapping[str, int]


def read(asked: Mapping[str, str]) -> Filters:
    """Gives the filters in an address. One that we do not know asks nothing: more is shown."""
    level, channel, who = (asked.get(name, "") for name in ("level", "channel", "who"))
    return Filters(
        level=Urgency(level) if level in set(Urgency) else None,
        channel=ChannelName(channel) if channel in set(ChannelName) else None,
        language=asked.get("language", "")[:_LONGEST_LANGUAGE] or None,
        who=Who(who) if who in set(Who) else None,
    )


def is_shown() -> ColumnElement[bool]:
    """Gives what makes an answer that is owed a row of the waiting list.

    A worker who is still in time is left in peace. In the words of the index, or SQLite would not
    read from it.
    """
    return and_(Escalation.closed_at.is_(None), Escalation.rung != literal_column("'worker'"))


def tally(session: Session, practitioner: Practitioner, filters: Filters) -> Tally:
    """Gives the numbers beside the filters, over the first thousand who wait."""
    kinds = [_is(who, practitioner) for who in Who]
    query = (
        select(
            Escalation.urgency,
            Conversation.channel,
            Conversation.language,
            filters.conditions(practitioner),
            *kinds,
        )
        .join(Escalation.conversation)
        .where(Escalation.authority_id == practitioner.authority_id)
        .where(is_shown())
    )
    return _tally(session, query)


def tally_talks(
    session: Session, practitioner: Practitioner, filters: Filters, listed: Select[Conversation]
) -> Tally:
    """Gives the numbers beside the filters of another list, over its newest thousand."""
    kinds = [_is_talk(who, practitioner) for who in Who]
    columns = (Conversation.urgency, Conversation.channel, Conversation.language)
    return _tally(
        session,
        listed.with_only_columns(*columns, filters.conditions_of_talk(practitioner), *kinds),
    )


def _tally(session: Session, query: Select[*tuple[Any, ...]]) -> Tally:
    found = session.execute(query.limit(_MOST_COUNTED)).all()
    return Tally(
        all=len(found),
        shown=sum(bool(row[3]) for row in found),
        level=_counted([row[0] for row in found]),
        channel=_counted([row[1] for row in found]),
        language=_counted([row[2] for row in found]),
        who={who: sum(bool(row[4 + place]) for row in found) for place, who in enumerate(Who)},
    )


def _is(who: Who, practitioner: Practitioner) -> ColumnElement[bool]:
    match who:
        case Who.NOBODY:
            return Conversation.practitioner_id.is_(None)
        case Who.ME:
            return or_(
                Conversation.practitioner_id == practitioner.id,
                Escalation.owner_id == practitioner.id,
            )
        case Who.OVERDUE:
            return Escalation.due_at < utc_now()


def _is_talk(who: Who, practitioner: Practitioner) -> ColumnElement[bool]:
    match who:
        case Who.NOBODY:
            return Conversation.practitioner_id.is_(None)
        case Who.ME:
            return Conversation.practitioner_id == practitioner.id
        case Who.OVERDUE:
            return (
                select(Escalation.id)
                .where(Escalation.conversation_id == Conversation.id)
                .where(Escalation.closed_at.is_(None))
                .where(Escalation.due_at < utc_now())
                .exists()
            )


def _counted(values: Sequence[str]) -> Mapping[str, int]:
    return Counter(str(value) for value in values)
