"""Processes that tests start and kill: `python -m tests.processes ROLE DATABASE KEYS …`."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response
from werkzeug.serving import make_server

from bot import inbox
from bot.channels.base import Channel, IncomingMessage
from bot.channels.telegram import TelegramChannel
from bot.dialogue import DialogueAnswer, DialogueTurn
from bot.webhooks import webhooks
from models.base import clock_set_to, utc_now
from models.db import open_engine
from models.encryption import read_keyring
from models.migrating import migrate
from tests.fakes.dialogue import FakeDialogue

ROOT = Path(__file__).resolve().parent.parent
SECRET = "webhook-secret"
TOKEN = "123456:token"


def start(role: str, database_url: str, keys: Path, *more: str) -> "subprocess.Popen[str]":
    """Gives a started process, whose standard output can be read line by line."""
    command = [sys.executable, "-m", "tests.processes", role, database_url, str(keys), *more]
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

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        if self._left == 0:
            _say("holding")
            time.sleep(600)
        self._left -= 1
        time.sleep(0.005)
        return super().turn(turn)


def _say(line: str) -> None:
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
        _say("ready")
        while True:
            if not inbox.drain(engine, dialogue, worker=str(os.getpid())):
                time.sleep(0.01)


def _serve(database_url: str, keys: Path, account_id: int, dies: str) -> None:
    """Serves the real webhooks; may die after a message is kept and before its answer."""
    engine = open_engine(database_url, read_keyring(keys))

    def receive(_: Channel, message: IncomingMessage) -> None:
        inbox.receive(engine, account_id, message)
        if dies == "before_answer":
            os.kill(os.getpid(), signal.SIGKILL)

    channel = TelegramChannel(TOKEN, secret=SECRET, base_url="http://127.0.0.1:9")
    app = Flask(__name__)
    app.register_blueprint(
        webhooks(receive, lambda *_: None, channels=[channel], public_url="https://door.example")
    )

    @app.after_request
    def mark(response: Response) -> Response:
        response.headers["Connection"] = "close"
        return response

    server = make_server("127.0.0.1", 0, app)
    _say(str(server.server_port))
    server.serve_forever()


def _migrate(database_url: str, keys: Path) -> None:
    engine = open_engine(database_url, read_keyring(keys))
    _say("ready")
    sys.stdin.readline()
    migrate(engine)
    _say("migrated")


def main(arguments: Sequence[str]) -> None:
    """Plays one role until it ends or is killed."""
    role, database_url, keys, *more = arguments
    match role:
        case "work":
            _work(database_url, Path(keys), int(more[0]), int(more[1]))
        case "serve":
            _serve(database_url, Path(keys), int(more[0]), more[1])
        case "migrate":
            _migrate(database_url, Path(keys))
        case _:
            raise SystemExit(f"{role} is no role.")


if __name__ == "__main__":
    main(sys.argv[1:])
