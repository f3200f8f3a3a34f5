"""Judges what triage is measured on, with the model and without it, for the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from bot import counterfactuals
from bot.abilities import Ability, Tried, read_abilities, texts_of, try_abilities
from bot.counterfactuals import Family, Swapped
from bot.evaluate import Interval, Judged, rate
from bot.labelled import (
    ABILITIES,
    COUNTERFACTUALS,
    EVERYDAY,
    LABELLED,
    Example,
    read_everyday,
    read_examples,
)
from bot.triage import Score
from bot.urgency import Assessment, ModelScore, assess

_BATCH = 128
type Scores = Mapping[str, ModelScore | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """What to measure on."""

    examples: Sequence[Example]
    everyday: Mapping[str, Sequence[str]]
    abilities: Sequence[Ability]
    families: Sequence[Family]

    @property
    def size(self) -> int:
        """Gives how many different messages there are."""
        return len(set(self.texts()))

    def texts(self) -> list[str]:
        """Gives every message."""
        ordinary = [text for texts in self.everyday.values() for text in texts]
        return [
            *(one.text for one in self.examples),
            *ordinary,
            *texts_of(self.abilities),
            *counterfactuals.texts_of(self.families),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """One everyday message, judged with the model and by the phrases alone."""

    text: str
    judged: Assessment
    by_phrases: Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that a report of triage tells."""

    judged: Sequence[Judged]
    by_phrases: Sequence[Judged]
    """The same messages, judged as when the model is down."""
    everyday: Mapping[str, Sequence[Ordinary]]
    tried: Sequence[Tried]
    swapped: Sequence[Swapped]

    @property
    def version(self) -> str:
        """Gives the version of the model that judged."""
        versions = {found.model_version for _, found in self.judged} - {None}
        return ", ".join(sorted(str(one) for one in versions)) or "none"


def read_sets(files: Sequence[Path], everyday: Sequence[Path]) -> Sets:
    """Gives the sets of some files; the project's own when none is named.

    Raises:
        ExamplesError: one of them cannot be read.
    """
    are_ours = not files and not everyday
    labelled, ordinary = (LABELLED, EVERYDAY) if are_ours else (files, everyday)
    return Sets(
        examples=[one for path in labelled for one in read_examples(path)],
        everyday={name: texts for path in ordinary for name, texts in read_everyday(path).items()},
        abilities=read_abilities(ABILITIES) if are_ours else (),
        families=counterfactuals.read_families(COUNTERFACTUALS) if are_ours else (),
    )


def measure_all(sets: Sets, score: Score) -> Measured:
    """Gives the examples, the everyday messages and the abilities, all judged."""
    return measured(sets, scores_of(sets.texts(), score))


def measured(sets: Sets, found: Scores) -> Measured:
    """Gives the same, judged with scores that are known."""
    return Measured(
        judged=judge(sets.examples, found),
        by_phrases=judge(sets.examples, {}),
        everyday={
            name: [
                Ordinary(text=text, judged=assess(text, model=found[text]), by_phrases=assess(text))
                for text in texts
            ]
            for name, texts in sets.everyday.items()
        },
        tried=try_abilities(sets.abilities, found),
        swapped=counterfactuals.swap(
            sets.families,
            {
                text: assess(text, model=found[text])
                for text in counterfactuals.texts_of(sets.families)
            },
        ),
    )


def judge_with(examples: Sequence[Example], score: Score) -> list[Judged]:
    """Gives each example as a model and the phrases judge it."""
    return judge(examples, scores_of([one.text for one in examples], score))


def scores_of(texts: Sequence[str], score: Score) -> Scores:
    """Gives the model's score of each different text."""
    different = list(dict.fromkeys(texts))
    return {
        text: found
        for part in batched(different, _BATCH)
        for text, found in zip(part, score(part), strict=True)
    }


def judge(examples: Sequence[Example], scores: Scores) -> list[Judged]:
    """Gives each example with its judgement; by the phrases alone where there is no score."""
    return [(one, assess(one.text, model=scores.get(one.text))) for one in examples]


def alarms(messages: Sequence[Ordinary]) -> tuple[Interval, Interval]:
    """Gives the share of everyday messages that called a person: with the model, and without."""
    return (
        rate(sum(one.judged.level.raises_alert for one in messages), len(messages)),
        rate(sum(one.by_phrases.level.raises_alert for one in messages), len(messages)),
    )
