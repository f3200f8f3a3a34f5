"""What triage must be able to tell, one ability at a time, in the manner of HateCheck.

The cases are data (`tests/triage/functions.yml`). A case is one message, a list of messages sent
one after another, or a mapping that also says what the bot had asked and what was told before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.evaluate import Interval, rate
from bot.labelled import ExamplesError
from bot.urgency import Context, ModelScore, assess
from models.urgency import Urgency, highest

_REACH = 4  # messages before one that are read with it, as in the pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Messages that a child sends, and the talk around them."""

    messages: tuple[str, ...]
    asked: str | None
    disclosed: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One thing to be told apart: the levels that are right, and the share that must be."""

    name: str
    least: Urgency
    most: Urgency
    passes: float
    cases: tuple[Case, ...]

    def is_right(self, level: Urgency) -> bool:
        """Tells whether a level lies in the bounds."""
        return self.least.rank <= level.rank <= self.most.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How an ability came out."""

    ability: Ability
    wrong: tuple[tuple[Case, Urgency], ...]

    @property
    def rate(self) -> Interval:
        """Gives the share of right cases with its interval."""
        number = len(self.ability.cases)
        return rate(number - len(self.wrong), number)


def read_abilities(path: Path) -> list[Ability]:
    """Gives the abilities of a file.

    Raises:
        ExamplesError: it cannot be read, or an ability is not described.
    """
    try:
        rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return [_ability(row) for row in rows]
    except (OSError, UnicodeDecodeError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise ExamplesError(f"{path} does not describe what to tell apart: {error}") from error


def texts_of(abilities: Sequence[Ability]) -> list[str]:
    """Gives every message of all cases, once."""
    cases = (case for ability in abilities for case in ability.cases)
    return list(dict.fromkeys(text for case in cases for text in case.messages))


def try_abilities(
    abilities: Sequence[Ability], scores: Mapping[str, ModelScore | None]
) -> list[Tried]:
    """Gives how each ability comes out, with the model's scores by message."""
    return [_tried(ability, scores) for ability in abilities]


def _ability(row: Mapping[str, Any]) -> Ability:
    return Ability(
        name=str(row["function"]),
        least=Urgency(row.get("least", "no_concern")),
        most=Urgency(row.get("most", "emergency")),
        passes=float(row["passes"]),
        cases=tuple(_case(case, row) for case in row["cases"]),
    )


def _case(case: Any, row: Mapping[str, Any]) -> Case:
    around: Mapping[str, Any] = row
    said = case
    if isinstance(case, Mapping):
        around = {**row, **case}
        said = case["says"]
    messages = said if isinstance(said, list) else [said]
    return Case(
        # A number alone is a message too.
        messages=tuple(str(message) for message in messages),
        asked=around.get("asked"),
        disclosed=Urgency(around.get("disclosed", "no_concern")),
    )


def _tried(ability: Ability, scores: Mapping[str, ModelScore | None]) -> Tried:
    found = [(case, _level(case, scores)) for case in ability.cases]
    return Tried(
        ability=ability,
        wrong=tuple((case, level) for case, level in found if not ability.is_right(level)),
    )


def _level(case: Case, scores: Mapping[str, ModelScore | None]) -> Urgency:
    """Gives the highest level of a case's messages, each read with those before it."""
    level = Urgency.NO_CONCERN
    for place, text in enumerate(case.messages):
        context = Context(
            previous=case.messages[max(0, place - _REACH) : place],
            asked=case.asked,
            disclosed=highest(case.disclosed, level),
        )
        level = highest(level, assess(text, model=scores.get(text), context=context).level)
    return level
