"""The supervisor's board, and quality reviews of closed conversations."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import auth, board, service, words
from handover.auth import for_roles
from handover.board import ReviewError
from handover.views import shared
from models.base import utc_now
from models.db import reading, transaction
from models.practitioner import RoleName
from models.urgency import Urgency

pages = Blueprint("board", __name__)
_for_supervisors = for_roles(RoleName.SUPERVISOR)


@pages.get("/board")
@_for_supervisors
def show() -> ResponseReturnValue:
    """Gives the board."""
    parts = shared.console()
    with reading(parts.engine) as session:
        place = parts.feed.place(session)
        return shared.page("board.html", session, place=place, **_context(session))


@pages.get("/board/panel")
@_for_supervisors
def panel() -> ResponseReturnValue:
    """Gives what changes on the board, for a page that is open."""
    with reading(shared.console().engine) as session:
        context = _context(session)
        return {
            "html": render_template("partials/board.html", **context),
            "charts": context["charts"],
        }


@pages.post("/board/pauses/<int:worker_id>")
@_for_supervisors
def offer_pause(worker_id: int) -> ResponseReturnValue:
    """Offers a worker a pause."""
    with transaction(shared.console().engine) as session:
        board.offer_pause(session, auth.signed_in(), worker_id)
    flash("They find your offer among their tasks.", "success")
    return redirect("/board")


@pages.route("/conversations/<int:conversation_id>/review", methods=["GET", "POST"])
@_for_supervisors
def review(conversation_id: int) -> ResponseReturnValue:
    """Lets a supervisor review a closed conversation."""
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                board.review(
                    session,
                    auth.signed_in(),
                    conversation_id,
                    answers={key: request.form.get(key, "") for key in board.questions()},
                    comment=request.form.get("comment", ""),
                )
            flash("The review is kept.", "success")
            return redirect("/board")
        except ReviewError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        conversation = service.access_conversation(session, auth.signed_in(), conversation_id)
        page = shared.page(
            "review.html",
            session,
            conversation=conversation,
            name=words.child(conversation),
            questions=board.questions(),
            answers=board.REVIEW_ANSWERS,
            reviews=board.reviews(session, conversation),
            submitted=request.form,
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
        )
    return page, 422 if errors else 200


def _context(session: Session) -> dict[str, Any]:
    found = board.read(session, auth.signed_in())
    return {
        "state": found,
        "now": utc_now(),
        "charts": {
            "waiting": {
                "labels": [words.URGENCY[one.urgency] for one in found.waiting],
                "values": [one.number for one in found.waiting],
                "levels": [one.urgency.value for one in found.waiting],
            },
            "arrivals": {
                "labels": list(found.arrivals),
                "levels": [level.value for level in Urgency],
                "names": [words.URGENCY[level] for level in Urgency],
                "values": [
                    [by_level[level] for by_level in found.arrivals.values()] for level in Urgency
                ],
            },
        },
    }
