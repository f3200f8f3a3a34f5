"""The editions of this machine: brought from the database, read before a child needs them."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog
from sqlalchemy import Engine

from bot import cover, signals
from bot.dialogue import (
    DialogueAnswer,
    DialogueTurn,
    DialogueUnavailableError,
    HttpDialogue,
)
from bot.phrases.language import language_of
from bot.urgency import ModelScore, phrase_level
from handover import edition, wording
from handover.editing import files, switching, versions
from handover.edition import PROGRAM, Edition
from models.db import reading

log = structlog.get_logger()

_KEPT = 8
"""Editions whose files and models are kept on a machine."""


class Shelf:
    """The editions that stand on this machine, in a folder each."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self._engine = engine
        self._lock = threading.Lock()
        self._program = files.fingerprint_of(edition.ROOT)
        self._whole: set[Edition] = set()

    def find(self, fingerprint: str | None) -> Edition:
        """Gives the edition of a version, brought from the database where it is not here yet.

        None stands for the program's own files, and so does a version that has the same.
        """
        if fingerprint is None or fingerprint == self._program:
            return PROGRAM
        found = edition.place(self.data_dir, fingerprint)
        with self._lock:
            if found not in self._whole:
                if not found.folder.is_dir() or files.fingerprint_of(found.folder) != found.name:
                    self._bring(found)
                self._whole.add(found)
        return found

    def clear(self, used: Sequence[Edition]) -> None:
        """Removes the editions that were longest not used."""
        root = self.data_dir / "editions"
        names = {one.name for one in used}
        with self._lock:
            folders = sorted(
                (one for one in root.glob("*") if one.name not in names),
                key=lambda one: one.stat().st_mtime,
            )
            for old in folders[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
                self._whole = {one for one in self._whole if one.name != old.name}

    def _bring(self, found: Edition) -> None:
        fresh = found.folder.with_name(".files")
        shutil.rmtree(fresh, ignore_errors=True)
        with reading(self._engine) as session:
            versions.export(session, switching.version_of(session, found.name), fresh)
        if files.fingerprint_of(fresh) != found.name:
            raise OSError(f"The files of {found.name} did not arrive whole.")
        shutil.rmtree(found.folder, ignore_errors=True)
        # Either all of it is there or nothing.
        fresh.rename(found.folder)


def prepare(found: Edition) -> None:
    """Reads an edition's files, which takes seconds, so that no child waits for it."""
    with edition.pinned(found):
        phrase_level("hello")
        language_of("hello")
        signals.signal_in("hello")
        cover.answer("hello", 0)
        for language in wording.languages():
            wording.texts("holding", language)


class Dialogues:
    """The dialogue of the edition that a turn is pinned to, whichever process has it."""

    def __init__(self, urls: Sequence[str], secret: str) -> None:
        """Keeps where the processes may be; which of them has what is found by asking."""
        self.urls = tuple(urls)
        self._secret = secret
        self._clients: dict[str, HttpDialogue] = {}
        self._failed: list[str] = []

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        """Gives the answer to a turn; the same turn gives the same answer.

        Raises:
            DialogueUnavailableError: the edition's process is down, slow, failed or talks rubbish.
        """
        try:
            return self._asked_again(turn)
        except DialogueUnavailableError:
            self.note_failure()
            raise

    def score(self, texts: Sequence[str]) -> list[ModelScore]:
        """Gives the model's score of each text; triage is the same in all editions.

        Raises:
            DialogueUnavailableError: there is no usable answer.
        """
        return self._client(edition.current().name).score(texts)

    def has(self, found: Edition) -> bool:
        """Tells whether a process answers for an edition now."""
        try:
            return self._client(found.name).is_up()
        except DialogueUnavailableError:
            return False

    def address(self, found: Edition) -> str | None:
        """Gives where a process answers for an edition; None when none does."""
        try:
            return self._client(found.name).url if self.has(found) else None
        except DialogueUnavailableError:
            return None

    def is_up(self) -> bool:
        """Tells whether the live edition's process answers."""
        return self.has(edition.live())

    def note_failure(self, name: str | None = None) -> None:
        """Keeps that a turn failed with an edition, this turn's if none is named."""
        self._failed.append(name or edition.current().name)

    def take_failures(self) -> list[str]:
        """Gives the editions with which turns failed since it was last asked."""
        taken, self._failed = self._failed, []
        return taken

    def close(self) -> None:
        """Closes the connections."""
        for client in list(self._clients.values()):
            client.close()

    def _asked_again(self, turn: DialogueTurn) -> DialogueAnswer:
        name = edition.current().name
        client = self._client(name)
        try:
            return client.turn(turn)
        except DialogueUnavailableError as error:
            # It may have been started again in another place; a turn may be asked twice.
            moved = None if error.is_hung else self._look(name)
            if moved is None or moved is client:
                raise
            return moved.turn(turn)

    def _client(self, name: str) -> HttpDialogue:
        found = self._clients.get(name) or self._look(name)
        if found is None:
            raise DialogueUnavailableError("no process")
        return found

    def _look(self, name: str) -> HttpDialogue | None:
        """Gives the process that says it has an edition, remembered for the next time."""
        for url in self.urls:
            client = HttpDialogue(url, self._secret, edition=name)
            if client.edition() == name:
                known = self._clients.get(name)
                if known is not None and known.url == url:
                    client.close()
                    return known
                self._clients[name] = client
                return client
            client.close()
        return None
