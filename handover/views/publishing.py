"""Putting a version live, taking it back, looking at an urgent change, and all that was live."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import auth
from handover.auth import for_roles
from handover.editing import publishing, signing, versions
from handover.editing.publishing import NotReadyError
from handover.editing.versions import NotAllowedError
from handover.views import shared
from handover.views.dialogue import version_of
from models.db import reading, transaction
from models.editing import VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch, SwitchState

pages = Blueprint("publishing", __name__, url_prefix="/dialogue")
_for_staff = for_roles(
    RoleName.EDITOR, RoleName.SAFEGUARDING_LEAD, RoleName.PUBLISHER, RoleName.ADMIN
)
_for_publishers = for_roles(*publishing.PUBLISHERS)
_for_urgent = for_roles(*publishing.PUBLISHERS, RoleName.SAFEGUARDING_LEAD)
_ROLES = {RoleName.ADMIN: "an admin", RoleName.SAFEGUARDING_LEAD: "a safeguarding lead"}


@pages.get("/<int:number>/publish")
@_for_staff
def show(number: int) -> ResponseReturnValue:
    """Gives what stands between a version and its going live, and how far that has come."""
    return _publish_page(number)


@pages.post("/<int:number>/publish")
@_for_urgent
def publish(number: int) -> ResponseReturnValue:
    """Asks for a version to go live: signed by two, or an urgent change of words signed by one."""
    why = request.form.get("why", "")
    ask = publishing.publish_words if "urgent" in request.form else publishing.publish
    return _done(
        lambda session: ask(session, auth.signed_in(), version_of(session, number), why=why),
        lambda text: (_publish_page(number, text), 422),
        f"/dialogue/{number}/publish",
    )


@pages.get("/history")
@_for_staff
def history() -> ResponseReturnValue:
    """Gives everything that ever went live: who, when, why, and how it ended."""
    with reading(shared.console().engine) as session:
        return shared.page(
            "dialogue_history.html",
            session,
            publications=publishing.history(session),
            failed=session.scalars(
                select(DialogueSwitch)
                .where(DialogueSwitch.state == SwitchState.FAILED)
                .order_by(DialogueSwitch.id.desc())
                .limit(20)
            ).all(),
            live=publishing.live(session),
            due=publishing.open_review(session),
            people=_names(session),
            may_publish=auth.signed_in().may(*publishing.PUBLISHERS),
            may_review=auth.signed_in().may(*signing.SIGNERS),
        )


@pages.get("/roll-back")
@_for_publishers
def ask_roll_back() -> ResponseReturnValue:
    """Asks whether the live version shall be taken back, and why."""
    return _roll_back_page()


@pages.post("/roll-back")
@_for_publishers
def roll_back() -> ResponseReturnValue:
    """Takes the live version back at once."""
    why = request.form.get("why", "").strip()
    if not why:
        return _roll_back_page("Say why you take it back"), 422
    return _done(
        lambda session: publishing.roll_back(session, auth.signed_in(), why=why),
        lambda text: (_roll_back_page(text), 422),
        "/dialogue/history",
        "The version before answers again.",
    )


@pages.post("/review")
@for_roles(*signing.SIGNERS)
def review() -> ResponseReturnValue:
    """Keeps that somebody else looked at an urgent change and lets it stand."""

    def look(session: Session) -> None:
        due = publishing.open_review(session)
        if due is not None:
            publishing.review(session, auth.signed_in(), due)

    def refused(text: str) -> ResponseReturnValue:
        flash(text, "error")
        return redirect("/dialogue/history")

    return _done(look, refused, "/dialogue/history", "Your look at the urgent change is kept.")


def _done(
    do: Callable[[Session], object],
    refused: Callable[[str], ResponseReturnValue],
    then: str,
    said: str = "",
) -> ResponseReturnValue:
    try:
        with transaction(shared.console().engine) as session:
            do(session)
    except (NotAllowedError, NotReadyError) as error:
        return refused(str(error))
    if said:
        flash(said, "success")
    return redirect(then)


def _publish_page(number: int, error: str = "") -> str:
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        me = auth.signed_in()
        switch = session.scalars(
            select(DialogueSwitch)
            .where(DialogueSwitch.version_id == version.id)
            .order_by(DialogueSwitch.id.desc())
            .limit(1)
        ).first()
        live = publishing.live_version(session)
        signed = signing.signatures(session, version)
        return shared.page(
            "dialogue_publish.html",
            session,
            version=version,
            live=live,
            changes=versions.difference(session, live, version) if live else [],
            signatures=signed,
            missing=[_ROLES[role] for role in signing.missing(session, version)],
            roles=_ROLES,
            switch=switch,
            is_waiting=switch is not None and switch.state is SwitchState.WAITING,
            is_failed=switch is not None and switch.state is SwitchState.FAILED,
            is_unchecked=version.state
            in {VersionState.DRAFT, VersionState.CHECKING, VersionState.REFUSED},
            is_live=version.state is VersionState.LIVE,
            may_publish=version.state is VersionState.SIGNED and me.may(*publishing.PUBLISHERS),
            may_urgently=version.state is VersionState.CHECKED
            and bool(signed)
            and me.may(*publishing.PUBLISHERS, RoleName.SAFEGUARDING_LEAD)
            and not publishing.beyond_words(session, version),
            errors=[{"text": error, "href": "#why"}] if error else [],
            submitted=request.form.get("why", ""),
        )


def _roll_back_page(error: str = "") -> str:
    with reading(shared.console().engine) as session:
        return shared.page(
            "dialogue_roll_back.html",
            session,
            live=publishing.live(session),
            errors=[{"text": error, "href": "#why"}] if error else [],
        )


def _names(session: Session) -> dict[int, str]:
    rows = session.execute(select(Practitioner.id, Practitioner.name))
    return dict(iter(rows))
