"""Safe times: windows in which we may write to a child, as values, and what they say in words."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
WEEKEND = (5, 6)

_AHEAD = 15  # days in which an opening is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From a local time to another, on some days of the week or on one date.

    An end that is not after the start reaches into the next day.
    """

    days: tuple[int, ...] = EVERY_DAY
    """0 for Monday to 6."""
    start: dt.time = dt.time.min
    end: dt.time = dt.time.min
    date: dt.date | None = None
    """The only date it opens on; None for every week."""

    def contains(self, local: dt.datetime) -> bool:
        """Tells whether a local time without its zone lies within it."""
        return any(opens <= local < closes for opens, closes in self._spans(local.date(), back=1))

    def edges(self, day: dt.date) -> Iterator[dt.datetime]:
        """Gives when it opens and closes, from the day on."""
        for opens, closes in self._spans(day + dt.timedelta(days=_AHEAD), back=_AHEAD + 1):
            yield opens
            yield closes

    @property
    def is_all_day(self) -> bool:
        """Tells whether it has no hours."""
        return self.start == self.end

    def _spans(self, day: dt.date, *, back: int) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        for ago in range(back + 1):
            opened = day - dt.timedelta(days=ago)
            if self.date is not None and opened != self.date:
                continue
            if self.date is None and opened.weekday() not in self.days:
                continue
            closed = opened if self.end > self.start else opened + dt.timedelta(days=1)
            yield dt.datetime.combine(opened, self.start), dt.datetime.combine(closed, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When we may write first: within a window, and within none that is closed."""

    windows: tuple[Window, ...] = ()
    closed: tuple[Window, ...] = ()
    is_unclear: bool = False
    """Whether it hangs on something that no clock tells, such as who is at home; then never."""

    def allows(self, now: dt.datetime) -> bool:
        """Tells whether we may write now."""
        return self._allows(now.astimezone(LONDON).replace(tzinfo=None))

    def next_opening(self, now: dt.datetime) -> dt.datetime | None:
        """Gives when we may write next, or None when that is not in sight."""
        local = now.astimezone(LONDON).replace(tzinfo=None)
        edges = {
            edge
            for window in (*self.windows, *self.closed)
            for edge in window.edges(local.date())
            if edge > local
        }
        opening = next((edge for edge in sorted(edges) if self._allows(edge)), None)
        return opening.replace(tzinfo=LONDON).astimezone(dt.UTC) if opening else None

    @property
    def is_never(self) -> bool:
        """Tells whether we may never write first."""
        return self.is_unclear or not self.windows

    def _allows(self, local: dt.datetime) -> bool:
        if self.is_unclear or any(window.contains(local) for window in self.closed):
            return False
        return any(window.contains(local) for window in self.windows)


ANY_TIME = Times(windows=(Window(),))
ONLY_ANSWERS = Times()
"""We never write first; only what the child wrote is answered."""


def as_json(times: Times) -> dict[str, Any]:
    """Gives times as they are kept."""
    return {
        "windows": [_window_json(window) for window in times.windows],
        "closed": [_window_json(window) for window in times.closed],
        "is_unclear": times.is_unclear,
    }


def from_json(kept: Mapping[str, Any]) -> Times:
    """Gives times from what was kept.

    Raises:
        ValueError: they cannot be read.
        TypeError: they cannot be read.
        KeyError: they cannot be read.
    """
    return Times(
        windows=tuple(_window(one) for one in kept["windows"]),
        closed=tuple(_window(one) for one in kept["closed"]),
        is_unclear=bool(kept["is_unclear"]),
    )


def _window_json(window: Window) -> dict[str, Any]:
    return {
        "days": list(window.days),
        "from": f"{window.start:%H:%M}",
        "until": f"{window.end:%H:%M}",
        "date": window.date.isoformat() if window.date else None,
    }


def _window(kept: Mapping[str, Any]) -> Window:
    days = tuple(int(day) for day in kept["days"])
    if not set(days) <= set(EVERY_DAY):
        raise ValueError("There are seven days.")
    return Window(
        days=days,
        start=dt.time.fromisoformat(kept["from"]),
        end=dt.time.fromisoformat(kept["until"]),
        date=dt.date.fromisoformat(kept["date"]) if kept.get("date") else None,
    )
