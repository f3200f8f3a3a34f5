"""Hears that a child puts right what they said before, and changes the fact that is meant."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading import ages, names, times
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import bare

_LONGEST = 10
_OPENS = re.compile(
    r"^(?:(?:no|nah|wait|oh|lol|ok|and|but|hang on) )*(?:no wait|wait no|wait|i meant?|meant|"
    r"actually|sorry|soz|oops|no(?: no)?,?(?= (?:i meant?|its|im|hes|shes|\d|call me)\b))\b"
)
_INSTEAD = re.compile(r"\b(?:not|instead of) [\w'-]+$")
# "hes 8. no hes 9": put right in the same breath, or after it, of somebody else.
_OF_ANOTHER = re.compile(
    r"(?:^|[ ,.\n])(?:no|wait|sorry|oops|i meant?|actually)[ ,.]+(?:no[ ,.]+)?"
    r"(?:hes|shes|theyre|he is|she is) (?P<age>\d{1,2})\b"
)
_TIMES = ("safe_contact_times", "when_happened")


def put_right(facts: dict[str, Any], text: str, slots: Mapping[str, Any]) -> bool:
    """Changes the facts that a message puts right; tells whether it is a correction."""
    if len(text.split()) > _LONGEST:
        return False
    low = bare(text)
    corrected = _of_another(facts, low, slots) or _of_own(facts, text, low, slots)
    if corrected:
        for name in [one for one, value in facts.items() if value == text.strip()]:
            del facts[name]
        facts["correction"] = text.strip()
    return corrected


def _of_another(facts: dict[str, Any], low: str, slots: Mapping[str, Any]) -> bool:
    """Puts right the age of somebody else, which is never the child's own."""
    found = _OF_ANOTHER.search(low)
    if found is None:
        return False
    facts.pop("age", None)
    before = re.sub(r"(?:^|, )\d{1,2}(?=,|$)", "", str(slots.get("other_child") or ""))
    if "other_child" in facts or before or slots.get("about_whom") or slots.get("adult"):
        facts["other_child"] = ", ".join(one for one in (before, found.group("age")) if one)
    return True


def _of_own(facts: dict[str, Any], text: str, low: str, slots: Mapping[str, Any]) -> bool:
    opens = bool(_OPENS.match(low))
    if not opens and not _INSTEAD.search(low):
        return False
    age = None if slots.get("adult") else ages.find_corrected_age(text)
    if age is not None and slots.get("age") not in (None, age):
        facts["age"] = age
        return True
    name = names.find_name(text, None)
    if name and _is_told(slots, "name_to_use") and name != slots["name_to_use"]:
        facts["name_to_use"] = name
        return True
    return opens and _of_time(facts, text, slots)


def _of_time(facts: dict[str, Any], text: str, slots: Mapping[str, Any]) -> bool:
    told = [name for name in _TIMES if _is_told(slots, name)]
    asked_at = slots.get("asked_at") or {}
    # Of two, the one that was asked for later is the one that is meant.
    for name in sorted(told, key=lambda one: -int((asked_at.get(one) or {}).get("turn") or 0)):
        found = (
            times.find_contact_times(text, name)
            if name == "safe_contact_times"
            else times.find_when_happened(text) or times.find_day(text)
        )
        if found and found != slots[name]:
            facts[name] = found
            return True
    return False


def _is_told(slots: Mapping[str, Any], name: str) -> bool:
    return slots.get(name) not in (None, PREFER_NOT, DONT_KNOW)
