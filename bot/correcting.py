"""The `frontdoor corrections` commands: how long corrections are kept, and taking them out."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot import logs, running
from bot.settings import read_settings
from handover import auth, corrections
from handover.corrections import ReviewRefusedError
from models.db import transaction
from models.practitioner import Practitioner


@click.group(name="corrections")
def corrections_group() -> None:
    """Keep, or take out, what practitioners said was judged wrongly. Nothing learns by itself."""


@corrections_group.command(name="policy")
@click.option("--by", "email", required=True, help="The safeguarding lead who decides.")
@click.option("--days", type=int, help="Keep corrections for so many days; without it, keep none.")
@click.option("--basis", default="", help="On what ground: the consent, or your assessment.")
def set_correction_policy(email: str, days: int | None, basis: str) -> None:
    """Say whether corrections are kept as candidates for training, how long and why you may."""
    try:
        with transaction(_database()) as session:
            corrections.set_policy(session, _lead(session, email), days=days, basis=basis)
    except (ReviewRefusedError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("No corrections are kept." if days is None else f"Kept for {days} days.", err=True)


@corrections_group.command(name="export")
@click.option("--by", "email", required=True, help="The safeguarding lead who takes them out.")
@click.option("--to", "file", type=click.Path(path_type=Path), required=True)
def export_corrections(email: str, file: Path) -> None:
    """Write the accepted corrections to a new file, as labelled messages; this is audited.

    They are a child's own words: keep the file where the record is kept, and delete it after.
    """
    try:
        with transaction(_database()) as session:
            labelled = corrections.export(session, _lead(session, email))
            # Inside: what could not be written was not taken out.
            _write_privately(file, (json.dumps(one) for one in labelled))
    except (ReviewRefusedError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(labelled)} corrections are in {file}", err=True)


def _write_privately(file: Path, lines: Iterable[str]) -> None:
    # Never over another file, and readable by its owner alone from the first moment.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)


def _database() -> Engine:
    settings = read_settings()
    logs.configure(settings.log_format)
    return running.open_database(settings)


def _lead(session: Session, email: str) -> Practitioner:
    found = auth.find(session, email)
    if found is None:
        raise ReviewRefusedError(f"There is no account for {email}.")
    return found
