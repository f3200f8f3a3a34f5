"""Finds when things happened, and when it is safe to write."""

import re

from dialogues.reading.words import clauses, lowered

_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|o'?clock)?|noon|midnight|half \d{1,2}|"
    r"half (?:past )?\w+|lunch(?:time)?|dinner(?:time)?|tea(?:time)?|school|college|"
    r"bedtime|dark|work|mosque)"
)
_DAYS = (
    r"\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?s?|weekends?|weekdays?|week days|"
    r"school days?\b"
)
_BOUND = (
    rf"(?:after|before|b4|until|till|til|from|past|by|around|about|at|in the)\s+(?:my |"
    rf"the )?(?:{_CLOCK}|morning|afternoon|evening|night)s?"
)
_CONTACT_TIME = re.compile(
    rf"(?:any ?(?:day|time)|every ?day|most days|all day|always|"
    rf"whenever)\b(?:\s+(?:is (?:ok|fine|good)|"
    rf"{_BOUND}|except .{{1,30}}|but not .{{1,30}}))*"
    rf"|(?:only |not |never |just )?(?:on |at )?(?:{_DAYS})(?:\s+(?:and|or|n|&|"
    rf"to)\s+(?:{_DAYS}))*(?:\s+{_BOUND})?"
    rf"|(?:only |not |never |just )?{_BOUND}(?:\s+(?:and|n|&|but|or|not)\s+(?:{_BOUND}|"
    rf"{_DAYS}))*"
    rf"|between {_CLOCK} (?:and|n|&|to|-) {_CLOCK}|\d{{1,2}}(?:[:.]\d{{2}})?\s*(?:-|to|til|"
    rf"till)\s*\d{{1,2}}(?:[:.]\d{{2}})?\s*(?:pm|am)?"
    rf"|(?:mornings|evenings|afternoons|nights|lunch ?times?|break ?times?|in the (?:day|"
    rf"morning|evening|afternoon))"
    rf"|when (?:my )?\w+(?:'?s| is)? (?:at work|out|asleep|not (?:here|in|home)|gone)|"
    rf"tonight|tomorrow|tmrw|tmr|2moro"
    rf"|only when .{{3,40}}|(?:only )?when i'?m (?!(?:ok|safe|ready)\b)[\w' -]{{3,40}}|at "
    rf"(?:lunch|break|school)|in school"
)
_CONTACT_OTHER = re.compile(
    r"po szkole|po \d{1,2}|przed \d{1,2}|rano|wieczorem|dupa (?:scoala|ora \d{1,2}|"
    r"\d{1,2})|inainte de \d{1,2}|"
    r"ar ol (?:ysgol|\d{1,2})|cyn \d{1,2}|після (?:школи|\d{1,2})|до \d{1,2}|"
    r"بعد (?:المدرسة|الساعة \d{1,2}|\d{1,2})|"
    r"قبل \d{1,2}|dugsiga ka dib|iskuulka kadib|\d{1,2}ka ka dib|"
    r"depois d[aeo]s? (?:escola|aulas|\d{1,2})|"
    r"antes das? \d{1,2}|(?:school|iskool) (?:ke|de|to|er) (?:baad|"
    r"por)(?: \d{1,2} baje (?:tak|se))?|"
    r"\d{1,2} (?:baje|vaje|tar) (?:ke baad|de baad|tak|ton baad|por|age|se pehle|"
    r"ton pehlan)"
)
_CONTACT_VERB = re.compile(
    r"(?P<not>\b(?:dont|don't|do not|never|not|cant|can't)\s+(?:\w+\s+)?)?"
    r"\b(?:text|txt|msg|message|ring|call|phone|write|contact|reply)\w*\b"
)
_INVITES = re.compile(
    r"\b(?:(?:text|txt|msg|message|ring|call|phone|contact|reply|write|speak|talk|get|reach)\w*"
    r"(?: back| to)? (?:me\b(?! names)|us\b|here|back|after|before|b4|any|on|at|when|between|"
    r"from|only)|"
    r"(?:text|txt|msg|message|call|phone|writing)s? (?:is|are|r) (?:fine|ok|good|best)|here n only|"
    r"available|free|best time|(?:is|are) best|ok(?:ay)? to|pisz|scrie|tecst|пиш|راسل|soo dir|"
    r"escrev|theek hai|"
    r"thik aa)\w*\b"
)
_OPENS = re.compile(
    r"^\W*(?:any|every|whenever|after|before|b4|only|not|mornings?|evenings?|weekends?|between|"
    r"lunch|most days|school ke)"
)
_STARTED = re.compile(
    r"since (?:i was \d{1,2}|they .{3,40}|(?:the |last |like |about )?[\w' ]{2,30}?)(?=$|"
    r"[,.;!?\n]| and | n | but | cos | so )"
    r"|(?:for|about|like|nearly|over) (?:about |like |nearly |over |the last |"
    r"at least )?(?:a |an |one |two |three |four |five |six |\d{1,2} )?(?:few |couple of |"
    r"couple |whole )?(?:days|weeks|months|years|yrs|day|week|month|year|ages|a while|"
    r"long time)(?! old)"
    r"|(?:a |an |one |two |three |\d{1,2} )?(?:few |couple of )?(?:days?|weeks?|months?|"
    r"years?|yrs?|hours?|hrs?|mins?|minutes?) ago"
    r"|(?:lots|loads) of (?:days|weeks|months|nights|times)|in the (?:\w+ )?holidays|"
    r"(?:after|before|over|at|since) (?:eid|christmas|xmas|easter|ramadan|half term|new year)"
    r"|been (?:going on |like this )?(?:for )?(?:ages|a while|years|months|weeks|forever)"
    r"|last (?:night|nite|nyt|week|weekend|month|year|summer|winter|spring|autumn|term|"
    r"time|xmas|christmas|easter|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*)"
    r"|(?:yesterday|yest(?:erday|day)?|yday|this morning|this week|earlier today|today|"
    r"tonight|just now)"
    r"|every (?:single )?(?:day|night|nite|week|weekend|morning|time .{3,30}|few \w+|"
    r"mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*)"
    r"|(?:all the time|most (?:nights|days|weeks)|always|again last \w+|from (?:year|yr|"
    r"y) ?\d{1,2}|(?:in|from) (?:year|yr) ?\d{1,2}|when i was (?:\d{1,2}|little|small|"
    r"younger|in \w+ ?\d{0,2}))"
    r"|(?:jan|febr)uary|in (?:march|april|may|june|july|august|september|october|november|"
    r"december)"
)
_STARTED_OTHER = re.compile(
    r"(?<!\w)(?:od (?:wrzesnia|września|roku|miesiaca|tygodnia|zawsze|lat|wakacji|\w+)|"
    r"wczoraj(?: w nocy)?|codziennie|"
    r"de (?:la|un|cand) [\w ]{2,20}|aseara|ieri|in fiecare (?:zi|noapte|seara)|"
    r"ers [\w ]{2,20}|neithiwr|ddoe|bob (?:nos|dydd)|"
    r"(?:з|від) (?:січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|"
    r"грудня|літа|зими|весни|осені|дитинства|минулого \w+|тих пір)|вчора|щодня|щоночі|"
    r"منذ [\w ]{2,20}|امس|البارحة|"
    r"كل (?:يوم|ليلة)|"
    r"tan iyo [\w ]{2,20}|shalay|xalay|maalin kasta|desde [\w ]{2,20}|ontem|todos os dias|"
    r"todas as noites|"
    r"kal (?:raat|rat)?|roz|har (?:roz|raat|din)|kal|bohot din se|\w+ se (?:ho raha|"
    r"chal raha)|gotokal|protidin|roj)(?!\w)"
)
# A time in a story is no time to write at.
_TELLS = re.compile(
    r"\b(?:said|hits|shouts|happens|comes|gets|takes|goes|called|texted|messaged|phoned|rang|wrote)\b|"
    r"\b(?:keeps?|kept|started?|starts|was|were|always|been|stop) (?:\w+ )?"
    r"(?:calling|texting|messaging|ringing|phoning|writing|talking)\b"
)
# "we r in year 8" says how old they are.
_IN_YEAR_NOW = re.compile(
    r"\b(?:i'?m|i am|we'?re|we r|we are|s?he'?s|both) in (?:year|yr) ?\d{1,2}$"
)
_NOT_A_TIME = re.compile(r"since (?:you|u|im|he|she|its|it|there|that|this)\b")


# "im ok tonight" says how they are.
_IS_FINE = re.compile(
    r"\b(?:i'?m|i am|we'?re|we are) (?:all )?(?:ok|okay|fine|safe|alright|good|home|in bed|calm)\b"
)


def find_when_happened(text: str) -> str | None:
    """Gives the words that say since when or how often, or None."""
    low = lowered(text)
    for pattern in (_STARTED, _STARTED_OTHER):
        for match in pattern.finditer(low):
            if _IN_YEAR_NOW.search(low[: match.end()]):
                continue
            if match.group().strip() and not _NOT_A_TIME.match(match.group()):
                return _words(text, match)
    return None


def find_contact_times(text: str, asked: str | None) -> str | None:
    """Gives the words that say when to write or ring, or None."""
    if asked == "safe_contact_times":
        return _contact_times(text)
    for part in clauses(text):
        low = lowered(part)
        invites = _INVITES.search(low) or _OPENS.match(low)
        if invites and not _TELLS.search(low) and not _IS_FINE.search(low):
            found = _contact_times(part)
            if found:
                return found
    return None


def find_day(text: str) -> str | None:
    """Gives the day of the week that a message names, or None."""
    match = re.search(_DAYS, lowered(text))
    return _words(text, match) if match else None


# "it needs signing by friday" is no day on which to be written to.
_DEADLINE = re.compile(r"\bby (?:next |this )?(?:mon|tue|wed|thu|fri|sat|sun|tomorrow|tmrw)\w*")


def _contact_times(text: str) -> str | None:
    low = _DEADLINE.sub(lambda match: " " * len(match.group()), lowered(text))
    for pattern in (_CONTACT_OTHER, _CONTACT_TIME):
        found = [
            _with_not(low[: match.start()], _words(text, match))
            for match in pattern.finditer(low)
            if match.group().strip()
        ]
        if found:
            return ", ".join(dict.fromkeys(found))
    return None


def _with_not(before: str, time: str) -> str:
    """Gives "not b4 4" for "dont text b4 4": the time alone would say the opposite."""
    verbs = list(_CONTACT_VERB.finditer(before))
    is_bidden = bool(verbs) and bool(verbs[-1].group("not"))
    return f"not {time}" if is_bidden and not time.lower().startswith("not") else time


def _words(text: str, match: re.Match[str]) -> str:
    return text[match.start() : match.end()].strip(" ,.")
