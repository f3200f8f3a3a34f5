"""Tables, pictures and a page of how triage did.

The terminal's report quotes no message; the page quotes what was judged wrongly, with the reasons.
"""

from collections.abc import Iterator, Mapping, Sequence

from bot import evaluate, pictures, report_page
from bot.evaluate import FIGURES, LEVELS, Interval, Judged
from bot.measuring import Measured, Ordinary, alarms
from bot.urgency import Assessment

_SLICE_DRAWS = 150
_EVERYDAY = 10_000
_WORDS = {
    "emergency_alerted": "emergency alerted",
    "emergency_exact": "emergency exact",
    "alert_recall": "alert recall",
    "alert_precision": "alert precision",
    "false_alarms": "false alarms",
    "macro_f1": "macro-F1",
    "harms_f1": "harms F1",
}
_TARGETS: Mapping[str, Mapping[str, float]] = {
    "English": {
        "emergency_alerted": 0.985,
        "emergency_exact": 0.85,
        "alert_recall": 0.95,
        "false_alarms": 0.05,
        "macro_f1": 0.87,
        "harms_f1": 0.75,
    },
    "other languages": {
        "emergency_alerted": 0.90,
        "emergency_exact": 0.70,
        "alert_recall": 0.85,
        "false_alarms": 0.12,
        "macro_f1": 0.70,
        "harms_f1": 0.75,
    },
}

type _Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def as_text(found: Measured) -> str:
    """Gives the report as tables for the terminal."""
    lines = [f"model {found.version}; in brackets 95 % intervals", ""]
    for caption, head, rows in _tables(found):
        if rows:
            lines += [caption, _text_row(head), *(_text_row(row) for row in rows), ""]
    lines += [
        f"missed: {example.id} ({example.level.value})"
        for example, _ in evaluate.misses(found.judged)
    ]
    return "\n".join(lines) + "\n"


def as_page(found: Measured, *, title: str) -> str:
    """Gives the report as one page of HTML with its pictures inside."""
    section, table = report_page.section, report_page.table
    tables = {caption: table(caption, head, rows) for caption, head, rows in _tables(found)}
    return report_page.document(
        title,
        report_page.paragraph(
            f"Model {found.version}, with the phrases. Intervals are 95 %: bootstrap for the "
            "figures, Wilson's for plain shares. What a practitioner must not infer from any of "
            "this stands in the model card."
        )
        + section("Figures", *_figure_pictures(found), *(tables[one] for one in _FIRST))
        + section("Calibration of the alert", _reliability(found), tables[_CALIBRATION])
        + section("What a threshold costs", _trade_off(found), tables[_THRESHOLDS])
        + section("By language, tag, harm and length", tables[_SLICES])
        + section("Everyday messages", tables[_ORDINARY], _alarm_table(found))
        + section("What it can tell", _ability_picture(found), tables[_ABILITIES])
        + section("Who it is said of", report_page.paragraph(_SWAPS_MEAN), tables[_SWAPS])
        + section(
            "Missed", _judged_table("Should have called a person", found.judged, is_miss=True)
        )
        + section(
            "Needless", _judged_table("Called a person for nothing", found.judged, is_miss=False)
        )
        + section("Abilities: what came out wrong", _ability_misses(found)),
    )


_LEVEL_TABLE = "By level"
_CONFUSION = "What each level (down) was judged to be (across)"
_HARMS = "By harm"
_CALIBRATION = "Calibration, by tenths of the probability"
_THRESHOLDS = "Trade-off"
_SLICES = "By language, tag, harm and length"
_ORDINARY = f"Alerts on {_EVERYDAY:,} everyday messages"
_ABILITIES = "Functional suite"
_SWAPS_MEAN = (
    "The mean probability of an alert of each value, less that of all values of its kind, and the "
    "share of sentences whose level is not the same for all. Nought is fair."
)
_SWAPS = "The same, said of somebody else"
_FIRST = ("English", "other languages", "all", _LEVEL_TABLE, _CONFUSION, _HARMS)


def _tables(found: Measured) -> Iterator[_Table]:
    for name, with_model, without in _groups(found):
        yield _figures_table(name, with_model, without)
    yield (
        _LEVEL_TABLE,
        ("level", "recall", "precision"),
        [
            (level.value, _cell(recall), _cell(precision))
            for level, (recall, precision) in evaluate.by_level(found.judged).items()
        ],
    )
    counts = evaluate.confusion(found.judged)
    yield (
        _CONFUSION,
        ("is \\ judged", *(level.value for level in LEVELS)),
        [(right.value, *(str(counts[right, said]) for said in LEVELS)) for right in LEVELS],
    )
    yield (
        _HARMS,
        ("harm", "labelled", "recall", "precision"),
        [
            (harm.value, str(number), _cell(recall), _cell(precision))
            for harm, (number, recall, precision) in evaluate.by_harm(found.judged).items()
        ],
    )
    yield _calibration_table(found.judged)
    yield (
        _THRESHOLDS,
        ("alert from", "alert recall", "false alarms"),
        [
            (f"{at:.2f}", f"{recall:.3f}", f"{calm:.3f}")
            for at, recall, calm in evaluate.trade_off(found.judged)
        ],
    )
    yield (
        _SLICES,
        ("", "messages", *_WORDS.values(), "by phrases alone"),
        [
            _slice_row(name, group, without)
            for (name, group), (_, without) in zip(
                evaluate.slices(found.judged), evaluate.slices(found.by_phrases), strict=True
            )
        ],
    )
    yield _everyday_table(found.everyday)
    yield (
        _ABILITIES,
        ("function", "right", "share", "kept at"),
        [
            (
                one.ability.name,
                f"{len(one.ability.cases) - len(one.wrong)}/{len(one.ability.cases)}",
                _cell(one.rate),
                f"{one.ability.passes:.2f}",
            )
            for one in found.tried
        ],
    )
    yield (
        _SWAPS,
        ("what is exchanged", "value", "shift of the alert", "level differs"),
        [
            (one.family.swap, value, f"{shift:+.3f}", _cell(one.flips))
            for one in found.swapped
            for value, shift in sorted(one.shifts.items(), key=lambda pair: -pair[1])
        ],
    )


def _groups(found: Measured) -> Iterator[tuple[str, list[Judged], list[Judged]]]:
    def of(pairs: Sequence[Judged], *, english: bool) -> list[Judged]:
        return [pair for pair in pairs if (pair[0].language == "en") is english]

    for name, english in (("English", True), ("other languages", False)):
        yield name, of(found.judged, english=english), of(found.by_phrases, english=english)
    yield "all", list(found.judged), list(found.by_phrases)


def _figures_table(name: str, with_model: list[Judged], without: list[Judged]) -> _Table:
    ours, alone = evaluate.intervals(with_model), evaluate.intervals(without)
    aims = _TARGETS.get(name, {})
    rows = [
        (words, _cell(ours[key]), _cell(alone[key]), f"{aims[key]:.3f}" if key in aims else "")
        for key, words in _WORDS.items()
    ]
    return name, (f"{len(with_model)} messages", "phrases and model", "phrases alone", "aim"), rows


def _calibration_table(pairs: Sequence[Judged]) -> _Table:
    error = evaluate.calibration_error(pairs)
    rows = [
        (f"said {said:.2f}", f"{true:.2f}", str(count))
        for said, true, count in evaluate.calibration(pairs)
    ]
    rows.append(("expected calibration error", _cell(error), str(len(pairs))))
    return _CALIBRATION, ("probability", "true", "messages"), rows


def _slice_row(name: str, group: list[Judged], without: list[Judged]) -> Sequence[str]:
    found = evaluate.intervals(group, draws=_SLICE_DRAWS)
    counted = evaluate.tally(group)
    alone = FIGURES["alert_recall"](evaluate.tally(without))
    return (
        name,
        str(len(group)),
        *("-" if evaluate.is_of_none(key, counted) else _cell(found[key]) for key in _WORDS),
        "-" if evaluate.is_of_none("alert_recall", counted) else f"{alone:.3f}",
    )


def _everyday_table(everyday: Mapping[str, Sequence[Ordinary]]) -> _Table:
    groups = dict(everyday)
    if len(groups) > 1:
        groups["all"] = [one for messages in everyday.values() for one in messages]
    rows = []
    for name, messages in groups.items():
        with_model, alone = alarms(messages)
        rows.append((name, str(len(messages)), _of_many(with_model), _of_many(alone)))
    return _ORDINARY, ("", "messages", "phrases and model", "phrases alone"), rows


def _figure_pictures(found: Measured) -> Iterator[str]:
    for name, pairs, _ in _groups(found):
        measured = evaluate.intervals(pairs)
        aims = _TARGETS.get(name, {})
        rows = [(words, measured[key], aims.get(key)) for key, words in _WORDS.items()]
        label = f"Figures, {name}"
        yield report_page.figure(
            pictures.bars(label, rows),
            f"{label}: bar and number the figure, black line its interval, dashes the aim "
            "(of false alarms, the most there may be).",
        )


def _reliability(found: Measured) -> str:
    picture = pictures.reliability(evaluate.calibration(found.judged))
    return report_page.figure(picture, "On the dashed line, what is said is what happens.")


def _trade_off(found: Measured) -> str:
    points = [(calm, recall) for _, recall, calm in evaluate.trade_off(found.judged)]
    used = evaluate.measure(found.judged)
    return report_page.figure(
        pictures.curve(points, (used.false_alarms, used.alert_recall)),
        "The line: one threshold for all, the phrases included. The cross: what is in use "
        "(thresholds differ by language and by what a phrase says).",
    )


def _alarm_table(found: Measured) -> str:
    rows = [
        (one.text, name, one.judged.level.value, _why(one.judged))
        for name, messages in found.everyday.items()
        for one in messages
        if one.judged.level.raises_alert
    ]
    return report_page.table(
        "Everyday messages that called a person", ("message", "group", "judged", "why"), rows
    )


def _ability_picture(found: Measured) -> str:
    rows = [(one.ability.name, one.rate, one.ability.passes) for one in found.tried]
    return report_page.figure(
        pictures.bars("Functional suite", rows),
        "Bar the share of right cases, black line its interval, dashes what is kept at least.",
    )


def _judged_table(caption: str, pairs: Sequence[Judged], *, is_miss: bool) -> str:
    wrong = evaluate.misses(pairs) if is_miss else evaluate.needless(pairs)
    rows = [
        (
            example.id,
            example.text,
            example.level.value,
            assessment.level.value,
            f"{evaluate.alert_probability(assessment):.2f}",
            _why(assessment),
        )
        for example, assessment in wrong
    ]
    head = ("id", "message", "is", "judged", "probability of an alert", "what spoke")
    return report_page.table(caption, head, rows)


def _ability_misses(found: Measured) -> str:
    rows = [
        (one.ability.name, " / ".join(case.messages), level.value)
        for one in found.tried
        for case, level in one.wrong
    ]
    return report_page.table("Cases out of their bounds", ("function", "messages", "judged"), rows)


def _why(assessment: Assessment) -> str:
    said = [f"{one.kind}: {one.words.strip()[:60]}" for one in assessment.reasons]
    return "; ".join(dict.fromkeys(said)) or "no phrase and no heavy word"


def _of_many(share: Interval) -> str:
    ends = f"{share.low * _EVERYDAY:.0f}–{share.high * _EVERYDAY:.0f}"  # noqa: RUF001  # a range
    return f"{share.value * _EVERYDAY:.0f} [{ends}]"


def _cell(value: Interval) -> str:
    return f"{value.value:.3f} [{value.low:.2f}–{value.high:.2f}]"  # noqa: RUF001  # a range


def _text_row(cells: Sequence[str]) -> str:
    name, *values = cells
    return f"{name:<32}" + "".join(f" {value:>19}" for value in values)
