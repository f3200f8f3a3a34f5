"""Simulated: a phone in the demonstration, with the limits of the real one."""

import datetime as dt
import io
import itertools
import threading
import uuid
import wave
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.base import (
    Attachment,
    Button,
    DeliveryRefusedError,
    IncomingMessage,
    OutgoingPart,
    Parsed,
    Sound,
    UnverifiedRequestError,
    WebRequest,
)
from bot.channels.choices import with_numbers
from models.base import utc_now
from models.channel import CAPABILITIES, ChannelName

_SHOWN = 500
_TWILIO_LIMIT = 1600
_TONE_RATE = 8000
_TONE = bytes([*range(120, 136), *range(136, 120, -1)])
"""One swing of a tone of 250 Hz, around the middle of eight bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message on the simulated phone."""

    external_id: str
    text: str
    buttons: tuple[Button, ...]
    at: dt.datetime


class SimulatedChannel:
    """Takes what the real channel would take and shows it at once, in this process only."""

    def __init__(self, name: ChannelName) -> None:
        """Begins with empty phones."""
        self._name = name
        self._lock = threading.Lock()
        self._phones: dict[str, deque[Shown]] = {}
        self._typing: dict[str, dt.datetime] = {}
        self._ids = (f"simulated-{uuid.uuid4().hex[:8]}-{number}" for number in itertools.count(1))

    @property
    def name(self) -> ChannelName:
        """Gives the channel whose limits hold."""
        return self._name

    @property
    def account(self) -> str:
        """Gives the one account that every simulated phone writes to."""
        return "simulated"

    def parse(self, request: WebRequest) -> Parsed:  # noqa: ARG002 — the contract's
        """Refuses: no provider calls for a phone that is a page of ours.

        Raises:
            UnverifiedRequestError: always.
        """
        raise UnverifiedRequestError("simulated")

    def send(self, part: OutgoingPart) -> str:
        """Shows one message on the phone and gives its id.

        Raises:
            DeliveryRefusedError: the real channel would not take it.
        """
        text, buttons = self._as_shown(part)
        if not text.strip():
            raise DeliveryRefusedError("no_text")
        if len(text) > self._limit():
            raise DeliveryRefusedError("too_long")
        with self._lock:
            external_id = next(self._ids)
            shown = Shown(external_id=external_id, text=text, buttons=buttons, at=utc_now())
            self._phones.setdefault(part.address, deque(maxlen=_SHOWN)).append(shown)
            self._typing.pop(part.address, None)
        return external_id

    def find_sent(self, part: OutgoingPart) -> str | None:
        """Gives the id of the same words shown since the try began, or None."""
        since = part.attempted_at
        if since is None:
            return None
        text, _ = self._as_shown(part)
        with self._lock:
            for shown in self._phones.get(part.address, ()):
                if shown.text == text and shown.at >= since:
                    return shown.external_id
        return None

    def missed(self, since: dt.datetime) -> Sequence[IncomingMessage]:  # noqa: ARG002
        """Gives nothing: the page hands every message in itself."""
        return ()

    def show_typing(self, address: str) -> None:
        """Shows "typing" for five seconds, where the real channel can."""
        if CAPABILITIES[self._name].shows_typing:
            with self._lock:
                self._typing[address] = utc_now() + dt.timedelta(seconds=5)

    def is_typing(self, address: str) -> bool:
        """Tells whether the phone shows "typing" now."""
        with self._lock:
            until = self._typing.get(address)
        return until is not None and until > utc_now()

    def acknowledge(self, message: IncomingMessage) -> None:
        """Does nothing: the page knows what it pressed."""

    def delete(self, address: str, external_id: str) -> bool:
        """Takes a message from the phone, where and as long as the real channel can.

        What the child wrote stands only in the page, which names it by an id of its own that is
        no number, and leaves out what was taken back.
        """
        hours = CAPABILITIES[self._name].deletes_within_hours
        if hours is None:
            return False
        if not external_id.startswith("simulated-"):
            return not external_id.isdecimal()
        with self._lock:
            phone = self._phones.get(address, deque())
            for shown in phone:
                young = utc_now() - shown.at <= dt.timedelta(hours=hours)
                if shown.external_id == external_id and young:
                    phone.remove(shown)
                    return True
        return False

    def fetch_sound(self, attachment: Attachment) -> Sound:
        """Gives a quiet tone, as long as the phone says that its pretended voice note is."""
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(_TONE_RATE)
            file.writeframes(_TONE * (attachment.seconds or 1) * (_TONE_RATE // len(_TONE)))
        return Sound(media_type="audio/wav", content=content.getvalue())

    def phone(self, address: str) -> tuple[Shown, ...]:
        """Gives what the phone shows from us, oldest first."""
        with self._lock:
            return tuple(self._phones.get(address, ()))

    def close(self) -> None:
        """Does nothing: there is nothing to release."""

    def _limit(self) -> int:
        # What the real channel takes, which for a text is more than we choose to send at once.
        return max(CAPABILITIES[self._name].text_limit, _TWILIO_LIMIT)

    def _as_shown(self, part: OutgoingPart) -> tuple[str, tuple[Button, ...]]:
        capability = CAPABILITIES[self._name]
        titles = max((len(button.title) for button in part.buttons), default=0)
        if len(part.buttons) <= capability.buttons and titles <= capability.button_title_limit:
            return part.text, part.buttons
        return with_numbers(part.text, part.buttons), ()
