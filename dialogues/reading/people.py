# ruff: noqa: RUF001  Other alphabets are meant.
"""Finds who a message is about, by what they are to the child."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dialogues.reading.words import bare, clauses, lowered, word_list

_FRIEND = re.compile(
    r"\b(?:my|me|mi|ma) (?:best |school |little |close )?(?:friend|mate|bestie|bff|m8|"
    r"girl ?friend from school)s?\b"
    r"(?! (?:knows|is with me|is here|house|at school told|said to (?:message|text|write)|"
    r"gave me))"
)
_TELLS = re.compile(
    r"\b(?:tell|told|telling|show|showed) (?:all )?(?:my|me) (?:best |school )?"
    r"(?:friends?|mates?|besties?)\b"
)
_FRIEND_START = re.compile(
    r"(?:worried|scared|asking|its|it is|it's|this is|about|for)\s+(?:about |for )?"
    r"(?:my |a |this )(?:best )?(?:friend|mate|girl|boy|lad|kid)\b"
)
_FRIEND_OTHER = re.compile(
    r"\bmoj(?:a|ej|ego)? (?:kolega|koleg|kolezank|przyjaci)\w*|\bprieten(?:a|ul) mea?u?\b|"
    r"\bfy ffrind\b|\bмо[яє]\w* подру\w*|\bмій друг\b|صديق(?:تي|ي)|\bsaaxiibkay\b|"
    r"\b(?:o meu amigo|a minha amiga)\b|\bmer[ia] (?:dost|saheli)\b|\bamar bondhu\b"
)
_SIBLING = re.compile(
    r"(?:worried|scared|frightened) (?:about|for) my (?:\w+ )?(?:brother|sister|bro|sis)\b|"
    r"(?:hit|hits|hitting|hurt|hurts|hurting|beats|touches|touching|shouts at|screams at) "
    r"my (?:\w+ )?(?:brother|sister|bro|sis)(?! (?:and|n|&) me)\b"
)
_SELF = re.compile(r"\b(?:me|i get|im being|hurts? me|hits? me)\b")
_NOT_TOLD = re.compile(
    r"(?:dont|don't|do not|never|cant|please dont|plz dont|nie mow|nu spune)\s+"
    r"(?:tell|ring|call|phone|text|contact|let|want|involve)\s+(?:(?:my|her|his|"
    r"the)\s+)?\w+(?:\s+\w+)?"
)
# Polish "mam 11 lat" is no northern mum.
_NOT_PEOPLE = re.compile(r"\bmam \d+|\bpai\b(?= chart)")
_ALONE = re.compile(
    r"\b(?:no ?one|nobody|no1|noone|just me|only me|alone|on my own|by myself|by my ?self|sam[ao]? "
    r"w domu|singur[a]?|ar ben fy hun|сам[а]?|لوحدي|وحدي|keligay|sozinh[oa]|akel[ai]|kalla|eka)\b"
)
_OUT = (
    r"(?:at work|not here|out|asleep|sleeping|in bed|w pracy|kaam pe|la munca|"
    r"no trabalho)"
)
# "goes out" and "lets me out" say nothing of who is there now.
_ABOUT_OUT = re.compile(
    rf"(?<!when )(?<!if )\b(?!(?:when|if|goes|gets|lets|comes|stays|kicks|chucks|locks|was|"
    rf"always)\b)(?:my )?(?:\w{{1,20}}s|\w{{1,20}} (?:is|are|wo|woh)|wo|woh|she|he|they) {_OUT}\b"
    rf"(?: (?:now|rn|tonight|till \w+))?"
)
_ABOUT_HERE = re.compile(
    r"\b(?:(?:just |only )?(?:me|my \w{1,20})(?: and| n)? )?(?:my )?(?:\w{1,20} )?\w{1,20}"
    r"(?: (?:is|are)|s|re)"
    r" (?:here|with me|with us|next to me|downstairs|upstairs|watching (?:telly|tv)|next door|"
    r"in (?:the )?(?:kitchen|garden|lounge|living room|front room|next room|bed))\b"
    r"(?: with me| with us| now| rn)?"
)
_PRONOUN = re.compile(r"(?:wo|woh|s?hes?|they|theyre)\b")
_LONGEST_WHO = 8
_HE = re.compile(r"\b(?:dad|father|brother|uncle|boyfriend|grandad|man|lads?|boy|coach|cousin)\b")
_SHE = re.compile(
    r"\b(?:mum|mother|sister|auntie|aunt|girlfriend|grandma|woman|girl|cousin|carer)\b"
)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for label, names in word_list("people").items():
        joined = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        found.append((label, re.compile(rf"(?<!\w)(?:{joined})(?:'?s)?(?!\w)")))
    return found


def find_people(text: str) -> list[str]:
    """Gives the people in a message, in the order in which they come, each once.

    A name in another language comes with the English beside it.
    """
    low = _NOT_TOLD.sub(" ", _NOT_PEOPLE.sub(" ", lowered(text)))
    found: list[tuple[int, str]] = []
    for label, pattern in _patterns():
        match = pattern.search(low)
        while match:
            word = match.group().removesuffix("'s")
            found.append((match.start(), label if _is_english(word) else f"{word} ({label})"))
            low = low[: match.start()] + " " * len(match.group()) + low[match.end() :]
            match = pattern.search(low)
    ordered = [label for _, label in sorted(found)]
    return list(dict.fromkeys(ordered))


def find_about_whom(text: str) -> str | None:
    """Gives friend or sibling when the child writes for one, else None."""
    # Whom a child tells of it is not whom it is about.
    low = _TELLS.sub(" ", bare(text))
    if _FRIEND_START.search(low) or _FRIEND_OTHER.search(low):
        return "friend"
    friend = _FRIEND.search(low)
    if friend and friend.start() < 25:
        return "friend"
    if _SIBLING.search(low) and not _SELF.search(low):
        return "sibling"
    return None


def find_who_is_there(text: str) -> str | None:
    """Gives who is with the child now, or who is not, when a message says so."""
    for part in clauses(text):
        low = bare(part)
        found = _ABOUT_OUT.search(low) or _ABOUT_HERE.search(low)
        if found and (find_people(found.group()) or _PRONOUN.match(found.group())):
            return found.group()
    return None


def name_who_is_there(text: str) -> str:
    """Gives an answer to "who is with you" without the rest of a long message."""
    if len(text.split()) <= _LONGEST_WHO:
        return text.strip()
    named = [part for part in clauses(text) if find_people(part) or is_alone(part)]
    if named and len(named[0].split()) <= _LONGEST_WHO:
        return named[0]
    return ", ".join(find_people(text)) or " ".join(text.split()[:_LONGEST_WHO])


def name_pronoun(who: str, slots: Mapping[str, Any]) -> str:
    """Gives "they (parents)" for "they", by the people that the talk is about."""
    involved = [one for one in str(slots.get("who_involved") or "").split(", ") if one]
    if who in ("he", "him", "his"):
        meant = [one for one in involved if _HE.search(one)]
    elif who in ("she", "her"):
        meant = [one for one in involved if _SHE.search(one)]
    else:
        meant = involved if who in ("they", "them") else []
    return f"{who} ({', '.join(meant)})" if meant else who


def is_alone(text: str) -> bool:
    """Tells whether a message says that nobody is there."""
    return bool(_ALONE.search(bare(text)))


def _is_english(word: str) -> bool:
    return word in _english_words() or word.removesuffix("s") in _english_words()


@lru_cache(maxsize=1)
def _english_words() -> frozenset[str]:
    foreign = set(word_list("foreign_people")["foreign"])
    names = {name for names in word_list("people").values() for name in names}
    return frozenset(name for name in names - foreign if name.isascii())
