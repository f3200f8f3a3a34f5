"""Opening hours: whether people are here, until when, and when they next read.

Hours are local UK time. Bank holidays are those of the authority's nation; a day of its own that
the authority has set stands before them and before the week's hours. The words for days and
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


def at(
    authority: Authority,
    now: dt.datetime,
    *,
    is_on_call: bool = False,
    is_duty_empty: bool = False,
    is_told: bool = False,
) -> Hours:
    """Gives the state of the authority's hours at a time.

    Only where somebody is on call at that time may a child hear that they are called at night,
    and by day only where the duty rota, if there is one, has somebody on it. `is_told` says that no
    rota is kept, and that those who said that they are on duty are told whatever the hour.
    """
    local = now.astimezone(_LONDON)
    open_hours = window(authority, local.date())
    if open_hours is not None and open_hours[0] <= local.time() < open_hours[1]:
        times = {"closes": "[[clock]]", "opens": "", **_clock(open_hours[1])}
        here = {"hours_line": "[[hours_open]]", "emergency_called": "[[called_somebody]]"}
        if is_duty_empty:
            here["emergency_called"] = "[[called_nobody]]"
            times["opens"] = "[[opens_soon]]"
        return Hours(is_open=True, tokens={**here, **times})
    times = {"closes": "", **_next_opening(authority, local)}
    nobody = "[[called_away]]" if is_told else "[[called_nobody]]"
    called = {
        "emergency_called": "[[called_on_call]]" if is_on_call else nobody,
        "danger_called": "[[danger_called_on_call]]" if is_on_call else "[[danger_called_nobody]]",
    }
    if is_on_call:
        # Whoever is on call is told of what is urgent; what can wait waits for the day.
        called["urgent_line"] = "[[called_to_read]]"
    return Hours(is_open=False, tokens={"hours_line": "[[hours_closed]]", **called, **times})


def is_working_day(nation: Nation, day: dt.date) -> bool:
    """Tells whether a day is Monday to Friday and no bank holiday of the nation."""
    return day.weekday() < 5 and day not in _bank_holidays(nation)


def window(authority: Authority, day: dt.date) -> tuple[dt.time, dt.time] | None:
    """Gives a day's local opening and closing time; None when the service is shut all day."""
    for special in authority.special_days:
        if special.day == day:
            if special.opens is None or special.closes is None:
                return None
            return special.opens, special.closes
    if day in _bank_holidays(authority.nation):
        return None
    times = authority.opening_hours.get(_DAYS[day.weekday()])
    if not times:
        return None
    return dt.time.fromisoformat(times[0]), dt.time.fromisoformat(times[1])


def after_open_time(authority: Authority, start: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Gives the moment at which the service has been open for so long since a moment.

    A service that does not open within a month counts every hour: what waits for a worry that
    can rest until the morning must not wait for ever.
    """
    left = span
    local = start.astimezone(_LONDON)
    for ahead in range(31):
        day = local.date() + dt.timedelta(days=ahead)
        open_hours = window(authority, day)
        if open_hours is None:
            continue
        opens, closes = (_moment(day, time) for time in open_hours)
        begins = max(opens, start)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, dt.timedelta(0))
    return start + span


def bank_holiday(nation: Nation, day: dt.date) -> str:
    """Gives the name of a nation's bank holiday, or nothing on any other day."""
    return str(_bank_holidays(nation).get(day, ""))


def _next_opening(authority: Authority, local: dt.datetime) -> dict[str, str]:
    # Two weeks reach past any run of holidays; a service with no hours at all says so plainly.
    for ahead in range(15):
        day = local.date() + dt.timedelta(days=ahead)
        open_hours = window(authority, day)
        if open_hours is not None and (ahead > 0 or local.time() < open_hours[0]):
            when = {0: "today", 1: "tomorrow"}.get(ahead, _DAYS[day.weekday()])
            return {"opens": f"[[opens_{when}]]", **_clock(open_hours[0])}
    return {"opens": "[[opens_soon]]"}


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=_LONDON).astimezone(dt.UTC)


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
