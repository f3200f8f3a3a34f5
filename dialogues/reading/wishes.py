"""Finds what the child wants, whom to keep it from, and how to reach them."""

import re
from collections.abc import Iterator
from typing import Any

from dialogues.reading.people import find_people
from dialogues.reading.words import bare, clauses, lowered

_WANTS = re.compile(
    r"\b(?:i (?:just )?(?:really )?(?:want|wanna|wish|need|would like|id like|hope)|"
    r"id (?:like|love)|want (?:a|an|to|out|him|her|them|my|it|someone|help)|wanna|"
    r"can (?:u|you|someone|somebody) (?:please |pls )?(?:ask|help|make|get|tell|ring|call|"
    r"speak|talk|stop|sort|find|move)|(?:please|pls) (?:ask|help|make|get|stop|find)|"
    r"(?:need|want) (?:a break|help|out|someone)|wish (?:i|he|she|they|it)|chce|chcę|"
    r"chcialbym|chcialabym|vreau|as vrea|dwi (?:eisiau|isio)|rydw i eisiau|хочу|اريد|بدي|"
    r"waxaan rabaa|"
    r"quero|queria|chahta|chahti|chahiye|chaunda|chaundi|chai)\b"
)
_NOT_WANTS = re.compile(
    r"\b(?:want|wanna|need|like) (?:to )?(?:say|tell (?:u|you)|talk (?:to|2) (?:a|"
    r"someone)|a person|skip|die|kill|hurt|be here|know|ask|answer)\b|dont (?:want|wanna|"
    r"need)"
)
_KEEP_FROM = re.compile(
    r"\b(?:dont|do not|never|pls dont|please dont|plz dont|you cant|u cant|cant|"
    r"wont)\s+(?:you |u )?(?:tell|ring|call|phone|text|message|contact|let|involve|"
    r"speak to|talk to|say anything to|say to)\s+"
    r"(?P<who>(?:my |the |any ?one|anybody|her|him|them|his |mum|dad|"
    r"school)[\w' ]{0,20}?)(?=$|[,.;!?\n]| (?:n|and|or|but|cos|because|id|ill|he|she|msg|"
    r"message|text|i|know|find|see|that|this|please|pls|about)\b)"
    r"|(?P<who2>(?:my )?(?:\w+ ){0,1}(?:mum|dad|stepdad|stepmum|parents|brother|uncle|"
    r"carer|nan|he|she|they|abbu|ammi|no one|nobody)) (?:cant|can not|must ?nt|mustnt|"
    r"cannot|shouldnt) (?:know|find out|see)"
    r"|\bif (?P<who3>(?:my )?(?:mum|dad|stepdad|he|she|they|parents|brother)) (?:finds?|"
    r"found|knew|knows) out"
    r"|(?:nie mow|nie mów|nie mowcie) (?P<who4>\w+)|nu(?: ii|"
    r" le)? spune(?:ti)? (?P<who5>\w+)"
)
_PHONE = re.compile(
    r"\b(?:check(?:s|ing)?|goes? through|go through|reads?|looks? (?:at|through)|sees?|"
    r"takes?|has|borrow\w*|shares?|uses?|monitors?|track\w*|"
    r"searches)\b[\w' ]{0,15}?\b(?:my )?(?:phone|mobile|messages|texts|whatsapp|fone|"
    r"fon)\b"
    r"|\b(?:its|this is|on|using|sharing) (?:my )?(?:mums?|mams?|dads?|brothers?|sisters?|"
    r"nans?|uncles?|aunties?|friends?|mates?|family|families|stepdads?|cousins?|"
    r"shared)(?:'s)? (?:phone|ipad|tablet|mobile|fone|fon)"
    r"|\bphone (?:check|dekht|dekh)\w* ?(?:karte|karta|karti|hain|hai|de)?|"
    r"\bshared phone\b|\bwe share (?:a|the|this) phone\b|sprawdza(?:ja)? (?:mi )?telefon|"
    r"imi verifica telefonul|перевіря\w+ (?:мій )?телефон|يفتش هاتفي|me ve o telemovel"
)
_CHANNELS = (
    (
        "here",
        re.compile(
            r"\b(?:(?:msg|message|text|write|talk|reply|speak|contact)(?: to)?(?: me)?|"
            r"(?<!im )(?<!were )(?:ok|fine)|"
            r"use this|this chat|keep it)\s*(?:on |in )?(?:here|this chat|this number)\b|"
            r"\bthis chat\b|\bon here\b"
        ),
    ),
    (
        "in writing only",
        re.compile(
            r"\b(?:text|txt|msg|message)s? only\b|\b(?:only|just) (?:text|txt|msg|message)\b|"
            r"\bdont (?:ring|call|phone)(?: me)?(?:$|\b(?! my| the| mum| dad| home| school))"
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
_MEDICAL = re.compile(
    r"\b(?:bleed\w*|blood|broken|broke my|cant (?:breathe|walk|move my|see)|"
    r"need (?:a )?(?:doctor|hospital|ambulance|nurse|stitches)|passed out|unconscious|"
    r"swollen|overdos\w+|took (?:some|a load|loads|all|too many) (?:pills|tablets|"
    r"paracetamol)|really hurts|dizzy|head hurts)\b"
)
_CARE = re.compile(
    r"\b(?:foster (?:mum|mam|mom|dad|carers?|home|care|family|placement)|in care|"
    r"childrens home|children's home|care home|residential|kinship|looked after|"
    r"my placement|semi ?independent|supported accommodation|care leaver|unit staff)\b"
)
_WORKER = re.compile(
    r"\b(?:(?:new |my |a )?(?:social worker|sw)\b[\w' ]{0,40}(?:called|name|is called|"
    r"named)\b[\w' ]{0,20}|got a new (?:social worker|sw)[\w' ]*|dont (?:know|no) (?:her|"
    r"his|their) name)"
)
_GOOD = re.compile(
    r"\b(?:foster mum|foster dad|carers?|mum|nan|home|school|teacher|dad|gran|"
    r"auntie) (?:is|are|s) (?:really |so |very |proper |dead )?(?:nice|kind|good|lovely|"
    r"great|fine|ok|safe)\b|\bw domu jest dobrze\b|\b(?:i like|i love) (?:my|school|"
    r"living)\b[\w' ]*"
)
_NEEDS = re.compile(
    r"\b(?:i have|ive got|i got|im|i am|my) (?:\w+ )?(?:autis\w+|adhd|add|asd|dyslexi\w+|"
    r"deaf|blind|hard of hearing|partially sighted|disabled|wheelchair|stammer|stutter|"
    r"learning (?:disabilit\w+|difficult\w+)|epilep\w+|ehcp|sen)\b[\w' ]{0,25}|\b(?:cant|"
    r"dont) (?:read|spell|write) (?:very )?(?:well|good|much)\b|\bbsl\b|\bsign language\b"
)
_EARLIER = re.compile(
    r"\bi (?:messaged|texted|wrote to) (?:you|u|here|this)\b|\bi reported (?:it|this|him|her)\b|"
    r"\bi sent (?:you|u|a (?:message|text) (?:here|to (?:you|u|social)))\b|"
    r"\b(?:told|messaged|texted|wrote to|rang|spoke to|talked to) (?:you|u) (?:before|already|"
    r"last|"
    r"yesterday|ages ago|a while ago|weeks ago|the other day)\b|"
    r"\b(?:told|messaged|texted|rang|rung|spoke to|spoken to|talked to|went to|reported it to) "
    r"(?:a |my |the |our |some )?(?:old |new |last )?(?:social (?:services|care|workers?)|sw|"
    r"childline|nspcc|council|early help)\b|"
    r"\b(?:social (?:services|care|workers?)|early help) (?:came|come|visited|(?:was|were) "
    r"(?:here|round|involved)|rang|closed|did nothing|already|know)\b|"
    r"\b(?:had|used to have) (?:a |another )?social worker\b|"
    r"\b(?:they|someone|some ?body|u|you) said (?:they|u|you|some ?one|some ?body)? ?(?:d|"
    r"would|was "
    r"gonna|were going to)? ?(?:ring|call|come|help|message|get back)\b|"
    r"\bsaid (?:theyd|they would|someone would) (?:ring|call|come|help)\b|"
    r"\blast time i (?:messaged|wrote|texted|came (?:on )?here|was on here|told (?:you|u))\b|"
    r"\b(?:here|this chat|this number) before\b|\bbefore to (?:you|u)\b"
)
_CORRECTS = re.compile(
    r"\b(?:spelt|spelled) \w+(?: not \w+)?|\b(?:i meant|not what i said|thats wrong|"
    r"got (?:it|my \w+) wrong|isnt right|not right|its actually)\b"
)
_GENDER = re.compile(
    r"\b(?:im|i am|as) (?:a |an )?(?:\d{1,2} (?:yr|year)s? old )?(?P<gender>girl|boy|lad|"
    r"lass|trans \w+|non ?binary|enby|gender ?fluid|female|male)\b|\b(?P<pronouns>she/her|"
    r"he/him|they/them|she/they|he/they)\b"
)
_HOUSEHOLD = re.compile(
    r"\b(?:i live (?:with|at)|we live with|living (?:with|at)|"
    r"its (?:just )?me,? (?:and )?(?:my )?(?:mum|dad|mam))\b[^\n.!?]*"
)
_SHARING = re.compile(
    r"\b(?:you can|u can|its ok to|ok to|happy for you to|fine to) (?:tell|share|pass)\b[^\n.!?]*"
)


def find_wishes(text: str) -> Iterator[tuple[str, Any]]:
    """Gives the fields of contact, sharing and circumstance that a message fills."""
    low = bare(text)
    for part in clauses(text):
        plain = bare(part)
        if _WANTS.search(plain) and not _NOT_WANTS.search(plain):
            yield "wants", part
    keep = _KEEP_FROM.search(low)
    if keep:
        who = next(group for group in keep.groups() if group)
        yield "must_not_know", who.strip()
    phone = _PHONE.search(low)
    if phone:
        yield "shared_phone", text.strip()
        if find_people(text):
            yield "must_not_know", ", ".join(find_people(text))
    yield from _of_contact(low)
    yield from _of_circumstance(text, low)


def _of_contact(low: str) -> Iterator[tuple[str, Any]]:
    for channel, pattern in _CHANNELS:
        if pattern.search(low):
            yield "safe_contact_channel", channel
            break
    for answer, pattern in _PARENTS_KNOW:
        if pattern.search(low):
            yield "parents_know", answer
            break


def _of_circumstance(text: str, low: str) -> Iterator[tuple[str, Any]]:
    for name, pattern in (
        ("needs_medical_help", _MEDICAL),
        ("in_care", _CARE),
        ("allocated_worker", _WORKER),
        ("going_well", _GOOD),
        ("communication_needs", _NEEDS),
        ("earlier_contact", _EARLIER),
        ("correction", _CORRECTS),
        ("household", _HOUSEHOLD),
        ("consent_to_share", _SHARING),
    ):
        match = pattern.search(low)
        if match:
            yield name, match.group().strip() if name == "in_care" else text.strip()
    gender = _GENDER.search(lowered(text).replace("'", ""))
    if gender:
        yield "gender", gender.group("gender") or gender.group("pronouns")
