"""Which files say what the bot says and hears: the program's own, or those of a published version.

A process reads one edition at a time and changes from one to the next in one step. What belongs
together, such as a child's turn, is pinned to the edition that it began with.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast, override

ROOT = Path(__file__).resolve().parent.parent
_KEPT = 4
"""Editions whose files are kept read: the live one, the one before, one that is tried."""


@dataclass(frozen=True, slots=True)
class Edition:
    """A folder of files, by their paths in the program's folder, and the name it is known by."""

    name: str
    folder: Path

    @override
    def __str__(self) -> str:
        """Gives the name, short enough for a log."""
        return self.name[:12]


PROGRAM = Edition("program", ROOT)
_live = [PROGRAM]
_pinned: ContextVar[Edition | None] = ContextVar("edition", default=None)


def current() -> Edition:
    """Gives the edition to read from: the pinned one, or else the live one."""
    return _pinned.get() or _live[0]


def live() -> Edition:
    """Gives the edition that answers whatever begins now."""
    return _live[0]


def go_live(edition: Edition) -> None:
    """Lets whatever begins from now on read this edition; what has begun is not touched."""
    _live[0] = edition


@contextmanager
def pinned(edition: Edition | None = None) -> Iterator[Edition]:
    """Holds to one edition for the block, whatever goes live meanwhile."""
    held = edition or current()
    token = _pinned.set(held)
    try:
        yield held
    finally:
        _pinned.reset(token)


def place(data_dir: Path, fingerprint: str) -> Edition:
    """Gives where a version's files stand on a machine, by the fingerprint that they have."""
    return Edition(fingerprint, data_dir / "editions" / fingerprint / "files")


def model_folder(data_dir: Path, edition: Edition) -> Path:
    """Gives where an edition's trained dialogue stands on a machine."""
    if edition == PROGRAM:
        return data_dir / "dialogue"
    return data_dir / "editions" / edition.name / "model"


def path(name: str) -> Path:
    """Gives a file of the edition; one that it has not is the program's.

    A version that was made before a release brought a new file goes on with the new file.
    """
    found = current().folder / name
    return found if found.is_file() else ROOT / name


def paths(pattern: str) -> list[Path]:
    """Gives the files of the edition that fit a pattern, such as `bot/phrases/say-*.yml`."""
    return sorted(current().folder.glob(pattern))


def digest(pattern: str) -> str:
    """Gives one hash over the files of the edition that fit a pattern, to know the same again."""
    found = hashlib.sha256()
    for one in paths(pattern):
        found.update(f"{one.name} {hashlib.sha256(one.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def kept[**P, T](read: Callable[P, T]) -> Callable[P, T]:
    """Keeps what a function makes of the files, apart for each edition; as `functools.cache`."""
    editions: dict[Edition, Callable[P, T]] = {}

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        edition = current()
        found = editions.get(edition)
        if found is None:
            # What `cache` gives takes arguments of any kind, for which it has no type.
            found = editions.setdefault(edition, cast("Callable[P, T]", cache(read)))
            for old in list(editions)[:-_KEPT]:
                editions.pop(old, None)
        return found(*args, **kwargs)

    return call
