"""A person's own account: whether they are on duty, and how they sign in."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from handover import audit, auth, live
from handover.views import shared
from models.db import transaction
from models.practitioner import Practitioner

pages = Blueprint("account", __name__)


@pages.get("/account")
def show() -> ResponseReturnValue:
    """Gives the account page."""
    return shared.plain_page("account.html")


@pages.post("/account/duty")
def set_duty() -> ResponseReturnValue:
    """Puts somebody on or off duty."""
    is_on_duty = request.form.get("on_duty") == "yes"
    with transaction(shared.console().engine) as session:
        practitioner = session.get_one(Practitioner, auth.signed_in().id)
        if practitioner.on_duty != is_on_duty:
            practitioner.on_duty = is_on_duty
            action = "went_on_duty" if is_on_duty else "went_off_duty"
            audit.record(session, action, practitioner=practitioner)
            live.announce_duty(session, practitioner.authority_id)
    return redirect("/account")
