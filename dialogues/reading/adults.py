"""Tells a grown-up who only asks about the service from one who is worried about a child.

What is listened for stands in `dialogues/words/adults.yml`. Who only asks is answered and nothing
is written down; with a worry, or an alarm of the model or a phrase, they are heard as before.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from dialogues.reading import feelings, idleness, signals
from dialogues.reading.words import bare, is_in_domain, word_list

_CONCERN = 1
_URGENT = 2
_DECLARES = 20  # words of a message that says who they are and no more


class Adult(Enum):
    """What a grown-up is there for."""

    ASKS = "asks"
    WORRIES = "worries"


def what_for(text: str, slots: Mapping[str, Any], *, is_likely: bool = False) -> Adult | None:
    """Gives what a grown-up is there for, or None for a child and for who told of something.

    `is_likely` says that the classifier takes the message for a grown-up's question.
    """
    low = bare(text)
    is_other = any(slots.get(name) for name in ("worry", "adult", "age")) or _child().search(low)
    if is_other or not is_in_domain("adult_asking"):
        return None
    known = bool(slots.get("adult_asking"))
    if not (known or is_likely or _grown_up().search(low)):
        return None
    asks = find_topic(text) is not None
    if _is_worried(low, slots) or (known and not asks and _is_doubted(low, slots)):
        return Adult.WORRIES if known else None
    if asks or known:
        return Adult.ASKS
    # Who says no more than who they are is asked what they came for, unless a child is in it.
    calm = slots.get("calm") in idleness.CALM and _of_a_child().search(low) is None
    return Adult.ASKS if calm and len(low.split()) <= _DECLARES else None


def find_topic(text: str) -> str | None:
    """Gives the answer to what a grown-up asks about the service, or None."""
    low = bare(text)
    return next((reply for reply, pattern in _asks() if pattern.search(low)), None)


def _is_worried(low: str, slots: Mapping[str, Any]) -> bool:
    rest = _no_worry().sub(" ", low)
    sure = idleness.level(slots.get("urgency")) >= _URGENT
    if sure and slots.get("calm") not in idleness.DOUBTED:
        return True
    return bool(_worry().search(rest)) or feelings.find_worry(rest) is not None


def _is_doubted(low: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether the model doubts what asks nothing, and is too long for a word of thanks."""
    alarmed = idleness.level(slots.get("urgency")) >= _CONCERN
    return alarmed and len(low.split()) > _DECLARES and not signals.asks_something(low)


@lru_cache(maxsize=1)
def _asks() -> tuple[tuple[str, re.Pattern[str]], ...]:
    asks = word_list("adults")["asks"]
    return tuple((one["reply"], re.compile("|".join(one["phrases"]))) for one in asks)


@lru_cache(maxsize=1)
def _grown_up() -> re.Pattern[str]:
    return _compiled("grown_up")


@lru_cache(maxsize=1)
def _child() -> re.Pattern[str]:
    return _compiled("child")


@lru_cache(maxsize=1)
def _of_a_child() -> re.Pattern[str]:
    return _compiled("of_a_child")


@lru_cache(maxsize=1)
def _worry() -> re.Pattern[str]:
    return _compiled("worry")


@lru_cache(maxsize=1)
def _no_worry() -> re.Pattern[str]:
    return _compiled("no_worry")


def _compiled(name: str) -> re.Pattern[str]:
    return re.compile("|".join(word_list("adults")[name]))
