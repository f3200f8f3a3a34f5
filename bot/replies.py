"""What the bot says by itself: texts chosen by rules, needing no dialogue."""

import datetime as dt

from bot.outcome import Reply, Turn, TurnMessage
from handover import wording
from models.channel import MessageKind
from models.urgency import Harm

# The full emergency words are given again only when this much time has passed.
_EMERGENCY_AGAIN_AFTER = dt.timedelta(minutes=15)
_HOLD_AGAIN_AFTER = dt.timedelta(minutes=10)


def emergency_words(turn: Turn, language: str, harms: frozenset[Harm]) -> tuple[Reply, ...]:
    """Gives the emergency words in full, for the harm there is."""
    key = "emergency_suicide" if Harm.SUICIDE in harms else "emergency"
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


def media_replies(turn: Turn, language: str) -> tuple[Reply, ...]:
    """Gives a kind word on each sort of thing that is no text."""
    # A message in which nothing came through is answered too.
    kinds = dict.fromkeys(
        MessageKind.UNKNOWN if _is_empty(message) else message.kind for message in turn.messages
    )
    return tuple(
        reply
        for kind in kinds
        if kind in _MEDIA_WORDS
        for reply in say(_MEDIA_WORDS[kind], language, turn)
    )


def _is_empty(message: TurnMessage) -> bool:
    is_words = message.kind in {MessageKind.TEXT, MessageKind.EDIT, MessageKind.CHOICE}
    return is_words and not message.text.strip() and message.choice is None


_MEDIA_WORDS = {
    MessageKind.IMAGE: "media_image",
    MessageKind.VOICE: "media_voice",
    MessageKind.VIDEO: "media_video",
    MessageKind.DOCUMENT: "media_document",
    MessageKind.LOCATION: "media_location",
    MessageKind.CONTACT_CARD: "media_contact_card",
    MessageKind.STICKER: "media_sticker",
    MessageKind.UNKNOWN: "media_unknown",
}


def say(key: str, language: str, turn: Turn) -> tuple[Reply, ...]:
    """Gives the texts of a key as replies."""
    texts = wording.texts(key, language, turn.tokens)
    return tuple(Reply(text=text) for text in texts)
