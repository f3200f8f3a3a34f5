"""A person's own account: whether they are on duty, and how they sign in."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handover import audit, auth, ladder, live
from handover.views import shared
from models.conversation import Conversation, Holder
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
            if not is_on_duty:
                ladder.leave(session, practitioner)
                _say_what_stays(session, practitioner)
    return redirect("/account")


def _say_what_stays(session: Session, practitioner: Practitioner) -> None:
    held = session.scalar(
        select(func.count())
        .where(Conversation.holder == Holder.PRACTITIONER)
        .where(Conversation.practitioner_id == practitioner.id)
    )
    if held:
        talks = "1 conversation" if held == 1 else f"{held} conversations"
        flash(
            f"You still hold {talks}. Others are called as soon as a child waits there. Pass them "
            "to a colleague or give them back before you go.",
            "info",
        )
