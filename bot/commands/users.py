"""The `frontdoor user` commands: the accounts of practitioners and admins."""

import secrets
from collections.abc import Sequence

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import accounts, running
from bot.commands import begin
from handover import audit, auth, ladder, rota_keeping, teams
from models.authority import Authority, Team
from models.db import reading, transaction
from models.practitioner import Practitioner, RoleName


@click.group(name="user")
def user_group() -> None:
    """Make, list and close the accounts of practitioners and admins."""


@user_group.command(name="add")
@click.argument("email")
@click.option("--name", required=True, help="The name a child is told.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in RoleName]),
    multiple=True,
    default=[RoleName.PRACTITIONER.value],
    show_default=True,
)
@click.option("--team", help="The team they are in: what is offered to it reaches them.")
@click.option("--authority", "code", help="Where they work, where several share this one.")
def add_user(
    email: str, name: str, roles: tuple[str, ...], team: str | None, code: str | None
) -> None:
    """Make an account, and print the one-time link with which its owner sets a password."""
    settings = begin.settings()
    engine = running.open_database(settings)
    authority = accounts.prepare(engine, settings)
    try:
        with transaction(engine) as session:
            if code is not None:
                authority = _authority(session, code)
            found = _team(session, authority, team) if team is not None else None
            added = auth.create_practitioner(
                session,
                email=email,
                name=name,
                password=None,
                roles=[RoleName(role) for role in roles],
                authority=authority,
            )
            added.team_id = found.id if found is not None else None
    except auth.AccountError as error:
        raise click.ClickException(error.text) from error
    console = running.console_settings(settings)
    click.echo(auth.sign_in_link(console, auth.invitation_token(console, added)))
    begin.progress("The link works once, for one hour.")
    begin.progress(_what_they_see(added.name, found, [RoleName(role) for role in roles]))


@user_group.command(name="link")
@click.argument("email")
def link_user(email: str) -> None:
    """Print a new one-time link, for someone who lost the first or their password."""
    settings = begin.settings()
    engine = running.open_database(settings)
    console = running.console_settings(settings)
    with reading(engine) as session:
        found = _account(session, email)
        click.echo(auth.sign_in_link(console, auth.invitation_token(console, found)))


@user_group.command(name="list")
def list_users() -> None:
    """List the accounts, their roles and their teams."""
    with reading(running.open_database(begin.settings())) as session:
        for found in session.scalars(select(Practitioner).order_by(Practitioner.email)):
            roles = ", ".join(sorted(role.name for role in found.roles))
            state = "" if found.active else " (closed)"
            team = found.team.name if found.team is not None else "no team"
            click.echo(f"{found.email}\t{found.name}\t{roles}\t{team}{state}")


@user_group.command(name="close")
@click.argument("email")
def close_user(email: str) -> None:
    """Close an account: its sessions end and it cannot sign in again."""
    with transaction(running.open_database(begin.settings())) as session:
        found = _account(session, email)
        found.active = False
        # Every session of theirs is bound to this.
        found.fs_uniquifier = secrets.token_hex(32)
        ladder.leave(session, found)
        audit.check_access(session, found)
    begin.progress("Closed.")


def _authority(session: Session, code: str) -> Authority:
    found = session.scalars(select(Authority).where(Authority.la_code == code)).one_or_none()
    if found is None:
        raise click.ClickException(f"There is no authority {code}: see `frontdoor authority list`.")
    return found


def _team(session: Session, authority: Authority, name: str) -> Team:
    found = teams.named(session, authority.id, name)
    if found is None:
        known = rota_keeping.teams(session, authority.id)
        names = ", ".join(f"\u201c{one.name}\u201d" for one in known) or "none yet"
        raise click.ClickException(
            f"There is no team \u201c{name}\u201d. Teams are: {names}. "
            "A supervisor or administrator adds one in the console, under Rota, Teams."
        )
    return found


def _what_they_see(name: str, team: Team | None, roles: Sequence[RoleName]) -> str:
    if not {RoleName.PRACTITIONER, RoleName.SUPERVISOR} & set(roles):
        return f"{name} sees no child's words: only practitioners and supervisors do."
    if team is None:
        return (
            f"{name} is in no team. They see the queue, every conversation and what is offered to "
            "them by name, but not what is offered to a team, and no team's shift counts for them. "
            "Put them in one in the console, under Rota, Teams."
        )
    return (
        f"{name} is in the team \u201c{team.name}\u201d: what is offered to it reaches them, and "
        "its shifts count for them. They see the queue and every conversation."
    )


def _account(session: Session, email: str) -> Practitioner:
    found = auth.find(session, email)
    if found is None:
        raise click.ClickException(f"There is no account for {email}: see `frontdoor user list`.")
    return found
