"""Finds what may be asked at any moment, where the words leave no doubt.

The classifier generalises; these few patterns are what must never depend on its confidence.
"""

import re

from dialogues.reading.words import bare

_ADULT = (
    r"nan|nana|nanna|nanny|gran|granny|grandma|grandmother|grandad|grandfather|"
    r"grandparent|"
    r"teacher|head ?teacher|tutor|ta|teaching assistant|senco|dsl|safeguarding lead|nurse|"
    r"gp|"
    r"doctor|health visitor|midwife|police officer|pcso|youth worker|support worker|"
    r"foster carer|childminder|neighbour|coach|professional|social worker|parent|"
    r"mother|father|step ?mother|step ?father"
)
_WHOLE = (
    (
        "stop",
        (
            r"(?:please |pls |ok )?(?:stop|stop now|stopall|stop all|unsubscribe|end|quit|cancel|"
            r"go away|"
            r"stop (?:it|this|texting(?: me)?|messaging(?: me)?|asking)|leave me alone|"
            r"dont (?:text|message|msg)(?: me)?(?: again| back| anymore)?|no more (?:messages|"
            r"texts))(?: please| pls| now)?"
        ),
    ),
    (
        "someone_here",
        (
            r"x|pos|p911|(?:shh+ ?)?(?:cant talk )?(?:some ?(?:one|body|1)|mum|mam|dad|my (?:mum|"
            r"dad|brother|sister|carer|nan)|parents)"
            r"(?: is|s|are)? ?(?:here|coming|coming in|just (?:came|walked) in|in (?:the|my) "
            r"room|"
            r"next to me|watching(?: me)?|behind me|looking)"
            r"(?: now| rn| gtg| cant talk)?|im not alone(?: rn| now| anymore)?|not alone|"
            r"act normal"
        ),
    ),
    (
        "request_person",
        (
            r"(?:a )?(?:real )?(?:person|human|agent|advisor)(?: please| pls| now)?|"
            r"talk to (?:a person|someone|a human)|"
            r"(?:(?:hi|hello|hey|pls|please|um|so|ok|actually) )*(?:(?:can|could|may) (?:i|"
            r"we)|is it "
            r"ok (?:if i|to)|i (?:just )?(?:want|need|would like) to|id (?:like|rather)"
            r"(?: to)?|i wanna|is there (?:any ?one|some ?one|some ?body|a person) i can|let me)"
            r"(?: please| pls| just)*"
            r" (?:talk|speak|chat) (?:to|2|with|too) (?:(?:a|an|some|any) )?"
            r"(?:(?:real|actual|proper|live) )*(?:person|human|one|body|1|someone|somebody|some1|"
            r"sum1|sumone|anyone|adult|grown ?up|social worker)(?: (?:real|else|instead|here|now|"
            r"pls|please|who isnt a bot|not a (?:bot|robot)))*"
        ),
    ),
    (
        "thanks",
        (
            r"(?:(?:ok|okay|k|kk|cool|alright|right|oh|great|nice|aw|good|fab|perfect) "
            r")*(?:thanks?|"
            r"thank (?:you|u)|thx|thnx|ty|tysm|cheers)(?: (?:so much|very much|a lot|loads|"
            r"for (?:that|this|telling me|the info|explaining|listening|your help|ur help)|"
            r"(?:i )?(?:was )?just (?:wanted|asking|wondering|checking|curious)"
            r"(?: (?:to|2) (?:know|ask|check|see))?|thats (?:all|it|good|fine|all i wanted)|"
            r"that helps|mate|bro|ok|then))*"
        ),
    ),
    (
        "insult",
        (
            r"(?:but |omg |ugh |no )?(?:this|it|that|this (?:bot|thing|chat)|u|ur|you|youre|yr)s?"
            r"(?: is| are| r| was)?(?: so| just| really| fucking| fkn| well| actually| a| "
            r"such a)*"
            r" (?:shit|crap|rubbish|useless|pointless|dumb|stupid|bollocks|wank|trash|garbage|"
            r"no help|waste of time|bs|bullshit)(?: (?:at this|bot|tbh|man|mate|lol))*"
        ),
    ),
    ("help", r"help|help\?|menu|info|commands|options|how does this work"),
    ("greet", r"start|restart|unstop"),
    (
        "delete_request",
        (
            r"(?:please |pls )?(?:delete|wipe|erase) (?:it|this|everything|all|all of it|"
            r"my messages|this chat|that)"
        ),
    ),
    (
        "leave_for_now",
        (
            r"brb|gtg|g2g|afk|ttyl|gotta go|got to go|(?:maybe )?ill (?:maybe )?(?:come|"
            r"be) back(?: later| soon)?|maybe later|"
            r"not now|mum needs me(?: now)?(?: bye)?|.{0,30}\bneeds? me(?: now)? bye|"
            r"(?:i )?have to go(?: now)?"
        ),
    ),
    (
        "done",
        (
            r"(?:i think )?(?:thats|dats) (?:it|all|everything)(?: really| tbh| now)?|"
            r"nothing else|no thats (?:it|all)"
        ),
    ),
)
_WITHIN = (
    ("greet", r"^(?:hi |hello |hey )?is (?:any ?(?:one|body)) (?:there|here|awake)\b.{0,30}$"),
    (
        "take_back",
        (
            r"^(?:just |pls |please |nvm |never ?mind |actually )?(?:forget (?:that|it|"
            r"about (?:it|that)|i said (?:that|anything|it)|what i said)|ignore (?:that|me|"
            r"what i said)|i take it back|nvm|never ?mind|(?:this|that|it) was a mistake|"
            r"pretend i (?:didnt|never) say (?:that|anything))$"
        ),
    ),
    (
        "adult_referrer",
        (
            rf"\b(?:i am|im|its|this is) (?:a |an |the |his |her |their |"
            rf"your )?(?:\w+ )?(?:{_ADULT})\b(?! (?:told|said|says|is|makes|made|thinks|shouts|"
            rf"hits))"
            r"(?=.*\b(?:to|of|at|and|worr\w+|concern\w*|report|refer\w*|for|who|pupil|school|"
            r"\d)\b)|"
            r"\bmy (?:grand(?:son|sons|daughter|daughters|child|children|kids?)|pupils?|"
            r"students?|"
            r"nephews?|nieces?)\b|"
            r"\b(?:report|raise) a (?:worry|concern)\b(?=.*\b(?:about|child|where|here|please|"
            r"\b))|\bmake a referral\b"
        ),
    ),
    (
        "wrong_reader",
        (
            r"\b(?:this is|its|im|i am) (?:his|her|their) (?:dad|mum|mam|mom|father|mother|"
            r"step ?(?:dad|mum|father|mother)|parent|brother|uncle|carer)\b|"
            r"\b(?:why|what|how come) (?:are|r|were) (?:you|u) (?:texting|messaging|talking to|"
            r"speaking to|writing to)\b (?:him|her|them|my)|"
            r"\bwhat (?:did|has|have|did my) (?:he|she|they|\w+ )?(?:been )?(?:tell|told|telling|"
            r"say|said|saying)(?: to)? ?(?:you|u)?$|"
            r"\bwhat (?:did|has) (?:he|she) (?:tell|told|say|said)\b|"
            r"\b(?:my (?:son|daughter|childs?|kid))s?\b.*\b(?:phone|texting|messag\w*|tell|told|"
            r"talking|chat|say|said)\b|"
            r"\b(?:texting|messag\w*) my (?:son|daughter|child|kid)\b"
        ),
    ),
    (
        "status_request",
        (
            r"\bwhat (?:happened|came|is happening|s happening|happens) (?:with|to|about|"
            r"of) (?:the thing|my|what|that thing)\b|\bany (?:news|update)\b|"
            r"\b(?:some ?one|they|she|he|u|you) said (?:they|she|he|u|you|someone)?(?: ?(?:d|"
            r"would|was gonna|were going to))? ?(?:ring|call|come|message|get "
            r"back)\b.*\b(?:never|"
            r"didnt|havent|hasnt|no ?one)\b|"
            r"\bwhats going on with (?:my|it|that)\b|\btell me whats (?:going on|happening)\b"
        ),
    ),
    (
        "show_record",
        (
            r"\bwhat (?:did|have|has) (?:you|u|they|it) (?:write|wrote|written|got|"
            r"put)(?: down)?\b|\bsee (?:my|what) (?:record|file|you wrote|u wrote|you have)\b"
        ),
    ),
    (
        "correct_record",
        r"\bname is sp(?:elt|elled)\b|\bspelt (?:wrong|\w+ not)\b|\bgot my (?:name|age) wrong\b",
    ),
    ("cannot_hear", r"\bsun nahi sakt|\bcan(?:t)? (?:you|u) (?:hear|listen)\b|\bnie slyszysz\b"),
    (
        "ask_robot",
        r"\b(?:are|r|is) (?:you|u|this) (?:a )?(?:real|robot|bot|human|ai|an ai|a real)\b",
    ),
)
_CUE = re.compile(
    r"\b(?:lol|lmao|lmfao|jk|haha\w*|hahah\w*|only joking|joking|kidding|messing|prank|"
    r"rofl|xd)\b|😂|🤣|😆|😜"
)
_HOMEWORK = re.compile(
    r"\b(?:home ?work|hw|pshe|rse|essay|assignment|coursework|project|revision|"
    r"for (?:school|class|a quiz|english|citizenship)|btec|gcse)\b"
)
_FINE = re.compile(
    r"\b(?:every ?things?|it ?s all|all|things are) (?:is )?(?:fine|ok|good)\b|"
    r"\bnothings? (?:is )?wrong\b|\bjust homework\b"
)
_SHORTEST_TALE = 3
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
    r"yet|still|since|again|promised|said|come|came|anything|going on)\b"
)
_SAD_FACE = re.compile(r"[😔😢😭😞💔🥺😟😕🙁☹️😿\s:(']+")
_ITS_ME = re.compile(
    r"\b(?:its|it is) me(?: again)?\b|\bim back\b|\bhes gone\b|\bshes gone\b|\bsorry about that\b"
)
_WHOLE_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _WHOLE)
_WITHIN_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _WITHIN)


def find_signal(text: str) -> str | None:
    """Gives the always-there intent that a message states beyond doubt, or None."""
    low = bare(text)
    if text.strip() in ("❌", "✖️", "✋", "🛑"):
        return "stop" if text.strip() in ("✋", "🛑") else "someone_here"
    for name, pattern in _WHOLE_PATTERNS:
        if pattern.fullmatch(low) or (name in _IN_A_BURST and _has_line(text, pattern)):
            return name
    for name, pattern in _WITHIN_PATTERNS:
        if pattern.search(low):
            return name
    return None


def _has_line(text: str, pattern: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(bare(line)) for line in text.splitlines())


def is_playful(text: str) -> bool:
    """Tells whether a message says by a cue that it is a joke."""
    return bool(_CUE.search(bare(text)))


def is_homework(text: str) -> bool:
    """Tells whether a message is about schoolwork."""
    return bool(_HOMEWORK.search(bare(text)))


def says_all_is_well(text: str) -> bool:
    """Tells whether a message says outright that nothing is wrong."""
    return bool(_FINE.search(bare(text)))


def is_leaving(text: str) -> bool:
    """Tells whether a message takes leave, or is too short to say anything else."""
    return bool(_LEAVES.search(bare(text))) or len(text.split()) <= _SHORTEST_TALE


def asks_after(text: str) -> bool:
    """Tells whether a message may ask after something sent before ("i sent one" does not)."""
    return bool(_ASKS_AFTER.search(bare(text))) or len(text.split()) > _SHORTEST_TALE + 1


def is_sad_face(text: str) -> bool:
    """Tells whether a message is nothing but a sad face."""
    return bool(_SAD_FACE.fullmatch(text.strip()))


def is_child_back(text: str) -> bool:
    """Tells whether the child seems to have the phone again."""
    return bool(_ITS_ME.search(bare(text)))
