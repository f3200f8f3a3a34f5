"""Tells idle talk and questions about the service from the beginning of a worry."""

import math
import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading import feelings, people, signals, wishes
from dialogues.reading.words import bare

# How sure the model is that there is nothing to worry about: enough to take it for small talk.
CALM = ("likely", "sure")
_LEVELS = ("no_concern", "concern", "urgent", "emergency")
_URGENT = 2
# An alarm by the model alone, which is not sure of that; a faint one came of calm talk besides.
DOUBTED = ("doubted", "faint")
# From here on the model and the classifier together take a message for nothing (log-odds). Behind
# two calm messages, this leaves 2 of 540 labelled concerns unheard that the model hears.
_NOTHING = 0.7
# The same for a faint alarm, which a second one makes sure.
_NOTHING_AT_ALL = 0.0
_LEAST = 1e-4
OFTEN_PLAY = (
    *("shouting", "grief", "let_down", "tired", "worried", "split", "missing", "angry"),
    *("pressured", "caring", "not_believed"),
)
_PLAIN = 0.9
_PLAINLY_IDLE = 1.0
_OF_SERVICE = re.compile(
    r"(?:so |but |and |hi |ok |like )*"
    r"(?:if (?:i|some ?one) (?:say|tell|told|said|tells|says)(?: (?:u|you))?(?: (?:some|any)thing)?"
    r"(?: (?:really )?bad)? )?(?:whats?|how|who|can|could|do|does|did|is|are|will|would|"
    r"where|when)\b"
    r".*\b(?:you|u|ur|your|this|it|bot|chat|service|social workers?|here|works?)\b"
)
_FILL = (
    r"(?:(?:so|but|and|hi|hey|hello|ok|okay|like|um|erm|just|also|well|right|wait|n|cool|"
    r"can i ask) )*"
)
_ANYBODY = (
    r"(?:(?:a|an|any|some|another|one|the|all|other|our|my) )?(?:young |little |small |primary )?"
    r"(?:kids?|child(?:ren)?|pupils?|students?|person|people|some ?(?:one|body)|any ?(?:one|body)|"
    r"teen\w*|youngsters?|boys?|girls?|friends?|mates?|families|parents?|family|mums?|dads?|carers?|"
    r"teachers?|schools?|police|feds|cops|doctors?)"
)
_TELLS = (
    r"(?:tells?|told|says?|said|writes?|wrote|texts?|texted|messages?|messaged|types?|reports?|uses?|"
    r"used|contacts?|asks?|gets? in touch|discloses?)"
)
_YOU = r"(?:you|u|ur|yous|they|social workers?|this|it|the (?:chat|bot|service|number|app|council))"
# What the service does with what anybody tells it. Neither the child nor a harm of theirs is in it.
_TOLD_BY_ANYBODY = (
    # "if a kid tells you …, what do you do"; "what happens when a pupil says …"
    re.compile(
        rf"{_FILL}(?:say |suppose |imagine )?"
        r"(?:what (?:happens|if|would happen|do|would|will)\b.{0,30})?"
        rf"(?:if|when|say|suppose|once)? ?{_ANYBODY}(?: \w+){{0,4}} {_TELLS}\b.*"
    ),
    # "if i told you something would you …"
    re.compile(rf"{_FILL}if (?:{_ANYBODY} {_TELLS}|tell)\b.*\b{_YOU}\b.*"),
)
_DONE_BY_SERVICE = (
    # "do parents get told"; "would you tell the kids mum"; "do the police come"
    re.compile(
        rf"{_FILL}(?:do|does|did|would|will|wld|could|can|are|is|might|must) {_ANYBODY}"
        r"(?: (?:get|gets|have to|need to|always|ever|be|been|then|just|also|all|usually))*"
        r" (?:told|informed|involved|contacted|contact|notified|know|find out|sent|text|texted|"
        r"use|message|(?:see|read|hear) (?:it|this|that|what|the|our|my|your|messages?)\b|"
        r"come (?:if|when|round|every|to)\b|come$).*"
    ),
    re.compile(
        rf"{_FILL}(?:do|does|did|would|will|wld|could|can|are|must) {_YOU}"
        r"(?: (?:always|ever|have to|need to|got to|going to|gonna|actually|then|just|also))*"
        r" (?:tell|telling|ring|call|inform|contact|phone|speak to|talk to|report|share)\b.*"
    ),
)
_ASKED_WHAT = re.compile(r"\b(?:what|how|do|does|would|will|who|where|when|is|are|can|could)\b")
_TOLD_OF = re.compile(
    r"\b(?:tell|telling|ring|call|inform|contact|phone|speak to|talk to|message|text) "
    r"(?:my|me|our|their|there|his|her|the \w+s?) ?"
    r"(?:mum|mam|mom|dad|parents|family|carers?|school|teachers?|head|social worker|nan)?\b"
    r"|\bi (?:say|tell|told|said|text|texted|write|wrote|ask|message|messaged)\b"
    r"|\b(?:can|could) i ask\b"
)
_OF_SOMEBODY = re.compile(
    r"\b(?:i|im|ive|id|me|my|mine|myself|we|us|our|he|hes|him|his|she|shes|her|hers)\b"
)
# Nothing is taken for a mere question with one of these in it.
_GRAVE = re.compile(
    r"\b(?:die[sd]?|dying|dead|kill\w*|suicid\w*|jump\w*|hang\w*|overdos\w*|od|cuts?|cutting|"
    r"rap(?:e|ed|es|ing|ist)|touch\w*|sex\w*|naked|nudes?|pregnan\w+|kni(?:fe|ves)|gun|pills?|"
    r"tablets?|paracetamol|marr\w+|fgm|burn\w*|stab\w*|run(?:ning)? away)\b"
)
# What is heard as what it may be, even where anybody is said to tell it, and what may be asked.
_MAY_NOT_BE_TOLD = (
    *("self_harm", "sexual", "pictures", "taken_abroad", "home_fights", "eating", "big_news"),
)
_MAY_BE_ASKED = (None, "worried", "trouble", "secret", "family_trouble")


def level(urgency: Any) -> int:
    """Gives the rank of an urgency, nought when there is none."""
    return _LEVELS.index(urgency) if urgency in _LEVELS else 0


def is_question_of_service(intent: str, text: str) -> bool:
    """Tells a question about the service with nothing of the child's own in it."""
    if asks_of_anybody(text):
        return True
    asks = intent.startswith("ask_") and _OF_SERVICE.match(bare(text))
    return bool(asks) and feelings.find_worry(text) is None and not people.find_people(text)


def asks_of_anybody(text: str) -> bool:
    """Tells whether a message asks what is done with what anybody tells, and tells nothing itself.

    "What happens if a kid says they got hurt" sounds to the model like the telling that it may
    precede. It is answered, and is how the account begins once something is told.
    """
    low = _TOLD_OF.sub("tell", bare(text))
    if not _ASKED_WHAT.search(low) or _OF_SOMEBODY.search(low) or _GRAVE.search(low):
        return False
    worry = feelings.find_worry(text)
    if any(pattern.fullmatch(low) for pattern in _TOLD_BY_ANYBODY):
        return worry not in _MAY_NOT_BE_TOLD
    return worry in _MAY_BE_ASKED and any(one.fullmatch(low) for one in _DONE_BY_SERVICE)


def is_about_service(text: str) -> bool:
    """Tells a question of few words that may be about the service, whatever the classifier says."""
    return bool(_OF_SERVICE.match(bare(text)))


def is_only_asking(intent: str, text: str, slots: Mapping[str, Any]) -> bool:
    """Tells a question about the service before any worry, of which no alarm is sure."""
    sure = level(slots.get("urgency")) >= _URGENT and slots.get("calm") not in DOUBTED
    if slots.get("worry") or (sure and not asks_of_anybody(text)):
        return False
    return is_question_of_service(intent, text)


def is_nothing_yet(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether neither the model nor the words find a worry in what begins a talk.

    A fragment ("so", "its my dad") is met by listening. The model reads it together with what
    came before, so that the next one may well be where the worry is heard.
    """
    if slots.get("worry") or slots.get("adult") or wishes.asks_for_own_worker(text):
        return False
    calm = slots.get("calm") in CALM or _is_likely_nothing(slots)
    lightly = signals.is_idle(text) or signals.is_playful(text) or signals.is_homework(text)
    sure = slots.get("calm") == "sure" or _is_lightly_said(text, slots)
    return calm and (sure or lightly or feelings.find_worry(text) is None)


def _is_lightly_said(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells a word that is told in play as often as in earnest, where all else says play."""
    nothing, idle = slots.get("nothing") or 0.0, slots.get("idle_odds") or 0.0
    return feelings.find_worry(text) in OFTEN_PLAY and nothing >= _PLAIN and idle >= _PLAINLY_IDLE


def _is_likely_nothing(slots: Mapping[str, Any]) -> bool:
    """Tells whether model and classifier, weighed together, take a message for nothing."""
    nothing, idle = slots.get("nothing"), slots.get("idle_odds")
    faint = slots.get("calm") == "faint"
    if nothing is None or idle is None:
        return False
    if level(slots.get("urgency")) >= _URGENT and not faint:
        return False
    sure = min(max(float(nothing), _LEAST), 1 - _LEAST)
    needed = _NOTHING_AT_ALL if faint else _NOTHING
    return math.log(sure / (1 - sure)) + float(idle) >= needed
