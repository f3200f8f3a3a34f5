"""Finds what children ask for themselves, to which there is an answer of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dialogues.reading import feelings, idleness, signals
from dialogues.reading.words import any_of, bare, is_in_domain, word_list

OTHER = "other"
AGAIN = "again"
# Blows that the child would deal: nobody tells them that they did not deserve that.
OF_THEIR_OWN_BLOWS = frozenset(["hit_back"])
# What is asked for so is what the child would like to happen.
WISHES = frozenset(["group", "bring_someone", "no_police"])
_URGENT = 2
_SAID_AS = "utter_advice_"
# From so many words on a message tells more than it asks.
_LONGEST = 40
_SHORTEST_SHARED = 4
# Asked of anybody, it is asked for themselves, unless it asks what the bot can do.
_OF_ANYBODY = re.compile(
    r"\b(how|what) (do|can|could|should|would) (?:you|we|people|kids|some ?one) "
    r"(?!help|do (?:about|for|with|to|if|then|it)|fix|sort|even|actually|do$|tell|know|keep|"
    r"mean|think|want|need|call|like|say if|contact)"
)


@dataclass(frozen=True)
class _Topic:
    """What is asked: its words, and where they count."""

    name: str
    says: re.Pattern[str]
    unless: re.Pattern[str] | None
    about: frozenset[str]
    harms: frozenset[str]
    marks: frozenset[str]

    def fits(self, low: str, text: str, slots: Mapping[str, Any]) -> bool:
        """Tells whether a message asks this, at this place in the talk."""
        level = idleness.level(slots.get("urgency"))
        if "emergency" not in self.marks and slots.get("urgency") == "emergency":
            return False
        if "calm" in self.marks and level >= _URGENT:
            return False
        if "worry" in self.marks and not (slots.get("worry") or level or feelings.find_worry(text)):
            return False
        if self.about and slots.get("about_whom") not in self.about:
            return False
        if self.harms and self.harms.isdisjoint(slots.get("harms") or ()):
            return False
        return bool(self.says.search(low)) and not (self.unless and self.unless.search(low))


def find_topic(text: str, slots: Mapping[str, Any], *, first: bool = False) -> str | None:
    """Gives what a message asks for, or None; what was answered before is not said again.

    `first` looks only for what comes before all that is always there.
    """
    if slots.get("adult") or slots.get("adult_asking") or not is_in_domain("advice"):
        return None
    low = _plain(text)
    if len(low.split()) > _LONGEST:
        return None
    said = slots.get("said") or {}
    fitting = [
        one.name
        for one in _topics()
        if ("first" in one.marks or not first) and one.fits(low, text, slots)
    ]
    unsaid = next((name for name in fitting if _SAID_AS + name not in said), None)
    # Who tells it once more is heard; who asks once more is not left without an answer.
    asks = signals.asks_something(low)
    return unsaid or (AGAIN if fitting and asks else None)


def is_of_service(topic: str) -> bool:
    """Tells whether a topic is of the service, and so tells of no worry."""
    return any(one.name == topic and "service" in one.marks for one in _topics())


def is_shared(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells the poem, song or story that a child was asked to send, which is thanked for once."""
    said = slots.get("said") or {}
    asked = _SAID_AS + "poem" in said and "utter_shared" not in said
    return asked and len(text.split()) >= _SHORTEST_SHARED


def _plain(text: str) -> str:
    low = _alike().sub(lambda found: _meant()[found.group()], bare(text))
    return _OF_ANYBODY.sub(r"\1 \2 i ", low)


@lru_cache(maxsize=1)
def _meant() -> dict[str, str]:
    same = word_list("advice")["same"]
    return {wrong: right for right, all_wrong in same.items() for wrong in all_wrong}


@lru_cache(maxsize=1)
def _alike() -> re.Pattern[str]:
    return any_of(*_meant())


@lru_cache(maxsize=1)
def _topics() -> tuple[_Topic, ...]:
    marks = ("emergency", "calm", "worry", "service", "first")
    return tuple(
        _Topic(
            name=one["topic"],
            says=re.compile("|".join(one["phrases"])),
            unless=re.compile("|".join(one["unless"])) if "unless" in one else None,
            about=frozenset(one.get("about", ())),
            harms=frozenset(one.get("harms", ())),
            marks=frozenset(mark for mark in marks if one.get(mark)),
        )
        for one in word_list("advice")["advice"]
    )
