"""Programs that the gate runs: what they print, and their end when somebody cancels."""

import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

_LOOK_EVERY = 0.5
"""Seconds between two looks at whether somebody cancelled."""
_LONGEST_SECONDS = 300


class GateBrokenError(OSError):
    """A check could not be carried out to its end, so that nothing is proved."""


def lines_of(process: "subprocess.Popen[str]", say: Callable[[str], None]) -> Iterator[str]:
    """Gives what a program prints, line by line, and ends it however that ends.

    Between the lines it says the last one again: a line of JSON is for programs alone.

    Raises:
        CancelledError: somebody cancelled meanwhile.
        GateBrokenError: it took too long.
    """
    said: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, said), daemon=True)
    # At once: a program whose lines nobody takes stands still when the pipe is full.
    reader.start()
    return _taken(process, said, reader, say)


def _taken(
    process: "subprocess.Popen[str]",
    said: "queue.Queue[str | None]",
    reader: threading.Thread,
    say: Callable[[str], None],
) -> Iterator[str]:
    until = time.monotonic() + _LONGEST_SECONDS
    last = "Starting"
    try:
        while True:
            try:
                line = said.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if time.monotonic() > until:
                    raise GateBrokenError("It took longer than five minutes.") from None
                say(last)
                continue
            if line is None:
                return
            last = line if not line.startswith("{") else last
            yield line
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout is not None:
            process.stdout.close()


def _read(process: "subprocess.Popen[str]", said: "queue.Queue[str | None]") -> None:
    for line in process.stdout or ():
        if line.strip():
            said.put(line.strip())
    said.put(None)
