# ruff: noqa: RUF001  Other alphabets are meant.
"""Finds where the child is, where it happens, an address, a school."""

import re

from dialogues.reading.words import bare, clauses, lowered

_STREET = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|cl|drive|dr|way|row|court|ct|crescent|"
    r"cres|place|pl|terrace|tce|gardens|gdns|grove|gr|hill|walk|square|park|mews|green|"
    r"rise|view|parade|estate|house|heights|flats|wynd|brae|vale|croft|fold|mount|stryd|heol|ffordd)"
)
_ADDRESS = re.compile(
    rf"(?:flat \d+[a-z]?,? )?(?:(?:flat|apartment|apt|"
    rf"unit) )?(?<!go )(?<!to )(?<!goes )\b\d{{1,4}}[a-z]? "
    rf"(?:(?!(?:i|go|to|and|my|in|at|im|n|the|on|of|we|"
    rf"from)\b)[a-z']+ ){{1,3}}?{_STREET}\b(?:,? (?!and\b|n\b|but\b|its\b|hes\b|"
    rf"shes\b)[a-z']{{3,}}){{0,2}}"
)
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b")
_PLACE = (
    r"(?:home|bed|(?:my |the |our |his |her |a )?(?:house|room|bed|bath|bedroom|bathroom|"
    r"toilets?|loo|"
    r"kitchen|garden|shed|cupboard|wardrobe|attic|"
    r"living room|front room|nans?|grans?|dads?|mums?|aunties?|uncles?|"
    r"friends?(?: house)?|mates?|neighbours?(?: house)?|"
    r"flat|school|college|class|library|park|shop|shops|shopping centre|station|bus stop|"
    r"bus station|bus|train station|train|taxi office|"
    r"taxi|car|street|road|bridge|hospital|a&e|church|mosque|mcdonalds|maccies|maccys|"
    r"tesco|kfc|foster (?:mums|home|carers)|"
    r"childrens home|hostel|placement|youth club|police station|town|city centre|woods|"
    r"beach|alley|stairs|stairwell))"
)
_IM_AT = re.compile(
    rf"\b(?:im|i am|ive gone|i went|going|gone|hiding|hid|stuck|locked|sat|sitting|stood|"
    rf"standing|were|we are|waiting|came|ran|run|still|ok|rn|now)\b"
    rf"(?: (?:just|now|rn|still|here|safe|ok|okay|fine|currently|back|hiding|sat|stuck|"
    rf"locked|alone|in|into|to|over|sitting|standing|waiting|on my own|by myself))*? (?:in|"
    rf"at|by|outside|near|on|to|behind|under|into|inside|next to|round|"
    rf"opposite)\s+{_PLACE}\b"
    rf"(?: (?:in|at|on|near|by|of) (?:the )?[a-z']+(?: [a-z']+)?)?"
)
_AT_START = re.compile(
    rf"^(?:yeah |yes |ok |no |just )?(?:in|at|by|outside|near|on|behind|under|round|"
    rf"inside) {_PLACE}\b(?: (?:in|at|near|by|of|on) (?:the )?[a-z']+(?: [a-z']+)?)?"
)
_OTHER_HERE = re.compile(
    r"(?:jestem |estou |sunt |dwi |rydw i )?(?:w domu|w szkole|w pokoju|w lazience|acasa|"
    r"la scoala|in camera mea|adref|yn yr ysgol|gartref|"
    r"вдома|дома|в школі|у ванній|في البيت|في المدرسة|في غرفتي|guriga|dugsiga|em casa|"
    r"na escola|no quarto|"
    r"ghar (?:par|pe|mein|vich|te)|school (?:mein|vich)|kamre (?:mein|vich)|bashay|barite|"
    r"iskule)"
)
_AM = re.compile(r"jestem|estou|sunt|dwi|rydw|я |انا")
_HAPPENS = re.compile(
    r"\b(?:at|in|on the way (?:to|home from)|on) (?:home|(?:my |the )?(?:school|"
    r"playground|bus|class|changing rooms?|dads|mums|nans|park|estate|foster (?:home|"
    r"carers)|football|gym|church|mosque|madrasa|club))\b"
    rf"(?! {_STREET}\b)"
    r"|\bonline\b|\b(?:on|off) (?:snap(?:chat)?|insta(?:gram)?|tiktok|discord|roblox|"
    r"whatsapp|fortnite|xbox|ps5|wizz|yubo|omegle|telegram)\b"
    r"|\bw (?:szkole|domu)\b|\bla scoala\b|\byn yr ysgol\b|\bв школі\b|\bفي المدرسة\b|"
    r"\bna escola\b|\bem casa\b"
)
_SCHOOL_KIND = (
    r"(?:high|primary|secondary|academy|school|college|grammar|juniors?|infants|comp|"
    r"sixth form|community school|catholic school|c of e|pru)"
)
_SCHOOL = re.compile(
    rf"(?<![\w'])((?!(?:go|goes|in|at|to|im|the|my|our|of|is|we|and|old|whole|every|another|"
    rf"same|primary|secondary|high|big|r|"
    rf"boarding|his|her|hate|like|from|"
    rf"after|before|not|no|any|for|off|leave|left|new|this|that|miss|skip|start|started|me|"
    rf"message|text|on|pm|am|"
    rf"finish)\b)[a-z'.]+(?: (?!(?:in|at|to|my|the|"
    rf"is|after|before|me|from|for|i|and|on|pm|"
    rf"am)\b)[a-z'.]+){{0,2}} {_SCHOOL_KIND}(?! (?:days?|times?|holidays?|"
    rf"bus|gates?|toilets?|nurse)\b)(?: (?:school|"
    rf"academy|college|primary|"
    rf"high))?)\b"
)
_GO_TO = re.compile(
    r"\b(?:we|i|she|he|they|both)\s+(?:both |all )?(?:go|goes)\s+(?:2|to|"
    r"at)\s+(?P<school>[a-z'.]+(?: [a-z'.]+){0,2})(?=$|,)"
    r"|^(?:and |n |ok )?(?:i|we) go (?P<short>(?!(?:to|2|at|on|by|in|out|back|up|down|off|there|"
    r"home|mad|crazy|outside|mental|quiet|red|bed|sleep|shopping|swimming|running|football|"
    r"every|when|with|through|thru|without|round|away|all|hungry)\b)[a-z'.]{3,} [a-z'.]{3,})$"
    r"|^(?:im |i am |i go |we go )?(?:at |to |2 )?(?P<in>(?:college|sixth form|uni) in "
    r"[a-z'.]{3,})\b"
    r"|\b(?:szkola|szkoła|szkole|scoala|ysgol|escola|my school is|school is|school:|"
    r"school called|dugsiga|школа)\s+(?P<named>(?!(?:is|smieja|mnie|ok|fine|bad|rubbish|"
    r"hard|good|the|and|n|they|we|i|my|da|do|w|bo|de|mi|me|to|yn|ke|baad|yma|yw|ydy|"
    r"mein)\b)[\w'.]+(?: [\w'.]+){0,2})$"
)
# "missed loads of school" names none.
_NO_SCHOOL_NAMES = re.compile(
    r"\b(?:miss\w*|loads|lots|much|of|bunk\w*|skip\w*|hat(?:e|ed|ing)|lov(?:e|ed)|all|every|most|"
    r"more|some|off|hardly|never|always|back|bad|good|kicked|stopped|going|been|being|get|got|do|"
    r"does|did|dont|don't|cant|can't|wont|only|when|because|cos|about|since|by|with|into|than|"
    r"out|there|nothing|tell|told|ring|call|what|which|being|bullied|hit|hurt)\b"
)
_NOT_SCHOOLS = re.compile(
    r"\b(?:bed|sleep|shop|town|work|park|home|house|club|gym|football|church|mosque|her|"
    r"him|them|mine|my|his|the|school|college|it|live|see|get|a|and|after|there|"
    r"primary school|high school|year)\b"
)


_LONGEST_PLACE = 8
# "only when im at school" is no place where the child is now.
_NOT_NOW = re.compile(
    r"\b(?:when|whenever|while|if|once|until|till|before|after)(?:ever)? "
    r"(?:i|im|i'm|i am|were|we|we're)\b.*"
)
# "text any time but im at school till 3" says when, not where.
_OF_CONTACT = re.compile(
    r"\b(?:text|txt|msg|message|ring|call|phone|contact|write)\b.*\b(?:at|in) (?:school|college|"
    r"work)\b"
)
# "i am on mums tablet" is no place either.
_ON_A_SCREEN = re.compile(
    r"\bon (?:\w+ ){0,2}(?:tabl[ei]ts?|i ?pad|phone(?! box)|fone|laptop|lap top|computer|xbox|ps\d|"
    r"switch|snap|insta|discord|roblox)\b"
)
_LIVES = re.compile(
    r"\b(?:lives?|living|stays?|staying) (?:at|on|in|near|by|down|next to|opposite|round|over)\b"
    r"[^\n.,;!?]*"
)
_I_LIVE = re.compile(
    r"\b(?:i|we) live\b|\b(?:my|our|home) (?:home )?address\b|\bmy (?:house|yard|flat|home) is\b"
)
_NEXT_CLAUSE = re.compile(
    r"\s(?:they|theyre|he|she|hes|shes|and|but|n|cos|because|so|i|im|we|were|mum|dad|my)\b"
)
_I_AM = re.compile(r"^(?:im|i am|were|we are) (?:just |still )?")

_FINDABLE = re.compile(
    r"\b(?:bus (?:stop|station|shelter)|station|park|shop|tesco|lidl|aldi|asda|co ?op|spar|"
    r"street|road|lane|avenue|close|drive|terrace|estate|school|library|church|mosque|pub|"
    r"bridge|car park|mcdonalds?|maccies|greggs|garage|hospital|flats?|hotel|hostel|cafe|gym)\b"
)
# What help can be sent to, told unasked; nobody is told of in it.
_SENT_TO = re.compile(
    r"\b(?:bus (?:stop|station|shelter)|train station|taxi office|chip shop|petrol station|street|"
    r"road|rode|lane|avenue|close|terrace|estate|flats?|court|house|tower|lodge|heights|gardens|"
    r"car park|co ?op)\b"
)
_IN_A_GAME = re.compile(r"\b(?:minecraft|fortnite|roblox|gta|the sims|game|server|xbox|ps ?\d)\b")
_GONE_THERE = re.compile(
    r"\b(?:mum\w*|mam|dad\w*|nan|he|she|they|hes|shes|theyre|everyone)\b(?: \w+){0,2} "
    r"(?:gone?|went|goes|going|popped|nipped)\b"
)
_OF_OTHERS = re.compile(
    r"\b(?:he|hes|him|his|she|shes|her|they|theyre|them|used|was|were|when|if|last|want|wanna|"
    r"cant|dont|didnt|wont|never|every|kicked|locked|left|from|go|goes|going)\b|\?"
)
_LONGEST_UNASKED = 16


def find_address(text: str) -> str | None:
    """Gives an address or a postcode, or None."""
    low = lowered(text)
    match = _ADDRESS.search(low) or _POSTCODE.search(low)
    return text[match.start() : match.end()].strip() if match else None


def find_current_location(text: str) -> str | None:
    """Gives the words that say where the child is now, or None."""
    address = find_address(text)
    if address:
        return address
    if _OF_CONTACT.search(lowered(text)) or _ON_A_SCREEN.search(bare(text)):
        return None
    for part in clauses(text):
        low = _NOT_NOW.sub("", bare(part)).strip()
        found = _IM_AT.search(low) or _AT_START.match(low)
        if found:
            return _place_in(part, low, found)
        if _OTHER_HERE.fullmatch(low) or (_AM.match(low) and _OTHER_HERE.match(low)):
            return part
    return None


def names_a_place(text: str) -> bool:
    """Tells whether an answer to "where are you?" names what may be found, such as a bus stop."""
    return bool(_FINDABLE.search(bare(text)))


def is_findable(text: str, place: str) -> bool:
    """Tells whether help could be sent to a place that a message tells: it can, to a bathroom not.

    Nor to where others have gone.
    """
    low = bare(place)
    told = bare(text)
    if any(one.search(told) for one in (_GONE_THERE, _ON_A_SCREEN, _IN_A_GAME)):
        return False
    return bool(_FINDABLE.search(low) or _SENT_TO.search(low) or re.search(r"\b\d", low))


def find_where_to_send(text: str) -> str | None:
    """Gives a message that says nothing but where to send help, or None."""
    low = bare(text)
    if _IN_A_GAME.search(low):
        return None
    says = _SENT_TO.search(low) and not _OF_OTHERS.search(low) and not _OF_OTHERS.search(text)
    return text.strip() if says and len(low.split()) <= _LONGEST_UNASKED else None


def find_where_happened(text: str) -> str | None:
    """Gives the words that say where it happens, or None."""
    low = _LIVES.sub(lambda lives: " " * len(lives.group()), lowered(text))
    match = _HAPPENS.search(low)
    return text[match.start() : match.end()].strip() if match else None


def find_home_address(text: str) -> str | None:
    """Gives the address at which a child says that they live, or None."""
    low = lowered(text)
    return find_address(text) if _I_LIVE.search(low) else None


def find_home_of_other(text: str) -> str | None:
    """Gives the words that say where a third person lives, or None."""
    match = _LIVES.search(lowered(text))
    return text[match.start() : match.end()].strip() if match else None


def _place_in(part: str, low: str, found: re.Match[str]) -> str:
    """Gives the place with what belongs to it, without the clause that follows."""
    following = _NEXT_CLAUSE.search(low, found.end())
    if following is None and len(low.split()) <= _LONGEST_PLACE:
        return part if low == bare(part) else low.removesuffix(" with")
    if following is None:
        return _I_AM.sub("", found.group())
    place = low[found.start() : following.start()].strip(" ,").removesuffix(" with")
    return _I_AM.sub("", place)


def find_school(text: str, asked: str | None) -> str | None:
    """Gives the name of a school as the child wrote it, or None."""
    for part in clauses(text):
        low = lowered(part)
        named = _SCHOOL.search(low)
        if named and not _NO_SCHOOL_NAMES.search(named.group(1)):
            return part[named.start(1) : named.end(1)]
        went = _GO_TO.search(low)
        if went:
            group = next(name for name in ("school", "short", "in", "named") if went.group(name))
            found = part[went.start(group) : went.end(group)]
            if group == "in" or not _NOT_SCHOOLS.match(found.lower()):
                return found
    if asked == "school" and len(text.split()) <= 5:
        return text.strip()
    return None
