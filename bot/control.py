"""The child controls contact: stop and start, someone is here, their own words, tidying up.

These need no dialogue, hold beside a practitioner too, and are the same on every channel.
"""

import re

from bot import calls, chosen_words, cover, plan_steps, replies, uncovering
from bot.asides import MASK
from bot.outcome import Change, ChosenWord, Outcome, Reply, Turn
from bot.signals import Signal, signal_in
from handover.plan_changes import PlanStep
from handover.safe_words import WordKind
from models.channel import ChannelName
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency, highest

# Whoever looks may read the words of a farewell too, so that what hides comes first.
_FIRST = (Signal.DURESS, Signal.SOMEONE_HERE, Signal.STOP, Signal.DELETE)
_OF_HELP = re.compile(
    r"\b(?:999|ambulance|paramedics?|police|the lady (?:is|says|said)|ring(?:ing)?|rang|siren)\b",
    re.IGNORECASE,
)
_RECENT = 6  # messages
_NETWORKS = {ChannelName.SMS, ChannelName.WHATSAPP}


def signal_of(turn: Turn) -> Signal | None:
    """Gives what the child asks for in one known word, theirs or everybody's, or None."""
    if turn.word is WordKind.DURESS:
        return Signal.DURESS
    said = [signal_in(message.text) for message in turn.messages]
    if turn.is_covered:
        return _under_cover(turn, said[-1])
    if turn.word is WordKind.COVER:
        return Signal.SOMEONE_HERE
    found = next((one for one in _FIRST if one in said), None)
    if found is not None and not (found is Signal.SOMEONE_HERE and _is_help_there(turn)):
        return found
    if said[-1] in {Signal.START, Signal.HELP} and turn.channel in _NETWORKS:
        return said[-1]
    return Signal.SOMEONE_HERE if _is_for_who_looks_on(turn) else None


def follow(turn: Turn, judged: Outcome, signal: Signal) -> Outcome:
    """Gives what a signal asks for."""
    language = judged.language or turn.language
    if signal is Signal.STOP:
        return _stop(turn, judged, language)
    if signal is Signal.DURESS:
        return _duress(turn, language)
    key, changes = _SIMPLE[signal]
    if signal is Signal.SOMEONE_HERE and _is_for_who_looks_on(turn):
        newest = turn.messages[-1]
        shown = (Reply(text=cover.answer(newest.text, newest.id)),)
        return Outcome(
            replies=shown, handover=calls.reason_for(turn, judged.urgency), changes=changes
        )
    if signal is Signal.BACK and turn.holder is Holder.PRACTITIONER:
        # The bot is not who is here: a person has the talk, and may have taken it over meanwhile.
        key = "welcome_back_held"
    said = _deleted(turn, language) if signal is Signal.DELETE else replies.say(key, language, turn)
    if signal is Signal.BACK and turn.word is WordKind.SAFE:
        changes |= {Change.UNSEAL}
    return Outcome(
        replies=said,
        handover=calls.reason_for(turn, judged.urgency),
        changes=changes,
        masks=_masks(turn),
    )


_SIMPLE: dict[Signal, tuple[str, frozenset[Change]]] = {
    Signal.SOMEONE_HERE: ("cover", frozenset({Change.COVER})),
    Signal.BACK: ("welcome_back", frozenset({Change.UNCOVER})),
    Signal.DELETE: ("delete_kept", frozenset({Change.TIDY})),
    Signal.START: ("started", frozenset({Change.RESUME})),
    Signal.HELP: ("help_stop_words", frozenset()),
}


def stay_covered(turn: Turn, judged: Outcome) -> Outcome:
    """Gives the helper's answer: whoever reads this now may not be the child."""
    newest = turn.messages[-1]
    return Outcome(
        replies=(Reply(text=cover.answer(newest.text, newest.id)),),
        handover=calls.reason_for(turn, judged.urgency),
        masks=_masks(turn),
    )


def follow_words(turn: Turn, judged: Outcome) -> Outcome | None:
    """Gives what the child's own words do: said, chosen, changed or forgotten; None for others."""
    language = judged.language or turn.language
    call = calls.reason_for(turn, judged.urgency)
    if turn.word is WordKind.SAFE:
        key = "word_known_news" if turn.has_sealed else "word_known"
        return Outcome(
            replies=replies.say(key, language, turn),
            handover=call,
            changes=frozenset({Change.UNSEAL}),
            masks=_masks(turn),
        )
    newest = turn.messages[-1]
    chosen = chosen_words.choosing_in(newest.text)
    if chosen is not None:
        return _choose(turn, chosen, call, language)
    if turn.has_safe_word and chosen_words.forgets_word(newest.text):
        return Outcome(
            replies=replies.say("safe_word_forgotten", language, turn),
            handover=HandoverReason.FORGOTTEN_WORD,
        )
    return None


def beside_a_person(turn: Turn, judged: Outcome) -> Outcome:
    """Gives what is kept of a message that a practitioner answers: the bot says nothing."""
    steps = () if judged.urgency.raises_alert else _steps(turn)
    return Outcome(handover=calls.reason_for(turn, judged.urgency), plan=steps)


def _is_help_there(turn: Turn) -> bool:
    """Tells "they are here" of an ambulance that was rung for from the sign to hide."""
    said = " ".join((turn.messages[-1].text or "").casefold().split()).strip(" .!")
    is_of_them = said in {"they are here", "theyre here", "they're here"}
    return is_of_them and any(_OF_HELP.search(text) for text in turn.previous[-_RECENT:])


def _is_for_who_looks_on(turn: Turn) -> bool:
    """Tells "whats the maths homework", said in the midst of something grave, from what is told.

    The bot may be looked at just then: it is the helper at once, and a person is told.
    """
    is_bot = turn.urgency.raises_alert and turn.holder is not Holder.PRACTITIONER
    is_calm = all(message.phrase_level is Urgency.NO_CONCERN for message in turn.messages)
    return is_bot and is_calm and cover.is_speech(turn.messages[-1].text)


def _under_cover(turn: Turn, newest: Signal | None) -> Signal | None:
    if newest is Signal.DURESS:
        return newest
    is_said = not turn.has_safe_word and uncovering.after_return(turn) is not None
    return Signal.BACK if turn.word is WordKind.SAFE or is_said else None


def _stop(turn: Turn, judged: Outcome, language: str) -> Outcome:
    level = highest(turn.urgency, judged.urgency)
    at_risk = level.raises_alert
    return Outcome(
        replies=() if turn.was_stopped else replies.say("stopped", language, turn),
        handover=(
            HandoverReason.STOPPED_AFTER_RISK if at_risk else calls.reason_for(turn, judged.urgency)
        ),
        urgency=level if at_risk else judged.urgency,
        changes=frozenset({Change.STOP}),
    )


def _duress(turn: Turn, language: str) -> Outcome:
    """Shows the helper, as if only somebody had come in; a person is called to an emergency."""
    newest = turn.messages[-1]
    shown = replies.say("cover", language, turn)
    if turn.is_covered:
        shown = (Reply(text=cover.answer("", newest.id)),)
    return Outcome(
        replies=shown,
        handover=HandoverReason.DURESS,
        urgency=Urgency.EMERGENCY,
        changes=frozenset({Change.COVER, Change.DURESS}),
        masks=_masks(turn),
    )


def _deleted(turn: Turn, language: str) -> tuple[Reply, ...]:
    key = _DELETED[turn.channel]
    return (*replies.say(key, language, turn), *replies.say("delete_kept", language, turn))


_DELETED = {
    ChannelName.TELEGRAM: "delete_done_telegram",
    ChannelName.WHATSAPP: "delete_cannot",
    ChannelName.SMS: "delete_cannot_sms",
}


def _choose(
    turn: Turn,
    chosen: chosen_words.Choosing,
    call: HandoverReason | None,
    language: str,
) -> Outcome:
    newest = turn.messages[-1]
    hidden = newest.text[: chosen.start] + MASK + newest.text[chosen.end :]
    masks = {newest.id: hidden}
    if turn.has_safe_word and not turn.is_unsealed:
        # Whoever holds the phone could change it: the old word first.
        said = replies.say("safe_word_old_first", language, turn)
        return Outcome(replies=said, handover=call, masks=masks)
    if not chosen_words.is_fit(chosen.word):
        said = replies.say("safe_word_unfit", language, turn)
        return Outcome(replies=said, handover=call)
    return Outcome(
        replies=replies.say(f"{chosen.kind.value}_set", language, turn),
        handover=call,
        words=(ChosenWord(kind=chosen.kind, word=chosen.word),),
        masks=masks,
    )


def _steps(turn: Turn) -> tuple[PlanStep, ...]:
    return plan_steps.told(turn, "\n".join(message.text for message in turn.messages))


def _masks(turn: Turn) -> dict[int, str]:
    return dict.fromkeys(turn.own_words, MASK)
