"""Changing what files say as data: their comments and every other line stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from handover.editing import conditions, texts, yaml_files
from handover.editing.texts import DOMAIN, LANGUAGES, NUMBERS, QUESTIONS, Said
from handover.entries import EntryError

ANSWERS = f"{DOMAIN}responses_questions_children_ask.yml"
_RULE_FILES = "dialogues/data/rules/"
_NLU_FILES = "dialogues/data/nlu/"

type Files = Mapping[str, str]
type Changed = dict[str, str]


class ContentError(EntryError):
    """What was entered cannot be put into the files; each problem says what to do, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the talk, at its place in the order."""

    place: int
    field: str
    when: tuple[str, ...]
    """Each condition in words, such as "Safe now: is no or not sure"."""
    text: str

    @property
    def key(self) -> str:
        """Gives the key of its words."""
        return texts.ASK + self.field


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to a common question, and what children say to get it."""

    key: str
    text: str
    intents: tuple[str, ...]
    examples: int
    lacking: tuple[str, ...]
    """The languages that have no words of their own for it."""


def questions(files: Files) -> list[Question]:
    """Gives the questions in their order."""
    data = texts.parsed(QUESTIONS, files[QUESTIONS])
    first = {s.key: s.text for s in reversed(texts.texts_of(files)) if s.path.startswith(DOMAIN)}
    return [
        Question(
            place=place,
            field=one["field"],
            when=tuple(conditions.in_words(condition) for condition in one.get("when", ())),
            text=first.get(texts.ASK + one["field"], ""),
        )
        for place, one in enumerate(data["questions"])
    ]


def answers(files: Files) -> list[Answer]:
    """Gives the answers to common questions."""
    said: dict[str, list[str]] = {}
    for data in texts.matching(files, _RULE_FILES).values():
        for rule in data["rules"]:
            intents = [step["intent"] for step in rule["steps"] if "intent" in step]
            for step in rule["steps"]:
                if "action" in step:
                    said.setdefault(step["action"], []).extend(intents)
    examples = {
        row["intent"]: str(row["examples"]).count("\n")
        for data in texts.matching(files, _NLU_FILES).values()
        for row in data["nlu"]
    }
    everything = texts.texts_of(files)
    languages = {s.language for s in everything if s.path.startswith(LANGUAGES)}
    have: dict[str, set[str]] = {}
    for one in everything:
        have.setdefault(one.key, set()).add(one.language)
    own = texts.parsed(ANSWERS, files[ANSWERS])["responses"]
    asked = {key for key, intents in said.items() if any(i.startswith("ask_") for i in intents)}
    return [
        Answer(
            key=one.key,
            text=one.text,
            intents=tuple(dict.fromkeys(said.get(one.key, ()))),
            examples=sum(examples.get(i, 0) for i in set(said.get(one.key, ()))),
            lacking=tuple(sorted(languages - have[one.key])),
        )
        for one in everything
        if one.path.startswith(DOMAIN)
        and one.number == 1
        and (one.key in own or one.key in asked)
        and not one.key.startswith(texts.ASK)
    ]


def numbers(files: Files) -> dict[str, dict[str, Any]]:
    """Gives the help numbers by their key."""
    found: dict[str, dict[str, Any]] = texts.parsed(NUMBERS, files[NUMBERS])["numbers"]
    return found


def openings(files: Files) -> list[Said]:
    """Gives the English texts that the service itself says, the first of each key."""
    return [
        said
        for said in texts.texts_of(files)
        if texts.is_wording(said.path) and said.language == texts.ENGLISH and said.number == 1
    ]


def texts_under(files: Files, key: str) -> list[Said]:
    """Gives all texts of a key, English first and then Welsh."""
    order = {texts.ENGLISH: 0, "cy": 1}
    found = [said for said in texts.texts_of(files) if said.key == key]
    return sorted(found, key=lambda s: (order.get(s.language, 2), s.path, s.number))


def set_texts(files: Files, key: str, said: Mapping[tuple[str, int], str]) -> Changed:
    """Gives the files with other texts of a key, by path and number; what is the same stays."""
    changed: Changed = {}
    for path in sorted({path for path, _ in said}):
        new = {number: text for (one, number), text in said.items() if one == path}

        def change(data: Any, path: str = path, new: dict[int, str] = new) -> None:
            for number, text in new.items():
                _set_text(data, path, key, number, text)

        changed |= _edited(files, path, change)
    return changed


def add_text(files: Files, path: str, key: str, text: str) -> Changed:
    """Gives the files with a text in a language that had none of this key."""

    def change(data: Any) -> None:
        if path.startswith(LANGUAGES):
            data["responses"][key] = _quoted(text)
        else:
            data[key] = [_quoted(text)]

    return _edited(files, path, change)


def move_question(files: Files, place: int, by: int) -> Changed:
    """Gives the files with a question put earlier or later."""

    def change(data: Any) -> None:
        rows = data["questions"]
        other = place + by
        if not (0 <= place < len(rows) and 0 <= other < len(rows)):
            raise ContentError("place", "It stands at the end already.")
        rows[place], rows[other] = rows[other], rows[place]

    return _edited(files, QUESTIONS, change)


def set_number(files: Files, key: str, number: Mapping[str, str], checked: Any) -> Changed:
    """Gives the files with another help number, and the day it was compared with its source."""

    def change(data: Any) -> None:
        row = data["numbers"][key]
        for name, value in number.items():
            if str(row[name]) != value:
                row[name] = _quoted(value) if name == "number" else value
        data["checked"] = checked

    return _edited(files, NUMBERS, change)


def _edited(files: Files, path: str, change: Callable[[Any], object]) -> Changed:
    return yaml_files.edited(path, files[path], change)


def _set_text(data: Any, path: str, key: str, number: int, text: str) -> None:
    if path.startswith(DOMAIN):
        row = data["responses"][key][number - 1]
        if row.get("text", "") != text:
            row["text"] = _quoted(text)
        return
    owner = data["responses"] if path.startswith(LANGUAGES) else data
    said = owner[key]
    if isinstance(said, str):
        if said != text:
            owner[key] = _quoted(text)
        return
    one = said[number - 1]
    if isinstance(one, str):
        if one != text:
            said[number - 1] = _quoted(text)
    else:
        who = next(iter(one))
        if one[who] != text:
            one[who] = _quoted(text)


def _quoted(text: str) -> DoubleQuotedScalarString:
    quoted: DoubleQuotedScalarString = DoubleQuotedScalarString(text)
    return quoted
