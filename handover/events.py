"""The table of events: what changed, in the order in which it may be passed on."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from models.audit import LiveEvent

# On PostgreSQL a number is given before its row is committed, so a lower one can come later.
LATE_ROWS = 100
_REPLAY_LIMIT = 1000
_GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of the event table."""

    id: int
    authority_id: int
    conversation_id: int | None
    kind: str
    subject_id: int | None


class Reader:
    """Knows which rows of the event table were seen, whatever order they were committed in."""

    def __init__(self, *, is_ordered: bool) -> None:
        self.is_ordered = is_ordered
        self._newest = 0
        self._missing: dict[int, float] = {}
        """Numbers skipped so far, and when that was noticed."""

    @property
    def place(self) -> int:
        """Gives the number up to which nothing is missing."""
        return min(self._missing, default=self._newest + 1) - 1

    def place_after(self, changes: Sequence[Change]) -> int:
        """Gives what `place` will be once these are accepted."""
        seen = {change.id for change in changes}
        newest = max(seen, default=self._newest)
        still = [number for number in self._missing if number not in seen]
        gaps = [n for n in range(self._newest + 1, newest + 1) if n not in seen]
        return min([*still, *self._gaps(gaps)], default=max(newest, self._newest) + 1) - 1

    def begin(self, session: Session) -> None:
        """Starts at the newest row."""
        self._newest = session.scalar(select(func.max(LiveEvent.id))) or 0
        self._missing = {}
        if not self.is_ordered:
            first = max(1, self._newest - LATE_ROWS)
            there = set(session.scalars(select(LiveEvent.id).where(LiveEvent.id >= first)))
            self._note(n for n in range(first, self._newest) if n not in there)

    def read(self, session: Session) -> list[Change]:
        """Gives the rows not seen before."""
        if not self._missing:
            return _changes(session.execute(_NEWER, {"newest": self._newest}))
        missing = LiveEvent.id.in_(list(self._missing))
        return _read(session, or_(LiveEvent.id > self._newest, missing))

    def has_gone_back(self, session: Session) -> bool:
        """Tells whether the newest rows are gone, as after a restore, so that numbers repeat."""
        return (session.scalar(select(func.max(LiveEvent.id))) or 0) < self._newest

    def accept(self, changes: Sequence[Change]) -> None:
        """Counts rows as seen."""
        given_up = time.monotonic() - _GIVE_UP_SECONDS
        seen = {change.id for change in changes}
        self._missing = {
            number: noticed
            for number, noticed in self._missing.items()
            if number not in seen and noticed > given_up
        }
        newest = max(seen, default=self._newest)
        self._note(n for n in range(self._newest + 1, newest) if n not in seen)
        self._newest = max(newest, self._newest)

    def _note(self, numbers: Iterable[int]) -> None:
        for number in self._gaps(numbers):
            self._missing[number] = time.monotonic()

    def _gaps(self, numbers: Iterable[int]) -> list[int]:
        # SQLite has one writer at a time: a number skipped there never comes.
        return [] if self.is_ordered else list(numbers)


def changes_after(session: Session, authority_id: int, after: int | None) -> list[Change] | None:
    """Gives what changed after a place; None when that is too much, or no longer kept."""
    if after is None:
        return []
    oldest = session.scalar(select(func.min(LiveEvent.id)))
    if oldest is not None and oldest > after + 1 and after > 0:
        return None
    wanted = (LiveEvent.id > after) & (LiveEvent.authority_id == authority_id)
    changes = _read(session, wanted)
    return None if len(changes) >= _REPLAY_LIMIT else changes


def _read(session: Session, wanted: ColumnElement[bool]) -> list[Change]:
    return _changes(session.execute(_ROWS.where(wanted)))


def _changes(rows: Iterable[Row[Any]]) -> list[Change]:
    return [
        Change(
            id=row.id,
            authority_id=row.authority_id,
            conversation_id=row.conversation_id,
            kind=row.kind,
            subject_id=row.subject_id,
        )
        for row in rows
    ]


_ROWS = (
    select(
        LiveEvent.id,
        LiveEvent.authority_id,
        LiveEvent.conversation_id,
        LiveEvent.kind,
        LiveEvent.subject_id,
    )
    .order_by(LiveEvent.id)
    .limit(_REPLAY_LIMIT)
)
# Made once: this is asked many times a second.
_NEWER = _ROWS.where(LiveEvent.id > bindparam("newest"))
