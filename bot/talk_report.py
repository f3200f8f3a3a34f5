"""Tables, pictures and a page of how played conversation scripts did."""

from collections.abc import Iterator, Sequence
from html import escape

from bot import report_page
from bot.judging import Verdict
from bot.talks import TARGETS, Result, slices, totals

_COLUMNS = ("alert", "due by", "handover", "urgency", "facts", "again", "language")
_TOTALS = (
    "alert in time",
    "no alert where none is due",
    "handover right",
    "facts on the record",
    "nothing asked again",
)
_BAR = 300


def as_text(results: Sequence[Result], verdicts: Sequence[Verdict] = ()) -> str:
    """Gives the report for the terminal, with the transcript of each miss."""
    lines = [_row("script", _COLUMNS), *(_row(one.expected.id, _cells(one)) for one in results), ""]
    lines += [f"{name:<30}{share:>7.1%}{_aim(name)}" for name, share in totals(results).items()]
    lines += [_judged(verdicts), "", _row("", _TOTALS)]
    lines += [
        _row(f"{name} ({len(group)})", [f"{share:.0%}" for share in totals(group).values()])
        for name, group in slices(results)
    ]
    for one in results:
        if one.is_miss:
            lines += ["", *_what_is_wrong(one), *transcript(one)]
    return "\n".join(lines) + "\n"


def as_page(results: Sequence[Result], verdicts: Sequence[Verdict] = (), *, title: str) -> str:
    """Gives the report as one page of HTML with its pictures inside."""
    misses = "".join(_miss(one) for one in results if one.is_miss)
    return report_page.document(
        title,
        _picture(totals(results))
        + report_page.paragraph(_judged(verdicts))
        + report_page.table(
            "Scripts",
            ("Script", *_COLUMNS),
            [(one.expected.id, *_cells(one)) for one in results],
        )
        + report_page.table(
            "By language and by harm",
            ("Scripts", *_TOTALS),
            [
                (f"{name} ({len(group)})", *(f"{share:.0%}" for share in totals(group).values()))
                for name, group in slices(results)
            ],
        )
        + report_page.section("What is not as expected", misses),
    )


def transcript(result: Result) -> Iterator[str]:
    """Gives what was said, line by line."""
    for number, turn in enumerate(result.line["turns"], 1):
        yield f"{number:>2} child: {turn['child']}"
        for reply in turn["replies"]:
            yield "   bot:   " + reply.replace("\n", "\n          ")


def _cells(one: Result) -> list[str]:
    expected, line = one.expected, one.line
    right = "ok" if one.is_handover_right else ("missing" if expected.handover else "needless")
    level = str(line["urgency"])
    facts = len(one.found) + len(one.missing)
    return [
        str(line["alert_turn"] or "-"),
        str(expected.urgent_by_turn or "-"),
        right,
        level if level == expected.urgency else f"{level}, not {expected.urgency}",
        f"{len(one.found)}/{facts}",
        ", ".join(str(turn) for turn in one.repeated) or "-",
        one.language,
    ]


def _aim(name: str) -> str:
    return f"  (aim {TARGETS[name]:.0%})" if name in TARGETS else ""


def _judged(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "must not: not yet judged by a reader"
    broken = [one for one in verdicts if one.is_broken]
    named = "; ".join(f"{one.script}, turn {one.turn}: {one.must_not}" for one in broken)
    readers = ", ".join(sorted({one.reader for one in verdicts}))
    return (
        f"must not: {len(broken)} of {len(verdicts)} broken, judged by {readers}. {named}".strip()
    )


def _what_is_wrong(one: Result) -> Iterator[str]:
    yield f"== {one.expected.id}: {one.expected.gist}"
    if not one.is_alert_in_time:
        yield f"   alert at {one.line['alert_turn']}, due by {one.expected.urgent_by_turn}"
    if not one.is_handover_right:
        yield f"   handover {one.line['handover']}, expected {one.expected.handover}"
    for name in one.missing:
        yield f"   not on the record: {name}: {one.expected.facts[name]}"
    for turn in one.repeated:
        yield f"   asked again at turn {turn}"


def _miss(one: Result) -> str:
    wrong = "\n".join(_what_is_wrong(one))
    talk = "\n".join(transcript(one))
    return (
        f"<details><summary>{escape(one.expected.id)}: {escape(one.expected.gist)}</summary>"
        f"<pre>{escape(wrong)}\n\n{escape(talk)}</pre></details>"
    )


def _picture(shares: dict[str, float]) -> str:
    """Draws each share as a bar with the aim as a line; the words stand beside it."""
    bars = "".join(
        f'<text x="0" y="{26 * place + 17}">{escape(name)}: {share:.1%}{_aim(name)}</text>'
        f'<rect x="330" y="{26 * place + 4}" width="{share * _BAR:.1f}" height="16" '
        'fill="#1d70b8"/>' + _aim_line(name, place)
        for place, (name, share) in enumerate(shares.items())
    )
    return (
        f'<svg viewBox="0 0 660 {26 * len(shares) + 8}" width="820" role="img" '
        f'aria-label="Shares, each with its aim" font-family="sans-serif" font-size="14">'
        f"{bars}</svg>"
    )


def _aim_line(name: str, place: int) -> str:
    if name not in TARGETS:
        return ""
    left = 330 + TARGETS[name] * _BAR
    return f'<path d="M{left:.1f} {26 * place + 1}v22" stroke="black" stroke-width="2"/>'


def _row(name: str, values: Sequence[str]) -> str:
    return f"{name:<30}" + "".join(f"{value:>28}" for value in values)
