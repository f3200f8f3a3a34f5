"""Transactions on SQLite: many writers take turns, and a turn is passed on however one ends."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select, text

from models.authority import Authority
from models.db import open_engine, reading, transaction
from models.encryption import new_keyring
from models.migrating import migrate


@pytest.fixture
def sqlite(tmp_path):
    """Gives an empty SQLite database."""
    engine = open_engine(f"sqlite:///{tmp_path}/turns.db", new_keyring())
    migrate(engine)
    yield engine
    engine.dispose()


def test_many_writers_at_once_all_write(sqlite: Engine) -> None:
    def write(number: int) -> None:
        with transaction(sqlite) as session:
            _add(session, number)

    with ThreadPoolExecutor(40) as writers:
        list(writers.map(write, range(200)))

    with reading(sqlite) as session:
        assert session.scalar(select(func.count()).select_from(Authority)) == 200


def test_who_goes_first_writes_before_those_who_wait(sqlite: Engine) -> None:
    def write(number: int, *, goes_first: bool) -> None:
        with transaction(sqlite, goes_first=goes_first) as session:
            _add(session, number)

    with ThreadPoolExecutor(4) as writers, transaction(sqlite) as session:
        session.connection()
        for number in (1, 2, 3):
            writers.submit(write, number, goes_first=False)
        time.sleep(0.3)
        writers.submit(write, 4, goes_first=True)
        time.sleep(0.3)

    with reading(sqlite) as session:
        order = session.scalars(select(Authority.la_code).order_by(Authority.id)).all()
    assert order[0] == "4"
    assert sorted(order) == ["1", "2", "3", "4"]


def test_a_writer_that_fails_passes_its_turn_on(sqlite: Engine) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        _write_half(sqlite)

    with transaction(sqlite) as session:
        _add(session, 2)

    with reading(sqlite) as session:
        assert session.scalars(select(Authority.la_code)).all() == ["2"]


def test_a_writer_whose_connection_breaks_passes_its_turn_on(sqlite: Engine) -> None:
    with sqlite.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.invalidate()

    with transaction(sqlite) as session:
        _add(session, 3)

    with reading(sqlite) as session:
        assert session.scalars(select(Authority.la_code)).all() == ["3"]


def _write_half(engine: Engine) -> None:
    with transaction(engine) as session:
        _add(session, 1)
        session.flush()
        raise RuntimeError("half way")


def _add(session, number: int) -> None:
    session.add(Authority(la_code=str(number), name="Testshire", service_name="Front Door"))
