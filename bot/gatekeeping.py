"""The gate's runner: takes up what was asked for, one version at a time in the whole service."""

import datetime as dt
import threading
from pathlib import Path

import structlog
from sqlalchemy import Engine

from bot import gate_talks
from bot.clock import hold_lease
from bot.gate_checks import every_check
from bot.gate_plays import Rehearsal
from bot.rehearsing import Rehearsals
from handover.editing import files, gate, versions
from handover.editing.gate import FILE_CHECKS
from handover.editing.material import Material
from handover.edition import ROOT
from models.base import utc_now
from models.db import reading, transaction
from models.editing import VersionState

log = structlog.get_logger()

_LEASE = "dialogue-gate"
_MAY_GO_LIVE = (VersionState.CHECKED, VersionState.SIGNED)
_RENEW = dt.timedelta(seconds=5)


class Gatekeeper:
    """One process's runner of the gate; it stands by while another holds the lease."""

    def __init__(
        self,
        engine: Engine,
        data_dir: Path,
        name: str,
        *,
        stop: threading.Event | None = None,
        rehearsals: Rehearsals | None = None,
    ) -> None:
        """Stands by.

        Args:
            engine: the database.
            data_dir: where versions are put to be looked at.
            name: of this process.
            stop: ends it, whatever it looks at.
            rehearsals: this machine's; its own where whoever starts it lets nothing go live.
        """
        self._engine = engine
        self._stop = stop or threading.Event()
        self._data_dir = data_dir.resolve()
        self._is_alone = rehearsals is None
        self._rehearsals = rehearsals or Rehearsals(data_dir)
        self._name = name[:64]
        self._held_at: dt.datetime | None = None
        self._has_read = False

    def begin(self) -> None:
        """Keeps the files that came with the program as a version."""
        with transaction(self._engine) as session:
            versions.import_files(session, ROOT)

    def step(self) -> bool:
        """Checks the version that has waited longest; False when none waits."""
        with reading(self._engine) as session:
            version = gate.next_asked(session)
            waiting = (version.id, version.number) if version is not None else None
        if waiting is None:
            self._read_ahead()
        if waiting is None or not self._holds():
            return False
        version_id, number = waiting
        with Rehearsal(self._rehearsals) as rehearsal:
            state = gate.run(
                self._engine,
                version_id,
                every_check(
                    self._data_dir,
                    rehearsal,
                    *gate_talks.checks(self._engine, version_id, rehearsal),
                ),
                home=self._data_dir,
                is_ours=self._holds,
            )
            if self._is_alone or state not in _MAY_GO_LIVE:
                rehearsal.refuse()
        log.info("dialogue_checked", version=number, state=state.value)
        return True

    def _read_ahead(self) -> None:
        # What every version shares is kept once it is read. That takes a second, in which nobody of
        # this process is answered: at the start, and not when somebody asks while children write.
        if not self._has_read:
            self._has_read = True
            ours = files.read_folder(ROOT)
            gate.look(Material(files=ours, live=ours), FILE_CHECKS)

    def _holds(self) -> bool:
        """Takes or renews the lease, but not at every word of progress; never once it must end."""
        if self._stop.is_set():
            return False
        now = utc_now()
        if self._held_at is not None and now - self._held_at < _RENEW:
            return True
        held = hold_lease(self._engine, _LEASE, self._name)
        self._held_at = now if held else None
        return held
