"""Says how urgent a child's message is, what harm it tells of, and which words say so.

Behind this door are two layers. Phrases, kept as data in `bot/phrases`, need nothing and are
never out-voted downwards on an emergency. A trained model lives in the dialogue process; its
scores come in as values and may raise what the phrases found. The labels are defined in
`docs/safety/urgency-guide.md`, the thresholds and their trade-off in `docs/triage/model-card.md`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from ruamel.yaml import YAML

from bot import calm_answers, left_alone, who_is_here
from bot.phrases.book import Found, the_book
from bot.phrases.language import language_of
from handover import edition
from models.urgency import Harm, Urgency, highest

_THRESHOLDS = "bot/phrases/thresholds.yml"
_IN_TALK = "bot/phrases/in-talk.yml"
_BRIEF_WORDS = 7
_HERE = "they_are_here"
_HEAVIEST = 5  # words of the model that a practitioner is shown


class Calm(StrEnum):
    """How sure the model is that there is nothing to worry about in a message."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"
    DOUBTED = "doubted"  # an alarm by the model alone, which is not sure of that either
    FAINT = "faint"  # the first such in a calm talk, with hardly an emergency in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a message was judged as it was: the words, where they stand, what they mean.

    `kind` tells who says so: a phrase, the model, or the conversation around the message.
    `weight` is the model's; `phrase` is the name the phrase has in the data.
    """

    kind: Literal["phrase", "model", "context"]
    words: str
    start: int
    end: int
    level: Urgency | None
    harm: Harm | None
    phrase: str | None
    weight: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordWeight:
    """How much a word moved the model towards calling a person."""

    word: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScore:
    """What the model says: a probability for each level and each harm."""

    levels: Mapping[Urgency, float]
    harms: Mapping[Harm, float]
    weights: tuple[WordWeight, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The conversation around a message.

    `previous` holds the child's messages just before, newest last, and `told` those further back
    too; `involved` are the people on the record and `harms` what was found so far; `asked` is the
    record field the bot asked for last; `disclosed` is the conversation's level so far; `together`
    is what the model says of the message when it is read with those just before it, where it is.
    """

    previous: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    involved: str = ""
    harms: frozenset[Harm] = frozenset()
    asked: str | None = None
    disclosed: Urgency = Urgency.NO_CONCERN
    together: ModelScore | None = None


NO_CONTEXT = Context()


def read_together(previous: tuple[str, ...], text: str) -> str:
    """Gives a message with those just before it, as the model is to read them in one piece."""
    return "\n".join((*previous[-_in_talk()["messages_before"] :], text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How urgent one message is, and why.

    `scores` are probabilities; `scored` tells whether the model took part, so that a message
    judged by phrases alone can be scored again when the model is back.
    """

    level: Urgency
    harms: frozenset[Harm]
    scores: Mapping[Urgency, float]
    reasons: tuple[Reason, ...]
    language: str
    scored: Literal["phrases", "phrases_and_model"]
    model_version: str | None

    @property
    def calm(self) -> Calm:
        """Gives how sure the model is that there is nothing to worry about.

        Not at all while it has not had its say, or where a phrase or it finds anything.
        """
        if self.scored == "phrases" or self.level is not Urgency.NO_CONCERN:
            return Calm.UNSURE
        nothing = self.scores[Urgency.NO_CONCERN]
        reached = (one for one in (Calm.SURE, Calm.LIKELY) if nothing >= _in_talk()["calm"][one])
        return next(reached, Calm.UNSURE)

    @property
    def nothing(self) -> float | None:
        """Gives how likely there is nothing in it, or None where the model does not speak alone.

        In English only: elsewhere the dialogue's own words and classifier know too little.
        """
        if self.scored == "phrases" or any(reason.kind != "model" for reason in self.reasons):
            return None
        if self.language != "en":
            return None
        return self.scores[Urgency.NO_CONCERN]

    @property
    def is_doubtful(self) -> bool:
        """Tells whether the model alone raises an alarm, if any, and is not sure of that."""
        if self.scored == "phrases" or any(reason.kind != "model" for reason in self.reasons):
            return False
        return self.level is not Urgency.EMERGENCY and self._alarm < float(_in_talk()["sure_alarm"])

    @property
    def is_faint(self) -> bool:
        """Tells whether a doubtful alarm has hardly an emergency in it; English words alone."""
        most = _in_talk()["faint_alarm"]
        calm = self._alarm < most["alarm"] and self.scores[Urgency.EMERGENCY] < most["emergency"]
        return self.is_doubtful and calm and self.language == "en"

    @property
    def _alarm(self) -> float:
        return self.scores[Urgency.EMERGENCY] + self.scores[Urgency.URGENT]


def phrase_level(text: str) -> Urgency:
    """Gives the level of which phrases are sure; cheap enough for a webhook's transaction."""
    book = the_book()
    found = book.find(book.read(text))
    return highest(*(hit.level for hit in found if not hit.phrase.wide))


def assess(
    text: str, *, model: ModelScore | None = None, context: Context = NO_CONTEXT
) -> Assessment:
    """Gives the urgency and harms of a message, with the reasons.

    A message is judged alone, with the messages just before it, and as an answer to what was
    asked; the most urgent of these counts. Nothing a child adds can lower it.
    """
    book = the_book()
    found = book.find(book.read(text))
    reasons = [_phrase_reason(text, hit) for hit in found]
    reasons += _context_reasons(text, context)
    by_phrases = _level_of(reasons)
    language = language_of(text)
    if model is None:
        level = by_phrases
    elif by_phrases is Urgency.NO_CONCERN and (
        _is_only_marks(text) or _tells_only_an_age(text, context)
    ):
        level = Urgency.NO_CONCERN
    elif by_phrases is Urgency.NO_CONCERN and context.together is not None:
        model = _averaged(model, context.together)
        is_of_other = any(_is_of_other_things(one) for one in (text, *context.previous))
        level = _model_level(model, _in_talk()["beside" if is_of_other else "levels"])
    else:
        sure = _level_of(reason for reason in reasons if reason.phrase not in book.wide)
        level = _together(sure, model, _thresholds_for(text, by_phrases, language, context))
    level = calm_answers.level_of(text, level, by_phrases, context.disclosed)
    is_left_alone = level.raises_alert and left_alone.is_small_child(text, context.told)
    if is_left_alone:
        level = Urgency.EMERGENCY
        reasons.append(_of_talk(text, "small_child_alone", level))
    if model is not None:
        reasons += _model_reasons(text, model, level)
    return Assessment(
        level=level,
        harms=_harms(found, reasons, model, level) | ({Harm.NEGLECT} if is_left_alone else set()),
        scores=_scores(by_phrases, model),
        reasons=tuple(reasons),
        language=language,
        scored="phrases" if model is None else "phrases_and_model",
        model_version=None if model is None else model.version,
    )


def _is_of_other_things(text: str) -> bool:
    book = the_book()
    reading = book.read(text)
    return any(book.has_cue(reading, cue) for cue in ("homework", "fiction", "game"))


def _is_only_marks(text: str) -> bool:
    # Full stops and question marks alone; an emoji is no such mark, and says much.
    return all(unicodedata.category(mark)[0] in "PZC" for mark in text)


def _tells_only_an_age(text: str, context: Context) -> bool:
    if context.disclosed.raises_alert:
        return False
    return re.match(_in_talk()["only_an_age"], text, re.IGNORECASE) is not None


def _level_of(reasons: Iterable[Reason]) -> Urgency:
    return highest(*(reason.level for reason in reasons if reason.level is not None))


def _phrase_reason(text: str, hit: Found, kind: Literal["phrase", "context"] = "phrase") -> Reason:
    return Reason(
        kind=kind,
        words=text[hit.start : hit.end],
        start=hit.start,
        end=hit.end,
        level=hit.level,
        harm=min(hit.phrase.harms, default=None),
        phrase=hit.phrase.name,
        weight=None,
    )


def _model_reasons(text: str, model: ModelScore, level: Urgency) -> Iterator[Reason]:
    heaviest = sorted(model.weights, key=lambda word: (-word.weight, word.start))[:_HEAVIEST]
    for word in heaviest:
        if word.weight > 0:
            yield Reason(
                kind="model",
                words=text[word.start : word.end],
                start=word.start,
                end=word.end,
                level=level,
                harm=None,
                phrase=None,
                weight=word.weight,
            )


def _context_reasons(text: str, context: Context) -> Iterator[Reason]:
    read = the_book().read(text)
    if the_book().has_cue(read, _HERE) and who_is_here.is_another(
        text, context.told, context.involved, context.harms
    ):
        # "mam is here" where all that was told is of dad: somebody safe is there, whatever the
        # words make up together with those before ("want him to get help" - "me mams here").
        return
    yield from _burst_reasons(text, context.previous)
    if the_book().has_cue(read, "reassured"):
        # "hes in another country, im ok": the fragment says itself that nothing happens now.
        return
    is_busy = the_book().has_cue(read, "busy")
    for cue, level in _meanings(context):
        # "mums in the bath" and "hes in the house aye" are no coming of theirs.
        if the_book().has_cue(read, cue) and not (cue == _HERE and is_busy):
            yield _of_talk(text, cue, level)


def _of_talk(text: str, cue: str, level: Urgency) -> Reason:
    return Reason(
        kind="context",
        words=text,
        start=0,
        end=len(text),
        level=level,
        harm=None,
        phrase=cue,
        weight=None,
    )


def _burst_reasons(text: str, previous: tuple[str, ...]) -> Iterator[Reason]:
    # Only what reaches into this message counts: the ones before had their own judgement.
    if not previous:
        return
    book = the_book()
    for glue in ("\n", " "):
        before = glue.join(previous) + glue
        for hit in book.find(book.read(before + text)):
            start, end = hit.start - len(before), hit.end - len(before)
            if start < 0 < end:
                yield Reason(
                    kind="context",
                    words=text[:end],
                    start=0,
                    end=end,
                    level=hit.level,
                    harm=min(hit.phrase.harms, default=None),
                    phrase=hit.phrase.name,
                    weight=None,
                )


def _meanings(context: Context) -> Iterator[tuple[str, Urgency]]:
    # What a fragment means depends on what it answers. A child who has told of harm and
    # says they are not safe is in danger now; the same word with nothing told is a call
    # to speak to them today (guide: rule 6, and "erring towards the child's safety").
    told = context.disclosed.raises_alert
    if context.asked == "safe_now":
        yield "answer_no", Urgency.EMERGENCY if told else Urgency.URGENT
        yield "answer_unsure", Urgency.URGENT if told else Urgency.CONCERN
    if context.asked == "needs_medical_help":
        yield "answer_yes", Urgency.EMERGENCY if told else Urgency.URGENT
    if told:
        yield _HERE, Urgency.EMERGENCY


def _averaged(alone: ModelScore, together: ModelScore) -> ModelScore:
    """Gives what the model says of a message alone and in its talk, weighed alike.

    A fragment says little ("he", "hits me") or sounds of much that it does not mean. Where the
    model is sure of an alarm in the message alone, no talk around it brings that below the line.
    """
    levels = {
        level: (alone.levels.get(level, 0.0) + together.levels.get(level, 0.0)) / 2
        for level in Urgency
    }
    return replace(alone, levels=levels)


def _thresholds_for(
    text: str, by_phrases: Urgency, language: str, context: Context
) -> Mapping[str, float]:
    """Gives how probable each level must be, for such a message at such a place in the talk."""
    if by_phrases is Urgency.NO_CONCERN and (context.asked is not None or context.previous):
        place = "talking" if context.asked is None else "answering"
        is_brief = len(text.split()) <= _BRIEF_WORDS
        talking: Mapping[str, float] = _thresholds()[f"{place}_briefly" if is_brief else place]
        return talking
    by_language = _thresholds()["levels"]["en" if language == "en" else "other"]
    chosen: Mapping[str, float] = by_language["with_phrase" if by_phrases.raises_alert else "alone"]
    return chosen


def _together(by_phrases: Urgency, model: ModelScore, thresholds: Mapping[str, float]) -> Urgency:
    nothing = model.levels.get(Urgency.NO_CONCERN, 0.0)
    ordinary = _thresholds()["ordinary"]
    if by_phrases is Urgency.NO_CONCERN and nothing >= ordinary["no_concern"]:
        thresholds = {
            level: max(least, ordinary.get(level, 0.0)) for level, least in thresholds.items()
        }
    by_model = _model_level(model, thresholds)
    if model.levels.get(Urgency.EMERGENCY, 0.0) >= _thresholds()["hint_of_emergency"]:
        by_model = highest(by_model, Urgency.URGENT)
    if by_phrases is Urgency.EMERGENCY:
        return Urgency.EMERGENCY
    # Phrases below an emergency are wide on purpose. Only a model that is sure there is
    # nothing in the message may say so against them.
    doubted = _thresholds()["doubted"].get(by_phrases.value)
    if doubted is not None and nothing >= doubted:
        return by_model
    return highest(by_phrases, by_model)


def _model_level(model: ModelScore, thresholds: Mapping[str, float]) -> Urgency:
    reached = 0.0
    for level in (Urgency.EMERGENCY, Urgency.URGENT, Urgency.CONCERN):
        # Levels are ordered: what is an emergency is also urgent.
        reached += model.levels.get(level, 0.0)
        if reached >= thresholds[level.value]:
            return level
    return Urgency.NO_CONCERN


def _harms(
    found: list[Found], reasons: list[Reason], model: ModelScore | None, level: Urgency
) -> frozenset[Harm]:
    if level is Urgency.NO_CONCERN:
        return frozenset()
    said = {harm for hit in found for harm in hit.phrase.harms}
    said |= {reason.harm for reason in reasons if reason.harm is not None}
    if model is None:
        return frozenset(said)
    thresholds = _thresholds()["harms"]
    likeliest = max(model.harms, key=lambda harm: (model.harms[harm], harm), default=None)
    needed = {harm: thresholds["with_phrase" if harm in said else "alone"] for harm in Harm}
    if likeliest is not None:
        needed[likeliest] = thresholds["likeliest"]
    return frozenset(harm for harm in Harm if model.harms.get(harm, 0.0) >= needed[harm])


def _scores(by_phrases: Urgency, model: ModelScore | None) -> Mapping[Urgency, float]:
    if model is not None:
        return {level: model.levels.get(level, 0.0) for level in Urgency}
    shares = _thresholds()["phrases_alone"][by_phrases.value]
    return {level: shares[level.value] for level in Urgency}


@edition.kept
def _thresholds() -> Any:
    return _read(_THRESHOLDS)


@edition.kept
def _in_talk() -> Any:
    return _read(_IN_TALK)


def _read(name: str) -> Any:
    with edition.path(name).open(encoding="utf-8") as lines:
        return YAML(typ="safe", pure=True).load(lines)
