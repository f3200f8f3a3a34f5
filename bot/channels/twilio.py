"""Twilio: SMS and WhatsApp through the SDK's client, with signed webhooks."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from bot.channels.base import (
    AccountState,
    Attachment,
    ChannelError,
    DeliveryFailedError,
    DeliveryUnknownError,
    IncomingMessage,
    OutgoingPart,
    Parsed,
    Sound,
    WebRequest,
)
from bot.channels.choices import with_numbers
from bot.channels.reading import UNREADABLE
from bot.channels.sounds import sound_type
from bot.channels.twilio_choices import WhatsAppChoices, variables
from bot.channels.twilio_errors import delivery_error
from bot.channels.twilio_forms import WHATSAPP_PREFIX, bare_address, kind_of_media, read_form
from bot.channels.twilio_http import TwilioHttp
from bot.channels.twilio_signature import TwilioSignature
from models.channel import ChannelName, MessageKind

log = structlog.get_logger()

STATUS_PATH = "/webhooks/twilio/status"

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_REMEMBERED = 1000
_CONTENT_ERRORS = frozenset({21655, 21656})


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """How we sign in to Twilio, and what we ask of it."""

    sid: str
    auth_token: str
    shared_key_id: str | None = None
    shared_secret: str | None = None
    """The SharedKey that signs webhooks, for accounts that have one instead of the token."""
    messaging_service_sid: str | None = None
    validity_seconds: int = 3600
    """How long a text may wait at Twilio: a stale reply must not arrive at night."""
    redact: bool = True
    """Whether Twilio forgets words and numbers once they are delivered."""
    interactive: bool = True
    """Whether WhatsApp choices are buttons, made through the Content API."""
    base_url: str | None = None
    timeout: float = 10.0
    """Seconds for each step of a request."""


class TwilioChannel:
    """One number of ours, for SMS or for WhatsApp."""

    def __init__(
        self, name: ChannelName, number: str, *, account: TwilioAccount, public_url: str
    ) -> None:
        """Makes the client; the first connection comes with the first call."""
        self._name = name
        self._number = number
        self._settings = account
        self._status_url = public_url.rstrip("/") + STATUS_PATH
        self._signature = TwilioSignature(
            account.auth_token,
            shared_key_id=account.shared_key_id,
            shared_secret=account.shared_secret,
        )
        self._http = TwilioHttp(base_url=account.base_url, timeout=account.timeout)
        self._client = Client(
            account.sid,
            account.auth_token,
            http_client=self._http,
            # An empty one would make the SDK read the process's environment instead.
            environment={"FRONTDOOR": "1"},
        )
        self._choices = WhatsAppChoices(self._client)
        self._memory = _Memory()

    @property
    def name(self) -> ChannelName:
        """Gives SMS or WhatsApp."""
        return self._name

    @property
    def account(self) -> str:
        """Gives our number in E.164 form."""
        return self._number

    def parse(self, request: WebRequest) -> Parsed:
        """Gives the message or the receipt of one webhook call.

        Raises:
            UnverifiedRequestError: the signature is missing or wrong.
            MalformedRequestError: the form is genuine and unreadable.
        """
        self._signature.check(request)
        form: dict[str, str] = {}
        for key, value in request.form:
            form.setdefault(key, value)
        parsed = read_form(form)
        for message in parsed.messages:
            self._memory.heard(message.address, message.external_id)
        return parsed

    def send(self, part: OutgoingPart) -> str:
        """Hands one message to Twilio and gives its id; the receipts come later.

        Raises:
            DeliveryFailedError: Twilio is busy or away, or our account needs repair.
            DeliveryRefusedError: this message never goes to this number.
            DeliveryUnknownError: no answer came.
        """
        if not part.text.strip():
            raise delivery_error("21602", status=400)
        message = self._asked(lambda: self._create(part), is_send=True)
        if not message.sid:
            raise DeliveryUnknownError("twilio_unreadable")
        self._memory.sent(message.sid)
        return str(message.sid)

    def find_sent(self, part: OutgoingPart) -> str | None:
        """Gives the id of the message that an unanswered try may have made, or None.

        A conversation's messages go one by one, so what went to this number since the try
        began, is not another that we know, and has these words (or none any more, where
        Twilio redacts) is it.

        Raises:
            DeliveryFailedError: Twilio cannot be asked now.
        """
        if part.attempted_at is None:
            return None
        # Twilio's times are whole seconds.
        since = part.attempted_at.replace(microsecond=0)
        words = {part.text, with_numbers(part.text, part.buttons), ""}
        for message in self._sent_since(part.address, since):
            if self._memory.has_sent(message.sid) or (message.body or "") not in words:
                continue
            if message.date_created is not None and message.date_created >= since:
                self._memory.sent(message.sid)
                return str(message.sid)
        return None

    def missed(self, since: dt.datetime) -> Sequence[IncomingMessage]:
        """Gives the messages Twilio has from children since then, for the sweep; may repeat.

        Raises:
            DeliveryFailedError: Twilio cannot be asked now.
        """
        found = self._asked(
            lambda: self._client.messages.list(
                to=self._provider_address(self._number), date_sent_after=since, limit=1000
            )
        )
        inbound = [message for message in found if message.direction == "inbound"]
        # The newest comes first, and times are whole seconds: reversed, then sorted, what
        # came within one second keeps its order.
        inbound.reverse()
        inbound.sort(key=lambda message: message.date_created or since)
        return [read for message in inbound if (read := self._read_stored(message)) is not None]

    def show_typing(self, address: str) -> None:
        """Shows "typing" on WhatsApp, under the last message this process saw."""
        last = self._memory.last_heard(address)
        if self._name is not ChannelName.WHATSAPP or last is None:
            return
        indicator = self._client.messaging.v2.typing_indicator
        self._tried("typing_failed", lambda: indicator.create("whatsapp", last))

    def acknowledge(self, message: IncomingMessage) -> None:
        """Does nothing: neither channel waits for it."""

    def delete(self, address: str, external_id: str) -> bool:  # noqa: ARG002 — the contract's
        """Gives False: neither channel takes a message back from a phone."""
        return False

    def fetch_sound(self, attachment: Attachment) -> Sound:
        """Gives a voice note's sound.

        Raises:
            DeliveryFailedError: Twilio is busy or away, or our account needs repair.
            DeliveryRefusedError: Twilio has it no more, or it is no sound, or too large.
        """
        sound_type(attachment.media_type or "")
        auth = (self._settings.sid, self._settings.auth_token)
        try:
            return self._http.fetch_sound(attachment.reference, auth=auth)
        except httpx.HTTPError as error:
            raise DeliveryFailedError("network") from error

    def state(self) -> AccountState:
        """Gives what a go-live check should know about the account."""
        try:
            account = self._asked(lambda: self._client.api.accounts(self._settings.sid).fetch())
        except ChannelError as error:
            return AccountState(ok=False, findings=(f"Twilio does not let us in: {error}",))
        if account.status != "active":
            return AccountState(ok=False, findings=(f"The account is {account.status}",))
        return AccountState(ok=True)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _create(self, part: OutgoingPart) -> Any:
        if part.template is not None:
            return self._post(part, {"content_sid": part.template})
        content = self._content(part)
        in_words = {"body": with_numbers(part.text, part.buttons)}
        if content is None:
            return self._post(part, in_words)
        try:
            return self._post(
                part, {"content_sid": content, "content_variables": variables(part.text)}
            )
        except TwilioRestException as error:
            if error.code not in _CONTENT_ERRORS:
                raise
            # Someone deleted the Content at Twilio: it is made anew next time.
            self._choices.forget()
            return self._post(part, in_words)

    def _post(self, part: OutgoingPart, options: dict[str, Any]) -> Any:
        if self._name is ChannelName.SMS:
            options["validity_period"] = self._settings.validity_seconds
        if self._settings.messaging_service_sid is not None:
            options["messaging_service_sid"] = self._settings.messaging_service_sid
        if self._settings.redact:
            options |= {"content_retention": "discard", "address_retention": "obfuscate"}
        return self._client.messages.create(
            to=self._provider_address(part.address),
            from_=self._provider_address(self._number),
            status_callback=self._status_url,
            **options,
        )

    def _content(self, part: OutgoingPart) -> str | None:
        if not (part.buttons and self._settings.interactive):
            return None
        if self._name is not ChannelName.WHATSAPP:
            return None
        try:
            return self._choices.content_sid(part.text, part.buttons)
        except (TwilioException, httpx.HTTPError) as error:
            # The choices go as words: a question without its buttons is still a question.
            log.warning("buttons_unavailable", reason=type(error).__name__)
            return None

    def _sent_since(self, address: str, since: dt.datetime) -> Sequence[Any]:
        to, ours = self._provider_address(address), self._provider_address(self._number)
        found: list[Any] = self._asked(
            lambda: self._client.messages.list(to=to, from_=ours, limit=50)
        )
        if self._settings.redact:
            # A redacted number is found by nobody's look-up, only by its first digits.
            recent = self._asked(
                lambda: self._client.messages.list(from_=ours, date_sent_after=since, limit=1000)
            )
            found += [message for message in recent if _is_masked(message.to or "", to)]
        return found

    def _read_stored(self, message: Any) -> IncomingMessage | None:
        sender = str(message.from_ or "")
        if not sender or sender.endswith("XXXX"):
            # Redacted by Twilio: a person has to look, we cannot even answer.
            log.error("missed_message_unreadable", external_id=message.sid)
            return None
        attachments: tuple[Attachment, ...] = ()
        if message.num_media not in {None, "0"}:
            media = self._asked(lambda: self._client.messages(message.sid).media.list(limit=20))
            attachments = tuple(_stored_media(item) for item in media)
        text = message.body or ""
        kind = MessageKind.TEXT if text else MessageKind.UNKNOWN
        return IncomingMessage(
            external_id=message.sid,
            address=bare_address(sender),
            kind=attachments[0].kind if attachments else kind,
            text=text,
            reference=message.sid,
            attachments=attachments,
            sent_at=message.date_created,
        )

    def _tried(self, event: str, call: Callable[[], Any]) -> None:
        """Does what a conversation can go on without."""
        try:
            self._asked(call)
        except ChannelError as error:
            log.info(event, reason=type(error).__name__)

    def _asked(self, call: Callable[[], Any], *, is_send: bool = False) -> Any:
        """Gives Twilio's answer, or the error that says what to do."""
        try:
            return call()
        except TwilioException as error:
            raise _error_of(error, is_send=is_send) from error
        except _NOT_SENT as error:
            raise DeliveryFailedError("network") from error
        except (httpx.HTTPError, *UNREADABLE) as error:
            if is_send:
                raise DeliveryUnknownError("twilio_no_answer") from error
            raise DeliveryFailedError("network") from error

    def _provider_address(self, address: str) -> str:
        prefix = WHATSAPP_PREFIX if self._name is ChannelName.WHATSAPP else ""
        return prefix + address


class _Memory:
    """The last things this process heard and sent; a restart may forget them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: OrderedDict[str, str] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()

    def heard(self, address: str, sid: str) -> None:
        with self._lock:
            self._heard[address] = sid
            self._heard.move_to_end(address)
            if len(self._heard) > _REMEMBERED:
                self._heard.popitem(last=False)

    def last_heard(self, address: str) -> str | None:
        with self._lock:
            return self._heard.get(address)

    def sent(self, sid: str) -> None:
        with self._lock:
            self._sent[sid] = None
            if len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)

    def has_sent(self, sid: str) -> bool:
        with self._lock:
            return sid in self._sent


def _error_of(error: TwilioException, *, is_send: bool) -> ChannelError:
    status = getattr(error, "status", None)
    if not isinstance(status, int):
        return DeliveryFailedError("twilio_unreadable")
    # After these the message may exist: only looking for it tells.
    if is_send and status in {500, 502, 504}:
        return DeliveryUnknownError(f"twilio_{status}")
    code = getattr(error, "code", None)
    # Without a code of Twilio's, the SDK gives the HTTP status in its place.
    known = "20500" if code in {None, status} and status >= 500 else str(code or status)
    return delivery_error(known, status=status)


def _stored_media(item: Any) -> Attachment:
    media_type = str(item.content_type or "")
    return Attachment(
        kind=kind_of_media(media_type), reference=str(item.uri or ""), media_type=media_type or None
    )


def _is_masked(masked: str, address: str) -> bool:
    return masked.endswith("XXXX") and masked[:-4] == address[:-4]
