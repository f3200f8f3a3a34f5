"""Finds how old the child is."""

import re

from dialogues.reading.names import is_a_name
from dialogues.reading.words import lowered

YOUNGEST, OLDEST = 4, 25

_WORDS = {
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18,
}  # fmt: skip
_NUMBER = r"(?P<age>\d{1,2}|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
# What makes a number something else than an age.
_NOT_AGE = (
    r"(?!\s*(?:%|st(?:one)?\b|kg|min|hour|hr|sec|day|week|month|pm|am\b|o'?clock|mile|metre|"
    r"weeks? pregnant|time|quid|pound|p\b|cm|foot|ft|in a|out of|ppl|people|missed|[/:.]\d|\d))"
)
_SAID = re.compile(
    r"(?<!\w)(?:i'?m|i am|im only|im just|i'?ve just turned|i turned|just turned|my age is|"
    r"age[:d]?|aged|me and im|only|am)\s+(?:only |just |actually |about |like )?"
    + _NUMBER
    + _NOT_AGE
    + r"(?![\w'])"
)
_NEARLY = re.compile(
    r"(?:i'?m|i am)\s+(?:nearly|almost|turning|about to be|gonna be)\s+" + _NUMBER + _NOT_AGE
)
_YEARS_OLD = re.compile(
    r"(?:^|i'?m|i am|me|,|\band)\s*(?:a )?"
    + _NUMBER
    + r"[ -]?(?:yrs?|years?|y/?o|lat|ani|anos)\b(?:[ -]?olds?)?"
)
_SAME_AS_ME = re.compile(_NUMBER + r"\s+(?:same as me|like me|as well as me)")
_TURNING = re.compile(
    r"(?:^|[\n,.;]\s*)" + _NUMBER + r"\s+(?:turning|nearly|almost|going on|gonna be|soon)\b"
)
# "shes 11 too": the age of somebody else.
_OTHERS = re.compile(
    r"\b(?:he'?s|she'?s|he is|she is|they'?re|they are|(?:my|her|his) \w+(?:'?s| is))\s+"
    r"(?:only |just |like |nearly |about )?"
    + _NUMBER
    + _NOT_AGE
    + r"(?!\w)(?:\s+(?:too|as well|also))?"
)
# A child who may write by themselves; outside it a bare number is more likely something else.
_BARE_FROM, _BARE_TO = 5, 19
# "11. leo", "12, ava", "leo 11", "13 m": an age given as a form would have it.
_FORM = re.compile(r"(?:^|[\n,;]\s*)" + _NUMBER + r"(?:\s*[.,/]|\s*$|\s*[mf]\b|\s+and a half)")
_AFTER_NAME = re.compile(
    r"^(?!(?:hes|shes|he's|she's|theyre|after|before|year|yr|at|till?|until|since|about|gcse|"
    r"flat|no|bus|"
    r"room|number|past|by|for|in|on|the|my|under|over)\b)[a-z']{2,12}[ ,.]+"
    + _NUMBER
    + r"\s*[.!]?$"
)
# "ayo 13 here", "hi its 12 here": an age as it is said in passing.
_HERE = re.compile(
    r"^(?:(?:hi|hey|hiya|hello|yo|ayo|wagwan|sup|safe|um|its|it's|also|and)[ ,.!]+)*"
    + _NUMBER
    + r"(?: ?(?:yrs?|years?)(?: old)?)?(?: (?:boy|girl|lad|m|f))?,? here\W*$"
)
# "zara 14" while a time is asked for: a day or a month may stand there too, a name may not.
_NAME_AND_AGE = re.compile(
    r"^(?:its |it's |im |i'm )?(?P<name>[^\W\d_]{2,15})[ ,.]+" + _NUMBER + r"\W*$"
)
# "16 dan" the other way round.
_AGE_AND_NAME = re.compile(
    r"^(?:im |i'm |i am )?" + _NUMBER + r"[ ,.]+(?:n |and )?(?P<name>[^\W\d_]{2,15})\W*$"
)
# "its ash. he/him. 15"
_PRONOUNS = re.compile(r"[ ,.(]*\b(?:s?he|they|xe)/(?:him|her|them|they|xem)\b[ ,.)]*")
_WITH_NAME = re.compile(r"^" + _NUMBER + r"\s*[.,]\s*[^\W\d_]{2,}(?:\s*[.,].*)?$")
# "no wait 14", "actually im 14": what was said before is put right.
_PUT_RIGHT = re.compile(
    r"(?:(?:no|nah|wait|actually|i mean|i meant|meant|sorry|soz|oops|lol|oh)[ ,.]+)+"
    r"(?:im |i'm |i am |its |it's )?" + _NUMBER + _NOT_AGE + r"(?!\w)"
)
_TEENS = re.compile(r"^\W*(?P<age>1[0-8])\W*$")
# "12 but he doesnt mind": what comes after it is no unit of what is counted.
_BUT = re.compile(
    r"^\W*(?P<age>[89]|1[0-8]),? but (?:he|she|they|hes|shes|theyre|it|its|i|im|my)\b"
)
_ALONE = re.compile(r"^\W*" + _NUMBER + r"\W*$")
_ANSWER = re.compile(
    r"(?<!after )(?<!before )(?<!b4 )(?<!at )(?<!till )(?<!til )(?<!until )(?<!since )(?<!year )"
    r"(?<!yr )(?<!past )(?<![\w£$])" + _NUMBER + _NOT_AGE + r"(?!\w)"
)
_OTHER_LANGUAGES = re.compile(
    r"(?:mam|skonczylem|skonczylam|am|мені|мне|عمري|عندي|waxaan ahay|waxaan jiraa|da'?daydu waa|"
    r"tenho|dwi'?n|rydw i'?n|rwy'?n|meri umar|meri umer|main|mein|meri age|mai|amar boyos|"
    r"amar boyosh|amar bosh)\s+(?P<age>\d{1,2})\b(?!\s*(?:fr|o ffrind|irm|siost|brat|%))"
)
_HALF_OLDER = re.compile(r"^\s*(?:he|she|they|hes|shes|he's|she's|my \w+)\b")


def find_age(text: str, asked: str | None) -> int | None:
    """Gives the child's own age, or None; other people's ages are left alone."""
    low = _PRONOUNS.sub(" ", lowered(text))
    same = _SAME_AS_ME.search(low)
    if same:
        return _in_range(same)
    low = _OTHERS.sub(" ", low).strip()
    for pattern in (_NEARLY, _TURNING, _SAID, _OTHER_LANGUAGES, _YEARS_OLD):
        match = pattern.search(low)
        if match:
            return _in_range(match, less=1 if pattern is _NEARLY else 0)
    age = _answered_age(low, asked)
    return age if age is not None or asked != "age" else _anywhere(low)


def _answered_age(low: str, asked: str | None) -> int | None:
    for line in low.splitlines():
        named = _NAME_AND_AGE.match(line) or _AGE_AND_NAME.match(line)
        if named and is_a_name(named.group("name")):
            return _in_range(named)
        if asked == "safe_contact_times":
            # "4" is then an hour; "11. leo" is still an age, and so is "13".
            match = _WITH_NAME.match(line) or _TEENS.match(line)
        elif asked == "when_happened":
            match = _WITH_NAME.match(line) or _alone(line, asked)
        else:
            match = (
                _alone(line, asked)
                or _HERE.search(line)
                or _FORM.search(line)
                or _AFTER_NAME.match(line)
                or _BUT.match(line)
            )
        if match:
            return _in_range(match)
    return None


def _anywhere(low: str) -> int | None:
    match = None if _HALF_OLDER.match(low) else _ANSWER.search(low)
    return _in_range(match) if match else None


def find_corrected_age(text: str) -> int | None:
    """Gives the age that puts right one said before ("no wait 14"), or None."""
    match = _PUT_RIGHT.match(_OTHERS.sub(" ", lowered(text)).strip())
    return _in_range(match) if match else None


def is_same_as_me(text: str) -> bool:
    """Tells whether a message gives one age for somebody else and for the child."""
    return bool(_SAME_AS_ME.search(lowered(text)))


def is_too(text: str) -> bool:
    """Tells whether a third person's age is said to be the child's as well ("shes 15 too")."""
    match = _OTHERS.search(lowered(text))
    return match is not None and match.group().endswith(("too", "as well", "also"))


def says_own_age(text: str) -> bool:
    """Tells whether an age is said outright to be the child's own ("im 12")."""
    return bool(_SAID.search(_OTHERS.sub(" ", lowered(text))))


def find_others_age(text: str) -> int | None:
    """Gives the age of a third person ("shes 11 too"), or None."""
    match = _OTHERS.search(lowered(text))
    return _in_range(match) if match else None


def _alone(line: str, asked: str | None) -> re.Match[str] | None:
    """Finds a bare number; while another question is open, only one that a child may be."""
    match = _ALONE.match(line)
    age = _in_range(match) if match else None
    if age is None or (asked not in (None, "age") and not _BARE_FROM <= age <= _BARE_TO):
        return None
    return match


def _in_range(match: re.Match[str], *, less: int = 0) -> int | None:
    read = match.group("age")
    age = (_WORDS[read] if read in _WORDS else int(read)) - less
    return age if YOUNGEST <= age <= OLDEST else None
