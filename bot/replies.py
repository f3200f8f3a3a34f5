"""What the bot says by itself: texts chosen by rules, needing no dialogue."""

import datetime as dt
import re

from bot.outcome import Reply, Turn, TurnMessage
from handover import wording
from handover.records import GatheredAnswer
from models.channel import MessageKind
from models.contact import AnswerStatus
from models.urgency import Harm

# The full emergency words are given again only when this much time has passed.
_EMERGENCY_AGAIN_AFTER = dt.timedelta(minutes=15)
_HOLD_AGAIN_AFTER = dt.timedelta(minutes=10)


def emergency_words(turn: Turn, language: str, harms: frozenset[Harm]) -> tuple[Reply, ...]:
    """Gives the emergency words in full, for the harm there is."""
    about = (turn.known.get("about_whom") or {}).get("value")
    # Who writes for a friend is not told that their own life matters.
    is_own = about not in {"friend", "sibling"}
    key = "emergency_suicide" if Harm.SUICIDE in harms and is_own else "emergency"
    return say(key, language, turn)


def is_emergency_unanswered(turn: Turn) -> bool:
    """Tells whether the full emergency words are to be given, for the first time or again."""
    if turn.emergency_answered_at is None:
        return True
    return turn.now - turn.emergency_answered_at > _EMERGENCY_AGAIN_AFTER


def holding(turn: Turn, language: str) -> tuple[Reply, ...]:
    """Gives the truth when the dialogue is not to be had; shorter the second time."""
    is_again = turn.held_at is not None and turn.now - turn.held_at < _HOLD_AGAIN_AFTER
    return say("holding_again" if is_again else "holding", language, turn)


def media_replies(turn: Turn, language: str, harms: frozenset[Harm]) -> tuple[Reply, ...]:
    """Gives a kind word on what is no text: one for a burst, and a short one when more comes.

    Only where it is a place is there a word of its own beside it, because 999 is in it.
    """
    # A message in which nothing came through is answered too.
    kinds = {
        MessageKind.UNKNOWN if _is_empty(message) else message.kind for message in turn.messages
    }
    known = [kind for kind in _MEDIA_WORDS if kind in kinds]
    others = [kind for kind in known if kind is not MessageKind.LOCATION]
    said = [kind for kind in known if kind is MessageKind.LOCATION or kind in others[:1]]
    if not said:
        return ()
    is_again = set(said) <= turn.recent_kinds and MessageKind.UNKNOWN not in said
    keys = ["media_again"] if is_again else [_MEDIA_WORDS[kind] for kind in said]
    found = tuple(reply for key in keys for reply in say(key, language, turn))
    if kinds & _PICTURES and _may_be_own_picture(turn, harms):
        return (*found, *say("media_report_remove", language, turn))
    return found


def report_remove(turn: Turn, harms: frozenset[Harm], language: str) -> tuple[Reply, ...]:
    """Gives where pictures are taken down, the first time that words tell of private ones."""
    texts = [message.text for message in turn.messages if message.kind not in _PICTURES]
    about = [text for text in texts if _OWN_PICTURE.search(text)]
    is_told = bool(about) and (
        bool(harms & _OF_PICTURES) or any(_PASSED_ON.search(text) for text in about)
    )
    if not is_told or any(_OWN_PICTURE.search(text) for text in turn.previous):
        return ()
    return say("media_report_remove", language, turn)


def places(turn: Turn) -> tuple[GatheredAnswer, ...]:
    """Gives where the child is, from a place that they shared."""
    found = [message.place for message in turn.messages if message.place is not None]
    return tuple(
        GatheredAnswer(field="current_location", status=AnswerStatus.VALUE, value=place)
        for place in found[-1:]
    )


_PICTURES = {MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT}
_OF_PICTURES = {Harm.ONLINE_HARM, Harm.SEXUAL_EXPLOITATION, Harm.SEXUAL_ABUSE}
_OWN_PICTURE = re.compile(
    r"\b(nudes?|naked|topless|undressed|leaked?|sexting|private (pic|photo|video)s?|"
    r"(pic|photo|video|snap)s? of (me|my body))\b",
    re.IGNORECASE,
)


_PASSED_ON = re.compile(
    r"\b(shar(e|es|ed|ing)|leak\w*|post(s|ed|ing)?|sen[dt]\w*|show\w*|spread\w*|blackmail\w*|pay)\b",
    re.IGNORECASE,
)


def _may_be_own_picture(turn: Turn, harms: frozenset[Harm]) -> bool:
    texts = (*turn.previous, *(message.text for message in turn.messages))
    return bool(harms & _OF_PICTURES) or any(_OWN_PICTURE.search(text) for text in texts)


def _is_empty(message: TurnMessage) -> bool:
    is_words = message.kind in {MessageKind.TEXT, MessageKind.EDIT, MessageKind.CHOICE}
    return is_words and not message.text.strip() and message.choice is None


# In the order in which one is chosen for all.
_MEDIA_WORDS = {
    MessageKind.VOICE: "media_voice",
    MessageKind.IMAGE: "media_image",
    MessageKind.VIDEO: "media_video",
    MessageKind.DOCUMENT: "media_document",
    MessageKind.LOCATION: "media_location",
    MessageKind.CONTACT_CARD: "media_contact_card",
    MessageKind.UNKNOWN: "media_unknown",
    MessageKind.STICKER: "media_sticker",
}


def say(key: str, language: str, turn: Turn) -> tuple[Reply, ...]:
    """Gives the texts of a key as replies."""
    texts = wording.texts(key, language, turn.tokens)
    return tuple(Reply(text=text) for text in texts)
