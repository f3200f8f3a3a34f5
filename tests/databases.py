"""Databases for tests: SQLite files and a PostgreSQL server, migrated once and copied often."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.db import open_engine
from models.encryption import new_keyring
from models.migrating import migrate

_ids = itertools.count(1)
_TEMPLATE = "frontdoor_template"
_OWNER = "postgres"
_START_SECONDS = 60
_MEMORY = Path("/dev/shm")  # noqa: S108  # only folders of our own are made in it
_SERVER_BYTES = 4 * 1024**3  # free memory that a server's files may take their part of
# The server refuses to run as root.
_AS_OWNER = ("--reuid", _OWNER, "--regid", _OWNER, "--clear-groups") if os.geteuid() == 0 else ()


class DatabaseSettings(BaseSettings):
    """Where tests find a PostgreSQL server, and whether they may go without one."""

    model_config = SettingsConfigDict(env_prefix="FRONTDOOR_TEST_", extra="ignore")

    postgres_url: str | None = None
    """A server whose user may create databases; without it one is started for the run."""
    ci: bool = Field(default=False, validation_alias="CI")


class NoPostgresError(Exception):
    """There is neither a server to use nor a program to start one with."""


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """Gives a folder for a server, with a path that is short enough for its socket."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _SERVER_BYTES
    where = _MEMORY if roomy else Path("/tmp")  # noqa: S108  # the folder below is nobody else's
    with tempfile.TemporaryDirectory(prefix="frontdoor-pg-", dir=where) as folder:
        yield Path(folder)


@contextmanager
def fast_folder() -> Iterator[Path]:
    """Gives a folder whose files need not survive, so that no test waits for a disk."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Gives the address of a server's `postgres` database, started for the block if need be.

    Raises:
        NoPostgresError: none was named and none can be started.
    """
    named = DatabaseSettings().postgres_url
    if named is not None:
        yield named
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise NoPostgresError("Set FRONTDOOR_TEST_POSTGRES_URL, or install PostgreSQL.")
    with _started(programs[-1].parent, folder) as url:
        yield url


@contextmanager
def _started(programs: Path, folder: Path) -> Iterator[str]:
    data = folder / "data"
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    _run(programs / "initdb", "-D", data, "-U", _OWNER, "--auth=trust", "-E", "UTF8", "--no-sync")
    command = [
        # However the tests end, the server ends with them: nobody else would ever stop it.
        *("setpriv", "--pdeathsig", "QUIT", *_AS_OWNER),
        *(str(programs / "postgres"), "-D", str(data), "-k", str(folder)),
        # A test database need not survive a power cut; nobody but this machine may reach it.
        *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "listen_addresses="),
        *("-c", "max_connections=200", "-c", "shared_buffers=32MB"),
        # Nothing here lives long enough to be tidied or planned for: that took most of the
        # system's time.
        *("-c", "autovacuum=off", "-c", "synchronous_commit=off", "-c", "jit=off"),
        *("-c", "max_wal_size=1GB", "-c", "checkpoint_timeout=1d"),
    ]
    url = f"postgresql:///postgres?host={folder}&user={_OWNER}"
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")  # noqa: S603
    try:
        _wait_for(url)
        yield url
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)


def _wait_for(url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _run(*command: str | Path) -> None:
    whole = ["setpriv", *_AS_OWNER, *map(str, command)]
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603


def migrated_postgres(server: str) -> str:
    """Gives the name of a database that is migrated and only ever copied."""
    name = f"{_TEMPLATE}_{os.getpid()}"
    url = create_database(server, name)
    engine = open_engine(url, new_keyring())
    migrate(engine)
    engine.dispose()
    return name


def create_database(server: str, name: str | None = None, *, template: str | None = None) -> str:
    """Gives the address of a new database."""
    name = name or f"frontdoor_test_{os.getpid()}_{next(_ids)}"
    copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"{copied}'.encode())
    return _with_name(server, name)


def drop_database(server: str, url: str) -> None:
    """Removes a database, whoever still talks to it."""
    name = url.split("?", maxsplit=1)[0].rsplit("/", 1)[-1]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _with_name(server: str, name: str) -> str:
    address, mark, options = server.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}{mark}{options}"


def migrated_sqlite(folder: Path) -> Path:
    """Gives a database file that is migrated and only ever copied."""
    path = folder / "template.db"
    engine = open_engine(f"sqlite:///{path}", new_keyring())
    migrate(engine)
    engine.dispose()
    return path


def copied_sqlite(template: Path) -> str:
    """Gives the address of a new database file, beside the template."""
    path = template.with_name(f"frontdoor-{next(_ids)}.db")
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"
