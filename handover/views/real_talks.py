"""Real conversations in the gate: whether they are played, and reading those that would change."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from handover import auth
from handover.auth import for_roles
from handover.editing import real_talks
from handover.editing.content import ContentError
from handover.editing.real_talks import NotAllowedHereError
from handover.views import shared
from handover.views.dialogue import version_of
from models.authority import Authority
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("real_talks", __name__, url_prefix="/dialogue")
_for_deciders = for_roles(RoleName.ADMIN, RoleName.SAFEGUARDING_LEAD)
_for_leads = for_roles(RoleName.SAFEGUARDING_LEAD)


@pages.get("/real-conversations")
@_for_deciders
def policy() -> ResponseReturnValue:
    """Gives whether real conversations are played, who said so, and what happens to the words."""
    return _policy_page()


@pages.post("/real-conversations")
@_for_deciders
def set_policy() -> ResponseReturnValue:
    """Allows real conversations to be played, or no longer."""
    typed = request.form.get("talks", "").strip()
    is_allowed = request.form.get("allow") == "yes"
    talks = (int(typed) if typed.isdecimal() else 0) if is_allowed else None
    try:
        with transaction(shared.console().engine) as session:
            basis = request.form.get("basis", "")
            real_talks.set_policy(session, auth.signed_in(), talks=talks, basis=basis)
    except NotAllowedHereError:
        abort(403)
    except ContentError as error:
        return _policy_page(error.errors), 422
    flash("Saved. It counts from the next check on.", "success")
    return redirect("/dialogue/real-conversations")


@pages.get("/<int:number>/real-conversations")
@_for_leads
def read(number: int) -> ResponseReturnValue:
    """Gives the conversations that would go otherwise, and keeps who read them."""
    with transaction(shared.console().engine) as session:
        version = version_of(session, number)
        found = real_talks.read(session, auth.signed_in(), version)
        return shared.page(
            "dialogue_real_talks.html",
            session,
            version=version,
            talks=found,
            kept_days=real_talks.KEPT_DAYS,
        )


def _policy_page(errors: list[dict[str, str]] | None = None) -> str:
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        authority = session.get_one(Authority, me.authority_id)
        return shared.page(
            "dialogue_real_policy.html",
            session,
            policy=real_talks.policy(session, authority),
            most=real_talks.MOST_TALKS,
            kept_days=real_talks.KEPT_DAYS,
            may_set=me.may(RoleName.ADMIN),
            submitted=request.form,
            errors=errors or [],
        )
