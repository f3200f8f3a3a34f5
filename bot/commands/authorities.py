"""The `frontdoor authority` commands: further councils of one installation, to pass talks on to."""

import click
from sqlalchemy import select

from bot import accounts, running
from bot.commands import begin
from models.authority import Authority, Nation, Team
from models.db import reading, transaction


@click.group(name="authority")
def authority_group() -> None:
    """Add and list the authorities that share this installation."""


@authority_group.command(name="add")
@click.argument("code")
@click.argument("name")
@click.option("--nation", type=click.Choice([one.value for one in Nation]), default=None)
def add_authority(code: str, name: str, nation: str | None) -> None:
    """Add an authority, to which a colleague of another can pass a conversation on.

    Its people, records and rota are its own. Children reach it by what is passed on to it: the
    channels of this installation belong to the first authority.
    """
    settings = begin.settings()
    engine = running.open_database(settings)
    first = accounts.prepare(engine, settings)
    if not code.isalnum() or not 3 <= len(code) <= 9:
        raise click.ClickException("The code is 3 to 9 letters and digits, like 330.")
    with transaction(engine) as session:
        if session.scalars(select(Authority).where(Authority.la_code == code)).first() is not None:
            raise click.ClickException(f"There is an authority {code} already.")
        added = Authority(
            la_code=code,
            name=name.strip(),
            service_name=first.service_name,
            nation=Nation(nation) if nation else first.nation,
        )
        session.add(added)
        session.flush()
        session.add(Team(authority_id=added.id, name="Front door"))
    begin.progress(
        f"Added. Now make its people's accounts: frontdoor user add EMAIL --authority {code} "
        "--name NAME"
    )


@authority_group.command(name="list")
def list_authorities() -> None:
    """List the authorities: code, name, nation."""
    with reading(running.open_database(begin.settings())) as session:
        for found in session.scalars(select(Authority).order_by(Authority.id)):
            click.echo(f"{found.la_code}\t{found.name}\t{found.nation.value}")
