"""What is sealed stays sealed: in the file, in the server, and against the wrong key."""

import json
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from handover.records import GatheredAnswer
from models.contact import AnswerStatus
from models.conversation import Message
from models.db import open_engine, transaction
from models.encryption import (
    EncryptionKeyError,
    Keyring,
    new_keyring,
    read_keyring,
    write_keyring,
)
from tests.door import Door

SECRETS = (
    "zebra-umbrella",
    "7700900123",
    "Samantha-Quince",
    "violet-lantern",
    "Reddish-Harbour",
    "bluetiger",
    "granite-teapot",
)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(plain: bytes):
    keyring = new_keyring()

    assert keyring.decrypt(keyring.encrypt(plain)) == plain


def test_the_same_words_are_never_sealed_the_same():
    keyring = new_keyring()

    assert keyring.encrypt(b"hi") != keyring.encrypt(b"hi")


@given(data=st.data())
def test_an_altered_value_is_refused(data: st.DataObject):
    keyring = new_keyring()
    sealed = keyring.encrypt(b"what a child wrote")
    position = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != sealed[position]))

    with pytest.raises(EncryptionKeyError):
        keyring.decrypt(sealed[:position] + bytes([other]) + sealed[position + 1 :])


@given(st.binary(max_size=60))
def test_what_we_never_sealed_is_refused(value: bytes):
    with pytest.raises(EncryptionKeyError):
        new_keyring().decrypt(value)


def test_a_value_cut_short_is_refused():
    keyring = new_keyring()
    sealed = keyring.encrypt(b"what a child wrote")

    for length in range(len(sealed)):
        with pytest.raises(EncryptionKeyError):
            keyring.decrypt(sealed[:length])


def test_another_installations_key_opens_nothing():
    with pytest.raises(EncryptionKeyError, match="does not open"):
        new_keyring().decrypt(new_keyring().encrypt(b"hi"))


def test_a_rotated_ring_reads_old_values_and_writes_new_ones():
    old = new_keyring()
    sealed = old.encrypt(b"then")
    rotated = replace(old, current="k2", keys={**old.keys, "k2": new_keyring().keys["k1"]})

    assert rotated.decrypt(sealed) == b"then"
    with pytest.raises(EncryptionKeyError, match="No key named 'k2'"):
        old.decrypt(rotated.encrypt(b"now"))


def test_a_rotated_ring_reads_a_whole_database(door: Door, database_url: str, keyring: Keyring):
    door.child_says("before")
    fresh = new_keyring().keys["k1"]
    rotated = replace(keyring, current="k2", keys={**keyring.keys, "k2": fresh})
    again = open_engine(database_url, rotated)
    door.engine = again

    door.child_says("after")

    with transaction(again) as session:
        texts = list(session.scalars(select(Message.text).order_by(Message.id)))
    assert texts == ["before", "after"]
    assert door.conversation().id, "the address is still found by the same digest"
    again.dispose()


def test_a_ring_never_shows_its_keys():
    keyring = new_keyring()

    assert repr(keyring) == "Keyring(current='k1')"


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path):
    path, keyring = tmp_path / "secrets" / "keys.json", new_keyring()

    write_keyring(path, keyring)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_keyring(path) == keyring
    with pytest.raises(FileExistsError):
        write_keyring(path, new_keyring())
    assert read_keyring(path) == keyring
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "keys.json"
    write_keyring(path, new_keyring())
    path.chmod(mode)

    with pytest.raises(EncryptionKeyError, match="chmod 600"):
        read_keyring(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        json.dumps({"current": "k1", "keys": {"k1": "c2hvcnQ="}, "lookup_key": "c2hvcnQ="}),
        json.dumps({"current": "k2", "keys": {"k1": "A" * 43 + "="}, "lookup_key": "A" * 43 + "="}),
    ],
)
def test_a_malformed_key_file_is_refused_without_being_shown(tmp_path: Path, content: str):
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)

    with pytest.raises(EncryptionKeyError, match="key file") as caught:
        read_keyring(path)

    assert "c2hvcnQ" not in str(caught.value)


def test_a_missing_key_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(EncryptionKeyError, match="cannot be read"):
        read_keyring(tmp_path / "keys.json")


def test_the_database_holds_no_word_and_no_address(door: Door, database_url: str):
    _tell_everything(door)

    raw = b"".join(_raw(door.engine, database_url))

    assert b"conversation" in raw, "it is the whole database that was looked at"
    for secret in SECRETS:
        for form in (secret, secret.lower(), secret.upper()):
            assert form.encode() not in raw
            assert form.encode().hex().encode() not in raw
            assert form.encode("utf-16-le") not in raw


def _tell_everything(door: Door) -> None:
    anna = door.practitioner()
    door.dialogue.answers = (
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Samantha-Quince"),
        GatheredAnswer(field="school", status=AnswerStatus.VALUE, value="Reddish-Harbour"),
    )
    door.child_says("zebra-umbrella my dad hits me every night")
    door.work()
    door.chooses_safe_word("bluetiger")
    door.plans({"days": [0, 1], "note": "granite-teapot"})
    door.takes_over(anna)
    door.says(anna, "violet-lantern")
    door.work()
    assert door.dialogue.turns


def _raw(engine: Engine, database_url: str) -> Iterator[bytes]:
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        found = [path, *path.parent.glob(f"{path.name}-*")]
        assert any(one.name.endswith("-wal") for one in found)
        yield from (one.read_bytes() for one in found)
        return
    yield subprocess.run(  # noqa: S603  # our own server
        ["pg_dump", "--dbname", database_url],  # noqa: S607
        check=True,
        capture_output=True,
    ).stdout
    assert engine.dialect.name == "postgresql"
