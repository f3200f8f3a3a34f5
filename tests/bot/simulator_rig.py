"""A demonstration for tests: the real application with the simulator, and its work by hand."""

import datetime as dt
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine, select

from bot import inbox, outbox, tidying, urgency
from bot.accounts import Accounts
from bot.channels.base import Channel, IncomingMessage
from bot.channels.simulated import SimulatedChannel
from bot.doorbell import Bells
from bot.simulator import handset, simulator
from bot.simulator.handset import Phone, State
from bot.working import work_inbox, work_outbox
from handover.app import create_app
from handover.settings import ConsoleSettings
from models.authority import Authority, ChannelAccount
from models.channel import ChannelName
from models.conversation import Conversation, Delivery, DeliveryStatus, Message
from models.db import transaction
from tests.fakes.dialogue import FakeDialogue


def new_id() -> str:
    """Gives the id of something a handset sends."""
    return secrets.token_hex(16)


class Demonstration:
    """The service with pretend phones, one child on each."""

    def __init__(self, engine: Engine, authority: Authority, dialogue: FakeDialogue) -> None:
        self.engine = engine
        self.authority = authority
        self.dialogue = dialogue
        self.address = ""
        self.bells = Bells()
        self.accounts = _accounts(engine, authority)
        self.app: Flask = create_app(
            engine, _console_settings(), blueprints=[simulator(engine, self.accounts, self.receive)]
        )
        self.client = self.app.test_client()
        self.addresses = {name: f"simulated-{new_id()}" for name in ChannelName}

    def receive(self, channel: Channel, message: IncomingMessage) -> None:
        """Keeps what a handset sent, as the service does."""
        inbox.receive(self.engine, self.accounts.of(channel), message, quiet=dt.timedelta(0))
        self.bells.inbox.ring()

    def restart(self) -> None:
        """Forgets all that this process held in memory, as a restart does."""
        self.accounts = Accounts(
            channels={
                number: SimulatedChannel(channel.name)
                for number, channel in self.accounts.channels.items()
            }
        )
        self.app = create_app(
            self.engine,
            _console_settings(),
            blueprints=[simulator(self.engine, self.accounts, self.receive)],
        )
        self.client = self.app.test_client()

    def child_sends(self, name: ChannelName, **what: object) -> int:
        """Gives the status of what a handset posted."""
        body = {"address": self.addresses[name], "id": new_id(), **what}
        return self.client.post(f"/phone/{name.value}/messages", json=body).status_code

    def news(
        self,
        name: ChannelName,
        *,
        version: str | None = None,
        blocked_after: int | None = None,
        is_looked_at: bool = True,
    ) -> dict[str, Any]:
        """Gives what the page learns about one handset."""
        look = {
            "address": self.addresses[name],
            "version": version,
            "blocked_after": blocked_after,
        }
        question = {"handsets": {name.value: look}, "is_looked_at": is_looked_at}
        response = self.client.post("/phone/news", json=question)
        assert response.status_code == 200
        found: dict[str, Any] = response.get_json()["handsets"][name.value]
        return found

    def shown(self, name: ChannelName) -> list[str]:
        """Gives the words on a handset's screen, oldest first."""
        return [line["text"] for line in self.news(name)["lines"]]

    def work(self) -> None:
        """Answers and sends until nothing more is due."""
        while inbox.drain(self.engine, self.dialogue, worker="test"):
            pass
        while outbox.send_due(self.engine, self.accounts.channels, worker="test"):
            pass
        while tidying.delete_due(self.engine, self.accounts.channels, worker="test"):
            pass

    @contextmanager
    def working(self) -> Iterator[None]:
        """Answers and sends by itself, as the service does, until the block ends."""
        # The phrases are read once, which can take seconds where much else runs.
        urgency.phrase_level("")
        stop = threading.Event()
        arguments: dict[str, Any] = {"bells": self.bells, "stop": stop}
        threads = [
            threading.Thread(
                target=work_inbox,
                args=(partial(inbox.drain, self.engine, self.dialogue),),
                kwargs={**arguments, "name": "test-worker"},
            ),
            threading.Thread(
                target=work_outbox,
                args=(self.engine, self.accounts.channels),
                kwargs={**arguments, "name": "test-sender"},
            ),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            self.bells.inbox.ring()
            self.bells.outbox.ring()
            for thread in threads:
                thread.join(timeout=10)

    def state(self, name: ChannelName) -> State:
        """Gives what the service makes of a handset's conversation."""
        account_id, channel = handset.simulated(self.accounts, name)
        phone = Phone(account_id=account_id, channel=channel, address=self.addresses[name])
        screen = handset.read(self.engine, phone)
        assert screen is not None
        assert screen.state is not None
        return screen.state

    def statuses(self) -> list[DeliveryStatus]:
        """Gives how far each message of ours has come, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(Delivery.status).order_by(Delivery.id)))

    def error_codes(self) -> list[str | None]:
        """Gives what went wrong with each message of ours, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(Delivery.error_code).order_by(Delivery.id)))

    def messages(self) -> list[Message]:
        """Gives every message, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(Message).order_by(Message.id)))

    def conversations(self) -> list[Conversation]:
        """Gives every conversation, oldest first."""
        with transaction(self.engine) as session:
            return list(session.scalars(select(Conversation).order_by(Conversation.id)))


def _accounts(engine: Engine, authority: Authority) -> Accounts:
    channels: dict[int, Channel] = {}
    with transaction(engine) as session:
        for name in ChannelName:
            account = ChannelAccount(
                authority_id=authority.id,
                channel=name,
                external_name="simulated",
                is_simulated=True,
            )
            session.add(account)
            session.flush()
            channels[account.id] = SimulatedChannel(name)
    return Accounts(channels=channels)


def _console_settings() -> ConsoleSettings:
    return ConsoleSettings(
        secret_key=SecretStr("for-tests-only-" * 4),
        totp_secret=SecretStr("for-tests-only-" * 4),
        secure_cookies=False,
        demonstration=True,
    )
