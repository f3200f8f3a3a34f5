"""Reads what triage is measured on: labelled messages, and everyday ones that raise nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models.urgency import Harm, Urgency

_OURS = Path(__file__).resolve().parent.parent / "tests"
LABELLED = (_OURS / "evaluation/urgency-dev.jsonl", _OURS / "triage/heldout.jsonl")
"""The project's own labelled messages."""
EVERYDAY = (_OURS / "evaluation/everyday.yml",)
ABILITIES = _OURS / "triage/functions.yml"
"""What triage must be able to tell, which `bot.abilities` reads."""
COUNTERFACTUALS = _OURS / "triage/counterfactuals.yml"
"""What must not depend on who it is said of, which `bot.counterfactuals` reads."""
_YAML = {".yml", ".yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled message."""

    id: str
    text: str
    level: Urgency
    harms: frozenset[Harm]
    language: str
    tags: tuple[str, ...]


class ExamplesError(Exception):
    """A file to measure on cannot be read; the text says where and why."""


def read_examples(path: Path) -> list[Example]:
    """Gives the labelled messages of a file of JSON lines.

    Raises:
        ExamplesError: it cannot be read, or a line is not a labelled message.
    """
    lines = _text(path).splitlines()
    return [_example(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def read_everyday(path: Path) -> dict[str, list[str]]:
    """Gives everyday messages by the name of their group.

    A file of YAML holds a list, or lists by name; any other file holds a message a line.

    Raises:
        ExamplesError: it cannot be read, or holds no messages.
    """
    text = _text(path)
    if path.suffix not in _YAML:
        groups = {path.stem: [line.strip() for line in text.splitlines() if line.strip()]}
    else:
        groups = _groups(path, text)
    if not any(groups.values()):
        raise ExamplesError(f"{path} holds no messages.")
    return groups


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{path} cannot be read: {error}") from error


def _groups(path: Path, text: str) -> dict[str, list[str]]:
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ExamplesError(f"{path} is no YAML: {error}") from error
    if isinstance(found, list):
        found = {path.stem: found}
    if not isinstance(found, Mapping) or not all(isinstance(one, list) for one in found.values()):
        raise ExamplesError(f"{path} is neither a list of messages nor lists by name.")
    return {str(name): [str(one) for one in messages] for name, messages in found.items()}


def _example(line: str, where: str) -> Example:
    try:
        row = json.loads(line)
        return Example(
            id=str(row["id"]),
            text=row["text"],
            level=Urgency(row["urgency"]),
            harms=frozenset(Harm(harm) for harm in row["harms"]),
            language=row["lang"],
            tags=tuple(row.get("tags", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = "`id`, `text`, `urgency`, `harms` and `lang` are needed"
        raise ExamplesError(f"{where}: {text} ({error}).") from error
