"""Trains the real model when its sources changed, and judges messages with it."""

import functools
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.triage import local_scorer
from bot.urgency import Assessment, assess

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = ROOT / "dialogues" / ".venv" / "bin" / "python"
_OUT = ROOT / "var" / "triage"


@functools.cache
def trained() -> Path:
    """Gives the folder of the model, trained once for these sources."""
    command = [str(_PYTHON), "-m", "dialogues.triage.train", "--out", str(_OUT), "--if-changed"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return _OUT


def judged(texts: Sequence[str]) -> list[Assessment]:
    """Gives the judgement of each text by phrases and the real model."""
    with local_scorer(trained()) as score:
        scores = score(list(texts))
    return [assess(text, model=model) for text, model in zip(texts, scores, strict=True)]
