"""What is due: looked for many times a second, and taken by one worker at a time.

A row that is worked says by whom and until when. A worker that dies has it no longer when that
time is over, and another takes it.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy import BindParameter, ColumnElement, Engine, Select, bindparam, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.base import UtcDateTime, utc_now
from models.db import glance, transaction

NOW: BindParameter[dt.datetime] = bindparam("now", type_=UtcDateTime())
"""The moment of asking, in a question of `Due`."""
_LONGEST_NAME = 47  # with what makes a token the only one, what its column holds


class Leased(Protocol):
    """A row that one worker at a time has."""

    claimed_by: Any
    claimed_until: Any
    attempts: Any


class Due[Row]:
    """The question for the row that is due first."""

    def __init__(
        self, question: Select[Row], number: InstrumentedAttribute[int], *locked: type[Any]
    ) -> None:
        """Makes the question once, to be asked often.

        Args:
            question: gives the row, with what is read of it, and asks what is `NOW`.
            number: the row's own number.
            locked: whose rows nobody else may change meanwhile, in this order.
        """
        self._look = question.with_only_columns(number)
        self._take = question.with_for_update(skip_locked=True, of=locked)

    def is_any(self, engine: Engine, **asked: object) -> bool:
        """Tells whether a row is due: somebody idle must not take the write lock to find out."""
        return glance(engine, self._look, {"now": utc_now(), **asked}) is not None

    def take[Job](
        self, engine: Engine, begin: Callable[[Session, Row], Job], **asked: object
    ) -> Job | None:
        """Gives what `begin` makes of the row, in its transaction; None when none is due."""
        if not self.is_any(engine, **asked):
            return None
        with transaction(engine) as session:
            row = session.scalars(self._take, {"now": utc_now(), **asked}).first()
            return None if row is None else begin(session, row)


def is_free(claimed_until: InstrumentedAttribute[dt.datetime | None]) -> ColumnElement[bool]:
    """Gives the condition that nobody has the row, or that whoever had it took too long."""
    return or_(claimed_until.is_(None), claimed_until < NOW)


def lease(row: Leased, worker: str, span: dt.timedelta) -> str:
    """Gives a worker a row for one try, and the token by which it is theirs."""
    row.claimed_by = token(worker)
    row.claimed_until = utc_now() + span
    row.attempts += 1
    return str(row.claimed_by)


def token(worker: str) -> str:
    """Gives a token of a worker's that no other has."""
    return f"{worker[:_LONGEST_NAME]}:{secrets.token_hex(8)}"


def give_back(row: Leased) -> None:
    """Lets others have the row."""
    row.claimed_by = None
    row.claimed_until = None


def back_off(attempts: int, *, longest: dt.timedelta) -> dt.timedelta:
    """Gives how long to wait after so many tries: each time twice as long."""
    return min(dt.timedelta(seconds=2 ** min(attempts, 10)), longest)
