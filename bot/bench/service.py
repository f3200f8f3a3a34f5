"""A whole service in processes and a database of its own, for a benchmark to lean on."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Engine, inspect, select

from bot.dialogue import HttpDialogue
from bot.dialogue_process import free_port
from handover import auth
from models.authority import Authority
from models.db import open_engine, transaction
from models.encryption import new_keyring, read_keyring
from models.practitioner import RoleName

_START_SECONDS = 120
_NO_MORE: Mapping[str, str] = {}
_TOKEN = re.compile(r'name="csrf[_-]token" (?:value|content)="([^"]+)"')


class BenchError(Exception):
    """The service under measurement did not start; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The service while it runs."""

    address: str
    engine: Engine

    def sign_in(self) -> httpx.Cookies:
        """Gives the cookies of a practitioner who has just signed in.

        Raises:
            BenchError: the console did not let them in.
        """
        password = secrets.token_urlsafe(16)
        email = f"bench-{secrets.token_hex(4)}@frontdoor.example.org"
        with transaction(self.engine) as session:
            auth.create_practitioner(
                session,
                email=email,
                name="Bench Practitioner",
                password=password,
                roles=[RoleName.PRACTITIONER, RoleName.SUPERVISOR],
                authority=session.scalars(select(Authority).order_by(Authority.id)).one(),
            )
        with httpx.Client(base_url=self.address) as client:
            token = _TOKEN.search(client.get("/sign-in").text)
            if token is None:
                raise BenchError("The sign-in page has no form.")
            client.post(
                "/sign-in", data={"csrf_token": token[1], "email": email, "password": password}
            )
            if client.get("/queue").status_code != httpx.codes.OK:
                raise BenchError("The console did not let the practitioner in.")
            return client.cookies


@contextmanager
def service(
    models: Path,
    folder: Path,
    *,
    database_url: str | None = None,
    with_dialogue: bool = True,
    more: Mapping[str, str] = _NO_MORE,
    progress: Callable[[str], None],
) -> Iterator[Running]:
    """Gives a service with the trained models of `models`, ended with the block.

    Raises:
        BenchError: it does not come up, or the database is not empty.
    """
    if database_url is not None:
        _refuse_unless_empty(database_url)
    data = folder / "data"
    data.mkdir()
    for name in ("dialogue", "triage"):
        (data / name).symlink_to(models.resolve() / name)
    port, dialogue_port, spare = free_port(), free_port(), free_port()
    url = database_url or f"sqlite:///{folder}/bench.db"
    settings = {
        "DATA_DIR": str(data),
        "DATABASE_URL": url,
        "PORT": str(port),
        "DIALOGUE_PORT": str(dialogue_port),
        "DIALOGUE_SPARE_PORT": str(spare),
        "DEMONSTRATION": "true",
        "LOG_FORMAT": "json",
        "WEB_THREADS": "320",
        **more,
    }
    # Run from the folder, where there is no `.env`: no benchmark may reach a provider.
    command = [str(Path(sys.executable).with_name("frontdoor")), "run"]
    command += [] if with_dialogue else ["console"]
    with (folder / "log.jsonl").open("wb") as log_file:
        process = subprocess.Popen(  # noqa: S603  # our own program
            command, cwd=folder, env=_environment(settings), stdout=log_file, stderr=log_file
        )
        try:
            progress("Starting the service")
            _wait(process, f"http://127.0.0.1:{port}/sign-in", folder)
            if with_dialogue:
                _wait_for_dialogue(process, dialogue_port, data)
            engine = open_engine(url, read_keyring(data / "secrets" / "keys.json"))
            yield Running(address=f"http://127.0.0.1:{port}", engine=engine)
            engine.dispose()
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _refuse_unless_empty(url: str) -> None:
    """Makes sure that no benchmark writes among real children's conversations."""
    engine = open_engine(url, new_keyring())
    try:
        if inspect(engine).get_table_names():
            raise BenchError(
                "The database of --database-url is not empty. Make a new one for the benchmark."
            )
    finally:
        engine.dispose()


def _wait(process: "subprocess.Popen[bytes]", address: str, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    lines = (folder / "log.jsonl").read_text("utf-8", errors="replace").splitlines()[-3:]
    raise BenchError("The service did not start: " + " / ".join(lines))


def _wait_for_dialogue(process: "subprocess.Popen[bytes]", port: int, data: Path) -> None:
    secret = (data / "secrets" / "dialogue-secret").read_text("utf-8").strip()
    client = HttpDialogue(f"http://127.0.0.1:{port}", secret)
    deadline = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            if client.is_up():
                return
            time.sleep(0.2)
    finally:
        client.close()
    raise BenchError("The dialogue did not come up: train it with `frontdoor run` first.")


def _environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251  # handed on, not read
        if not name.startswith("FRONTDOOR_")
    }
    return {**kept, **{f"FRONTDOOR_{name}": value for name, value in settings.items()}}
