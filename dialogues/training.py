"""One training at a time in a folder, so that two starts at once do the work once."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(out: Path) -> Iterator[None]:
    """Holds a folder's training for the block; another program that trains into it waits."""
    out.mkdir(parents=True, exist_ok=True)
    # The lock goes with its holder, however that ends: a killed training keeps nobody waiting.
    with (out / ".training").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Another start is training: waiting for it.\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
