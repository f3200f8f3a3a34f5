"""Texts made comparable, and the word lists kept as data."""

import re
from functools import lru_cache
from typing import Any

from dialogues import sources
from dialogues.translations import read_yaml

# More than a child types; keeps the reading of a pasted book short.
LONGEST_READ = 3000

_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "`": "'"})
# "8.30" and "v1.2" are no ends of a sentence.
_CLAUSE = re.compile(r"(?:[\n;!?]|\.(?!\d)|(?<!\d)\.(?=\d))+")


def lowered(text: str) -> str:
    """Gives the text in small letters, with every character where it was."""
    straight = text[:LONGEST_READ].translate(_QUOTES).translate(_ARABIC_DIGITS)
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in straight)


def bare(text: str) -> str:
    """Gives small letters with no apostrophes and single spaces, for matching whole phrases."""
    words = re.sub(r"\s+", " ", lowered(text).replace("'", "")).strip(' .!?,~-*"')
    return _misspelt().sub(lambda word: _spellings()[word.group()], words)


def clauses(text: str) -> list[str]:
    """Splits a burst into what was said one after the other."""
    return [part.strip(" ,-") for part in _CLAUSE.split(text) if part.strip(" ,-")]


@lru_cache(maxsize=8)
def word_list(name: str) -> Any:
    """Gives a file of `dialogues/words`, read once."""
    return read_yaml(sources.file(f"words/{name}.yml"))


def is_in_domain(name: str) -> bool:
    """Tells whether the files in use know a name; a version of a release before may not."""
    return name in _names_of_slots()


def any_of(*phrases: str) -> re.Pattern[str]:
    """Compiles phrases into one pattern that matches them as whole words."""
    joined = "|".join(sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)")


@lru_cache(maxsize=1)
def _names_of_slots() -> frozenset[str]:
    slots = sources.file("domain/slots.yml").read_text(encoding="utf-8")
    return frozenset(re.findall(r"\w+", slots))


@lru_cache(maxsize=1)
def _misspelt() -> re.Pattern[str]:
    return any_of(*_spellings())


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    read = read_yaml(sources.file("words/spellings.yml"))["spellings"]
    return {wrong: right for right, all_wrong in read.items() for wrong in all_wrong}
