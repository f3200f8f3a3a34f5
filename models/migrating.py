"""Bringing a database's tables up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Brings the tables to the newest shape; safe to run again and by several at once."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Two processes that start together must not both create the tables.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(720171)")
        command.upgrade(configuration(connection), "head")


def is_current(engine: Engine) -> bool:
    """Tells whether the tables have the newest shape."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == head()


def head() -> str:
    """Gives the newest migration, as recorded beside them so that two heads cannot land."""
    recorded = (_MIGRATIONS / "head").read_text(encoding="utf-8").strip()
    scripts = ScriptDirectory(str(_MIGRATIONS))
    if scripts.get_heads() != [recorded]:
        raise RuntimeError(f"models/migrations/head says {recorded}, not {scripts.get_heads()}.")
    return recorded


def configuration(connection: Connection) -> Config:
    """Gives Alembic's configuration, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
