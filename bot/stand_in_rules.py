"""What names somebody by its form: numbers, addresses, dates, accounts, words after a title."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot import known_words

type Rule = Callable[[re.Match[str], Callable[[str], str]], str | None]
"""Gives what stands in for a match, or None to leave it; it is handed what names people anew."""

_FILE = Path(__file__).parent / "stand_ins.yml"
_COMMON = 60
"""Sentences of ours in which a word stands that names no place beside "road" or "school"."""
_UNCOMMON = 25


def names() -> list[str]:
    """Gives the names that stand in for names."""
    return _list("names")


def others() -> dict[str, str]:
    """Gives what stands in for anything else, by its kind."""
    found: dict[str, str] = _lists()["other"]
    return found


@cache
def words_of(name: str) -> frozenset[str]:
    """Gives a list of words of `stand_ins.yml`."""
    return frozenset(_list(name))


@cache
def first_names() -> frozenset[str]:
    """Gives the first names that are no other word."""
    also_words = known_words.words_and_names() | words_of("words_and_more_names")
    return (known_words.first_names() | words_of("more_names")) - also_words


@cache
def words_and_names() -> frozenset[str]:
    """Gives the first names that are words of another meaning too."""
    return known_words.words_and_names() | words_of("words_and_more_names")


def kept_numbers() -> list[int]:
    """Gives the long numbers that are nobody's."""
    found: list[int] = _lists()["kept_numbers"]
    return found


def always(kind: str) -> Rule:
    """Gives the rule that puts the stand-in of a kind in place of whatever is found."""
    return lambda _, __: others()[kind]


@cache
def _lists() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(_FILE.read_text("utf-8"))
    return loaded


def _list(name: str) -> list[str]:
    words: str = _lists()[name]
    return words.split()


def _is_plain_word(word: str, least: int) -> bool:
    low = word.casefold()
    is_name = low in first_names() or low in words_and_names()
    is_high = word[:1].isupper() and not word.isupper()
    return known_words.count(low) >= least and not is_name and not is_high


def _unless_plain(kind: str) -> Rule:
    def rule(found: re.Match[str], _: Callable[[str], str]) -> str | None:
        word = found["what"]
        is_left = _is_plain_word(word, _COMMON) or word.casefold() in words_of("plain_before")
        return None if is_left else others()[kind]

    return rule


def _titled(found: re.Match[str], name_anew: Callable[[str], str]) -> str | None:
    word = found["what"]
    return None if _is_plain_word(word, _UNCOMMON) else name_anew(word)


def _spelt(found: re.Match[str], name_anew: Callable[[str], str]) -> str | None:
    letters = [one for one in found.group().casefold() if one not in " .-"]
    is_a_kiss = len(set(letters)) == 1 or set(letters) <= set("xo")
    return None if is_a_kiss else name_anew("".join(letters))


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DIGIT = r"(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_NOT_STREET = (
    r"(?!(?:i|go|to|and|my|in|at|im|n|the|on|of|we|from|years?|yrs?|mins?|minutes?|hours?|days?|"
    r"weeks?|months?|times?|people|kids|boys|girls|pm|am|is|was|he|she|they|it|with|a|an|this|"
    r"that|some|no|st|nd|rd|th)\b)"
)
_STREET = (
    r"(?:street|road|rd|lane|avenue|ave|crescent|cres|terrace|gardens|grove|mews|heol|ffordd|stryd)"
)
_PLACE = (
    rf"(?:{_STREET}|st|ln|close|cl|drive|dr|way|row|court|ct|place|pl|gdns|gr|hill|walk|square|"
    r"park|green|rise|view|parade|estate|house|heights|flats)"
)
_WRITTEN = r"[^\W\d_][\w'\u2019]*"
_SCHOOL_KIND = r"(?:high|primary|secondary|grammar|junior|infant|middle|community|catholic|church)"
_SCHOOL = r"(?:school|academy|college|primary|secondary|grammar|juniors|infants|comp|sixth form)"
_APP = (
    r"(?:snap(?:chat)?|insta(?:gram)?|tik ?tok|discord|roblox|xbox|psn|gamertag|user ?name|ig|"
    r"handle|account|facebook|fb|telegram|steam)"
)


def _rule(pattern: str, rule: Rule) -> tuple[re.Pattern[str], Rule]:
    return re.compile(pattern, re.IGNORECASE), rule


# In this order: what is looked for later must not take a part of what is looked for before.
RULES = (
    _rule(r"[^\s@]+@[^\s@]+\.[^\s@]+", always("email")),
    _rule(
        r"\S+ ?(?:@|\bat\b) ?(?:gmail|hotmail|outlook|yahoo|icloud|live|aol)\b"
        r"(?: ?(?:\.|\bdot\b) ?\w+)*",
        always("email"),
    ),
    _rule(r"(?:https?://|www\.)\S+", always("link")),
    _rule(
        r"(?<!\w)[\w-]+(?:\.[\w-]+)*\.(?:com|co|uk|org|net|me|io|gg|tv|app|ly|link|info|xyz)\b"
        r"(?:/\S*)?",
        always("link"),
    ),
    _rule(r"@[\w][\w.\-]*", always("handle")),
    _rule(
        rf"\b{_APP}(?:'?s)?(?: name)?(?: is|'s|:| ?=| ?-) *(?P<what>(?!a\b|my\b|on\b|the\b)\S+)",
        always("handle"),
    ),
    _rule(r"(?<!\d)\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}(?!\d)", always("date")),
    _rule(
        rf"(?<!\w)\d{{1,2}} ?(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? ?(?:19|20)?\d\d\b)?",
        always("date"),
    ),
    _rule(
        rf"(?<!\w){_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,? ?(?:19|20)\d\d\b)?",
        always("date"),
    ),
    _rule(r"[+(]?\d(?:[ ().\-/]*\d){6,}", always("phone")),
    _rule(rf"\b{_DIGIT}(?:[\s,-]+{_DIGIT}){{4,}}\b", always("phone")),
    _rule(r"(?<!\w)[a-z]{1,2}\d[a-z\d]?[ -]?\d[a-z]{2}(?!\w)", always("postcode")),
    _rule(
        r"(?:\b(?:flat|apartment|apt|unit|room|number|no)\.? ?\d{1,4}[a-z]?,? )?"
        rf"(?<![\w.])\d{{1,4}}[a-z]?,? (?:{_NOT_STREET}{_WRITTEN} ){{1,3}}?{_PLACE}\b",
        always("address"),
    ),
    _rule(rf"(?P<what>{_WRITTEN})(?= {_STREET}\b)", _unless_plain("place")),
    _rule(rf"(?P<what>{_WRITTEN})(?= (?:{_SCHOOL_KIND} )?{_SCHOOL}\b)", _unless_plain("place")),
    _rule(rf"\b(?:st|saint)\.? (?P<what>{_WRITTEN})", _unless_plain("place")),
    _rule(
        r"\b(?:mr|mrs|ms|mx|dr|doctor|pc|sgt|miss|uncle|aunt|aunty|auntie|coach|nurse|called|"
        rf"named|names?(?:'?s| is)?)\.? (?P<what>{_WRITTEN})",
        _titled,
    ),
    _rule(r"(?<!\w)[^\W\d_](?:[ .\-]+[^\W\d_](?!\w)){2,}", _spelt),
)
