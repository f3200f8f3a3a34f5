"""Takes a message as the answer to the question that is open, where it can be one."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading import answers, emergencies, feelings, names, people, places, wishes
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import bare

# Facts that say plainly what the message is about: it does not answer another question.
_OF_THEIR_OWN = frozenset(
    [
        "age",
        "name_to_use",
        "school",
        "safe_contact_times",
        "safe_contact_channel",
        "current_location",
        "safe_now",
        "must_not_know",
        "shared_phone",
        "correction",
        "going_well",
        "wants",
        "when_happened",
        "parents_know",
        "consent_to_share",
        "communication_needs",
        "disability",
        "gp",
        "home_address",
        "phone_number",
        "household",
        "other_child",
    ]
)
# Questions that people are the answer to.
_OF_PEOPLE = ("who_is_there", "must_not_know", "trusted_adult", "who_involved")
_YES_OR_NO = ("must_not_know", "trusted_adult", "needs_medical_help", "who_is_there", "wants")
# Where "no" means "I would rather not".
_NO_DECLINES = ("name_to_use", "age", "current_location", "safe_contact_times")
_LONGEST_OF_PEOPLE = 10
_LONGEST_PLACE = 12
# The intents and the number of words that may be an answer, where words alone decide.
_SHORT_ANSWERS = {
    "when_happened": (("inform", "dont_know"), 6),
    "current_location": (("inform",), 8),
    "safe_contact_times": (("inform", "fine"), 8),
}
_BY_PATTERN_ONLY = ("age", "name_to_use", "safe_now")
_OF_THE_BODY = re.compile(
    r"\b(?:hurts?|hurting|pain|sore|bruis\w*|bleed\w*|blood|cuts?|scratch\w*|broken?|head|arm|"
    r"leg|back|"
    r"face|eye|tummy|belly|wrist|hand|doctor|hospital|nurse|ambulance|medicine|fine|ok|bad|sick|"
    r"dizzy|a bit|a little|need|boli|rana|doare|brifo|болить|يؤلم|dard|dukh\w*|xanuun)\b"
)
# "13" is the age of who may have been asked for it before; "4" is an hour.
_OLD_ENOUGH = re.compile(r"\W*1\d\W*$")
_NOT_THERE = re.compile(
    r"\b(?:knows?|told|tells?|said|says|lives?|tried|tries|wont|gave|thinks?|wants?|left|lost)\b"
)
_TITLED = re.compile(r"\b(?:mr|mrs|ms|miss|sir|dr|auntie?|uncle|coach|teacher|tutor|nurse)\b")
# An age said twice; nobody answers "since when?" with a number alone.
_BARE_NUMBER = re.compile(r"\W*\d{1,2}\W*$")
# "my nan is nice" names nobody to keep it from.
_SPEAKS_WELL = re.compile(
    r"\b(?:is|are|\w{2,12}s) (?:really |so |well )?(?:ok|nice|kind|lovely|safe)\b"
)
_TELLS_ON = re.compile(
    r"(?:he|she|they|hes|shes|theyre|my|the|when|its|i have|i havent|i did|i feel|ive|we|were|"
    r"there|this|that|ok|yeah|lol|and|n|but|"
    r"i hate|im|i am)\b"
)


def read_answer(
    facts: dict[str, Any], intent: str, text: str, *, asked: str, slots: Mapping[str, Any]
) -> str:
    """Adds the answer to the facts, if the message is one; gives the intent as it then is."""
    short = answers.short_answer(text)
    if asked == "current_location" and short in ("yes", "no") and _safety_open(slots):
        # Two messages crossed: this answers the question before.
        facts["safe_now"] = short
        return "inform"
    told = bool(_OF_THEIR_OWN & set(facts))
    declined = _declined("inform" if told else intent, text, asked, short)
    if declined is not None:
        facts[asked] = declined
    elif asked not in _BY_PATTERN_ONLY and _fits(facts, intent, text, asked=asked, short=short):
        facts[asked] = _answer_words(asked, text, short)
    return intent


def _safety_open(slots: Mapping[str, Any]) -> bool:
    return "safe_now" not in slots and "utter_ask_safe_now" in (slots.get("said") or {})


def _declined(intent: str, text: str, asked: str, short: str | None) -> str | None:
    if short in (PREFER_NOT, DONT_KNOW):
        return short
    if feelings.find_feeling(text):
        return None
    if intent in ("decline", "dont_know") and len(text.split()) <= 4:
        return PREFER_NOT if intent == "decline" else DONT_KNOW
    return PREFER_NOT if short == "no" and asked in _NO_DECLINES else None


def _fits(
    facts: Mapping[str, Any], intent: str, text: str, *, asked: str, short: str | None
) -> bool:
    """Tells whether a message answers the question; what answers another one does not."""
    words = len(text.split())
    if short in ("yes", "no"):
        return asked in _YES_OR_NO
    if _OF_THEIR_OWN & set(facts) or _is_no_answer(text, asked):
        return False
    if asked == "needs_medical_help":
        return bool(_OF_THE_BODY.search(bare(text)))
    if asked in _OF_PEOPLE:
        named = people.find_people(text) or people.is_alone(text) or names.find_name(text, asked)
        return bool(named or _TITLED.search(bare(text))) and words <= _LONGEST_OF_PEOPLE
    return _fits_by_length(intent, text, asked)


def _is_no_answer(text: str, asked: str) -> bool:
    if asked in ("current_location", "safe_contact_times") and (
        _TELLS_ON.match(bare(text))
        or people.find_people(text)
        or (asked == "current_location" and emergencies.is_number_alone(text))
    ):
        return True
    if asked in ("who_is_there", "must_not_know") and _NOT_THERE.search(bare(text)):
        return True
    if asked in _OF_PEOPLE and (feelings.find_worry(text) or wishes.is_wish(text)):
        # "my dad hits me" tells on; it does not say who is there.
        return True
    if asked == "safe_contact_times" and _OLD_ENOUGH.match(text):
        return True
    if asked == "when_happened":
        return bool(_BARE_NUMBER.match(text)) or bool(people.find_people(text))
    return asked == "must_not_know" and bool(_SPEAKS_WELL.search(bare(text)))


def _fits_by_length(intent: str, text: str, asked: str) -> bool:
    words = len(text.split())
    if asked in _SHORT_ANSWERS:
        intents, most = _SHORT_ANSWERS[asked]
        if asked == "current_location" and places.names_a_place(text):
            return words <= _LONGEST_PLACE
        return intent in intents and words <= most
    tells_on = asked == "wants" and _TELLS_ON.match(bare(text))
    return intent != "tell" and words >= 2 and not tells_on


def _answer_words(asked: str, text: str, short: str | None) -> str:
    if asked == "who_is_there" and short == "no":
        return "no one"
    if short in ("yes", "no"):
        return short
    return people.name_who_is_there(text) if asked == "who_is_there" else text.strip()
