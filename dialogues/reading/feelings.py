"""Notices what weighs in a message, for one short sentence that gives it back."""

import re
from functools import lru_cache

from dialogues.reading.words import bare, word_list

_DENIED = re.compile(
    r"\b(?:no ?one|nobody|he doesnt|she doesnt|they dont|he never|she never|never|nie|nu|not) "
    r"(?:\w+ )?(?:hits?|hurts?|hitting|hurt|bij[aą]|loveste)\b"
)
_OF_JOY = re.compile(
    r"\b(?:cry|cried|crying|cries|wept) (?:\w+ )?(?:happy|with (?:joy|laughter)|laughing)"
    r"(?: tears)?\b|\b(?:happy|laughing) (?:tears|crying)\b|\btears of joy\b"
)
_OF_BLOWS = ("hurt", "home_fights")


def find_feeling(text: str) -> str | None:
    """Gives what weighs most in a message, or None."""
    low = _OF_JOY.sub(" ", bare(text))
    denied = _DENIED.search(low)
    for name, pattern in _patterns():
        if pattern.search(low) and not (denied and name in _OF_BLOWS):
            return name
    return None


def find_worry(text: str) -> str | None:
    """Gives what weighs most in a message, when it is a worry by itself."""
    found = find_feeling(text)
    return None if found in _light() else found


@lru_cache(maxsize=1)
def _light() -> frozenset[str]:
    return frozenset(one["name"] for one in word_list("feelings")["feelings"] if one.get("light"))


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (one["name"], re.compile(rf"(?<!\w)(?:{'|'.join(one['phrases'])})(?!\w)"))
        for one in word_list("feelings")["feelings"]
    )
