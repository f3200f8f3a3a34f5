"""The gate's conversations as the live version and a draft play them, each of them once.

They are played through the real path, in a process of their own: the played clock is that whole
process's. `python -m bot.gate_plays URL EDITION FOLDER` waits for the dialogue, and prints a line
of JSON for each.
"""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

from bot import logs, replay
from bot.dialogue import HttpDialogue
from bot.dialogue_process import DialogueProcess, free_port, train_edition
from bot.editions import prepare
from bot.gate_programs import GateBrokenError, lines_of
from bot.rehearsing import Rehearsals
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

    def refuse(self) -> None:
        """Ends the draft's dialogue too: it will not go live as it is."""
        if self._draft is not None:
            self._rehearsals.end(self._draft)

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

    def __init__(self, url: str, secret: str, found: Edition) -> None:
        kept = {name: value for name, value in os.environ.items() if name != _SECRET}  # noqa: TID251  # handed on
        # Children are answered on the same machine meanwhile: they come first.
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [
                *("nice", "-n", "10", sys.executable, "-m", "bot.gate_plays"),
                *(url, found.name, str(found.folder)),
            ],
            cwd=ROOT,
            env={**kept, _SECRET: secret},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def wait(self, say: Say) -> list[Played]:
        total = len(replay.read_scripts(SCRIPTS))
        say("is started")
        played: list[Played] = []
        told = lines_of(self._process, lambda _: say(f"played {len(played)} of {total}"))
        played.extend(json.loads(line) for line in told)
        if len(played) != total:
            raise GateBrokenError("The conversations ended on the way.")
        return played

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


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
    url, name, folder = arguments
    logs.configure("json")
    edition.go_live(Edition(name, Path(folder)))
    secret = os.environ[_SECRET]  # noqa: TID251  # handed down by the gate, not a setting
    # No child waits here, and a busy machine must not look like another answer.
    dialogue = HttpDialogue(url, secret, patience=20, edition=name)
    prepare(edition.live())
    until = time.monotonic() + _START_SECONDS
    try:
        while not dialogue.is_up():
            if time.monotonic() > until:
                return 1
            time.sleep(_LOOK_EVERY)
        replay.play(replay.read_scripts(SCRIPTS), dialogue, out=sys.stdout)
    finally:
        dialogue.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
