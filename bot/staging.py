"""The stage of a machine: the dialogue that is live, and beside it the one that comes or goes.

A version that is to go live gets a process of its own beside the one that answers. It must answer
what must always be right before anything is switched, and the one before stays ready for a while.
"""

import time
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Engine

from bot import golden
from bot.dialogue_process import DialogueProcess, DialogueProcessError, train_edition
from bot.editions import Shelf
from bot.rehearsing import Rehearsals
from handover.editing import switching
from handover.editing.files import UnfitFileError
from handover.editing.switching import Wanted
from handover.edition import PROGRAM, Edition
from models.db import reading, transaction

log = structlog.get_logger()

_HEARTBEAT_SECONDS = 3
_GRACE_SECONDS = 10
"""What a worker may still be asking a process that is no longer needed."""
_TRY_AGAIN_SECONDS = 60
_BROKEN = (DialogueProcessError, UnfitFileError, OSError)


class Stage:
    """Keeps the processes of one machine as the database wants them, until `stop`."""

    def __init__(
        self,
        engine: Engine,
        shelf: Shelf,
        *,
        ports: Sequence[int],
        rehearsals: Rehearsals,
        name: str,
    ) -> None:
        self._engine = engine
        self._shelf = shelf
        self._ports = tuple(ports)
        self._secret = rehearsals.secret
        self._rehearsals = rehearsals
        self._name = name[:64]
        self._running: dict[Edition, DialogueProcess] = {}
        self._unneeded: dict[Edition, float] = {}
        self._failed: dict[Edition, float] = {}
        self._ready: str | None = None
        self._beaten_at = -float(_HEARTBEAT_SECONDS)

    def start(self) -> None:
        """Starts the live version's process; the program's own where that cannot be."""
        with reading(self._engine) as session:
            wanted = switching.wanted(session)
        self._keep_live(wanted)

    def wait_until_up(self, progress: Callable[[str], None]) -> bool:
        """Returns True once a dialogue answers, False when that takes too long."""
        return any(process.wait_until_up(progress) for process in list(self._running.values()))

    def beat(self) -> bool:
        """Says that the stage lives; always False, because there is nothing more to do at once."""
        if time.monotonic() - self._beaten_at >= _HEARTBEAT_SECONDS:
            self._beaten_at = time.monotonic()
            with transaction(self._engine) as session:
                switching.note_stage(session, self._name, self._ready)
        return False

    def step(self) -> bool:
        """Brings the processes nearer to what is wanted; always False, as `beat`."""
        with reading(self._engine) as session:
            wanted = switching.wanted(session)
        self._stop_unneeded(self._needed(wanted))
        self._keep_live(wanted)
        if wanted.switch_id is None or wanted.coming is None:
            self._ready = None
            self._keep_warm(wanted)
            return False
        if self._ready != wanted.coming:
            self._get_ready(wanted.switch_id, wanted.coming)
        if self._ready == wanted.coming:
            with transaction(self._engine) as session:
                switching.note_stage(session, self._name, self._ready)
                switching.switch_if_ready(session, wanted.switch_id)
        return False

    def stop(self) -> None:
        """Ends every process."""
        for process in list(self._running.values()):
            process.stop()
        with transaction(self._engine) as session:
            switching.end_stage(session, self._name)

    def _needed(self, wanted: Wanted) -> set[Edition]:
        live = self._shelf.find(wanted.live)
        needed = {live}
        if wanted.coming is not None:
            needed.add(self._shelf.find(wanted.coming))
        elif (warm := self._warm(wanted)) is not None:
            needed.add(warm)
        # While the live version cannot be started, the program's own answers in its place.
        return needed if live in self._running else {*needed, PROGRAM}

    def _warm(self, wanted: Wanted) -> Edition | None:
        if wanted.warm is None and not wanted.is_warm_program:
            return None
        return self._shelf.find(wanted.warm)

    def _stop_unneeded(self, needed: set[Edition]) -> None:
        for found in list(self._running):
            if found in needed:
                self._unneeded.pop(found, None)
            elif time.monotonic() - self._unneeded.setdefault(found, time.monotonic()) > (
                _GRACE_SECONDS
            ):
                self._end(found)

    def _keep_live(self, wanted: Wanted) -> None:
        live = self._shelf.find(wanted.live)
        if live in self._running or self._failed_lately(live):
            return
        try:
            self._begin(live, keep=set())
        except _BROKEN as error:
            self._failed[live] = time.monotonic()
            log.error("edition_not_started", edition=str(live), why=type(error).__name__)  # noqa: TRY400
            if PROGRAM not in self._running and live != PROGRAM:
                self._begin(PROGRAM, keep=set())

    def _failed_lately(self, found: Edition) -> bool:
        at = self._failed.get(found)
        return at is not None and time.monotonic() - at < _TRY_AGAIN_SECONDS

    def _keep_warm(self, wanted: Wanted) -> None:
        warm = self._warm(wanted)
        if warm is None or warm in self._running or self._failed_lately(warm):
            return
        if len(self._running) < len(self._ports):
            self._begin(warm, keep=set(self._running))

    def _get_ready(self, switch_id: int, fingerprint: str) -> None:
        with reading(self._engine) as session:
            live = self._shelf.find(switching.wanted(session).live)
        found = self._shelf.find(fingerprint)
        try:
            self._say(switch_id, "The new version is trained")
            process = self._begin(found, keep={live})
            self._say(switch_id, "The new version is started beside the old one")
            if not process.wait_until_up(lambda _: None):
                raise DialogueProcessError("The new version's process did not come up.")
            self._say(switch_id, "The new version answers what must always be right")
            problems = golden.ask(process.url, self._secret, found)
        except _BROKEN as error:
            problems = [str(error)]
        if problems:
            self._give_up(switch_id, found, problems)
        else:
            self._ready = fingerprint

    def _give_up(self, switch_id: int, found: Edition, problems: Sequence[str]) -> None:
        log.error("version_not_switched", edition=str(found), problems=len(problems))
        with transaction(self._engine) as session:
            switching.fail(session, switch_id, "\n".join(problems))
        self._end(found)

    def _say(self, switch_id: int, words: str) -> None:
        with transaction(self._engine) as session:
            switching.say_progress(session, switch_id, words)

    def _begin(self, found: Edition, *, keep: set[Edition]) -> DialogueProcess:
        running = self._running.get(found)
        if running is not None:
            return running
        if found != PROGRAM:
            train_edition(self._shelf.data_dir, found)
        port = self._free_port(keep)
        # Where the gate has played it on this machine, its process is there already.
        process = self._rehearsals.take(found)
        if process is not None:
            process.listen(port)
        else:
            process = DialogueProcess(
                port=port, secret=self._secret, data_dir=self._shelf.data_dir, edition=found
            )
            process.start()
        self._running[found] = process
        return process

    def _free_port(self, keep: set[Edition]) -> int:
        """Gives a port for one more process, ending one that nobody needs where all are taken."""
        taken = {process.port for process in self._running.values()}
        free = [port for port in self._ports if port not in taken]
        if free:
            return free[0]
        spare = next(one for one in self._running if one not in keep)
        port = self._running[spare].port
        self._end(spare)
        return port

    def _end(self, found: Edition) -> None:
        self._unneeded.pop(found, None)
        process = self._running.pop(found, None)
        if process is not None:
            process.stop()


def stage_ports(port: int, spare: int | None) -> tuple[int, int]:
    """Gives the two loopback ports between which versions alternate."""
    return port, spare if spare is not None else port + 1
