"""Engines and transactions, the same on SQLite and PostgreSQL."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from models.encryption import Keyring, attach_keyring

_READ_ONLY = {"frontdoor_reads_only": True}
_GOES_FIRST = {"frontdoor_goes_first": True}
_WAIT_SECONDS = 15
"""How long a writer waits for its turn on SQLite before it fails."""
_HAS_TURN = "frontdoor_has_turn"


def open_engine(url: str, keyring: Keyring, *, pool_size: int = 20) -> Engine:
    """Gives an engine for the database, with its keys; connects to nothing yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address,
            pool_size=pool_size,
            max_overflow=pool_size * 4,
            # A database error is logged with its text: it must not hold what was to be kept.
            hide_parameters=True,
        )
        _prepare_sqlite(engine)
    else:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": "-c timezone=utc -c idle_in_transaction_session_timeout=60s"},
        )
    attach_keyring(engine, keyring)
    return engine


@contextmanager
def transaction(engine: Engine, *, goes_first: bool = False) -> Iterator[Session]:
    """Gives a session whose work is all committed at the end, or none of it.

    With `goes_first` it goes before the others of this process that wait for their turn to write
    on SQLite: for what somebody waits for, and is short.
    """
    bound = _first(engine) if goes_first else engine
    with Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Gives a session that only reads, and so never waits for a writer."""
    with Session(_read_only(engine)) as session:
        yield session
        session.rollback()


def glance(engine: Engine, question: Select[Any], asked: Mapping[str, Any] | None = None) -> Any:
    """Gives the first value that a question finds, or None; for what is asked all the time.

    It takes half of what a session takes for the same.
    """
    with _read_only(engine).connect() as connection:
        return connection.scalar(question, asked)


def add_once[Row](session: Session, kind: type[Row], values: Mapping[str, Any]) -> Row | None:
    """Adds a row and gives it; None, and nothing added, when the same is there already.

    What is the same is for the table's unique constraints to say. One statement does it, where a
    savepoint would take three.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    statement = insert(kind).values(**values).on_conflict_do_nothing().returning(kind)
    return session.scalars(statement).one_or_none()


@lru_cache(maxsize=16)
def _read_only(engine: Engine) -> Engine:
    # Made once: idle workers read many times a second.
    return engine.execution_options(**_READ_ONLY)


@lru_cache(maxsize=16)
def _first(engine: Engine) -> Engine:
    return engine.execution_options(**_GOES_FIRST)


def _prepare_sqlite(engine: Engine) -> None:
    writers = _Writers()

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions of its own; `begin` below does.
        untyped: Any = connection
        untyped.isolation_level = None
        cursor = connection.cursor()
        # First of all: the next line already waits for others who open the file.
        cursor.execute(f"PRAGMA busy_timeout={1000 * _WAIT_SECONDS}")
        # Readers go on while one writes.
        cursor.execute("PRAGMA journal_mode=WAL")
        # A message we acknowledged must survive a power cut, not only a crash.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("frontdoor_reads_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        # SQLite lets a writer that finds the file taken sleep, for up to a tenth of a second at a
        # time and in no order: with many writers, some sleep until they fail. Those of one process
        # take turns here, each woken when the one before it is done.
        record = connection.connection.record_info
        goes_first = options.get("frontdoor_goes_first", False)
        if record is not None and writers.take_turn(goes_first=goes_first):
            record[_HAS_TURN] = True
        # A deferred transaction that turns into a write fails at once when another
        # process has written since it read. Taking the write lock first makes it wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def pass_turn(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        # Every transaction gives its connection back at its end, however it ended.
        record = entry.record_info
        if record is not None and record.pop(_HAS_TURN, False):
            writers.pass_turn()


class _Writers:
    """Lets one writer of this process go at a time, in order, but for those who go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._first: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    def take_turn(self, *, goes_first: bool) -> bool:
        """Returns once it is the caller's turn; False when it did not come in time."""
        queue = self._first if goes_first else self._others
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            queue.append(mine)
        if mine.acquire(timeout=_WAIT_SECONDS):
            return True
        with self._lock:
            if mine not in queue:
                # It was passed on in this very moment.
                return True
            queue.remove(mine)
            return False

    def pass_turn(self) -> None:
        """Ends the caller's turn; whoever is next is woken, and nobody else."""
        with self._lock:
            queue = self._first or self._others
            if queue:
                queue.popleft().release()
            else:
                self._is_taken = False
