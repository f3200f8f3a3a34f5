"""When a question is asked, as rows that somebody who does not code reads and chooses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from handover.editing import texts, yaml_files
from handover.editing.checks import asking
from handover.editing.texts import QUESTIONS
from models.record import RECORD_FIELDS
from models.urgency import Urgency

type Files = Mapping[str, str]
type Condition = Mapping[str, Any]

KINDS = {"in": "is", "not_in": "is not", "any_of": "includes"}
# A slot that holds a list, of which one is enough.
_LISTS = frozenset({"harms"})
# What the talk itself remembers, beside the fields of the record.
_TALK = {
    "adult": "An adult writes",
    "about_whom": "Whom it is about",
    "harms": "What harm the words tell of",
    "own_worker": "They ask for a worker they have already",
    "shared_phone": "Others use the phone",
    "status": "They ask what became of something",
    "urgency": "How urgent it is found to be",
    "worry": "A worry was told",
}
_VALUES = {
    None: "not known yet",
    True: "yes",
    False: "no",
    "unsure": "not sure",
    "fgm": "FGM",
    "prefer_not_to_say": "skipped",
    "dont_know": "they do not know",
}
# Signs that YAML would read as something else than the word.
_QUOTED = frozenset({"yes", "no", "on", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A condition that can be chosen: what is known, how it compares, and with which values."""

    slot: str
    kind: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A condition that no row can show; it stays as it stands."""

    place: int
    """Its place among the conditions of the question."""
    words: str


def choices(files: Files) -> dict[str, list[Any]]:
    """Gives what a condition can hang on, and the values of each, by its plain name."""
    known = asking.values_known(files)
    asked = {one["field"] for one in texts.parsed(QUESTIONS, files[QUESTIONS])["questions"]}
    found: dict[str, list[Any]] = {}
    for slot in {*_TALK, *asked}:
        values = [one for one in known.get(slot, ()) if one not in asking.DECLINED]
        values = [one.value for one in Urgency] if slot == "urgency" else values
        values += asking.DECLINED if slot in RECORD_FIELDS else ()
        found[slot] = values if slot in _LISTS else [*values, None]
    return dict(sorted(found.items(), key=lambda one: name_of(one[0]).lower()))


def kinds_of(slot: str) -> dict[str, str]:
    """Gives how what is known can compare, in words."""
    wanted = ("any_of",) if slot in _LISTS else ("in", "not_in")
    return {kind: KINDS[kind] for kind in wanted}


def name_of(slot: str) -> str:
    """Gives what staff call that which a condition hangs on."""
    if slot in _TALK:
        return _TALK[slot]
    field = RECORD_FIELDS.get(slot)
    return field.label if field else slot.replace("_", " ")


def value_words(value: Any) -> str:
    """Gives a value as staff read it."""
    if isinstance(value, bool | None):
        return _VALUES[value]
    return _VALUES.get(value, str(value).replace("_", " "))


def in_words(condition: Condition) -> str:
    """Gives a condition as a sentence without its stop."""
    kind = next((one for one in KINDS if one in condition), "")
    if not kind:
        return str(dict(condition))
    values = " or ".join(value_words(one) for one in condition[kind])
    return f"{name_of(condition['slot'])}: {KINDS[kind]} {values}"


def conditions_of(files: Files, place: int) -> list[Condition]:
    """Gives the conditions of the question at a place, as they are written."""
    data = texts.parsed(QUESTIONS, files[QUESTIONS])
    found: list[Condition] = data["questions"][place].get("when", [])
    return found


def rows_of(files: Files, place: int) -> list[Row | Kept]:
    """Gives the conditions of a question as rows; what cannot be shown is told in words."""
    may_be = choices(files)
    return [
        _row(number, condition, may_be)
        for number, condition in enumerate(conditions_of(files, place))
    ]


def set_rows(files: Files, place: int, rows: Sequence[Row | Kept]) -> dict[str, str]:
    """Gives the files with other conditions of a question; what is the same stays as written."""
    before = conditions_of(files, place)
    wanted = [before[one.place] if isinstance(one, Kept) else _condition(one) for one in rows]

    def change(data: Any) -> None:
        question = data["questions"][place]
        written = list(question.get("when", ()))
        if written == wanted:
            return
        if not wanted:
            question.pop("when", None)
            return
        new = [next((old for old in written if old == one), None) or _flow(one) for one in wanted]
        if "when" in question:
            question["when"][:] = new
        else:
            question["when"] = new

    return yaml_files.edited(QUESTIONS, files[QUESTIONS], change)


def _row(number: int, condition: Condition, may_be: Mapping[str, list[Any]]) -> Row | Kept:
    slot = condition["slot"]
    kind = next((one for one in KINDS if one in condition), "")
    values = condition.get(kind, ())
    fits = slot in may_be and kind in kinds_of(slot)
    if not fits or any(_is_not_among(one, may_be[slot]) for one in values):
        return Kept(place=number, words=in_words(condition))
    return Row(slot=slot, kind=kind, values=tuple(values))


def _is_not_among(value: Any, values: Sequence[Any]) -> bool:
    # 1 is True to Python, and another value to whoever reads the file.
    return json.dumps(value) not in {json.dumps(one) for one in values}


def _condition(row: Row) -> dict[str, Any]:
    return {"slot": row.slot, row.kind: list(row.values)}


def _flow(condition: Condition) -> CommentedMap:
    """Gives a condition on one line, as the file has them."""
    found = CommentedMap()
    for name, value in condition.items():
        if isinstance(value, list):
            quoted = [DoubleQuotedScalarString(v) if v in _QUOTED else v for v in value]
            found[name] = CommentedSeq(quoted)
            found[name].fa.set_flow_style()
        else:
            found[name] = value
    found.fa.set_flow_style()
    return found
