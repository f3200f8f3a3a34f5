"""The base of all tables: identities, times, enums and names of constraints."""

import datetime as dt
import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, override

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, ForeignKey, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator


def _wall_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class _Clock:
    """The one source of the present time, which a replayed conversation can move."""

    now: Callable[[], dt.datetime] = staticmethod(_wall_clock)


def utc_now() -> dt.datetime:
    """Gives the present time in UTC, with its zone."""
    return _Clock.now()


@contextmanager
def clock_set_to(now: Callable[[], dt.datetime]) -> Iterator[None]:
    """Lets `utc_now` give what `now` gives, in this whole process, until the block ends."""
    _Clock.now = staticmethod(now)
    try:
        yield
    finally:
        _Clock.now = staticmethod(_wall_clock)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A time with its zone, kept as UTC; a time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time needs a zone: use models.base.utc_now().")
        value = value.astimezone(dt.UTC)
        # SQLite keeps no zone: all that it holds is UTC.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=dt.UTC)  # type: ignore[no-any-return]  # a datetime
        return value.astimezone(dt.UTC)  # type: ignore[no-any-return]  # a datetime


# SQLite counts up by itself only in a column of exactly INTEGER.
_Identity = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(_Identity, primary_key=True)]
CreatedAt = Annotated[dt.datetime, mapped_column(UtcDateTime, default=utc_now)]


def foreign_key(target: str) -> ForeignKey:
    """Gives a foreign key to `table.column` that forbids orphans."""
    return ForeignKey(target, ondelete="RESTRICT")


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it as a plain attribute
        int: _Identity,
        dt.datetime: UtcDateTime,
        # By value and without a database type, a new member needs no change of schema.
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            length=40,
            create_constraint=False,
            values_callable=lambda members: [member.value for member in members],
        ),
    }
