"""Hears the kinds of things that are answered by a sentence of their own in an urgent talk.

They stand in `dialogues/words/lines_*.yml`; `utter_line_<name>` has the words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dialogues.reading import emergencies, feelings, idleness
from dialogues.reading.words import bare, is_in_domain, word_list

_FILES = ("lines_danger", "lines_asked", "lines_told")
_LEVELS = ("no_concern", "concern", "urgent", "emergency")
# The least urgency of the talk from which on a kind counts, and the most up to which it does.
_FROM = {"danger": 3, "hot": 2, "urgent": 2, "worry": 1, "any": 0}
_UP_TO = {"urgent": 2}
_OTHERS = ("friend", "sibling")
_SAID = "utter_line_{}"
# What may be taken up by a sentence of its own; all else has a meaning that must be kept.
_TALK = frozenset(
    [
        *(
            "tell",
            "inform",
            "unclear",
            "chat",
            "fine",
            "joking",
            "insult",
            "deny",
            "affirm",
            "done",
        ),
        *("decline", "dont_know", "thanks", "feedback", "greet", "homework", "enough", "take_back"),
        *("leave_for_now", "goodbye", "other_service", "request_person", "status_request", "help"),
        "correct_record",
    ]
)
# Of these only what is sure to mean something else is taken up.
_ONLY_IF_FIRST = frozenset(
    ["request_person", "status_request", "help", "thanks", "greet", "goodbye", "correct_record"]
)
# What must be answered whole and honestly in every talk, in the words that were signed for it.
_ASKED_PLAINLY = re.compile(
    r"^(?:(?:so|ok|but|and|um|pls|please) )*(?:(?:will|would|do|are|r|can) (?:you|u|they|ya) "
    r"(?:have to |going to |gonna )?(?:tell|ring|call|phone|contact|inform)\b.*|"
    r"what happens (?:next|now|after)(?: this)?)$"
)
_MAY_ASK = re.compile(
    r"\b(?:u|you) can ask\b|\bask me\b(?! (?:any|no|that|again))|\bgo on(?: then)? ask\b|"
    r"\bwhat (?:else )?do (?:u|you) (?:need|want) to know\b|"
    r"\bwhat (?:else )?should i (?:say|tell)\b"
)
_LEAVE_ME = re.compile(r"\b(?:dont|do not|never|not) (?:\w+ )?ask\b")


@dataclass(frozen=True)
class Line:
    """One kind of thing that a child says, and when it is taken up."""

    name: str
    says: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    feelings: frozenset[str]
    when: str
    is_first: bool
    is_asked: bool
    is_quiet: bool
    is_once: bool
    is_calming: bool
    life: bool | None
    about: str | None
    who: str | None
    harms: frozenset[str]
    after: frozenset[str]
    drops: frozenset[str]

    def fits(self, text: str, slots: Mapping[str, Any]) -> bool:
        """Tells whether a message is of this kind, in such a talk."""
        return self._is_of_talk(slots) and self._is_said(text, slots)

    def _is_of_talk(self, slots: Mapping[str, Any]) -> bool:
        rank = _rank(slots)
        said = slots.get("said") or {}
        is_other = slots.get("about_whom") in _OTHERS
        if not _FROM[self.when] <= rank <= _UP_TO.get(self.when, rank):
            return False
        if self.is_once and said.get(_SAID.format(self.name)):
            return False
        if self.after and not any(
            _SAID.format(one) in said or f"utter_{one}" in said for one in self.after
        ):
            return False
        if self.harms and self.harms.isdisjoint(slots.get("harms") or ()):
            return False
        if self.about is not None and is_other is not (self.about == "other"):
            return False
        return self.life is None or self.life is emergencies.is_of_own_life(slots)

    def _is_said(self, text: str, slots: Mapping[str, Any]) -> bool:
        low = bare(text)
        found = [one for one in (pattern.search(low) for pattern in self.says) if one]
        if not found and feelings.find_worry(text) not in self.feelings:
            return False
        if self.unless is not None and self.unless.search(text if "?" in text else low):
            return False
        return self.who is None or emergencies.is_of(found, self.who, slots)


def find_line(text: str, intent: str, slots: Mapping[str, Any]) -> Line | None:
    """Gives the kind that a message is of, the first that fits, or None."""
    if slots.get("adult") or slots.get("adult_asking"):
        return None
    is_asking = intent.startswith("ask_")
    if not is_asking and intent not in _TALK:
        return None
    if idleness.asks_of_anybody(text) and not slots.get("worry"):
        # What is done with what anybody tells is a question, and no account yet.
        return None
    if is_asking and _ASKED_PLAINLY.search(bare(text).rstrip(" ?.!")):
        return None
    is_danger = slots.get("urgency") == "emergency"
    is_taken = is_danger and emergencies.find_happening(text, slots) is not None
    for line in all_lines():
        is_heard = line.is_first or not (is_taken or intent in _ONLY_IF_FIRST)
        may_ask = not is_asking or (line.is_asked and (slots.get("worry") or line.when == "any"))
        if is_heard and may_ask and line.fits(text, slots):
            return line
    return None


def says_it_is_over(text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether a message says that the danger is over for now."""
    return any(line.is_calming and line.fits(text, slots) for line in all_lines())


def are_known() -> bool:
    """Tells whether the files in use have words for lines; those of a release before may not."""
    return is_in_domain("line_is_quiet")


def lets_ask(text: str) -> bool:
    """Tells whether a child who wanted no questions asks for one."""
    low = bare(text)
    return bool(_MAY_ASK.search(low)) and not _LEAVE_ME.search(low)


@lru_cache(maxsize=1)
def all_lines() -> tuple[Line, ...]:
    """Gives every kind, in the order in which they are heard."""
    return tuple(_line(one) for name in _FILES for one in word_list(name)["lines"])


def _line(one: Mapping[str, Any]) -> Line:
    return Line(
        name=one["name"],
        says=tuple(re.compile(phrase) for phrase in one.get("phrases", ())),
        unless=re.compile("|".join(one["unless"])) if "unless" in one else None,
        feelings=frozenset(one.get("feelings", ())),
        when=one.get("when", "danger"),
        is_first=one.get("first", False),
        is_asked=one.get("asked", False),
        is_quiet=one.get("quiet", False),
        is_once=one.get("once", False),
        is_calming=one.get("calms", False),
        life=one.get("life"),
        about=one.get("about"),
        who=one.get("who"),
        harms=frozenset(one.get("harms", ())),
        after=frozenset(one.get("after", ())),
        drops=frozenset(one.get("drops", ())),
    )


def _rank(slots: Mapping[str, Any]) -> int:
    """Gives the rank of the talk; a worry without any urgency counts as one."""
    urgency = slots.get("urgency")
    rank = _LEVELS.index(urgency) if urgency in _LEVELS else 0
    return max(rank, 1) if slots.get("worry") else rank
