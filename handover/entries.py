"""What was entered and cannot be kept: every problem at once, each by the field it is about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way, and the field it is about."""

    field: str
    text: str


class EntryError(Exception):
    """Something cannot be kept as it was entered; each problem says what to do, and where."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.problems: tuple[Problem, ...] = (Problem(field, text),)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Self:
        """Gives the error of some problems, of which there is one at least."""
        found = tuple(problems)
        made = cls(found[0].field, found[0].text)
        made.problems = found
        return made

    @property
    def text(self) -> str:
        """Gives the first problem in words."""
        return self.problems[0].text

    @property
    def errors(self) -> list[dict[str, str]]:
        """Gives the problems as the summary on a page shows them, each with its link."""
        return [{"text": one.text, "href": f"#{one.field}"} for one in self.problems]


def ask_all(*asked: Callable[[], object]) -> None:
    """Asks for everything, so that whoever filled in a form hears of all that is wrong at once.

    Raises:
        EntryError: of the kind that the first raised, with the problems of all.
    """
    failed: list[EntryError] = []
    for ask in asked:
        try:
            ask()
        except EntryError as error:
            failed.append(error)
    if failed:
        raise type(failed[0]).of(one for error in failed for one in error.problems)
