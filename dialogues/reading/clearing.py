"""Tells that what sounded like a worry was a game, a joke or a dare, once the child says so.

Only the talk changes by it. Nobody unsays an alarm: people were told of it and may still look.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dialogues.reading import feelings, idleness, signals
from dialogues.reading.words import bare, is_in_domain, word_list

_URGENT = 2
_LONGEST = 20
# With one of these in it, it is looked at as any other message.
_OF_OWN = re.compile(
    r"\b(?:serious\w*|actually|really is|for real|fr|no joke|not joking|can i tell|something|help|"
    r"worried|sad|upset|cry\w*|hate (?:my|me)|alone|nobody|no ?one)\b"
)
# Who tells of these may call it a joke because it is too much to say.
_OF_LIFE = frozenset(["suicide", "self_harm"])


def clears_up(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message says that all before it was play, and tells of nothing else."""
    if slots.get("cleared") or slots.get("adult") or not is_in_domain("cleared"):
        return False
    if not slots.get("worry") and idleness.level(slots.get("urgency")) < 1:
        return False
    low = bare(text)
    alarms = idleness.level(slots.get("message_urgency")) >= _URGENT
    if alarms or len(low.split()) > _LONGEST or _patterns()["but"].search(low):
        return False
    if _patterns()["game"].search(low):
        # "on xbox" may be the answer to where they are.
        return slots.get("asked") is None or bool(_patterns()["plainly"].search(low))
    is_of_life = not _OF_LIFE.isdisjoint(slots.get("harms") or ())
    if is_of_life or signals.unsays_all(text) or not _patterns()["joke"].search(low):
        return False
    return feelings.find_worry(_patterns()["joke"].sub(" ", low)) is None


def goes_on(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells what follows on play or on what a child shares, and is no worry by itself.

    What was cleared up rests until something grave is said; before that, play is what the model
    finds nothing in.
    """
    said = slots.get("said") or {}
    plays = "utter_joking" in said or "utter_advice_poem" in said
    if slots.get("worry") or not (slots.get("cleared") or plays):
        return False
    doubted = idleness.level(slots.get("urgency"))
    if doubted > (1 if slots.get("cleared") else 0):
        return False
    worry = feelings.find_worry(text)
    lightly = worry is None or worry in idleness.OFTEN_PLAY
    may_be = lightly or (bool(slots.get("cleared")) and worry == "scared")
    return may_be and slots.get("calm") != "doubted" and not _is_own(bare(text))


def _is_own(low: str) -> bool:
    return bool(_OF_OWN.search(low)) or bool(_patterns()["but"].search(low))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    cues = word_list("signals")["clearing"]
    return {name: re.compile("|".join(phrases)) for name, phrases in cues.items()}
