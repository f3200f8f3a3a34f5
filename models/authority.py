"""Authorities, their teams and the accounts on which children reach them."""

import datetime as dt
import enum

from sqlalchemy import JSON, Date, String, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.channel import ChannelName


class Nation(enum.StrEnum):
    """The nation whose law, holidays and help numbers count."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


def _day_hours() -> dict[str, list[str]]:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {day: ["09:00", "17:00"] for day in days}


class Authority(Base):
    """A council that answers children; every row of theirs names it."""

    __tablename__ = "authority"

    id: Mapped[Id]
    la_code: Mapped[str] = mapped_column(String(9), unique=True)
    """Three digits in England (Department for Education); `000` until it is set."""
    name: Mapped[str] = mapped_column(String(200))
    service_name: Mapped[str] = mapped_column(String(200))
    """What a child is told the service is called."""
    nation: Mapped[Nation] = mapped_column(default=Nation.ENGLAND)
    opening_hours: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=_day_hours)
    """From day, in lower case, to local opening and closing time; a day left out is shut."""
    neutral_note: Mapped[str | None] = mapped_column(String(160))
    """What is sent in place of words that are sealed; None for the usual note."""
    sealed_days: Mapped[int | None]
    """Days after which sealed words are no longer given out; None for the usual number."""
    correction_days: Mapped[int | None]
    """Days for which corrected judgements are kept as candidates for training; None keeps none."""
    correction_basis: Mapped[str | None] = mapped_column(String(200))
    """The ground on which they are kept: the consent asked for, or the authority's assessment."""
    replayed_talks: Mapped[int | None]
    """Real conversations that the gate plays with a draft, made into nobody's; None for none."""
    replay_basis: Mapped[str | None] = mapped_column(String(200))
    """The ground on which they are."""
    undo_seconds: Mapped[int | None]
    """Seconds in which a practitioner can take a message back; None for the usual number."""
    ladder_minutes: Mapped[dict[str, dict[str, int]] | None] = mapped_column(JSON)
    """From urgency to minutes on each rung before the next is called; None for the usual ones."""
    created_at: Mapped[CreatedAt]
    special_days: Mapped[list["SpecialDay"]] = relationship(back_populates="authority")


class SpecialDay(Base):
    """One day on which the hours are not those of the week: shut, or open at other times.

    It stands before the nation's bank holidays too, so that a service can open on one.
    """

    __tablename__ = "special_day"
    __table_args__ = (UniqueConstraint("authority_id", "day"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    day: Mapped[dt.date] = mapped_column(Date)
    opens: Mapped[dt.time | None] = mapped_column(Time)
    """None when the service is shut all day."""
    closes: Mapped[dt.time | None] = mapped_column(Time)
    reason: Mapped[str] = mapped_column(String(200), default="")
    """For staff: a child is only told the hours."""
    created_at: Mapped[CreatedAt]

    authority: Mapped[Authority] = relationship(back_populates="special_days")


class TeamKind(enum.StrEnum):
    """What a team does at the front door."""

    FRONT_DOOR = "front_door"
    MASH = "mash"
    DUTY = "duty"
    EMERGENCY_DUTY = "emergency_duty"


class Team(Base):
    """Practitioners who work together."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("authority_id", "name"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[TeamKind] = mapped_column(default=TeamKind.FRONT_DOOR)
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]
    """When it was no longer a team; what was offered to it before still names it."""
    authority: Mapped[Authority] = relationship()


class ChannelAccount(Base):
    """A bot or a number of ours on one channel."""

    __tablename__ = "channel_account"
    __table_args__ = (UniqueConstraint("channel", "external_name"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    channel: Mapped[ChannelName]
    external_name: Mapped[str] = mapped_column(String(100))
    """The bot's id, our number, or the name of a simulated handset."""
    is_simulated: Mapped[bool] = mapped_column(default=False)
    note_template: Mapped[str | None] = mapped_column(String(64))
    """The provider's id of an approved template that carries the neutral note, for a channel
    with a window; None where there is none."""
    created_at: Mapped[CreatedAt]
    authority: Mapped[Authority] = relationship()
