"""The statutory clock: by when a contact must be decided on, and how near that is.

Within one working day of a contact a practitioner decides what happens next (*Working Together to
Safeguard Children*). The day of arrival does not count, nor weekends and the nation's bank
holidays: what comes on a Friday, in or out of hours, or over the weekend, is decided on by the end
of Monday. Coming out of hours never gives more time than coming in them.
"""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from handover import hours, words
from models.authority import Authority
from models.contact import Contact
from models.practitioner import Practitioner

MOST_SHOWN = 200
_PACE_OVER = dt.timedelta(days=14)
_OFFICE_HOURS = (dt.time(9), dt.time(17))


class Nearness(enum.StrEnum):
    """How near a deadline is."""

    IN_TIME = "in_time"
    SOON = "soon"
    """It is due today, or before the next working day begins."""
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when a contact is to be decided on, and how near that is."""

    at: dt.datetime
    nearness: Nearness


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A contact that waits for a decision."""

    contact: Contact
    deadline: Deadline
    will_be_late: bool
    """Whether, at the pace of the last two weeks, those before it take all the time there is."""


def of(authority: Authority, contact: Contact, now: dt.datetime) -> Deadline:
    """Gives the deadline of a contact, counted from when there was enough for people to read."""
    return _deadline(authority, contact.submitted_at or contact.received_at, now)


def undecided(session: Session, authority: Authority, now: dt.datetime) -> list[Undecided]:
    """Gives the contacts that wait for a decision, the soonest due first, with a forecast."""
    found = session.scalars(
        waiting(authority.id)
        .options(joinedload(Contact.child), joinedload(Contact.conversation))
        .order_by(Contact.submitted_at, Contact.id)
        .limit(MOST_SHOWN)
    ).unique()
    pace = decisions_an_hour(session, authority, now)
    shown = []
    for place, contact in enumerate(found, start=1):
        deadline = of(authority, contact, now)
        left = office_hours_between(authority, now, deadline.at)
        shown.append(
            Undecided(
                contact=contact,
                deadline=deadline,
                will_be_late=pace is not None and place > pace * left,
            )
        )
    return shown


def waiting(authority_id: int) -> Select[Contact]:
    """Gives the query for the contacts of an authority that wait for a decision."""
    return (
        select(Contact)
        .where(Contact.authority_id == authority_id)
        .where(Contact.outcome.is_(None))
        .where(Contact.submitted_at.is_not(None))
    )


def of_conversations(session: Session, conversation_ids: Sequence[int]) -> dict[int, Contact]:
    """Gives the newest undecided contact of each of some conversations."""
    if not conversation_ids:
        return {}
    rows = session.scalars(
        select(Contact)
        .where(Contact.conversation_id.in_(conversation_ids))
        .where(Contact.outcome.is_(None))
        .where(Contact.submitted_at.is_not(None))
        .order_by(Contact.id)
    )
    return {row.conversation_id: row for row in rows if row.conversation_id is not None}


def decisions_an_hour(session: Session, authority: Authority, now: dt.datetime) -> float | None:
    """Gives how many contacts were decided on in an hour of office time; None without any."""
    since = now - _PACE_OVER
    made = session.scalar(
        select(func.count())
        .select_from(Contact)
        .where(Contact.authority_id == authority.id)
        .where(Contact.decided_at >= since)
    )
    worked = office_hours_between(authority, since, now)
    return made / worked if made and worked else None


def office_hours_between(authority: Authority, start: dt.datetime, end: dt.datetime) -> float:
    """Gives the hours from nine to five on working days between two moments."""
    total = dt.timedelta(0)
    day = start.astimezone(words.LONDON).date()
    while day <= end.astimezone(words.LONDON).date():
        if hours.is_working_day(authority.nation, day):
            opens, closes = (
                dt.datetime.combine(day, time, tzinfo=words.LONDON) for time in _OFFICE_HOURS
            )
            total += max(dt.timedelta(0), min(closes, end) - max(opens, start))
        day += dt.timedelta(days=1)
    return total / dt.timedelta(hours=1)


def late_decisions(
    session: Session, practitioner: Practitioner, since: dt.datetime
) -> tuple[int, int]:
    """Gives how many decisions since a moment were made, and how many of them were late."""
    authority = session.get_one(Authority, practitioner.authority_id)
    rows = session.execute(
        select(Contact.submitted_at, Contact.received_at, Contact.decided_at)
        .where(Contact.authority_id == authority.id)
        .where(Contact.decided_at >= since)
    ).all()
    late = sum(
        decided > words.end_of_next_working_day(authority.nation, submitted or received)
        for submitted, received, decided in rows
        if decided is not None
    )
    return len(rows), late


def _deadline(authority: Authority, since: dt.datetime, now: dt.datetime) -> Deadline:
    at = words.end_of_next_working_day(authority.nation, since)
    if now > at:
        return Deadline(at=at, nearness=Nearness.LATE)
    is_soon = _is_last_day(authority, now, at)
    return Deadline(at=at, nearness=Nearness.SOON if is_soon else Nearness.IN_TIME)


def _is_last_day(authority: Authority, now: dt.datetime, at: dt.datetime) -> bool:
    """Tells whether no working day but the deadline's own is left."""
    today = now.astimezone(words.LONDON)
    day = today.date() if today.time() < _OFFICE_HOURS[1] else today.date() + dt.timedelta(days=1)
    while not hours.is_working_day(authority.nation, day):
        day += dt.timedelta(days=1)
    return day >= at.astimezone(words.LONDON).date()
