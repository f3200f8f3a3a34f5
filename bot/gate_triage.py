"""The gate's look at triage: what a draft's phrases make of the frozen sets, beside today's.

The model is the same in all versions, so that each message is scored once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.abilities import Tried
from bot.counterfactuals import Swapped
from bot.evaluate import Judged
from bot.labelled import ABILITIES, COUNTERFACTUALS, EVERYDAY, LABELLED, ExamplesError
from bot.measuring import Measured, alarms, measured, read_sets, scores_of
from bot.triage import Score, ScorerUnavailableError, local_scorer
from bot.urgency import ModelScore
from handover import edition
from handover.editing.material import Finding, Material
from handover.edition import Edition

_FEWEST = 8
"""Messages of a group below which its share says nothing."""
_FLOOR = 0.80
"""The share of messages of a group, that should call a person, that must."""
_SHOWN = 8


class TriageNotMeasuredError(OSError):
    """The frozen sets or the model are not here, so that nothing is proved."""


def triage_findings(material: Material, model_dir: Path) -> list[Finding]:
    """Gives what a draft hears less, or takes for more, than the live version.

    Raises:
        CancelledError: somebody cancelled meanwhile.
        TriageNotMeasuredError: the sets or the model are missing.
    """
    needed = (*LABELLED, *EVERYDAY, ABILITIES, COUNTERFACTUALS)
    if missing := [path for path in needed if not path.is_file()]:
        raise TriageNotMeasuredError(f"{missing[0].name}, on which triage is measured, is not here")
    try:
        sets = read_sets((), ())
        with local_scorer(model_dir) as score:
            scores = scores_of(sets.texts(), _telling(score, material.say, sets.size))
    except (ExamplesError, ScorerUnavailableError) as error:
        raise TriageNotMeasuredError(str(error)) from error
    with edition.pinned(edition.live()):
        live = measured(sets, scores)
    with edition.pinned(edition_of(material)):
        draft = measured(sets, scores)
    return [
        *recall_findings(live.judged, draft.judged),
        *ability_findings(live.tried, draft.tried),
        *sameness_findings(live.swapped, draft.swapped),
        *_alarm_findings(live, draft),
    ]


def edition_of(material: Material) -> Edition:
    """Gives the edition that a check's material stands for."""
    return Edition(material.folder.parent.name, material.folder)


def recall_findings(live: Sequence[Judged], draft: Sequence[Judged]) -> Iterator[Finding]:
    """Gives the harms and languages in which a draft hears less than is heard today."""
    before, after = _recalls(live), _recalls(draft)
    for group, (caught, of) in after.items():
        had = before[group][0]
        low = of >= _FEWEST and caught / of < min(_FLOOR, had / of)
        if caught >= had and not low:
            continue
        lost = sorted(_caught_of(live, group) - _caught_of(draft, group))
        yield Finding(
            what=f"Of {of} messages that must call a person, {caught} would, and {had} do today.",
            where=f"{group}. Newly missed: {', '.join(lost[:_SHOWN]) or 'none'}",
            how="Put back the phrases that were changed, or let them catch these too.",
        )


def ability_findings(live: Sequence[Tried], draft: Sequence[Tried]) -> Iterator[Finding]:
    """Gives what triage can tell apart today, and no longer well enough with a draft."""
    for before, after in zip(live, draft, strict=True):
        right, had = after.rate.value, before.rate.value
        if right >= had or right >= after.ability.passes:
            continue
        known = {case for case, _ in before.wrong}
        newly = [(case, level) for case, level in after.wrong if case not in known]
        shown = "; ".join(
            f"“{' / '.join(case.messages)}” would be {level.value.replace('_', ' ')}"
            for case, level in newly[:_SHOWN]
        )
        yield Finding(
            what=f"{right:.0%} are told rightly, {had:.0%} are today, and "
            f"{after.ability.passes:.0%} must be. {shown}.",
            where=f"What triage must tell: {after.ability.name.replace('_', ' ')}",
            how="Make the phrases that were changed narrower or wider, until these come out right.",
        )


def sameness_findings(live: Sequence[Swapped], draft: Sequence[Swapped]) -> Iterator[Finding]:
    """Gives of whom a draft would hear the same words otherwise, by more than is allowed."""
    for before, after in zip(live, draft, strict=True):
        family = after.family
        shift, had = (
            max(abs(one) for one in swapped.shifts.values()) for swapped in (after, before)
        )
        flips = after.flips.value
        is_moved = shift > max(family.most_shift, had)
        if not is_moved and flips <= max(family.most_flips, before.flips.value):
            continue
        yield Finding(
            what=f"The same words would be judged otherwise by {family.swap.replace('_', ' ')}: "
            f"{flips:.0%} of the sentences, and {before.flips.value:.0%} today.",
            where="What must not depend on who it is said of",
            how="Let the phrases that were changed hold for everybody, or for nobody.",
        )


def _alarm_findings(live: Measured, draft: Measured) -> Iterator[Finding]:
    """Gives the groups of everyday messages that would call a person more often; to be read."""
    for name, messages in draft.everyday.items():
        after, before = alarms(messages)[0], alarms(live.everyday[name])[0]
        if after.value <= before.value:
            continue
        today = {one.text for one in live.everyday[name] if one.judged.level.raises_alert}
        newly = [
            one.text for one in messages if one.judged.level.raises_alert and one.text not in today
        ]
        yield Finding(
            what=f"{len(newly)} everyday messages would newly call a person: "
            + "; ".join(f"“{text}”" for text in newly[:_SHOWN]),
            where=f"Everyday messages, {name.replace('_', ' ')}",
            how="Read them. If a person should not be called to these, make the phrase narrower.",
            is_note=True,
        )


def _recalls(judged: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for pair in judged:
        example, assessment = pair
        if example.level.raises_alert:
            for group in _groups(pair):
                caught, of = found[group]
                found[group] = (caught + assessment.level.raises_alert, of + 1)
    return found


def _groups(pair: Judged) -> list[str]:
    example, _ = pair
    harms = [f"harm {harm.value.replace('_', ' ')}" for harm in sorted(example.harms)]
    return ["all", f"language {example.language}", *harms]


def _caught_of(judged: Sequence[Judged], group: str) -> set[str]:
    return {
        pair[0].id
        for pair in judged
        if pair[0].level.raises_alert and pair[1].level.raises_alert and group in _groups(pair)
    }


def _telling(score: Score, say: Callable[[str], None], total: int) -> Score:
    done = 0

    def told(texts: Sequence[str]) -> Sequence[ModelScore]:
        nonlocal done
        say(f"{done} of {total} messages judged")
        done += len(texts)
        return score(texts)

    return told
