"""Chooses the short answer to what is told after the emergency words were said."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import bare

_RINGS = re.compile(
    r"\b(?:im |i am |were |ive |i have |i |we |mums? |nans? |she |shes |hes |ill |im gonna |"
    r"going to )"
    r"(?:just |now |already |gonna |going to |is |are |will |have )*"
    r"(?:ringing|rang|rung|ring|calling|called|call|phoning|phoned|phone|dialling|dialled|on the "
    r"phone (?:to|with|2)|on (?:the line|to) (?:to |with )?)"
    r" ?(?:them|999|911|112|the police|police|the ambulance|an ambulance|ambulance|it)\b"
    r"|^(?:ok |yeah |yes |alright )?(?:ringing|calling|phoning|dialling) (?:them|999|it|now|"
    r"police)\b"
    r"|\bon the (?:phone|line) (?:to|with) (?:999|the police|police|them|an ambulance)\b"
)
_NOT_RINGING = re.compile(r"\b(?:cant|dont want|scared|wont|not|cannot|should i|do i|shall i)\b")
_GOES = re.compile(
    r"\b(?:should|shall|can|could|do) i (?:just )?(?:go|run|walk|get (?:over|round)|come)\b"
    r"|\b(?:im|i am|ill|i will|im gonna|ima|i might|i want to|i wanna|i need to|ive got to|gonna)"
    r" (?:just |gonna |going to )*(?:go|going|run|running|walk|walking|head|heading|cycle|get)"
    r" (?:over|round|back|there|in|inside|downstairs|home|to (?:hers|his|theirs|her house|"
    r"his house|their house|her|him|them))\b"
)
_TO_SAFETY = re.compile(
    r"\b(?:neighbours?|next door|nans?|grans?|aunt\w*|friends? house|police|station|shop|"
    r"hospital|outside|away|out)\b"
)
_HELP_IS_HERE = re.compile(
    r"\b(?:police|feds|ambulance|paramedics?|officers?)"
    r"(?: is| are| r|ve| have|s)? (?:just )?(?:here|arrived|turned up|came|with me)\b"
)
_NOTED = ("age", "name_to_use", "safe_contact_times", "safe_contact_channel", "other_child")


def choose_reply(facts: Mapping[str, Any], text: str) -> str:
    """Gives which answer fits: to going there, to ringing 999, to a place, to a fact."""
    low = bare(text)
    told = {n for n, value in facts.items() if value not in (None, PREFER_NOT, DONT_KNOW)}
    if _GOES.search(low) and not _TO_SAFETY.search(low):
        return "emergency_going"
    if _HELP_IS_HERE.search(low):
        return "emergency_helped"
    if _RINGS.search(low) and not _NOT_RINGING.search(low):
        return "emergency_ringing"
    if "current_location" in told:
        return "emergency_place"
    if "name_to_use" in told:
        return "name"
    return "emergency_noted" if told.intersection(_NOTED) else "emergency"
