"""A console with children in it, served for a browser: what the browser tests play on."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py_vapid import Vapid02
from pydantic import SecretStr
from sqlalchemy import Engine

from bot.pagers.push import public_key, signing_key
from handover import auth
from handover.app import create_app
from handover.records import GatheredAnswer
from handover.serving import Server, serve
from handover.settings import ConsoleSettings
from models.authority import Authority
from models.channel import ChannelName
from models.contact import AnswerStatus
from models.db import open_engine, transaction
from models.encryption import new_keyring
from models.migrating import migrate
from models.practitioner import Practitioner, RoleName
from tests import door as doors
from tests.door import Door
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

PASSWORD = "three random words"
SETTINGS = ConsoleSettings(
    secret_key=SecretStr("k" * 40), totp_secret=SecretStr("t" * 40), secure_cookies=False
)


class Stage:
    """A database with an authority, its people and three channels, and a console over it."""

    def __init__(self, engine: Engine, authority: Authority, push_key: Vapid02) -> None:
        self.engine = engine
        self.push_key = push_key
        self.authority = authority
        self.dialogue = FakeDialogue()
        # The phrases alone then judge, which need no trained model.
        self.dialogue.cannot_score = True
        self.telegram = self._door(ChannelName.TELEGRAM, "fake-telegram", "7700900123")
        self.sms = self._door(ChannelName.SMS, "+447700900000", "+447700900123")
        self.whatsapp = self._door(ChannelName.WHATSAPP, "+447700900001", "+447700900124")
        self.anna = self.add("Anna Okafor")
        self.ben = self.add("Ben Hughes")
        self.cleo = self.add("Cleo Adams", RoleName.PRACTITIONER, RoleName.SUPERVISOR)
        self._server: Server | None = None
        self.port = _free_port()

    @property
    def address(self) -> str:
        """Gives where the console is."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, name: str, *roles: RoleName) -> Practitioner:
        """Gives somebody new who can sign in; a practitioner unless roles are named."""
        with transaction(self.engine) as session:
            return auth.create_practitioner(
                session,
                email=f"{name.split(maxsplit=1)[0].lower()}@testshire.example.org",
                name=name,
                password=PASSWORD,
                roles=roles or [RoleName.PRACTITIONER],
                authority=session.get_one(Authority, self.authority.id),
            )

    def open(self) -> None:
        """Serves the console; again after `close`, as after a restart, on the same address."""
        settings = SETTINGS.model_copy(update={"push_key": public_key(self.push_key)})
        app = create_app(self.engine, settings)
        self._server = serve(app, "127.0.0.1", self.port, threads=40)

    def close(self) -> None:
        """Ends the console."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def allow_taking_back(self, seconds: int) -> None:
        """Lets messages wait, so that they can be taken back."""
        with transaction(self.engine) as session:
            session.get_one(Authority, self.authority.id).undo_seconds = seconds

    def gathers(self, **values: str) -> None:
        """Lets the dialogue gather answers from the next message."""
        self.dialogue.answers = tuple(
            GatheredAnswer(field=name, status=AnswerStatus.VALUE, value=value)
            for name, value in values.items()
        )

    def _door(self, name: ChannelName, account: str, address: str) -> Door:
        channel = FakeChannel(name, account=account)
        return Door(
            self.engine, self.authority, channel, self.dialogue, MovableClock(), address=address
        )


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Gives a stage in a folder, open until the block ends."""
    engine = open_engine(f"sqlite:///{folder}/stage.db", new_keyring())
    migrate(engine)
    key = signing_key(folder / "push-key.pem")
    played = Stage(engine, doors.add_authority(engine), key)
    played.open()
    try:
        yield played
    finally:
        # A console that is still served would keep the program from ending.
        played.close()
        engine.dispose()


def fill(played: Stage) -> None:
    """Lets some children write, so that every page has something on it."""
    played.dialogue.replies = ("Thank you for telling me. What would you like to happen?",)
    played.gathers(name_to_use="Kai", age="13", what_happened="someone at school keeps my bag")
    played.sms.child_says("im kai and im 13. a boy in year 10 keeps taking my bag and my bus money")
    played.sms.work()
    played.dialogue.answers = ()
    played.dialogue.commands = ("request_person",)
    played.sms.child_says("can i talk to a real person please")
    played.sms.work()
    played.dialogue.commands = ()
    played.whatsapp.child_says("hello is this the council thing", address="+447700900125")
    played.whatsapp.work()
    played.gathers(name_to_use="Rosie", current_location="the bathroom, door locked")
    played.telegram.child_says("its rosie. my stepdad hits me most weeks when mums at work")
    played.telegram.work()
    played.dialogue.answers = ()
    played.telegram.child_says("hes back and hes coming up the stairs with a knife")
    played.telegram.work()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
