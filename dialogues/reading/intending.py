"""Settles what a message is for, by its words and the talk so far, after the classifier."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading import (
    adults,
    answers,
    emergencies,
    feelings,
    idleness,
    lines,
    people,
    settling,
    signals,
    wishes,
)
from dialogues.reading.words import bare

# Below this the classifier's word is a guess.
_SURE = 0.4
_VERY_SURE = 0.6
# The rank from which on nothing is taken for a mere question.
_URGENT = 2
# With one of these in it, a bidding not to tell is more than a bidding.
HEAVY = ("self_harm", "sexual", "hurt", "home_fights", "pictures", "taken_abroad", "scared")
_NOT_IN_AN_EMERGENCY = (
    *("goodbye", "leave_for_now", "take_back", "joking", "chat", "homework", "feedback", "fine"),
    *("insult", "homework_numbers", "decline", "thanks", "someone_here"),
)
# Beside a worry these are heard as the telling that they are part of.
_QUESTIONS = (
    *("ask_kept", "ask_can_delete", "ask_tell_police", "ask_tell_school", "ask_tell_parents"),
    "change_of_worker",
)
# From so many words on a message tells something.
_TALE = 4
# What is no worry at all, when the classifier is sure of it and the words are not.
_IDLE_TALK = ("chat", "homework", "homework_numbers", "joking", "fine", "greet", "thanks")
# What breaks the talk off is only believed when it is plain.
_BREAKS_OFF = (
    *("stop", "someone_here", "goodbye", "leave_for_now", "delete_request", "take_back"),
)
_OWN = re.compile(
    r"\b(?:me|my (?:mum|mam|dad|step ?(?:dad|mum)|carers?|parents|teachers?|foster \w+|brother|"
    r"sister|nan|uncle|auntie)|im scared|myself)\b"
)
# Said after another question about the service: "what about my mum".
_ASKS_ABOUT_PARENTS = re.compile(
    r"(?:so |and |but |ok )*(?:(?:what|wot|how) (?:about|abt)|and|or) (?:my )?"
    r"(?:mum|mam|mom|dad|parents|family|mum (?:and|or|n) dad)"
)
# A grown-up who only asks is known by more than these; all other signals are heard first.
_NOT_OF_ADULTS = (
    *(
        None,
        "adult_referrer",
        "ask_tell_parents",
        "ask_tell_school",
        "ask_what_next",
        "wrong_reader",
    ),
)
_OF_ADULTS = ("thanks", "goodbye", "greet", "done", "request_person")
_AYE = re.compile(r"\b(?:aye|yeah|yeh|yes|yh|yep|tho|though)\b")
_TAKES_LEAVE = ("goodbye", "leave_for_now")
_LONGEST_REFUSAL = 8


def intent_of(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str:
    """Gives the intent as far as the words and the talk so far decide it."""
    is_unsaid = _is_unsaid(text, slots)
    if is_unsaid or (slots.get("wrong_reader") and not signals.is_child_back(text)):
        return "wrong_reader"
    signal = signals.find_signal(text)
    by_adult = _of_adult(text, intent, confidence, slots) if signal in _NOT_OF_ADULTS else None
    if by_adult is not None:
        return by_adult
    # Whoever they ask for, or that they stop, is heard whoever is beside them.
    hides = (signal or intent) == "someone_here"
    is_company = hides and answers.find_company(text, slots)
    told_too = signal in _QUESTIONS and feelings.find_worry(text) in HEAVY
    if signal and _may_be(signal, slots) and not (told_too or is_company):
        return signal
    is_answer = slots.get("asked") and answers.short_answer(text)
    if is_company or is_answer or _wants_own_worker(text, slots):
        return "inform"
    rose = settling.rose(slots) and not _is_calm(text, intent, confidence, slots)
    if rose or signal == "adult_referrer":
        return "tell"
    return _by_wish(text, slots) or _by_classifier(text, intent, confidence, slots)


def _of_adult(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str | None:
    """Gives the intent of a grown-up who only asks, or who turns out to be worried after all."""
    is_likely = intent == "adult_asking" and confidence >= _VERY_SURE
    what_for = adults.what_for(text, slots, is_likely=is_likely)
    if what_for is None:
        return None
    if what_for is adults.Adult.WORRIES:
        return "adult_referrer"
    is_plain = adults.find_topic(text) not in (None, "adult_asking")
    may_be = intent in _OF_ADULTS or intent.startswith("ask_")
    if is_plain or not may_be or confidence < _SURE or _is_doubted(text, intent, confidence):
        return "adult_asking"
    return intent


def _wants_own_worker(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells who wants their own worker and tells of no more: they are taken at their word."""
    calm = idleness.level(slots.get("urgency")) < _URGENT and not slots.get("adult")
    return calm and wishes.asks_for_own_worker(text) and feelings.find_worry(text) not in HEAVY


def _is_unsaid(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether what was grave is all unsaid, by somebody who need not be the child."""
    is_grave = idleness.level(slots.get("urgency")) >= _URGENT
    return is_grave and _may_be("wrong_reader", slots) and signals.unsays_all(text)


def _by_wish(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the intent of a wish about others: not to be told, or their own worker to come."""
    if _is_only_asking(slots) and _ASKS_ABOUT_PARENTS.fullmatch(bare(text)):
        return "ask_tell_parents"
    if wishes.is_bidden_not_to_tell(text) or wishes.asks_for_own_worker(text):
        return "tell" if feelings.find_worry(text) in HEAVY else "inform"
    return None


def _is_only_asking(slots: Mapping[str, Any]) -> bool:
    """Tells whether nothing was told so far, and the model finds nothing in this message."""
    return slots.get("calm") in idleness.CALM and not slots.get("worry")


def _is_calm(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message that was judged more urgent is plainly none to worry about."""
    if _asks_of_anybody(text, slots):
        return True
    if idleness.level(slots.get("urgency")) >= _URGENT:
        asks = idleness.is_question_of_service(intent, text) and confidence >= _VERY_SURE
        asks = asks and slots.get("calm") in idleness.DOUBTED
        return asks or idleness.is_nothing_yet(text, slots)
    if signals.says_all_is_well(text) or signals.says_it_is_better(text):
        return True
    if not slots.get("worry") and signals.is_idle(text) and feelings.find_worry(text) is None:
        return True
    idle = intent in _IDLE_TALK or idleness.is_question_of_service(intent, text)
    return idleness.is_nothing_yet(text, slots) or (idle and confidence >= _VERY_SURE)


def _by_classifier(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str:
    taken = "tell" if slots.get("worry") or len(text.split()) >= _TALE else "unclear"
    instead = _instead(text, intent, confidence, slots)
    if instead is not None:
        return instead
    if _is_doubted(text, intent, confidence):
        return taken
    idle = not slots.get("worry") and signals.is_idle(text) and feelings.find_worry(text) is None
    if idle and (intent in ("tell", "unclear") or confidence < _SURE):
        return "chat"
    if confidence >= _SURE:
        return intent
    return taken if slots.get("worry") else _by_words(text, intent, taken)


def _by_words(text: str, intent: str, taken: str) -> str:
    """Gives what the words alone say of a message that the classifier only guesses at."""
    if idleness.asks_of_anybody(text):
        return intent if intent.startswith("ask_") else "ask_what_next"
    if signals.is_playful(text):
        return "joking"
    return "homework" if signals.is_homework(text) else taken


def _asks_of_anybody(text: str, slots: Mapping[str, Any]) -> bool:
    return not slots.get("worry") and idleness.asks_of_anybody(text)


def _instead(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str | None:
    """Gives another intent where the talk makes the classifier's impossible."""
    # "now" is no farewell while somebody is being hurt.
    happens = intent in _NOT_IN_AN_EMERGENCY or emergencies.find_happening(text, slots)
    # "shes home now her mums in" hides from nobody.
    is_over = intent == "someone_here" and lines.says_it_is_over(text, slots)
    if is_over or (slots.get("urgency") == "emergency" and happens):
        return "tell"
    if intent == "adult_asking":
        return "tell" if len(text.split()) >= _TALE else "unclear"
    if intent in ("feedback", "other_service"):
        return _out_of_place(intent, slots)
    if intent == "greet" and len(text.split()) >= _TALE and people.find_people(text):
        return "tell"
    unsure = confidence < _VERY_SURE or not _may_be(intent, slots)
    if intent in ("wrong_reader", "adult_referrer") and unsure:
        asks = intent == "wrong_reader" and len(text.split()) < 5
        return "ask_who_are_you" if asks else "tell"
    return None


def _out_of_place(intent: str, slots: Mapping[str, Any]) -> str | None:
    """Gives another intent for an opinion before anything was done, or for errands in a worry."""
    if intent == "other_service":
        return None if _is_only_asking(slots) else "tell"
    if slots.get("worry"):
        return None
    return "chat" if _is_only_asking(slots) else "tell"


def _is_doubted(text: str, intent: str, confidence: float) -> bool:
    """Keeps what breaks the talk off, or sends it elsewhere, from being believed too soon."""
    if intent == "status_request":
        return not signals.asks_after(text)
    if intent == "correct_record":
        # "sorry wrong number" puts nothing right that we hold.
        return signals.is_idle(text)
    if intent.startswith("ask_"):
        return not signals.is_asking(text)
    if intent == "request_person":
        return not signals.may_mean_a_person(text)
    if intent in _TAKES_LEAVE and not signals.is_leaving(text) and text.isascii():
        return True
    # "me mams here aye" answers; it hushes nobody.
    answers_so = intent == "someone_here" and _AYE.search(bare(text))
    long = len(text.split()) > _LONGEST_REFUSAL or bool(answers_so)
    return intent in _BREAKS_OFF and (confidence < _VERY_SURE or long)


def _may_be(intent: str, slots: Mapping[str, Any]) -> bool:
    """Keeps a reading that only makes sense with something said before, or with nothing said."""
    if intent == "wrong_reader":
        return bool(slots.get("worry")) and not slots.get("adult")
    if intent == "adult_referrer":
        of_friend = slots.get("about_whom") in ("friend", "sibling")
        return not (slots.get("age") or slots.get("adult") or of_friend or _told_own(slots))
    if intent in {"someone_here", "goodbye", "leave_for_now"}:
        return slots.get("urgency") != "emergency"
    return True


def _told_own(slots: Mapping[str, Any]) -> bool:
    """Tells whether the account so far is a child's of themselves, not an adult's of a child."""
    account = " ".join(str(one) for one in slots.get("concern_in_own_words") or [])
    return bool(_OWN.search(bare(account)))
