"""Chooses the short answer to what is told after the emergency words were said.

What is listened for stands in `dialogues/words/emergencies.yml`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dialogues.reading import feelings, places
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.people import find_people
from dialogues.reading.words import bare, is_in_domain, word_list

_NUMBER_ALONE = re.compile(r"\W*(?:no |number |num |#)?\d{1,4}[a-d]?\W*$")
_OF_LIFE = frozenset(["suicide", "self_harm"])
# With one of these told, whoever is named may be who does it.
_BY_SOMEBODY = frozenset(
    [
        *("physical_abuse", "emotional_abuse", "sexual_abuse", "domestic_abuse", "neglect"),
        *("sexual_exploitation", "criminal_exploitation", "fgm", "forced_marriage", "trafficking"),
    ]
)
_BY_BLOWS = frozenset(["physical_abuse", "sexual_abuse", "domestic_abuse"])
_PARENTS = frozenset(["mum", "dad", "stepmum", "stepdad", "foster mum", "foster dad"])
_AT_HOME = _PARENTS | {"parents", "foster carer", "staff", "mum's boyfriend", "dad's girlfriend"}
_NOTED = (
    *("age", "name_to_use", "safe_contact_times", "safe_contact_channel", "other_child", "school"),
    *("phone_number", "wants"),
)
# A grown-up near by whom the child could go to, and what they are called.
_HELPER = re.compile(
    r"\b(?:next door|neighbou?rs?|(?:over|across) the road|downstairs neighbou?r|"
    r"(?:my )?(?:nan|gran|grandma|auntie|aunty|uncle|grandad)s?)\b"
)
_HELPER_IS_NEAR = re.compile(
    r"\b(?:theres|there is|i know|we know|is in|s in|is nice|s nice|is called|s called|called|"
    r"names?|lives?|next door|is home|s home|could go|can go)\b"
)
_LADY = re.compile(r"\b(?:lady|woman|mrs|miss|shes|she)\b")
_KIN = re.compile(r"\b(?:nan|gran|grandma|auntie|aunty|uncle|grandad)s?\b")
_CALLED = re.compile(
    r"\b(?:called|name is|names|named|its) (?:mrs |mr |miss |ms |auntie )?([a-z]+)\b"
)
_NO_NAME = frozenset(
    [
        *("me", "my", "the", "a", "her", "him", "them", "us", "police", "it", "she", "he", "they"),
        *("not", "just", "all", "home", "here", "there", "mum", "dad", "nan"),
    ]
)


def choose_reply(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str:
    """Gives which answer fits: to what is happening, to ringing 999, to a place, to a fact."""
    of_life = is_of_own_life(slots)
    told = {n for n, value in facts.items() if value not in (None, PREFER_NOT, DONT_KNOW)}
    happening = find_happening(text, slots)
    if happening is not None:
        return happening
    if is_number_alone(text) and not told:
        # After tablets it is how many, not the number of a house.
        of_means = slots.get("last_feeling") == "emergency_means"
        number = "emergency_means" if of_means else "emergency"
        return number if of_life else "emergency_number"
    if "helper" in told:
        return "emergency_helper"
    if "current_location" in told and places.is_findable(text, str(facts["current_location"])):
        return "emergency_place"
    if "name_to_use" in told:
        return "name"
    return "emergency_noted" if told.intersection(_NOTED) else "emergency"


def find_happening(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the answer to what is happening this minute; the first that fits, or None."""
    low, is_asked = bare(text), "?" in text
    return next(
        (one.reply for one in _happenings() if one.fits(low, slots, is_asked=is_asked)), None
    )


def find_helper(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives what a grown-up near by is called whom the child could go to, or None.

    A word for them where they have no name yet; nobody of whom harm was told, and none in a
    message that tells of harm.
    """
    low = bare(text)
    helper = _HELPER.search(low)
    if helper is None or not is_in_domain("helper"):
        return None
    if not _HELPER_IS_NEAR.search(low) or feelings.find_worry(text) is not None:
        return None
    # "mum is asleep next door" is of mum.
    is_home = not _AT_HOME.isdisjoint(find_people(text))
    # A lady next door is no "he" of whom nothing more is known.
    is_lady = not _involved(slots) and _LADY.search(low) and not _KIN.search(helper.group())
    if is_home or not (is_lady or _is_safe(helper.group(), slots)):
        return None
    called = _CALLED.search(low)
    if called and called.group(1) not in _NO_NAME:
        return called.group(1).title()
    them: Mapping[str, str] = word_list("emergencies")["them"]
    return them.get(str(slots.get("language")), them["en"])


def is_number_alone(text: str) -> bool:
    """Tells whether a message is a number such as a house has, which is no place by itself."""
    return bool(_NUMBER_ALONE.match(bare(text)))


def is_of_own_life(slots: Mapping[str, Any]) -> bool:
    """Tells whether the child may do away with themselves, and not a friend of theirs."""
    is_other = slots.get("about_whom") in ("friend", "sibling")
    return not is_other and not _OF_LIFE.isdisjoint(slots.get("harms") or ())


def is_of(said: list[re.Match[str]], who: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether what was found is said of somebody who is `safe`, or `harmful`."""
    return any(
        # "he is back" may be anybody, and "with her now" is nobody to be afraid of.
        not find_people(whom) or _is_safe(whom, slots) is (who == "safe")
        for whom in _whom(said)
    )


@dataclass(frozen=True)
class _Happening:
    reply: str
    says: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    of_life: bool | None
    who: str | None
    may_be_asked: bool
    harms: frozenset[str]

    def fits(self, low: str, slots: Mapping[str, Any], *, is_asked: bool) -> bool:
        """Tells whether a message says this, of whom it must be said, in such a talk."""
        harms = set(slots.get("harms") or ())
        if self.of_life is not None and self.of_life is not is_of_own_life(slots):
            return False
        if (is_asked and not self.may_be_asked) or (self.harms and self.harms.isdisjoint(harms)):
            return False
        said = [found for found in (one.search(low) for one in self.says) if found is not None]
        if not said or (self.unless is not None and self.unless.search(low)):
            return False
        return self.who is None or is_of(said, self.who, slots)


def _whom(said: list[re.Match[str]]) -> Iterator[str]:
    for match in said:
        yield next((whom for whom in match.groupdict().values() if whom), "")


def _is_safe(whom: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether somebody is another than those of whom harm was told."""
    harms = set(slots.get("harms") or ())
    if _OF_LIFE & harms and not _BY_BLOWS & harms:
        return True
    named = set(find_people(whom))
    if _PARENTS & named:
        named.add("parents")
    involved = _involved(slots)
    if involved:
        return involved.isdisjoint(named)
    # Who is left alone is left by those who look after them, not by a neighbour.
    return harms & _BY_SOMEBODY <= {"neglect"} and not named & _AT_HOME


def _involved(slots: Mapping[str, Any]) -> set[str]:
    known = str(slots.get("who_involved") or "")
    return {one.split(" (")[-1].rstrip(")") for one in known.split(", ") if one}


@lru_cache(maxsize=1)
def _happenings() -> tuple[_Happening, ...]:
    listed = word_list("emergencies")["emergencies"]
    return tuple(_happening(one) for one in listed if is_in_domain(one["reply"]))


def _happening(one: Mapping[str, Any]) -> _Happening:
    return _Happening(
        reply=one["reply"],
        says=tuple(re.compile(phrase) for phrase in one["phrases"]),
        unless=re.compile("|".join(one["unless"])) if "unless" in one else None,
        of_life=one.get("life"),
        who=one.get("who"),
        may_be_asked=one.get("asked", True),
        harms=frozenset(one.get("harms", ())),
    )
