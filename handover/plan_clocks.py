"""Clocks as children name them: "4", "half 3", "10am"; and what each may mean."""

import datetime as dt
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as it was said: the hour it surely is, or the two it may be."""

    hour: int
    minute: int
    sure: dt.time | None

    @classmethod
    def of(cls, found: re.Match[str], suffix: str) -> "Clock":
        """Gives the time in a match whose groups end in the suffix."""
        named = found["named" + suffix]
        if named:
            hour = 0 if named == "midnight" else 12
            return cls(hour, 0, dt.time(hour))
        hour = int(found["hour" + suffix])
        minute = int(found["minute" + suffix] or 0)
        meridiem = (found["meridiem" + suffix] or "").replace(" ", "")
        if hour > 23 or minute > 59:
            return cls(12, 0, None)
        return cls(hour, minute, _sure(hour, minute, meridiem))

    @property
    def both(self) -> tuple[dt.time, dt.time]:
        """Gives the two times of day it may be, the earlier first."""
        return dt.time(self.hour % 12, self.minute), dt.time(self.hour % 12 + 12, self.minute)

    @property
    def is_afternoon(self) -> bool:
        """Tells whether a child who names it without more means the afternoon."""
        return 1 <= self.hour <= 6

    @property
    def likely(self) -> dt.time:
        """Gives the time it most likely is."""
        return self.both[0] if 9 < self.hour <= 11 else self.both[1]


def guess(first: Clock, last: Clock) -> tuple[dt.time, dt.time, bool]:
    """Gives the likely hours of two bare numbers, and whether they may be others."""
    if first.hour >= 8 and (last.hour < first.hour or last.hour >= 10):
        # "9-5", "10-11": from the morning on.
        start = first.both[0]
        end = next(one for one in last.both if one > start)
        return start, end, first.hour == 8
    if first.is_afternoon and first.hour < last.hour:
        return first.both[1], last.both[1], False
    return first.both[1], last.both[1], True


def bare_clock(hour: str, minute: str | None, meridiem: str | None) -> dt.time | None:
    """Gives the time that stands alone, or None when it is none."""
    if int(hour) > 23 or int(minute or 0) > 59:
        return None
    clock = Clock(int(hour), int(minute or 0), _sure(int(hour), int(minute or 0), meridiem or ""))
    return clock.sure or clock.likely


def _sure(hour: int, minute: int, meridiem: str) -> dt.time | None:
    if meridiem:
        return dt.time(hour % 12 + (12 if meridiem == "pm" else 0), minute)
    return dt.time(hour, minute) if hour >= 12 or hour == 0 else None
