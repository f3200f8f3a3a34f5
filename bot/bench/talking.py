"""How fast the dialogue is: a child's turn in the running dialogue process, and its training."""

import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot import dialogue_process, replay
from bot.bench.figures import Figure, spread
from bot.bench.service import BenchError
from bot.dialogue import DialogueAnswer, DialogueTurn, HttpDialogue
from bot.gate_plays import SCRIPTS
from bot.urgency import ModelScore

_WARM = 10
_ROUNDS = 3


def measure(data_dir: Path, progress: Callable[[str], None]) -> list[Figure]:
    """Gives the time of a turn over loopback HTTP, and of training from nothing.

    The turns are those of the conversations that the gate plays, with all that the service gives
    the dialogue to know.
    """
    dialogue_process.train(data_dir)
    return [*_turns(data_dir, progress), _training(progress)]


class _Timed:
    """The dialogue, with the seconds that each turn took."""

    def __init__(self, dialogue: HttpDialogue) -> None:
        self._dialogue = dialogue
        self.seconds: list[float] = []

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        begun = time.perf_counter()
        answer = self._dialogue.turn(turn)
        self.seconds.append(time.perf_counter() - begun)
        return answer

    def score(self, texts: Sequence[str]) -> list[ModelScore]:
        return self._dialogue.score(texts)


def _turns(data_dir: Path, progress: Callable[[str], None]) -> list[Figure]:
    shared = secrets.token_urlsafe(32)
    process = dialogue_process.DialogueProcess(
        port=dialogue_process.free_port(), secret=shared, data_dir=data_dir
    )
    client = HttpDialogue(process.url, shared, patience=20)
    process.start()
    try:
        if not process.wait_until_up(progress):
            raise BenchError("The dialogue did not come up: see the lines above.")
        timed = _Timed(client)
        scripts = replay.read_scripts(SCRIPTS)
        for number in range(_ROUNDS):
            progress(f"Playing {len(scripts)} conversations, {number + 1} of {_ROUNDS}")
            for _ in replay.lines_of(scripts, timed):
                pass
    finally:
        client.close()
        process.stop()
    return spread("one turn of the dialogue", timed.seconds[_WARM:], p50=20)


def _training(progress: Callable[[str], None]) -> Figure:
    progress("Training the dialogue from nothing")
    with tempfile.TemporaryDirectory(prefix="frontdoor-bench-") as folder:
        begun = time.monotonic()
        dialogue_process.train_from_nothing(Path(folder))
        seconds = time.monotonic() - begun
    return Figure(name="the dialogue trained from nothing", value=seconds, unit="s", target=60)
