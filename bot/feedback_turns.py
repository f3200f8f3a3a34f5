"""A child who answers how it went: kept as feedback, unless there is more in the words."""

from collections.abc import Callable
from dataclasses import replace

from bot import replies
from bot.dialogue import DialogueAnswer, DialogueUnavailableError
from bot.outcome import Change, Outcome, Reply, Turn
from handover import feedback
from models.urgency import Urgency

# What the dialogue may make of an opinion on us without its being more than that.
_HARMLESS = {"feedback", "goodbye", "help"}


def answer(
    turn: Turn, level: Urgency, language: str, ask_dialogue: Callable[[], DialogueAnswer]
) -> Outcome | None:
    """Gives what follows from an answer to the open question, or None when it is no answer.

    A wish for a person, a worry or a question in it is never taken for an opinion on us.
    """
    if turn.feedback_item is None or level is not Urgency.NO_CONCERN or len(turn.messages) != 1:
        return None
    [message] = turn.messages
    given = feedback.read(turn.feedback_item, message.text, message.choice)
    if given is None:
        return None
    if given.words is not None and _is_more(given.words, ask_dialogue):
        return None
    following = feedback.following(turn.feedback_set, given.item)
    if following is None:
        said = replies.say("feedback_thanks", language, turn)
    else:
        asked = feedback.question(following, language)
        said = (Reply(text=asked.text, choices=asked.choices),)
    return Outcome(replies=said, feedback=given)


def reopen(turn: Turn, outcome: Outcome) -> Outcome:
    """Gives the outcome for words that were no answer: a new episode after an end."""
    if turn.feedback_item is None or outcome.feedback is not None:
        return outcome
    changes = {Change.FEEDBACK_OVER}
    if turn.is_ended:
        changes.add(Change.NEW_WORRY)
    return replace(outcome, changes=outcome.changes | changes)


def _is_more(words: str, ask_dialogue: Callable[[], DialogueAnswer]) -> bool:
    if "?" in words:
        return True
    try:
        return bool(set(ask_dialogue().commands) - _HARMLESS)
    except DialogueUnavailableError:
        # It is kept either way, and a message of any concern never comes here.
        return False
