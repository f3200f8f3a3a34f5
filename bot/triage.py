"""Judges messages from a file: the logic of `frontdoor triage`.

Lines of JSON come in (`id`, `text`), lines of JSON go out. A bad line is reported with its
number and the rest go on. Messages are scored in batches; with no model the phrases judge alone.
"""

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any, TextIO

from bot.urgency import Assessment, ModelScore, Reason, WordWeight, assess
from models.urgency import Harm, Urgency

type Score = Callable[[Sequence[str]], Sequence[ModelScore]]

_ROOT = Path(__file__).resolve().parent.parent
_PYTHON = _ROOT / "dialogues" / ".venv" / "bin" / "python"

_BATCH = 64
# The scorer reads the beginning and the end of a text; more would only cross the pipe.
_SCORED = 4_000


class ScorerUnavailableError(RuntimeError):
    """The trained model could not be started, or it stopped: phrases judge alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: str | int
    text: str


def run(lines: Iterable[str | bytes], *, out: TextIO, err: TextIO, score: Score | None) -> int:
    """Writes one judgement a line, and gives the exit code: 1 when anything went wrong.

    `score` gives the model's scores of some texts. When it fails, that is said once and the
    phrases judge the rest alone.
    """
    failed = False
    for group in batched(enumerate(lines, start=1), _BATCH):
        good: list[_Line] = []
        for number, line in group:
            try:
                good.append(_parse(line))
            except ValueError as error:
                failed = True
                err.write(f"line {number}: {error}\n")
        scores, score, problem = _scores(good, score)
        if problem:
            failed = True
            err.write(f"scored by phrases alone from here on: {problem}\n")
        _write(good, scores, out)
    return 1 if failed else 0


def to_model_score(result: Mapping[str, Any], version: str) -> ModelScore:
    """Gives the value that `bot.urgency` takes from one result of the scorer.

    Raises:
        KeyError: when a part is missing.
        ValueError: when a level or a harm is not one of ours.
    """
    return ModelScore(
        levels={Urgency(name): float(value) for name, value in result["levels"].items()},
        harms={Harm(name): float(value) for name, value in result["harms"].items()},
        weights=tuple(
            WordWeight(
                word=word["word"], start=word["start"], end=word["end"], weight=word["weight"]
            )
            for word in result["weights"]
        ),
        version=version,
    )


@contextmanager
def local_scorer(model_dir: Path) -> Iterator[Score]:
    """Starts the scorer in the dialogues' own environment, and stops it afterwards."""
    command = [str(_PYTHON), "-m", "dialogues.triage.score", "--model-dir", str(model_dir)]
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield partial(_ask, process)
        finally:
            process.kill()


def _ask(process: subprocess.Popen[str], texts: Sequence[str]) -> list[ModelScore]:
    if process.stdin is None or process.stdout is None:
        raise ScorerUnavailableError("the scorer has no pipes")
    try:
        process.stdin.write(json.dumps({"texts": list(texts)}) + "\n")
        process.stdin.flush()
    except OSError as error:
        raise ScorerUnavailableError("the scorer stopped") from error
    answer = process.stdout.readline()
    if not answer:
        raise ScorerUnavailableError("the scorer stopped; is there a trained model?")
    found = json.loads(answer)
    return [to_model_score(result, found["version"]) for result in found["results"]]


def _parse(line: str | bytes) -> _Line:
    if isinstance(line, bytes):
        line = line.decode("utf-8")
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("not an object with id and text")  # noqa: TRY004 - one kind is caught
    identifier, text = row.get("id"), row.get("text")
    if not isinstance(identifier, str | int):
        raise ValueError("id is missing or is not a string or number")  # noqa: TRY004
    if not isinstance(text, str):
        raise ValueError("text is missing or is not a string")  # noqa: TRY004
    # A lone surrogate can be written in JSON and stands for no letter; it cannot be sent on.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _Line(id=identifier, text=text)


def _scores(
    lines: Sequence[_Line], score: Score | None
) -> tuple[Sequence[ModelScore | None], Score | None, str]:
    if score is None or not lines:
        return [None] * len(lines), score, ""
    try:
        found = score([_ends(line.text) for line in lines])
    except ScorerUnavailableError as error:
        return [None] * len(lines), None, str(error)
    return [_cut(one, line.text) for one, line in zip(found, lines, strict=True)], score, ""


def _write(lines: Sequence[_Line], scores: Sequence[ModelScore | None], out: TextIO) -> None:
    out.writelines(
        json.dumps(_row(line, assess(line.text, model=model))) + "\n"
        for line, model in zip(lines, scores, strict=True)
    )


def _ends(text: str) -> str:
    if len(text) <= _SCORED:
        return text
    return f"{text[: _SCORED // 2]} {text[-_SCORED // 2 :]}"


def _cut(score: ModelScore, text: str) -> ModelScore:
    # In a shortened text, only the words before the cut stand where they stood.
    if len(text) <= _SCORED:
        return score
    kept = tuple(word for word in score.weights if word.end <= _SCORED // 2)
    return ModelScore(levels=score.levels, harms=score.harms, weights=kept, version=score.version)


def _row(line: _Line, assessment: Assessment) -> Mapping[str, Any]:
    return {
        "id": line.id,
        "urgency": assessment.level.value,
        "harms": sorted(harm.value for harm in assessment.harms),
        "language": assessment.language,
        "scores": {level.value: score for level, score in assessment.scores.items()},
        "reasons": [_reason(reason) for reason in assessment.reasons],
        "scored": assessment.scored,
    }


def _reason(reason: Reason) -> Mapping[str, Any]:
    return {
        "kind": reason.kind,
        "words": reason.words,
        "start": reason.start,
        "end": reason.end,
        "level": reason.level and reason.level.value,
        "harm": reason.harm and reason.harm.value,
        "phrase": reason.phrase,
        "weight": reason.weight,
    }
