"""Real processes over one database, killed at the worst moments."""

import datetime as dt
import itertools
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, select

from bot import inbox
from bot.channels.base import IncomingMessage
from models.authority import Authority, ChannelAccount
from models.channel import ChannelName, MessageKind
from models.conversation import Author, Conversation, Message
from models.db import transaction
from models.encryption import Keyring, write_keyring
from tests import processes, webhook_process
from tests.door import CHILD, Door
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

# Enough that the first workers have all the turns they need to come to hold a claim.
_CHILDREN = 6
_EACH = 8


@pytest.fixture
def keys(keyring: Keyring, tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    write_keyring(path, keyring)
    return path


@pytest.fixture
def starting() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Fleet:
    """Worker processes that are all ended with the test."""

    def __init__(self, stack: ExitStack, database_url: str, keys: Path) -> None:
        self._stack = stack
        self._where = (database_url, keys)

    def work(self, *more: object) -> "subprocess.Popen[str]":
        return self._start("tests.processes", "work", more)

    def serve(self, *more: object) -> "subprocess.Popen[str]":
        return self._start("tests.webhook_process", None, more)

    def _start(
        self, module: str, role: str | None, more: Sequence[object]
    ) -> "subprocess.Popen[str]":
        before = [] if role is None else [role]
        where = [str(part) for part in (*self._where, *more)]
        process = processes.start_module(module, *before, *where)
        self._stack.callback(processes.end, process)
        self._stack.callback(process.kill)
        return process


@pytest.fixture
def fleet(starting: ExitStack, database_url: str, keys: Path) -> Fleet:
    return Fleet(starting, database_url, keys)


def test_two_workers_killed_with_claims_lose_nothing_and_double_nothing(
    engine: Engine, account: ChannelAccount, fleet: Fleet
):
    victims = [fleet.work(turns, 0) for turns in (1, 2)]
    assert [processes.next_line(victim) for victim in victims] == ["ready", "ready"]
    numbers = itertools.count(1)
    _write(engine, account, numbers, rounds=_EACH // 2)
    assert [processes.next_line(victim) for victim in victims] == ["holding", "holding"]
    for victim in victims:
        victim.kill()

    survivor = fleet.work(100_000, 31)
    assert processes.next_line(survivor) == "ready"
    _write(engine, account, numbers, rounds=_EACH - _EACH // 2)
    _wait_until_done(engine)
    survivor.kill()

    for messages, replies in _talks(engine):
        assert len(messages) == _EACH
        processed = [message.processed_at for message in messages]
        assert processed == sorted(processed, key=str)
        heard = [reply.removeprefix("I heard: ").split("\n") for reply in replies]
        assert list(itertools.chain(*heard)) == [message.text for message in messages]


def test_a_message_is_answered_once_when_its_webhook_dies_after_the_answer(
    door: Door, keys: Path, database_url: str, starting: ExitStack
):
    fleet = Fleet(starting, database_url, keys)
    server = fleet.serve(door.account_id, "never")
    port = processes.next_line(server)

    response = _post(port)
    server.kill()

    assert response.status_code == 204
    door.work()
    assert door.sent() == ["I heard: hello is anyone there"]
    again = fleet.serve(door.account_id, "never")
    assert _post(processes.next_line(again)).status_code == 204
    door.work()
    assert len(door.sent()) == 1


def test_a_message_is_answered_once_when_its_webhook_dies_before_the_answer(
    door: Door, keys: Path, database_url: str, starting: ExitStack
):
    fleet = Fleet(starting, database_url, keys)
    server = fleet.serve(door.account_id, "before_answer")

    with pytest.raises(httpx.TransportError):
        _post(processes.next_line(server))
    again = fleet.serve(door.account_id, "never")
    response = _post(processes.next_line(again))

    assert response.status_code == 204
    door.work()
    assert door.sent() == ["I heard: hello is anyone there"]


def test_a_forged_webhook_leaves_no_row(
    door: Door, keys: Path, database_url: str, starting: ExitStack
):
    server = Fleet(starting, database_url, keys).serve(door.account_id, "never")

    response = _post(processes.next_line(server), secret="guessed")

    assert response.status_code == 403
    assert door.messages() == []


@pytest.fixture
def door(engine: Engine, authority: Authority, clock: MovableClock, dialogue: FakeDialogue) -> Door:
    """Gives a door whose clock is a little ahead of the other processes'."""
    clock.set(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2))
    return Door(engine, authority, FakeChannel(ChannelName.TELEGRAM), dialogue, clock)


def _post(port: str, *, secret: str = webhook_process.SECRET) -> httpx.Response:
    update = {
        "update_id": 730000001,
        "message": {
            "message_id": 1,
            "from": {"id": int(CHILD), "is_bot": False, "first_name": "Sam"},
            "chat": {"id": int(CHILD), "first_name": "Sam", "type": "private"},
            "date": 1790000001,
            "text": "hello is anyone there",
        },
    }
    account = webhook_process.TOKEN.split(":", maxsplit=1)[0]
    return httpx.post(
        f"http://127.0.0.1:{port}/webhooks/telegram/{account}",
        json=update,
        headers={"X-Telegram-Bot-Api-Secret-Token": secret},
        timeout=20,
    )


def _write(engine: Engine, account: ChannelAccount, numbers: Iterator[int], *, rounds: int) -> None:
    for _ in range(rounds):
        for child in range(_CHILDREN):
            number = next(numbers)
            message = IncomingMessage(
                external_id=f"in-{number}",
                address=f"child-{child}",
                kind=MessageKind.TEXT,
                text=f"message {number}",
            )
            for _repeat in range(1 + number % 2):
                inbox.receive(engine, account.id, message)


def _wait_until_done(engine: Engine) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with transaction(engine) as session:
            if not inbox.pending(session):
                return
        time.sleep(0.05)
    raise AssertionError("Messages are still waiting.")


def _talks(engine: Engine) -> list[tuple[list[Message], list[str]]]:
    with transaction(engine) as session:
        talks = []
        for conversation in session.scalars(select(Conversation)):
            rows = session.scalars(
                select(Message)
                .where(Message.conversation_id == conversation.id)
                .order_by(Message.id)
            ).all()
            messages = [row for row in rows if row.author is Author.CHILD]
            talks.append((messages, [row.text for row in rows if row.author is Author.BOT]))
        return talks
