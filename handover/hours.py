"""Opening hours: whether people are here, until when, and when they next read.

Hours are local UK time. Bank holidays are those of the authority's nation. The words for days and
hours are in `wording_data/`: a child's language is known only after their message has been read.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from models.authority import Authority, Nation

_LONDON = ZoneInfo("Europe/London")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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
    tokens: Mapping[str, str]
    """What `wording.fill` needs for `[[hours_line]]`, `[[closes]]`, `[[opens]]` in any language.

    An open service `closes` at such as `5pm`; a closed one `opens` such as `from 9am on Monday`.
    """


def at(authority: Authority, now: dt.datetime) -> Hours:
    """Gives the state of the authority's hours at a time."""
    local = now.astimezone(_LONDON)
    window = _window(authority, local.date())
    if window is not None and window[0] <= local.time() < window[1]:
        times = {"closes": "[[clock]]", "opens": "", **_clock(window[1])}
        return Hours(is_open=True, tokens={"hours_line": "[[hours_open]]", **times})
    times = {"closes": "", **_next_opening(authority, local)}
    return Hours(is_open=False, tokens={"hours_line": "[[hours_closed]]", **times})


def is_working_day(nation: Nation, day: dt.date) -> bool:
    """Tells whether a day is Monday to Friday and no bank holiday of the nation."""
    return day.weekday() < 5 and day not in _bank_holidays(nation)


def _next_opening(authority: Authority, local: dt.datetime) -> dict[str, str]:
    # Two weeks reach past any run of holidays; a service with no hours at all says so plainly.
    for ahead in range(15):
        day = local.date() + dt.timedelta(days=ahead)
        window = _window(authority, day)
        if window is not None and (ahead > 0 or local.time() < window[0]):
            when = {0: "today", 1: "tomorrow"}.get(ahead, _DAYS[day.weekday()])
            return {"opens": f"[[opens_{when}]]", **_clock(window[0])}
    return {"opens": "[[opens_soon]]"}


def _window(authority: Authority, day: dt.date) -> tuple[dt.time, dt.time] | None:
    if day in _bank_holidays(authority.nation):
        return None
    times = authority.opening_hours.get(_DAYS[day.weekday()])
    if not times:
        return None
    return dt.time.fromisoformat(times[0]), dt.time.fromisoformat(times[1])


def _clock(time: dt.time) -> dict[str, str]:
    hour, minutes = time.hour % 12 or 12, f":{time.minute:02}"
    return {
        "clock": "[[clock_am]]" if time.hour < 12 else "[[clock_pm]]",
        "hour": f"{hour}{minutes}" if time.minute else f"{hour}",
        "hour_24": f"{time.hour}{minutes}",
    }


@cache
def _bank_holidays(nation: Nation) -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation])
