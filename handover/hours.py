"""Opening hours: whether people are here, until when, and when they next read.

Hours are local UK time. Bank holidays are those of the authority's nation.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from models.authority import Authority, Nation

_LONDON = ZoneInfo("Europe/London")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SUBDIVISIONS = {
    Nation.ENGLAND: "ENG",
    Nation.WALES: "WLS",
    Nation.SCOTLAND: "SCT",
    Nation.NORTHERN_IRELAND: "NIR",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Who is there at one moment."""

    is_open: bool
    closes: str
    """The local time at which an open service closes, such as `5pm`; empty when closed."""
    opens: str
    """When a closed service next opens, such as `from 9am on Monday`; empty when open."""


def at(authority: Authority, now: dt.datetime) -> Hours:
    """Gives the state of the authority's hours at a time."""
    local = now.astimezone(_LONDON)
    window = _window(authority, local.date())
    if window is not None and window[0] <= local.time() < window[1]:
        return Hours(is_open=True, closes=_clock(window[1]), opens="")
    return Hours(is_open=False, closes="", opens=_next_opening(authority, local))


def is_working_day(nation: Nation, day: dt.date) -> bool:
    """Tells whether a day is Monday to Friday and no bank holiday of the nation."""
    return day.weekday() < 5 and day not in _bank_holidays(nation)


def _next_opening(authority: Authority, local: dt.datetime) -> str:
    # Two weeks reach past any run of holidays; a service with no hours at all says so plainly.
    for ahead in range(15):
        day = local.date() + dt.timedelta(days=ahead)
        window = _window(authority, day)
        if window is not None and (ahead > 0 or local.time() < window[0]):
            when = {0: "today", 1: "tomorrow"}.get(ahead, f"on {_DAYS[day.weekday()]}")
            return f"from {_clock(window[0])} {when}"
    return "as soon as they can"


def _window(authority: Authority, day: dt.date) -> tuple[dt.time, dt.time] | None:
    if day in _bank_holidays(authority.nation):
        return None
    times = authority.opening_hours.get(_DAYS[day.weekday()].lower())
    if not times:
        return None
    return dt.time.fromisoformat(times[0]), dt.time.fromisoformat(times[1])


def _clock(time: dt.time) -> str:
    hour = time.hour % 12 or 12
    half = "am" if time.hour < 12 else "pm"
    return f"{hour}{half}" if time.minute == 0 else f"{hour}:{time.minute:02}{half}"


@cache
def _bank_holidays(nation: Nation) -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation])
