"""A child who presses that they would like somebody else than the worker they know."""

from bot import calls, replies
from bot.outcome import Outcome, Turn
from handover import absences
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency


def answer(turn: Turn, level: Urgency, language: str) -> Outcome | None:
    """Gives what follows from the press, or None where nobody pressed it.

    It arrives whoever holds the talk: the wish may be about that very person, who does not answer
    it alone. Beside a person the bot says nothing.
    """
    if turn.messages[-1].choice != absences.CHANGE_WORKER:
        return None
    is_held = turn.holder is Holder.PRACTITIONER
    reason = None if is_held else HandoverReason.CONTACT_READY
    return Outcome(
        replies=() if is_held else replies.say("worker_wish", language, turn),
        handover=calls.reason_for(turn, level) or reason,
        commands=("change_of_worker",),
    )
