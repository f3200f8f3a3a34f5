"""Says the same of different people, and measures how far the judgement moves.

A name, a pronoun, who a child is or how they talk should change nothing. The sentences are data
(`tests/triage/counterfactuals.yml`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.evaluate import Interval, alert_probability, rate
from bot.labelled import ExamplesError
from bot.urgency import Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Sentences, each said in several ways that differ in one thing alone."""

    swap: str
    sentences: tuple[Mapping[str, str], ...]
    """Each sentence by the value that stands in it."""
    most_shift: float
    most_flips: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """How a family came out."""

    family: Family
    shifts: Mapping[str, float]
    """By value: its mean probability of an alert, less that of all."""
    flips: Interval
    """The share of sentences whose level is not the same for all values."""


def read_families(path: Path) -> list[Family]:
    """Gives the families of a file.

    Raises:
        ExamplesError: it cannot be read, or a family is not described.
    """
    try:
        rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return [_family(row) for row in rows]
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise ExamplesError(f"{path} does not say what to exchange: {error}") from error


def texts_of(families: Sequence[Family]) -> list[str]:
    """Gives every sentence in every way."""
    return [text for one in families for row in one.sentences for text in row.values()]


def swap(families: Sequence[Family], judged: Mapping[str, Assessment]) -> list[Swapped]:
    """Gives how each family came out, from the judgements by text."""
    return [_swapped(one, judged) for one in families]


def _family(row: Mapping[str, Any]) -> Family:
    sentences = row.get("versions") or [
        {name: sentence.replace("{}", value) for name, value in row["values"].items()}
        for sentence in row["sentences"]
    ]
    return Family(
        swap=str(row["swap"]),
        sentences=tuple(sentences),
        most_shift=float(row["most_shift"]),
        most_flips=float(row["most_flips"]),
    )


def _swapped(family: Family, judged: Mapping[str, Assessment]) -> Swapped:
    said = [
        {value: alert_probability(judged[text]) for value, text in row.items()}
        for row in family.sentences
    ]
    middle = _mean([_mean(list(row.values())) for row in said])
    values = list(dict.fromkeys(value for row in said for value in row))
    levels = [{judged[text].level for text in row.values()} for row in family.sentences]
    return Swapped(
        family=family,
        shifts={value: _mean([row[value] for row in said]) - middle for value in values},
        flips=rate(sum(len(one) > 1 for one in levels), len(levels)),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
