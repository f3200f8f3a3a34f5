"""Who is there at a moment, and so whom each rung of the ladder calls."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.escalation import Rung
from models.practitioner import Practitioner, RoleName
from models.rota import Shift, ShiftKind

LONDON = ZoneInfo("Europe/London")
_OF_RUNG = {
    Rung.DUTY: (ShiftKind.DUTY,),
    Rung.EMERGENCY_DUTY: (ShiftKind.EMERGENCY_DUTY, ShiftKind.ON_CALL),
    Rung.MANAGER: (ShiftKind.MANAGER,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnNow:
    """One person who is there, what for and until when."""

    practitioner: Practitioner
    kind: ShiftKind
    until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody who can be called at one moment."""

    on_now: Sequence[OnNow]
    staff: Sequence[Practitioner]
    """Everybody who works with children and has an account that is open, by name."""
    has_duty_rota: bool
    """Whether duty shifts are kept here at all."""

    def people_on(self, rung: Rung) -> list[Practitioner]:
        """Gives whom a rung calls; nobody when its shifts are empty now.

        Where no duty shifts are kept, those who have said that they are on duty are. The last
        rung is never empty while there is anybody at all: after the managers on the rota it is
        every supervisor, and then everybody.
        """
        kinds = _OF_RUNG.get(rung, ())
        found = {one.practitioner.id: one.practitioner for one in self.on_now if one.kind in kinds}
        if found or rung is Rung.EMERGENCY_DUTY:
            return list(found.values())
        if rung is Rung.DUTY:
            return [] if self.has_duty_rota else [one for one in self.staff if one.on_duty]
        supervisors = [one for one in self.staff if one.has_any_role(RoleName.SUPERVISOR)]
        return supervisors or list(self.staff)


def roster(session: Session, authority_id: int, now: dt.datetime) -> Roster:
    """Gives who can be called at a moment. Somebody off duty is not, whatever the rota says."""
    staff = _staff(session, authority_id)
    shifts = session.scalars(
        select(Shift).where(Shift.authority_id == authority_id).where(_may_be_on(now))
    ).all()
    on_now = [
        OnNow(practitioner=one, kind=shift.kind, until=until)
        for shift in shifts
        if (until := until_when(shift, now)) is not None
        for one in _whose(shift, staff)
        if one.on_duty
    ]
    kept = (
        select(Shift.id)
        .where(Shift.authority_id == authority_id)
        .where(Shift.kind == ShiftKind.DUTY)
        .limit(1)
    )
    return Roster(
        on_now=sorted(on_now, key=lambda one: (one.kind, one.practitioner.name)),
        staff=staff,
        has_duty_rota=session.scalars(kept).first() is not None,
    )


def by_kind(people: Iterable[OnNow]) -> Mapping[ShiftKind, list[OnNow]]:
    """Gives those who are there by what they are there for, each once, in the ladder's order."""
    found: dict[ShiftKind, dict[int, OnNow]] = {kind: {} for kind in ShiftKind}
    for one in people:
        found[one.kind].setdefault(one.practitioner.id, one)
    return {kind: list(who.values()) for kind, who in found.items() if who}


def until_when(shift: Shift, now: dt.datetime) -> dt.datetime | None:
    """Gives when a shift that runs at a moment ends; None when it does not run."""
    if shift.begins_at is not None and shift.ends_at is not None:
        return shift.ends_at if shift.begins_at <= now < shift.ends_at else None
    # One that began yesterday may go on until this morning.
    today = now.astimezone(LONDON).date()
    for day in (today, today - dt.timedelta(days=1)):
        span = span_on(shift, day)
        if span is not None and span[0] <= now < span[1]:
            return span[1]
    return None


def span_on(shift: Shift, day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    """Gives from when to when a weekly shift runs that begins on a day; None when none does."""
    if shift.weekday != day.weekday() or shift.starts is None or shift.ends is None:
        return None
    if shift.first_day is not None and day < shift.first_day:
        return None
    if shift.last_day is not None and day > shift.last_day:
        return None
    last = day if shift.ends > shift.starts else day + dt.timedelta(days=1)
    return local_moment(day, shift.starts), local_moment(last, shift.ends)


def local_moment(day: dt.date, time: dt.time) -> dt.datetime:
    """Gives the moment, in UTC, of a local day and time."""
    return dt.datetime.combine(day, time, tzinfo=LONDON).astimezone(dt.UTC)


def _staff(session: Session, authority_id: int) -> list[Practitioner]:
    found = session.scalars(
        select(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .order_by(Practitioner.name, Practitioner.id)
    ).unique()
    return [one for one in found if one.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR)]


def _may_be_on(now: dt.datetime) -> ColumnElement[bool]:
    weekday = now.astimezone(LONDON).weekday()
    return or_(
        Shift.weekday.in_([weekday, (weekday - 1) % 7]),
        and_(Shift.begins_at <= now, Shift.ends_at > now),
    )


def _whose(shift: Shift, staff: Sequence[Practitioner]) -> list[Practitioner]:
    if shift.practitioner_id is not None:
        return [one for one in staff if one.id == shift.practitioner_id]
    return [one for one in staff if one.team_id == shift.team_id]
