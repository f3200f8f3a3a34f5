"""Finds what a message says of the child's circumstances: care, health, school, home, faith."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dialogues.reading.people import find_people
from dialogues.reading.words import bare, word_list

_LONGEST_WHOLE = 20
_PARTS = re.compile(r"[\n,;!?]|\.(?!\d)")


def find_circumstances(text: str) -> Iterator[tuple[str, Any]]:
    """Gives the fields of circumstance that a message fills, each with what goes on the record."""
    low = bare(text)
    for name, keep, patterns in _patterns():
        found = next((match for one in patterns if (match := one.search(low))), None)
        if found is None:
            continue
        if keep == "whole":
            yield name, _clause_of(text, patterns)
        else:
            yield name, found.group("said" if keep == "said" else 0).strip()
        if name == "shared_phone" and find_people(text):
            yield "must_not_know", ", ".join(find_people(text))


def _clause_of(text: str, patterns: list[re.Pattern[str]]) -> str:
    """Gives a short message whole, and of a long one the clause that says it."""
    if len(text.split()) <= _LONGEST_WHOLE:
        return text.strip()
    for part in _PARTS.split(text):
        if any(one.search(bare(part)) for one in patterns):
            return part.strip()
    return text.strip()


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, str, list[re.Pattern[str]]]]:
    return [
        (one["field"], one["keep"], [re.compile(phrase) for phrase in one["phrases"]])
        for one in word_list("circumstances")["circumstances"]
    ]
