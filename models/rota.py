"""The rota: who is there, when, and what for."""

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, Date, Index, String, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.authority import Team
from models.base import Base, CreatedAt, Id, foreign_key
from models.practitioner import Practitioner


class ShiftKind(enum.StrEnum):
    """What somebody is there for."""

    DUTY = "duty"
    ON_CALL = "on_call"
    """At home, and called when nobody on duty answers."""
    EMERGENCY_DUTY = "emergency_duty"
    MANAGER = "manager"


class Shift(Base):
    """When a person, or a whole team, is there: each week, or once.

    A weekly shift has a weekday and local times, so that it keeps its hour when the clocks change;
    one that ends at or before its start ends on the next day. A dated one is from a moment to a
    moment, and may last for days.
    """

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("(practitioner_id IS NULL) != (team_id IS NULL)", name="whose"),
        CheckConstraint("(weekday IS NULL) != (begins_at IS NULL)", name="when"),
        Index("ix_shift_dated", "authority_id", "ends_at"),
        Index("ix_shift_weekly", "authority_id", "weekday"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    kind: Mapped[ShiftKind]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    team_id: Mapped[int | None] = mapped_column(foreign_key("team.id"))

    weekday: Mapped[int | None]
    """0 for Monday; None for a dated shift."""
    starts: Mapped[dt.time | None] = mapped_column(Time)
    ends: Mapped[dt.time | None] = mapped_column(Time)
    first_day: Mapped[dt.date | None] = mapped_column(Date)
    last_day: Mapped[dt.date | None] = mapped_column(Date)

    begins_at: Mapped[dt.datetime | None]
    ends_at: Mapped[dt.datetime | None]

    source: Mapped[str | None] = mapped_column(String(100))
    """The calendar it was imported from; None when it was written here."""
    created_at: Mapped[CreatedAt]

    practitioner: Mapped[Practitioner | None] = relationship()
    team: Mapped[Team | None] = relationship()
