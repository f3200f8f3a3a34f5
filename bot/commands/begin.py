"""What every command begins with: the settings, the logs, and where to say how it goes."""

import click

from bot import logs
from bot.settings import Settings, read_settings


def settings() -> Settings:
    """Gives the settings, with the logs as they say.

    Raises:
        SettingsError: a value is missing or wrong.
    """
    found = read_settings()
    logs.configure(found.log_format)
    return found


def progress(text: str) -> None:
    """Says how it goes, beside what the command gives."""
    click.echo(text, err=True)
