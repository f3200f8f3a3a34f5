"""Draws the pictures of a report as SVG: dots against a diagonal, a curve, bars with intervals."""

from collections.abc import Sequence
from html import escape

from bot.evaluate import Interval

_BLUE = "#1d70b8"
_SIZE = 300
_STEP = 26
_NAMES = 330
_BAR = 300


def reliability(points: Sequence[tuple[float, float, int]]) -> str:
    """Draws probability said against share true; a dot is as large as its messages are many."""
    dots = "".join(
        f'<circle cx="{said * _SIZE:.1f}" cy="{_SIZE - true * _SIZE:.1f}" '
        f'r="{3 + count**0.5 / 2:.1f}"><title>said {said:.2f}, true {true:.2f}, '
        f"{count} messages</title></circle>"
        for said, true, count in points
    )
    return _square(
        "Probability of an alert against the share that needed one",
        "probability said",
        "share true",
        f'<path d="M0 {_SIZE}L{_SIZE} 0" stroke="#505a5f" stroke-dasharray="4"/>'
        f'<g fill="{_BLUE}" fill-opacity="0.7">{dots}</g>',
    )


def curve(points: Sequence[tuple[float, float]], marked: tuple[float, float]) -> str:
    """Draws false alarms against recall over all thresholds, with a cross where we stand."""
    line = " ".join(f"{x * _SIZE:.1f},{_SIZE - y * _SIZE:.1f}" for x, y in sorted(points))
    x, y = marked[0] * _SIZE, _SIZE - marked[1] * _SIZE
    return _square(
        "Alert recall against false alarms over all thresholds",
        "false alarms",
        "alert recall",
        f'<polyline points="{line}" fill="none" stroke="{_BLUE}" stroke-width="2"/>'
        f'<path d="M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14" stroke="#0b0c0c" '
        'stroke-width="3"><title>the thresholds in use</title></path>',
    )


def bars(label: str, rows: Sequence[tuple[str, Interval, float | None]]) -> str:
    """Draws shares as bars, each with its interval as a line and its aim as a tick."""
    drawn = "".join(_bar(place, *row) for place, row in enumerate(rows))
    height = _STEP * len(rows) + 8
    return (
        f'<svg viewBox="0 0 {_NAMES + _BAR + 30} {height}" width="{_NAMES + _BAR + 30}" '
        f'role="img" aria-label="{escape(label)}" font-family="sans-serif" font-size="14">'
        f"{drawn}</svg>"
    )


def _square(label: str, across: str, up: str, inside: str) -> str:
    return (
        f'<svg viewBox="-50 -12 370 366" width="440" role="img" aria-label="{escape(label)}" '
        'font-family="sans-serif" font-size="13">'
        f'<path d="M0 {_SIZE}H{_SIZE}M0 {_SIZE}V0" stroke="#0b0c0c"/>'
        f"{_ticks()}{inside}"
        f'<text x="{_SIZE / 2}" y="{_SIZE + 38}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(-36 {_SIZE / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text></svg>"
    )


def _ticks() -> str:
    return "".join(
        f'<text x="{part * _SIZE}" y="{_SIZE + 18}" text-anchor="middle">{part}</text>'
        f'<text x="-8" y="{_SIZE - part * _SIZE + 4}" text-anchor="end">{part}</text>'
        for part in (0, 0.5, 1)
    )


def _bar(place: int, name: str, value: Interval, aim: float | None) -> str:
    top = _STEP * place
    low, high = (_NAMES + end * _BAR for end in (value.low, value.high))
    tick = f'<path d="M{_NAMES + aim * _BAR:.1f} {top + 1}v22" stroke="#d4351c" ' if aim else ""
    return (
        f'<text x="0" y="{top + 17}">{escape(name)}: {value.value:.3f}</text>'
        f'<rect x="{_NAMES}" y="{top + 4}" width="{value.value * _BAR:.1f}" height="16" '
        f'fill="{_BLUE}" fill-opacity="0.55"/>'
        f'<path d="M{low:.1f} {top + 12}H{high:.1f}" stroke="#0b0c0c" stroke-width="2"/>'
        + (f'{tick}stroke-width="3" stroke-dasharray="4 2"/>' if tick else "")
    )
