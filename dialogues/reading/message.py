"""Reads one message: what it answers, what it tells, and what the child wants of the bot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogues.reading.fields import DONT_KNOW, PREFER_NOT

_AGE_ALONE = re.compile(r"^\W*(?:i'?m|im|i am|age)?\s*(\d{1,2})\W*$", re.IGNORECASE)
_AGE_SAID = re.compile(
    r"\b(?:i'?m|i am)\s+(\d{1,2})\b(?!\s*(?:mins?|minutes|hours?))", re.IGNORECASE
)
_SURE = 0.35


@dataclass
class Reading:
    """What one message gives: the intent, and the facts by their field."""

    intent: str
    facts: dict[str, Any] = field(default_factory=dict)


def read(
    text: str, intent: str, confidence: float, *, slots: Mapping[str, Any], now: str | None
) -> Reading:
    """Reads a message after the classifier has had its say."""
    del now
    asked = slots.get("asked")
    reading = Reading(intent if confidence >= _SURE else "tell")
    age = _AGE_SAID.search(text) or (_AGE_ALONE.match(text) if asked == "age" else None)
    if age and 4 <= int(age.group(1)) <= 19:
        reading.facts["age"] = int(age.group(1))
    if asked and asked not in reading.facts:
        _read_answer(reading, text, asked)
    if reading.intent == "tell":
        told = list(slots.get("concern_in_own_words") or [])
        reading.facts["concern_in_own_words"] = [*told, text]
        reading.facts["worry"] = True
    if slots.get("urgency") in ("concern", "urgent", "emergency"):
        reading.facts["worry"] = True
    return reading


def _read_answer(reading: Reading, text: str, asked: str) -> None:
    if reading.intent == "decline":
        reading.facts[asked] = PREFER_NOT
    elif reading.intent == "dont_know":
        reading.facts[asked] = DONT_KNOW
    elif asked == "safe_now" and reading.intent in ("affirm", "deny"):
        reading.facts[asked] = "yes" if reading.intent == "affirm" else "no"
    elif asked not in ("age", "safe_now") and reading.intent in ("tell", "inform"):
        reading.facts[asked] = text
