"""How fast triage is: one message in the running dialogue process, and a file of them."""

import json
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from bot import dialogue_process, triage
from bot.bench.figures import Figure, spread
from bot.bench.service import BenchError
from bot.dialogue import HttpDialogue
from bot.urgency import assess

_SINGLE = 400
_WARM = 30
_MANY = 3000


def measure(data_dir: Path, texts: Sequence[str], progress: Callable[[str], None]) -> list[Figure]:
    """Gives the time of one message, the messages a second of a file, and the memory."""
    dialogue_process.train(data_dir)
    figures = _one_by_one(data_dir, texts, progress)
    return [*figures, _in_a_file(data_dir, texts, progress)]


def _one_by_one(
    data_dir: Path, texts: Sequence[str], progress: Callable[[str], None]
) -> list[Figure]:
    shared = secrets.token_urlsafe(32)
    process = dialogue_process.DialogueProcess(
        port=dialogue_process.free_port(), secret=shared, data_dir=data_dir
    )
    client = HttpDialogue(process.url, shared, patience=20)
    process.start()
    try:
        if not process.wait_until_up(progress):
            raise BenchError("The dialogue did not come up: see the lines above.")
        for text in texts[:_WARM]:
            assess(text, model=client.score([text])[0])
        progress(f"Scoring {_SINGLE} messages, one at a time")
        scored: list[float] = []
        judged: list[float] = []
        phrases: list[float] = []
        for number in range(_SINGLE):
            text = texts[number % len(texts)]
            begun = time.perf_counter()
            [score] = client.score([text])
            then = time.perf_counter()
            assess(text, model=score)
            ended = time.perf_counter()
            scored.append(then - begun)
            phrases.append(ended - then)
            judged.append(ended - begun)
        memory = _mebibytes(process.pid)
    finally:
        client.close()
        process.stop()
    return [
        *spread("one message, judged", judged, p50=8, p99=25),
        *spread("one message, by the model over HTTP", scored),
        *spread("one message, by phrases", phrases),
        Figure(name="memory of the dialogue process", value=memory, unit="MiB", target=1200),
    ]


def _mebibytes(pid: int) -> float:
    """Gives the memory that a process holds now."""
    asked = ("ps", "-o", "rss=", "-p", str(pid))
    held = subprocess.run(asked, check=True, capture_output=True, text=True)  # noqa: S603  # ours
    return int(held.stdout) / 1024


def _in_a_file(data_dir: Path, texts: Sequence[str], progress: Callable[[str], None]) -> Figure:
    lines = [
        json.dumps({"id": number, "text": texts[number % len(texts)]}) for number in range(_MANY)
    ]
    with triage.local_scorer(data_dir.resolve() / "triage") as score:
        score(list(texts[:_WARM]))
        progress(f"Scoring a file of {_MANY} messages")
        with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            begun = time.perf_counter()
            triage.run(lines, out=out, err=StringIO(), score=score)
            seconds = time.perf_counter() - begun
    return Figure(
        name="`frontdoor triage`", value=_MANY / seconds, unit="/s", target=150, is_most=False
    )
