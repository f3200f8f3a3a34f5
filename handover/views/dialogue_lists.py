"""Editing lists of lines in a draft: examples, phrases for danger, and the topics of the cover."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from handover.editing import line_lists
from handover.editing.content import ContentError
from handover.editing.files import UnfitFileError
from handover.editing.line_lists import PhraseRow, Topic
from handover.editing.versions import ConflictError
from handover.views.dialogue import for_editors, for_staff
from handover.views.drafts import files_of, files_seen, merged, page, plain, write
from models.urgency import Urgency

pages = Blueprint("dialogue_lists", __name__, url_prefix="/dialogue")


@pages.get("/<int:number>/examples")
@for_staff
def show_examples(number: int) -> ResponseReturnValue:
    """Gives the meanings, and how many examples each has."""
    rows: dict[str, int] = {}
    for one in line_lists.examples(files_of(number)):
        rows[one.intent] = rows.get(one.intent, 0) + len(one.lines)
    return page(number, "dialogue_examples.html", rows=rows)


@pages.get("/<int:number>/phrases")
@for_staff
def show_phrases(number: int) -> ResponseReturnValue:
    """Gives the phrases for danger, with what each calls."""
    return page(number, "dialogue_phrases.html", rows=line_lists.phrases(files_of(number)))


@pages.get("/<int:number>/cover")
@for_staff
def show_cover(number: int) -> ResponseReturnValue:
    """Gives the topics of the cover."""
    return _cover_page(number)


@pages.get("/<int:number>/examples/<intent>")
@for_staff
def show_meaning(number: int, intent: str) -> ResponseReturnValue:
    """Gives the examples of a meaning."""
    return _examples_page(number, intent)


@pages.post("/<int:number>/examples/<intent>")
@for_editors
def change_examples(number: int, intent: str) -> ResponseReturnValue:
    """Keeps other examples of a meaning."""
    held, changed = files_of(number), dict[str, str]()
    try:
        for one in line_lists.examples(held):
            if one.intent == intent and f"lines-{one.path}" in request.form:
                entered = _lines(f"lines-{one.path}")
                changed |= line_lists.set_examples(held, one.path, intent, entered)
    except (ContentError, UnfitFileError) as error:
        return _examples_page(number, intent, error.text), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/examples/{intent}",
        again=lambda late: _examples_page(number, intent, late=late),
    )


@pages.get("/<int:number>/phrases/<name>")
@for_staff
def show_phrase(number: int, name: str) -> ResponseReturnValue:
    """Gives a phrase for danger."""
    return _phrase_page(number, name)


@pages.post("/<int:number>/phrases/<name>")
@for_editors
def change_phrase(number: int, name: str) -> ResponseReturnValue:
    """Keeps other patterns, examples or another level of a phrase."""
    held = files_of(number)
    if name not in {one.name for one in line_lists.phrases(held)}:
        abort(404)
    lists = {part: _lines(part) for part in ("says", "fires", "silent")}
    try:
        changed = line_lists.set_phrase(held, name, request.form.get("level", ""), lists)
    except ContentError as error:
        return _phrase_page(number, name, error.errors), 422
    except UnfitFileError as error:
        return _phrase_page(number, name, _errors(error.text)), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/phrases/{name}",
        again=lambda late: _phrase_page(number, name, late=late),
    )


@pages.post("/<int:number>/cover")
@for_editors
def change_cover(number: int) -> ResponseReturnValue:
    """Keeps other topics of the cover."""
    held = files_of(number)
    # One more than there are: the last is for a new one.
    topics = [
        Topic(words=tuple(_lines(f"words-{place}")), say=tuple(_lines(f"say-{place}")))
        for place in range(len(line_lists.cover(held)[0]) + 1)
    ]
    try:
        changed = line_lists.set_cover(held, topics, _lines("otherwise"))
    except (ContentError, UnfitFileError) as error:
        return _cover_page(number, error.text), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/cover",
        again=lambda late: _cover_page(number, late=late),
    )


def _examples_page(
    number: int, intent: str, problem: str = "", late: ConflictError | None = None
) -> str:
    found = _examples_in(files_of(number), intent)
    if not found:
        abort(404)
    return page(
        number,
        "dialogue_meaning.html",
        late=late,
        intent=intent,
        found=[(path, lines) for path, lines in found.items()],
        entered=_entered(
            _boxes(found), _boxes(_examples_in(files_seen(number), intent)) if late else None
        ),
        errors=_errors(problem),
    )


def _phrase_page(
    number: int,
    name: str,
    errors: Sequence[dict[str, str]] = (),
    late: ConflictError | None = None,
) -> str:
    found = _phrase_in(files_of(number), name)
    if found is None:
        abort(404)
    seen = _phrase_in(files_seen(number), name) if late else None
    return page(
        number,
        "dialogue_phrase.html",
        late=late,
        found=found,
        levels=[level.value for level in Urgency],
        entered=_entered(_parts(found), _parts(seen) if seen else None),
        errors=errors,
    )


def _cover_page(number: int, problem: str = "", late: ConflictError | None = None) -> str:
    held = files_of(number)
    topics, otherwise = line_lists.cover(held)
    return page(
        number,
        "dialogue_cover.html",
        late=late,
        topics=topics,
        otherwise=otherwise,
        entered=_entered(_topics(held), _topics(files_seen(number)) if late else None),
        errors=_errors(problem),
    )


type _Boxes = Mapping[str, Sequence[str]]


def _examples_in(held: Mapping[str, str], intent: str) -> dict[str, tuple[str, ...]]:
    return {one.path: one.lines for one in line_lists.examples(held) if one.intent == intent}


def _boxes(found: Mapping[str, Sequence[str]]) -> _Boxes:
    return {f"lines-{path}": lines for path, lines in found.items()}


def _phrase_in(held: Mapping[str, str], name: str) -> PhraseRow | None:
    return {one.name: one for one in line_lists.phrases(held)}.get(name)


def _parts(phrase: PhraseRow) -> _Boxes:
    return {
        "level": [phrase.level],
        "says": phrase.says,
        "fires": phrase.fires,
        "silent": phrase.silent,
    }


def _topics(held: Mapping[str, str]) -> _Boxes:
    topics, otherwise = line_lists.cover(held)
    boxes: dict[str, Sequence[str]] = {"otherwise": otherwise}
    for place, topic in enumerate(topics):
        boxes |= {f"words-{place}": topic.words, f"say-{place}": topic.say}
    return boxes


def _entered(now: _Boxes, seen: _Boxes | None) -> dict[str, str]:
    """Gives what stands in each box: as it was sent, or joined with what a colleague wrote."""
    sent = {name: plain(value) for name, value in request.form.items()}
    # Where a colleague took a topic in or out, the boxes are no longer the same.
    if seen is None or now.keys() != seen.keys():
        return sent
    for name in now.keys() & sent.keys():
        sent[name] = "\n".join(merged(seen[name], _lines(name), now[name]))
    return sent


def _lines(name: str) -> list[str]:
    entered = plain(request.form.get(name, "")).split("\n")
    return [line.strip() for line in entered if line.strip()]


def _errors(problem: str) -> list[dict[str, str]]:
    return [{"text": problem, "href": "#lines"}] if problem else []
