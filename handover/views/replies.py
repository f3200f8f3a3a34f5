"""The replies an authority keeps ready, and how long a message can be taken back."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import audit, auth, canned, taking_back
from handover.auth import for_roles
from handover.canned import CannedReplyError, Starter
from handover.views import shared
from models.authority import Authority
from models.db import reading, transaction
from models.practitioner import RoleName
from models.teamwork import CannedReply

pages = Blueprint("replies", __name__, url_prefix="/replies")
_for_keepers = for_roles(RoleName.ADMIN, RoleName.EDITOR, RoleName.SUPERVISOR)


@pages.get("")
@_for_keepers
def show() -> ResponseReturnValue:
    """Gives the list, and the setting."""
    return _list_page()


@pages.post("/undo")
@_for_keepers
def set_undo() -> ResponseReturnValue:
    """Sets for how many seconds a message can be taken back."""
    seconds = request.form.get("seconds", "").strip()
    if not seconds.isdecimal() or int(seconds) > taking_back.MOST_SECONDS:
        text = f"Enter a number of seconds from 0 to {taking_back.MOST_SECONDS}"
        return _list_page(errors=[{"text": text, "href": "#seconds"}]), 422
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        session.get_one(Authority, me.authority_id).undo_seconds = int(seconds)
        audit.record(session, "undo_set", practitioner=me, details={"seconds": int(seconds)})
    flash("The number of seconds is saved.", "success")
    return redirect("/replies")


@pages.route("/new", methods=["GET", "POST"])
@_for_keepers
def new() -> ResponseReturnValue:
    """Adds a reply."""
    if request.method == "GET":
        return shared.plain_page("reply.html", kept=None, errors=[], submitted={}, **_help())
    return _keep(None)


@pages.route("/<shortcut>", methods=["GET", "POST"])
@_for_keepers
def change(shortcut: str) -> ResponseReturnValue:
    """Changes a reply."""
    if request.method == "POST":
        return _keep(shortcut)
    with reading(shared.console().engine) as session:
        kept = _found(session, shortcut)
        if kept is None:
            return redirect("/replies")
        return shared.page("reply.html", session, kept=kept, errors=[], submitted={}, **_help())


@pages.post("/<shortcut>/remove")
@_for_keepers
def remove(shortcut: str) -> ResponseReturnValue:
    """Takes a reply out of use."""
    with transaction(shared.console().engine) as session:
        canned.remove(session, auth.signed_in(), shortcut)
    flash("The reply is removed.", "success")
    return redirect("/replies")


def _list_page(errors: list[dict[str, str]] | None = None) -> str:
    authority_id = auth.signed_in().authority_id
    with reading(shared.console().engine) as session:
        authority = session.get_one(Authority, authority_id)
        return shared.page(
            "replies.html",
            session,
            replies=canned.of_authority(session, authority_id),
            seconds=request.form.get(
                "seconds", int(taking_back.allowed(authority).total_seconds())
            ),
            most_seconds=taking_back.MOST_SECONDS,
            errors=errors or [],
        )


def _keep(replacing: str | None) -> ResponseReturnValue:
    form = request.form
    try:
        with transaction(shared.console().engine) as session:
            canned.keep(
                session,
                auth.signed_in(),
                shortcut=form.get("shortcut", ""),
                title=form.get("title", ""),
                text=form.get("text", ""),
                replacing=replacing,
            )
    except CannedReplyError as error:
        errors = error.errors
        with reading(shared.console().engine) as session:
            kept = _found(session, replacing) if replacing else None
            page = shared.page(
                "reply.html", session, kept=kept, errors=errors, submitted=form, **_help()
            )
        return page, 422
    flash("The reply is saved.", "success")
    return redirect("/replies")


def _found(session: Session, shortcut: str) -> CannedReply | Starter | None:
    found = canned.of_authority(session, auth.signed_in().authority_id)
    return next((one for one in found if one.shortcut == shortcut), None)


def _help() -> dict[str, object]:
    return {"fields": canned.FIELDS, "most_characters": canned.MOST_CHARACTERS}
