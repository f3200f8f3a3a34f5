"""Corrections that wait for a second person: the words, both labels, and accepting or rejecting."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover import audit, auth, corrections
from handover.auth import for_roles
from handover.corrections import ReviewRefusedError
from handover.views import shared
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("corrections", __name__, url_prefix="/corrections")
_for_leads = for_roles(RoleName.SAFEGUARDING_LEAD)


@pages.get("")
@_for_leads
def show() -> ResponseReturnValue:
    """Gives what waits to be looked at."""
    with transaction(shared.console().engine) as session:
        # Who read what a child wrote is kept, before it is shown.
        for one in corrections.waiting(session, auth.signed_in()):
            audit.record(
                session,
                "correction_read",
                conversation=one.message.conversation,
                practitioner=auth.signed_in(),
                details={"correction_id": one.id},
            )
    return _page()


@pages.post("/<int:correction_id>")
@_for_leads
def review(correction_id: int) -> ResponseReturnValue:
    """Accepts or rejects one."""
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")
    problems: dict[str, str] = {}
    if decision not in {"accept", "reject"}:
        problems[f"#decision-{correction_id}"] = "Choose whether the new label is right"
    if not reason.strip():
        problems[f"#reason-{correction_id}"] = "Give the reason"
    if problems:
        return _page(correction_id, problems), 422
    try:
        with transaction(shared.console().engine) as session:
            corrections.review(
                session,
                auth.signed_in(),
                correction_id,
                accepts=decision == "accept",
                reason=reason,
            )
        flash("Kept. Thank you for looking at it.", "success")
    except ReviewRefusedError as refusal:
        flash(str(refusal), "error")
    return redirect("/corrections")


def _page(sent: int | None = None, problems: Mapping[str, str] = MappingProxyType({})) -> str:
    with reading(shared.console().engine) as session:
        return shared.page(
            "corrections.html",
            session,
            waiting=corrections.waiting(session, auth.signed_in()),
            me=auth.signed_in().id,
            sent=sent,
            problems=problems,
            errors=[{"href": at, "text": text} for at, text in problems.items()],
            known_harms=corrections.known_harms,
        )
