"""Trying a version: one's own sandbox, and links for young people who look it over."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover import auth
from handover.auth import for_roles
from handover.editing import sharing
from handover.views import shared
from handover.views.dialogue import version_of
from models.db import reading, transaction

pages = Blueprint("trying", __name__, url_prefix="/dialogue")
_for_sharers = for_roles(*sharing.SHARERS)


@pages.post("/<int:number>/try")
@_for_sharers
def begin(number: int) -> ResponseReturnValue:
    """Opens the sandbox of a version for whoever is signed in."""
    with transaction(shared.console().engine) as session:
        made = sharing.share_with_oneself(session, auth.signed_in(), version_of(session, number))
        link = sharing.link_of(shared.console().settings, made)
    return redirect(link.removeprefix(shared.console().settings.console_url))


@pages.get("/<int:number>/share")
@_for_sharers
def links(number: int) -> ResponseReturnValue:
    """Gives the links by which others try a version."""
    return _links_page(number)


@pages.post("/<int:number>/share")
@_for_sharers
def share(number: int) -> ResponseReturnValue:
    """Makes a link for a young reviewer."""
    days = request.form.get("days", "")
    try:
        with transaction(shared.console().engine) as session:
            sharing.share(
                session,
                auth.signed_in(),
                version_of(session, number),
                name=request.form.get("name", ""),
                days=int(days) if days.isdecimal() else 0,
            )
    except ValueError as error:
        return _links_page(number, str(error)), 422
    return redirect(f"/dialogue/{number}/share")


@pages.post("/<int:number>/share/<int:share_id>/end")
@_for_sharers
def end(number: int, share_id: int) -> ResponseReturnValue:
    """Ends a link at once."""
    with transaction(shared.console().engine) as session:
        sharing.end(session, auth.signed_in(), share_id)
    flash("The link does not work any more.", "success")
    return redirect(f"/dialogue/{number}/share")


def _links_page(number: int, error: str = "") -> str:
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        settings = shared.console().settings
        return shared.page(
            "dialogue_share.html",
            session,
            version=version,
            shares=[
                (one, sharing.link_of(settings, one))
                for one in sharing.open_shares(session, version)
            ],
            most_days=sharing.MOST_DAYS,
            submitted=request.form,
            errors=[{"text": error, "href": "#name"}] if error else [],
        )
