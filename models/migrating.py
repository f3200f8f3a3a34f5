"""Bringing a database's tables up to date."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

# What Alembic works on is the whole process's, not the thread's.
_ONE_AT_A_TIME = threading.Lock()
_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Brings the tables to the newest shape; safe to run again and by several at once."""
    with (
        _ONE_AT_A_TIME,
        engine.connect() as connection,
        _tables_may_be_rebuilt(connection),
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            # Two processes that start together must not both create the tables.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(720171)")
        command.upgrade(configuration(connection), "head")
        if connection.dialect.name == "sqlite":
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise RuntimeError(
                    f"The migration would leave {len(orphans)} rows without parents."
                )


def is_current(engine: Engine) -> bool:
    """Tells whether the tables have the newest shape."""
    with engine.connect() as connection:
        return _revision(connection) == head()


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


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """Lets SQLite build a table anew, which it must for most changes, while others point to it.

    Its own procedure (https://www.sqlite.org/lang_altertable.html, section 7) has the check of
    foreign keys off meanwhile, and that can only be said outside of a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("The connection was lost before the migration began.")
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
