"""Words on times in other languages, put into the English that `plan_reading` reads.

A word list does not know a language: whoever uses this asks the child whether it is right.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_DATA = Path(__file__).parent / "plan_times_elsewhere.yml"
_BESIDE_AN_HOUR = ("after", "before", "until")
_HOUR = r"(?P<hour>\d{1,2}(?:[:.]\d{2})?)"


def in_english(text: str, language: str) -> str | None:
    """Gives the words with those on times in English, or None where none of them is known."""
    phrases = _phrases(language)
    said = _fold(text)
    read = _of_the_hour().sub(" ", said) if phrases else said
    found = False
    for pattern, english in phrases:
        read, times = pattern.subn(english, read)
        found = found or bool(times)
    return " ".join(read.split()) if found else None


@cache
def _phrases(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Gives what to look for, the longest first, and what to put there."""
    listed: Mapping[str, list[str]] = _data()["words"].get(language, {})
    is_behind = language in _data()["behind"]
    pairs = sorted(
        ((_fold(phrase), english) for english, all_of in listed.items() for phrase in all_of),
        key=lambda pair: -len(pair[0]),
    )
    return tuple(
        (re.compile(rf"{_HOUR}\s*{re.escape(phrase)}(?!\w)"), rf" {english} \g<hour> ")
        if is_behind and english in _BESIDE_AN_HOUR
        else (re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)"), f" {english} ")
        for phrase, english in pairs
    )


@cache
def _of_the_hour() -> re.Pattern[str]:
    words = sorted((_fold(one) for one in _data()["of_the_hour"]), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)\.?")


def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    kept = (one for one in parts if not unicodedata.combining(one))
    return "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in kept)


@cache
def _data() -> Any:
    with _DATA.open(encoding="utf-8") as lines:
        return YAML(typ="safe", pure=True).load(lines)
