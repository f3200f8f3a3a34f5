"""Migrations: the same tables as the models say, once, whoever starts first."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from models.base import Base
from models.db import open_engine
from models.encryption import Keyring, new_keyring, write_keyring
from models.migrating import configuration, head, is_current, migrate
from tests import processes


def test_the_migrated_tables_are_those_of_the_models(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, Base.metadata) == []


def test_one_head_is_recorded(engine: Engine):
    assert is_current(engine)
    assert head() == max(path.name[:4] for path in _versions())


def test_each_migration_has_the_next_number():
    numbers = sorted(path.name[:4] for path in _versions())

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def _versions() -> list[Path]:
    return list((processes.ROOT / "models" / "migrations" / "versions").glob("0*.py"))


def test_an_empty_database_is_not_current_until_it_is_migrated(empty_database_url: str):
    engine = open_engine(empty_database_url, new_keyring())
    assert not is_current(engine)

    migrate(engine)
    migrate(engine)

    assert is_current(engine)
    engine.dispose()


def test_two_processes_that_start_together_migrate_once(
    empty_database_url: str, keyring: Keyring, tmp_path: Path
):
    keys = tmp_path / "keys.json"
    write_keyring(keys, keyring)
    both = [
        processes.start_module("tests.migration_process", empty_database_url, str(keys))
        for _ in range(2)
    ]
    assert [processes.next_line(one) for one in both] == ["ready", "ready"]

    for one in both:
        processes.go(one)

    assert [processes.next_line(one) for one in both] == ["migrated", "migrated"]
    assert [processes.end(one) for one in both] == [0, 0]
    engine = open_engine(empty_database_url, keyring)
    assert is_current(engine)
    engine.dispose()


def test_every_migration_can_be_taken_back(empty_database_url: str):
    engine = open_engine(empty_database_url, new_keyring())
    migrate(engine)

    with engine.begin() as connection:
        command.downgrade(configuration(connection), "base")

    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_every_row_of_a_child_names_its_authority():
    tables = Base.metadata.tables

    for name in ("conversation", "message", "handover", "contact", "child", "live_event"):
        assert "authority_id" in tables[name].columns


@pytest.mark.parametrize("table", ["message", "conversation"])
def test_uniqueness_is_the_databases(engine: Engine, table: str):
    found = inspect(engine).get_unique_constraints(table)

    assert found
