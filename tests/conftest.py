"""What every test may ask for: databases, people, a channel and the front door itself."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from functools import partial, partialmethod
from pathlib import Path

import argon2
import flask.templating
import hypothesis
import jinja2
import pytest
import structlog
from passlib.hash import argon2 as stored_argon2
from pytest_socket import socket_allow_hosts
from sqlalchemy import Engine
from structlog.typing import EventDict

from models.authority import Authority, ChannelAccount
from models.base import clock_set_to
from models.channel import ChannelName
from models.db import open_engine
from models.encryption import Keyring, new_keyring
from models.practitioner import Practitioner
from tests import databases
from tests import door as doors
from tests.door import Door
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

POSTGRES = pytest.param("postgresql", marks=pytest.mark.postgres)


_CASES_ON_POSTGRES = 2

# How long an example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("front-door", deadline=None)
hypothesis.settings.load_profile("front-door")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves most cases of a test to SQLite: they differ in words, not in what a database does.

    Every test still runs on both, and a test whose cases differ there runs each on both.
    """
    cases: dict[str, list[str]] = defaultdict(list)
    for item in items:
        is_shortened = item.get_closest_marker("each_on_postgres") is None
        if is_shortened and item.get_closest_marker("postgres") is not None:
            cases[item.nodeid.partition("[")[0]].append(item.nodeid)
    left = {nodeid for every in cases.values() for nodeid in sorted(every)[_CASES_ON_POSTGRES:]}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left])
    items[:] = [item for item in items if item.nodeid not in left]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Shuts every socket but this machine's own."""
    if item.get_closest_marker("allow_hosts") is None:
        socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps compiled templates from console to console: every test makes consoles anew."""
    kept = jinja2.FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    make = partialmethod(flask.templating.Environment.__init__, bytecode_cache=kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flask.templating.Environment, "__init__", make)
        yield


@pytest.fixture(scope="session", autouse=True)
def light_hashes() -> Iterator[None]:
    """Lets a password cost a thousandth of what it costs outside tests, which sign in often."""
    light = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2, "PasswordHasher", light)
        patch.setattr(stored_argon2, "default_rounds", 1)
        patch.setattr(stored_argon2, "memory_cost", 8)
        patch.setattr(stored_argon2, "parallelism", 1)
        yield


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Gives the keys of the test databases."""
    return new_keyring()


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    """Gives a folder for database files, in memory where the machine has one there."""
    with databases.fast_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite_template(sqlite_folder: Path) -> Path:
    """Gives a migrated database file to copy."""
    return databases.migrated_sqlite(sqlite_folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Gives the address of a PostgreSQL server; without any, only CI fails."""
    with databases.postgres_folder() as folder:
        try:
            with databases.postgres_server(folder) as url:
                yield url
        except databases.NoPostgresError as error:
            if databases.DatabaseSettings().ci:
                pytest.fail(str(error))
            pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Gives the name of a migrated database to copy."""
    return databases.migrated_postgres(postgres_server)


@pytest.fixture(params=["sqlite", POSTGRES])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Gives the address of a fresh migrated database, of each kind in turn."""
    if request.param == "sqlite":
        yield databases.copied_sqlite(request.getfixturevalue("sqlite_template"))
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    url = databases.create_database(server, template=template)
    yield url
    databases.drop_database(server, url)


@pytest.fixture(params=["sqlite", POSTGRES])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Gives the address of a database without any table, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres_server")
    url = databases.create_database(server)
    yield url
    databases.drop_database(server, url)


@pytest.fixture
def engine(database_url: str, keyring: Keyring) -> Iterator[Engine]:
    """Gives the engine of a fresh database, of each kind in turn."""
    engine = open_engine(database_url, keyring)
    yield engine
    engine.dispose()


@pytest.fixture
def authority(engine: Engine) -> Authority:
    """Gives the authority that answers."""
    return doors.add_authority(engine)


@pytest.fixture
def account(engine: Engine, authority: Authority) -> ChannelAccount:
    """Gives the authority's Telegram account."""
    return doors.add_account(engine, authority, ChannelName.TELEGRAM)


@pytest.fixture
def practitioner(engine: Engine, authority: Authority) -> Practitioner:
    """Gives a practitioner on duty."""
    return doors.add_practitioner(engine, authority, "Anna Okafor")


@pytest.fixture
def clock() -> Iterator[MovableClock]:
    """Gives the one clock of this process, which stands until it is moved."""
    clock = MovableClock()
    with clock_set_to(clock.now):
        yield clock


@pytest.fixture
def dialogue() -> FakeDialogue:
    """Gives a dialogue that answers everything, until it is told otherwise."""
    return FakeDialogue()


@pytest.fixture
def door(engine: Engine, authority: Authority, clock: MovableClock, dialogue: FakeDialogue) -> Door:
    """Gives the front door, with a child who writes by Telegram."""
    channel = FakeChannel(ChannelName.TELEGRAM, account="fake-telegram")
    return Door(engine, authority, channel, dialogue, clock)


@pytest.fixture
def sms_door(
    engine: Engine, authority: Authority, clock: MovableClock, dialogue: FakeDialogue
) -> Door:
    """Gives the front door, with a child who writes by SMS."""
    channel = FakeChannel(ChannelName.SMS, account="+447700900000")
    return Door(engine, authority, channel, dialogue, clock, address="+447700900123")


@pytest.fixture
def whatsapp_door(
    engine: Engine, authority: Authority, clock: MovableClock, dialogue: FakeDialogue
) -> Door:
    """Gives the front door, with a child who writes by WhatsApp."""
    channel = FakeChannel(ChannelName.WHATSAPP, account="+447700900001")
    return Door(engine, authority, channel, dialogue, clock, address="+447700900123")


@pytest.fixture
def log_lines() -> Iterator[list[EventDict]]:
    """Gives every event that our own code logs during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(autouse=True)
def _quiet_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Keeps structlog's lines for the test's report instead of the terminal."""
    before = structlog.get_config()
    caplog.set_level(logging.DEBUG)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    yield
    structlog.configure(**before)
