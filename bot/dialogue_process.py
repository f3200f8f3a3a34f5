"""The dialogue process: trained when its sources changed, started, watched, started again."""

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from bot.dialogue import HttpDialogue
from handover.edition import PROGRAM, Edition, model_folder

log = structlog.get_logger()

ROOT = Path(__file__).resolve().parent.parent
_PYTHON = ROOT / "dialogues" / ".venv" / "bin" / "python"
_MODELS = (("dialogues.train", "dialogue"), ("dialogues.triage.train", "triage"))
_START_SECONDS = 90
_UNWELL_SECONDS = 20
_PAUSE_SECONDS = 1.0


class DialogueProcessError(Exception):
    """The dialogue cannot be trained or started; the text says what to do."""


def train(data_dir: Path) -> None:
    """Trains the dialogue and the triage model where their sources changed, with progress shown.

    Raises:
        DialogueProcessError: the environment is missing, or the data is not valid.
    """
    for module, folder in _MODELS:
        _train(module, data_dir.resolve() / folder, "--if-changed")


def train_from_nothing(folder: Path) -> None:
    """Trains the dialogue alone into a folder, with nothing that was trained before.

    Raises:
        DialogueProcessError: the environment is missing, or the data is not valid.
    """
    _train("dialogues.train", folder)


def start_beside(arguments: Sequence[str], files: Path) -> "subprocess.Popen[str]":
    """Starts a program of the dialogue's environment over some files; it prints to its pipe.

    Raises:
        DialogueProcessError: the environment is missing.
    """
    # Children are answered on the same machine meanwhile: they come first.
    return subprocess.Popen(  # noqa: S603  # our own interpreter and module
        ["nice", "-n", "10", _python(), *arguments],  # noqa: S607  # of every system
        cwd=ROOT,
        env={**_environment(), "FRONTDOOR_DIALOGUE_FILES": str(files)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def train_edition(data_dir: Path, edition: Edition) -> None:
    """Trains what an edition says and asks, using all that was trained before.

    Raises:
        DialogueProcessError: its files cannot be trained.
    """
    # Children are answered on the same machine meanwhile: they come first.
    command = [
        *("nice", "-n", "10", _python(), "-m", "dialogues.train", "--if-changed"),
        *("--out", str(model_folder(data_dir.resolve(), edition))),
        *("--beside", str(data_dir.resolve() / "dialogue")),
    ]
    finished = subprocess.run(  # noqa: S603  # our own interpreter and arguments
        command,
        cwd=ROOT,
        env=_environment(edition),
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    if finished.returncode != 0:
        raise DialogueProcessError(finished.stderr.decode("utf-8", "replace").strip()[-500:])


def free_port() -> int:
    """Gives a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class DialogueProcess:
    """One dialogue process, kept running until `stop`."""

    def __init__(
        self,
        *,
        port: int,
        secret: str,
        data_dir: Path,
        edition: Edition = PROGRAM,
        is_early: bool = False,
    ) -> None:
        """Keeps what to start; `is_early` before its model is trained, for which it then waits."""
        self.edition = edition
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self._secret = secret
        self._data_dir = data_dir.resolve()
        self._stopping = threading.Event()
        self._may_load = threading.Event()
        if not is_early:
            self._may_load.set()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="dialogue-watch", daemon=True)

    @property
    def pid(self) -> int:
        """Gives the process's number while it runs.

        Raises:
            DialogueProcessError: it was not started.
        """
        if self._process is None:
            raise DialogueProcessError("The dialogue was not started.")
        return self._process.pid

    @property
    def is_loading(self) -> bool:
        """Tells whether it may read its model, or has done so."""
        return self._may_load.is_set()

    def start(self) -> None:
        """Starts the process and watches it; returns at once."""
        self._process = self._spawn()
        self._watcher.start()

    def load(self) -> None:
        """Lets it read its model, which is trained by now."""
        if not self._may_load.is_set():
            self._may_load.set()
            self._order("load")

    def listen(self, port: int) -> None:
        """Lets it answer at a port where others look for it, from now on."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._order(f"listen {port}")

    def wait_until_up(self, progress: Callable[[str], None]) -> bool:
        """Returns True once it answers, False when that takes too long; talk goes on without it."""
        client = HttpDialogue(self.url, self._secret)
        deadline = time.monotonic() + _START_SECONDS
        progress("Starting the dialogue")
        try:
            while time.monotonic() < deadline and not self._stopping.is_set():
                if client.is_up():
                    return True
                time.sleep(0.2)
        finally:
            client.close()
        return False

    def stop(self) -> None:
        """Ends the process."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _let_go(process)

    def _order(self, words: str) -> None:
        process = self._process
        # One that has just ended is started again, and then does so from its beginning.
        with suppress(OSError, ValueError):
            if process is not None and process.stdin is not None:
                process.stdin.write(f"{words}\n".encode())
                process.stdin.flush()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [
            _python(),
            *("-m", "dialogues.serve", "--port", str(self.port)),
            *("--model-dir", str(model_folder(self._data_dir, self.edition))),
            *("--triage-dir", str(self._data_dir / "triage")),
            *("--edition", self.edition.name),
            "--until-stdin-closes",
            *([] if self._may_load.is_set() else ["--when-told"]),
        ]
        environment = {**_environment(self.edition), "FRONTDOOR_DIALOGUE_SECRET": self._secret}
        return subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
            command,
            cwd=ROOT,
            env=environment,
            # Its end, when we are killed, ends the process too.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
        )

    def _watch(self) -> None:
        well_at = time.monotonic() + _START_SECONDS
        while not self._stopping.wait(_PAUSE_SECONDS):
            process = self._process
            if process is None or process.poll() is not None:
                log.error("dialogue_process_ended")
            elif not self._may_load.is_set():
                well_at = time.monotonic() + _START_SECONDS
                continue
            elif self._is_up():
                well_at = max(well_at, time.monotonic())
                continue
            elif time.monotonic() - well_at < _UNWELL_SECONDS:
                continue
            else:
                # It runs but does not answer: a hung process is ended, or it would hang for ever.
                log.error("dialogue_process_hung")
                process.kill()
                process.wait()
            _let_go(process)
            self._process = self._spawn()
            well_at = time.monotonic() + _START_SECONDS

    def _is_up(self) -> bool:
        # Where it answers may change, and nothing is asked often here.
        client = HttpDialogue(self.url, self._secret)
        try:
            return client.is_up()
        finally:
            client.close()


@contextmanager
def running(data_dir: Path, progress: Callable[[str], None]) -> Iterator[HttpDialogue]:
    """Gives a dialogue of its own process, trained where needed, for as long as the block lasts.

    Raises:
        DialogueProcessError: it cannot be trained, or does not come up.
    """
    train(data_dir)
    shared = secrets.token_urlsafe(32)
    process = DialogueProcess(port=free_port(), secret=shared, data_dir=data_dir)
    process.start()
    # No child waits here, and a busy machine must not look like a broken dialogue.
    client = HttpDialogue(process.url, shared, patience=20)
    try:
        if not process.wait_until_up(progress):
            raise DialogueProcessError("The dialogue did not come up: see the lines above.")
        yield client
    finally:
        client.close()
        process.stop()


def _let_go(process: "subprocess.Popen[bytes] | None") -> None:
    """Closes our end of the input of a process that has ended."""
    if process is not None and process.stdin is not None:
        process.stdin.close()


def _python() -> str:
    if not _PYTHON.exists():
        raise DialogueProcessError(
            "The dialogue's environment is missing: run ./frontdoor, which builds it."
        )
    return str(_PYTHON)


def _train(module: str, out: Path, *more: str) -> None:
    command = [_python(), "-m", module, "--out", str(out), *more]
    finished = subprocess.run(  # noqa: S603  # our own interpreter and arguments
        command, cwd=ROOT, env=_environment(), check=False, stdout=sys.stderr
    )
    if finished.returncode != 0:
        raise DialogueProcessError(f"{module} failed: see the lines above, mend, run again.")


def _environment(edition: Edition = PROGRAM) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251  # handed on, not read
        if not name.startswith("FRONTDOOR_") and name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    files = {} if edition == PROGRAM else {"FRONTDOOR_DIALOGUE_FILES": str(edition.folder)}
    return {**kept, **files, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}
