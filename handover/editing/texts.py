"""Everything that a version says to a child, text by text, wherever it stands in the files."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from handover.editing import yaml_files

DOMAIN = "dialogues/domain/"
LANGUAGES = "dialogues/languages/"
WORDING = "handover/wording_data/"
COVER = "bot/cover.yml"
NUMBERS = "handover/wording_data/help_numbers.yml"
QUESTIONS = "dialogues/questions.yml"
SIGNALS = "bot/signals.yml"
ENGLISH = "en"
ASK = "utter_ask_"
PERSON, SKIP = "/request_person", "/skip"
# What whoever is asked can always do instead of answering.
WAYS_OUT = (SKIP, PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text, and the buttons under it."""

    path: str
    key: str
    number: int
    """Its place among the texts of the key, counted from 1."""
    language: str
    text: str
    who: str = ""
    """For whom it is where not for every child: `adult`, `friend`, `sibling`, `worry`."""
    buttons: tuple[tuple[str, str], ...] = ()
    """Title and payload of each."""
    command: str = ""

    @property
    def where(self) -> str:
        """Gives where it stands, as a person finds it."""
        return f"{self.path}, {self.key}, text {self.number}"

    @property
    def is_response(self) -> bool:
        """Tells whether it is one of the dialogue's, which the talk's rules choose."""
        return self.path.startswith((DOMAIN, LANGUAGES))


@lru_cache(maxsize=512)
def parsed(path: str, text: str) -> Any:
    """Gives a file's data, read once for each text; nobody changes what it gives.

    Raises:
        UnfitFileError: it is not plain YAML.
    """
    return yaml_files.load(path, text)


def texts_of(files: Mapping[str, str]) -> list[Said]:
    """Gives every text of a version whose files have their shape."""
    return [said for path in sorted(files) for said in _texts(path, files[path])]


def told_by(payload: str) -> dict[str, Any]:
    """Gives what a button's answer puts into the record, by field; nothing for another button."""
    if not payload.startswith("/inform{"):
        return {}
    told: dict[str, Any] = parsed("", payload.removeprefix("/inform"))
    return told


def meaning_of(payload: str) -> str:
    """Gives what pressing a button says, such as yes, whatever was asked."""
    told = [str(value) for name, value in told_by(payload).items() if name != "reply_to"]
    return " ".join(told) if told else payload


def language_of(path: str) -> str:
    """Gives the language of a file of texts."""
    name = PurePosixPath(path).stem
    return name if path.startswith((LANGUAGES, WORDING)) else ENGLISH


def is_wording(path: str) -> bool:
    """Tells whether a file holds what the service itself says."""
    return path.startswith(WORDING) and path != NUMBERS


@lru_cache(maxsize=512)
def _texts(path: str, text: str) -> tuple[Said, ...]:
    if path.startswith(DOMAIN):
        return tuple(_of_domain(path, parsed(path, text)))
    if path.startswith(LANGUAGES):
        return tuple(_of_language(path, parsed(path, text)))
    if is_wording(path):
        return tuple(_of_wording(path, parsed(path, text)))
    if path == COVER:
        return tuple(_of_cover(path, parsed(path, text)))
    return ()


def _of_domain(path: str, data: Any) -> Iterator[Said]:
    for key, variations in (data.get("responses") or {}).items():
        for number, one in enumerate(variations, 1):
            yield Said(
                path=path,
                key=key,
                number=number,
                language=ENGLISH,
                text=str(one.get("text") or ""),
                who=_who(one.get("condition") or []),
                buttons=tuple(
                    (str(button["title"]), str(button["payload"]))
                    for button in one.get("buttons") or []
                ),
                command=str((one.get("custom") or {}).get("command") or ""),
            )


def _who(conditions: list[dict[str, Any]]) -> str:
    names = [
        str(one["value"]) if one["name"] == "about_whom" else str(one["name"]) for one in conditions
    ]
    return ", ".join(names)


def _of_language(path: str, data: Any) -> Iterator[Said]:
    language = language_of(path)
    for key, said in data["responses"].items():
        for number, one in enumerate([said] if isinstance(said, str) else said, 1):
            who, text = ("", one) if isinstance(one, str) else next(iter(one.items()))
            yield Said(path=path, key=key, number=number, language=language, text=text, who=who)
    titles = {str(payload): str(title) for payload, title in data.get("buttons", {}).items()}
    for payload, title in titles.items():
        yield Said(
            path=path,
            key="buttons",
            number=1,
            language=language,
            text=title,
            buttons=((title, payload),),
        )


def _of_wording(path: str, data: Any) -> Iterator[Said]:
    for key, said in data.items():
        for number, text in enumerate(said, 1):
            yield Said(
                path=path, key=str(key), number=number, language=language_of(path), text=text
            )


def _of_cover(path: str, data: Any) -> Iterator[Said]:
    for place, topic in enumerate(data["topics"], 1):
        for number, text in enumerate(topic["say"], 1):
            key = f"topic {place} ({', '.join(topic['words'][:2])})"
            yield Said(path=path, key=key, number=number, language=ENGLISH, text=text)
    for number, text in enumerate(data["otherwise"], 1):
        yield Said(path=path, key="otherwise", number=number, language=ENGLISH, text=text)


def matching(files: Mapping[str, str], *beginnings: str) -> dict[str, Any]:
    """Gives the data of every file whose path begins so."""
    return {path: parsed(path, text) for path, text in files.items() if path.startswith(beginnings)}


def line_of(text: str, key: str) -> int:
    """Gives the line on which a key stands in a file, 1 when it is not found."""
    found = re.search(rf"^\s*(?:- )?[\"']?{re.escape(key)}[\"']?\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 + found.group().count("\n") if found else 1
