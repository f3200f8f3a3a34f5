"""A sandbox: one version with pretend phones, a database of its own, and nothing of any child.

It is started when somebody tries a version and ended when nobody has for a while; what was written
in it goes with it.
"""

import re
import secrets
import shutil
import tempfile
import threading
import time
from pathlib import Path

import structlog
from ruamel.yaml.error import YAMLError
from sqlalchemy import Engine

from bot import accounts, inbox, outbox, tidying
from bot.accounts import Accounts
from bot.channels.base import Channel, IncomingMessage
from bot.dialogue import Dialogue, HttpDialogue
from bot.dialogue_process import (
    DialogueProcess,
    DialogueProcessError,
    free_port,
    train_edition,
)
from bot.doorbell import Doorbell
from bot.editions import Dialogues, prepare
from bot.rehearsing import Rehearsals
from bot.settings import Settings
from bot.working import work_steps
from handover import edition
from handover.edition import PROGRAM, Edition
from models.db import open_engine
from models.encryption import new_keyring
from models.migrating import migrate

log = structlog.get_logger()

_BROKEN = (
    DialogueProcessError,
    YAMLError,
    re.error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
IDLE_SECONDS = 600
_MOST = 3
"""Sandboxes at once on a machine: each may have a dialogue process of its own."""


class Sandbox:
    """One version to be tried."""

    def __init__(
        self, found: Edition, data_dir: Path, shared: Dialogues, rehearsals: Rehearsals | None
    ) -> None:
        self.edition = found
        self._rehearsals = rehearsals
        self.problem = ""
        self.used_at = time.monotonic()
        self.is_ready = False
        self._data_dir = data_dir
        self._shared = shared
        self._folder = Path(tempfile.mkdtemp(prefix="frontdoor-try-"))
        self._stop = threading.Event()
        self._bell = Doorbell()
        self._process: DialogueProcess | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self.engine: Engine = open_engine(f"sqlite:///{self._folder}/try.db", new_keyring())
        self.accounts = Accounts(channels={})

    def start(self) -> None:
        """Begins to get ready; returns at once."""
        self._thread.start()

    def receive(self, channel: Channel, message: IncomingMessage) -> None:
        """Keeps what was written on a pretend phone."""
        with edition.pinned(self.edition):
            inbox.receive(self.engine, self.accounts.of(channel), message)
        self._bell.ring()

    def stop(self) -> None:
        """Ends it, and removes all that was written in it."""
        self._stop.set()
        self._bell.ring()
        self._thread.join(10)
        if self._process is not None:
            self._process.stop()
        self.engine.dispose()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        try:
            prepare(self.edition)
            if self._stop.is_set():
                return
            dialogue = self._dialogue()
            migrate(self.engine)
            settings = Settings(_env_file=None, demonstration=True)
            authority = accounts.prepare(self.engine, settings)
            self.accounts = accounts.open_simulated(self.engine, authority)
        except _BROKEN as error:
            # A draft may be broken in any way: whoever tries it is told, and nobody else notices.
            log.warning("sandbox_not_started", edition=str(self.edition), kind=type(error).__name__)
            self.problem = "This version cannot be tried yet: check it, and mend what is found."
            return
        self.is_ready = True
        with edition.pinned(self.edition):
            work_steps(
                lambda: self._work(dialogue), stop=self._stop, name="sandbox", bell=self._bell
            )

    def _work(self, dialogue: Dialogue) -> bool:
        channels = self.accounts.channels
        drained = inbox.drain(self.engine, dialogue, worker="sandbox")
        sent = outbox.send_due(self.engine, channels, worker="sandbox")
        return tidying.delete_due(self.engine, channels, worker="sandbox") or sent or drained

    def _dialogue(self) -> Dialogue:
        if self._shared.has(self.edition):
            return self._shared
        if self._rehearsals is not None:
            checked = self._rehearsals.find(self.edition)
            if checked is not None and checked.wait_until_up(lambda _: None):
                return HttpDialogue(checked.url, self._rehearsals.secret, patience=5)
        if self.edition != PROGRAM:
            train_edition(self._data_dir, self.edition)
        secret = secrets.token_urlsafe(32)
        self._process = DialogueProcess(
            port=free_port(), secret=secret, data_dir=self._data_dir, edition=self.edition
        )
        self._process.start()
        if not self._process.wait_until_up(lambda _: None):
            raise DialogueProcessError("It did not come up.")
        return HttpDialogue(self._process.url, secret, patience=5)


class Sandboxes:
    """The sandboxes of one process, started on demand and ended when idle."""

    def __init__(
        self, data_dir: Path, shared: Dialogues, rehearsals: Rehearsals | None = None
    ) -> None:
        """Keeps where dialogues may be: those that are live, and that of the checked draft."""
        self._rehearsals = rehearsals
        self._data_dir = data_dir.resolve()
        self._shared = shared
        self._lock = threading.Lock()
        self._open: dict[Edition, Sandbox] = {}

    def of(self, found: Edition) -> Sandbox:
        """Gives the sandbox of an edition, begun when there is none."""
        with self._lock:
            sandbox = self._open.get(found)
            if sandbox is None:
                self._end(self._longest_idle())
                sandbox = self._open[found] = Sandbox(
                    found, self._data_dir, self._shared, self._rehearsals
                )
                sandbox.start()
            sandbox.used_at = time.monotonic()
            return sandbox

    def step(self) -> bool:
        """Ends what nobody has used for a while; always False."""
        with self._lock:
            for sandbox in list(self._open.values()):
                if time.monotonic() - sandbox.used_at > IDLE_SECONDS:
                    self._end(sandbox)
        return False

    def stop(self) -> None:
        """Ends all of them."""
        with self._lock:
            for sandbox in list(self._open.values()):
                self._end(sandbox)
        self._shared.close()

    def _longest_idle(self) -> Sandbox | None:
        if len(self._open) < _MOST:
            return None
        return min(self._open.values(), key=lambda one: one.used_at)

    def _end(self, sandbox: Sandbox | None) -> None:
        if sandbox is not None:
            self._open.pop(sandbox.edition, None)
            sandbox.stop()
