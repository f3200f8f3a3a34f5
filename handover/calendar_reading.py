"""Reading shifts from an iCalendar file: who is meant, from when to when, or what is wrong."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import icalendar
import recurring_ical_events

from handover import rota
from models.practitioner import Practitioner

AHEAD = dt.timedelta(days=366)
_MOST_SHIFTS = 3000
_MOST_DAYS = 31


class CalendarError(Exception):
    """A calendar cannot be read; the text says what is wrong and with which entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One shift of a calendar."""

    practitioner: Practitioner
    begins_at: dt.datetime
    ends_at: dt.datetime


def read(content: bytes, staff: Sequence[Practitioner], now: dt.datetime) -> list[Read]:
    """Gives every shift of a calendar from now to a year ahead, repeated ones each by themselves.

    An entry is somebody's whose email address is among its attendees, or whose name or address is
    its title.

    Raises:
        CalendarError: the file is no calendar, or an entry of it is nobody's or has no end.
    """
    try:
        calendar = icalendar.Calendar.from_ical(content)
        events = recurring_ical_events.of(calendar).between(now, now + AHEAD)
    except Exception as error:  # whatever a broken file brings the libraries to
        raise CalendarError("The file is not an iCalendar file that can be read") from error
    if len(events) > _MOST_SHIFTS:
        raise CalendarError(f"The calendar has more than {_MOST_SHIFTS} shifts in a year")
    found = [_read_one(event, staff) for event in events]
    if not found:
        raise CalendarError("The calendar has no shift from now to a year ahead")
    return sorted(found, key=lambda one: one.begins_at)


def _read_one(event: Any, staff: Sequence[Practitioner]) -> Read:
    title = str(event.get("SUMMARY", "")).strip()
    begin, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
    named = f"“{title or 'without a title'}” on {begin.astimezone(rota.LONDON):%d %B %Y}"
    if not dt.timedelta(0) < end - begin <= dt.timedelta(days=_MOST_DAYS):
        raise CalendarError(f"The entry {named} does not end, or lasts for over {_MOST_DAYS} days")
    hints = {title.casefold(), *_addresses(event)}
    for person in staff:
        if person.email.casefold() in hints or person.name.casefold() in hints:
            return Read(practitioner=person, begins_at=begin, ends_at=end)
    raise CalendarError(
        f"The entry {named} is for nobody who has an account here. Its title must be a name or an "
        "email address of a colleague, or they must be invited to it"
    )


def _addresses(event: Any) -> Iterator[str]:
    attendees = event.get("ATTENDEE", [])
    for one in attendees if isinstance(attendees, list) else [attendees]:
        yield str(one).casefold().removeprefix("mailto:")


def _moment(event: Any, name: str) -> dt.datetime:
    found = event.get(name)
    if found is None:
        raise CalendarError("The calendar has an entry without a start or an end")
    value = found.dt
    if not isinstance(value, dt.datetime):
        # A whole day, as a calendar has it: from midnight to midnight, local time.
        value = dt.datetime.combine(value, dt.time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=rota.LONDON)
    return value.astimezone(dt.UTC)
