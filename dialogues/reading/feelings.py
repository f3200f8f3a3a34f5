# ruff: noqa: RUF001  Other alphabets are meant.
"""Notices the feeling in a message, for one short sentence that gives it back."""

import re

from dialogues.reading.words import bare

# In this order: what weighs most is reflected first.
_FEELINGS = (
    (
        "self_harm",
        (
            r"\b(?:cut(?:ting)? (?:my ?self|me|again)|hurt(?:ing)? my ?self|self ?harm\w*|"
            r"hurt me? ?self|burn(?:ed|t)? my ?self|relapsed|want to die|wanna die|kill my ?self|"
            r"kms|unalive|suicid\w+|dont (?:want|wanna) (?:to )?(?:be here|be alive|live|exist|"
            r"wake up)|end it|not be here)\b"
        ),
    ),
    (
        "hurt",
        (
            r"\b(?:hit|hits|hitting|hurt|hurts|punch\w*|kick\w*|slap\w*|beat|beats|beating|"
            r"push(?:ed|es)|chok\w*|strangl\w*|burn\w*|thr(?:ows?|ew) (?:things|stuff|me|it|a|my)|"
            r"belt|smack\w*|touch(?:es|ed|"
            r"ing)? me|bruis\w*|marte|maarte|mar(?:ta|da)|bije|bij[aą]|loveste|bate|taro|dilaa|"
            r"bate-me|mare|maren?|marche|pit(?:ay)?)\b|б'є|бʼє|يضرب"
        ),
    ),
    (
        "pressured",
        (
            r"\b(?:owe|owes|pics|nudes|noods|pictures of me|send (?:him|her|them)|makes? me (?:do|"
            r"carry|hold|sell|send)|carry\w* (?:stuff|packages|packs|drugs|things)|threat\w*|"
            r"blackmail\w*|forced?|making me|wont let me|money (?:i|off)|got me (?:carrying|doing|"
            r"running|holding|selling))\b"
        ),
    ),
    (
        "scared",
        (
            r"\b(?:scar(?:ed|y|ing)|afraid|frighten\w*|terrified|panic\w*|anxious|dont feel safe|"
            r"shak(?:e|ing)|hiding|hide|boje|frica|ofn|baqayaa|medo|dar lagta|dar lagda|bhoy)\b|"
            r"страшно|خائف|خايف"
        ),
    ),
    (
        "alone",
        (
            r"\b(?:alone|lonely|no ?one (?:cares|likes|listens|understands|talks|believes)|"
            r"nobody (?:cares|likes|listens|understands|talks|believes)|no friends|left out|"
            r"ignored|invisible|on my own|sam[ao]? jestem|singur)\b"
        ),
    ),
    (
        "picked_on",
        (
            r"\b(?:bull\w+|pick(?:ed|ing|s)? on|laugh(?:ing|s|ed)? at|call(?:ed|ing|s)? me|"
            r"tease\w*|teasing|take the mick|names at me|smiej[aą]|smieja|rad de mine|"
            r"chwerthin|gozam|"
            r"mean to me|nasty to me)\b"
        ),
    ),
    (
        "shouting",
        (
            r"\b(?:shout\w*|scream\w*|yell\w*|argu\w*|rows?|rowing|fight\w*|krzycz\w+|tipa|"
            r"gweiddi|chillat\w+|splitting up|divorc\w+|separat\w+)\b|кричить|يصرخ"
        ),
    ),
    (
        "missing",
        (
            r"\b(?:miss (?:my|her|him|them)|wanna see my|want to see my|not seen (?:them|him|her|"
            r"my)|havent seen|died|passed away|death|funeral|grief|rip)\b"
        ),
    ),
    (
        "caring",
        (
            r"\b(?:look(?:ing)? after|care for|caring for|feeds?|cook(?:ing)? for|"
            r"do(?:ing)? (?:all )?the (?:cooking|cleaning|washing)|stay up|meds|wheelchair|"
            r"disabled|poorly|get (?:her|him|them) (?:up|dressed|ready))\b"
        ),
    ),
    (
        "drinking",
        (
            r"\b(?:drink(?:s|ing)?|drunk|wasted|bottles?|vodka|using again|drugs|(?:gets?|getting|"
            r"always) high|weed)\b"
        ),
    ),
    (
        "let_down",
        (
            r"\b(?:never rang|never called|said (?:they|someone)\w* ?(?:would|d)|"
            r"keep(?:s)? moving|moved again|new (?:social worker|sw|placement|carer)|"
            r"again\b.*social worker|social worker again|no ?one (?:rang|called|told me)|3rd|"
            r"third|changed again|promised)\b"
        ),
    ),
    (
        "no_home",
        (
            r"\b(?:kicked (?:me )?out|chucked (?:me )?out|nowhere (?:to|2)|no where|"
            r"sleep(?:ing)? (?:rough|outside)|sofa|homeless|locked (?:me )?out|hungry|no food|"
            r"havent eaten|starving|no heating|no electric)\b"
        ),
    ),
    (
        "angry",
        (
            r"\b(?:angry|mad at|hate (?:him|her|them|it|my)|furious|pissed off|sick of|fed up|"
            r"had enough|unfair|not fair)\b"
        ),
    ),
    (
        "ashamed",
        (
            r"\b(?:ashamed|embarrass\w*|my fault|stupid of me|disgusting|dirty|hate my ?self|"
            r"worthless|useless|guilty|blame)\b"
        ),
    ),
    (
        "tired",
        (
            r"\b(?:tired|exhausted|cant sleep|dont sleep|no sleep|cant cope|too much|cant do this|"
            r"stress\w*|overwhelm\w*)\b"
        ),
    ),
    (
        "sad",
        (
            r"\b(?:sad|cry(?:ing)?|cried|upset|depress\w*|down|unhappy|not happy|miserable|low|"
            r"heartbroken|hurts inside|smutn\w+|trist\w*|drist)\b|😔|😢|😭|😞|💔|🥺|сумно|حزين"
        ),
    ),
    (
        "worried",
        (
            r"\b(?:worr\w+|nervous|concerned|stressed|dont know what to do|what do i do|"
            r"what should i do)\b"
        ),
    ),
)
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _FEELINGS)
NAMES = tuple(name for name, _ in _FEELINGS)


def find_feeling(text: str) -> str | None:
    """Gives the feeling that weighs most in a message, or None."""
    low = bare(text)
    denied = re.search(
        r"\b(?:no ?one|nobody|he doesnt|she doesnt|they dont|never|nie|not) (?:\w+ )?(?:hits?|"
        r"hurts?|hitting|bij[aą])\b",
        low,
    )
    for name, pattern in _PATTERNS:
        if pattern.search(low) and not (name == "hurt" and denied):
            return name
    return None
