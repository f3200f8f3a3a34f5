"""The one place that decides what happens to what a child wrote.

Everything here is rules over values: nothing is read or written. Urgency comes first, by phrases
that need nothing; then who holds the conversation; then the dialogue. A child is always answered.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot import (
    answering,
    asides,
    control,
    feedback_turns,
    recognising,
    replies,
    returning,
    speaking,
    uncovering,
    urgency,
    worker_wishes,
)
from bot.dialogue import (
    Dialogue,
    DialogueUnavailableError,
    was_cleared_up,
)
from bot.outcome import Change, Outcome, Reply, Turn, TurnMessage
from bot.signals import Signal
from bot.urgency import Assessment, Context, ModelScore
from handover import wording
from models.channel import WORDLESS_KINDS
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency, highest

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
    language = judged.language or turn.language
    decided = (
        recognising.follow(turn, judged.urgency, language)
        or worker_wishes.answer(turn, judged.urgency, language)
        or control.follow_words(turn, judged)
    )
    if decided is not None:
        return _after_first_words(turn, judged, decided)
    if turn.holder is Holder.PRACTITIONER:
        return control.beside_a_person(turn, judged)
    return feedback_turns.reopen(
        turn,
        speaking.choose(turn, judged.urgency)
        or returning.answer(turn, judged.urgency, language)
        or _answer_feedback(turn, judged, dialogue)
        or asides.answer(turn, judged.urgency, language)
        or returning.greet(turn, judged.urgency, language)
        or answering.answer(turn, judged, dialogue),
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
        lambda: answering.converse(turn, judged, turn.messages, dialogue),
    )


def _after_first_words(turn: Turn, judged: Outcome, decided: Outcome) -> Outcome:
    """Gives what was decided, after what an urgent message needs said, where that may be seen."""
    hides = {Change.COVER, Change.STOP} & decided.changes
    if turn.is_covered or hides or turn.holder is Holder.PRACTITIONER:
        return decided
    first = answering.first_words(turn, judged, judged.language or turn.language)
    is_emergency = judged.urgency is Urgency.EMERGENCY and first
    changes = {Change.EMERGENCY_ANSWERED} if is_emergency else set()
    return replace(decided, replies=(*first, *decided.replies), changes=decided.changes | changes)


def _judge(turn: Turn, dialogue: Dialogue) -> Outcome:
    """Scores every message; the language and the level come from this."""
    spoken = [message for message in turn.messages if message.text]
    scores, is_hung = _model_scores(turn, spoken, dialogue)
    assessments: dict[int, Assessment] = {}
    # What turned out to be play makes nothing graver that is said after it.
    was_play = was_cleared_up(turn.state)
    previous = () if was_play else turn.previous
    level = Urgency.NO_CONCERN if was_play else turn.urgency
    # While a question of our own is open the dialogue's waits unseen: a yes is no answer to it.
    asked = None if turn.aside is not None else turn.asked
    for message, (score, together) in zip(spoken, scores, strict=True):
        context = Context(
            previous=previous[-4:],
            told=previous,
            harms=turn.harms,
            involved=str((turn.known.get("who_involved") or {}).get("value") or ""),
            asked=asked,
            disclosed=level,
            # Once harm was told, all that follows would sound of it: then it is read alone.
            together=None if level.raises_alert else together,
        )
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
        needs_rescoring=any(score is None for score, _ in scores),
        is_dialogue_hung=is_hung,
    )


type _Scores = Sequence[tuple[ModelScore | None, ModelScore | None]]


def _model_scores(
    turn: Turn, spoken: Sequence[TurnMessage], dialogue: Dialogue
) -> tuple[_Scores, bool]:
    """Gives each message's score alone and with those before it, and whether time ran out.

    The second is None where nothing came before.
    """
    if not spoken:
        return [], False
    texts = [message.text for message in spoken]
    # What was said before the child was away is no part of what they say now.
    earlier = () if turn.returned is not None or was_cleared_up(turn.state) else turn.previous
    before = [(*earlier, *texts[:place]) for place in range(len(texts))]
    in_talk = [
        urgency.read_together(said, text) for said, text in zip(before, texts, strict=True) if said
    ]
    try:
        found = dialogue.score([*texts, *in_talk])
    except DialogueUnavailableError as error:
        # The phrases carry meanwhile; the clock has the message scored again.
        log.warning("score_unavailable", why=str(error))
        return [(None, None)] * len(spoken), error.is_hung
    together = iter(found[len(texts) :])
    return [
        (score, next(together) if said else None)
        for score, said in zip(found[: len(texts)], before, strict=True)
    ], False


def _hides(turn: Turn) -> bool:
    return _signal(turn) in {Signal.SOMEONE_HERE, Signal.DURESS}


def _signal(turn: Turn) -> Signal | None:
    return control.signal_of(turn)


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
