"""Runs the real dialogue process, trained from the files as they are."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "dialogues" / ".venv" / "bin" / "python"
_MODELS = ROOT / "var" / "dialogue"
_TRAINING_SECONDS = 600
_START_SECONDS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDialogue:
    """A dialogue process that answers on this machine."""

    url: str
    secret: str

    def post(self, body: Any, *, secret: str | None = None, path: str = "/turn") -> httpx.Response:
        """Posts any body, with the right secret unless another is given."""
        header = {"X-Dialogue-Secret": self.secret if secret is None else secret}
        return httpx.post(self.url + path, json=body, headers=header, timeout=30)

    def turn(self, text: str, state: str | None = None, **more: Any) -> dict[str, Any]:
        """Takes one turn and gives the answer."""
        body = {"conversation": "c", "message_id": "m", "text": text, "state": state, **more}
        response = self.post(body)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def talk(self, *texts: str, **more: Any) -> list[dict[str, Any]]:
        """Takes the turns of one conversation."""
        answers: list[dict[str, Any]] = []
        for text in texts:
            answers.append(self.turn(text, answers[-1]["state"] if answers else None, **more))
        return answers


@contextmanager
def running_dialogue(models: Path = _MODELS) -> Iterator[RunningDialogue]:
    """Trains what has changed, starts the process on a free port, and ends it after."""
    command = [str(PYTHON), "-m", "dialogues.train", "--out", str(models), "--if-changed"]
    # Our own interpreter and our own module, nothing from outside.
    subprocess.run(command, cwd=ROOT, check=True, timeout=_TRAINING_SECONDS)  # noqa: S603
    secret = secrets.token_hex(16)
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603
        [str(PYTHON), "-m", "dialogues.serve", "--port", str(port), "--model-dir", str(models)],
        cwd=ROOT,
        env={**_environment(), "FRONTDOOR_DIALOGUE_SECRET": secret},
    )
    try:
        running = RunningDialogue(url=f"http://127.0.0.1:{port}", secret=secret)
        _wait_until_ready(running, process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def told_while_loading(order: str) -> int:
    """Gives a process that waits for its model an order, and gives the code it then ends with."""
    process = subprocess.Popen(  # noqa: S603
        [str(PYTHON), "-m", "dialogues.serve", "--port", str(_free_port()), "--when-told"],
        cwd=ROOT,
        env={**_environment(), "FRONTDOOR_DIALOGUE_SECRET": secrets.token_hex(16)},
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    with process.stdin:
        process.stdin.write(f"{order}\n".encode())
        process.stdin.flush()
        return process.wait(timeout=_START_SECONDS)


def _environment() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251  Handed on to a child process as it is.


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_ready(running: RunningDialogue, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "The dialogue process ended before it was ready."
        try:
            if httpx.get(f"{running.url}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError("The dialogue process was not ready in time.")
