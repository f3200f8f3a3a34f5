"""Teams: who works with whom, so that an offer or a shift of a team reaches somebody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handover import audit, live, rota_keeping
from models.authority import Team
from models.base import utc_now
from models.practitioner import Practitioner, RoleName
from models.rota import Shift
from models.teamwork import Transfer, TransferStatus

_LONGEST_NAME = 200


class TeamError(Exception):
    """A team cannot be kept so; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """A team and the staff in it."""

    team: Team
    people: Sequence[Practitioner]


def with_members(session: Session, authority_id: int) -> list[Members]:
    """Gives an authority's teams, each with its staff, by name."""
    people = staff(session, authority_id)
    return [
        Members(team=team, people=[one for one in people if one.team_id == team.id])
        for team in rota_keeping.teams(session, authority_id)
    ]


def staff(session: Session, authority_id: int) -> list[Practitioner]:
    """Gives who works with an authority's children, on duty or not, by name."""
    found = session.scalars(
        select(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .order_by(Practitioner.name, Practitioner.id)
    ).unique()
    return [one for one in found if one.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR)]


def named(session: Session, authority_id: int, name: str) -> Team | None:
    """Gives the team of a name, whatever the case of its letters; None when there is none."""
    found = _of_name(session, authority_id, name)
    return found if found is not None and found.removed_at is None else None


def keep(
    session: Session,
    keeper: Practitioner,
    *,
    team_id: int | None,
    name: str,
    members: Collection[int],
) -> Team:
    """Gives the team with its name and staff; a new one without an id.

    Somebody is in one team at a time: who comes into this one leaves theirs.

    Raises:
        TeamError: it has no name, or that of another; or there is none of this id.
    """
    name = name.strip()[:_LONGEST_NAME]
    if not name:
        raise TeamError("Enter the team's name")
    same = _of_name(session, keeper.authority_id, name)
    if same is not None and same.id != team_id:
        if same.removed_at is None:
            raise TeamError("There is a team of this name already")
        if team_id is not None:
            raise TeamError("There was a team of this name. Add it anew, or choose another name")
        same.removed_at, team_id = None, same.id
    team = _team(session, keeper, team_id)
    team.name = name
    session.flush()
    for one in staff(session, keeper.authority_id):
        if one.id in members:
            one.team_id = team.id
        elif one.team_id == team.id:
            one.team_id = None
    audit.record(session, "team_changed", practitioner=keeper, details={"team": team.id})
    # A team's shift counts for whoever is in it: who is on now may be others.
    live.announce_duty(session, keeper.authority_id)
    return team


def remove(session: Session, keeper: Practitioner, team_id: int) -> Team:
    """Gives the team, which is none from now on; what it was offered before still names it.

    Raises:
        TeamError: somebody is in it, or something still waits for it; or there is none.
    """
    team = _team(session, keeper, team_id)
    if hanging := _hanging_on(session, team):
        raise TeamError(f"{team.name} cannot be removed yet. First {', and '.join(hanging)}")
    team.removed_at = utc_now()
    audit.record(session, "team_removed", practitioner=keeper, details={"team": team.id})
    return team


def _hanging_on(session: Session, team: Team) -> list[str]:
    """Gives what is to be done before a team can go."""
    now = utc_now()
    # Whoever cannot sign in any more comes back into it when their account is opened again.
    inside = session.scalars(
        select(Practitioner.name).where(Practitioner.team_id == team.id).order_by(Practitioner.name)
    ).all()
    shifts = session.scalar(
        select(func.count(Shift.id))
        .where(Shift.team_id == team.id)
        .where(Shift.ends_at.is_(None) | (Shift.ends_at > now))
    )
    offers = session.scalar(
        select(func.count(Transfer.id))
        .where(Transfer.to_team_id == team.id)
        .where(Transfer.status == TransferStatus.PENDING)
    )
    return [
        *([f"take out {', '.join(inside)}"] if inside else []),
        *(["take its shifts from the rota"] if shifts else []),
        *(["wait until what is offered to it is answered, or take that back"] if offers else []),
    ]


def _of_name(session: Session, authority_id: int, name: str) -> Team | None:
    same = func.lower(Team.name) == name.strip().lower()
    return session.scalars(
        select(Team).where(Team.authority_id == authority_id).where(same)
    ).one_or_none()


def _team(session: Session, keeper: Practitioner, team_id: int | None) -> Team:
    if team_id is None:
        made = Team(authority_id=keeper.authority_id, name="")
        session.add(made)
        return made
    found = session.get(Team, team_id)
    is_here = found is not None and found.authority_id == keeper.authority_id
    if found is None or not is_here or found.removed_at is not None:
        raise TeamError("There is no such team")
    return found
