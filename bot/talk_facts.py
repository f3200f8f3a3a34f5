"""Finds the facts that a script expects on the record that its talk has left.

At least half of a fact's telling words must stand in the fields that the fact belongs to, or, for
what is no plain field, in the child's account.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handover import words

# The fields of the record in which each kind of fact may stand, besides the child's account.
_FIELDS = {
    "age": ("age",),
    "name": ("name_to_use",),
    "who": ("who_involved", "other_child", "about_whom"),
    "since": ("when_happened",),
    "address": ("home_address", "current_location"),
    "location": ("current_location", "home_address", "where_happened", "who_is_there"),
    "school": ("school",),
    "safe_now": ("safe_now", "current_location", "who_is_there"),
    "wants": ("wants", "must_not_know"),
    "contact": ("safe_contact_times", "safe_contact_channel", "phone_number"),
    "must_not_know": ("must_not_know",),
    "not_share": ("must_not_know", "do_not_share", "parents_know"),
    "phone_checked": ("shared_phone", "must_not_know"),
    "in_care": ("in_care",),
    "language": ("language",),
    "correction": ("correction", "name_to_use"),
    "earlier_referral": ("earlier_contact",),
    "needs": ("communication_needs", "disability"),
    "worker": ("allocated_worker",),
    "trusted_adult": ("trusted_adult",),
    "going_well": ("going_well",),
    "gp": ("gp",),
    "household": ("household", "who_involved"),
    "parents_know": ("parents_know",),
    "speaker": ("referrer_relationship", "name_to_use"),
    "about": ("other_child",),
    "adult_present": ("who_is_there",),
    "injury": ("needs_medical_help",),
    "pronouns": ("gender",),
}
_ALONE = ("age", "name", "school", "language")
"""What counts only in its own field: a number somewhere in the account is no age on the record."""
_LANGUAGES = {
    "polish": "pl",
    "welsh": "cy",
    "romanian": "ro",
    "ukrainian": "uk",
    "arabic": "ar",
    "somali": "so",
    "portuguese": "pt",
    "urdu (latin letters)": "ur-Latn",
    "punjabi (latin letters)": "pa-Latn",
    "bengali (latin letters)": "bn-Latn",
}
_UNSAID = {"prefer_not_to_say", "dont_know", "asked_unanswered", ""}
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and at by for from he her him his i in is it its me my of on or she that the their "
        "them they this to was we with says caller has have be rn now",
    )
)
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen",
        )
    )
}
# One person, by the word of a report and by a child's.
_SAME = {"father": "dad", "mother": "mum", "stepfather": "stepdad", "stepmother": "stepmum"}
_ENOUGH = 0.5
_WELL = re.compile(r"\b(?:ok|safe|good|calmer)\b")
_OPTED_OUT = "opted out of texts"
_WHOLE: dict[str, Callable[[Mapping[str, Any], str], bool]] = {
    "status": lambda contact, _: not contact.get("submitted"),
    "language": lambda contact, language: (
        contact.get("language") in (language, words.language(language))
    ),
}


def told_language(facts: Mapping[str, str], contact: Mapping[str, Any]) -> str:
    """Gives the language in which a script is told."""
    named = facts.get("language", "").lower()
    return _LANGUAGES.get(named) or str(contact.get("language") or "en")


def is_found(name: str, wanted: str, contact: Mapping[str, Any], language: str) -> bool:
    """Tells whether an expected fact stands on a record."""
    if name in _WHOLE:
        return _WHOLE[name](contact, language)
    if wanted == _OPTED_OUT:
        return bool(contact.get("stopped"))
    values = _values(name, contact)
    if wanted.startswith("not given"):
        return all(value in _UNSAID for value in values)
    said = (
        _said_of_safety(wanted, str(contact.get("safe_now") or "")) if name == "safe_now" else None
    )
    return _stands_in(name, wanted, values, language) if said is None else said


def _stands_in(name: str, wanted: str, values: Sequence[str], language: str) -> bool:
    told = [value for value in values if value not in _UNSAID]
    if language != "en" and wanted.isascii() and name not in _ALONE:
        # The fact is told in English and the record holds the child's own language.
        return bool(told)
    needed = _tokens(wanted)
    have = _tokens(" ".join(told))
    return bool(needed) and len(needed & have) / len(needed) >= _ENOUGH


def _values(name: str, contact: Mapping[str, Any]) -> list[str]:
    fields = list(_FIELDS.get(name, ()))
    if name not in _ALONE:
        fields.append("concern_in_own_words")
    return [_flat(contact.get(one)) for one in fields]


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return "" if value is None else str(value)


def _said_of_safety(wanted: str, value: str) -> bool | None:
    """Compares yes with yes; None where the fact is told by other words."""
    first = re.split(r"\W", wanted, maxsplit=1)[0]
    if first == "unclear":
        return value in _UNSAID or value.startswith("unsure")
    if first not in ("yes", "no"):
        return True if value.startswith("yes") and _WELL.search(wanted) else None
    is_said = value.startswith(("yes", "no"))
    return value.startswith(first) if is_said else None


def _tokens(text: str) -> set[str]:
    plain = text.lower().replace("'", "").replace("\u2019", "")
    words = re.findall(r"[^\W_]+", plain)
    stems = {_stem(_NUMBERS.get(word, word)) for word in words}
    return stems - {_stem(word) for word in _EMPTY_WORDS}


def _stem(word: str) -> str:
    word = _SAME.get(word, word)
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
