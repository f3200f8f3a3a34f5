"""What is edited as lists of lines: examples, phrases for danger, topics of the cover."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.scalarstring import LiteralScalarString

from handover.editing import texts, yaml_files
from handover.editing.content import Changed, ContentError, Files
from handover.editing.texts import COVER
from handover.entries import Problem
from models.urgency import Urgency

_NLU = "dialogues/data/nlu/"
_PHRASES = "bot/phrases/say-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What children say to mean something, as one file has it."""

    path: str
    intent: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRow:
    """A phrase for danger as it is written, with what must and must not fire it."""

    path: str
    name: str
    level: str
    harms: tuple[str, ...]
    says: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What the cover says to some words."""

    words: tuple[str, ...]
    say: tuple[str, ...]


def examples(files: Files) -> list[Examples]:
    """Gives the examples of every meaning, by its name."""
    found = [
        Examples(path=path, intent=row["intent"], lines=_dashed(row["examples"]))
        for path, data in texts.matching(files, _NLU).items()
        for row in data["nlu"]
    ]
    return sorted(found, key=lambda one: (one.intent, one.path))


def set_examples(files: Files, path: str, intent: str, lines: Sequence[str]) -> Changed:
    """Gives the files with other examples of a meaning."""
    if not lines:
        raise ContentError(intent, "Leave at least one example")

    def change(data: Any) -> None:
        for row in data["nlu"]:
            if row["intent"] == intent and _dashed(row["examples"]) != tuple(lines):
                row["examples"] = LiteralScalarString("".join(f"- {one}\n" for one in lines))

    return _edited(files, path, change)


def phrases(files: Files) -> list[PhraseRow]:
    """Gives every phrase, by its name."""
    found = [
        PhraseRow(
            path=path,
            name=row["phrase"],
            level=row["level"],
            harms=tuple(row.get("harms", ())),
            says=tuple(row["says"]),
            fires=tuple(row["fires"]),
            silent=tuple(row["silent"]),
        )
        for path, data in texts.matching(files, _PHRASES).items()
        for row in data
    ]
    return sorted(found, key=lambda one: one.name)


_PARTS = {"says": "Patterns", "fires": "Must be heard", "silent": "Must not be heard"}


def set_phrase(files: Files, name: str, level: str, lists: Mapping[str, Sequence[str]]) -> Changed:
    """Gives the files with another level, patterns or examples of a phrase."""
    problems = [] if level in set(Urgency) else [Problem("level", "Choose a level")]
    for part, label in _PARTS.items():
        if not lists[part]:
            problems.append(Problem(part, f"{label}: leave at least one line"))
    if problems:
        raise ContentError.of(problems)
    path = next(one.path for one in phrases(files) if one.name == name)

    def change(data: Any) -> None:
        row = next(one for one in data if one["phrase"] == name)
        if row["level"] != level:
            row["level"] = level
        for part, lines in lists.items():
            _replace(row[part], lines)

    return _edited(files, path, change)


def cover(files: Files) -> tuple[list[Topic], tuple[str, ...]]:
    """Gives the topics of the cover, and what it says otherwise."""
    data = texts.parsed(COVER, files[COVER])
    topics = [Topic(words=tuple(one["words"]), say=tuple(one["say"])) for one in data["topics"]]
    return topics, tuple(data["otherwise"])


def set_cover(files: Files, topics: Sequence[Topic], otherwise: Sequence[str]) -> Changed:
    """Gives the files with other topics of the cover; one without words and texts is taken out."""
    kept = [one for one in topics if one.words or one.say]
    if not otherwise or any(not (one.words and one.say) for one in kept) or not kept:
        raise ContentError("cover", "Give each topic words and texts, and some texts otherwise")

    def change(data: Any) -> None:
        rows = data["topics"]
        for row, topic in zip(rows, topics, strict=False):
            _replace(row["words"], topic.words)
            _replace(row["say"], topic.say)
        for topic in topics[len(rows) :]:
            if topic in kept:
                rows.append({"words": list(topic.words), "say": list(topic.say)})
        for place in range(len(topics) - 1, -1, -1):
            if topics[place] not in kept and place < len(rows):
                del rows[place]
        _replace(data["otherwise"], otherwise)

    return _edited(files, COVER, change)


def _dashed(block: Any) -> tuple[str, ...]:
    lines = (line.strip() for line in str(block).splitlines())
    return tuple(line.removeprefix("- ") for line in lines if line)


def _replace(held: Any, lines: Sequence[str]) -> None:
    """Changes a list in its place, so that what stays keeps its form and comments."""
    for place, line in enumerate(lines):
        if place >= len(held):
            held.append(line)
        elif held[place] != line:
            held[place] = line
    del held[len(lines) :]


def _edited(files: Files, path: str, change: Callable[[Any], object]) -> Changed:
    return yaml_files.edited(path, files[path], change)
