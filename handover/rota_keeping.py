"""Keeping the rota, the hours and the ladder's minutes; each change is on the record."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from handover import audit, live, rota
from models.authority import Authority, SpecialDay, Team
from models.base import utc_now
from models.practitioner import Practitioner
from models.rota import Shift, ShiftKind

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """A person or a team, of whom exactly one is given."""

    practitioner_id: int | None = None
    team_id: int | None = None


def add_weekly(
    session: Session,
    keeper: Practitioner,
    whose: Whose,
    *,
    kind: ShiftKind,
    weekday: int,
    times: tuple[dt.time, dt.time],
) -> Shift:
    """Gives a new shift on one weekday of every week."""
    shift = Shift(
        authority_id=keeper.authority_id,
        kind=kind,
        practitioner_id=whose.practitioner_id,
        team_id=whose.team_id,
        weekday=weekday,
        starts=times[0],
        ends=times[1],
    )
    return _keep(session, keeper, shift)


def add_dated(
    session: Session,
    keeper: Practitioner,
    whose: Whose,
    *,
    kind: ShiftKind,
    span: tuple[dt.datetime, dt.datetime],
    source: str | None = None,
) -> Shift:
    """Gives a new shift from one moment to another."""
    shift = Shift(
        authority_id=keeper.authority_id,
        kind=kind,
        practitioner_id=whose.practitioner_id,
        team_id=whose.team_id,
        begins_at=span[0],
        ends_at=span[1],
        source=source,
    )
    return _keep(session, keeper, shift)


def remove_shift(session: Session, keeper: Practitioner, shift_id: int) -> bool:
    """Takes a shift from the rota; False when there is none such."""
    shift = session.get(Shift, shift_id)
    if shift is None or shift.authority_id != keeper.authority_id:
        return False
    _note(session, keeper, "shift_removed", kind=shift.kind.value, whose=shift.practitioner_id)
    session.delete(shift)
    return True


def replace_imported(
    session: Session, keeper: Practitioner, source: str, *, since: dt.datetime
) -> int:
    """Takes away what a calendar said before of the time from a moment on, and gives how much."""
    old = session.scalars(
        select(Shift)
        .where(Shift.authority_id == keeper.authority_id)
        .where(Shift.source == source)
        .where(Shift.ends_at > since)
    ).all()
    for shift in old:
        session.delete(shift)
    _note(session, keeper, "calendar_imported", replaced=len(old))
    return len(old)


def shifts(session: Session, authority_id: int) -> Sequence[Shift]:
    """Gives the weekly shifts, and the dated ones that are not over, in their order."""
    return (
        session.scalars(
            select(Shift)
            .where(Shift.authority_id == authority_id)
            .where(or_(Shift.ends_at.is_(None), Shift.ends_at > utc_now()))
            .options(joinedload(Shift.practitioner), joinedload(Shift.team))
            .order_by(Shift.weekday, Shift.starts, Shift.begins_at, Shift.id)
            .limit(500)
        )
        .unique()
        .all()
    )


def teams(session: Session, authority_id: int) -> Sequence[Team]:
    """Gives an authority's teams by name."""
    return session.scalars(
        select(Team)
        .where(Team.authority_id == authority_id)
        .where(Team.removed_at.is_(None))
        .order_by(Team.name)
    ).all()


def set_week(session: Session, keeper: Practitioner, week: dict[str, list[str]]) -> None:
    """Sets the hours of every week; a day left out is shut."""
    session.get_one(Authority, keeper.authority_id).opening_hours = week
    _note(session, keeper, "hours_changed", days=len(week))


def set_day(
    session: Session,
    keeper: Practitioner,
    day: dt.date,
    *,
    times: tuple[dt.time, dt.time] | None,
    reason: str,
) -> None:
    """Sets one day's own hours, or shuts it; what was set for it before is replaced."""
    special = session.scalars(
        select(SpecialDay)
        .where(SpecialDay.authority_id == keeper.authority_id)
        .where(SpecialDay.day == day)
    ).one_or_none()
    if special is None:
        special = SpecialDay(authority_id=keeper.authority_id, day=day)
        session.add(special)
    special.opens, special.closes = times or (None, None)
    special.reason = reason[:200]
    _note(session, keeper, "day_changed", day=day.isoformat(), is_open=int(times is not None))


def remove_day(session: Session, keeper: Practitioner, day_id: int) -> bool:
    """Lets a day have the week's hours again; False when it has none of its own."""
    special = session.get(SpecialDay, day_id)
    if special is None or special.authority_id != keeper.authority_id:
        return False
    _note(session, keeper, "day_removed", day=special.day.isoformat())
    session.delete(special)
    return True


def days(session: Session, authority_id: int) -> Sequence[SpecialDay]:
    """Gives the days with hours of their own that are still to come."""
    today = utc_now().astimezone(rota.LONDON).date()
    return session.scalars(
        select(SpecialDay)
        .where(SpecialDay.authority_id == authority_id)
        .where(SpecialDay.day >= today)
        .order_by(SpecialDay.day)
        .limit(200)
    ).all()


def set_minutes(session: Session, keeper: Practitioner, minutes: dict[str, dict[str, int]]) -> None:
    """Sets how long each rung of the ladder has, by urgency."""
    session.get_one(Authority, keeper.authority_id).ladder_minutes = minutes
    _note(session, keeper, "ladder_changed")


def _keep(session: Session, keeper: Practitioner, shift: Shift) -> Shift:
    session.add(shift)
    session.flush()
    _note(
        session,
        keeper,
        "shift_added",
        shift_id=shift.id,
        kind=shift.kind.value,
        whose=shift.practitioner_id,
        team=shift.team_id,
    )
    return shift


def _note(session: Session, keeper: Practitioner, action: str, **details: str | int | None) -> None:
    audit.record(session, action, practitioner=keeper, details=details)
    live.announce_duty(session, keeper.authority_id)
