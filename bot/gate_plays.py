"""The gate's conversations as the live version and a draft play them, each of them once.

They are played through the real path, in a process of their own: the played clock is that whole
process's. `python -m bot.gate_plays URL EDITION FOLDER` waits for the dialogue, and prints a line
of JSON for each. With `-` at the end it plays what its standard input brings, which is on no disk.
"""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Self

from bot import logs, replay
from bot.dialogue import HttpDialogue
from bot.dialogue_process import DialogueProcess, free_port, train_edition
from bot.editions import prepare
from bot.gate_programs import GateBrokenError, lines_of
from bot.rehearsing import Rehearsals
from bot.replay import Script
from handover import edition
from handover.editing import files
from handover.edition import PROGRAM, ROOT, Edition

SCRIPTS = Path(__file__).parent / "gate_scripts.yml"
_SECRET = "FRONTDOOR_DIALOGUE_SECRET"  # noqa: S105  # the variable's name
_START_SECONDS = 300
_LOOK_EVERY = 0.2
# All that a talk hangs on beside an edition's own files, but the program's installed libraries.
_PROGRAM = ("bot", "handover", "models", "dialogues")
_KINDS = {".py", ".yml", ".lock"}

type Played = Mapping[str, Any]
type Say = Callable[[str], None]


class Rehearsal:
    """One check's plays: begun beside the other checks, ended with it."""

    def __init__(self, rehearsals: Rehearsals) -> None:
        self._rehearsals = rehearsals
        self._draft: Edition | None = None
        self._players: dict[Edition, _Player] = {}

    def __enter__(self) -> Self:
        """Begins nothing yet: a draft may be stopped before anything is played."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the players; the draft's dialogue stays for as long as somebody may want it."""
        for player in self._players.values():
            player.stop()

    def begin(self, draft: Edition) -> None:
        """Lets all get ready that can be while the draft is not trained yet."""
        if self._draft is not None:
            return
        self._draft = draft
        process = self._rehearsals.begin(draft)
        self._players[draft] = _Player(process.url, self._rehearsals.secret, draft)
        live = edition.live()
        where = self._rehearsals.live and self._rehearsals.live.address(live)
        if where and not self._kept_in(live).is_file():
            self._players[live] = _Player(where, self._rehearsals.secret, live)

    def plays(self, draft: Edition, say: Say) -> tuple[list[Played], list[Played]]:
        """Gives how the live version plays the conversations, and how a trained draft does.

        Raises:
            CancelledError: somebody cancelled meanwhile.
            GateBrokenError: a dialogue did not come up, or ended on the way.
            DialogueProcessError: one of them cannot be trained on this machine.
        """
        self.begin(draft)
        train_edition(self._rehearsals.data_dir, draft)
        self._rehearsals.begin(draft).load()
        live = edition.live()
        before = self._read(live) or self._keep(live, self._live_plays(live, say))
        after = self._keep(draft, self._players[draft].wait(_telling("The draft", say)))
        return before, after

    def plays_of(
        self, scripts: Sequence[Script], draft: Edition, say: Say
    ) -> tuple[list[Played], list[Played]]:
        """Gives how the live version plays some conversations, and how a trained draft does.

        Nothing of them is kept. One that could not be played is left out.

        Raises:
            CancelledError: somebody cancelled meanwhile.
            GateBrokenError: a dialogue could not be asked.
            DialogueProcessError: one of them cannot be trained on this machine.
        """
        self.begin(draft)
        self._rehearsals.begin(draft).load()
        after = _Player(
            self._rehearsals.begin(draft).url, self._rehearsals.secret, draft, handed=scripts
        )
        try:
            with self._live_url(edition.live()) as url:
                before = _Player(url, self._rehearsals.secret, edition.live(), handed=scripts)
                try:
                    return (
                        before.all_played(_telling("The version that is live", say)),
                        after.all_played(_telling("The draft", say)),
                    )
                finally:
                    before.stop()
        finally:
            after.stop()

    def refuse(self) -> None:
        """Ends the draft's dialogue too: it will not go live as it is."""
        if self._draft is not None:
            self._rehearsals.end(self._draft)

    @contextmanager
    def _live_url(self, live: Edition) -> Iterator[str]:
        where = self._rehearsals.live and self._rehearsals.live.address(live)
        if where:
            yield where
            return
        train_edition(self._rehearsals.data_dir, live)
        with _running(live, self._rehearsals) as url:
            yield url

    def _live_plays(self, live: Edition, say: Say) -> list[Played]:
        told = _telling("The version that is live", say)
        player = self._players.get(live)
        if player is not None:
            return player.wait(told)
        train_edition(self._rehearsals.data_dir, live)
        with _running(live, self._rehearsals) as url:
            self._players[live] = _Player(url, self._rehearsals.secret, live)
            return self._players[live].wait(told)

    def _read(self, found: Edition) -> list[Played] | None:
        path = self._kept_in(found)
        return json.loads(path.read_text("utf-8")) if path.is_file() else None

    def _keep(self, found: Edition, played: list[Played]) -> list[Played]:
        path = self._kept_in(found)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{secrets.token_hex(4)}")
        fresh.write_text(json.dumps(played), encoding="utf-8")
        fresh.replace(path)
        return played

    def _kept_in(self, found: Edition) -> Path:
        """Gives the file for how an edition plays, named for all that the play hangs on."""
        name = found.name if found != PROGRAM else files.fingerprint_of(found.folder)
        triage = self._rehearsals.data_dir / "triage" / "current.json"
        model = files.sha256(triage.read_text("utf-8")) if triage.is_file() else ""
        key = files.sha256(f"{name} {_program_hash()} {model}")
        return self._rehearsals.data_dir / "replays" / f"{key[:32]}.json"


class _Player:
    """An edition's conversations, played from when its dialogue is up."""

    def __init__(
        self, url: str, secret: str, found: Edition, *, handed: Sequence[Script] | None = None
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if name != _SECRET}  # noqa: TID251  # handed on
        # Children are answered on the same machine meanwhile: they come first.
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [
                *("nice", "-n", "10", sys.executable, "-m", "bot.gate_plays"),
                *(url, found.name, str(found.folder), *(() if handed is None else ("-",))),
            ],
            cwd=ROOT,
            env={**kept, _SECRET: secret},
            stdin=subprocess.DEVNULL if handed is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._total = len(replay.read_scripts(SCRIPTS) if handed is None else handed)
        self._played: list[Played] = []
        self._say: Say = _nobody_asks
        # Read from the start, so that two can play at the same time.
        self._told = lines_of(
            self._process, lambda _: self._say(f"played {len(self._played)} of {self._total}")
        )
        if handed is not None:
            self._hand_over(handed)

    def wait(self, say: Say) -> list[Played]:
        """Gives how each was played."""
        self._take(say)
        if len(self._played) != self._total:
            raise GateBrokenError("The conversations ended on the way.")
        return self._played

    def all_played(self, say: Say) -> list[Played]:
        """Gives how those were played that could be, as far as it came."""
        with suppress(GateBrokenError):
            self._take(say)
        return [line for line in self._played if "turns" in line]

    def _take(self, say: Say) -> None:
        self._say = say
        say("is started")
        for line in self._told:
            self._played.append(json.loads(line))

    def _hand_over(self, scripts: Sequence[Script]) -> None:
        if self._process.stdin is None:
            return
        # One that ended at once is seen by what it did not play.
        with suppress(BrokenPipeError), self._process.stdin as handed:
            for script in scripts:
                handed.write(json.dumps(replay.as_row(script)) + "\n")

    def stop(self) -> None:
        self._process.kill()
        self._say = _nobody_asks
        # Taken to the end, so that nobody still reads what is closed.
        for _ in self._told:
            pass
        self._process.wait()


def _nobody_asks(_: str) -> None:
    """Says nothing: nobody has asked yet how far it is."""


def _telling(which: str, say: Say) -> Say:
    return lambda words: say(f"{which} {words}")


@contextmanager
def _running(found: Edition, rehearsals: Rehearsals) -> Iterator[str]:
    process = DialogueProcess(
        port=free_port(), secret=rehearsals.secret, data_dir=rehearsals.data_dir, edition=found
    )
    process.start()
    try:
        yield process.url
    finally:
        process.stop()


@cache
def _program_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in _PROGRAM:
        for folder, inside, names in os.walk(ROOT / name):
            # Never into an environment: its tens of thousands of files took six seconds to look
            # through, in the very process that answers children.
            inside[:] = [one for one in inside if not one.startswith((".", "__"))]
            yield from (Path(folder, one) for one in names if Path(one).suffix in _KINDS)


def main(arguments: Sequence[str]) -> int:
    """Prints how each conversation went; gives 0 when all were played."""
    url, name, folder, *handed = arguments
    logs.configure("json")
    edition.go_live(Edition(name, Path(folder)))
    secret = os.environ[_SECRET]  # noqa: TID251  # handed down by the gate, not a setting
    # Taken from the pipe at once: whoever hands them over waits for that.
    brought = [json.loads(line) for line in sys.stdin] if handed else []
    # No child waits here, and a busy machine must not look like another answer.
    dialogue = HttpDialogue(url, secret, patience=20, edition=name)
    prepare(edition.live())
    until = time.monotonic() + _START_SECONDS
    try:
        while not dialogue.is_up():
            if time.monotonic() > until:
                return 1
            time.sleep(_LOOK_EVERY)
        if handed:
            scripts = [replay.script_of(row, "A conversation") for row in brought]
            replay.play(scripts, dialogue, out=sys.stdout, skips=True)
        else:
            replay.play(replay.read_scripts(SCRIPTS), dialogue, out=sys.stdout)
    finally:
        dialogue.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
