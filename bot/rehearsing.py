"""A draft's own dialogue: begun while the gate still looks at its files, and kept to go live.

Its process loads what all versions share while the draft is trained. It plays the conversations of
the gate, and where the draft then goes live, it is the process that answers: it need not be
started a second time.
"""

import secrets
import threading
import time
from pathlib import Path

from bot.dialogue_process import DialogueProcess, free_port
from bot.editions import Dialogues
from handover.edition import Edition

_KEPT_SECONDS = 1800
"""How long a draft's dialogue waits for two signatures: it takes as much memory as the live one."""


class Rehearsals:
    """The dialogue of the draft that was checked last on this machine."""

    def __init__(self, data_dir: Path, secret: str = "", live: Dialogues | None = None) -> None:
        """Keeps where they are.

        Args:
            data_dir: where editions and their models stand.
            secret: what lets callers in to this machine's dialogues.
            live: this machine's dialogues, with which the live version can be played; None where
                none is known.
        """
        self.data_dir = data_dir.resolve()
        self.secret = secret or secrets.token_urlsafe(32)
        self.live = live
        self._lock = threading.Lock()
        self._kept: DialogueProcess | None = None
        self._begun_at = 0.0

    def begin(self, draft: Edition) -> DialogueProcess:
        """Gives a draft's process, started early where there is none."""
        with self._lock:
            if self._kept is None or self._kept.edition != draft:
                self._end()
                self._kept = DialogueProcess(
                    port=free_port(),
                    secret=self.secret,
                    data_dir=self.data_dir,
                    edition=draft,
                    is_early=True,
                )
                self._kept.start()
            self._begun_at = time.monotonic()
            return self._kept

    def find(self, version: Edition) -> DialogueProcess | None:
        """Gives a version's process for trying it; None where there is none with its model."""
        with self._lock:
            process = self._kept
            if process is None or process.edition != version or not process.is_loading:
                return None
            self._begun_at = time.monotonic()
            return process

    def take(self, version: Edition) -> DialogueProcess | None:
        """Hands a version's process over to whoever lets it go live; None where there is none."""
        process = self.find(version)
        with self._lock:
            if process is not None and process is self._kept:
                self._kept = None
                return process
            return None

    def step(self) -> bool:
        """Ends what nobody came for; always False, because there is nothing more to do at once."""
        with self._lock:
            if time.monotonic() - self._begun_at > _KEPT_SECONDS:
                self._end()
        return False

    def end(self, draft: Edition) -> None:
        """Ends a draft's process, such as one that was refused."""
        with self._lock:
            if self._kept is not None and self._kept.edition == draft:
                self._end()

    def stop(self) -> None:
        """Ends whatever runs."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._kept is not None:
            self._kept.stop()
            self._kept = None
