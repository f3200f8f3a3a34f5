"""Measures triage on labelled messages: figures with their intervals, by whatever they tell apart.

Every figure is counted from a tally of how often each kind of judgement was made. A bootstrap
draws such tallies again; the draws are the same at every run.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.labelled import Example
from bot.urgency import Assessment
from models.urgency import Harm, Urgency

type Judged = tuple[Example, Assessment]
type Tally = Counter["Seen"]
type Figure = Callable[[Tally], float]

LEVELS = tuple(sorted(Urgency, key=lambda level: -level.rank))
DRAWS = 400
_BINS = 10
_LENGTHS = ((20, "up to 20"), (60, "21 to 60"), (160, "61 to 160"), (10**9, "over 160"))
_SEED = 7
_Z = 1.959964  # of the normal distribution, for 95 %


class Seen(NamedTuple):
    """What is counted of one judged message: its level, the level said, and harms in common."""

    level: Urgency
    said: Urgency
    harms_both: int
    harms_total: int
    """Harms of the label and harms named, together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How good triage was on some messages; every figure but the first is a share.

    `emergency_alerted` are emergencies judged urgent or above, `alert_recall` is the same of
    all that should be, `alert_precision` those that should be among all so judged,
    `false_alarms` those judged so with nothing to worry about. A share of no messages is 1 for
    what should be high and 0 for false alarms.
    """

    messages: int
    emergency_alerted: float
    emergency_exact: float
    alert_recall: float
    alert_precision: float
    false_alarms: float
    macro_f1: float
    harms_f1: float


def tally(pairs: Sequence[Judged]) -> Tally:
    """Gives how often each kind of judgement was made."""
    return Counter(seen(pair) for pair in pairs)


def seen(pair: Judged) -> Seen:
    """Gives what is counted of one judged message."""
    example, found = pair
    return Seen(
        example.level,
        found.level,
        len(example.harms & found.harms),
        len(example.harms) + len(found.harms),
    )


def measure(pairs: Sequence[Judged]) -> Figures:
    """Gives the figures of judged messages."""
    counted = tally(pairs)
    return Figures(
        messages=len(pairs), **{name: figure(counted) for name, figure in FIGURES.items()}
    )


def intervals(pairs: Sequence[Judged], *, draws: int = DRAWS) -> dict[str, Interval]:
    """Gives each figure with its bootstrap 95 % interval."""
    drawn = [counted for (counted,) in draw([[seen(pair) for pair in pairs]], draws)]
    counted = tally(pairs)
    return {
        name: Interval(value=figure(counted), **ends([figure(one) for one in drawn]))
        for name, figure in FIGURES.items()
    }


def draw(columns: Sequence[Sequence[Seen]], draws: int = DRAWS) -> Iterator[tuple[Tally, ...]]:
    """Gives bootstrap draws of the same messages, one tally for each column of judgements."""
    chance = random.Random(_SEED)  # noqa: S311  # a repeatable draw, no secret
    rows = list(zip(*columns, strict=True))
    # Numbers stand for the few different rows: to count thousands of rows each time is slow.
    kinds = list(dict.fromkeys(rows))
    numbers = {kind: number for number, kind in enumerate(kinds)}
    numbered = [numbers[row] for row in rows]
    for _ in range(draws if rows else 0):
        tallies: tuple[Tally, ...] = tuple(Counter() for _ in columns)
        for number, times in Counter(chance.choices(numbered, k=len(rows))).items():
            for counted, one in zip(tallies, kinds[number], strict=True):
                counted[one] += times
        yield tallies


def ends(values: Sequence[float]) -> dict[str, float]:
    """Gives the ends of the middle 95 % of values; the widest there are where there is none."""
    if not values:
        return {"low": 0.0, "high": 1.0}
    ordered = sorted(values)
    return {
        "low": ordered[int(0.025 * len(ordered))],
        "high": ordered[min(int(0.975 * len(ordered)), len(ordered) - 1)],
    }


def rate(hits: int, of: int) -> Interval:
    """Gives a share with Wilson's 95 % interval, which is right for rare things too."""
    if not of:
        return Interval(value=0.0, low=0.0, high=1.0)
    share, square = hits / of, _Z**2 / of
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return Interval(value=share, low=max(0.0, middle - reach), high=min(1.0, middle + reach))


def is_of_none(name: str, counted: Tally) -> bool:
    """Tells whether a figure would be a share of no messages."""
    return not any(_COUNTED[name](one) for one in counted)


def by_level(pairs: Sequence[Judged]) -> dict[Urgency, tuple[Interval, Interval]]:
    """Gives the recall and the precision of each level, with their intervals."""
    counted = confusion(pairs)
    return {
        level: (
            rate(counted[level, level], sum(counted[level, said] for said in LEVELS)),
            rate(counted[level, level], sum(counted[right, level] for right in LEVELS)),
        )
        for level in LEVELS
    }


def by_harm(pairs: Sequence[Judged]) -> dict[Harm, tuple[int, Interval, Interval]]:
    """Gives how often each harm is labelled, its recall and its precision."""
    found = {}
    for harm in Harm:
        labelled = sum(harm in example.harms for example, _ in pairs)
        named = sum(harm in assessment.harms for _, assessment in pairs)
        both = sum(harm in one.harms and harm in other.harms for one, other in pairs)
        if labelled or named:
            found[harm] = labelled, rate(both, labelled), rate(both, named)
    return found


def confusion(pairs: Sequence[Judged]) -> dict[tuple[Urgency, Urgency], int]:
    """Gives how often each level (first) was judged to be each level (second)."""
    counts = dict.fromkeys(((right, said) for right in LEVELS for said in LEVELS), 0)
    for example, assessment in pairs:
        counts[example.level, assessment.level] += 1
    return counts


def calibration(pairs: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """Gives, by tenths of the probability of an alert: the mean said, the share true, how many."""
    bins: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for example, assessment in pairs:
        said = alert_probability(assessment)
        bins[min(int(said * _BINS), _BINS - 1)].append((said, example.level.raises_alert))
    return [
        (_mean([said for said, _ in rows]), _mean([true for _, true in rows]), len(rows))
        for _, rows in sorted(bins.items())
    ]


def calibration_error(pairs: Sequence[Judged], *, draws: int = DRAWS) -> Interval:
    """Gives the expected calibration error of the alert, with its bootstrap interval."""
    chance = random.Random(_SEED)  # noqa: S311  # a repeatable draw, no secret
    drawn = [
        _calibration_error(chance.choices(pairs, k=len(pairs)))
        for _ in range(draws // 4 if pairs else 0)
    ]
    return Interval(value=_calibration_error(pairs), **ends(drawn))


def alert_probability(assessment: Assessment) -> float:
    """Gives how probable the model thinks it that a person should be called."""
    return assessment.scores[Urgency.URGENT] + assessment.scores[Urgency.EMERGENCY]


def trade_off(pairs: Sequence[Judged]) -> list[tuple[float, float, float]]:
    """Gives for thresholds of the probability of an alert: recall, and false alarms.

    A message on which a phrase of that urgency fires counts as alerted at every threshold, as it
    does in use.
    """
    return [_at_threshold(pairs, step / 20) for step in range(1, 20)]


def misses(pairs: Sequence[Judged]) -> list[Judged]:
    """Gives what should have called a person and did not, emergencies first."""
    missed = [pair for pair in pairs if pair[0].level.raises_alert and not _alerts(pair)]
    return sorted(missed, key=lambda pair: (-pair[0].level.rank, pair[0].id))


def needless(pairs: Sequence[Judged]) -> list[Judged]:
    """Gives what called a person with nothing to worry about."""
    return [pair for pair in pairs if pair[0].level is Urgency.NO_CONCERN and _alerts(pair)]


def slices(pairs: Sequence[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    """Gives the messages of each language, tag, harm and length, by name."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for pair in pairs:
        example = pair[0]
        groups[f"language {example.language}"].append(pair)
        for tag in example.tags:
            groups[f"tag {tag}"].append(pair)
        for harm in example.harms:
            groups[f"harm {harm.value}"].append(pair)
        length = next(name for most, name in _LENGTHS if len(example.text) <= most)
        groups[f"length {length}"].append(pair)
    yield from sorted(groups.items())


def _alerts(pair: Judged) -> bool:
    return pair[1].level.raises_alert


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _calibration_error(pairs: Sequence[Judged]) -> float:
    return sum(abs(said - true) * count / len(pairs) for said, true, count in calibration(pairs))


def _at_threshold(pairs: Sequence[Judged], threshold: float) -> tuple[float, float, float]:
    def is_alerted(assessment: Assessment) -> bool:
        by_phrase = any(
            reason.kind != "model" and reason.level is not None and reason.level.raises_alert
            for reason in assessment.reasons
        )
        return by_phrase or alert_probability(assessment) >= threshold

    due = [is_alerted(found) for example, found in pairs if example.level.raises_alert]
    calm = [is_alerted(found) for example, found in pairs if example.level is Urgency.NO_CONCERN]
    return threshold, _mean(due) if due else 1.0, _mean(calm) if calm else 0.0


def _macro_f1(counted: Tally) -> float:
    scores = []
    for level in LEVELS:
        labelled = sum(times for one, times in counted.items() if one.level is level)
        said = sum(times for one, times in counted.items() if one.said is level)
        if labelled or said:
            both = sum(
                times for one, times in counted.items() if one.level is level and one.said is level
            )
            scores.append(2 * both / (labelled + said))
    return _mean(scores) if scores else 1.0


def _harms_f1(counted: Tally) -> float:
    both = sum(one.harms_both * times for one, times in counted.items())
    total = sum(one.harms_total * times for one, times in counted.items())
    return 2 * both / total if total else 1.0


def _share(among: Callable[[Seen], bool], right: Callable[[Seen], bool], of_none: float) -> Figure:
    def share(counted: Tally) -> float:
        number = sum(times for one, times in counted.items() if among(one))
        if not number:
            return of_none
        both = sum(times for one, times in counted.items() if among(one) and right(one))
        return both / number

    return share


def _is_emergency(one: Seen) -> bool:
    return one.level is Urgency.EMERGENCY


def _is_due(one: Seen) -> bool:
    return one.level.raises_alert


def _is_calm(one: Seen) -> bool:
    return one.level is Urgency.NO_CONCERN


def _is_alerted(one: Seen) -> bool:
    return one.said.raises_alert


def _is_exact(one: Seen) -> bool:
    return one.said is one.level


_COUNTED: Mapping[str, Callable[[Seen], bool]] = {
    "emergency_alerted": _is_emergency,
    "emergency_exact": _is_emergency,
    "alert_recall": _is_due,
    "alert_precision": _is_alerted,
    "false_alarms": _is_calm,
    "macro_f1": lambda _: True,
    "harms_f1": lambda one: bool(one.harms_total),
}
FIGURES: Mapping[str, Figure] = {
    "emergency_alerted": _share(_is_emergency, _is_alerted, 1.0),
    "emergency_exact": _share(_is_emergency, _is_exact, 1.0),
    "alert_recall": _share(_is_due, _is_alerted, 1.0),
    "alert_precision": _share(_is_alerted, _is_due, 1.0),
    "false_alarms": _share(_is_calm, _is_alerted, 0.0),
    "macro_f1": _macro_f1,
    "harms_f1": _harms_f1,
}
