"""A child we know who writes from somewhere else: known again by name and safe word together."""

import re
from dataclasses import dataclass

from bot import calls, replies
from bot.asides import MASK
from bot.outcome import Outcome, Turn
from models.conversation import HandoverReason
from models.recognition import RecognitionResult
from models.urgency import Urgency, highest

# What says that they were here before: without it, "my safe word is" chooses a new word.
_AGAIN = re.compile(
    r"\b(?:it'?s|its|it is) me\b|\bme again\b|\bagain\b|\bback\b|\bbefore\b|"
    r"\b(?:new|other|another|different|my mates?|friends?|nans?|old|lost my) "
    r"(?:phone|number|sim|account|chat|app)\b|\bremember me\b|\bchanged (?:my )?(?:phone|number)\b",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"\b(?:(?:my |the )?(?:safe |secret |code |pass )word(?:'?s| is| was)?|my word(?:'?s| is| was)|"
    r"word ?[:=])[: ]\s*"
    r"[\"'\u2018\u201c]?(?P<word>[^\s\"'\u2019\u201d,.!?]+(?: [^\s\"'\u2019\u201d,.!?]+){0,2}?)"
    r"[\"'\u2019\u201d]?\s*(?:$|[,.!?\n]| and | but )",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:i'?m|i am|it'?s|its|it is|this is|my name(?:'?s| is| was)|name(?:'?s| is)|"
    r"called|call me)\s+(?:me,?\s+)?"
    r"(?!(?:me|back|again|the|a|my|not|on|so|in|from|and|i'?m|hi|hello)\b)"
    r"(?P<name>[^\W\d_][\w'\u2019-]{1,30})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says to be known again."""

    name: str | None
    word: str
    start: int
    end: int


def claim_in(text: str) -> Claim | None:
    """Gives the name and the word by which a message asks to be known again, or None."""
    word = _WORD.search(text)
    if word is None or not _AGAIN.search(text):
        return None
    name = _NAME.search(text)
    return Claim(
        name=name["name"] if name else None,
        word=word["word"],
        start=word.start("word"),
        end=word.end("word"),
    )


def follow(turn: Turn, level: Urgency, language: str) -> Outcome | None:
    """Gives what follows from such a claim; None where none was made.

    A wrong word and a name that nobody has are answered alike. Nothing on record is shown.
    """
    if turn.recognised is None:
        return None
    newest = turn.messages[-1]
    claim = claim_in(newest.text)
    if claim is None:
        return None
    is_known = turn.recognised is RecognitionResult.LINKED
    hidden = newest.text[: claim.start] + MASK + newest.text[claim.end :]
    return Outcome(
        replies=replies.say("known_again" if is_known else "not_known_again", language, turn),
        handover=calls.reason_for(turn, level) or HandoverReason.ANOTHER_CHANNEL,
        urgency=highest(level, Urgency.CONCERN),
        masks={newest.id: hidden},
        claims=frozenset({newest.id}),
    )
