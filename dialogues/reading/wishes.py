"""Finds what the child wants, whom to keep it from, and how to reach them."""

import re
from collections.abc import Iterator
from typing import Any

from dialogues.reading.words import bare, clauses

_WANTS = re.compile(
    r"\b(?:i (?:just )?(?:really )?(?:want|wanna|wish|need|would like|id like|hope)|"
    r"id (?:like|love|want)|want (?:a|an|to|out|him|her|them|my|it|some\w*|any\w*|help|us|mum|dad|"
    r"the|this|that)|wanna|just want\w*|need (?:a|some\w*|any\w*|help|to)|would be (?:good|"
    r"nice) if|"
    r"can sum(?:one|1)|somewhere (?:i can|to|safe)|"
    r"can (?:u|you|someone|somebody) (?:please |pls )?(?:ask|help|make|get|tell|ring|call|bring|"
    r"give|send|come|take|let|speak|talk|stop|sort|find|move)|(?:please|pls) (?:ask|help|make|"
    r"get|stop|find)|"
    r"(?:need|want) (?:a break|help|out|someone)|wish (?:i|he|she|they|it)|chce|chcę|"
    r"chcialbym|chcialabym|vreau|as vrea|dwi (?:eisiau|isio)|rydw i eisiau|хочу|اريد|بدي|"
    r"waxaan rabaa|"
    r"quero|queria|chahta|chahti|chahiye|chaunda|chaundi|chai)\b"
)
_NOT_WANTS = re.compile(
    r"\b(?:want(?:ed)?|wanna|need|like) (?:to )?(?:say|tell (?:u|you)|a person|skip|die|kill|"
    r"hurt|be here|"
    r"ask|answer|know$|disappear|advice)\b|(?<!i just )(?<!just )dont (?:want|wanna|need)|"
    r"\b(?:he|she|they|dad|mum) (?:just )?(?:want|wanna)|dont (?:want|wanna) (?:you|u|any ?one|"
    r"him|her|them|my|mum|dad|to (?:say|talk|tell|go|be here|live))"
)
_KEEP_FROM = re.compile(
    r"\b(?:dont|do not|never|not to|pls dont|please dont|plz dont|you cant|u cant|(?<!i )cant|"
    r"(?<!i )wont)\s+(?:you |u )?(?:tell|ring|call|phone|text|message|contact|let|involve|"
    r"speak to|talk to|say anything to|say to)\s+"
    r"(?P<who>(?:my |the |any ?one|anybody|her|him|them|his |mum|dad|police|feds|"
    r"school)[\w' ]{0,20}?)(?=$|[,.;!?\n]| (?:n|and|or|but|cos|because|bc|cuz|id|ill|im|he|she|"
    r"they|we|it|its|msg|message|text|i|know|find|see|that|this|please|pls|plz|about|yet|either|"
    r"ever|"
    r"anything|ok|tho|or)\b)"
    r"|(?P<who2>(?:my )?(?:\w+ ){0,1}(?:mum|dad|stepdad|stepmum|parents|brother|uncle|"
    r"carer|nan|he|she|they|abbu|ammi|no one|nobody)) (?:cant|can not|must ?nt|mustnt|"
    r"cannot|shouldnt) (?:know|find out|see)"
    r"|\bif (?P<who3>(?:my )?(?:mum|dad|stepdad|he|she|they|parents|brother)) (?:finds?|"
    r"found|knew|knows) out"
    r"|\b(?:dont|do not|doesnt) (?:want|wanna) (?P<who6>(?:my |the )?\w+(?: \w+)?) to (?:know|"
    r"find out|see|hear)"
    r"|(?:nie mow|nie mów|nie mowcie) (?P<who4>\w+)|nu(?: ii|"
    r" le)? spune(?:ti)? (?P<who5>\w+)"
)
_CHANNELS = (
    (
        "here",
        re.compile(
            r"\b(?:(?:msg|message|text|write|talk|reply|speak|contact)(?: to)?(?: me)?|"
            r"(?<!im )(?<!were )(?:ok|fine)|"
            r"use this|this chat|keep it)\s*(?:on |in )?(?:here|this chat|this number)\b|"
            r"\bthis chat\b|\bon here\b|^(?:only |just )?here (?:n|and|only|is)\b|\bonly here\b"
        ),
    ),
    (
        "in writing only",
        re.compile(
            r"\b(?:text|txt|msg|message)s? only\b"
            r"(?! (?:after|before|b4|on|at|between|from|in|when)\b)|"
            r"\b(?:only|just) (?:text|txt|msg|message)\b"
            r"(?!(?: me| us)? (?:after|before|b4|on|at|between|from|in|when|if|while)\b)|"
            r"\bno (?:phone )?calls?\b|\bnot on the (?:phone|fone)\b|"
            r"\b(?:hate|dont like|cant do|scared of) "
            r"(?:phones|(?:phone )?calls|talking on (?:the )?phone)\b|"
            r"\bdont (?:ring|call|phone)(?: me)?(?:$|\b(?! my| the|"
            r" mum| dad| home| school))"
        ),
    ),
    (
        "phone call",
        re.compile(
            r"\b(?:can|could|please|pls|u|you) (?:(?!not\b|dont\b|never\b)\w+ )?(?:ring|call|"
            r"phone) me\b(?! (?!please|pls|later|tomorrow|tmrw|back|here|tonight|now|today|"
            r"soon)[a-z]+$)|^(?:ring|call|"
            r"phone) me\b|\bto ring(?: me)?\b|\bby phone\b"
        ),
    ),
    ("text", re.compile(r"\b(?:text|txt) me\b|\bby text\b")),
    ("message", re.compile(r"\b(?:message|msg) me\b")),
)
# "dont text me on mondays" forbids: it is no way to reach them.
_FORBIDS = re.compile(
    r"\b(?:dont|do not|never|not|cant|cannot|can not|shouldnt|wouldnt|rather you didnt) "
    r"(?:(?:ever|just|you|u|to|please|pls|try) )*$"
)
_PARENTS_KNOW = (
    (
        "no",
        re.compile(
            r"\b(?:no ?one|nobody|no1) (?:else )?knows\b|\b(?:havent|not|never|"
            r"aint) told (?:any ?one|anybody|no ?one|my (?:mum|dad|parents))\b|\b(?:mum|dad|"
            r"parents|they) (?:doesnt|dont|don't) know\b"
        ),
    ),
    (
        "yes",
        re.compile(
            r"\b(?:my )?(?:mum|dad|mam|parents|nan|carer) (?:already )?knows?\b|"
            r"\btold (?:my )?(?:mum|dad|mam|parents)\b"
        ),
    ),
)
_NUMBER = re.compile(
    r"(?<![\d£])(?:(?:\+|00)44[ -]?\(?0?\)?|0)[1237]\d{1,4}[ -]?\d{2,4}[ -]?\d{2,4}[ -]?\d{0,4}"
    r"(?!\d)"
)
_DIGITS_OF_A_NUMBER = range(10, 14)


_LONGEST_WHOLE = 20
_ASKS = re.compile(
    r"(?:(?:so|and|but|ok|hi|wait) )*(?:will|do|does|did|would|are|r|is|can|could|have|what|who|"
    r"how|when)\b"
)
_OWN_WORKER = re.compile(
    r"\b(?:my|our|the) (?:own |new |old )?(?:social worker|sw|key ?worker|pa|personal adviser|iro|"
    r"advocate|reviewing officer|leaving care worker)\b"
)
_TO_COME = re.compile(
    r"\b(?:ring|call|phone|see|speak|talk|message|msg|text|contact|come|visit|tell|ask|want|need|"
    r"like|get)\b"
)
# "can my social worker see this" asks about the service.
_OF_SEEING = re.compile(
    r"\b(?:sees?|reads?|know|find out|told) (?:it|this|that|what|about|my|all|these)\b"
)


def is_bidden_not_to_tell(text: str) -> bool:
    """Tells "dont tell my dad" from the question whether the bot will."""
    low = bare(text)
    return bool(_KEEP_FROM.search(low)) and not _ASKS.match(low) and "?" not in text


def is_wish(text: str) -> bool:
    """Tells whether a message says what the child would like to happen."""
    plain = bare(text).replace("do not", "dont").replace("i would", "id")
    return bool(_WANTS.search(plain)) and not _NOT_WANTS.search(plain)


def asks_for_own_worker(text: str) -> bool:
    """Tells whether a child asks for the worker who is theirs, not for just anybody."""
    low = bare(text)
    wish = _WANTS.search(low) or re.match(r"(?:can|could|pls|please)\b", low)
    if _OF_SEEING.search(low):
        return False
    return bool(wish and _OWN_WORKER.search(low) and _TO_COME.search(low))


def find_wishes(text: str) -> Iterator[tuple[str, Any]]:
    """Gives the fields of contact, sharing and circumstance that a message fills."""
    low = bare(text)
    long = len(text.split()) > _LONGEST_WHOLE
    for part in text.split(",") if long else clauses(text):
        if is_wish(part):
            yield "wants", part.strip()
    keep = _KEEP_FROM.search(low)
    if keep:
        yield "must_not_know", next(group for group in keep.groups() if group).strip()
    yield from _of_contact(text, low)


def _of_contact(text: str, low: str) -> Iterator[tuple[str, Any]]:
    for channel, pattern in _CHANNELS:
        if any(not _FORBIDS.search(low[: found.start()]) for found in pattern.finditer(low)):
            yield "safe_contact_channel", channel
            break
    for answer, pattern in _PARENTS_KNOW:
        if pattern.search(low):
            yield "parents_know", answer
            break
    number = _NUMBER.search(text)
    if number and sum(one.isdigit() for one in number.group()) in _DIGITS_OF_A_NUMBER:
        yield "phone_number", number.group().strip()
