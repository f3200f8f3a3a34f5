"""The child is back: what ends the cover of a child without a safe word, and what follows it."""

import re
from dataclasses import replace

from bot.outcome import Turn, TurnMessage
from bot.signals import Signal, signal_in

_OPENING = (
    r"(?:(?:hi+|hiya|hello|hey|heya|ok|okay|k|right|so|phew|yeah|yes|yh|sorry|its ok|it's ok|"
    r"its fine|all good|and|um|omg|thank god)\b[\s,.!-]*)*"
)
_WHO = (
    r"(?:(?:my |me )?(?:mum|mam|mom|dad|stepdad|step dad|stepmum|step mum|brother|sister|bro|sis|"
    r"nan|uncle|aunt|auntie|carer|boyfriend|bf|parents)|he|she|they|every ?(?:one|body))"
)
_GOES = (
    r"(?: (?:out|away|off|now|again|rn|upstairs|downstairs|home|outside|shopping|"
    r"(?:to )?(?:bed|sleep|work|(?:the )?(?:shops?|pub|gym|toilet|loo)|town|school|church)|"
    r"in the (?:shower|bath)|back to (?:bed|work|sleep)))*"
)
# An excuse for the break is a return by itself: "sorry he come in my room".
_EXCUSE = (
    rf"(?:sorry|srry|soz|sry)\b[\s,.!-]*(?:about (?:that|b4|before)|that was {_WHO}|"
    rf"had to (?:go|hide it|put it away|stop|delete)\b(?: \w+){{0,3}}|"
    rf"{_WHO}(?: just| had| has)? (?:came|come|comes|walked|was|were|popped|wanted|burst)\b"
    r"(?: (?!but\b|and\b|n\b|so\b|now\b|im\b|he\b|she\b)\w+){0,5})"
)
_NOW = r"(?: (?:now|again|rn|finally))*"
_RETURNS = (
    rf"(?:i'?m|i am|am) (?:back|alone|on my own|by myself){_NOW}",
    rf"back{_NOW}",
    r"(?:it'?s|it is) me again",
    (
        rf"{_WHO}(?:['\u2019]?s|['\u2019]?re| is| are| has| have|['\u2019]?ve)? "
        rf"(?:just |finally )?gone{_GOES}"
    ),
    (
        rf"{_WHO}(?:['\u2019]?s|['\u2019]?re| has| have|['\u2019]?ve)? (?:just )?(?:left|went)"
        r"(?: (?:out|away|off|upstairs|downstairs|home|outside|"
        r"(?:to )?(?:bed|sleep|work|(?:the )?shops?)))?"
        r"(?: now| rn| again)?"
    ),
    (
        rf"{_WHO}(?:['\u2019]?s|['\u2019]?re| is| are) (?:asleep|sleeping|out|in bed|at work|"
        r"(?:away|off|out) (?:to )?(?:the )?(?:pub|shops?|gym|work|bed|football|nans?)|away)"
        rf"{_NOW}"
    ),
    (
        rf"(?:it'?s |it is |its all |everything'?s )?(?:safe|all clear|clear){_NOW}"
        rf"(?: to (?:talk|text|chat|write))?{_NOW}"
    ),
    rf"(?:the )?coast(?:'?s| is)? clear{_NOW}",
    (
        rf"(?:theres |there'?s |there is )?(?:no ?(?:one|body)(?:'?s| is)?)"
        rf"(?: else)?(?: (?:here|around|about|in|watching|looking|home))+{_NOW}"
    ),
    rf"(?:i|we) can (?:talk|text|chat|write){_NOW}",
    rf"(?:ok|safe) to (?:talk|text|chat){_NOW}",
)
# What follows must begin anew: "shes gone to get her belt" and "hes gone mad" end nothing.
_ANEW = (
    r"(?=$|\s*[,.;!\n:)]|\s*[^\w\s?'\u2019]|\s+(?:sorry|srry|so|and|n|but|i|im|i'm|we|he|hes|she|"
    r"shes|they|my|can|what|where|anyway|ok|okay|it|its|that|mum|dad|thanks|please|pls|"
    r"hi|hey|hello|you|u|are|r|is|will|who|how)\b)"
)
_RETURN = re.compile(
    rf"^\s*(?:(?:ok |hi |hey |omg |im back )?{_EXCUSE}|"
    rf"{_OPENING}(?:{'|'.join(f'(?:{one})' for one in _RETURNS)})){_ANEW}[\s,.;:!-]*",
    re.IGNORECASE,
)
_APOLOGY = re.compile(r"\b(?:sorry|came|walked|was|were|had|popped|needed|wanted)\b", re.IGNORECASE)


def after_return(turn: Turn) -> tuple[TurnMessage, ...] | None:
    """Gives what the child wrote after saying that they are back, or None when they are not.

    What stands before that in a burst was for whoever looked; a sign after it hides again.
    """
    found: tuple[TurnMessage, ...] | None = None
    for number, message in enumerate(turn.messages):
        signal = signal_in(message.text)
        if signal in {Signal.SOMEONE_HERE, Signal.DURESS}:
            found = None
        elif found is None and (rest := _rest(message.text)) is not None:
            kept = (replace(message, text=rest),) if rest else ()
            found = (*kept, *turn.messages[number + 1 :])
    return found


def excuses(messages: tuple[TurnMessage, ...]) -> bool:
    """Tells whether what follows only says who was there before."""
    return any(_APOLOGY.search(message.text) for message in messages)


def _rest(text: str) -> str | None:
    """Gives what follows the return in a message, or None where there is none."""
    if signal_in(text) is Signal.BACK:
        return ""
    found = _RETURN.match(text)
    if found is None:
        return None
    return text[found.end() :].strip()
