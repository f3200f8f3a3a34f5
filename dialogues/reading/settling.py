"""Decides what the bot reacts to, and what belongs to the child's own account."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.questions import talks_on
from dialogues.reading import answers, emergencies, feelings, people, signals, wishes
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT, RECORD_FIELDS
from dialogues.reading.idleness import (
    DOUBTED,
    asks_of_anybody,
    is_about_service,
    is_nothing_yet,
    is_question_of_service,
    level,
)
from dialogues.reading.words import bare, is_in_domain

_HOMEWORK_NUMBERS = re.compile(r"\b(?:how many|how much|percent\w*|statistic\w*|numbers?)\b|%")
_HOMEWORK = frozenset(
    ["utter_homework", "utter_homework_meaning", "utter_homework_lines", "utter_homework_grooming"]
)
# A question of the sheet, which is about nobody the child knows.
_OF_THE_SHEET = re.compile(
    r"^(?:(?:ok|so|and|next|lol|right|now) )*(?:q ?\d+|question (?:\d+|one|two|three|four)|"
    r"(?:give|name|list|state|explain|describe|define|discuss) (?:me )?(?:one|two|three|four|five|"
    r"\d|what|how|the|some|why)|what (?:law|act|does the law)|true or false)\b"
)
_OF_LINES = re.compile(
    r"\b(?:county lines?|cuckoo\w*|criminal exploitation|(?:being|is|are) exploited|cce)\b"
)
_OF_GROOMING = re.compile(r"\b(?:groom(?:ing|ed|ers?)|cse|sexual exploitation)\b")
_OF_OWN = re.compile(r"\b(?:me|my|mine|myself|us|our|im|i am|i was|ive|i)\b")
_OF_ME = re.compile(r"\b(?:me|my|mine|myself|us|our|im|i am|i was|he|she|they|him|her)\b")
_OF_MEANING = re.compile(r"\b(?:neglect\w*|abuse\w*|esgeulust\w*|cam ?-?drin)\b")
_OF_YOU = re.compile(
    r"(?:do|did|have|would|can|could|are|whats|what is|what|who|how old are|where do|when) "
    r"(?:is |are |do |did )?(?:you|u|ur|your|youre)\b"
)
_HOMEWORK_ASKS = re.compile(r"\b(?:whats?|how|difference|means?|define|explain|definition)\b")
_URGENT = 2
_LONGEST_QUESTION = 12
# Facts so small that a line of thanks for each would only be in the way.
_SMALL = frozenset(
    [
        *("age", "name_to_use", "gender", "safe_contact_times", "safe_contact_channel"),
        *("school", "when_happened"),
    ]
)
_PLAIN_YES = 2  # words of a yes that says no more
_SAFE = re.compile(r"\b(?:safe|fine|ok|okay|away|out)\b")
_OF_CONTACT = frozenset(["safe_contact_times", "safe_contact_channel", "phone_number"])
_LONGEST_FACT = 8
_NOTHING_TOLD = (PREFER_NOT, DONT_KNOW, "no", None)
_SHORT = 4
_LONGEST_OF_FACTS = 7
# "I am fifteen and you can call me Robin": as on a form, only in a whole sentence.
_OF_A_FORM = frozenset(["age", "name_to_use", "school", "gender", "phone_number"])
_LONGEST_OF_FORM = 12
# How often one feeling is given back in a talk before its words would repeat.
_MOST_REFLECTIONS = 2
_MOST_FOR_OTHER = 5
# What is given back in an emergency too: it is told of before, not of this minute.
_OF_WHAT_WAS_DONE = frozenset(
    [
        *("sexual", "pictures", "hurt", "home_fights", "pressured", "not_believed", "ashamed"),
        *("secret", "mixed", "alone", "sad", "angry", "hungry", "grief", "picked_on", "drinking"),
    ]
)
# What begins no record, unless the message was judged urgent.
_IDLE = frozenset(
    [
        *("greet", "thanks", "chat", "fine", "joking", "homework", "homework_numbers", "help"),
        *("stop", "goodbye", "leave_for_now", "feedback", "insult", "request_person", "unclear"),
        *("take_back", "affirm", "deny", "decline", "dont_know", "delete_request"),
        *("show_record", "done"),
    ]
)
# What may be the telling that a worry is over.
_MAY_BE_NEWS = ("tell", "inform", "unclear", "done", "fine", "chat", "feedback", "thanks")
_NO_ACCOUNT = frozenset(
    [
        "show_record",
        "help",
        "stop",
        "homework",
        "homework_numbers",
        "joking",
        "chat",
        "insult",
        "greet",
        "fine",
        "thanks",
        "feedback",
        "goodbye",
        "decline",
        "dont_know",
    ]
)


def rose(slots: Mapping[str, Any]) -> bool:
    """Tells whether this message was judged more urgent than all before it."""
    return level(slots.get("urgency")) > level(slots.get("last_urgency"))


def begins_record(intent: str, text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message tells of a worry, so that people must read it."""
    if not slots.get("adult") and asks_of_anybody(text):
        return False
    if slots.get("calm") in DOUBTED and not slots.get("adult"):
        asks = is_question_of_service(intent, text)
        if asks or (intent == "stop" and feelings.find_worry(text) is None):
            return False
    if intent in ("inform", "request_person") and wishes.asks_for_own_worker(text):
        return True
    if intent != "tell" and is_nothing_yet(text, slots):
        return False
    if intent == "tell" or slots.get("adult") or level(slots.get("urgency")) > 1:
        return True
    idle = intent in _IDLE or intent.startswith(("ask_", "sent_"))
    return level(slots.get("urgency")) > 0 and not idle


def is_good_news(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells who comes back to say that it is over, and tells of nothing else."""
    urgent = level(slots.get("urgency")) >= _URGENT
    return not (urgent or slots.get("worry")) and signals.says_it_is_better(text)


def settle_talk(intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str:
    """Gives the intent of an answer or of telling, by what was read and what is known."""
    asked = slots.get("asked")
    answer = facts.get(asked) if asked else None
    if answer in (PREFER_NOT, DONT_KNOW):
        return "decline" if answer == PREFER_NOT else "dont_know"
    if slots.get("worry"):
        settled = _with_worry(intent, facts, text, slots, answered=answer is not None)
    elif intent in _MAY_BE_NEWS and is_good_news(text, slots):
        settled = "fine"
    elif intent == "tell":
        settled = _doubted_worry(facts, text, slots)
    else:
        settled = _unless_a_worry(intent, facts, text, slots)
    if settled == "done" and not slots.get("worry"):
        # Nothing was told: they have what they came to ask for.
        return "thanks"
    if settled == "homework" and _HOMEWORK_NUMBERS.search(bare(text)):
        return "homework_numbers"
    return settled


def of_account(intent: str, text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message belongs to the child's own account, to be kept word for word."""
    if intent in ("tell", "adult_referrer"):
        return True
    if intent in _NO_ACCOUNT:
        return False
    if intent == "unclear" and people.find_people(text):
        return True
    if len(text.split()) < 3 or answers.short_answer(text):
        return False
    if intent in ("inform", "unclear", "done", "ask_advice"):
        return bool(slots.get("worry"))
    return rose(slots) or feelings.find_worry(text) is not None


def is_of_contact(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message says when and how to be reached, and nothing of what happened."""
    told = set(facts) & set(RECORD_FIELDS)
    asked = slots.get("asked") == "safe_contact_times"
    if "safe_contact_times" not in told or rose(slots) or feelings.find_worry(text) is not None:
        return False
    return asked or told <= _OF_CONTACT


def people_involved(intent: str, text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the people named so far with those in this message, or None when it adds none."""
    if slots.get("who_involved") in (PREFER_NOT, DONT_KNOW):
        return None
    if slots.get("adult") or intent == "adult_referrer":
        return None
    known = [one for one in str(slots.get("who_involved") or "").split(", ") if one]
    found = [one for one in people.find_people(text) if one not in known]
    return ", ".join([*known, *found]) if found else None


def reaction_feeling(
    intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]
) -> str:
    """Chooses what is given back: the emergency first, then for whom, then the feeling."""
    if slots.get("urgency") == "emergency":
        reply = emergencies.choose_reply(facts, text, slots)
        if reply == "emergency":
            return _felt_in_danger(facts, text, slots)
        # To be thanked by name is the answer to a name alone; here there is more in it.
        return "emergency_noted" if reply == "name" else reply
    if slots.get("adult") or intent == "adult_referrer":
        return "adult"
    if (facts.get("about_whom") or slots.get("about_whom")) in ("friend", "sibling"):
        # Never spoken to as if it were done to them.
        told = (slots.get("said") or {}).get("utter_reflect_for_other", 0)
        return "for_other" if told < _MOST_FOR_OTHER else "heard"
    feeling = feelings.find_feeling(text)
    said = (slots.get("said") or {}).get(f"utter_reflect_{feeling}", 0)
    if feeling is None or feeling == slots.get("last_feeling") or said >= _MOST_REFLECTIONS:
        return "go_on" if talks_on(slots, "tell") else "heard"
    return feeling


def _felt_in_danger(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str:
    """Gives back what weighs in what is told on, where nothing of this minute is in it."""
    feeling = feelings.find_feeling(text)
    if feeling not in _OF_WHAT_WAS_DONE:
        return "emergency"
    is_other = (facts.get("about_whom") or slots.get("about_whom")) in ("friend", "sibling")
    feeling = "for_other" if is_other else feeling
    said = (slots.get("said") or {}).get(f"utter_reflect_{feeling}", 0)
    return feeling if said < _MOST_REFLECTIONS else "emergency"


def _says_more(safe: str, text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether an emergency's "yes" goes on: "aye am phonin" is not met by being glad."""
    goes_on = len(text.split()) > _PLAIN_YES and not _SAFE.search(bare(text))
    return safe == "yes" and slots.get("urgency") == "emergency" and goes_on


def _is_danger_known(safe: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether the emergency words said already what "not safe" would be answered with."""
    return safe != "yes" and slots.get("urgency") == "emergency"


def reply_for(
    intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]
) -> str | None:
    """Chooses how an answer, or homework, is met; None where it needs no line of its own."""
    if intent == "inform":
        return reply_to(facts, text, slots)
    # What neglect or abuse means there are words for.
    if _OF_MEANING.search(bare(text)) and is_in_domain("homework_meaning"):
        return "homework_meaning"
    for name, pattern in (("homework_lines", _OF_LINES), ("homework_grooming", _OF_GROOMING)):
        if pattern.search(bare(text)) and is_in_domain(name):
            return name
    return None


def reply_to(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str | None:
    """Chooses how an answer is met; None where it needs no line of its own."""
    safe = str(facts.get("safe_now") or "").split(" ", maxsplit=1)[0]
    happens = slots.get("urgency") == "emergency" and emergencies.find_happening(text, slots)
    # "he has gone" says more than that they are safe.
    if safe in ("yes", "no", "unsure") and not (
        happens or _is_danger_known(safe, slots) or _says_more(safe, text, slots)
    ):
        # "hes out til monday" says less than "im safe": nobody is told that they are.
        is_implied = safe == "yes" and str(facts.get("safe_now")) != "yes"
        return "away" if is_implied and is_in_domain("away") else f"safe_{safe}"
    told = {name for name, value in facts.items() if value not in _NOTHING_TOLD}
    if "correction" in told:
        return "put_right"
    if "must_not_know" in told:
        return "must_not_know"
    if slots.get("urgency") == "emergency":
        return emergencies.choose_reply(facts, text, slots)
    if "wants" in told:
        return "own_worker" if wishes.asks_for_own_worker(text) else "wants"
    return _reply_to_small(facts, told, text)


def _reply_to_small(facts: Mapping[str, Any], told: set[str], text: str) -> str | None:
    if facts.get("safe_contact_channel") == "in writing only" and is_in_domain("writing"):
        return "writing"
    if "name_to_use" in told:
        return "name"
    told = set(facts) - {"worry", "concern_in_own_words"}
    small = bool(told) and told <= _SMALL and len(text.split()) <= _LONGEST_FACT
    return None if small else "fact"


def _with_worry(
    intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any], *, answered: bool
) -> str:
    """Once there is a worry, nothing is taken for idle talk but a question to the bot."""
    only_facts = _only_facts(facts, text)
    heavy = feelings.find_worry(text) is not None
    if intent == "tell":
        light = answered or str(facts.get("safe_now") or "").startswith("yes")
        return "inform" if only_facts or (light and not heavy) else "tell"
    if answered:
        return "inform"
    refuses = intent in ("decline", "dont_know") and not answers.short_answer(text)
    if refuses and (_gives_facts(facts) or len(text.split()) > _SHORT):
        return "inform" if _gives_facts(facts) and not heavy else "tell"
    if refuses and feelings.find_feeling(text):
        intent = "tell"
    if _is_only_a_question(intent, facts, text, slots):
        return "chat"
    angry = intent == "insult" and not _gives_facts(facts)
    if intent in ("chat", "fine", "homework", "feedback", "inform", "insult") and not angry:
        return "inform" if _gives_facts(facts) else "tell"
    return "tell" if intent == "joking" and not signals.is_playful(text) else intent


def _is_only_a_question(
    intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]
) -> bool:
    """Tells small talk beside a worry ("do u have a name"), which asks for an answer of its own."""
    calm = slots.get("calm") == "sure" and level(slots.get("urgency")) < _URGENT
    idle = intent in ("chat", "joking", "tell", "unclear") and not _gives_facts(facts)
    return calm and idle and bool(_OF_YOU.match(bare(text))) and feelings.find_worry(text) is None


def _doubted_worry(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str:
    """Keeps play and schoolwork from becoming a worry, while nothing was judged urgent."""
    feeling = feelings.find_worry(text)
    if _is_all_well(text, slots):
        return "fine"
    if _is_more_homework(text, feeling, slots):
        return "joking" if signals.is_playful(text) else "homework"
    if level(slots.get("urgency")) > 0 and not (feeling is None and signals.is_idle(text)):
        return "tell"
    return _light_talk(facts, text, feeling, slots)


def _light_talk(
    facts: Mapping[str, Any], text: str, feeling: str | None, slots: Mapping[str, Any]
) -> str:
    settled = "tell"
    if signals.is_homework(text):
        settled = "homework"
    elif _is_homework_begun(slots) and feeling is None:
        settled = "homework" if _HOMEWORK_ASKS.search(bare(text)) else "chat"
    elif signals.is_playful(text) or _is_about_the_bot(text, feeling):
        settled = "joking" if signals.is_playful(text) else "chat"
    elif signals.is_idle(text) and feeling is None:
        settled = "chat"
    elif _only_facts(facts, text) and "about_whom" not in facts:
        settled = "inform"
    return settled


def _is_more_homework(text: str, feeling: str | None, slots: Mapping[str, Any]) -> bool:
    """Tells what goes on with schoolwork that was begun, with nothing of the child's own in it."""
    low = bare(text)
    if _is_homework_begun(slots) and _OF_THE_SHEET.match(low) and not _OF_OWN.search(low):
        # "q3 what law says hitting is illegal" is heard as a question, however it sounds.
        return level(slots.get("message_urgency") or slots.get("urgency")) < _URGENT
    slight = level(slots.get("urgency")) < _URGENT and feeling is None
    own = people.find_people(text) or _OF_ME.search(bare(text))
    return _is_homework_begun(slots) and slight and (signals.is_playful(text) or not own)


def is_of_homework(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message is of schoolwork, or goes on with it."""
    own = _OF_ME.search(bare(text)) or slots.get("worry")
    return signals.is_homework(text) or (_is_homework_begun(slots) and not own)


def _is_homework_begun(slots: Mapping[str, Any]) -> bool:
    return not _HOMEWORK.isdisjoint(slots.get("said") or {})


def _is_all_well(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells who says that nothing is the matter, where no more than a small worry was heard."""
    calm = level(slots.get("urgency")) < 1 or feelings.find_worry(text) is None
    urgent = level(slots.get("urgency")) >= _URGENT
    return calm and not urgent and signals.says_all_is_well(text)


def _is_about_the_bot(text: str, feeling: str | None) -> bool:
    """Tells small talk that asks after the bot ("do you like dogs")."""
    low = bare(text)
    asks = _OF_YOU.match(low) or (is_about_service(text) and len(low.split()) <= _LONGEST_QUESTION)
    return bool(asks) and feeling is None and not people.find_people(text)


def _unless_a_worry(
    intent: str, facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]
) -> str:
    if _is_worry_after_all(intent, facts, text):
        return "tell"
    # "nothings up i just saw the poster" says so outright, whatever else it chats of.
    return "fine" if intent in ("chat", "unclear") and _is_all_well(text, slots) else intent


def _is_worry_after_all(intent: str, facts: Mapping[str, Any], text: str) -> bool:
    """Finds the worry in what was taken for an answer or for "all is well"."""
    if signals.is_idle(text) and feelings.find_worry(text) is None:
        return False
    if "about_whom" in facts and intent not in ("homework", "joking"):
        return True
    if intent == "unclear" and feelings.find_feeling(text) and not signals.is_playful(text):
        return True
    taken = intent in ("inform", "fine") and not signals.says_all_is_well(text)
    return taken and feelings.find_worry(text) is not None and not signals.is_playful(text)


def _gives_facts(facts: Mapping[str, Any]) -> bool:
    return bool(set(facts) - {"where_happened"})


def _only_facts(facts: Mapping[str, Any], text: str) -> bool:
    """Tells whether a message is short and wholly a fact for the record ("12. ava")."""
    most = _LONGEST_OF_FORM if set(facts) <= _OF_A_FORM else _LONGEST_OF_FACTS
    return _gives_facts(facts) and len(text.split()) <= most and feelings.find_worry(text) is None
