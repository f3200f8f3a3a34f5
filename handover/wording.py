"""What the service itself says to a child, by key and language, and the help numbers.

The texts are data in `wording_data/`. A language without a text falls back to English: a child is
never met with silence for want of a translation.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from handover import edition

_DATA = "handover/wording_data"
_TOKEN = re.compile(r"\[\[(\w+)\]\]")
_SPACES = re.compile(r" {2,}")
FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpNumber:
    """A service a child can reach by themselves."""

    key: str
    number: str
    name: str
    nations: tuple[str, ...]
    source: str


def languages() -> tuple[str, ...]:
    """Gives the codes of the languages that have texts, English first."""
    found = {path.stem for path in edition.paths(f"{_DATA}/*.yml")} - {"help_numbers", FALLBACK}
    return (FALLBACK, *sorted(found))


def texts(key: str, language: str, tokens: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Gives the texts of a key in a language, or in English, with their tokens filled.

    Raises:
        KeyError: no language has the key.
    """
    entries = _texts(language).get(key) or _texts(FALLBACK)[key]
    return tuple(fill(entry, language, tokens or {}) for entry in entries)


def has(key: str, language: str) -> bool:
    """Tells whether a language has texts of its own for a key."""
    return key in _texts(language)


def raw(key: str, language: str) -> str:
    """Gives the first text of a key as it is written, with the spaces around it."""
    return (_texts(language).get(key) or _texts(FALLBACK)[key])[0]


def templates(key: str, language: str) -> tuple[str, ...]:
    """Gives the texts of a key in a language, or in English, as they are written."""
    return tuple(_texts(language).get(key) or _texts(FALLBACK)[key])


def fill(text: str, language: str, tokens: Mapping[str, str]) -> str:
    """Gives a text with each `[[token]]` replaced; an unknown one vanishes.

    A token's value may hold tokens too: so `[[opens]]` comes out in the language of the text.
    """
    known = {**_number_tokens(), **tokens}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        # Without its own name among the tokens, a value that holds itself comes to an end.
        others = {key: words for key, words in tokens.items() if key != name}
        if name in known:
            return fill(known[name], language, others)
        inner = _texts(language).get(name) or _texts(FALLBACK).get(name)
        return fill(" ".join(inner), language, others) if inner else ""

    # A token that vanished leaves its space behind.
    return _SPACES.sub(" ", _TOKEN.sub(value, text)).strip()


def help_numbers() -> tuple[HelpNumber, ...]:
    """Gives the help numbers, each with its source."""
    entries: dict[str, dict[str, Any]] = _read("help_numbers")["numbers"]
    return tuple(
        HelpNumber(key=key, **{**entry, "nations": tuple(entry["nations"])})
        for key, entry in entries.items()
    )


def numbers_of(nation: str) -> dict[str, str]:
    """Gives the numbers that are other ones in this nation, by the names that texts use."""
    own = f"_{nation}"
    return {
        number.key.removesuffix(own): number.number
        for number in help_numbers()
        if number.key.endswith(own)
    }


def numbers_checked_on() -> dt.date:
    """Gives the day on which a person last compared the numbers with their sources."""
    day: dt.date = _read("help_numbers")["checked"]
    return day


@edition.kept
def _number_tokens() -> dict[str, str]:
    return {number.key: number.number for number in help_numbers()}


@edition.kept
def _texts(language: str) -> dict[str, list[str]]:
    with edition.pinned(edition.PROGRAM):
        brought = _texts_of(language)
    # A version made before a release brought a new text goes on with the new text.
    return {**brought, **_texts_of(language)}


@edition.kept
def _texts_of(language: str) -> dict[str, list[str]]:
    if language not in languages():
        return {}
    # What belongs to one matter stands in a folder of its own, in the languages that have it.
    folders = sorted(path.parent.name for path in edition.paths(f"{_DATA}/*/{language}.yml"))
    found = _read(language)
    for folder in folders:
        found = {**found, **_read(f"{folder}/{language}")}
    return found


@edition.kept
def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(
        edition.path(f"{_DATA}/{name}.yml").read_text("utf-8")
    )
    return loaded
