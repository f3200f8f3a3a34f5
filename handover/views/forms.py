"""Small forms: a few inputs with their errors, put on one page, and what they send read back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from flask import request

from handover import words
from handover.entries import EntryError, ask_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form."""

    name: str
    label: str
    kind: str = "text"
    """`text`, `long`, `date`, `time`, `select` or `radios`."""
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    value: str = ""
    """What stands in it to begin with; for a date as `2026-05-04`."""

    @property
    def shown(self) -> str:
        """Gives what was sent, or what it begins with."""
        return request.form.get(self.name, self.value) if request.method == "POST" else self.value

    @property
    def parts(self) -> list[str]:
        """Gives day, month and year of a date."""
        if request.method == "POST":
            return [request.form.get(f"{self.name}-{part}", "") for part in _PARTS]
        if not self.value:
            return ["", "", ""]
        day = dt.date.fromisoformat(self.value)
        return [str(day.day), str(day.month), str(day.year)]


class FormError(EntryError):
    """A form is not right; each problem says what to do, and where."""


_PARTS = ("day", "month", "year")


def text_of(name: str, error: str) -> str:
    """Gives the words sent in an input.

    Raises:
        FormError: there are none.
    """
    value = request.form.get(name, "").strip()
    if not value:
        raise FormError(name, error)
    return value


def choice_of(name: str, known: Sequence[str], error: str) -> str:
    """Gives the option chosen in an input.

    Raises:
        FormError: none of those known was chosen.
    """
    value = request.form.get(name, "")
    if value not in known:
        raise FormError(name, error)
    return value


def number_of(name: str) -> int | None:
    """Gives the number chosen in an input, or None when nothing was."""
    value = request.form.get(name, "")
    return int(value) if value.isdecimal() else None


def chosen_number(name: str, error: str) -> int:
    """Gives the number chosen in an input.

    Raises:
        FormError: none was.
    """
    found = number_of(name)
    if found is None:
        raise FormError(name, error)
    return found


def day_of(name: str, label: str) -> dt.date:
    """Gives the day sent in an input of three parts.

    Raises:
        FormError: it is no day.
    """
    day, month, year = (request.form.get(f"{name}-{part}", "").strip() for part in _PARTS)
    try:
        found = dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise FormError(name, f"{label} must be a real date, like 27 3 2026") from error
    if found.year < 1900:
        raise FormError(name, f"{label} must have a year in four figures")
    return found


def moment_of(name: str, label: str) -> dt.datetime:
    """Gives the local day and time sent in two inputs, of which the time may be empty.

    Raises:
        FormError: one of them is wrong.
    """
    day, time = partial(day_of, name, label), partial(_time_of, f"{name}-time")
    ask_all(day, time)
    return dt.datetime.combine(day(), time(), tzinfo=words.LONDON).astimezone(dt.UTC)


def end_of(day: dt.date) -> dt.datetime:
    """Gives the end of a day's office hours, by which something due that day is to be done."""
    return dt.datetime.combine(day, dt.time(17), tzinfo=words.LONDON).astimezone(dt.UTC)


def _time_of(name: str) -> dt.time:
    typed = request.form.get(name, "").strip()
    try:
        return dt.time.fromisoformat(typed.zfill(5)) if typed else dt.time(12)
    except ValueError as error:
        raise FormError(name, "Time must be like 14:30") from error
