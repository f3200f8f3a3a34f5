"""Chooses the short answer to what is told after the emergency words were said."""

import re
from collections.abc import Mapping
from typing import Any

from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import bare

_RINGS = re.compile(
    r"\b(?:im |i am |were |ive |i have |i |we |mums? |nans? |she |shes |hes |ill |im gonna |"
    r"going to )"
    r"(?:just |now |already |gonna |going to |is |are |will |have )*"
    r"(?:ringing|rang|rung|ring|calling|called|call|phoning|phoned|phone|dialling|dialled|on the "
    r"phone (?:to|with|2)|on (?:the line|to) (?:to |with )?)"
    r" ?(?:them|999|911|112|the police|police|the ambulance|an ambulance|ambulance|it)\b"
    r"|^(?:ok |yeah |yes |alright )?(?:ringing|calling|phoning|dialling) (?:them|999|it|now|"
    r"police)\b"
    r"|\bon the (?:phone|line) (?:to|with) (?:999|the police|police|them|an ambulance)\b"
    r"|\b(?:pressed|prest|pushed|dialled|dialed|dialld|typed|done|did|rang|rung|called) "
    r"(?:it )?999\b"
)
_NOT_RINGING = re.compile(r"\b(?:cant|dont want|scared|wont|not|cannot|should i|do i|shall i)\b")
_GOES = re.compile(
    r"\b(?:should|shall|can|could|do) i (?:just )?(?:go|run|walk|get (?:over|round)|come)\b"
    r"|\b(?:im|i am|ill|i will|im gonna|ima|i might|i want to|i wanna|i need to|ive got to|gonna)"
    r" (?:just |gonna |going to )*(?:go|going|run|running|walk|walking|head|heading|cycle|get)"
    r" (?:over|round|back|there|in|inside|downstairs|home|to (?:hers|his|theirs|her house|"
    r"his house|their house|her|him|them))\b"
)
_TO_SAFETY = re.compile(
    r"\b(?:neighbours?|next door|nans?|grans?|aunt\w*|friends? house|police|station|shop|"
    r"hospital|outside|away|out)\b"
)
_HELP_IS_HERE = re.compile(
    r"\b(?:police|feds|ambulance|paramedics?|officers?)"
    r"(?: is| are| r|ve| have|s)? (?:just )?(?:here|arrived|turned up|came|with me)\b"
)
_HELP_COMES = re.compile(
    r"\b(?:police|feds|ambulance|paramedics?|officers?|999|help|(?:my )?(?:nan|neighbour|auntie))"
    r"(?:s| is| are| r|re| will be)? (?:now |just |nearly |almost )?"
    r"(?:(?:on (?:the|their|there|its) way|omw|coming|outside|nearly here)(?! to get))\b"
    r"|\bi can (?:hear|see) (?:the )?(?:sirens?|police|ambulance|blue lights)\b"
    r"|^(?:they|theyre|they are|they r) (?:on (?:the|their|there) way|omw)\b"
)
_LOCKED = re.compile(
    r"\b(?:i|we|ive|weve|i have|im)(?: have|ve)? (?:just )?lock(?:ed)? (?:the |my |our )?"
    r"(?:\w+ )?(?:door|myself in|us in|it)\b|^(?:the |my )?(?:\w+ )?doors? (?:is |s |are )?"
    r"(?:locked|shut|bolted)\b|^(?:its |ok its |yeah its )?locked(?: now| yes)?$"
)
_WOKE = re.compile(
    r"\b(?:hes|shes|theyre|he|she|they|dad|mum|everyone|some ?(?:one|body)|\w+s|baby)"
    r"(?: is| has| just| are)* (?:woke|woken|waking|awake|up now|getting up|stirring)\b"
)
_NUMBER_ALONE = re.compile(r"\W*(?:no |number |num |#)?\d{1,4}[a-d]?\W*$")
_SAYS_WHAT = re.compile(
    r"\b(?:what|wot|wat|how) (?:do|would|wud|should|shud|can|could|will) i (?:even |just )?"
    r"(?:say|tell|explain)\b|\bdont know what to say\b|\b(?:dont|do not) (?:want to |wanna )?wake\b"
)
_MEANS = re.compile(
    r"\b(?:pills?|tablets?|tabs|paracetamol|ibuprofen|blades?|razors?|kni(?:fe|ves)|rope|bleach|"
    r"meds)\b"
)
_TAKEN = re.compile(r"\b(?:took|taken|take|had|swallowed|ate|drank|done|cut)\b")
_HANDED = re.compile(
    r"\b(?:give|gave|given|giving|hand|handed|flush\w*|chuck\w*|bin|binned|thr(?:ow|ew|own)|put) "
    r"(?:it|them|the \w+|my \w+)(?: all)? (?:to|2|away|down|back|in the bin|out)\b"
    r"|\bgave (?:her|him|mum|dad|nan) (?:it|them|the)\b"
)
_BREATHES = re.compile(
    r"\b(?:she|shes|he|hes|mum\w*|dad\w*|nan|baby|sister|brother|they|theyre)(?: is| are)? "
    r"(?:still |just |kind of )?(?:breath\w*|breth\w*|breeth\w*)\b"
)
_NOT_BREATHING = re.compile(r"\b(?:not|isnt|aint|stopped|cant|wont|no|door|phone|neck)\b")
_COMFORTED = re.compile(
    r"\b(?:hugging|cuddling|holding me|sat with me|with me now|here with me|looking after me)\b"
)
_OF_LIFE = frozenset(["suicide", "self_harm"])
_NOTED = ("age", "name_to_use", "safe_contact_times", "safe_contact_channel", "other_child")


def choose_reply(facts: Mapping[str, Any], text: str, slots: Mapping[str, Any]) -> str:
    """Gives which answer fits: to going there, to ringing 999, to a place, to a fact."""
    of_life = not _OF_LIFE.isdisjoint(slots.get("harms") or ())
    low = bare(text)
    told = {n for n, value in facts.items() if value not in (None, PREFER_NOT, DONT_KNOW)}
    happening = _happening(text, low, of_life=of_life)
    if happening is not None:
        return happening
    if is_number_alone(text) and not told:
        # After tablets it is how many, not the number of a house.
        of_means = slots.get("last_feeling") == "emergency_means"
        number = "emergency_means" if of_means else "emergency"
        return number if of_life else "emergency_number"
    if "current_location" in told:
        return "emergency_place"
    if "name_to_use" in told:
        return "name"
    return "emergency_noted" if told.intersection(_NOTED) else "emergency"


def _happening(text: str, low: str, *, of_life: bool) -> str | None:
    """Gives the answer to what is happening this minute; the first that fits, or None."""
    fits = {
        "emergency_going": bool(_GOES.search(low)) and not _TO_SAFETY.search(low),
        "emergency_helped": bool(_HELP_IS_HERE.search(low) or _COMFORTED.search(low)),
        "emergency_coming": says_help_comes(text),
        "emergency_ringing": bool(_RINGS.search(low)) and not _NOT_RINGING.search(low),
        "emergency_handed": of_life and bool(_HANDED.search(low)),
        "emergency_say": of_life and bool(_SAYS_WHAT.search(low)),
        "emergency_means": of_life and bool(_MEANS.search(low)) and not _TAKEN.search(low),
        "emergency_alive": bool(_BREATHES.search(low)) and not _NOT_BREATHING.search(low),
        "emergency_locked": bool(_LOCKED.search(low)),
        "emergency_woke": bool(_WOKE.search(low)),
    }
    return next((reply for reply, does in fits.items() if does), None)


def says_help_comes(text: str) -> bool:
    """Tells "police r coming" from the question whether they are."""
    return "?" not in text and bool(_HELP_COMES.search(bare(text)))


def is_number_alone(text: str) -> bool:
    """Tells whether a message is a number such as a house has, which is no place by itself."""
    return bool(_NUMBER_ALONE.match(bare(text)))
