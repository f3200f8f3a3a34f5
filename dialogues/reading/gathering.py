"""Gathers whatever a message says for the record, asked or not."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading import (
    ages,
    answers,
    circumstances,
    emergencies,
    names,
    others,
    people,
    places,
    times,
    wishes,
)
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import bare

_LONGEST_REFUSAL = 8
# What may be said anew; of all else the first words stay, and later ones stand in the account.
_MAY_CHANGE = (
    *("safe_now", "current_location", "who_is_there", "name_to_use", "wants", "must_not_know"),
    *("going_well", "household", "do_not_share", "disability", "in_care", "trusted_adult"),
)
# Of these the earlier words stand before the later ones.
_GROWS = (
    *("wants", "current_location", "must_not_know", "going_well", "household", "do_not_share"),
    *("in_care", "trusted_adult"),
)

_NODS = ("ok", "okay", "k", "kk", "alright", "right", "fine")
_NOT_ME = re.compile(r"\bnot (?:about |for )?me\b")


def gather(text: str, question: str | None, slots: Mapping[str, Any]) -> dict[str, Any]:
    """Finds whatever the message says for the record, asked or not."""
    found: dict[str, Any] = {}
    adult = bool(slots.get("adult"))
    candidates: list[tuple[str, Any]] = [
        ("age", None if adult else ages.find_age(text, question)),
        ("name_to_use", names.find_name(text, question)),
        ("safe_now", _find_safe_now(text, question, slots)),
        ("when_happened", times.find_when_happened(text)),
        ("safe_contact_times", times.find_contact_times(text, question)),
        ("current_location", places.find_current_location(text)),
        ("where_happened", places.find_where_happened(text)),
        ("home_address", places.find_home_address(text)),
        ("school", places.find_school(text, question)),
        ("who_is_there", people.find_who_is_there(text)),
        ("about_whom", people.find_about_whom(text)),
        *wishes.find_wishes(text),
        *circumstances.find_circumstances(text),
    ]
    for name, value in candidates:
        if value is not None and name not in found and _adds(name, value, question, slots):
            found[name] = value
    if "name_to_use" in found and _NOT_ME.search(bare(text)):
        # "its not me its jayden" names whom it is about.
        found["other_child"] = found.pop("name_to_use")
    _note_safety(found, text, slots)
    if slots.get("urgency") == "emergency":
        _note_of_emergency(found, text, slots)
    others.keep_apart(found, text, question, slots)
    _keep_to_its_own(found, text, question)
    for name in _GROWS:
        if name in found and slots.get(name) not in (None, PREFER_NOT, DONT_KNOW):
            found[name] = _with_before(str(slots[name]), str(found[name]))
    if "must_not_know" in found:
        found["must_not_know"] = people.name_pronoun(str(found["must_not_know"]), slots)
    return found


def _find_safe_now(text: str, question: str | None, slots: Mapping[str, Any]) -> str | None:
    """Finds what is said of being safe; an "ok" answers only a question that was just put."""
    asked_at = (slots.get("asked_at") or {}).get("safe_now") or {}
    turns = int(slots.get("turns") or 0) - int(asked_at.get("turn") or 0)
    if question == "safe_now" and asked_at and turns > 1 and bare(text) in _NODS:
        return None
    return answers.find_safe_now(text, question)


def _adds(name: str, value: Any, question: str | None, slots: Mapping[str, Any]) -> bool:
    """Keeps what was said first, unless it was asked again, put right, or has changed since."""
    if name == "about_whom" and (slots.get("adult") or slots.get("worry")):
        return False
    if name not in slots or slots[name] in (PREFER_NOT, DONT_KNOW) or name == question:
        return True
    return name in _MAY_CHANGE and value != slots[name]


def _note_safety(found: dict[str, Any], text: str, slots: Mapping[str, Any]) -> None:
    """Notes that the child is safe because of who is there or away, with the words."""
    own = slots.get("about_whom") is None and not slots.get("adult")
    danger = answers.find_danger(text) if slots.get("urgency") == "emergency" else None
    if danger and own and "safe_now" not in found and slots.get("safe_now") is None:
        found["safe_now"] = f"no ({danger})"
        return
    company = answers.find_company(text, slots)
    reassures = company or answers.find_away(text, slots) or answers.find_shelter(text, slots)
    if company:
        found["who_is_there"] = company
    if reassures and "safe_now" not in found and slots.get("safe_now") in (None, "unsure", "no"):
        found["safe_now"] = f"yes ({reassures})"


def _note_of_emergency(found: dict[str, Any], text: str, slots: Mapping[str, Any]) -> None:
    """Notes where help can be sent and who is near by, and takes a lull for no safety."""
    happening = emergencies.find_happening(text, slots)
    if happening == "emergency_quiet":
        found.pop("safe_now", None)
    where = places.find_where_to_send(text) if happening is None else None
    if where is not None and not {"current_location", "home_address", "school"} & set(found):
        found["current_location"] = where
    helper = emergencies.find_helper(text, slots)
    if helper is None:
        return
    found["helper"] = helper
    # Whoever lives next door is not the child.
    if found.get("name_to_use") == helper:
        del found["name_to_use"]


def _keep_to_its_own(found: dict[str, Any], text: str, question: str | None) -> None:
    """Drops what the same words seem to say of another field."""
    said_now = "safe_now" in found or "safe_contact_times" in found
    if said_now and question != "when_happened" and len(text.split()) <= _LONGEST_REFUSAL:
        # "im safe tonight" says nothing of when it happened.
        found.pop("when_happened", None)
    if found.get("safe_contact_channel") == "phone call" and names.is_told_to_be_called(text):
        # "call me striker" is no wish to be rung.
        found.pop("safe_contact_channel")
    if "safe_contact_times" in found:
        # "only when im at school" is no place where it happens.
        found.pop("where_happened", None)


def _with_before(before: str, now: str) -> str:
    """Puts what is said now behind what was said before; the newest three stand."""
    parts = [part for part in before.split("; ") if part.lower() != now.lower()]
    return "; ".join([*parts[-2:], now])
