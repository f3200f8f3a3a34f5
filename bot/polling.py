"""Polling: Telegram's updates for a machine that the Internet cannot call, such as a laptop."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from bot.channels.base import (
    ChannelError,
    DeliveryFailedError,
    IncomingMessage,
    MalformedRequestError,
)
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_updates import read_update

log = structlog.get_logger()

type Receive = Callable[[TelegramChannel, IncomingMessage], None]

_WAIT = dt.timedelta(seconds=25)
_BACK_OFF = dt.timedelta(seconds=1)
_LONGEST_BACK_OFF = dt.timedelta(seconds=30)


class Polling:
    """One thread that asks for updates and confirms each only after it is kept."""

    def __init__(
        self,
        channel: TelegramChannel,
        receive: Receive,
        *,
        wait: dt.timedelta = _WAIT,
        back_off: dt.timedelta = _BACK_OFF,
        take_over_webhook: bool = False,
    ) -> None:
        """Keeps what it needs; `receive` must have committed the message when it returns.

        `back_off` is the first wait after a failure; each further one doubles it.

        `take_over_webhook` removes a webhook first, which stops another installation that
        uses the same bot from receiving anything: only on the deployer's word.
        """
        self._channel = channel
        self._receive = receive
        self._wait = wait
        self._back_off = back_off
        self._take_over_webhook = take_over_webhook
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._offset: int | None = None

    def start(self) -> None:
        """Begins on a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="polling", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the message in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Polls until stopped, whatever the network or the database do meanwhile."""
        back_off = self._back_off
        while not self._stop.is_set():
            wait = back_off
            try:
                self.poll_once()
            except DeliveryFailedError as error:
                wait = error.retry_after or back_off
                log.warning("polling_failed", code=error.code, retry_in=wait.total_seconds())
            except ChannelError as error:
                log.warning("polling_failed", code=type(error).__name__)
            except Exception:
                # The loop must not die: the update is still Telegram's and will come again.
                log.exception("polling_failed", retry_in=wait.total_seconds())
            else:
                back_off = self._back_off
                continue
            self._stop.wait(wait.total_seconds())
            back_off = min(back_off * 2, _LONGEST_BACK_OFF)

    def poll_once(self) -> int:
        """Takes one batch and gives how many updates were in it.

        Raises:
            ChannelError: Telegram cannot be asked now.
        """
        if self._take_over_webhook:
            self._channel.delete_webhook()
            self._take_over_webhook = False
        updates = self._channel.fetch_updates(self._offset, wait=self._wait, stop=self._stop)
        if not updates and not self._stop.is_set():
            # Confirmed. Asking on without an offset takes whatever is oldest, since the ids
            # begin anew at random after a quiet week and could then lie below ours.
            self._offset = None
        self._keep(updates)
        return len(updates)

    def _keep(self, updates: Sequence[Any]) -> None:
        for update in updates:
            if self._stop.is_set():
                return
            message = self._read(update)
            if message is not None:
                self._receive(self._channel, message)
            update_id = update.get("update_id") if isinstance(update, dict) else None
            if isinstance(update_id, int):
                self._offset = update_id + 1

    def _read(self, update: Any) -> IncomingMessage | None:
        try:
            return read_update(update)
        except MalformedRequestError as error:
            log.warning("update_malformed", reason=str(error))
            return None
