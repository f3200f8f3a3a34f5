"""Finds the name that a child gives for themselves, or spells anew."""

import re
from functools import cache
from pathlib import Path

from dialogues.reading.words import clauses, lowered, word_list

_OF_TRIAGE = Path(__file__).parent.parent / "triage" / "names.txt"
# "call me sam not samuel": what follows the name is no part of it.
_NOT_SURNAME = r"(?!(?:not|and|n|im|i|but|btw|cos|pls|please|from|u|you|on|my|is|ok|so|or)\b)"
_NAME = rf"(?P<name>[^\W\d_][\w'\-]{{1,20}}(?: {_NOT_SURNAME}[A-Z][\w'\-]{{1,20}})?)"
_SAID = re.compile(
    r"(?:my (?:real |first )?names?(?:'s| is|s)?|(?:i'?m|i am) called|(?:^|[,.;\n\d] ?|"
    r"just |and |n |but |so |or |please |pls |can |to )call me|"
    r"names(?:'s)? |name'?s|"
    r"name is|name:|(?:you |u )can call me|known as|nazywam sie|na imie mam|"
    r"mam na imi[eę]|"
    r"ma numesc|m[aă] cheam[aă]|numele meu (?:e|este)|fy enw i (?:yw|ydy)|enw i yw|"
    r"мене звати|мене звуть|اسمي|انا اسمي|magacaygu waa|magacaygu waxaa|me chamo|chamo-me|"
    r"o meu nome [eé]|meu nome [eé]|mera naam|mera nam|mera naa|mera na|amar nam|"
    r"amar naam)\s+"
    r"(?:is |just |actually |hai )?" + _NAME,
    re.IGNORECASE,
)
# "her names ellie": the name of somebody else.
_OTHERS_NAME = re.compile(
    r"\b(?:(?:her|his|their|(?:my |the |this )?(?:best )?(?:friend|mate|bff|bestie|brother|"
    r"sister|"
    r"cousin|teacher|boyfriend|girlfriend)(?:'?s)?) (?:real |first )?name(?:'?s)?(?: is)?|"
    r"(?:s?he'?s|s?he is|they'?re|they are|who'?s|(?:friend|mate|brother|sister|cousin)(?:'?s|"
    r" is)?) "
    r"called)\s+(?P<name>[^\W\d_][\w'\-]{1,20})",
    re.IGNORECASE,
)
_SPELT = re.compile(
    r"(?:name (?:is|'?s)?\s*)?(?:spelt|spelled|its spelt|spelling is)\s+(?P<name>[^\W\d_]{2,20})",
    re.IGNORECASE,
)
_TITLED = re.compile(r"^(?:mr|mrs|ms|miss|dr|sir)\.? [^\W\d_]+", re.IGNORECASE)
_WELSH = re.compile(r"^(?P<name>[A-Za-z]{2,15}) (?:dwi|ydw i|dw i)\b", re.IGNORECASE)
_ITS = re.compile(
    r"^(?:its|it's|it is|im|i'm|i am|just|jestem|sunt|sou a?|я|ana|انا)\s+" + _NAME, re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"(?<!\w)(?:she|he|they|her|his|their|shes|hes|she's|he's|theyre|who|friend|mate)(?!\w)"
)
_WORD = re.compile(r"^[^\W\d_][\w'\-]{1,20}$")
_IM = re.compile(
    r"(?<!\w)(?:im|i'm|i am|its|it's|this is)\s+(?:\d{1,2}[ ,]+)?"
    r"(?P<name>[^\W\d_]{2,15}(?:-[^\W\d_]{2,12})?)(?!\w)"
)
# "amal im 11", "im 17, leila, st annes".
_BESIDE_AGE = re.compile(
    r"^(?P<name>[^\W\d_]{2,15}) (?:im|i'm|i am|aged?) \d|"
    r"^(?:im|i'm|i am) \d{1,2}[ ,]+(?:and |n )?(?P<after>[^\W\d_]{2,15})(?:,|$)"
)
# "12 lat, zuzia": an age with its word and a name, and nothing else.
_AGE_AND_NAME = re.compile(
    r"^(?:(?:mam|am|im|i'm|i am) )?\d{1,2} ?(?:lat|ani|anos|yrs?|years?(?: old)?|yo)[ ,.]+"
    r"(?:i |si |e |and |n )?(?P<name>[^\W\d_]{2,15})\W*$"
)
# "samira i go to oak bank": a name before what they tell of themselves.
_BEFORE_I = re.compile(r"^(?P<name>[^\W\d_]{2,15})[ ,.]+(?:n |and )?(?:i|im|i'm|ive|my) \w")
_CALL_ME = re.compile(
    r"(?:(?:no|and|n|but|so|ok|u can|you can|can u|can you|just|please|pls|hi|hey|\d{1,2}|everyone"
    r"|people|mates),? )*call me \w+"
)
_AGE_AFTER = re.compile(r"[ ,.]+\d{1,2}$")
_AGE_ROUND = re.compile(r"^(?:(?:i'?m|i am|mam|am|age)\s*)?\d{1,2}(?:\s*lat|\s*ani|\s*anos)?[ ,]*")
_NOT_NAMES = frozenset(
    [
        *("anytime", "any", "whenever", "after", "before", "later", "tonight", "tomorrow", "when"),
        "spelt",
        "names",
        "stuff",
        "knows",
        "said",
        "nan",
        "gran",
        "mam",
        "uncle",
        "auntie",
        "carer",
        "everyone",
        "not",
        "hai",
        "it",
        "me",
        "you",
        "the",
        "a",
        "an",
        "my",
        "no",
        "yes",
        "ok",
        "okay",
        "hi",
        "hello",
        "bye",
        "same",
        "safe",
        "scared",
        "fine",
        "good",
        "bad",
        "sad",
        "home",
        "here",
        "there",
        "skip",
        "idk",
        "dunno",
        "nothing",
        "nobody",
        "person",
        "human",
        "stop",
        "help",
        "and",
        "but",
        "so",
        "just",
        "private",
        "secret",
        "on",
        "in",
        "at",
        "too",
        "very",
        "really",
        "going",
        "not",
        "sure",
        "anything",
        "anyone",
        "something",
        "boy",
        "girl",
        "male",
        "female",
        "whatever",
        "anonymous",
        "anon",
        "later",
        "please",
        "pls",
        "thanks",
        "worried",
        "alone",
        "school",
        "mum",
        "dad",
        "brother",
        "sister",
        "friend",
        "lol",
        "yeah",
        "yep",
        "nah",
        "nope",
        "she",
        "he",
        "they",
        "we",
        "us",
        "him",
        "her",
        "them",
        "is",
        "was",
        "are",
        "were",
        "im",
        "what",
        "why",
        "who",
        "when",
        "where",
        "how",
        "this",
        "that",
        "test",
        "testing",
        "busy",
        "bored",
        "tired",
        "hungry",
        "hurt",
        "ill",
        "sick",
        "stuck",
        "lost",
        "crying",
        "trying",
        "being",
        "getting",
        "having",
        "doing",
        "feeling",
        "so",
        "ready",
        "back",
        "done",
        "outside",
        "upstairs",
        "downstairs",
        "calling",
        "ringing",
        "running",
        "hiding",
        "waiting",
        "sat",
        "stood",
        "lat",
        "years",
        "old",
        "yrs",
        "only",
        "nearly",
        "almost",
    ]
)


_OF_WHO_COMES_NEXT = re.compile(
    r"\s*(?P<name>[a-z][a-z'-]*)[.,]? (?:he|she|they)(?:'?s|'?re)? (?!told|said)"
)


def find_name(text: str, asked: str | None) -> str | None:
    """Gives the name to use for the child, or None; other people's names are left alone."""
    text = _OTHERS_NAME.sub(" ", text)
    for pattern in (_SPELT, _SAID):
        said = pattern.search(text)
        if said and _may_be(said.group("name")):
            return _tidy(said.group("name"))
    for part in () if _names_whom_it_tells_of(text) else clauses(text):
        name = _lone_name(part, asked)
        if name:
            return name
    beside = _beside_age(text) or _after_im(text) or _before_i(text)
    if beside:
        return beside
    if asked == "name_to_use" and _TITLED.match(text):
        return text.split(",", maxsplit=1)[0].strip()
    return _answered_name(text) if asked == "name_to_use" else None


def says_own_name(text: str) -> bool:
    """Tells whether a message says outright that a name is the child's own."""
    text = _OTHERS_NAME.sub(" ", text)
    return bool(_SAID.search(text) or _SPELT.search(text) or _IM.search(lowered(text)))


def is_told_to_be_called(text: str) -> bool:
    """Tells "call me sam" from a wish to be rung and from names that others call."""
    call = _CALL_ME.match(lowered(text).strip())
    return bool(call) and find_name(text, None) is not None


def find_others_name(text: str) -> str | None:
    """Gives the name of a third person ("her names ellie"), or None."""
    match = _OTHERS_NAME.search(text)
    return _tidy(match.group("name")) if match and _may_be(match.group("name")) else None


def is_a_name(word: str) -> bool:
    """Tells whether a word is a first name and no other word."""
    known, also_words = _known_names()
    return lowered(word) in known - also_words


def speaks_of_other(text: str) -> bool:
    """Tells whether a message speaks of a third person."""
    return bool(_OF_OTHERS.search(lowered(text)))


def _names_whom_it_tells_of(text: str) -> bool:
    """Tells "reece. hes 13": a friend, named before what is told of them."""
    other = _OF_WHO_COMES_NEXT.match(lowered(text))
    return other is not None and is_a_name(other.group("name"))


def _beside_age(text: str) -> str | None:
    beside = _AGE_AND_NAME.match(lowered(text))
    if beside and _may_be(beside.group("name")):
        return _tidy(beside.group("name"))
    beside = _BESIDE_AGE.match(lowered(text))
    name = (beside.group("name") or beside.group("after")) if beside else None
    return _tidy(name) if name and _may_be(name) else None


def _after_im(text: str) -> str | None:
    known, also_words = _known_names()
    for match in _IM.finditer(lowered(text)):
        if match.group("name").split("-")[0] in known - also_words:
            return _tidy(match.group("name"))
    return None


def _before_i(text: str) -> str | None:
    before = _BEFORE_I.match(lowered(text))
    return _tidy(before.group("name")) if before and is_a_name(before.group("name")) else None


def _lone_name(part: str, asked: str | None) -> str | None:
    """Finds "ava" in "im 12. ava" and "keira" sent alone."""
    rest = _AGE_ROUND.sub("", lowered(part)).strip(" .,")
    rest = _AGE_AFTER.sub("", rest)
    after_age = rest != lowered(part)
    if not _WORD.match(rest) or not _may_be(rest):
        return None
    known, also_words = _known_names()
    if rest in also_words:
        return _tidy(rest) if after_age or asked == "name_to_use" else None
    is_known = rest.split("-")[0] in known
    return _tidy(rest) if is_known or (after_age and asked == "name_to_use") else None


def _answered_name(text: str) -> str | None:
    line = clauses(text)[0] if clauses(text) else ""
    for pattern in (_ITS, _WELSH):
        match = pattern.match(line)
        if match and _may_be(match.group("name")):
            return _tidy(match.group("name"))
    words = line.split()
    if 1 <= len(words) <= 2 and all(_WORD.match(w) and _may_be(w) for w in words):
        return _tidy(" ".join(words))
    return None


def _may_be(name: str) -> bool:
    return name.split(maxsplit=1)[0].lower().replace("'", "") not in _NOT_NAMES


def _tidy(name: str) -> str:
    """Writes the name as names are written, unless the child mixed letters on purpose."""
    if name.islower() or (name.isupper() and len(name) > 2):
        return name.title()
    return name


@cache
def _known_names() -> tuple[frozenset[str], frozenset[str]]:
    lists = word_list("names")
    # Those that triage reads as one are first names and nothing else.
    lines = _OF_TRIAGE.read_text(encoding="utf-8").splitlines()
    more = " ".join(line for line in lines if not line.startswith("#")).split()
    return frozenset([*lists["names"], *more]), frozenset(lists["also_words"])
