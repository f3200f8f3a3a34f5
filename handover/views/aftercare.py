"""After the talk: a silent child's welfare decision, a child known again, and how it went."""

import datetime as dt

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from handover import auth, feedback, recognitions, silences
from handover.auth import for_roles
from handover.silences import WelfareDecision
from handover.views import shared, talk
from models.base import utc_now
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("aftercare", __name__)
_FEEDBACK_DAYS = 90


@pages.route(f"{talk.PREFIX}/welfare", methods=["GET", "POST"])
@talk.for_staff
def decide(conversation_id: int) -> ResponseReturnValue:
    """Asks what is to be done about a child who went quiet, and keeps the decision."""
    if request.method == "GET":
        return _welfare_page(conversation_id, [])
    errors = _welfare_errors()
    if errors:
        return _welfare_page(conversation_id, errors), 422
    try:
        with transaction(shared.console().engine) as session:
            silences.decide(
                session,
                auth.signed_in(),
                conversation_id,
                decision=WelfareDecision(request.form["decision"]),
                reason=request.form["text"],
            )
        flash("Your decision is kept. The bot does not write to the child again.", "success")
    except ValueError:
        flash("There was nothing to decide any more: the child wrote, or somebody decided.", "info")
    return talk.back(conversation_id)


@pages.post(f"{talk.PREFIX}/recognitions/<int:recognition_id>/undo")
@talk.for_staff
def undo(conversation_id: int, recognition_id: int) -> ResponseReturnValue:
    """Takes back that this conversation is of a child we know from another channel."""
    try:
        with transaction(shared.console().engine) as session:
            recognitions.undo(session, auth.signed_in(), recognition_id)
        flash("Taken back: this conversation is again of a child of its own.", "success")
    except ValueError:
        flash("There was no link to take back.", "info")
    return talk.back(conversation_id)


@pages.get("/feedback")
@for_roles(RoleName.SUPERVISOR)
def given() -> ResponseReturnValue:
    """Shows supervisors what children said of how it went; who said it is not on the page."""
    since = utc_now() - dt.timedelta(days=_FEEDBACK_DAYS)
    with reading(shared.console().engine) as session:
        rows = feedback.given(session, auth.signed_in(), since=since)
        scores = [row.score for row in rows if row.score is not None]
        return shared.page(
            "feedback.html",
            session,
            rows=rows,
            days=_FEEDBACK_DAYS,
            counts={mark: scores.count(mark) for mark in range(5, 0, -1)},
            items=feedback.voice_of_child(),
            marks_of=feedback.mark_words(),
        )


def _welfare_page(conversation_id: int, errors: list[dict[str, str]]) -> str:
    return talk.form_page(
        "welfare.html", conversation_id, errors=errors, decisions=silences.DECISIONS
    )


def _welfare_errors() -> list[dict[str, str]]:
    errors = []
    if request.form.get("decision") not in set(WelfareDecision):
        errors.append({"text": "Choose what is to be done", "href": "#decision"})
    if not request.form.get("text", "").strip():
        errors.append({"text": "Say why you decided so", "href": "#text"})
    return errors
