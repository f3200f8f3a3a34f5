"""How fast the dialogue is: a child's turn in the running dialogue process, and its training."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot import dialogue_process, replay
from bot.bench.figures import Figure, spread
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
    with dialogue_process.running(data_dir, progress) as dialogue:
        timed = _Timed(dialogue)
        scripts = replay.read_scripts(SCRIPTS)
        for number in range(_ROUNDS):
            progress(f"Playing {len(scripts)} conversations, {number + 1} of {_ROUNDS}")
            for _ in replay.lines_of(scripts, timed):
                pass
    return spread("one turn of the dialogue", timed.seconds[_WARM:], p50=20)


def _training(progress: Callable[[str], None]) -> Figure:
    progress("Training the dialogue from nothing")
    with tempfile.TemporaryDirectory(prefix="frontdoor-bench-") as folder:
        begun = time.monotonic()
        dialogue_process.train_from_nothing(Path(folder))
        seconds = time.monotonic() - begun
    return Figure(name="the dialogue trained from nothing", value=seconds, unit="s", target=60)
