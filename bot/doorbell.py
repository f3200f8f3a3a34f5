"""The doorbell: it wakes workers sooner than their sweep would, and never carries the truth."""

import threading
from dataclasses import dataclass, field


class Doorbell:
    """Something to wait on until it rings or the time is up. Safe between threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Wakes everyone who waits."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def rings(self) -> int:
        """Gives how often it rang, to be handed to `wait` so that no ring in between is missed."""
        with self._condition:
            return self._rings

    def wait(self, heard: int, seconds: float) -> None:
        """Returns once it has rung more than `heard` times, or after the seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, timeout=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bells:
    """The doorbells of one process."""

    inbox: Doorbell = field(default_factory=Doorbell)
    """Rings when a message has come in."""
    outbox: Doorbell = field(default_factory=Doorbell)
    """Rings when there is something to send."""
