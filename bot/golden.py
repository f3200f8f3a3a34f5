"""The golden messages: what every version must answer rightly before it takes a child's turn.

They are played through the real path, in a process of their own: the played clock is that whole
process's. `python -m bot.golden URL EDITION FOLDER` prints a line of JSON for each thing wrong.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml import YAML

from bot import logs, replay
from bot.dialogue import Dialogue, HttpDialogue
from handover import edition, wording
from handover.edition import Edition

log = structlog.get_logger()

_SCRIPTS = Path(__file__).parent / "golden.yml"
_SECRET = "FRONTDOOR_DIALOGUE_SECRET"  # noqa: S105  # the variable's name
_LONGEST_SECONDS = 180
_CANNOT_ASK = 2
_BLANK = re.compile(r"\[\[|\{")


class GoldenError(OSError):
    """The golden messages could not be asked, so nothing is proved."""


def ask(url: str, secret: str, found: Edition) -> list[str]:
    """Gives what a dialogue process answers wrongly; nothing when all is as it must be.

    Raises:
        GoldenError: it could not be asked.
    """
    command = [sys.executable, "-m", "bot.golden", url, found.name, str(found.folder)]
    kept = {name: value for name, value in os.environ.items() if name != _SECRET}  # noqa: TID251  # handed on
    try:
        finished = subprocess.run(  # noqa: S603  # our own interpreter and module
            command,
            cwd=edition.ROOT,
            env={**kept, _SECRET: secret},
            check=False,
            capture_output=True,
            timeout=_LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise GoldenError("The golden messages took too long.") from None
    if finished.returncode != 0:
        log.error("golden_not_asked", code=finished.returncode)
        raise GoldenError("The golden messages could not be asked.")
    return [json.loads(line) for line in finished.stdout.decode("utf-8").splitlines()]


def problems(scripts: Path, dialogue: Dialogue) -> Iterator[str]:
    """Plays the golden messages with the live edition and gives what comes out wrong."""
    expected = {one["id"]: one for one in YAML(typ="safe").load(scripts.read_text("utf-8"))}
    for line in replay.lines_of(replay.read_scripts(scripts), dialogue):
        wanted = expected[line["id"]]
        for fault in _faults(wanted, line):
            yield f"{wanted['about']}: {fault}"


def main(arguments: Sequence[str]) -> int:
    """Prints what is wrong, one a line; gives 0 when it could ask at all."""
    url, name, folder = arguments
    logs.configure("json")
    edition.go_live(Edition(name, Path(folder)))
    secret = os.environ[_SECRET]  # noqa: TID251  # handed down by the stage, not a setting
    # No child waits here, and a busy machine must not look like a wrong answer.
    dialogue = HttpDialogue(url, secret, patience=10, edition=name)
    try:
        for problem in problems(_SCRIPTS, dialogue):
            sys.stdout.write(json.dumps(problem) + "\n")
    except (OSError, ValueError, KeyError):
        return _CANNOT_ASK
    finally:
        dialogue.close()
    return 0


def _faults(wanted: Mapping[str, Any], line: Mapping[str, Any]) -> Iterator[str]:
    last = line["turns"][-1]
    known = {**line["contact"], **last, **line}
    for name, value in wanted.get("expect", {}).items():
        if known.get(name) != value:
            yield f"{name} is {known.get(name)} and must be {value}."
    yield from _unsaid(wanted, " ".join(last["replies"]))


def _unsaid(wanted: Mapping[str, Any], said: str) -> Iterator[str]:
    for text in wanted.get("has", ()):
        if text not in said:
            yield f"the answer must have “{text}” in it."
    language = wanted["language"]
    for key in wanted.get("words", ()):
        if not _opens(said, wording.templates(key, language)):
            yield f"the words “{key}” must be said."
    for name in wanted.get("responses", ()):
        if not _opens(said, _texts(name, language)):
            yield f"“{name}” must be said."


def _opens(said: str, texts: Sequence[str]) -> bool:
    """Tells whether one of the texts was said, as far as nothing is filled in."""
    return any(_BLANK.split(text, maxsplit=1)[0].strip() in said for text in texts)


def _texts(name: str, language: str) -> list[str]:
    if language == wording.FALLBACK:
        for path in edition.paths("dialogues/domain/*.yml"):
            found = (_load(path).get("responses") or {}).get(name)
            if found is not None:
                return [str(one["text"]) for one in found]
    texts = _load(edition.path(f"dialogues/languages/{language}.yml"))["responses"].get(name, [])
    listed = [texts] if isinstance(texts, str) else texts
    return [one if isinstance(one, str) else str(next(iter(one.values()))) for one in listed]


@edition.kept
def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return loaded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
