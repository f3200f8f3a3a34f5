"""Answering a child whom the bot holds: the urgent words first, then what the dialogue says.

Rules over values, as in `bot/pipeline.py`, which asks for this when nothing comes before it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot import asides, calls, control, plan_steps, replies, returning, speaking
from bot.asides import Said
from bot.dialogue import Dialogue, DialogueAnswer, DialogueTurn, DialogueUnavailableError
from bot.outcome import Change, Outcome, Reply, Turn, TurnMessage
from bot.signals import Signal
from bot.urgency import Calm
from handover import wording
from models.channel import MessageKind
from models.conversation import HandoverReason, Holder
from models.urgency import Harm, Urgency, highest

log = structlog.get_logger()


def answer(turn: Turn, judged: Outcome, dialogue: Dialogue) -> Outcome:
    """Gives what the bot says: urgent words, what media asks for, and the dialogue's answer."""
    language = judged.language or turn.language
    spoken = [m for m in turn.messages if m.text.strip() or m.choice is not None]
    first = _said_first(turn, judged, language)
    offered = speaking.offer(turn, language, judged.urgency)
    if not spoken:
        return Outcome(replies=first, handover=_call_for_media(turn), answers=replies.places(turn))
    try:
        answer = converse(turn, judged, spoken, dialogue)
    except DialogueUnavailableError as error:
        # A child must never be left with silence because a model is down.
        log.warning("dialogue_unavailable", why=str(error), conversation_id=turn.conversation)
        outcome = _without_dialogue(turn, judged, first, language)
    else:
        is_idle = _is_idle_talk(turn, judged, answer)
        if is_idle:
            # Nobody is called, so nothing may be said as if somebody were.
            judged = replace(judged, urgency=Urgency.NO_CONCERN)
            first = _said_first(turn, judged, language)
        outcome = _with_dialogue(turn, judged, answer, first, language, is_idle=is_idle)
    outcome = _with_offer(outcome, first, offered)
    if outcome.handover is None:
        outcome = replace(outcome, handover=_call_for_media(turn))
    if _tells_emergency(turn, judged, first, outcome):
        return replace(outcome, changes=outcome.changes | {Change.EMERGENCY_ANSWERED})
    return outcome


def converse(
    turn: Turn, judged: Outcome, spoken: Sequence[TurnMessage], dialogue: Dialogue
) -> DialogueAnswer:
    """Gives the dialogue's answer to these messages.

    Raises:
        DialogueUnavailableError: it is down, or let the time run out when the messages were scored.
    """
    if judged.is_dialogue_hung:
        # It let the time run out a moment ago: the child has waited long enough.
        raise DialogueUnavailableError("slow", is_hung=True)
    return dialogue.turn(_dialogue_turn(turn, judged, spoken, judged.language or turn.language))


def first_words(turn: Turn, judged: Outcome, language: str) -> tuple[Reply, ...]:
    """Gives what is said before anything else when a message is urgent."""
    if judged.urgency is Urgency.EMERGENCY:
        if replies.is_emergency_unanswered(turn):
            return replies.emergency_words(turn, language, _harms(judged))
        return ()
    if judged.urgency is Urgency.URGENT and not turn.was_urgent:
        suicidal = _harms(judged) & {Harm.SUICIDE, Harm.SELF_HARM}
        key = "urgent_called_suicide" if suicidal else "urgent_called"
        told = replace(turn, tokens={**turn.tokens, "hours_line": _when_read_soon(turn)})
        return replies.say(key, language, told)
    return ()


def _when_read_soon(turn: Turn) -> str:
    # Whoever is on call at night is told of it: they need not wait for the morning.
    return turn.tokens.get("urgent_line", turn.tokens.get("hours_line", ""))


def _said_first(turn: Turn, judged: Outcome, language: str) -> tuple[Reply, ...]:
    return (
        *first_words(turn, judged, language),
        *returning.welcome(turn, judged.urgency, language),
        *replies.media_replies(turn, language, _harms(judged) | turn.harms),
        *replies.report_remove(turn, _harms(judged), language),
    )


def _with_offer(outcome: Outcome, first: tuple[Reply, ...], offered: tuple[Reply, ...]) -> Outcome:
    """Gives the outcome with the offer of a language before what is asked, if anything is said."""
    hides = {Change.COVER, Change.STOP} & outcome.changes
    if not offered or hides or outcome.replies[: len(first)] != first:
        return outcome
    rest = outcome.replies[len(first) :]
    # The numbers that a child types count for the newest message: it keeps its own choices.
    said = tuple(replace(one, choices=()) for one in offered) if _has_choices(rest) else offered
    parts = (*first, *said, *rest) if _has_choices(rest) else (*first, *rest, *said)
    return replace(outcome, replies=parts, changes=outcome.changes | {Change.LANGUAGE_OFFERED})


def _has_choices(said: tuple[Reply, ...]) -> bool:
    return any(one.choices for one in said)


def _tells_emergency(
    turn: Turn, judged: Outcome, first: tuple[Reply, ...], outcome: Outcome
) -> bool:
    """Tells whether the emergency words are really among what goes out."""
    if judged.urgency is not Urgency.EMERGENCY or not replies.is_emergency_unanswered(turn):
        return False
    return outcome.replies[: len(first)] == first


def _call_for_media(turn: Turn) -> HandoverReason | None:
    """A voice note is kept for a person to hear, so one is called, whatever was said before."""
    kinds = {message.kind for message in turn.messages}
    is_seen = bool(kinds & {MessageKind.VIDEO, MessageKind.IMAGE}) and turn.urgency.rank > 0
    return HandoverReason.ATTACHMENT if is_seen or MessageKind.VOICE in kinds else None


def _with_dialogue(
    turn: Turn,
    judged: Outcome,
    answer: DialogueAnswer,
    first: tuple[Reply, ...],
    language: str,
    *,
    is_idle: bool,
) -> Outcome:
    is_urgent = judged.urgency.raises_alert
    said = _said(turn, answer, language, is_thanked=is_urgent and bool(first), is_urgent=is_urgent)
    level = highest(turn.urgency, judged.urgency)
    text = _text_of(turn)
    steps = () if judged.urgency.raises_alert else plan_steps.answered(turn, text, answer.answers)
    safe = asides.follow(turn, said, steps, language, level=level)
    read = returning.last_read(turn, language) if "status_request" in answer.commands else ()
    changed = replies.say("questions_changed", language, turn) if answer.is_restarted else ()
    outcome = Outcome(
        replies=(*first, *changed, *safe.replies, *read),
        plan=safe.plan,
        aside=safe.aside,
        handover=None
        if is_idle
        else calls.reason_for(turn, judged.urgency) or _called_by(answer.commands, judged.urgency),
        is_idle=is_idle,
        answers=(*answer.answers, *replies.places(turn)),
        commands=answer.commands,
        state=answer.state,
        asked=answer.asked,
        changes=_changes(answer.commands) | safe.changes,
    )
    if "wrong_reader" in answer.commands:
        outcome = replace(outcome, urgency=highest(judged.urgency, _if_disclosed(turn)))
    if "someone_here" in answer.commands:
        return _obey(outcome, control.follow(turn, judged, Signal.SOMEONE_HERE), ())
    if "wrong_reader" in answer.commands:
        # Somebody else may be reading: nothing but the dialogue's bland words goes out.
        return replace(
            outcome,
            replies=said.now or replies.say("cover_again", wording.FALLBACK, turn),
            plan=(),
            aside=None,
            changes=outcome.changes - safe.changes,
        )
    if "stop" in answer.commands:
        return _obey(outcome, control.follow(turn, judged, Signal.STOP), first)
    if "delete_request" in answer.commands:
        return _obey(outcome, control.follow(turn, judged, Signal.DELETE), first)
    if not outcome.replies:
        # A dialogue that does something and says nothing must not leave a child in silence.
        return replace(
            outcome,
            replies=replies.holding(turn, language),
            handover=outcome.handover or HandoverReason.BOT_UNAVAILABLE,
            changes=outcome.changes | {Change.HELD},
        )
    return outcome


def _is_idle_talk(turn: Turn, judged: Outcome, answer: DialogueAnswer) -> bool:
    """Tells a joke, a game or a question about the service, whose words alone sounded worrying.

    Nobody is called for it and it opens no contact; the assessment stays with the message, and
    the list of open conversations marks it. What a phrase hears, and whatever the dialogue takes
    for a worry, is never taken for it. Neither is play in an episode in which one message was
    judged a worry before: a second doubt is no accident, and then a person reads both. A question
    about the service may come again, and may sound like an alarm to the model, for a child asks
    what would happen before they tell: what they tell then is judged anew.
    """
    if turn.urgency is not Urgency.NO_CONCERN or "concern_in_own_words" in turn.known:
        return False
    if any(message.phrase_level is not Urgency.NO_CONCERN for message in turn.messages):
        # A phrase that is not wide is sure: what one hears is not waved away as play.
        return False
    if not answer.replies or answer.answers or answer.has_worry:
        return False
    is_unsure = judged.urgency is Urgency.CONCERN or _is_doubtful(judged)
    if "stop" in answer.commands:
        return is_unsure and answer.commands == ("stop",) and _wants_no_messages(turn)
    return _IDLE_COMMANDS.issuperset(answer.commands) and _is_said_idly(turn, judged, answer)


def _is_said_idly(turn: Turn, judged: Outcome, answer: DialogueAnswer) -> bool:
    """Tells whether the dialogue answers as to play, or to a question about the service."""
    said = {reply.response for reply in answer.replies}
    if said <= _ABOUT_SERVICE:
        is_sure = judged.urgency.raises_alert and not _is_doubtful(judged)
        return not is_sure or (answer.is_of_anybody and judged.urgency is Urgency.URGENT)
    is_slight = judged.urgency is Urgency.CONCERN or _is_faint(turn, judged)
    # Who has said outright that nothing is wrong is believed over a second slight doubt.
    is_well = judged.urgency is Urgency.CONCERN and answer.is_all_well
    return is_slight and (is_well or not turn.was_doubted) and said <= _IDLE_TALK


def _is_doubtful(judged: Outcome) -> bool:
    """Tells an urgent message that is one by a model alone which is not sure of it."""
    found = judged.assessments.values()
    return judged.urgency is Urgency.URGENT and all(one.is_doubtful for one in found)


def _is_faint(turn: Turn, judged: Outcome) -> bool:
    """Tells the first alarm of a calm talk, of which the model is far from sure.

    What was said before makes it so: a first message is never taken for it, nor a second alarm.
    """
    found = judged.assessments.values()
    first = bool(turn.previous) and not turn.was_doubted and turn.returned is None
    return first and _is_doubtful(judged) and all(one.is_faint for one in found)


def _wants_no_messages(turn: Turn) -> bool:
    """Tells "no more texts" from what else a child may want to stop."""
    text = _text_of(turn)
    return len(text.split()) <= _LONGEST_STOP and bool(_OF_MESSAGES.search(text))


_LONGEST_STOP = 6
_OF_MESSAGES = re.compile(r"\b(?:te?xt(?:s|ing)?|mess?ag(?:es?|ing)|msgs?)\b", re.IGNORECASE)
_ABOUT_SERVICE = {
    *("utter_kept", "utter_can_delete", "utter_tell_police", "utter_who_are_you", "utter_robot"),
    *("utter_cost", "utter_how_long", "utter_what_next", "utter_social_worker", "utter_private"),
    *("utter_who_sees", "utter_other_service", "utter_tell_parents", "utter_tell_school"),
    *("utter_tell_social_worker", "utter_help", "utter_adult_asking", "utter_adult_told"),
    *("utter_adult_age", "utter_adult_first", "utter_adult_poster", "utter_adult_nothing"),
    *("utter_adult_group", "utter_advice_sibling_know", "utter_advice_bring_someone"),
    *("utter_advice_can_stop", "utter_advice_come_to_house", "utter_advice_how_help"),
    *("utter_advice_come_back", "utter_advice_hide_chat", "utter_advice_sorry"),
    "utter_advice_tell_all",
    *("utter_line_at_night", "utter_line_too_old", "utter_line_name_shown"),
    *("utter_line_seen_picture", "utter_line_no_questions"),
}
_IDLE_TALK = _ABOUT_SERVICE | {
    *("utter_joking", "utter_chat", "utter_homework", "utter_homework_numbers", "utter_fine"),
    *("utter_homework_meaning", "utter_homework_lines", "utter_homework_grooming"),
    *("utter_cleared", "utter_shared", "utter_advice_poem", "utter_advice_not_cross"),
    *("utter_unclear", "utter_listening", "utter_no_rush", "utter_hello", "utter_welcome"),
    *("utter_insult", "utter_thanks", "utter_goodbye", "utter_feedback"),
}
_IDLE_COMMANDS = {"goodbye", "feedback", "help"}


# Said after the urgent words they would only say the same once more.
_THANKS = {
    *("utter_reflect_heard", "utter_reflect_go_on", "utter_reflect_emergency"),
    *("utter_stay_with_me", "utter_reply_emergency"),
}


def _said(
    turn: Turn, answer: DialogueAnswer, language: str, *, is_thanked: bool, is_urgent: bool
) -> Said:
    now: list[Reply] = []
    question: list[Reply] = []
    tokens = turn.tokens
    if turn.urgency.raises_alert or is_urgent:
        # What is urgent does not wait for the end of the next working day.
        tokens = {**tokens, "next_step": _when_read_soon(turn)}
    for reply in answer.replies:
        if is_thanked and reply.response in _THANKS:
            continue
        if turn.returned is not None and reply.response == "utter_hello":
            # They were welcomed back in the service's own words already.
            continue
        text = wording.fill(reply.text, language, tokens)
        if text:
            part = question if reply.response.startswith("utter_ask_") else now
            part.append(Reply(text=text, choices=reply.choices))
    if not (now or question) and "request_person" in answer.commands:
        return Said(now=replies.say("person_called", language, turn))
    return Said(
        now=tuple(now),
        question=tuple(question),
        is_end=any(reply.response == "utter_thank_you" for reply in answer.replies),
    )


def _text_of(turn: Turn) -> str:
    return "\n".join(message.text for message in turn.messages if message.text)


def _obey(outcome: Outcome, followed: Outcome, first: tuple[Reply, ...]) -> Outcome:
    """Does what a signal asks, where the dialogue understood it from other words."""
    return replace(
        outcome,
        replies=(*first, *followed.replies),
        aside=None,
        handover=followed.handover or outcome.handover,
        urgency=highest(outcome.urgency, followed.urgency),
        changes=outcome.changes | followed.changes,
    )


def _without_dialogue(
    turn: Turn, judged: Outcome, first: tuple[Reply, ...], language: str
) -> Outcome:
    return Outcome(
        replies=first or replies.holding(turn, language),
        handover=calls.reason_for(turn, judged.urgency) or HandoverReason.BOT_UNAVAILABLE,
        urgency=highest(judged.urgency, Urgency.CONCERN),
        changes=frozenset({Change.HELD}),
    )


def _called_by(commands: tuple[str, ...], level: Urgency) -> HandoverReason | None:
    if "request_person" in commands:
        return HandoverReason.CHILD_ASKED
    if "wrong_reader" in commands:
        return HandoverReason.WRONG_READER
    if _READ_SOON & set(commands):
        return HandoverReason.CONTACT_READY
    return HandoverReason.CONTACT_READY if level is Urgency.CONCERN else None


_READ_SOON = {
    *("finish_contact", "adult_referrer", "third_party", "status_request", "change_of_worker"),
}


def _changes(commands: tuple[str, ...]) -> frozenset[Change]:
    found = {_CHANGES[command] for command in commands if command in _CHANGES}
    return frozenset(found)


_CHANGES = {
    "stop": Change.STOP,
    "someone_here": Change.COVER,
    "finish_contact": Change.SUBMIT,
    "third_party": Change.THIRD_PARTY,
    "adult_referrer": Change.ADULT,
}


def _if_disclosed(turn: Turn) -> Urgency:
    return Urgency.URGENT if turn.urgency.raises_alert else Urgency.CONCERN


def _dialogue_turn(
    turn: Turn, judged: Outcome, spoken: Sequence[TurnMessage], language: str
) -> DialogueTurn:
    level = highest(turn.urgency, judged.urgency)
    return DialogueTurn(
        conversation=turn.conversation,
        message_id=str(spoken[-1].id),
        text="\n".join(message.text for message in spoken if message.text),
        # A button of our own that was pressed late means nothing to the dialogue.
        choice=_of_dialogue(spoken[-1].choice),
        channel=turn.channel,
        language=language,
        now=turn.now,
        context={
            "urgency": level.value,
            "message_urgency": judged.urgency.value,
            "calm": _calm(turn, judged).value,
            "nothing": _nothing(judged),
            "welcomed": bool(returning.welcome(turn, judged.urgency, language)),
            "harms": sorted(harm.value for harm in _harms(judged) | turn.harms),
            "out_of_hours": not turn.is_open,
            "waiting": turn.holder is Holder.NOBODY,
            "kind": spoken[-1].kind.value,
            "asked_is_answered": turn.is_asked_answered,
        },
        known=turn.known,
        # What was said before the end is no part of what begins now.
        state=None if turn.is_ended else turn.state,
    )


def _calm(turn: Turn, judged: Outcome) -> Calm:
    """Gives the least sure of what the model says of each message."""
    if _is_doubtful(judged):
        return Calm.FAINT if _is_faint(turn, judged) else Calm.DOUBTED
    found = {assessment.calm for assessment in judged.assessments.values()}
    if not found or Calm.UNSURE in found:
        return Calm.UNSURE
    return Calm.LIKELY if Calm.LIKELY in found else Calm.SURE


def _nothing(judged: Outcome) -> float | None:
    """Gives the least chance that there is nothing in a message, where the model alone speaks."""
    found = [assessment.nothing for assessment in judged.assessments.values()]
    sure = [chance for chance in found if chance is not None]
    return min(sure) if sure and len(sure) == len(found) else None


def _of_dialogue(choice: str | None) -> str | None:
    return choice if choice is not None and choice.startswith("/") else None


def _harms(judged: Outcome) -> frozenset[Harm]:
    return frozenset(harm for found in judged.assessments.values() for harm in found.harms)
