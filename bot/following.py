"""Every process follows the database: it reads the live version's files from the next turn on."""

import time

import structlog
from sqlalchemy import Engine

from bot.editions import Dialogues, Shelf, prepare
from handover import edition
from handover.editing import switching
from handover.editing.switching import Wanted
from handover.edition import PROGRAM, Edition
from models.db import reading, transaction

log = structlog.get_logger()

_AWAY_SECONDS = 5
"""How long the live version's process may be away before the program's own is asked instead."""
# For so long after the service began, a process that does not answer yet is taken to be starting.
_START_SECONDS = 180


class Follower:
    """One process's way of following which version is live."""

    def __init__(
        self,
        engine: Engine,
        shelf: Shelf,
        dialogues: Dialogues,
        *,
        asks_dialogue: bool,
        patience: float = _AWAY_SECONDS,
    ) -> None:
        """Follows from the first `step` on.

        Args:
            engine: the database.
            shelf: the editions of this machine.
            dialogues: the processes of this machine.
            asks_dialogue: whether this process answers children, so that a version whose dialogue
                does not answer here is of no use to it.
            patience: for how many seconds the live version's process may be away.
        """
        self._engine = engine
        self._shelf = shelf
        self._dialogues = dialogues
        self._asks_dialogue = asks_dialogue
        self._prepared: str | None = None
        self._patience = patience
        self._well_at = self._counted_at = time.monotonic()

    def begin(self) -> None:
        """Reads the live version's files at the start, before any process answers for it."""
        with reading(self._engine) as session:
            wanted = switching.wanted(session)
        # Whoever starts the service anew soon after a version went live must not so take it back.
        self._counted_at = time.monotonic() + _START_SECONDS
        self._go_live(self._shelf.find(wanted.live))

    def step(self) -> bool:
        """Follows once; always False, because there is nothing more to do at once."""
        self._pass_failures_on()
        with reading(self._engine) as session:
            wanted = switching.wanted(session)
            is_failing = switching.is_failing(session)
            is_late = switching.is_late(session)
        if is_failing or is_late:
            with transaction(self._engine) as session:
                switching.roll_back_if_failing(session)
                switching.give_up_late(session)
            return False
        self._prepare(wanted)
        self._follow(self._shelf.find(wanted.live))
        return False

    def _prepare(self, wanted: Wanted) -> None:
        # The machine gets the process ready meanwhile; what is read here must not delay the switch.
        if wanted.coming is not None and wanted.coming != self._prepared:
            prepare(self._shelf.find(wanted.coming))
            self._prepared = wanted.coming

    def _follow(self, wanted: Edition) -> None:
        if not self._asks_dialogue:
            self._go_live(wanted)
        elif self._dialogues.has(wanted):
            self._well_at = time.monotonic()
            # It has started: from now on, being away is a fault again.
            self._counted_at = min(self._counted_at, self._well_at)
            self._go_live(wanted)
        elif time.monotonic() - self._well_at >= self._patience:
            if self._dialogues.has(PROGRAM):
                # Another version's answer is better than none.
                self._go_live(PROGRAM)
            self._count_away(wanted)

    def _count_away(self, wanted: Edition) -> None:
        # Where nobody asks a version, no turn fails with it: that it is away counts as one. A new
        # version that never answers is so taken back, and one that crashed once is not.
        if time.monotonic() - self._counted_at >= self._patience:
            self._counted_at = time.monotonic()
            self._dialogues.note_failure(wanted.name)

    def _go_live(self, wanted: Edition) -> None:
        before = edition.live()
        if wanted == before:
            return
        prepare(wanted)
        edition.go_live(wanted)
        log.info("edition_live", edition=str(wanted), before=str(before))
        self._shelf.clear([wanted, before])

    def _pass_failures_on(self) -> None:
        failed = self._dialogues.take_failures()
        if not failed:
            return
        with transaction(self._engine) as session:
            for name in set(failed):
                switching.note_failures(session, name, failed.count(name))
