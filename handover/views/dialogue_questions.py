"""A question of a draft as its forms: when it is asked, and the buttons under its words.

Rows are added, moved and taken out by sending the form, so that it works without scripts; nothing
is kept until it is saved.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover.editing import button_rows, conditions, content
from handover.editing.button_rows import Button, Group
from handover.editing.conditions import Kept, Row
from handover.editing.versions import ConflictError
from handover.views.dialogue import for_editors, for_staff
from handover.views.drafts import files_of, files_seen, page, write

pages = Blueprint("dialogue_questions", __name__, url_prefix="/dialogue")

_MOST_ROWS = 30
_SAVE = "save"


@pages.get("/<int:number>/questions/<int:place>/when")
@for_staff
def show_when(number: int, place: int) -> ResponseReturnValue:
    """Gives when a question is asked."""
    held = files_of(number)
    _asked(held, place)
    return _when_page(number, place, conditions.rows_of(held, place))


@pages.post("/<int:number>/questions/<int:place>/when")
@for_editors
def change_when(number: int, place: int) -> ResponseReturnValue:
    """Changes when a question is asked, or gives the form with a row more or less."""
    held, seen = files_of(number), files_seen(number)
    if place >= len(content.questions(seen)) or _field() != _asked(held, place).field:
        flash("The questions have another order now. Nothing was saved.", "error")
        return redirect(f"/dialogue/{number}/questions")
    rows, errors = _entered_rows(seen, place)
    act, _, at = request.form.get("do", _SAVE).partition("-")
    if act == "remove":
        rows = [row for index, row in enumerate(rows) if str(index) != at]
    if act == "add" and request.form.get("add-slot") in conditions.choices(held):
        slot = request.form["add-slot"]
        rows = [*rows, Row(slot=slot, kind=next(iter(conditions.kinds_of(slot))), values=())]
    elif act == "add":
        wrong = [{"text": "Choose what the condition hangs on", "href": "#add-slot"}]
        return _when_page(number, place, rows, errors=wrong), 422
    if act != _SAVE:
        return _when_page(number, place, rows, is_kept=False)
    if errors:
        return _when_page(number, place, rows, errors=errors), 422

    def again(late: ConflictError) -> str:
        # What was not touched gives way to what a colleague chose there.
        is_mine = rows != conditions.rows_of(seen, place)
        theirs = conditions.rows_of(held, place)
        mine = [row for row in rows if isinstance(row, Row)]
        kept = [row for row in theirs if isinstance(row, Kept)]
        return _when_page(number, place, [*mine, *kept] if is_mine else theirs, late=late)

    return write(
        number,
        conditions.set_rows(seen, place, rows),
        back=f"/dialogue/{number}/questions/{place}/when",
        again=again,
    )


@pages.get("/<int:number>/texts/<key>/buttons")
@for_staff
def show_buttons(number: int, key: str) -> ResponseReturnValue:
    """Gives the buttons under a text in every language."""
    held = files_of(number)
    return _buttons_page(number, key, _groups(held, key))


@pages.post("/<int:number>/texts/<key>/buttons")
@for_editors
def change_buttons(number: int, key: str) -> ResponseReturnValue:
    """Changes the buttons under a text, or gives the form with one more, less, or elsewhere."""
    held, seen = files_of(number), files_seen(number)
    before = _groups(seen, key)
    _groups(held, key)
    groups = _entered_groups(seen, key, before)
    act, _, at = request.form.get("do", _SAVE).partition("-")
    if act != _SAVE:
        with suppress(ValueError, IndexError):
            groups = _acted(key, groups, act, [int(one) for one in at.split("-")])
        return _buttons_page(number, key, groups, is_kept=False)
    if found := button_rows.faults(seen, key, groups):
        errors = [
            {"text": one.text, "href": f"#b-{one.group}-{one.row}-{one.part}"} for one in found
        ]
        return _buttons_page(number, key, groups, errors=errors), 422

    def again(late: ConflictError) -> str:
        theirs = _groups(held, key)
        is_mine = groups != before and len(theirs) == len(groups)
        return _buttons_page(number, key, groups if is_mine else theirs, late=late)

    return write(
        number,
        button_rows.set_buttons(seen, key, groups),
        back=f"/dialogue/{number}/texts/{key}/buttons",
        again=again,
    )


def _asked(held: Mapping[str, str], place: int) -> content.Question:
    asked = content.questions(held)
    return asked[place] if place < len(asked) else abort(404)


def _field() -> str:
    return request.form.get("field", "")


def _entered_rows(
    seen: Mapping[str, str], place: int
) -> tuple[list[Row | Kept], list[dict[str, str]]]:
    """Gives the rows as the form has them, and what is wrong with them."""
    may_be = conditions.choices(seen)
    kept = {row.place: row for row in conditions.rows_of(seen, place) if isinstance(row, Kept)}
    rows: list[Row | Kept] = []
    errors: list[dict[str, str]] = []
    for index in range(_MOST_ROWS):
        at = f"row-{index}"
        stays = request.form.get(f"{at}-kept", "")
        slot = request.form.get(f"{at}-slot", "")
        if stays.isdecimal() and int(stays) in kept:
            rows.append(kept[int(stays)])
        elif slot in may_be:
            kind = request.form.get(f"{at}-kind", "")
            chosen = set(request.form.getlist(f"{at}-value"))
            values = tuple(one for one in may_be[slot] if json.dumps(one) in chosen)
            if kind not in conditions.kinds_of(slot):
                kind = next(iter(conditions.kinds_of(slot)))
            if not values:
                text = f"Choose at least one value of “{conditions.name_of(slot)}”"
                errors.append({"text": text, "href": f"#row-{len(rows)}-value"})
            rows.append(Row(slot=slot, kind=kind, values=values))
    return rows, errors


def _when_page(
    number: int,
    place: int,
    rows: Sequence[Row | Kept],
    *,
    errors: list[dict[str, str]] | None = None,
    late: ConflictError | None = None,
    is_kept: bool = True,
) -> str:
    held = files_of(number)
    may_be = conditions.choices(held)
    return page(
        number,
        "dialogue_when.html",
        late=late,
        place=place,
        question=_asked(held, place),
        rows=rows,
        may_be={
            slot: [(json.dumps(one), conditions.value_words(one), one) for one in values]
            for slot, values in may_be.items()
        },
        names={slot: conditions.name_of(slot) for slot in may_be},
        kinds_of=conditions.kinds_of,
        is_kept=is_kept,
        errors=errors or [],
    )


def _groups(held: Mapping[str, str], key: str) -> list[Group]:
    return button_rows.groups_of(held, key) or abort(404)


def _entered_groups(seen: Mapping[str, str], key: str, before: Sequence[Group]) -> list[Group]:
    languages = button_rows.languages(seen)
    known = button_rows.choices(seen, key)
    found: list[Group] = []
    # A title that stands in the form once holds for every button that does the same.
    said: dict[str, dict[str, str]] = {}
    for group, was in enumerate(before):
        buttons = []
        for row in range(_MOST_ROWS):
            at = f"b-{group}-{row}"
            if f"{at}-title" not in request.form:
                break
            does = request.form.get(f"{at}-does", "")
            titles = {one: request.form.get(f"{at}-{one}", "").strip() for one in languages}
            titles = said.setdefault(does, titles) if does in known else titles
            title = request.form[f"{at}-title"].strip()
            buttons.append(Button(does=does, title=title, titles=titles))
        found.append(Group(numbers=was.numbers, buttons=tuple(buttons)))
    return found


def _acted(key: str, groups: Sequence[Group], act: str, at: Sequence[int]) -> list[Group]:
    """Gives the groups after a button was added, moved or taken out.

    Raises:
        IndexError: there is no such group or row.
        ValueError: it is none of these.
    """
    changed = list(groups)
    group = changed[at[0]]
    buttons = list(group.buttons)
    match act:
        case "add":
            buttons.append(Button(does="", title=""))
        case "remove" if not button_rows.is_fixed(key, buttons[at[1]].does):
            del buttons[at[1]]
        case "up" if at[1] > 0:
            buttons[at[1] - 1 : at[1] + 1] = reversed(buttons[at[1] - 1 : at[1] + 1])
        case "down":
            buttons[at[1] : at[1] + 2] = reversed(buttons[at[1] : at[1] + 2])
        case _:
            raise ValueError(act)
    changed[at[0]] = Group(numbers=group.numbers, buttons=tuple(buttons))
    return changed


def _buttons_page(
    number: int,
    key: str,
    groups: Sequence[Group],
    *,
    errors: list[dict[str, str]] | None = None,
    late: ConflictError | None = None,
    is_kept: bool = True,
) -> str:
    held = files_of(number)
    return page(
        number,
        "dialogue_buttons.html",
        late=late,
        key=key,
        groups=groups,
        spoken=button_rows.languages(held),
        does=button_rows.choices(held, key),
        is_fixed=button_rows.is_fixed,
        most=button_rows.MOST,
        longest=button_rows.LONGEST,
        longest_button=button_rows.LONGEST_BUTTON,
        is_kept=is_kept,
        errors=errors or [],
    )
