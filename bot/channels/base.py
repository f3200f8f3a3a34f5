"""The contract of a channel: what comes in, what goes out, and what may go wrong."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.channel import ChannelName, MessageKind
from models.conversation import DeliveryStatus


class ChannelError(Exception):
    """Something a channel could not do; the leaves say what the caller does next."""


class UnverifiedRequestError(ChannelError):
    """The request did not come from the provider: answer 403 and keep nothing."""


class MalformedRequestError(ChannelError):
    """The request is genuine but cannot be read: answer 400 and log once."""


class DeliveryFailedError(ChannelError):
    """The provider did not take it now: try again, not before `retry_after` when given."""

    def __init__(self, code: str, *, retry_after: dt.timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class DeliveryPacedError(DeliveryFailedError):
    """Not tried at all: the channel's own pace asks to wait. It is no failed attempt."""


class DeliveryRefusedError(ChannelError):
    """The provider will never take it: do not repeat, tell a person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DeliveryUnknownError(ChannelError):
    """No answer came: it may or may not have gone. Look for it before repeating."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """A provider's call, free of the web framework."""

    url: str
    """The public address the provider called, from settings, with path and query."""
    headers: Mapping[str, str]
    """Header names in lower case."""
    body: bytes
    form: Sequence[tuple[str, str]] = ()
    """Posted form parameters, in order, repeated names kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file the child sent: where the provider keeps it, never its content."""

    kind: MessageKind
    reference: str
    """The provider's file id or address; stored encrypted, never shown or logged."""
    media_type: str | None = None
    size: int | None = None
    """Bytes, when the provider says."""
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A parsed message that is not yet stored."""

    external_id: str
    """Unique in the channel account; the same for a repeat of the same message."""
    address: str
    """Where to answer: a chat id, or a number in E.164 form without any prefix."""
    kind: MessageKind
    text: str = ""
    choice: str | None = None
    """The payload of the button that was pressed."""
    reference: str | None = None
    """The provider's id of the message in its chat, by which edits and deletions name it."""
    refers_to: str | None = None
    """For an edit, a deletion or an answer: the `reference` of the earlier message."""
    attachments: tuple[Attachment, ...] = ()
    sent_at: dt.datetime | None = None
    language: str | None = None
    """The language of the child's own app, where the channel tells."""
    is_cut_off: bool = False
    """Whether the network acted on the words by itself, and now lets nothing of ours through."""
    acknowledge: str | None = None
    """Something the channel must acknowledge after storing, such as a callback query id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's word on the delivery of one message."""

    external_id: str
    status: DeliveryStatus
    error_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice the child can press or type."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPart:
    """One provider message: at most the channel's limit long."""

    delivery_id: int
    address: str
    text: str
    buttons: tuple[Button, ...] = ()
    reveal: bool = False
    """False keeps the message out of the provider's and phone's reach where the channel can:
    no forwarding, no link preview."""
    template: str | None = None
    """The provider's id of an approved template that says the same, where free text may not go."""
    queued_at: dt.datetime | None = None
    attempted_at: dt.datetime | None = None
    """When an earlier try began whose result is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What a voice note holds."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """All that one request carried."""

    messages: tuple[IncomingMessage, ...] = ()
    receipts: tuple[Receipt, ...] = ()


class Channel(Protocol):
    """One account with one provider. Safe to call from several threads."""

    @property
    def name(self) -> ChannelName:
        """Gives the channel's name."""

    @property
    def account(self) -> str:
        """Gives the account's external name: the bot's id, or our number."""

    def parse(self, request: WebRequest) -> Parsed:
        """Gives what the provider's request carries.

        Raises:
            UnverifiedRequestError: the secret or signature is wrong.
            MalformedRequestError: it is genuine but unreadable.
        """

    def send(self, part: OutgoingPart) -> str:
        """Hands one part to the provider and gives the provider's id of it.

        Raises:
            DeliveryFailedError: not taken now.
            DeliveryRefusedError: never to be taken.
            DeliveryUnknownError: no answer came.
        """

    def find_sent(self, part: OutgoingPart) -> str | None:
        """Gives the provider's id of a part whose earlier try was ambiguous, or None.

        Raises:
            DeliveryFailedError: the provider cannot be asked now.
        """

    def missed(self, since: dt.datetime) -> Sequence[IncomingMessage]:
        """Gives inbound messages the provider holds since then, for the sweep; may repeat."""

    def show_typing(self, address: str) -> None:
        """Shows the child that an answer is being written, where the channel can."""

    def acknowledge(self, message: IncomingMessage) -> None:
        """Tells the provider a button press was received, where the channel needs it."""

    def delete(self, address: str, external_id: str) -> bool:
        """Takes one message back from the child's phone; False where it never can.

        Raises:
            DeliveryFailedError: not now.
            DeliveryUnknownError: no answer came.
        """

    def fetch_sound(self, attachment: Attachment) -> Sound:
        """Gives a voice note's sound from where the provider keeps it; nothing else is fetched.

        Raises:
            DeliveryFailedError: not to be had now.
            DeliveryRefusedError: never to be had, too large, or no sound.
            DeliveryUnknownError: no answer came.
        """

    def close(self) -> None:
        """Releases connections and threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What `frontdoor check` learns from a provider about one account."""

    ok: bool
    findings: tuple[str, ...] = field(default_factory=tuple)
