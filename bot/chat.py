"""Talking to the bot in a terminal: a pretend phone, through the real inbox and outbox.

Where the service runs already, it answers; otherwise this process does the work itself.
"""

import datetime as dt
import queue
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from sqlalchemy import Engine, select

from bot import accounts, dialogue_process, inbox, outbox, running, tidying
from bot.accounts import Accounts
from bot.channels import choices
from bot.dialogue import Dialogue
from bot.settings import Settings, SettingsError
from bot.simulator import handset, writing
from bot.simulator.handset import Phone, Screen, State
from bot.simulator.writing import CannotBeSentError, Written
from models.audit import Lease
from models.base import utc_now
from models.channel import ChannelName
from models.conversation import HandoverReason, Holder
from models.db import reading
from models.urgency import Urgency

type Work = Callable[[], bool]
"""Does one piece of the service's work; False when there was none."""

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


def chat(
    settings: Settings,
    *,
    channel: str,
    show_state: bool,
    progress: Callable[[str], None],
    language: str | None = None,
) -> None:
    """Talks in this terminal as a new child, until Ctrl-D.

    Raises:
        SettingsError: this is no demonstration, where a pretend child has no place.
    """
    if not settings.is_demonstration:
        raise SettingsError("FRONTDOOR_DEMONSTRATION: chat needs it to be true.")
    engine = running.open_database(settings)
    try:
        authority = accounts.prepare(engine, settings)
        known = accounts.open_channels(engine, settings, authority)
        talk = Talk(
            engine,
            new_phone(known, ChannelName(channel)),
            quiet=dt.timedelta(seconds=settings.quiet_seconds),
            language=language,
            shows_state=show_state,
        )
        with _worked(engine, known, settings, progress) as work:
            progress("Write as a child would. Ctrl-D ends.")
            talk.run(sys.stdin, sys.stdout, work=work, waits=not sys.stdin.isatty())
    except KeyboardInterrupt:
        progress("Ended")
    finally:
        engine.dispose()


def new_phone(known: Accounts, channel: ChannelName) -> Phone:
    """Gives the phone of a child who has never written before.

    Raises:
        LookupError: there is no simulated account of the channel.
    """
    account_id, simulated = handset.simulated(known, channel)
    address = f"simulated-{secrets.token_hex(16)}"
    return Phone(account_id=account_id, channel=simulated, address=address)


def worker(engine: Engine, known: Accounts, dialogue: Dialogue) -> Work:
    """Gives the work of inbox and outbox, a piece at a time, for the simulated accounts alone."""
    name = f"chat:{secrets.token_hex(3)}"
    channels = {
        account_id: channel
        for account_id, channel in known.channels.items()
        if channel.account == "simulated"
    }

    def work() -> bool:
        drained = inbox.drain(engine, dialogue, worker=name)
        sent = outbox.send_due(engine, channels, worker=name)
        return tidying.delete_due(engine, channels, worker=name) or sent or drained

    return work


class Talk:
    """One child's talk in a terminal."""

    def __init__(
        self,
        engine: Engine,
        phone: Phone,
        *,
        quiet: dt.timedelta = dt.timedelta(0),
        language: str | None = None,
        shows_state: bool = False,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        """Begins with nothing said.

        Args:
            engine: the database.
            phone: the child's.
            quiet: how long the bot waits for more before it answers.
            language: the language of the child's phone.
            shows_state: whether to say when a person is called, and how urgent it is.
            patience: seconds to wait for an answer before saying that none has come.
        """
        self._engine = engine
        self._phone = phone
        self._quiet = quiet
        self._language = language
        self._shows_state = shows_state
        self._patience = patience
        self._printed: set[str] = set()
        self._version: str | None = None
        self._is_settled = True
        self._state: State | None = None

    def run(self, lines: TextIO, out: TextIO, *, work: Work, waits: bool) -> None:
        """Sends each line and prints each reply as it comes, until the lines end.

        Args:
            lines: what the child writes.
            out: where replies are printed.
            work: a piece of the service's work, when this process is to do it.
            waits: whether each line waits for the answers to the one before, as in a pipe.
        """
        written = _read_aside(lines)
        while (line := self._next_line(written, out, work)) is not None:
            if waits:
                # A terminal shows what was typed by itself; a pipe's reader sees both sides.
                _print(out, "You", line)
            self._send(line, out)
            if waits:
                self._wait_for_answers(out, work)
        self._wait_for_answers(out, work)

    def _next_line(
        self, written: "queue.SimpleQueue[str | None]", out: TextIO, work: Work
    ) -> str | None:
        """Gives the next line with something in it, or None at the end; prints meanwhile."""
        while True:
            is_busy = self._step(out, work)
            try:
                line = written.get(timeout=0.001 if is_busy else _LOOK_SECONDS)
            except queue.Empty:
                continue
            if line is None or line.strip():
                return line and line.strip()

    def _wait_for_answers(self, out: TextIO, work: Work) -> None:
        deadline = time.monotonic() + self._patience
        while not self._is_settled:
            if time.monotonic() > deadline:
                out.write("(no answer has come yet)\n")
                # Said once; an answer that comes later is still printed.
                self._is_settled = True
                return
            if not self._step(out, work):
                time.sleep(_LOOK_SECONDS)

    def _step(self, out: TextIO, work: Work) -> bool:
        is_busy = work()
        handset.send_receipts(self._engine, self._phone, is_looked_at=True)
        screen = handset.read(self._engine, self._phone, seen_version=self._version)
        if screen is not None:
            self._show(screen, out)
        return is_busy

    def _send(self, text: str, out: TextIO) -> None:
        written = Written(
            address=self._phone.address,
            id=secrets.token_hex(16),
            text=text,
            language=self._language,
        )
        try:
            incoming = writing.message(self._phone.channel.name, written)
        except CannotBeSentError:
            out.write("(too long for this phone)\n")
            return
        inbox.receive(self._engine, self._phone.account_id, incoming, quiet=self._quiet)
        self._is_settled = False

    def _show(self, screen: Screen, out: TextIO) -> None:
        self._version = screen.version
        self._is_settled = screen.is_settled
        for line in screen.lines:
            if line.key not in self._printed and not line.is_from_child:
                self._printed.add(line.key)
                # Buttons cannot be pressed here: their numbers, or their words, are typed.
                _print(out, "Front Door", choices.with_numbers(line.text, line.buttons))
        if self._shows_state and screen.state is not None:
            out.writelines(f"({notice})\n" for notice in _notices(self._state, screen.state))
            self._state = screen.state
        out.flush()


def _notices(before: State | None, now: State) -> Iterator[str]:
    if now.urgency is not (before.urgency if before else Urgency.NO_CONCERN):
        yield f"how urgent: {_plain(now.urgency)}"
    if now.call is not None and now.call is not (before.call if before else None):
        yield f"a person was called: {_plain(now.call)}"
    if now.holder is not (before.holder if before else Holder.BOT):
        yield _HOLDERS[now.holder]


_HOLDERS = {
    Holder.BOT: "the bot answers",
    Holder.NOBODY: "waiting for a person; the bot keeps company",
    Holder.PRACTITIONER: "a practitioner has taken over",
}


def _plain(value: Urgency | HandoverReason) -> str:
    return value.value.replace("_", " ")


def _print(out: TextIO, who: str, text: str) -> None:
    out.write(f"{who}: {text}".replace("\n", "\n    ") + "\n")
    out.flush()


def _read_aside(lines: TextIO) -> "queue.SimpleQueue[str | None]":
    """Reads lines in a thread of its own, so that replies print while nothing is typed."""
    written: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            written.put(line)
        written.put(None)

    # A daemon: a terminal that says nothing more must not keep the process alive.
    threading.Thread(target=read, name="chat-reader", daemon=True).start()
    return written


@contextmanager
def _worked(
    engine: Engine, known: Accounts, settings: Settings, progress: Callable[[str], None]
) -> Iterator[Work]:
    """Gives the work to be done here: none while a running service does it."""
    if _is_served(engine):
        progress("The running service answers")
        yield lambda: False
        return
    with dialogue_process.running(settings.data_dir, progress) as dialogue:
        yield worker(engine, known, dialogue)


def _is_served(engine: Engine) -> bool:
    # A running service's clock renews its lease; one that has died lets it run out.
    with reading(engine) as session:
        live = select(Lease.name).where(Lease.held_until > utc_now())
        return session.scalars(live.limit(1)).first() is not None
