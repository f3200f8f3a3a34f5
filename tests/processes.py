"""Worker processes that tests start and kill: `python -m tests.processes ROLE DATABASE KEYS …`."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import override

from bot import inbox
from bot.dialogue import DialogueAnswer, DialogueTurn
from models.base import clock_set_to, utc_now
from models.db import open_engine
from models.encryption import read_keyring
from tests.fakes.dialogue import FakeDialogue

ROOT = Path(__file__).resolve().parent.parent


def start_module(module: str, *arguments: str) -> "subprocess.Popen[str]":
    """Gives a module of the tests, run as a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def go(process: "subprocess.Popen[str]") -> None:
    """Lets a process that waits for its signal go on."""
    if process.stdin is None:
        raise RuntimeError("The process was started without a pipe.")
    process.stdin.write("\n")
    process.stdin.flush()


def end(process: "subprocess.Popen[str]") -> int:
    """Gives the exit code of a process that ends by itself, or is killed if it has not."""
    try:
        return process.wait(20)
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def next_line(process: "subprocess.Popen[str]") -> str:
    """Gives the next line a process writes."""
    if process.stdout is None:
        raise RuntimeError("The process was started without a pipe.")
    return process.stdout.readline().strip()


class _Hanging(FakeDialogue):
    """Answers some turns, says that it holds a claim, and never answers again."""

    def __init__(self, turns_before: int) -> None:
        super().__init__()
        self._left = turns_before

    @override
    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        if self._left == 0:
            say("holding")
            time.sleep(600)
        self._left -= 1
        time.sleep(0.005)
        return super().turn(turn)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _work(database_url: str, keys: Path, turns_before: int, seconds_ahead: int) -> None:
    """Answers until killed. Its clock may go ahead, so that no test waits for a lease."""
    engine = open_engine(database_url, read_keyring(keys))
    dialogue = _Hanging(turns_before)
    ahead = dt.timedelta(seconds=seconds_ahead)
    real = utc_now
    began = time.monotonic()
    origin = real() + ahead
    with clock_set_to(lambda: origin + dt.timedelta(seconds=time.monotonic() - began)):
        say("ready")
        while True:
            if not inbox.drain(engine, dialogue, worker=str(os.getpid())):
                time.sleep(0.01)


def main(arguments: Sequence[str]) -> None:
    """Plays one role until it ends or is killed."""
    role, database_url, keys, *more = arguments
    match role:
        case "work":
            _work(database_url, Path(keys), int(more[0]), int(more[1]))
        case _:
            raise SystemExit(f"{role} is no role.")


if __name__ == "__main__":
    main(sys.argv[1:])
