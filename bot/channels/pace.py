"""Pace: how fast a provider lets us speak, to one child and to all."""

import datetime as dt
import threading
import time
from collections import deque
from collections.abc import Callable

from bot.channels.base import DeliveryPacedError

_SWEEP_AT = 1000


class Pace:
    """Refuses what would be too fast and says when it will not be.

    It never waits: a thread that slept for one child would keep the next, perhaps more urgent
    one waiting too. The time goes into the delivery's row instead. It counts what this process
    sends; several processes together are held by the provider's own `retry_after`.
    """

    def __init__(
        self,
        *,
        seconds_between: float,
        per_second: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Spaces one address by seconds and all addresses together by messages a second."""
        self._between = seconds_between
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=per_second)
        self._free_at: dict[str, float] = {}

    def take(self, address: str) -> None:
        """Takes the right to send one message to the address now.

        Raises:
            DeliveryPacedError: it is too soon; `retry_after` says when it is not.
        """
        with self._lock:
            now = self._clock()
            wait = max(self._free_at.get(address, now) - now, self._overall_wait(now))
            if wait > 0:
                raise DeliveryPacedError("paced", retry_after=dt.timedelta(seconds=wait))
            self._recent.append(now)
            self._free_at[address] = now + self._between
            self._forget_old(now)

    def hold(self, address: str, wait: dt.timedelta) -> None:
        """Keeps one address quiet for a while; the others go on."""
        with self._lock:
            until = self._clock() + wait.total_seconds()
            self._free_at[address] = max(until, self._free_at.get(address, until))

    def _overall_wait(self, now: float) -> float:
        if len(self._recent) < (self._recent.maxlen or 0):
            return 0.0
        return self._recent[0] + 1.0 - now

    def _forget_old(self, now: float) -> None:
        if len(self._free_at) > _SWEEP_AT:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
