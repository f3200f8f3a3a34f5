"""A channel that keeps what it was given to send, and fails on demand."""

import datetime as dt
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.channels.base import (
    Attachment,
    Button,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    OutgoingPart,
    Parsed,
    Sound,
    WebRequest,
)
from models.base import utc_now
from models.channel import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that reached the child's phone."""

    external_id: str
    address: str
    text: str
    buttons: tuple[Button, ...]
    delivery_id: int
    at: dt.datetime
    template: str | None = None


class CrashError(Exception):
    """Stands for the end of the process: nothing of ours catches it."""


class FakeChannel:
    """Takes every message, unless an error waits in `failures` or the answer is to be lost."""

    def __init__(self, name: ChannelName, account: str = "fake") -> None:
        self._name = name
        self._account = account
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self.sent: list[Sent] = []
        self.failures: deque[Exception] = deque()
        """Each is raised by one `send`, which then sends nothing."""
        self.look_up_failures: deque[Exception] = deque()
        """Each is raised by one `find_sent`."""
        self.answers_to_lose = 0
        """How many of the next messages reach the phone without our hearing of it."""
        self.crashes_to_come = 0
        """How many of the next messages reach the phone just before we die."""
        self.looked_for: list[OutgoingPart] = []
        self.missed_messages: list[IncomingMessage] = []
        self.typing_shown: list[str] = []
        self.delete_failures: deque[Exception] = deque()
        """Each is raised by one `delete`."""
        self.undeletable: set[str] = set()
        self.deleted: list[tuple[str, str]] = []
        self.before_send: Callable[[OutgoingPart], None] | None = None

    @property
    def name(self) -> ChannelName:
        """Gives the channel whose limits hold."""
        return self._name

    @property
    def account(self) -> str:
        """Gives the account's external name."""
        return self._account

    def parse(self, request: WebRequest) -> Parsed:  # noqa: ARG002 — the contract's
        """Gives nothing: messages are handed to the inbox."""
        return Parsed()

    def send(self, part: OutgoingPart) -> str:
        """Keeps one message and gives its id."""
        if self.before_send is not None:
            self.before_send(part)
        with self._lock:
            if self.failures:
                raise self.failures.popleft()
            external_id = f"{self._account}-{next(self._ids)}"
            self.sent.append(
                Sent(
                    external_id=external_id,
                    address=part.address,
                    text=part.text,
                    buttons=part.buttons,
                    delivery_id=part.delivery_id,
                    at=utc_now(),
                    template=part.template,
                )
            )
            if self.answers_to_lose:
                self.answers_to_lose -= 1
                raise DeliveryUnknownError
            if self.crashes_to_come:
                self.crashes_to_come -= 1
                raise CrashError
        return external_id

    def find_sent(self, part: OutgoingPart) -> str | None:
        """Gives the id of the same words sent to the same phone since the try began, or None."""
        with self._lock:
            self.looked_for.append(part)
            if self.look_up_failures:
                raise self.look_up_failures.popleft()
            for one in self.sent:
                same = (one.address, one.text) == (part.address, part.text)
                if same and part.attempted_at is not None and one.at >= part.attempted_at:
                    return one.external_id
        return None

    def missed(self, since: dt.datetime) -> Sequence[IncomingMessage]:  # noqa: ARG002
        """Gives what a test put there."""
        return tuple(self.missed_messages)

    def show_typing(self, address: str) -> None:
        """Keeps where it was shown."""
        self.typing_shown.append(address)

    def acknowledge(self, message: IncomingMessage) -> None:
        """Does nothing."""

    def delete(self, address: str, external_id: str) -> bool:
        """Takes a message from the phone, unless an error waits or it is to stay."""
        with self._lock:
            if self.delete_failures:
                raise self.delete_failures.popleft()
            if external_id in self.undeletable:
                return False
            self.deleted.append((address, external_id))
            self.sent = [one for one in self.sent if one.external_id != external_id]
        return True

    def fetch_sound(self, attachment: Attachment) -> Sound:
        """Refuses: the fakes of the providers' own servers keep sounds."""
        raise DeliveryRefusedError(attachment.kind.value)

    def close(self) -> None:
        """Does nothing."""
