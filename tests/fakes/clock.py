"""A clock that stands still until a test moves it."""

import datetime as dt


class MovableClock:
    """Gives the same time until it is moved; a Tuesday afternoon in winter to begin with."""

    def __init__(self, *, tick: dt.timedelta = dt.timedelta(0)) -> None:
        """Begins; with a tick, each look at it moves it by that much."""
        self._now = dt.datetime(2026, 1, 13, 15, 30, tzinfo=dt.UTC)
        self._tick = tick

    def now(self) -> dt.datetime:
        """Gives the time."""
        self._now += self._tick
        return self._now

    def forward(self, **by: float) -> None:
        """Moves it by seconds, minutes, hours or days."""
        self._now += dt.timedelta(**by)

    def set(self, moment: dt.datetime) -> None:
        """Moves it to a moment."""
        self._now = moment
