"""Encryption in the column: what a child said and where they can be reached.

A value is `version | length of key id | key id | nonce | ciphertext and tag` (AES-256-GCM). The
key id lets keys be rotated: new values use the current key, old ones are read with theirs.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, override

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, Engine, LargeBinary
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

_VERSION = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32
_TAG_BYTES = 16
_SHORTEST = 2 + _NONCE_BYTES + _TAG_BYTES
_DIALECT_ATTRIBUTE = "frontdoor_keyring"


class EncryptionKeyError(Exception):
    """A key is missing, malformed or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys of one installation: one current, others only to read with."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    lookup_key: bytes = field(repr=False)
    """For digests by which an address is found without being decrypted; never rotated."""

    def encrypt(self, plain: bytes) -> bytes:
        """Gives the sealed value under the current key."""
        key_id = self.current.encode()
        header = bytes([_VERSION, len(key_id)]) + key_id
        nonce = os.urandom(_NONCE_BYTES)
        return header + nonce + AESGCM(self.keys[self.current]).encrypt(nonce, plain, header)

    def decrypt(self, sealed: bytes) -> bytes:
        """Gives the plain value.

        Raises:
            EncryptionKeyError: its key is not on the ring, or the value was altered.
        """
        if len(sealed) < _SHORTEST or sealed[0] != _VERSION:
            raise EncryptionKeyError("A value is not one that we sealed: it was altered.")
        end = 2 + sealed[1]
        header, rest = sealed[:end], sealed[end:]
        key_id = header[2:].decode("utf-8", "replace")
        key = self.keys.get(key_id)
        if key is None:
            raise EncryptionKeyError(
                f"No key named {key_id!r} on the ring; add it to the key file."
            )
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header)
        except (InvalidTag, ValueError) as error:
            raise EncryptionKeyError(f"A value does not open with the key {key_id!r}.") from error

    def digest(self, *parts: str) -> str:
        """Gives a keyed hash, the same for the same parts, by which to look a value up."""
        text = "\x1f".join(parts).encode()
        return hmac.new(self.lookup_key, text, hashlib.sha256).hexdigest()


def new_keyring() -> Keyring:
    """Gives a ring of fresh random keys."""
    return Keyring(
        current="k1",
        keys={"k1": secrets.token_bytes(_KEY_BYTES)},
        lookup_key=secrets.token_bytes(_KEY_BYTES),
    )


def read_keyring(path: Path) -> Keyring:
    """Gives the ring kept in a file of `write_keyring`.

    Raises:
        EncryptionKeyError: the file is missing, open to others, or malformed.
    """
    try:
        mode = path.stat().st_mode & 0o077
        content = json.loads(path.read_text(encoding="utf-8"))
        keyring = Keyring(
            current=content["current"],
            keys={name: base64.b64decode(key) for name, key in content["keys"].items()},
            lookup_key=base64.b64decode(content["lookup_key"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncryptionKeyError(f"The key file {path} cannot be read: {error!r}.") from error
    if mode:
        raise EncryptionKeyError(f"The key file {path} is open to others: chmod 600 it.")
    sizes = {len(key) for key in [*keyring.keys.values(), keyring.lookup_key]}
    if sizes != {_KEY_BYTES} or keyring.current not in keyring.keys:
        raise EncryptionKeyError(f"The key file {path} is malformed: keys are 32 bytes each.")
    return keyring


def write_keyring(path: Path, keyring: Keyring) -> None:
    """Writes the ring to a new file that only its owner can read.

    Raises:
        FileExistsError: there is a file already; keys are never overwritten.
    """
    content = {
        "current": keyring.current,
        "keys": {name: base64.b64encode(key).decode() for name, key in keyring.keys.items()},
        "lookup_key": base64.b64encode(keyring.lookup_key).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            # A key lost to a power cut is every message lost.
            os.fsync(file.fileno())
        # A link appears whole or not at all: another process that starts reads all of it.
        path.hardlink_to(fresh)
    finally:
        fresh.unlink()
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    # The file's name is the folder's content, which a power cut can lose as well.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def attach_keyring(engine: Engine, keyring: Keyring) -> None:
    """Gives an engine its keys: each engine has a dialect object of its own."""
    setattr(engine.dialect, _DIALECT_ATTRIBUTE, keyring)


def keyring_of(session: Session) -> Keyring:
    """Gives the keys of the database a session talks to."""
    return _keyring(session.get_bind().dialect)


def _keyring(dialect: Dialect) -> Keyring:
    keyring = getattr(dialect, _DIALECT_ATTRIBUTE, None)
    if not isinstance(keyring, Keyring):
        raise EncryptionKeyError("This database was opened without its keys.")
    return keyring


class EncryptedText(TypeDecorator[str]):
    """Text that the database only ever sees sealed."""

    impl = LargeBinary
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        # A lone surrogate, which some phones send for half an emoji, cannot be encoded.
        return _keyring(dialect).encrypt(value.encode("utf-8", "replace"))

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring(dialect).decrypt(bytes(value)).decode()


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes that the database only ever sees sealed."""

    impl = LargeBinary
    cache_ok = True

    @override
    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring(dialect).encrypt(value)

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring(dialect).decrypt(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """A JSON value that the database only sees sealed. Replace it; never change it in place."""

    impl = LargeBinary
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _keyring(dialect).encrypt(json.dumps(value, ensure_ascii=True).encode())

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(_keyring(dialect).decrypt(bytes(value)))
