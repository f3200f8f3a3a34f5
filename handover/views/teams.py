"""The teams: who is in which, and who keeps them."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import auth, teams
from handover.auth import for_roles
from handover.teams import TeamError
from handover.views import shared
from models.authority import Team
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("teams", __name__, url_prefix="/rota/teams")
_KEEPERS = (RoleName.ADMIN, RoleName.SUPERVISOR)


@pages.get("")
def show() -> ResponseReturnValue:
    """Gives the teams, who is in each, and who is in none."""
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        return shared.page(
            "teams.html",
            session,
            teams=teams.with_members(session, me.authority_id),
            without=[one for one in teams.staff(session, me.authority_id) if one.team_id is None],
            may_keep=me.may(*_KEEPERS),
        )


@pages.route("/new", methods=["GET", "POST"])
@for_roles(*_KEEPERS)
def add() -> ResponseReturnValue:
    """Asks for a new team's name and staff, and keeps it."""
    return _keep(None)


@pages.route("/<int:team_id>", methods=["GET", "POST"])
@for_roles(*_KEEPERS)
def change(team_id: int) -> ResponseReturnValue:
    """Asks for a team's name and staff, and keeps them."""
    return _keep(team_id)


@pages.post("/<int:team_id>/remove")
@for_roles(*_KEEPERS)
def remove(team_id: int) -> ResponseReturnValue:
    """Removes a team that nobody and nothing hangs on any more."""
    with transaction(shared.console().engine) as session:
        try:
            gone = teams.remove(session, auth.signed_in(), team_id)
        except TeamError as error:
            team = _known(session, team_id)
            return _page(session, team, str(error), at="remove"), 422
        flash(f"{gone.name} is removed.", "success")
    return redirect("/rota/teams")


def _known(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id)
    is_here = team is not None and team.authority_id == auth.signed_in().authority_id
    if team is None or not is_here or team.removed_at is not None:
        abort(404)
    return team


def _keep(team_id: int | None) -> ResponseReturnValue:
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        team = _known(session, team_id) if team_id is not None else None
        if request.method == "GET":
            return _page(session, team)
        chosen = {int(one) for one in request.form.getlist("members") if one.isdecimal()}
        try:
            kept = teams.keep(
                session, me, team_id=team_id, name=request.form.get("name", ""), members=chosen
            )
        except TeamError as error:
            return _page(session, team, str(error)), 422
        flash(f"{kept.name} is kept.", "success")
    return redirect("/rota/teams")


def _page(session: Session, team: Team | None, error: str = "", *, at: str = "name") -> str:
    me = auth.signed_in()
    people = teams.staff(session, me.authority_id)
    sent = request.method == "POST" and at == "name"
    inside = [str(one.id) for one in people if team is not None and one.team_id == team.id]
    return shared.page(
        "team.html",
        session,
        team=team,
        people=people,
        typed=request.form.get("name", "") if sent else (team.name if team else ""),
        chosen=request.form.getlist("members") if sent else inside,
        errors=[{"text": error, "href": f"#{at}"}] if error else [],
        problems={f"#{at}": error} if error else {},
    )
