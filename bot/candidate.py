"""Compares a candidate triage model with the live one on the same messages, before any switch.

Both judge every message, and a bootstrap draws the same messages for both, so that what is hard
for either is hard for both. A candidate that is worse on any figure beyond that figure's floor is
worse, whatever it gained elsewhere.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from bot import evaluate
from bot.evaluate import FIGURES, Interval, Judged

# How much of a figure may be lost, in the draw of these messages, before it counts as worse.
# Emergencies have the narrowest floor: one missed in two hundred.
FLOORS = {
    "emergency_alerted": 0.005,
    "emergency_exact": 0.02,
    "alert_recall": 0.01,
    "alert_precision": 0.02,
    "false_alarms": 0.01,
    "macro_f1": 0.01,
    "harms_f1": 0.02,
}
_LESS_IS_BETTER = {"false_alarms"}


class Verdict(enum.StrEnum):
    """What is to be said of a candidate."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WORSE = "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure of both, and how much better the candidate is: above nought is better."""

    figure: str
    live: float
    candidate: float
    gain: Interval

    @property
    def verdict(self) -> Verdict:
        """Gives what this figure says of the candidate."""
        if self.gain.value < -FLOORS[self.figure] or self.gain.high < 0:
            return Verdict.WORSE
        return Verdict.BETTER if self.gain.low > 0 else Verdict.NO_WORSE


def compare(live: Sequence[Judged], candidate: Sequence[Judged]) -> list[Difference]:
    """Gives the difference in each figure, with its paired bootstrap interval."""
    columns = [[evaluate.seen(pair) for pair in pairs] for pairs in (live, candidate)]
    drawn = list(evaluate.draw(columns))
    ours, theirs = evaluate.tally(live), evaluate.tally(candidate)
    found = []
    for name, figure in FIGURES.items():
        sign = -1 if name in _LESS_IS_BETTER else 1
        gains = [sign * (figure(after) - figure(before)) for before, after in drawn]
        before, after = figure(ours), figure(theirs)
        gain = Interval(value=sign * (after - before), **evaluate.ends(gains))
        found.append(Difference(figure=name, live=before, candidate=after, gain=gain))
    return found


def newly_missed(live: Sequence[Judged], candidate: Sequence[Judged]) -> list[str]:
    """Gives the ids of what should call a person, does so today, and would not any more."""
    missed_today = {example.id for example, _ in evaluate.misses(live)}
    return [one.id for one, _ in evaluate.misses(candidate) if one.id not in missed_today]


def verdict(differences: Sequence[Difference]) -> Verdict:
    """Gives the one verdict: worse if anything is, better if something is and nothing is worse."""
    found = {one.verdict for one in differences}
    if Verdict.WORSE in found:
        return Verdict.WORSE
    return Verdict.BETTER if Verdict.BETTER in found else Verdict.NO_WORSE


def as_text(live: Sequence[Judged], candidate: Sequence[Judged]) -> str:
    """Gives the comparison as a table, what would newly be missed, and the verdict."""
    differences = compare(live, candidate)
    head = ("figure", "live", "candidate", "gain", "95 %", "floor", "verdict")
    rows = [
        (
            one.figure.replace("_", " "),
            f"{one.live:.3f}",
            f"{one.candidate:.3f}",
            f"{one.gain.value:+.3f}",
            f"{one.gain.low:+.3f} to {one.gain.high:+.3f}",
            f"{-FLOORS[one.figure]:+.3f}",
            one.verdict.value,
        )
        for one in differences
    ]
    lines = [f"{name:<20}" + "".join(f"{cell:>18}" for cell in row) for name, *row in (head, *rows)]
    lines += ["", *(f"newly missed: {one}" for one in newly_missed(live, candidate))]
    return "\n".join([*lines, f"verdict: {verdict(differences).value}"]) + "\n"
