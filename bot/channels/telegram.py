"""Telegram: the Bot API through python-telegram-bot's `Bot`, on one event-loop thread."""

import asyncio
import datetime as dt
import hmac
import json
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for_any
from typing import Any, override

import httpx
import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

from bot.channels.base import (
    AccountState,
    Attachment,
    ChannelError,
    DeliveryFailedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    MalformedRequestError,
    OutgoingPart,
    Parsed,
    Sound,
    UnverifiedRequestError,
    WebRequest,
)
from bot.channels.choices import with_numbers
from bot.channels.pace import Pace
from bot.channels.quiet import quiet_clients
from bot.channels.reading import UNREADABLE
from bot.channels.sounds import check_size, sound_type
from bot.channels.telegram_updates import ALLOWED_UPDATES, read_update
from models.channel import CAPABILITIES, ChannelName

log = structlog.get_logger()

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 — the header's name
CALLBACK_DATA_BYTES = 64

_FETCH_SECONDS = 60

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class TelegramChannel:
    """One bot. Its address for webhooks and its account are the bot's id, not its token."""

    def __init__(
        self,
        token: str,
        *,
        secret: str | None = None,
        base_url: str = "https://api.telegram.org",
        timeout: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keeps the settings; the thread and the first call come with the first use.

        Without a secret every webhook call is refused, which is right for polling.
        """
        self._token = token
        self._secret = secret
        self._base_url = base_url.rstrip("/") + "/bot"
        self._base_file_url = base_url.rstrip("/") + "/file/bot"
        self._timeout = timeout
        # "Avoid sending more than one message per second" to a chat, 30 a second in all.
        self._pace = Pace(seconds_between=1.0, per_second=30, clock=clock)
        self._loop = _LoopThread()
        self._bot: _RawBot | None = None
        self._starting = threading.Lock()

    @property
    def name(self) -> ChannelName:
        """Gives Telegram's name."""
        return ChannelName.TELEGRAM

    @property
    def account(self) -> str:
        """Gives the bot's id, which is the public first half of its token."""
        return self._token.partition(":")[0]

    def parse(self, request: WebRequest) -> Parsed:
        """Gives the message of one update.

        Raises:
            UnverifiedRequestError: the secret header is missing or wrong.
            MalformedRequestError: the body is no update.
        """
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        if not self._secret or not hmac.compare_digest(given, self._secret.encode()):
            raise UnverifiedRequestError("wrong secret")
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise MalformedRequestError("not JSON") from error
        message = read_update(update)
        return Parsed(messages=() if message is None else (message,))

    def send(self, part: OutgoingPart) -> str:
        """Sends one message and gives Telegram's id of it in its chat.

        Raises:
            DeliveryPacedError: too soon after the last one.
            DeliveryFailedError: Telegram is busy, away, or does not know our token.
            DeliveryRefusedError: the child blocked the bot, or the message is not allowed.
            DeliveryUnknownError: no answer came.
        """
        chat_id = _chat_id(part.address)
        self._pace.take(part.address)
        try:
            return self._call(lambda bot: self._send(bot, chat_id, part))
        except DeliveryFailedError as error:
            if error.retry_after is not None:
                self._pace.hold(part.address, error.retry_after)
            raise

    def find_sent(self, part: OutgoingPart) -> str | None:  # noqa: ARG002 — the contract's
        """Gives None: a bot cannot ask Telegram what it has sent.

        So a message whose sending ended without an answer is sent again. A child may then
        read the same sentence twice, which is better than waiting for one that never comes.
        """
        return None

    def missed(self, since: dt.datetime) -> Sequence[IncomingMessage]:  # noqa: ARG002
        """Gives nothing: Telegram itself repeats an update until it is confirmed."""
        return ()

    def show_typing(self, address: str) -> None:
        """Shows "typing" for five seconds, or until the next message."""
        chat_id = _chat_id(address)
        self._try("typing_failed", lambda bot: bot.send_chat_action(chat_id, ChatAction.TYPING))

    def acknowledge(self, message: IncomingMessage) -> None:
        """Stops the pressed button's clock on the child's phone."""
        query_id = message.acknowledge
        if query_id is not None:
            self._try("acknowledging_failed", lambda bot: bot.answer_callback_query(query_id))

    def delete(self, address: str, external_id: str) -> bool:
        """Takes a message from the chat, ours or the child's; False after 48 hours.

        Raises:
            DeliveryFailedError: Telegram is busy or away; it may be tried again.
            DeliveryUnknownError: no answer came.
        """
        if not external_id.isdecimal():
            return False
        chat_id, message_id = _chat_id(address), int(external_id)
        try:
            return self._call(lambda bot: bot.delete_message(chat_id, message_id))
        except DeliveryRefusedError:
            return False

    def fetch_sound(self, attachment: Attachment) -> Sound:
        """Gives a voice note's sound.

        Raises:
            DeliveryFailedError: Telegram is busy or away.
            DeliveryRefusedError: Telegram does not know the file, or it is no sound, or too large.
            DeliveryUnknownError: no answer came.
        """
        # A voice note is Opus in Ogg; only other sounds bear a type of their own.
        media_type = sound_type(attachment.media_type or "audio/ogg")
        fetching = self._begin(
            lambda bot: bot.content_of(attachment.reference), extra=_FETCH_SECONDS
        )
        return Sound(media_type=media_type, content=self._result(fetching))

    def fetch_updates(
        self, offset: int | None, *, wait: dt.timedelta, stop: threading.Event
    ) -> Sequence[Any]:
        """Gives the updates Telegram holds, and forgets with it those below the offset.

        Returns:
            The updates as Telegram wrote them; none when there was none, or on `stop`.

        Raises:
            DeliveryFailedError: Telegram cannot be asked now.
            DeliveryUnknownError: no answer came.
        """
        seconds = int(wait.total_seconds())
        future = self._begin(lambda bot: bot.raw_updates(offset, seconds), extra=seconds)
        while True:
            done, _ = wait_for_any([future], timeout=0.2)
            if done:
                return self._result(future)
            if stop.is_set():
                future.cancel()
                return ()

    def set_webhook(self, url: str, *, connections: int = 8) -> None:
        """Asks Telegram to post updates to the address, with the secret.

        Few connections are natural back-pressure: Telegram waits instead of us falling over.
        """
        self._call(
            lambda bot: bot.set_webhook(
                url,
                secret_token=self._secret,
                max_connections=connections,
                allowed_updates=ALLOWED_UPDATES,
            )
        )

    def delete_webhook(self) -> None:
        """Asks Telegram to keep updates for polling; none is dropped."""
        self._call(lambda bot: bot.delete_webhook(drop_pending_updates=False))

    def state(self) -> AccountState:
        """Gives what a go-live check should know about the bot."""
        try:
            webhook = self._call(lambda bot: bot.get_webhook_info())
        except ChannelError as error:
            return AccountState(ok=False, findings=(f"Telegram does not answer: {error}",))
        findings = []
        if webhook.pending_update_count:
            findings.append(f"{webhook.pending_update_count} updates wait to be delivered")
        if webhook.last_error_date is not None:
            findings.append(f"Telegram's last webhook call failed at {webhook.last_error_date}")
        return AccountState(ok=not findings, findings=tuple(findings))

    def close(self) -> None:
        """Ends the connections and the thread."""
        with self._starting:
            bot, self._bot = self._bot, None
        self._loop.close(None if bot is None else bot.shutdown)

    async def _send(self, bot: "_RawBot", chat_id: int, part: OutgoingPart) -> str:
        text, keyboard = _with_choices(part)
        # No parse_mode: a child's name or a practitioner's words may hold any character.
        message = await bot.send_message(
            chat_id,
            text,
            reply_markup=keyboard,
            link_preview_options=LinkPreviewOptions(is_disabled=not part.reveal),
            protect_content=not part.reveal,
        )
        return str(message.message_id)

    def _try(self, event: str, call: "_BotCall[object]") -> bool:
        """Does what a conversation can go on without."""
        try:
            self._call(call)
        except ChannelError as error:
            log.info(event, reason=type(error).__name__)
            return False
        return True

    def _call[Result](self, call: "_BotCall[Result]") -> Result:
        return self._result(self._begin(call))

    def _begin[Result](self, call: "_BotCall[Result]", *, extra: float = 0) -> Future[Result]:
        # Each wait of the client has its own limit; this one holds for all of them together.
        return self._loop.begin(self._within(call, self._timeout * 2 + extra))

    async def _within[Result](self, call: "_BotCall[Result]", seconds: float) -> Result:
        async with asyncio.timeout(seconds):
            bot = self._running_bot()
            await bot.initialize()
            return await call(bot)

    def _running_bot(self) -> "_RawBot":
        with self._starting:
            if self._bot is None:
                self._bot = _RawBot(
                    self._token,
                    base_url=self._base_url,
                    base_file_url=self._base_file_url,
                    request=_request(self._timeout, connections=32),
                    get_updates_request=_request(self._timeout, connections=1),
                )
            return self._bot

    def _result[Result](self, future: Future[Result]) -> Result:
        try:
            return future.result()
        except (TimeoutError, CancelledError) as error:
            raise DeliveryUnknownError("telegram_timeout") from error
        except InvalidToken:
            # The library's error names the token, so it is not chained into a log.
            raise DeliveryFailedError("telegram_401") from None
        except TelegramError as error:
            raise _delivery_error(error) from error
        except UNREADABLE as error:
            # A success without its fields: something was done, nobody knows what.
            raise DeliveryUnknownError("telegram_unreadable") from error


type _BotCall[Result] = Callable[[_RawBot], Coroutine[Any, Any, Result]]


class _RawBot(Bot):
    """The library's bot, and updates as they came: one odd update must not lose the rest."""

    async def raw_updates(self, offset: int | None, wait: int) -> list[Any]:
        data: dict[str, Any] = {"timeout": wait, "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            data["offset"] = offset
        timeout = wait + (self._request[0].read_timeout or 0)
        result = await self._post("getUpdates", data, read_timeout=timeout)
        return result if isinstance(result, list) else []

    async def content_of(self, file_id: str) -> bytes:
        file = await self.get_file(file_id)
        check_size(file.file_size or 0)
        if not file.file_path:
            raise DeliveryFailedError("telegram_unreadable")
        content = bytes(await file.download_as_bytearray())
        check_size(len(content))
        return content


class _QuietRequest(HTTPXRequest):
    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Reads an answer; the library's own would log an unreadable one, words and all."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("unreadable answer") from error
        if not isinstance(answer, dict):
            raise TelegramError("unreadable answer")
        return answer


class _LoopThread:
    """One event loop on one thread, begun with its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def begin[Result](self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="telegram", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_end(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    if last is not None:
        await last()
    await asyncio.get_running_loop().shutdown_asyncgens()


def _request(timeout: float, *, connections: int) -> _QuietRequest:
    quiet_clients()
    # The library warns of its own use of seconds; both kinds of value are read below.
    warnings.filterwarnings("ignore", message=".*`retry_after`", category=PTBDeprecationWarning)
    return _QuietRequest(
        connection_pool_size=connections,
        read_timeout=timeout,
        write_timeout=timeout,
        connect_timeout=timeout,
        pool_timeout=timeout,
    )


def _chat_id(address: str) -> int:
    try:
        return int(address)
    except ValueError as error:
        raise DeliveryRefusedError("bad_address") from error


def _with_choices(part: OutgoingPart) -> tuple[str, InlineKeyboardMarkup | None]:
    if not part.buttons:
        return part.text, None
    too_long = any(len(button.payload.encode()) > CALLBACK_DATA_BYTES for button in part.buttons)
    if too_long or len(part.buttons) > CAPABILITIES[ChannelName.TELEGRAM].buttons:
        # The words still say the choices, and can be typed: better than no question at all.
        log.error("buttons_unusable", delivery_id=part.delivery_id, payload_too_long=too_long)
        return with_numbers(part.text, part.buttons), None
    rows = [
        [InlineKeyboardButton(button.title, callback_data=button.payload)]
        for button in part.buttons
    ]
    return part.text, InlineKeyboardMarkup(rows)


# What each of the library's errors means for us; the order is from the narrow to the wide.
_REFUSALS: tuple[tuple[type[TelegramError], str], ...] = (
    (Forbidden, "telegram_403"),
    (BadRequest, "telegram_400"),
    (ChatMigrated, "telegram_400"),
)


def _delivery_error(error: TelegramError) -> ChannelError:
    for refusal, code in _REFUSALS:
        if isinstance(error, refusal):
            return DeliveryRefusedError(code)
    match error:
        case RetryAfter():
            wait = error.retry_after
            wait = wait if isinstance(wait, dt.timedelta) else dt.timedelta(seconds=wait)
            return DeliveryFailedError("telegram_429", retry_after=wait)
        case Conflict():
            return DeliveryFailedError("telegram_409")
        case NetworkError(__cause__=cause) if isinstance(cause, _NOT_SENT):
            return DeliveryFailedError("network")
        case NetworkError() if not isinstance(error.__cause__, httpx.HTTPError):
            return DeliveryFailedError("telegram_5xx")
        case _:
            return DeliveryUnknownError("telegram_no_answer")
