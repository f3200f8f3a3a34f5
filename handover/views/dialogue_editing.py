"""Editing a draft: questions, answers, help numbers, opening texts, and any file as it stands."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover.auth import takes_bytes
from handover.editing import content, files, measures, texts, versions
from handover.editing.checks import shape, wording
from handover.editing.content import ContentError
from handover.editing.files import UnfitFileError
from handover.editing.texts import Said
from handover.editing.versions import ConflictError, NotAllowedError, NotOpenError
from handover.views.dialogue import for_editors, for_staff
from handover.views.drafts import files_of, files_seen, keep, page, plain, write
from models.base import utc_now
from models.channel import CAPABILITIES, ChannelName

pages = Blueprint("dialogue_editing", __name__, url_prefix="/dialogue")

_LISTS = ("questions", "answers", "numbers", "openings", "files")


@pages.get("/<int:number>/<kind>")
@for_staff
def show(number: int, kind: str) -> ResponseReturnValue:
    """Gives all of one kind as a table."""
    if kind not in _LISTS:
        abort(404)
    return _list_page(number, kind)


@pages.route("/<int:number>/texts/<key>", methods=["GET", "POST"])
@for_staff
def edit_texts(number: int, key: str) -> ResponseReturnValue:
    """Gives the texts of a key in every language to be changed, and keeps the change."""
    if key == "buttons" or " " in key:
        # Titles by their payload, and topics of the cover: they are edited elsewhere.
        abort(404)
    if request.method == "GET":
        return _texts_page(number, key)
    held = files_of(number)
    try:
        changed = _entered_texts(held, key)
    except (ContentError, UnfitFileError) as error:
        return _texts_page(number, key, problem=error.text), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/texts/{key}",
        again=lambda late: _texts_page(number, key, late=late),
    )


@pages.post("/<int:number>/questions/<int:place>")
@for_editors
def move_question(number: int, place: int) -> ResponseReturnValue:
    """Puts a question elsewhere in the order."""
    held = files_of(number)
    if place >= len(content.questions(held)):
        abort(404)
    try:
        by = -1 if request.form.get("move") == "up" else 1
        changed = content.move_question(held, place, by)
    except ContentError as error:
        return _list_page(number, "questions", (f"question-{place}", error.text)), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/questions#question-{place}",
        again=lambda late: _list_page(number, "questions", late=late),
    )


@pages.post("/<int:number>/numbers/<key>")
@for_editors
def change_number(number: int, key: str) -> ResponseReturnValue:
    """Changes a help number that a person has compared with its source today."""
    held = files_of(number)
    if key not in content.numbers(held):
        abort(404)
    entered = {name: request.form.get(name, "").strip() for name in ("number", "name", "source")}
    problems = [
        (f"{name}-{key}", f"Enter the {name}") for name, said in entered.items() if not said
    ]
    if "compared" not in request.form:
        text = "Say that you compared the number with its source today"
        problems.append((f"compared-{key}", text))
    if problems:
        return _list_page(number, "numbers", *problems), 422
    changed = content.set_number(held, key, entered, utc_now().date())
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/numbers#{key}",
        again=lambda late: _list_page(number, "numbers", (f"number-{key}", ""), late=late),
    )


@pages.route("/<int:number>/files/<path:path>", methods=["GET", "POST"])
@for_staff
@takes_bytes(3 * files.MOST_FILE_BYTES)
def edit_file(number: int, path: str) -> ResponseReturnValue:
    """Gives a file as it stands, and keeps it changed; a colleague's change is shown."""
    held = files_of(number)
    if path not in held:
        abort(404)
    if request.method == "GET":
        return _file_page(number, path, held[path])
    text = plain(request.form.get("text", ""), keep_end=True)
    try:
        shape.check(path, text)
    except UnfitFileError as error:
        return _file_page(number, path, text, problem=error.text), 422
    try:
        keep(number, {path: text})
    except ConflictError as conflict:
        return _file_page(number, path, text, conflict=conflict), 409
    except (NotAllowedError, NotOpenError, UnfitFileError) as error:
        return _file_page(number, path, text, problem=str(error)), 409
    flash("The file is saved.", "success")
    return redirect(f"/dialogue/{number}/files/{path}")


@pages.get("/<int:number>/flow")
@for_staff
def flow(number: int) -> ResponseReturnValue:
    """Gives the picture of the talk, with the same as a table beside it."""
    held = files_of(number)
    return page(number, "dialogue_flow.html", rows=_flow_rows(number, held))


def _entered_texts(held: Mapping[str, str], key: str) -> dict[str, str]:
    """Gives the files as the form of a key's texts would have them."""
    found = content.texts_under(held, key)
    if not found:
        abort(404)
    said = {
        (one.path, one.number): plain(request.form[name])
        for one in found
        if (name := _field(one)) in request.form
    }
    changed = content.set_texts(held, key, said)
    for path in _lacking(held, found):
        text = plain(request.form.get(f"new-{path}", ""))
        if text:
            changed |= content.add_text({**held, **changed}, path, key, text)
    return changed


def _list_page(
    number: int,
    kind: str,
    *problems: tuple[str, str],
    late: ConflictError | None = None,
) -> str:
    held = files_of(number)
    rows: object
    match kind:
        case "questions":
            rows = content.questions(held)
        case "answers":
            rows = content.answers(held)
        case "numbers":
            rows = content.numbers(held)
        case "openings":
            rows = content.openings(held)
        case _:
            rows = sorted(held)
    return page(
        number,
        f"dialogue_{kind}.html",
        late=late,
        rows=rows,
        # What came late is shown as such, and is no problem with what was entered.
        errors=[{"text": text, "href": f"#{at}"} for at, text in problems if text],
        problems={f"#{at}": text for at, text in problems},
        wrong=problems[0][0] if problems else "",
        submitted=request.form,
    )


def _texts_page(number: int, key: str, problem: str = "", late: ConflictError | None = None) -> str:
    held = files_of(number)
    found = content.texts_under(held, key)
    if not found:
        abort(404)
    # What was not touched gives way to what a colleague wrote there.
    was = content.texts_under(files_seen(number), key) if late else []
    untouched = {_field(one): one.text for one in was}
    submitted = {
        name: plain(value)
        for name, value in request.form.items()
        if untouched.get(name) != plain(value)
    }
    sms, whatsapp = CAPABILITIES[ChannelName.SMS], CAPABILITIES[ChannelName.WHATSAPP]
    return page(
        number,
        "dialogue_texts.html",
        key=key,
        is_question=key.startswith(texts.ASK),
        has_buttons=any(one.buttons for one in found if one.language == texts.ENGLISH)
        or key.startswith(texts.ASK),
        late=late,
        texts=[(one, _field(one), submitted.get(_field(one), one.text)) for one in found],
        lacking=[(path, texts.language_of(path)) for path in _lacking(held, found)],
        measure=_measure,
        limits={
            "sms": sms.text_limit,
            "whatsapp": whatsapp.text_limit,
            "english": wording.LONGEST_ENGLISH,
            "other": wording.LONGEST,
        },
        errors=[{"text": problem, "href": "#texts"}] if problem else [],
        submitted=submitted,
    )


def _lacking(held: Mapping[str, str], found: list[Said]) -> list[str]:
    """Gives the files of languages that have no text of a key."""
    have = {one.path for one in found}
    if any(one.is_response for one in found):
        return sorted(p for p in held if p.startswith(texts.LANGUAGES) and p not in have)
    folders = {path.rpartition("/")[0] for path in have}
    return sorted(
        path
        for path in held
        if texts.is_wording(path) and path.rpartition("/")[0] in folders and path not in have
    )


def _file_page(
    number: int,
    path: str,
    text: str,
    *,
    problem: str = "",
    conflict: ConflictError | None = None,
) -> str:
    theirs = versions.compare(path, conflict.text, text) if conflict else None
    return page(
        number,
        "dialogue_file.html",
        path=path,
        text=text,
        conflict=theirs,
        errors=[{"text": problem, "href": "#text"}] if problem else [],
        # The next sending is against what the colleague wrote, which is now on the page.
        fresh=files.sha256(conflict.text or "") if conflict else "",
    )


def _flow_rows(number: int, held: Mapping[str, str]) -> list[dict[str, object]]:
    """Gives the nodes of the talk in their order, each with where it is edited."""
    base = f"/dialogue/{number}"
    rows: list[dict[str, object]] = [
        {"id": "hello", "label": "Hello and privacy", "href": f"{base}/texts/utter_welcome"},
        {"id": "listen", "label": "Listen", "href": f"{base}/texts/utter_tell_me_more"},
    ]
    rows += [
        {
            "id": f"q{one.place}",
            "label": one.field.replace("_", " "),
            "href": f"{base}/texts/{one.key}",
            "when": list(one.when),
            "asks": one.text,
        }
        for one in content.questions(held)
    ]
    rows.append({"id": "thanks", "label": "Thank you", "href": f"{base}/texts/utter_thank_you"})
    for key, label in (
        ("utter_person", "A person"),
        ("utter_stop", "Stop"),
        ("utter_someone_here", "Cover"),
        ("utter_stay_with_me", "Emergency"),
    ):
        way = {"id": key, "label": label, "href": f"{base}/texts/{key}", "is_way_out": True}
        rows.append(way)
    return rows


def _field(one: Said) -> str:
    return f"text-{one.path}-{one.number}"


def _measure(text: str, language: str) -> str:
    """Gives how long and how hard a text is, in words."""
    parts = measures.segments(text)
    said = f"{len(text)} characters, {parts} text message{'s' if parts != 1 else ''}."
    if language == texts.ENGLISH:
        said += f" Reading age {measures.reading_age(text):.0f}."
    odd = measures.not_plain(text)
    if odd and language == texts.ENGLISH:
        said += f" {' '.join(odd)} makes it dearer."
    return said
