"""The one place that decides what happens to what a child wrote.

Everything here is rules over values: nothing is read or written. Urgency comes first, by phrases
that need nothing; then who holds the conversation; then the dialogue. A child is always answered.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot import (
    asides,
    calls,
    control,
    feedback_turns,
    plan_steps,
    recognising,
    replies,
    returning,
    speaking,
    uncovering,
    urgency,
)
from bot.asides import Said
from bot.dialogue import (
    Dialogue,
    DialogueAnswer,
    DialogueTurn,
    DialogueUnavailableError,
)
from bot.outcome import Change, Outcome, Reply, Turn, TurnMessage
from bot.signals import Signal
from bot.urgency import Assessment, Context, ModelScore
from handover import wording
from models.channel import WORDLESS_KINDS, MessageKind
from models.conversation import HandoverReason, Holder
from models.urgency import Harm, Urgency, highest

log = structlog.get_logger()


def first_aid(turn: Turn) -> Outcome | None:
    """Gives the emergency words at once, by phrases alone, or None when there is no need.

    The messages still go through `decide` after this, which adds what takes longer.
    """
    level = highest(*(message.phrase_level for message in turn.messages))
    if level is not Urgency.EMERGENCY or not replies.is_emergency_unanswered(turn):
        return None
    if turn.holder is Holder.PRACTITIONER or turn.is_covered:
        return None
    if _hides(turn):
        # They may be looking at this very phone: a person is called, and only the cover is shown.
        return None
    newest = [urgency.assess(message.text) for message in turn.messages]
    harms = frozenset(harm for assessment in newest for harm in assessment.harms)
    return Outcome(
        replies=replies.emergency_words(turn, turn.language, harms),
        handover=HandoverReason.EMERGENCY,
        urgency=Urgency.EMERGENCY,
        changes=frozenset({Change.EMERGENCY_ANSWERED, Change.SUBMIT}),
    )


def is_answered(turn: Turn) -> bool:
    """Tells whether the bot is going to say something of its own, which a child may see coming."""
    if turn.is_covered or turn.holder is Holder.PRACTITIONER or _is_wordless(turn):
        return False
    return _signal(turn) is None


def decide(turn: Turn, dialogue: Dialogue) -> Outcome:
    """Gives what is to be done about the turn's messages."""
    if _is_wordless(turn):
        # A deletion or a block is no word to us: it asks for no answer, least of all under cover.
        return Outcome()
    judged = _judge(turn, dialogue)
    decided = _decide(turn, judged, dialogue)
    if turn.was_stopped and Change.STOP not in decided.changes:
        # Who writes again wants to be answered again, whoever answers.
        decided = replace(decided, changes=decided.changes | {Change.RESUME})
    return _merge(judged, decided)


def give_up(turn: Turn) -> Outcome:
    """Gives what is said when deciding failed again and again: the truth, and a person."""
    level = highest(turn.urgency, Urgency.CONCERN, *(m.phrase_level for m in turn.messages))
    changes = {Change.HELD, Change.SUBMIT}
    if turn.was_stopped:
        changes.add(Change.RESUME)
    return Outcome(
        replies=_last_resort(turn),
        handover=HandoverReason.BOT_UNAVAILABLE,
        urgency=level,
        assessments={message.id: _unjudged(message, turn.language) for message in turn.messages},
        changes=frozenset(changes),
        needs_rescoring=True,
    )


def _is_wordless(turn: Turn) -> bool:
    return all(message.kind in WORDLESS_KINDS for message in turn.messages)


def _last_resort(turn: Turn) -> tuple[Reply, ...]:
    if turn.is_covered:
        return replies.say("cover_again", wording.FALLBACK, turn)
    if turn.holder is Holder.PRACTITIONER:
        return ()
    level = highest(*(message.phrase_level for message in turn.messages))
    if level is Urgency.EMERGENCY and replies.is_emergency_unanswered(turn):
        return replies.emergency_words(turn, turn.language, frozenset())
    return replies.holding(turn, turn.language)


def _unjudged(message: TurnMessage, language: str) -> Assessment:
    """Gives what is known of a message that could not be judged; the clock judges it later."""
    return Assessment(
        level=message.phrase_level,
        harms=frozenset(),
        scores={},
        reasons=(),
        language=language,
        scored="phrases",
        model_version=None,
    )


def _decide(turn: Turn, judged: Outcome, dialogue: Dialogue) -> Outcome:
    signal = _signal(turn)
    if turn.is_covered and signal is Signal.BACK:
        return _after_return(turn, judged, dialogue)
    if signal is not None and not (signal is Signal.HELP and judged.urgency.raises_alert):
        return _after_first_words(turn, judged, control.follow(turn, judged, signal))
    if turn.is_covered:
        return control.stay_covered(turn, judged)
    claimed = recognising.follow(turn, judged.urgency, judged.language or turn.language)
    decided = claimed or control.follow_words(turn, judged)
    if decided is not None:
        return _after_first_words(turn, judged, decided)
    if turn.holder is Holder.PRACTITIONER:
        return control.beside_a_person(turn, judged)
    language = judged.language or turn.language
    return feedback_turns.reopen(
        turn,
        speaking.choose(turn, judged.urgency)
        or returning.answer(turn, judged.urgency, language)
        or _answer_feedback(turn, judged, dialogue)
        or asides.answer(turn, judged.urgency, language)
        or returning.greet(turn, judged.urgency, language)
        or _answer(turn, judged, dialogue),
    )


def _after_return(turn: Turn, judged: Outcome, dialogue: Dialogue) -> Outcome:
    """Ends the cover, and goes on with what the child wrote after saying that they are back."""
    back = control.follow(turn, judged, Signal.BACK)
    rest = () if turn.word is not None else uncovering.after_return(turn) or ()
    shown = replace(turn, is_covered=False, returned=None)
    if not rest or turn.holder is Holder.PRACTITIONER:
        return _after_first_words(shown, judged, back)
    decided = _decide(replace(shown, messages=rest), judged, dialogue)
    if Change.COVER in decided.changes:
        if _hides(replace(shown, messages=rest)) or not uncovering.excuses(rest):
            return replace(control.stay_covered(turn, judged), handover=decided.handover)
        # "sorry mum came in" says who was there, not who is.
        return _after_first_words(shown, judged, back)
    if decided.handover is HandoverReason.WRONG_READER:
        return replace(control.stay_covered(turn, judged), handover=decided.handover)
    return replace(
        decided,
        replies=(*back.replies, *decided.replies),
        handover=decided.handover or back.handover,
        changes=decided.changes | back.changes,
        masks={**back.masks, **decided.masks},
    )


def _answer_feedback(turn: Turn, judged: Outcome, dialogue: Dialogue) -> Outcome | None:
    language = judged.language or turn.language
    return feedback_turns.answer(
        turn,
        judged.urgency,
        language,
        lambda: _converse(turn, judged, turn.messages, dialogue),
    )


def _after_first_words(turn: Turn, judged: Outcome, decided: Outcome) -> Outcome:
    """Gives what was decided, after what an urgent message needs said, where that may be seen."""
    hides = {Change.COVER, Change.STOP} & decided.changes
    if turn.is_covered or hides or turn.holder is Holder.PRACTITIONER:
        return decided
    first = _first_words(turn, judged, judged.language or turn.language)
    is_emergency = judged.urgency is Urgency.EMERGENCY and first
    changes = {Change.EMERGENCY_ANSWERED} if is_emergency else set()
    return replace(decided, replies=(*first, *decided.replies), changes=decided.changes | changes)


def _judge(turn: Turn, dialogue: Dialogue) -> Outcome:
    """Scores every message; the language and the level come from this."""
    spoken = [message for message in turn.messages if message.text]
    scores, is_hung = _model_scores(spoken, dialogue)
    assessments: dict[int, Assessment] = {}
    previous = turn.previous
    level = turn.urgency
    # While a question of our own is open the dialogue's waits unseen: a yes is no answer to it.
    asked = None if turn.aside is not None else turn.asked
    for message, score in zip(spoken, scores, strict=True):
        context = Context(previous=previous[-4:], asked=asked, disclosed=level)
        assessments[message.id] = urgency.assess(message.text, model=score, context=context)
        level = highest(level, assessments[message.id].level)
        previous = (*previous, message.text)
    return Outcome(
        assessments=assessments,
        urgency=highest(
            *(assessment.level for assessment in assessments.values()),
            # A person was called by the phrases when it came in: a calmer model does not undo it.
            *(message.phrase_level for message in spoken),
        ),
        language=speaking.follow(turn, assessments),
        needs_rescoring=any(score is None for score in scores),
        is_dialogue_hung=is_hung,
    )


def _model_scores(
    spoken: Sequence[TurnMessage], dialogue: Dialogue
) -> tuple[Sequence[ModelScore | None], bool]:
    """Gives the scores, and whether the dialogue process let the time run out."""
    if not spoken:
        return [], False
    try:
        return dialogue.score([message.text for message in spoken]), False
    except DialogueUnavailableError as error:
        # The phrases carry meanwhile; the clock has the message scored again.
        log.warning("score_unavailable", why=str(error))
        return [None] * len(spoken), error.is_hung


def _hides(turn: Turn) -> bool:
    return _signal(turn) in {Signal.SOMEONE_HERE, Signal.DURESS}


def _signal(turn: Turn) -> Signal | None:
    return control.signal_of(turn)


def _answer(turn: Turn, judged: Outcome, dialogue: Dialogue) -> Outcome:
    language = judged.language or turn.language
    spoken = [m for m in turn.messages if m.text.strip() or m.choice is not None]
    first = (
        *_first_words(turn, judged, language),
        *returning.welcome(turn, judged.urgency, language),
        *replies.media_replies(turn, language, _harms(judged) | turn.harms),
        *replies.report_remove(turn, _harms(judged), language),
    )
    offered = speaking.offer(turn, language, judged.urgency)
    if not spoken:
        return Outcome(replies=first, handover=_call_for_media(turn), answers=replies.places(turn))
    try:
        answer = _converse(turn, judged, spoken, dialogue)
    except DialogueUnavailableError as error:
        # A child must never be left with silence because a model is down.
        log.warning("dialogue_unavailable", why=str(error), conversation_id=turn.conversation)
        outcome = _without_dialogue(turn, judged, first, language)
    else:
        outcome = _with_dialogue(turn, judged, answer, first, language)
    outcome = _with_offer(outcome, first, offered)
    if outcome.handover is None:
        outcome = replace(outcome, handover=_call_for_media(turn))
    if _tells_emergency(turn, judged, first, outcome):
        return replace(outcome, changes=outcome.changes | {Change.EMERGENCY_ANSWERED})
    return outcome


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


def _converse(
    turn: Turn, judged: Outcome, spoken: Sequence[TurnMessage], dialogue: Dialogue
) -> DialogueAnswer:
    if judged.is_dialogue_hung:
        # It let the time run out a moment ago: the child has waited long enough.
        raise DialogueUnavailableError("slow", is_hung=True)
    return dialogue.turn(_dialogue_turn(turn, judged, spoken, judged.language or turn.language))


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
) -> Outcome:
    said = _said(turn, answer, language)
    level = highest(turn.urgency, judged.urgency)
    text = _text_of(turn)
    steps = () if judged.urgency.raises_alert else plan_steps.answered(turn, text, answer.answers)
    safe = asides.follow(turn, said, steps, language, level=level)
    read = returning.last_read(turn, language) if "status_request" in answer.commands else ()
    is_idle = _is_idle_talk(turn, judged, answer)
    outcome = Outcome(
        replies=(*first, *safe.replies, *read),
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

    Nobody is called for it and it opens no contact; the assessment stays with the message. What
    was judged urgent, and anything after a worry was told, is never taken for it.
    """
    if judged.urgency is not Urgency.CONCERN or "concern_in_own_words" in turn.known:
        return False
    if any(message.phrase_level is not Urgency.NO_CONCERN for message in turn.messages):
        # A phrase is sure and narrow: what one hears is not waved away as play.
        return False
    said = {reply.response for reply in answer.replies}
    return bool(said) and said <= _IDLE_TALK and not answer.answers and not answer.commands


_IDLE_TALK = {
    *("utter_joking", "utter_chat", "utter_homework", "utter_homework_numbers", "utter_kept"),
    *("utter_can_delete", "utter_tell_police", "utter_who_are_you", "utter_robot", "utter_cost"),
    *("utter_how_long", "utter_what_next", "utter_social_worker"),
}


def _said(turn: Turn, answer: DialogueAnswer, language: str) -> Said:
    now: list[Reply] = []
    question: list[Reply] = []
    for reply in answer.replies:
        text = wording.fill(reply.text, language, turn.tokens)
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


def _first_words(turn: Turn, judged: Outcome, language: str) -> tuple[Reply, ...]:
    """What is said before anything else when a message is urgent."""
    if judged.urgency is Urgency.EMERGENCY:
        if replies.is_emergency_unanswered(turn):
            return replies.emergency_words(turn, language, _harms(judged))
        return ()
    if judged.urgency is Urgency.URGENT and not turn.was_urgent:
        suicidal = _harms(judged) & {Harm.SUICIDE, Harm.SELF_HARM}
        return replies.say("urgent_called_suicide" if suicidal else "urgent_called", language, turn)
    return ()


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


def _of_dialogue(choice: str | None) -> str | None:
    return choice if choice is not None and choice.startswith("/") else None


def _harms(judged: Outcome) -> frozenset[Harm]:
    return frozenset(harm for found in judged.assessments.values() for harm in found.harms)


def _merge(judged: Outcome, decided: Outcome) -> Outcome:
    """Puts what was judged and what was decided together; a person is called once for both."""
    level = highest(judged.urgency, decided.urgency)
    if decided.is_idle:
        level = Urgency.NO_CONCERN
    changes = set(decided.changes)
    if level is not Urgency.NO_CONCERN:
        changes.add(Change.SUBMIT)
    return replace(
        decided,
        urgency=level,
        assessments=judged.assessments,
        language=decided.language or judged.language,
        changes=frozenset(changes),
        needs_rescoring=judged.needs_rescoring,
    )
