"""Figures of a benchmark: what was measured, what was asked for, and how slow the machine was."""

import hashlib
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_YARD = b"\0" * (8 << 20)
_YARDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; `target` is None where nothing was asked for."""

    name: str
    value: float
    unit: str
    target: float | None = None
    is_most: bool = True
    """Whether the target is the most the value may be, or the least."""
    ratio: float | None = None
    """The value against the baseline of the same run, where there is one."""

    @property
    def is_met(self) -> bool:
        """Tells whether the value meets its target."""
        if self.target is None:
            return True
        return self.value <= self.target if self.is_most else self.value >= self.target


def spread(name: str, seconds: Sequence[float], **targets: float) -> list[Figure]:
    """Gives the p50, p95 and p99 of some durations, in milliseconds; targets are named `p95=…`.

    Raises:
        ValueError: nothing was measured.
    """
    if not seconds:
        raise ValueError(f"{name}: nothing was measured.")
    ordered = sorted(seconds)
    return [
        Figure(
            name=f"{name} p{share}",
            value=1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)],
            unit="ms",
            target=targets.get(f"p{share}"),
        )
        for share in (50, 95, 99)
    ]


def yardstick() -> float:
    """Gives the seconds that this machine takes now to hash 8 MiB with SHA-256, in the middle."""
    return statistics.median(_timed_yard() for _ in range(_YARDS))


def as_text(figures: Iterable[Figure], yard: float) -> str:
    """Gives a table for the terminal."""
    lines = [
        f"{'figure':<52}{'value':>12} {'unit':<6}{'in yards':>9}{'ratio':>8}  target",
        *(_line(figure, yard) for figure in figures),
        f"The yardstick (SHA-256 of 8 MiB) took {1000 * yard:.1f} ms.",
    ]
    return "\n".join(lines)


def as_rows(figures: Iterable[Figure], yard: float) -> dict[str, Any]:
    """Gives the same as plain data."""
    return {
        "yardstick_ms": round(1000 * yard, 3),
        "figures": [{**asdict(figure), "is_met": figure.is_met} for figure in figures],
    }


def _line(figure: Figure, yard: float) -> str:
    yards = f"{figure.value / (1000 * yard):.2f}" if figure.unit == "ms" else ""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    target = ""
    if figure.target is not None:
        sign = "≤" if figure.is_most else "≥"
        target = f"{sign} {figure.target:g}: {'met' if figure.is_met else 'NOT MET'}"
    return (
        f"{figure.name:<52}{figure.value:>12,.1f} {figure.unit:<6}{yards:>9}{ratio:>8}  {target}"
    ).rstrip()


def _timed_yard() -> float:
    begun = time.perf_counter()
    hashlib.sha256(_YARD).digest()
    return time.perf_counter() - begun
