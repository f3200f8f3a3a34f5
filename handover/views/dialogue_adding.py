"""Adding to a draft: an answer to a common question, a question, a phrase for danger."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from handover import words
from handover.editing import adding, content
from handover.editing.adding import NewAnswer, NewPhrase, NewQuestion
from handover.editing.content import ContentError
from handover.editing.versions import ConflictError
from handover.views.dialogue import for_editors
from handover.views.drafts import files_of, page, plain, write
from models.record import RECORD_FIELDS
from models.urgency import Harm

pages = Blueprint("dialogue_adding", __name__, url_prefix="/dialogue")


@pages.route("/<int:number>/answers/new", methods=["GET", "POST"])
@for_editors
def new_answer(number: int) -> ResponseReturnValue:
    """Adds an answer to a common question."""
    if request.method == "GET":
        return page(number, "dialogue_answer.html", errors=[], submitted={})
    new = NewAnswer(
        name=request.form.get("name", "").strip(),
        text=_words("text"),
        welsh=_words("welsh"),
        examples=_lines("examples"),
    )
    try:
        changed = adding.add_answer(files_of(number), new)
    except ContentError as error:
        return page(
            number, "dialogue_answer.html", errors=_errors(error), submitted=request.form
        ), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/texts/utter_{new.name}",
        again=lambda late: page(number, "dialogue_answer.html", late=late, submitted=request.form),
    )


@pages.route("/<int:number>/questions/new", methods=["GET", "POST"])
@for_editors
def new_question(number: int) -> ResponseReturnValue:
    """Adds a question to the talk."""
    held = files_of(number)
    asked = content.questions(held)
    if request.method == "GET":
        return _question_page(number, held)
    after = request.form.get("after", "")
    new = NewQuestion(
        field=request.form.get("field", ""),
        text=_words("text"),
        welsh=_words("welsh"),
        place=min(int(after) + 1, len(asked)) if after.isdecimal() else len(asked),
        unless=tuple(request.form.getlist("unless")),
    )
    try:
        changed = adding.add_question(held, new)
    except ContentError as error:
        return _question_page(number, held, error), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/questions",
        again=lambda late: _question_page(number, files_of(number), late=late),
    )


@pages.route("/<int:number>/phrases/new", methods=["GET", "POST"])
@for_editors
def new_phrase(number: int) -> ResponseReturnValue:
    """Adds a phrase for danger."""
    if request.method == "GET":
        return _phrase_page(number)
    new = NewPhrase(
        name=request.form.get("name", "").strip(),
        level=request.form.get("level", ""),
        harms=tuple(request.form.getlist("harms")),
        says=_lines("says"),
        fires=_lines("fires"),
        silent=_lines("silent"),
    )
    try:
        changed = adding.add_phrase(files_of(number), new)
    except ContentError as error:
        return _phrase_page(number, error), 422
    return write(
        number,
        changed,
        back=f"/dialogue/{number}/phrases/{new.name}",
        again=lambda late: _phrase_page(number, late=late),
    )


def _question_page(
    number: int,
    held: dict[str, str],
    error: ContentError | None = None,
    late: ConflictError | None = None,
) -> str:
    return page(
        number,
        "dialogue_question.html",
        late=late,
        fields=[(name, RECORD_FIELDS[name].label) for name in adding.fields_to_ask(held)],
        asked=content.questions(held),
        errors=_errors(error),
        submitted=request.form,
    )


def _phrase_page(
    number: int, error: ContentError | None = None, late: ConflictError | None = None
) -> str:
    return page(
        number,
        "dialogue_new_phrase.html",
        late=late,
        levels=[(level.value, words.URGENCY[level]) for level in adding.LEVELS],
        harms=[(one.value, words.harm(one.value)) for one in Harm],
        errors=_errors(error),
        submitted=request.form,
    )


def _words(name: str) -> str:
    return plain(request.form.get(name, ""))


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _words(name).split("\n") if line.strip())


def _errors(error: ContentError | None) -> list[dict[str, str]]:
    return error.errors if error else []
