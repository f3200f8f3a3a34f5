"""Finds what may be asked at any moment, where the words leave no doubt.

The classifier generalises; these few patterns (`dialogues/words/signals.yml`) are what must never
depend on its confidence.
"""

import re
from functools import lru_cache

from dialogues.reading import feelings
from dialogues.reading.words import bare, word_list

_CUE = re.compile(
    r"\b(?:lol\w*|lma+o+|lmfa+o+|jk|hah\w*|hehe\w*|only joking|joking|kidding|messing|prank\w*|"
    r"rofl|xd|your honou?r|m ?lud|guilty as charged)\b|\bofficer\W*$|"
    r"\breport (?:a|an|the) (?:crime|murder|robbery|theft|bank robbery|kidnap\w*|ghost|alien|ufo)$|"
    r"😂|🤣|😆|😜"
)
_HOMEWORK = re.compile(
    r"\b(?:home ?work|hw|pshe|rse|essay|assignment|coursework|project|revision|"
    r"for (?:school|class|a quiz|english|citizenship)|btec|gcse)\b"
)
# Games and matches are told in the words of fights, and who looks round or dialled wrongly tells
# of nothing.
_IDLE = re.compile(
    r"\b(?:dead by daylight|dbd|among us|overwatch|valorant|playlists?|lyrics|"
    r"fifa|fortnite|minecraft|roblox|gta|call of duty|warzone|xbox|playstation|ps[45]|"
    r"on (?:the|my) game|the game|boss fight|(?:same|final|last|next) boss|hide (?:and|n|&) seek|"
    r"respawn\w*|noob|ranked|lobby|1v1|gg|"
    r"football|footy|match|goals?|goalie|penalt\w+|offside|\d ?nil|league|"
    r"derby|hat ?trick|var|ref|premier|champions|arsenal|chelsea|spurs|man (?:u|utd|city|united)|"
    r"liverpool|everton|villa|newcastle|leeds|celtic|rangers)\b"
    r"|\bwrong (?:number|person|chat|one)\b|\bwho(?:s| is) this\b"
    r"|\bjust (?:looking|seeing|checking|testing|trying|having a look|nosey|curious|wondering|"
    r"bored|browsing|clicked)\b|\b(?:got|saw|found) (?:this|the|ur|your) (?:number|poster|link)\b"
    r"|\b(?:maybe|some|do it) (?:another|other|a different) (?:day|time)\b|^(?:not|nah not) today\b"
    r"|\b(?:pizza|nandos|maccies order|order a)\b"
    r"|\b(?:halloween|fake blood|face ?paint\w*|fancy dress|nativity|panto|(?:magic|card) trick|"
    r"abracadabra|talent show|bath bombs?|trampoline park|laser ?(?:quest|tag)|bowling|my lines|"
    r"audition\w*|rehears\w+|drama club|creeper|the nether|speed ?run|spellings)\b"
    r"|\b(?:say|tell me|do|know) (?:something|anything) (?:scary|funny|rude|weird|spooky)\b"
    r"|\b(?:my|our) (?:friends?|mates?|cousins?) dared (?:me|us)\b"
)
_FINE = re.compile(
    r"\b(?:every ?things?|it ?s all|all|things are) (?:is )?(?:fine|ok|good)\b|"
    r"\bnothings? (?:is |has |s )?(?:wrong|happened|going on|the matter|up|bad)\b|"
    r"\bjust homework\b|\bnormal nerv\w+\b|"
    r"^(?:no|nah|honestly|yeah|yh)(?: honestly)?,? (?:im|i am) (?:fine|ok|okay|good|all good)\b"
    r"(?!.*\b(?:but|just|only|except)\b)|"
    r"\b(?:its|it is) not about me\b(?!.*\b(?:friend|mate|sister|brother|him|her|them)\b)|"
    r"\b(?:havent|have not|aint|dont have|got|have) (?:got )?(?:anything|nothing|owt|nowt) "
    r"(?:bad )?to (?:tell|say|report)\b"
)
# Who comes back to say that a worry is over; what is held back by a "but" is none of it.
_BETTER = re.compile(
    r"\b(?:its|it is|things? (?:is|are)|everything(?: is|s)?|im|i am|we are|were|all|school is) "
    r"(?:\w+ ){0,2}(?:good|better|fine|ok|okay|sorted|alright|great|nice) "
    r"(?:now|again|these days)\b"
    r"|\b(?:its|it|things|everything|school) (?:has |have |had |is |got |gets )?"
    r"(?:all |been |loads |so much |much |a lot |lots |way |really |so )*"
    r"(?:got |gotten |going )?(?:better|sorted(?: out)?)\b"
    r"|\b(?:have|has|ve|they) (?:all |finally |now )?stopped(?: it| now| doing it| being mean)?"
    r"(?: and\b|$)"
    r"|\b(?:they|she|he|we|the \w+) (?:all )?"
    r"(?:said sorry|made up|are friends again|friends again)\b"
)
_HELD_BACK = re.compile(
    r"\b(?:but|except|apart from|kind of|kinda|sort of|sorta|not|isnt|arent|aint|never|no|until|"
    r"unless|when|if|then|since|promise\w*|meant|supposed|wish|want|hope|will|would|can|make|get|"
    r"scared|still|only|bit|sometimes|hurt\w*|hit\w*|touch\w*|beat\w*|eat\w*|die|dead|died)\b|\?"
)
_SHORTEST_TALE = 3
_CUES_OF_UNSAYING = 2
_ASKED_FEW = re.compile(
    r"\b(?:loads|lots|so many|so much|too many|no more|all these|stop asking|dont ask me|"
    r"any more) ?(?:of )?"
    r"(?:stuff|things|questions|qs)?\b"
)
_ASKING = re.compile(
    r"\?|^(?:(?:so|and|but|ok|hi|hey|wait|um|erm|just|also|then|n) )*(?:what|whats|who|whos|how|"
    r"hows|"
    r"when|where|which|will|would|do|does|did|can|could|are|r|is|am|if|u gonna|are u|should|shall|"
    r"any|have|has|might|must)\b|"
    r"\b(?:wonder\w*|want(?:ed)? to know|wanna know|tell me (?:what|who|how|if)|do (?:u|you)|"
    r"will (?:u|you)|can (?:u|you)|are (?:u|you)|r u|is it|is this|right|innit|(?:u|"
    r"you) (?:gonna|going "
    r"to|wont|wouldnt)|ur not|you wont|dont tell|going to tell)\b"
)
_BEGINS_A_QUESTION = re.compile(
    r"(?:(?:so|and|but|ok|hi|hey|like|n|or) )*(?:what|whats|wots?|who|whos|how|hows|when|where|"
    r"which|why|do|does|did|can|could|are|r|is|will|would) "
)
_OF_A_PERSON = re.compile(
    r"\b(?:person|human|people|some ?(?:one|body)|sum ?(?:one|1|body)|any ?(?:one|body)|real|"
    r"adults?|grown ?ups?|agent|"
    r"advisor|operator|speak|talk|chat|call me|ring me|phone me|lady|man|worker)\b"
)
# Heard even as one line among others that came at once.
_IN_A_BURST = ("stop", "someone_here", "request_person")
_LEAVES = re.compile(
    r"\b(?:bye+|byee|cya|see (?:ya|you|u)|good ?night|night|nite|gn|later|laters|gtg|g2g|brb|"
    r"tara|"
    r"ta ra|peace|take care|go now|gotta go|got to go|have to go|need to go|going now|off now|"
    r"be back|come back|not now|ttyl)\b"
)
_ASKS_AFTER = re.compile(
    r"\b(?:heard?|news|updates?|happen\w*|rang|ring|called|told|wait\w*|before|last|repl\w+|"
    r"yet|still|since|again|promised|said|come|came|going on)\b"
)
_SAD_FACE = re.compile(r"[😔😢😭😞💔🥺😟😕🙁☹️😿\s:(']+")
_ITS_ME = re.compile(
    r"\b(?:its|it is) me(?: again)?\b|\bim back\b|\bhes gone\b|\bshes gone\b|\bsorry about that\b"
)


def find_signal(text: str) -> str | None:
    """Gives the always-there intent that a message states beyond doubt, or None."""
    low = bare(text)
    if text.strip() in ("❌", "✖️", "✋", "🛑"):
        return "stop" if text.strip() in ("✋", "🛑") else "someone_here"
    for name, whole, pattern in _patterns():
        found = pattern.fullmatch(low) if whole else pattern.search(low)
        if found or (whole and name in _IN_A_BURST and _has_line(text, pattern)):
            return name
    return None


def _has_line(text: str, pattern: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(bare(line)) for line in text.splitlines())


def is_playful(text: str) -> bool:
    """Tells whether a message says by a cue that it is a joke."""
    return bool(_CUE.search(bare(text)))


def is_idle(text: str) -> bool:
    """Tells games, matches, wrong numbers and looking round, by their words."""
    return bool(_IDLE.search(bare(text)))


def is_homework(text: str) -> bool:
    """Tells whether a message is about schoolwork."""
    return bool(_HOMEWORK.search(bare(text)))


def says_all_is_well(text: str) -> bool:
    """Tells whether a message says outright that nothing is wrong."""
    return bool(_FINE.search(bare(text)))


def says_it_is_better(text: str) -> bool:
    """Tells whether a message says without a "but" that what was wrong is over."""
    low = bare(text)
    held_back = _HELD_BACK.search(low) or "?" in text
    return bool(_BETTER.search(low)) and not held_back and feelings.find_worry(text) is None


def is_leaving(text: str) -> bool:
    """Tells whether a message takes leave, or is too short to say anything else."""
    return bool(_LEAVES.search(bare(text))) or len(text.split()) <= _SHORTEST_TALE


def asks_after(text: str) -> bool:
    """Tells whether a message may ask after something sent before ("i sent one" does not)."""
    long = len(text.split()) > _SHORTEST_TALE + 1
    return bool(_ASKS_AFTER.search(bare(text))) or (long and is_asking(text))


def wants_few_questions(text: str) -> bool:
    """Tells whether a child does not want to be asked much."""
    return find_signal(text) == "enough" and bool(_ASKED_FEW.search(bare(text)))


def asks_something(text: str) -> bool:
    """Tells whether a message is plainly a question."""
    return "?" in text or bool(_BEGINS_A_QUESTION.match(bare(text)))


def is_asking(text: str) -> bool:
    """Tells whether a message may be a question, by its words; another language always may."""
    return not text.isascii() or bool(_ASKING.search(bare(text)))


def may_mean_a_person(text: str) -> bool:
    """Tells whether a wish for a person may be meant; another language always may."""
    return not text.isascii() or bool(_OF_A_PERSON.search(bare(text)))


def is_sad_face(text: str) -> bool:
    """Tells whether a message is nothing but a sad face."""
    return bool(_SAD_FACE.fullmatch(text.strip()))


def unsays_all(text: str) -> bool:
    """Tells whether a message unsays everything, as whoever took the phone would."""
    low = bare(text)
    return sum(bool(pattern.search(low)) for pattern in _unsaying()) >= _CUES_OF_UNSAYING


def is_child_back(text: str) -> bool:
    """Tells whether the child seems to have the phone again."""
    return bool(_ITS_ME.search(bare(text)))


@lru_cache(maxsize=1)
def _unsaying() -> list[re.Pattern[str]]:
    return [re.compile(one) for one in word_list("signals")["unsaying"]]


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, bool, re.Pattern[str]]]:
    return [
        (one["intent"], one["whole"], re.compile("|".join(one["phrases"])))
        for one in word_list("signals")["signals"]
    ]
