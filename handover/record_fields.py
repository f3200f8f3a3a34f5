"""The fields of a contact and the code lists they use, as data by nation and year.

The data is in `record_data/`; a nation without a list of its own has those fields in words. What
a child can give bears the label of `models.record`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from models.authority import Nation
from models.record import RECORD_FIELDS

_DATA = Path(__file__).parent / "record_data"


class FieldType(enum.StrEnum):
    """How a field is written down."""

    TEXT = "text"
    LONG = "long"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    ROWS = "rows"
    FACT = "fact"
    """Known from elsewhere, and so only shown."""


class Needed(enum.StrEnum):
    """For what a field is needed. Nothing but `SUBMIT` ever stands in the way."""

    SUBMIT = "submit"
    DECISION = "decision"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """The codes a field may have, in their order, and where they come from."""

    source: str
    values: Mapping[str, str]
    exclusive: tuple[str, ...] = ()
    """Codes that stand alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the record."""

    name: str
    label: str
    type: FieldType
    who: str
    """Who sets it: `child`, `service`, `practitioner` or `both`."""
    needed: Needed
    codes: CodeList | None = None
    columns: tuple[str, ...] = ()
    check: str | None = None
    hint: str = ""
    maps_to: str = ""
    """What returns and case systems call it."""

    @property
    def is_written(self) -> bool:
        """Tells whether staff write it down on a form."""
        return self.type is not FieldType.FACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some fields that are read and written together."""

    key: str
    title: str
    fields: tuple[Field, ...]
    hint: str = ""

    @property
    def is_written(self) -> bool:
        """Tells whether staff write anything of it down."""
        return any(field.is_written for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """The record of one nation in one year."""

    sections: tuple[Section, ...]
    codes: Mapping[str, CodeList]
    hints: Mapping[str, tuple[str, ...]]
    """By harm, the codes it hints at."""

    @property
    def fields(self) -> dict[str, Field]:
        """Gives every field by its name."""
        return {field.name: field for section in self.sections for field in section.fields}

    def section(self, key: str) -> Section | None:
        """Gives a section by its key, or None."""
        return next((section for section in self.sections if section.key == key), None)

    def code_words(self, name: str, code: str) -> str:
        """Gives what a code of a list means, or the code itself when the list lacks it."""
        known = self.codes.get(name)
        return known.values.get(code, code) if known else code


@cache
def form(nation: Nation, year: int) -> RecordForm:
    """Gives the record's form in a nation in a year: that year's, or the last before it."""
    years = sorted(int(path.stem.rsplit("-", 1)[1]) for path in _DATA.glob(f"{nation.value}-*.yml"))
    known = max((one for one in years if one <= year), default=years[0])
    data = _read(f"{nation.value}-{known}")
    if "fields_of" in data:
        data = _derived(_read(data["fields_of"]), data)
    codes = {name: _code_list(entry) for name, entry in data["codes"].items()}
    return RecordForm(
        sections=tuple(_section(entry, codes) for entry in data["sections"]),
        codes=codes,
        hints={harm: tuple(found) for harm, found in data["hints"].items()},
    )


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((_DATA / f"{name}.yml").read_text("utf-8"))
    return loaded


def _derived(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Gives the form of a nation that has another's fields, without some, and its own codes."""
    left_out = set(own["without"])
    sections = [
        {**section, "fields": [one for one in section["fields"] if one["name"] not in left_out]}
        for section in base["sections"]
    ]
    kept = {name: base["codes"][name] for name in own["codes_kept"]}
    return {
        "sections": sections,
        "codes": {**kept, **own.get("codes", {})},
        "hints": own["hints"],
    }


def _code_list(entry: dict[str, Any]) -> CodeList:
    return CodeList(
        source=entry["source"],
        values={str(code): str(words) for code, words in entry["values"].items()},
        exclusive=tuple(entry.get("exclusive", ())),
    )


def _section(entry: dict[str, Any], codes: Mapping[str, CodeList]) -> Section:
    return Section(
        key=entry["key"],
        title=entry["title"],
        hint=entry.get("hint", ""),
        fields=tuple(_field(one, codes) for one in entry["fields"]),
    )


def _field(entry: dict[str, Any], codes: Mapping[str, CodeList]) -> Field:
    known = codes.get(entry.get("codes", ""))
    written_as = FieldType(entry["type"])
    if written_as in {FieldType.CHOICE, FieldType.CHOICES} and known is None:
        written_as = FieldType.TEXT
    name = entry["name"]
    return Field(
        name=name,
        label=RECORD_FIELDS[name].label if name in RECORD_FIELDS else entry["label"],
        type=written_as,
        who=entry["who"],
        needed=Needed(entry["needed"]),
        codes=known,
        columns=tuple(entry.get("columns", ())),
        check=entry.get("check"),
        hint=entry.get("hint", ""),
        maps_to=entry.get("maps_to", ""),
    )
