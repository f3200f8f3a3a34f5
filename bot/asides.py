"""Asides: the service's own short questions, on safe contact, put between the dialogue's.

While one is open the dialogue's next question waits, so that a child is asked one thing at a time.
Whatever is no answer to it goes to the dialogue as if nothing had been asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import chosen_words, plan_steps, replies
from bot.outcome import Aside, Change, ChosenWord, Outcome, Reply, Turn
from bot.signals import ShortAnswer, answer_in, signal_in
from handover import plan_times, plan_words, wording
from handover.outgoing import Choice
from handover.plan_changes import PlanPart, PlanStep, after
from handover.safe_words import WordKind
from models.urgency import Urgency

_TIMES = "times"
_TIMES_AGAIN = "times_again"
_WORD = "word"
_WORD_WHICH = "word_which"
_IF_SOMEONE_ELSE = "if_someone_else"
_MOST_TRIES = 3
_PRESSED = "aside:"
MASK = "(their own word)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the bot says now, and the dialogue's question, which can wait."""

    now: tuple[Reply, ...]
    question: tuple[Reply, ...] = ()
    is_end: bool = False
    """Whether all is told that was to be asked."""


def is_pressed(choice: str | None) -> bool:
    """Tells whether a button under one of our own questions was pressed."""
    return choice is not None and choice.startswith(_PRESSED)


def answer(turn: Turn, level: Urgency, language: str) -> Outcome | None:
    """Gives what follows from an answer to the open aside, or None when it is no answer."""
    if turn.aside is None or level.raises_alert or len(turn.messages) != 1:
        return None
    text = turn.messages[0].text
    short = _short(turn)
    match turn.aside.kind:
        case "times" | "times_again":
            return _answer_times(turn, turn.aside, text, short, language)
        case "word":
            return _answer_offer(turn, turn.aside, level, language, short)
        case "word_which":
            return _answer_word(turn, turn.aside, level, language, short)
        case _:
            return _answer_saying(turn, turn.aside, level, language, short)


def follow(
    turn: Turn, said: Said, steps: Sequence[PlanStep], language: str, *, level: Urgency
) -> Outcome:
    """Gives what is said of the plan after a message, and the aside that it opens, if any."""
    if level is Urgency.EMERGENCY:
        # In an emergency nothing is asked but what the dialogue must.
        told = _told(turn, steps, language)
        return Outcome(replies=(*said.now, *told, *said.question), plan=tuple(steps))
    told = _told(turn, steps, language)
    now = (*said.now, *told)
    aside = _opened(turn, steps, said, language)
    if aside is None:
        return Outcome(replies=(*now, *said.question), plan=tuple(steps))
    opened, question = aside
    changes = {Change.WORD_OFFERED} if opened.kind == _WORD else set()
    return Outcome(
        replies=(*now, *question),
        plan=tuple(steps),
        aside=replace(opened, then=said.question),
        changes=frozenset(changes),
    )


def _short(turn: Turn) -> ShortAnswer | None:
    message = turn.messages[0]
    if is_pressed(message.choice):
        return ShortAnswer(str(message.choice).removeprefix(_PRESSED))
    return answer_in(message.text)


def _answer_times(
    turn: Turn, aside: Aside, text: str, short: ShortAnswer | None, language: str
) -> Outcome | None:
    is_question = aside.kind == _TIMES
    if is_question and short is ShortAnswer.YES:
        step = PlanStep(part=PlanPart.TIMES_RIGHT, words=text, reading=True)
        said = replies.say("plan_confirmed", language, turn)
        return Outcome(replies=(*said, *aside.then), plan=(step,))
    if is_question and short is ShortAnswer.NO:
        step = PlanStep(part=PlanPart.TIMES_RIGHT, words=text, reading=False)
        again = Aside(kind=_TIMES_AGAIN, then=aside.then, tries=aside.tries + 1)
        said = replies.say("plan_again", language, turn)
        return Outcome(replies=said, plan=(step,), aside=again)
    if short is ShortAnswer.SKIP:
        # What was not said to be right stays shut.
        said = replies.say("plan_unclear", language, turn)
        return Outcome(replies=(*said, *aside.then))
    times = plan_steps.times_said(turn, text)
    if times is None:
        return None
    if plan_steps.is_doubtful(times) and aside.tries < _MOST_TRIES:
        asked = _ask_times(turn, times, language)
        again = Aside(kind=_TIMES, then=aside.then, tries=aside.tries + 1)
        return Outcome(replies=asked, plan=(times,), aside=again)
    return Outcome(replies=(*_told(turn, [times], language), *aside.then), plan=(times,))


def _answer_offer(
    turn: Turn, aside: Aside, level: Urgency, language: str, short: ShortAnswer | None
) -> Outcome | None:
    """Gives what follows from a yes or a no; a word is only taken once it was asked for."""
    text = turn.messages[0].text
    if short is ShortAnswer.YES or chosen_words.wants_word(text):
        which = replace(aside, kind=_WORD_WHICH, tries=aside.tries + 1)
        return Outcome(replies=replies.say("safe_word_which", language, turn), aside=which)
    if short is None and not chosen_words.says_word(text) and not chosen_words.refuses_word(text):
        return None
    return _answer_word(turn, aside, level, language, short)


def _answer_word(
    turn: Turn, aside: Aside, level: Urgency, language: str, short: ShortAnswer | None
) -> Outcome | None:
    text = turn.messages[0].text
    if short in {ShortAnswer.NO, ShortAnswer.SKIP} or chosen_words.refuses_word(text):
        said = replies.say("safe_word_skipped", language, turn)
        return _then_saying(turn, Outcome(replies=said), aside.then, language)
    again = replace(aside, kind=_WORD_WHICH, tries=aside.tries + 1)
    is_to_choose = short is ShortAnswer.YES and aside.tries < _MOST_TRIES
    if is_to_choose:
        return Outcome(replies=replies.say("safe_word_which", language, turn), aside=again)
    word = chosen_words.plain_word_in(text, known=_name(turn))
    if word is None or _is_grave(turn, level):
        return None
    if not chosen_words.is_fit(word):
        if aside.tries >= _MOST_TRIES:
            return None
        return Outcome(replies=replies.say("safe_word_unfit", language, turn), aside=again)
    chosen = Outcome(
        replies=replies.say("safe_word_set", language, turn),
        words=(ChosenWord(kind=WordKind.SAFE, word=word),),
        masks={turn.messages[0].id: MASK},
    )
    return _then_saying(turn, chosen, aside.then, language)


def _name(turn: Turn) -> str:
    return str(turn.known.get("name_to_use", {}).get("value") or "")


def _is_grave(turn: Turn, level: Urgency) -> bool:
    """Tells whether what was written worries anybody: then it tells something."""
    return level is not Urgency.NO_CONCERN or signal_in(turn.messages[0].text) is not None


def _then_saying(turn: Turn, outcome: Outcome, then: tuple[Reply, ...], language: str) -> Outcome:
    """Gives the outcome with the next thing asked: what to say to others, or the dialogue's."""
    is_private = turn.plan.is_phone_shared or turn.plan.must_not_know is not None
    if not is_private or turn.plan.if_someone_else is not None:
        return replace(outcome, replies=(*outcome.replies, *then))
    asked = _with_choices("plan_if_someone_else", language, turn, (ShortAnswer.SKIP,))
    return replace(
        outcome,
        replies=(*outcome.replies, *asked),
        aside=Aside(kind=_IF_SOMEONE_ELSE, then=then),
    )


def _answer_saying(
    turn: Turn, aside: Aside, level: Urgency, language: str, short: ShortAnswer | None
) -> Outcome | None:
    text = turn.messages[0].text
    if short in {ShortAnswer.NO, ShortAnswer.SKIP}:
        said = aside.then or replies.say("plan_confirmed", language, turn)
        return Outcome(replies=said)
    saying = chosen_words.saying_in(text)
    if saying is None or _is_grave(turn, level):
        # What tells or asks something else is the dialogue's, and is kept as what it is.
        return None
    step = PlanStep(part=PlanPart.IF_SOMEONE_ELSE, words=text, reading=saying)
    said = replies.say("plan_if_someone_else_noted", language, turn)
    return Outcome(replies=(*said, *aside.then), plan=(step,))


def _told(turn: Turn, steps: Sequence[PlanStep], language: str) -> tuple[Reply, ...]:
    """Gives what is said back of each step that leaves no doubt."""
    told: list[Reply] = []
    for step in steps:
        if not plan_steps.is_doubtful(step):
            told += _say_back(turn, step, language)
    return tuple(told)


def _say_back(turn: Turn, step: PlanStep, language: str) -> tuple[Reply, ...]:
    match step.part:
        case PlanPart.TIMES:
            return _say_times_back(turn, step, language)
        case PlanPart.CHANNELS:
            names = ", ".join(_CHANNEL_NAMES.get(name, name) for name in step.reading)
            return _say_with("plan_channel", language, turn, channels=names)
        case PlanPart.NOTE_ONLY if step.reading:
            return _say_with("plan_note_only", language, turn, note=turn.note)
        case PlanPart.IF_SOMEONE_ELSE:
            return replies.say("plan_if_someone_else_noted", language, turn)
        case _:
            return ()


def _say_times_back(turn: Turn, step: PlanStep, language: str) -> tuple[Reply, ...]:
    times = after(turn.plan, step).times
    if times.is_unclear:
        return replies.say("plan_unclear", language, turn)
    if times.is_never:
        return replies.say("plan_only_answers", language, turn)
    said = plan_words.times_in_words(times, _spoken(language))
    return _say_with("plan_noted", language, turn, times=said)


_CHANNEL_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp", "sms": "text"}


def _opened(
    turn: Turn, steps: Sequence[PlanStep], said: Said, language: str
) -> tuple[Aside, tuple[Reply, ...]] | None:
    """Gives the aside that the message opens and its words, or None."""
    for step in steps:
        if plan_steps.is_doubtful(step):
            return Aside(kind=_TIMES), _ask_times(turn, step, language)
    is_private = any(
        (step.part is PlanPart.SHARED_PHONE and step.reading) or step.part is PlanPart.MUST_NOT_KNOW
        for step in steps
    )
    # Once, and at a moment when the child thinks of who may see this, or when all is told.
    if turn.may_offer_word and (is_private or said.is_end):
        return Aside(kind=_WORD), _with_choices(
            "safe_word_offer", language, turn, (ShortAnswer.YES, ShortAnswer.NO)
        )
    return None


def _ask_times(turn: Turn, step: PlanStep, language: str) -> tuple[Reply, ...]:
    pending = after(turn.plan, step).pending or plan_times.ONLY_ANSWERS
    said = plan_words.times_in_words(replace(pending, is_unclear=False), _spoken(language))
    asked = (ShortAnswer.YES, ShortAnswer.NO)
    return _with_choices("plan_question", language, turn, asked, times=said)


def _with_choices(
    key: str, language: str, turn: Turn, choices: Sequence[ShortAnswer], **tokens: str
) -> tuple[Reply, ...]:
    *first, last = _say_with(key, language, turn, **tokens)
    offered = tuple(
        Choice(
            title=wording.texts(choice.value, _spoken(language))[0],
            payload=f"{_PRESSED}{choice.value}",
        )
        for choice in choices
    )
    return (*first, replace(last, choices=offered))


def _say_with(key: str, language: str, turn: Turn, **tokens: str) -> tuple[Reply, ...]:
    return replies.say(key, language, replace(turn, tokens={**turn.tokens, **tokens}))


def _spoken(language: str) -> str:
    """Gives the language in which these words are said: times go with their sentence."""
    return language if wording.has("plan_noted", language) else wording.FALLBACK
