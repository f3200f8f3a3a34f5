"""Measures triage on labelled messages: figures, tables for the terminal, a page with pictures.

The page is one file of HTML with inline SVG and needs nothing to be installed or fetched.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bot.urgency import Assessment
from models.urgency import Harm, Urgency

type Judged = tuple["Example", Assessment]

LEVELS = tuple(sorted(Urgency, key=lambda level: -level.rank))
_BINS = 10
_LENGTHS = ((20, "up to 20"), (60, "21 to 60"), (160, "61 to 160"), (10**9, "over 160"))
_SEED = 7
_MEASURES = (
    "messages",
    "emergency alerted",
    "emergency exact",
    "alert recall",
    "false alarms",
    "macro-F1",
    "harms F1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled message."""

    id: str
    text: str
    level: Urgency
    harms: frozenset[Harm]
    language: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How good triage was on some messages; every figure but the first is a share.

    `emergency_alerted` are emergencies judged urgent or above, `alert_recall` is the same of
    all that should be, `false_alarms` of those with nothing to worry about. A share of no
    messages is 1 for what should be high and 0 for false alarms.
    """

    messages: int
    emergency_alerted: float
    emergency_exact: float
    alert_recall: float
    false_alarms: float
    macro_f1: float
    harms_f1: float


class ExamplesError(Exception):
    """A file of labelled messages cannot be read; the text says where and why."""


def read_examples(path: Path) -> list[Example]:
    """Gives the labelled messages of a file of JSON lines.

    Raises:
        ExamplesError: it cannot be read, or a line is not a labelled message.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{path} cannot be read: {error}") from error
    return [_example(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def measure(pairs: Sequence[Judged]) -> Figures:
    """Gives the figures of judged messages."""
    emergencies = [pair for pair in pairs if pair[0].level is Urgency.EMERGENCY]
    alerting = [pair for pair in pairs if pair[0].level.raises_alert]
    calm = [pair for pair in pairs if pair[0].level is Urgency.NO_CONCERN]
    return Figures(
        messages=len(pairs),
        emergency_alerted=_share(emergencies, _alerts, 1.0),
        emergency_exact=_share(emergencies, lambda pair: pair[1].level is pair[0].level, 1.0),
        alert_recall=_share(alerting, _alerts, 1.0),
        false_alarms=_share(calm, _alerts, 0.0),
        macro_f1=_macro_f1(pairs),
        harms_f1=_harms_f1(pairs),
    )


def interval(
    pairs: Sequence[Judged], figure: Callable[[Figures], float], *, draws: int = 300
) -> tuple[float, float]:
    """Gives the bootstrap 95 % interval of a figure, the same at every run."""
    chance = random.Random(_SEED)  # noqa: S311  # a repeatable draw, no secret
    values = sorted(
        figure(measure(chance.choices(pairs, k=len(pairs)))) for _ in range(draws if pairs else 0)
    )
    if not values:
        return 0.0, 1.0
    return values[int(0.025 * len(values))], values[int(0.975 * len(values))]


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
        said = assessment.scores[Urgency.URGENT] + assessment.scores[Urgency.EMERGENCY]
        bins[min(int(said * _BINS), _BINS - 1)].append((said, example.level.raises_alert))
    return [
        (_mean([said for said, _ in rows]), _mean([true for _, true in rows]), len(rows))
        for _, rows in sorted(bins.items())
    ]


def misses(pairs: Sequence[Judged]) -> list[Judged]:
    """Gives what should have called a person and did not, emergencies first."""
    missed = [pair for pair in pairs if pair[0].level.raises_alert and not _alerts(pair)]
    return sorted(missed, key=lambda pair: (-pair[0].level.rank, pair[0].id))


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


def as_text(pairs: Sequence[Judged]) -> str:
    """Gives the report as tables for the terminal; it quotes no message."""
    lines = [_text_row("", _MEASURES), _text_row("all", _values(measure(pairs)))]
    lines += [_text_row(name, _values(measure(group))) for name, group in slices(pairs)]
    lines += ["", _text_row("is \\ judged", [level.value for level in LEVELS])]
    counts = confusion(pairs)
    lines += [
        _text_row(right.value, [str(counts[right, said]) for said in LEVELS]) for right in LEVELS
    ]
    alarms = measure(pairs).false_alarms * 10_000
    lines += ["", f"alarms on 10,000 messages with nothing to worry about: {alarms:.0f}"]
    lines += [f"missed: {example.id} ({example.level.value})" for example, _ in misses(pairs)]
    return "\n".join(lines) + "\n"


def as_page(pairs: Sequence[Judged], *, title: str) -> str:
    """Gives the report as one page of HTML with its pictures inside."""
    figures = [("all", measure(pairs)), *((name, measure(group)) for name, group in slices(pairs))]
    recall = interval(pairs, lambda found: found.alert_recall)
    rows = "".join(_html_row(name, _values(found)) for name, found in figures)
    counts = confusion(pairs)
    matrix = "".join(
        _html_row(right.value, [str(counts[right, said]) for said in LEVELS]) for right in LEVELS
    )
    missed = "".join(
        _html_row(example.id, [example.level.value, assessment.level.value, example.text])
        for example, assessment in misses(pairs)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>"
        f"<p>Alert recall lies between {recall[0]:.3f} and {recall[1]:.3f} "
        "(bootstrap, 95 %).</p>"
        f"<h2>Figures</h2><table>{_html_head('Messages', _MEASURES)}{rows}</table>"
        "<h2>What each level was judged to be</h2>"
        f"<table>{_html_head('Level', [level.value for level in LEVELS])}{matrix}</table>"
        f"<h2>Calibration of the alert</h2>{_calibration_picture(calibration(pairs))}"
        f"<h2>Missed</h2><table>{_html_head('Id', ['is', 'judged', 'text'])}{missed}</table>"
        "</body></html>"
    )


def _example(line: str, where: str) -> Example:
    try:
        row = json.loads(line)
        return Example(
            id=str(row["id"]),
            text=row["text"],
            level=Urgency(row["urgency"]),
            harms=frozenset(Harm(harm) for harm in row["harms"]),
            language=row["lang"],
            tags=tuple(row.get("tags", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = "`id`, `text`, `urgency`, `harms` and `lang` are needed"
        raise ExamplesError(f"{where}: {text} ({error}).") from error


def _alerts(pair: Judged) -> bool:
    return pair[1].level.raises_alert


def _share(pairs: Sequence[Judged], right: Callable[[Judged], bool], of_none: float) -> float:
    return _mean([right(pair) for pair in pairs]) if pairs else of_none


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _macro_f1(pairs: Sequence[Judged]) -> float:
    scores = []
    for level in LEVELS:
        is_level = [example.level is level for example, _ in pairs]
        said = [assessment.level is level for _, assessment in pairs]
        if any(is_level) or any(said):
            both = sum(one and other for one, other in zip(is_level, said, strict=True))
            scores.append(2 * both / (sum(is_level) + sum(said)))
    return _mean(scores) if scores else 1.0


def _harms_f1(pairs: Sequence[Judged]) -> float:
    both = sum(len(example.harms & assessment.harms) for example, assessment in pairs)
    total = sum(len(example.harms) + len(assessment.harms) for example, assessment in pairs)
    return 2 * both / total if total else 1.0


def _values(figures: Figures) -> list[str]:
    shares = (
        figures.emergency_alerted,
        figures.emergency_exact,
        figures.alert_recall,
        figures.false_alarms,
        figures.macro_f1,
        figures.harms_f1,
    )
    return [str(figures.messages), *(f"{share:.3f}" for share in shares)]


def _text_row(name: str, values: Sequence[str]) -> str:
    return f"{name:<34}" + "".join(f"{value:>18}" for value in values)


def _html_head(name: str, values: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{escape(value)}</th>' for value in (name, *values))
    return f"<thead><tr>{cells}</tr></thead>"


def _html_row(name: str, values: Sequence[str]) -> str:
    cells = "".join(f"<td>{escape(value)}</td>" for value in values)
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _calibration_picture(points: Sequence[tuple[float, float, int]]) -> str:
    dots = "".join(
        f'<circle cx="{said * 300:.1f}" cy="{300 - true * 300:.1f}" r="{3 + count**0.5:.1f}">'
        f"<title>said {said:.2f}, true {true:.2f}, {count} messages</title></circle>"
        for said, true, count in points
    )
    return (
        '<svg viewBox="-10 -10 320 320" width="400" role="img" '
        'aria-label="Probability said against share true; on the line is right">'
        '<path d="M0 300H300M0 300V0" stroke="black"/>'
        '<path d="M0 300L300 0" stroke="grey" stroke-dasharray="4"/>'
        f'<g fill="#1d70b8" fill-opacity="0.7">{dots}</g></svg>'
    )
