"""Words of the child's own: chosen, changed or forgotten, in whatever words they say so."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handover.safe_words import WordKind

_NAMED = {
    WordKind.SAFE: r"(?:safe|secret|code|pass) ?word",
    WordKind.COVER: r"(?:hid(?:e|ing)|cover(?: up)?) ?(?:word|emoji|sign)",
    WordKind.DURESS: r"(?:danger|panic|duress|emergency|sos) ?(?:word|emoji|sign)",
}
_IS = r"(?:['\u2019]?s|is|to|will be|should be|can be|as|=|:|-)"
_WORD = (
    r"[\"'\u2018\u201c]?(?P<word>\S+(?: \S+){0,2}?)[\"'\u2019\u201d]?[.!]*"
    r"\s*(?:please|pls|ok|thanks)?\s*$"
)
_CHOOSES = {
    kind: re.compile(
        rf"\b(?:(?:set|change|make) (?:my|the)|my) (?:new )?{named}\s*{_IS}\s*{_WORD}",
        re.IGNORECASE,
    )
    for kind, named in _NAMED.items()
}
_CHOOSES_WELSH = re.compile(rf"\bfy ngair saff (?:yw|ydy)\s*{_WORD}", re.IGNORECASE)
_IF_I_SAY = re.compile(
    r"\b(?:if|when|whenever) i (?:say|send|type|text|put|write|msg) [\"'\u2018\u201c]?"
    r"(?P<word>\S+(?: (?!(?:it|that|then|means?|pretend|act|hide|call)\b)\S+)?)"
    r"[\"'\u2019\u201d]?,? "
    r"(?P<rest>(?:it |that )?means?\b.*|"
    r"(?:then )?(?:u |you |please |pls )+(?:can |should |must )?"
    r"(?:pretend|act|hide|call|get|send)\b.*|(?:then )?(?:pretend|act|call)\b.*|"
    r"then (?:im|i am|i) (?:in danger|in trouble|need help|not safe)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_DANGER = re.compile(
    r"\b(?:danger|trouble|help|emergency|police|hurt\w*|unsafe|not safe|999|scared)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:some ?(?:one|body|1)|mum|mam|mom|dad|he|hes|she|shes|they|theyre|parents?|pretend|"
    r"act|hide|homework|watching|looking|coming)\b",
    re.IGNORECASE,
)
_FORGETS = re.compile(
    r"\b(?:forgot(?:ten)?|(?:cant|can not|cannot|can't|don't|dont|do not) remember|lost|"
    r"don'?t know|dont no) (?:what )?(?:my|the) (?:own )?(?:safe |secret |code |pass )?word\b|"
    r"\banghofi\w* fy ngair\b",
    re.IGNORECASE,
)
_SAYS_WORD = re.compile(r"(?:my|the) (?:safe )?word (?:is|will be) ")
_NOISE = re.compile(r"[^\w\s/]+")
_MOST_WORDS = 3
_LONGEST_SAYING = 12
_OF_ONESELF = frozenset(
    ["i", "im", "id", "ive", "me", "my", "hes", "shes", "he", "she", "hits", "hit"]
)
_LONGEST = 40
_SHORTEST = 2
_DATA = Path(__file__).parent / "chosen_words.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """A word that a child chose, and where it stands in the message."""

    kind: WordKind
    word: str
    start: int
    end: int


def choosing_in(text: str) -> Choosing | None:
    """Gives the word that a message chooses, or None."""
    for kind, pattern in _CHOOSES.items():
        if found := pattern.search(text):
            return _choosing(kind, found)
    if found := _CHOOSES_WELSH.search(text):
        return _choosing(WordKind.SAFE, found)
    if found := _chooses_elsewhere().search(text):
        return _choosing(WordKind.SAFE, found)
    found = _IF_I_SAY.search(text)
    if found is None or not is_fit(found["word"]):
        # "If I say anything he hits me" chooses no word.
        return None
    if _DANGER.search(found["rest"]):
        return _choosing(WordKind.DURESS, found)
    return _choosing(WordKind.COVER, found) if _SOMEBODY.search(found["rest"]) else None


def forgets_word(text: str) -> bool:
    """Tells whether the child says that they no longer know their word."""
    return _FORGETS.search(text) is not None or _plain(text) in _lists()["forgets"]


def is_fit(word: str) -> bool:
    """Tells whether a word is one that nobody would write by chance or guess at once."""
    plain = " ".join(word.casefold().split()).strip("\"'.,!? ")
    is_emoji = bool(plain) and not any(character.isalnum() for character in plain)
    is_long_enough = is_emoji or len(plain) >= _SHORTEST
    return is_long_enough and len(plain) <= _LONGEST and plain not in _guessed()


def plain_word_in(text: str, *, known: str = "") -> str | None:
    """Gives the word when a message plainly is the one that was asked for, or None.

    What tells, asks, declines or answers something else is none; `known` is a name they gave.
    """
    text = _without_yes(text)
    plain = _plain(text)
    said = next((one for one in _lists()["says"] if plain.startswith(f"{one} ")), None)
    if said is not None:
        text = " ".join(text.split()[len(said.split()) :])
        plain = plain.removeprefix(f"{said} ")
    words = plain.split()
    is_short = "\n" not in text.strip() and "?" not in text and len(text.split()) <= _MOST_WORDS
    if not is_short or not text.strip():
        return None
    if any(word[0].isdigit() or word in _telling() for word in words):
        return None
    return None if plain and plain == _plain(known) else text.strip()


def says_word(text: str) -> bool:
    """Tells whether a message names the word unasked: "yes, my word is lemon"."""
    return _SAYS_WORD.match(_plain(_without_yes(text))) is not None


def wants_word(text: str) -> bool:
    """Tells whether the child would like a word, in more than a bare yes."""
    first, _, rest = _plain(text).partition(" ")
    return first in _lists()["wants"] and (not rest or rest in _lists()["wants_with"])


def refuses_word(text: str) -> bool:
    """Tells whether the child wants no word, in more than a bare no."""
    return _plain(text) in _lists()["refuses"]


def saying_in(text: str) -> str | None:
    """Gives what is to be said to whoever else answers, when a message plainly says so."""
    plain = _plain(text)
    words = plain.split()
    if "?" in text or len(words) > _LONGEST_SAYING:
        return None
    begins = any(f"{plain} ".startswith(f"{one} ") for one in _sayings()["begins"])
    is_thing = any(f" {one} " in f" {plain} " for one in _sayings()["things"])
    tells = any(word in _OF_ONESELF for word in words)
    return text.strip() if begins or (is_thing and not tells) else None


def _choosing(kind: WordKind, found: re.Match[str]) -> Choosing:
    return Choosing(kind=kind, word=found["word"], start=found.start("word"), end=found.end("word"))


def _without_yes(text: str) -> str:
    """Gives a message without the yes before the word that it names."""
    first, _, rest = text.strip().partition(" ")
    is_yes = _plain(first) in _lists()["wants"] and _SAYS_WORD.match(_plain(rest))
    return rest if is_yes else text


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub("", text.casefold()).split())


@cache
def _chooses_elsewhere() -> re.Pattern[str]:
    begins = "|".join(map(re.escape, _lists()["chooses_safe"]))
    return re.compile(rf"^\W*(?:{begins})\s*[:-]?\s*{_WORD}", re.IGNORECASE)


@cache
def _guessed() -> frozenset[str]:
    return frozenset(_lists()["guessed"])


@cache
def _telling() -> frozenset[str]:
    return frozenset(_lists()["telling"])


def _sayings() -> dict[str, list[str]]:
    sayings: dict[str, list[str]] = _data()["sayings"]
    return sayings


@cache
def _lists() -> dict[str, list[str]]:
    return {
        name: [str(word) for word in words]
        for name, words in _data().items()
        if isinstance(words, list)
    }


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(_DATA.read_text("utf-8"))
    return data
