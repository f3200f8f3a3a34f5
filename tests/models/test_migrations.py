"""Migrations: the same tables as the models say, once, whoever starts first."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import IntegrityError

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


def test_a_database_with_children_in_it_is_brought_up_to_date(
    empty_database_url: str, keyring: Keyring
):
    engine = open_engine(empty_database_url, keyring)
    migrate(engine)
    with engine.begin() as connection:
        command.downgrade(configuration(connection), "0003")
    before = _fill(engine)

    migrate(engine)

    with engine.connect() as connection:
        assert {table: _count(connection, table) for table in before} == before
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM contact")
    engine.dispose()


def _fill(engine: Engine) -> dict[str, int]:
    """Gives how many rows each table has, after one of each was put into those of 0003."""
    moment = "2026-05-04 10:00:00"
    rows = {
        "authority": f"(1, '000', 'A', 'S', 'england', '{{}}', '{moment}')",
        "channel_account": f"(1, 1, 'sms', 'x', {{no}}, '{moment}')",
        "child": f"(1, 1, '{moment}')",
        "conversation": f"(1, 1, 1, 1, 'd', 'sms', 'en', 'bot', 'concern', 1, 0, '{moment}', 'a',"
        " 'no_concern')",
        "contact": f"(1, 'c', 1, 1, 1, 1, '1C', 'sms', 'en', '{moment}', {{no}}, 'concern',"
        f" '{moment}')",
        "answer": f"(1, 1, 'age', 'value', 'child', '{moment}')",
    }
    columns = {
        "authority": "id, la_code, name, service_name, nation, opening_hours, created_at",
        "channel_account": "id, authority_id, channel, external_name, is_simulated, created_at",
        "child": "id, authority_id, created_at",
        "conversation": "id, authority_id, account_id, child_id, address_digest, channel, language,"
        " holder, urgency, episode, failures, created_at, address, pending_urgency",
        "contact": "id, contact_id, authority_id, conversation_id, child_id, episode, source,"
        " channel, locale, received_at, is_out_of_hours, urgency, created_at",
        "answer": "id, contact_id, field, status, author, created_at",
    }
    no = "0" if engine.dialect.name == "sqlite" else "false"
    with engine.begin() as connection:
        for table, values in rows.items():
            filled = values.replace("{no}", no)
            connection.exec_driver_sql(f"INSERT INTO {table} ({columns[table]}) VALUES {filled}")  # noqa: S608  # our own words
    return dict.fromkeys(rows, 1)


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608  # our own words


def test_every_row_of_a_child_names_its_authority():
    tables = Base.metadata.tables

    for name in (
        "conversation",
        "message",
        "handover",
        "contact",
        "child",
        "live_event",
        "task",
        "referral",
    ):
        assert "authority_id" in tables[name].columns


@pytest.mark.parametrize("table", ["message", "conversation"])
def test_uniqueness_is_the_databases(engine: Engine, table: str):
    found = inspect(engine).get_unique_constraints(table)

    assert found
