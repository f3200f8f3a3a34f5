# ruff: noqa: RUF001  Other alphabets are meant.
"""Understands short answers: yes, no, not sure, I don't know, I'd rather not say."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading.people import find_people
from dialogues.reading.words import any_of, bare

_YES = any_of(
    "yes", "yeah", "yeh", "yea", "yer", "ya", "yep", "yh", "ye", "y", "yup", "yes i am", "i am",
    "aye", "ok", "okay",
    "k", "kk", "sure", "yes please", "yess", "tak", "da", "ydw", "oes", "ie", "iawn", "так", "نعم",
    "ايوه", "اه", "haa", "haye", "sim", "haan", "han", "haanji", "hanji", "ji", "hya", "👍", "mhm",
    "think so", "i think so", "i do", "yes i do", "yes it is", "it is", "course", "of course",
)  # fmt: skip
_NO = any_of(
    "no", "nope", "nah", "na", "naa", "n", "not really", "no im not", "im not", "nooo", "noo",
    "no way",
    "nie", "nu", "nac ydw", "nac oes", "ні", "нет", "لا", "maya", "nao", "não", "nahi", "nahin",
    "nai", "no one", "nobody", "none", "nothing", "never", "👎", "not yet", "no thanks", "not rn",
)  # fmt: skip
_DONT_KNOW = any_of(
    "idk", "i dont know", "dont know", "dunno", "i dunno", "dont no", "i dont no", "no idea",
    "idek",
    "not sure", "im not sure", "cant remember", "i cant remember", "i forgot", "who knows", "dk",
    "no clue", "maybe", "hard to say", "dont really know", "i dont really know", "unsure",
    "nie wiem", "nu stiu", "nu știu", "dwi ddim yn gwybod", "dim syniad", "не знаю", "لا اعرف",
    "مش عارف", "ma aqaan", "ma garanayo", "nao sei", "não sei", "pata nahi", "pata nai", "jani na",
)  # fmt: skip
_DECLINE = any_of(
    "skip", "skip it", "skip this", "skip that", "pass", "next", "next question", "no comment",
    "rather not", "rather not say", "id rather not", "id rather not say", "i dont want to say",
    "dont want to say", "dont wanna say", "i dont wanna say", "not saying", "im not saying",
    "not telling", "not telling you", "im not telling you", "prefer not to say", "prefer not to",
    "cant say", "i cant say", "thats private",
    "its private", "personal", "none of your business", "mind your own business", "later",
    "tell you later", "ill tell you later", "ask me later", "can we skip it", "can i skip",
    "do i have to say", "do i have to", "dont want to answer",
    "pomin", "pomiń", "nie chce mowic", "nie chcę mówić", "sari peste", "nu vreau sa spun",
    "sgipio", "dwi ddim eisiau dweud", "пропустити", "не хочу казати", "تخطي", "لا اريد ان اقول",
    "ka bood", "saltar", "passa", "nao quero dizer", "chhoro", "chodo", "nahi batana",
    "nahi dassna", "bolte chai na", "bad dao",
)  # fmt: skip
_DECLINES_WITHIN = re.compile(
    r"(?:^|\b(?:i|id|im|ill|i am|i would|and|but|no|nah|ok|sorry|just|really|actually|please|pls|"
    r"honestly|would|do i) )"
    r"(?:dont|do not|not|wont|rather not|cant|prefer not|nie chce) (?:want to |wanna |"
    r"going to |gonna |to )?"
    r"(?:say|tell(?: you| u)?|give|share|answer)(?: (?:you|u))?(?: (?:my|his|her|their|"
    r"the|that|it|any|where|who|what))?"
    r"(?: (?:name|names|age|that|it|school|number|address|that one|i live|now))*$"
)
# "dont tell school" bids; "not telling you my school" declines.
_BIDS = re.compile(
    r"\b(?:tell|give)(?: (?:my|his|her|the|that))? (?:school|mum|dad|him|her|them|any ?one)$"
)
# Words that answer when they stand alone, but open many a sentence that answers nothing.
_NO_OPENERS = frozenset(
    [
        "ok",
        "okay",
        "k",
        "kk",
        "sure",
        "n",
        "na",
        "da",
        "y",
        "nie",
        "nu",
        "nao",
        "la",
        "so",
        "never",
        "none",
        "nothing",
    ]
)
_NO_NAMES = re.compile(
    r"\b(?:dont|do not|stop) (?:u |you )?(?:ask|asking)(?: me)?(?: for| what)? (?:my|me) names?\b|"
    r"^(?:and |pls |please |ok )?no names?(?=,| (?:pls|please|ok|thanks|tho|though|on)\b|$)|"
    r"\b(?:dont|do not|wont|not) (?:want |wanna |put |use |have |give |leave |like )(?:to )?"
    r"(?:put |give |use |have |leave )?(?:my |any )?(?:real )?names? (?:on|in|down|"
    r"anywhere|to it|with it|used|given|said|shared|written)\b|"
    r"^(?:pls |please |can (?:it|i|this) (?:be|stay) |i want to (?:be|stay) |"
    r"id rather (?:be|stay) |keep (?:it|me|this) |just |make it |stay )?anon(?:ymous)?"
    r"(?: pls| please| ok| tho| thanks)?$|"
    r"\b(?:stay|remain|keep (?:it|me|this)|want to be|wanna be|rather be) anon(?:ymous)?\b|"
    r"\b(?:without|leave|keep) (?:giving )?my name(?: out)?\b|"
    r"\b(?:dont|do not|wont|not|cant|rather not) (?:want to |wanna |gonna |"
    r"going to )?"
    r"(?:say|sayin|saying|tell|tellin|telling|give|givin|giving)(?: (?:you|u))? "
    r"(?:my|his|her|their|any|"
    r"the) (?:real )?names?\b"
)
_SAFE = re.compile(
    r"\b(?:im|i am|were|we are|i feel|feel|so were|yeah im|im all) (?:\w+ )?(?:safe|ok|"
    r"okay|alright|fine|all right)\b"
    r"|\b(?:now|here|home|school|all|were|im) (?:and |n )?safe$"
    r"|^safe\b.*\b(?:hes|shes|theyre|here|home)\b"
    r"|^(?:yeh|yeah|yes|yh|ye|yep|yea|ya|ok) (?:im |i am |were |we are )?safe\b"
    r"|\bso (?:im |we are |were )?safe\b(?! as)"
    r"|^(?:safe|yeah safe|yes safe|safe yeah|safe rn|safe now|ok now|ok rn|its calmer|"
    r"its calm|calmer now)\b"
    r"|\b(?:its|it is) (?:\w+ )?(?:calmer|calm|quiet|ok|fine) (?:now|rn)\b|"
    r"\bno ?one (?:hurts|hits) me\b"
    r"|\b(?:they are|theyre|the kids are|the children are|the girls are|the boys are|"
    r"i have them) (?:\w+ )?(?:safe|fine|ok|fed|with me|at mine)\b"
    r"|\b(?:jestem bezpieczn[yay]|w domu jest dobrze|sunt in siguranta|dwin (?:saff|"
    r"ddiogel|iawn)|"
    r"я в безпеці|انا بخير|انا بامان|waan nabad qabaa|estou (?:bem|segur[ao])|"
    r"main (?:theek|mehfooz|thik)|ami nirapod)\b"
)
_UNSAFE = re.compile(
    r"\b(?:not|isnt|aint|dont feel|never|not really|never feel) (?:very |really |so |"
    r"that )?safe\b|\bunsafe\b|\bin danger\b"
    r"|\b(?:hes|shes|theyre|he is|she is|they are) (?:coming|outside|at the door|"
    r"still here|downstairs|in the house|banging|back)\b"
    r"|\bi cant (?:go|get) (?:back|home|out)\b|\b(?:nie jestem bezpieczn|"
    r"nu sunt in siguranta|ddim yn (?:saff|ddiogel)|"
    r"не в безпеці|لست بامان|nabad ma qabo|nao estou segur|mehfooz nahi|safe nahi|"
    r"safe nai)\w*"
)
# "safe thats helpful" thanks; it says nothing of where they are.
_THANKS = re.compile(
    r"safe,? (?:thats|that is|ty|ta|thanks|thank|thx|cheers|for (?:that|the|your|ur)|one|nice|cool|"
    r"bruv|fam|g\b)"
)
_GREETINGS = ("safe", "safe bro", "safe mate")
_NOT_SAID_OF_NOW = re.compile(r"\b(?:if|when|was|unless) i?m? ?safe\b")
_NOT_OK = re.compile(
    r"\b(?:not|isnt|arent|aint|never|dont feel) (?:\w+ )?(?:ok|okay|alright|fine|all right)\b"
)
# Whoever frightens the child is away, for as long as the words say.
_AWAY = re.compile(
    r"(?<!when )(?<!if )(?<!while )(?<!once )\b(?:hes|shes|theyre|he is|she is|they are) (?:\w+ )?"
    r"(?:away|out|gone|not here|not in|not home|on nights|at work|working|asleep|in prison|"
    r"at the pub)\b(?: (?:with|wit|at|for|on) (?:the |his |her )?\w+(?= (?:till?|til|until)\b))?"
    r"(?: (?:till|til|until|for|all|now|rn|tonight|today|atm|at the moment)\b(?: [\w:]+){0,3})?"
)
# Where a child is looked after, and who came, unless harm was told of them.
_SHELTERED = re.compile(
    r"\b(?:im|i am|i m|were|we are|staying|stayin|still|been|stopping) (?:\w+ ){0,3}"
    r"(?:at|round|with|over at|in) (?:my |our |a |the )?"
    r"(?P<who>nans?|nannys?|grans?|grandmas?|grandads?|aunt(?:ie|y)?s?|friends?|mates?|besties?|"
    r"neighbours?|teachers?|mums?|dads?|sisters?)(?: house| place| flat| \w+s)?"
    r"(?: (?:now|rn|tonight|atm|til \w+))?\b"
)
_HELP_HERE = re.compile(
    r"\b(?:police|polis|feds|cops|ambulance|paramedics?) (?:are|r|is|have|has|just|now)?(?: \w+)? ?"
    r"(?:here|arrived|come in|with (?:me|us)|inside)\b"
)
_FEARS = re.compile(
    r"\b(?:scared|afraid|not safe|unsafe|hiding|hide|coming|shouting|hit\w*|hurt\w*|banging|"
    r"last night|kick\w* (?:me )?out|cant stay|have to (?:go|leave)|until|til|when|if|was)\b"
)
_FOR_NOW = re.compile(r"\b(?:till|til|until|for|all|now|rn|tonight|today|atm|at the moment)\b")
_HERE = re.compile(
    r"^(?:yeah |yes |its ok |ok )?(?:my )?(?P<who>[a-z]+?)(?:s| is) (?:here|home|with me)"
    r"(?: now| rn| with me)?$"
)
_UNSURE = re.compile(
    r"\b(?:not sure|kinda|kind of|sort of|sorta|dunno|idk|i think so|think so|i guess|"
    r"for now|maybe|a bit|sometimes|depends)\b"
)


_DANGER_NOW = re.compile(
    r"\b(?:com(?:e|es|ing)|be) (?:to|round|at|for) (?:mine|ours|my (?:house|yard|home|door|gaff))\b"
    r"(?: (?:w|wi|with) (?:a )?\w+)?|"
    r"\b(?:kicking|banging|smashing|breaking|trying to (?:get|break)) "
    r"(?:on |in |down |at |my |the )*(?:\w+ )?door\b(?: in| down)?"
    r"|\b(?:got|has|holding|with) a (?:knife|gun|machete|blade|bat|hammer)\b|\bfollowing me\b"
    r"|\b(?:hes|shes|theyre|he is|she is|they are) (?:coming|hurting|hitting|beating|strangling|"
    r"attacking|trying to kill)\b(?: (?:my )?\w+)?"
    r"|\b(?:cant|can not|wont let me) (?:get|go) (?:out|away|back)\b|\blocked (?:me )?in\b"
    r"|\bdoors? (?:is |are )?locked\b"
    r"|(?<!stopped )(?<!not )(?<!isnt )\bbleeding\b(?! (?:has |is |s )?stopped)"
    r"|\btook (?:all|loads|too many|a load|lots|my|the|mums|dads|nans|some)\b[\w ]{0,20}"
    r"(?:tablets|pills|meds|paracetamol)\b"
    r"|\b(?:on|off|by) (?:the|a) (?:bridge|roof|ledge|edge|tracks?|top floor|multi ?storey)\b"
    r"|\btop floor\b|\bnowhere (?:to|2) go\b|\bin the cupb\w*d\b|\b(?:im|were|we are) hiding\b"
    r"|\bhid(?:ing)? (?:in|under|behind) (?:the |my )?\w+"
)


def find_danger(text: str) -> str | None:
    """Gives the words that say that something bad is happening this minute, or None.

    Only to be asked when the talk is an emergency: "he is coming" may be good news.
    """
    match = _DANGER_NOW.search(bare(text))
    return match.group() if match else None


_KIND_COMPANY = re.compile(
    r"\b(?:miss|mrs|mr|ms|sir|teacher|nan|gran|grandma|neighbour|nurse|lady|friend|mate)\b.{0,20}"
    r"\b(?:is |s )?(?:here|with me|next to me|sat with me)\b.{0,20}"
    r"\b(?:shes|hes|theyre|she is|he is|is) (?:\w+ )?"
    r"(?:nice|kind|lovely|sound|safe|helping|looking after me)\b"
)


def find_company(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the words that say somebody else than who does harm is with the child, or None."""
    low = bare(text)
    match = _HERE.match(low)
    involved = str(slots.get("who_involved") or "")
    kind = _kind_company(text, slots)
    if kind is not None:
        return kind
    if match is None or not involved or slots.get("asked") not in ("safe_now", "who_is_there"):
        return None
    here = find_people(match.group("who"))
    return match.group() if here and here[0] not in involved.split(", ") else None


def _kind_company(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the words with which a child speaks well of who is with them: nobody to hide from."""
    kind = _KIND_COMPANY.search(bare(text))
    involved = str(slots.get("who_involved") or "").split(", ")
    return kind.group() if kind and not set(find_people(text)) & set(involved) else None


def find_away(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the words that say that whoever frightens the child is away now, or None.

    A child who is left alone is not safe because everybody is out.
    """
    match = _AWAY.search(bare(text))
    if match is None or "neglect" in (slots.get("harms") or ()):
        return None
    bound = _FOR_NOW.search(match.group()) or slots.get("asked") in ("safe_now", "who_is_there")
    return match.group() if bound else None


def find_shelter(text: str, slots: Mapping[str, Any]) -> str | None:
    """Gives the words that say that a child is where somebody looks after them, or None."""
    low = bare(text)
    helped = _HELP_HERE.search(low)
    if helped is not None:
        return helped.group()
    found = _SHELTERED.search(low)
    if found is None or _FEARS.search(low) or slots.get("urgency") == "emergency":
        return None
    involved = str(slots.get("who_involved") or "").split(", ")
    keeps = set(find_people(found.group("who")))
    return None if keeps & set(involved) or not slots.get("worry") else found.group()


def declines_names(text: str) -> bool:
    """Tells whether the child will give no names, theirs or others'."""
    return bool(_NO_NAMES.search(bare(text)))


def short_answer(text: str) -> str | None:
    """Gives yes, no, dont_know or prefer_not_to_say when a message is nothing but that."""
    low = bare(text)
    for answer, pattern in (
        ("prefer_not_to_say", _DECLINE),
        ("dont_know", _DONT_KNOW),
        ("no", _NO),
        ("yes", _YES),
    ):
        match = pattern.match(low)
        rest = low[match.end() :].strip(" ,.!") if match else None
        if rest in (
            "",
            "pls",
            "please",
            "sorry",
            "thanks",
            "tbh",
            "lol",
            "mate",
            "really",
            "x",
            "ta",
        ):
            return answer
    if _DECLINES_WITHIN.search(low) and len(low.split()) <= 9 and not _BIDS.search(low):
        return "prefer_not_to_say"
    return None


def starts_with(text: str) -> str | None:
    """Gives yes or no when a longer message opens with it."""
    low = bare(text)
    first = re.match(r"[^\W\d_]+", low)
    if first is None or first.group() in _NO_OPENERS:
        return None
    if re.match(r"no (?:one|idea|way|worries|names|problem)\b", low):
        return None
    if _NO.fullmatch(first.group()):
        return "no"
    return "yes" if _YES.fullmatch(first.group()) else None


def find_safe_now(text: str, asked: str | None) -> str | None:
    """Gives yes, no or unsure when a message says whether the child is safe.

    "Not safe" wins over "safe", and doubt over certainty, because the mistake must lie on the
    side of asking on.
    """
    low = bare(text)
    if _THANKS.match(low) or (low in _GREETINGS and asked != "safe_now"):
        return None
    if _UNSAFE.search(low):
        return "no"
    said = _SAFE.search(low) and not _NOT_SAID_OF_NOW.search(low)
    if asked != "safe_now":
        return "yes" if said and not _NOT_OK.search(low) else None
    if _NOT_OK.search(low):
        return "no"
    if _UNSURE.search(low):
        return "unsure"
    return "yes" if said else _answered_safe_now(text)


def _answered_safe_now(text: str) -> str | None:
    answer = short_answer(text) or starts_with(text)
    return {"yes": "yes", "no": "no", "dont_know": "unsure"}.get(answer or "")
