"""A child who comes back: what we have, who has read it, and whether it is the same worry."""

import datetime as dt
from dataclasses import replace

from bot import replies
from bot.episodes import LONG_AWAY
from bot.outcome import Change, Outcome, Reply, Return, Turn
from handover import wording
from handover.outgoing import Choice
from models.urgency import Urgency

AWAY = dt.timedelta(hours=12)
"""After so long a child is welcomed back; before, the talk just goes on."""

_SAME, _NEW = "back:same", "back:new"
_GREETING_WORDS = 3


def welcome(turn: Turn, level: Urgency, language: str) -> tuple[Reply, ...]:
    """Gives what a child who was away hears first; nothing before words that are urgent.

    Nothing in it tells what was talked about: somebody else may hold the phone now.
    """
    if turn.returned is None or level.raises_alert:
        return ()
    key = "back_with_worry" if turn.returned.had_worry else "back_plain"
    return replies.say(key, language, turn)


def greet(turn: Turn, level: Urgency, language: str) -> Outcome | None:
    """Gives the welcome and the one question with it, when a greeting is all the child wrote."""
    returned = turn.returned
    if returned is None or level is not Urgency.NO_CONCERN or not _asks_which(returned):
        return None
    words = " ".join(message.text for message in turn.messages).split()
    if not words or len(words) > _GREETING_WORDS or turn.messages[-1].choice is not None:
        return None
    [question] = replies.say("back_question", language, turn)
    choices = tuple(
        Choice(title=wording.texts(key, language)[0], payload=payload)
        for key, payload in (("back_same", _SAME), ("back_new", _NEW))
    )
    return Outcome(
        replies=(*welcome(turn, level, language), replace(question, choices=choices)),
    )


def answer(turn: Turn, level: Urgency, language: str) -> Outcome | None:
    """Gives what follows when the child said which worry it is, or None when they did not."""
    choice = turn.messages[-1].choice
    if level.raises_alert or choice not in {_SAME, _NEW}:
        return None
    if choice == _SAME:
        return Outcome(
            replies=replies.say("back_same_said", language, turn),
            changes=frozenset({Change.SAME_WORRY}),
        )
    return Outcome(
        replies=replies.say("back_new_said", language, turn),
        changes=frozenset({Change.NEW_WORRY}),
    )


def last_read(turn: Turn, language: str) -> tuple[Reply, ...]:
    """Gives when a person last read what the child wrote."""
    return replies.say("last_read_line", language, turn)


def _asks_which(returned: Return) -> bool:
    return returned.had_worry and (returned.is_new_episode or returned.away >= LONG_AWAY)
