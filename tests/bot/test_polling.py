"""Polling: an update is Telegram's until it is kept, whatever fails in between."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import structlog

from bot.channels.base import ChannelError, IncomingMessage
from bot.channels.telegram import TelegramChannel
from bot.polling import Polling
from tests.bot.channel_rigs import telegram_channel
from tests.fakes.telegram import FakeTelegram

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NOT_AT_ALL = dt.timedelta()


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram(chat_interval=0) as made:
        yield made


@pytest.fixture
def channel(fake: FakeTelegram) -> Iterator[TelegramChannel]:
    with closing(telegram_channel(fake)) as made:
        yield made


class Store:
    """Keeps each update once, and fails on demand."""

    def __init__(self) -> None:
        self.kept: dict[str, IncomingMessage] = {}
        self.failures = 0
        self.calls = 0

    def receive(self, _: TelegramChannel, message: IncomingMessage) -> None:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            raise OSError("no space")
        self.kept.setdefault(message.external_id, message)

    def texts(self) -> list[str]:
        return [message.text for message in self.kept.values()]


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def test_updates_are_kept_in_order_and_then_confirmed(channel: TelegramChannel, fake: FakeTelegram):
    store = Store()
    polling = Polling(channel, store.receive, wait=NOT_AT_ALL)
    for number in range(3):
        fake.child_says(f"message {number}")

    taken = polling.poll_once()
    waiting = len(fake.updates)
    polling.poll_once()

    assert (taken, waiting, len(fake.updates)) == (3, 3, 0)
    assert store.texts() == ["message 0", "message 1", "message 2"]


def test_an_update_that_could_not_be_kept_is_never_confirmed(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    polling = Polling(channel, store.receive, wait=NOT_AT_ALL)
    fake.child_says("one")
    polling.poll_once()
    store.failures = 1
    fake.child_says("two")
    fake.child_says("three")

    with pytest.raises(OSError, match="no space"):
        polling.poll_once()
    waiting = len(fake.updates)
    polling.poll_once()

    assert waiting == 2
    assert store.texts() == ["one", "two", "three"]


def test_what_was_kept_but_not_confirmed_comes_again_after_a_crash(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    fake.child_says("hello")
    Polling(channel, store.receive, wait=NOT_AT_ALL).poll_once()

    Polling(channel, store.receive, wait=NOT_AT_ALL).poll_once()

    assert store.calls == 2
    assert store.texts() == ["hello"]


def test_ids_that_begin_anew_below_the_last_one_are_not_lost(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    polling = Polling(channel, store.receive, wait=NOT_AT_ALL)
    fake.child_says("before the quiet week")
    polling.poll_once()
    polling.poll_once()
    after = fake.child_says("after it")
    after["update_id"] = 17

    polling.poll_once()

    assert store.texts() == ["before the quiet week", "after it"]


def test_an_odd_update_does_not_hold_back_the_next(channel: TelegramChannel, fake: FakeTelegram):
    store = Store()
    polling = Polling(channel, store.receive, wait=NOT_AT_ALL)
    fake.child_says("odd")["message"]["chat"] = {"type": "private"}
    fake.child_says("plain")

    with structlog.testing.capture_logs() as logs:
        polling.poll_once()
    polling.poll_once()

    assert store.texts() == ["plain"]
    assert [entry["event"] for entry in logs] == ["update_malformed"]
    assert not fake.updates


def test_a_webhook_of_another_installation_is_left_alone_unless_told(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    fake.webhook = {"url": "https://other.test/", "secret_token": "s"}
    fake.child_says("hello")

    with pytest.raises(ChannelError):
        Polling(channel, store.receive, wait=NOT_AT_ALL).poll_once()
    left_alone = fake.webhook is not None
    Polling(channel, store.receive, wait=NOT_AT_ALL, take_over_webhook=True).poll_once()

    assert left_alone
    assert store.texts() == ["hello"]


def test_the_thread_survives_the_network_and_the_database(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    store.failures = 1
    soon = dt.timedelta(milliseconds=20)
    polling = Polling(channel, store.receive, wait=dt.timedelta(seconds=5), back_off=soon)
    fake.fail_next(502, on="/getUpdates")
    fake.drop_answer_next(on="/getUpdates")
    fake.fail_next(429, on="/getUpdates")
    fake.child_says("hello")

    with structlog.testing.capture_logs():
        polling.start()
        eventually(lambda: store.texts() == ["hello"])
        polling.stop()

    assert store.calls == 2


def test_a_long_poll_brings_a_message_at_once_and_ends_at_once(
    channel: TelegramChannel, fake: FakeTelegram
):
    store = Store()
    polling = Polling(channel, store.receive, wait=dt.timedelta(seconds=25))
    polling.start()
    eventually(lambda: any(call.path.endswith("/getUpdates") for call in fake.calls))

    begun = time.monotonic()
    fake.child_says("hello")
    eventually(lambda: store.texts() == ["hello"])
    heard_after = time.monotonic() - begun
    polling.stop()
    stopped_after = time.monotonic() - begun - heard_after

    assert heard_after < 1.5
    assert stopped_after < 1.5
