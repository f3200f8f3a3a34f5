"""Running the service: all roles in one process, or one role, until told to stop."""

import datetime as dt
import gc
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from enum import StrEnum
from functools import partial

import structlog
from flask import Blueprint
from pydantic import SecretStr
from sqlalchemy import Engine, select

from bot import accounts, editions, inbox, receipts, voice_notes, working
from bot.channels.base import Channel, ChannelError, IncomingMessage, Receipt
from bot.channels.telegram import TelegramChannel
from bot.clock import Clock
from bot.courtesy import Typing, typing_shower
from bot.dialogue_process import train
from bot.doorbell import Bells
from bot.editions import Dialogues, Shelf
from bot.following import Follower
from bot.gatekeeping import Gatekeeper
from bot.pagers.push import public_key, signing_key
from bot.paging import open_pagers
from bot.polling import Polling
from bot.rehearsing import Rehearsals
from bot.sandbox import Sandboxes
from bot.settings import Settings, secret
from bot.simulator import simulator
from bot.simulator.tryout import tryout
from bot.staging import Stage, stage_ports
from bot.webhooks import webhooks
from handover.app import create_app
from handover.assets import build as build_assets
from handover.auth import machines_blueprint
from handover.edition import PROGRAM
from handover.serving import serve
from handover.settings import ConsoleSettings
from handover.views.shared import Console
from models.authority import Authority
from models.db import open_engine, reading
from models.encryption import Keyring, new_keyring, read_keyring, write_keyring
from models.migrating import migrate
from models.practitioner import Practitioner

log = structlog.get_logger()

type Progress = Callable[[str], None]


class Role(StrEnum):
    """A part of the service that can be a process of its own."""

    WEBHOOKS = "webhooks"
    CONSOLE = "console"
    WORKER = "worker"
    CLOCK = "clock"
    DIALOGUE = "dialogue"


EVERY_ROLE = frozenset(Role)
_SWITCH_SECONDS = 0.001


class Service:
    """One process of the service: what it opened, it closes."""

    def __init__(self, settings: Settings, *, roles: frozenset[Role], progress: Progress) -> None:
        self.settings = settings
        self._roles = roles
        self._progress = progress
        self._bells = Bells()
        self._show: Callable[[], None] = _nobody_looks
        self._stop = threading.Event()
        self._stage: Stage | None = None
        self._rehearsals: Rehearsals | None = None
        self._closing = ExitStack()
        self._courtesies = ThreadPoolExecutor(max_workers=2, thread_name_prefix="courtesy")
        self._name = f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(3)}"
        self.engine: Engine = open_database(settings)
        self.authority: Authority = accounts.prepare(self.engine, settings)
        self._accounts = accounts.open_channels(self.engine, settings, self.authority)
        self._dialogue_secret = _dialogue_secret(settings)
        self._ports = stage_ports(settings.dialogue_port, settings.dialogue_spare_port)
        self._shelf = Shelf(self.engine, settings.data_dir)
        self.dialogue = Dialogues(
            [f"http://127.0.0.1:{port}" for port in self._ports], self._dialogue_secret
        )

    def start(self) -> None:
        """Starts the roles; returns when the web pages answer."""
        # Read now, so that the first child does not wait for it.
        editions.prepare(PROGRAM)
        follower = Follower(
            self.engine,
            self._shelf,
            self.dialogue,
            asks_dialogue=bool({Role.WORKER, Role.CLOCK} & self._roles),
        )
        follower.begin()
        self._closing.callback(self.engine.dispose)
        self._closing.callback(self.dialogue.close)
        self._closing.callback(self._courtesies.shutdown, wait=False, cancel_futures=True)
        for channel in self._accounts.channels.values():
            self._closing.callback(channel.close)
        if Role.DIALOGUE in self._roles:
            self._rehearsals = Rehearsals(
                self.settings.data_dir, self._dialogue_secret, live=self.dialogue
            )
            self._closing.callback(self._rehearsals.stop)
            self._stage = self._start_dialogue(self._rehearsals)
            self._start_gate(self._rehearsals)
        self._step("following", follower.step)
        if Role.WORKER in self._roles:
            self._start_workers()
            self._start_polling()
        if Role.CLOCK in self._roles:
            self._start_clock()
        if {Role.WEBHOOKS, Role.CONSOLE} & self._roles:
            self._start_web()
        # What is there by now stays. To look through it all for what may go, as is done from time
        # to time, would make everybody wait for a fifth of a second.
        gc.collect()
        gc.freeze()
        # One that works something out for a second, such as a form that adds an answer, keeps the
        # interpreter for this long each time that somebody else wants to go on. A turn wants that
        # some fifty times, and at Python's own 5 ms a child would wait for a quarter of a second.
        sys.setswitchinterval(_SWITCH_SECONDS)

    def wait_for_dialogue(self) -> None:
        """Returns when the dialogue answers, or is late; a child has holding replies meanwhile."""
        if self._stage is None:
            return
        if self._stage.wait_until_up(self._progress):
            self._progress("The dialogue is ready")
        else:
            log.error("dialogue_late")

    def has_practitioners(self) -> bool:
        """Tells whether anybody can sign in yet."""
        with reading(self.engine) as session:
            return session.scalars(select(Practitioner.id).limit(1)).first() is not None

    def wait(self) -> None:
        """Returns when the process is told to end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        self._stop.wait()

    def close(self) -> None:
        """Ends every role, the last started first."""
        self._stop.set()
        self._bells.inbox.ring()
        self._bells.outbox.ring()
        self._closing.close()

    def _start_dialogue(self, rehearsals: Rehearsals) -> Stage:
        train(self.settings.data_dir)
        stage = Stage(
            self.engine,
            self._shelf,
            ports=self._ports,
            rehearsals=rehearsals,
            name=self._name,
        )
        stage.start()
        self._closing.callback(stage.stop)
        self._step("stage", stage.step)
        self._step("stage-heart", stage.beat)
        return stage

    def _start_workers(self) -> None:
        typing = typing_shower(self.engine, self._accounts.channels, self._courtesies)
        drain = partial(self._drain, typing)
        self._thread(
            "courtesies",
            lambda name, _: working.work_courtesies(
                self.engine, typing, stop=self._stop, name=name
            ),
            urgent_only=False,
        )
        fetch = partial(voice_notes.fetch_due, self.engine, self._accounts.channels)
        self._step("voice-notes", partial(fetch, worker=self._name))
        console_url = console_settings(self.settings).console_url
        pagers = open_pagers(self.settings, console_url, self._accounts.channels.values())
        # Two, so that one provider that hangs does not keep every other call back.
        for number in range(2):
            self._thread(
                f"alerts-{number}",
                lambda name, _: working.work_alerts(
                    self.engine, pagers, console_url=console_url, stop=self._stop, name=name
                ),
                urgent_only=False,
            )
        # One of each serves urgent conversations only: they never queue behind the others.
        for number in range(self.settings.workers + 1):
            self._thread(
                f"worker-{number}",
                lambda name, urgent: working.work_inbox(
                    drain,
                    bells=self._bells,
                    stop=self._stop,
                    name=name,
                    urgent_only=urgent,
                ),
                urgent_only=number == 0,
            )
        for number in range(self.settings.senders + 1):
            self._thread(
                f"sender-{number}",
                lambda name, urgent: working.work_outbox(
                    self.engine,
                    self._accounts.channels,
                    bells=self._bells,
                    stop=self._stop,
                    name=name,
                    urgent_only=urgent,
                ),
                urgent_only=number == 0,
            )

    def _drain(self, typing: Typing, *, worker: str, urgent_only: bool) -> bool:
        is_done = False
        try:
            worked = inbox.drain(
                self.engine, self.dialogue, worker=worker, urgent_only=urgent_only, typing=typing
            )
            is_done = True
        finally:
            if not is_done:
                self.dialogue.note_failure()
        return worked

    def _step(self, name: str, step: Callable[[], bool]) -> None:
        self._thread(
            name,
            lambda full_name, _: working.work_steps(step, stop=self._stop, name=full_name),
            urgent_only=False,
        )

    def _thread(self, name: str, target: Callable[[str, bool], None], *, urgent_only: bool) -> None:
        full_name = f"{self._name}:{name}"
        thread = threading.Thread(target=target, args=(full_name, urgent_only), name=name)
        thread.start()
        self._closing.callback(thread.join, 10)

    def _start_polling(self) -> None:
        if self.settings.telegram_webhook_secret is not None:
            return
        for channel in self._telegram():
            polling = Polling(
                channel,
                self._receive,
                take_over_webhook=self.settings.telegram_take_over_webhook,
            )
            polling.start()
            self._closing.callback(polling.stop)

    def _ask_for_webhooks(self) -> None:
        """Tells Telegram where to call; Twilio is told in its own console."""
        if self.settings.telegram_webhook_secret is None or self.settings.public_url is None:
            return
        base = str(self.settings.public_url).rstrip("/")
        for channel in self._telegram():
            try:
                channel.set_webhook(f"{base}/webhooks/telegram/{channel.account}")
            except ChannelError as error:
                # What is set from an earlier start still holds: serve on, and say so.
                log.error("webhook_not_set", why=type(error).__name__)  # noqa: TRY400

    def _telegram(self) -> list[TelegramChannel]:
        channels = self._accounts.channels.values()
        return [channel for channel in channels if isinstance(channel, TelegramChannel)]

    def _start_gate(self, rehearsals: Rehearsals) -> None:
        keeper = Gatekeeper(
            self.engine,
            self.settings.data_dir,
            self._name,
            stop=self._stop,
            rehearsals=rehearsals,
        )
        self._step("rehearsals", rehearsals.step)
        keeper.begin()
        self._thread(
            "gate",
            lambda name, _: working.work_steps(keeper.step, stop=self._stop, name=name),
            urgent_only=False,
        )

    def _start_clock(self) -> None:
        clock = Clock(
            self.engine,
            self.dialogue,
            self._accounts.channels,
            bells=self._bells,
            name=self._name,
        )
        clock.start()
        self._closing.callback(clock.stop)

    def _start_web(self) -> None:
        if Role.CONSOLE in self._roles:
            build_assets(self._progress)
        app = create_app(
            self.engine, console_settings(self.settings), blueprints=self._blueprints()
        )
        parts: Console = app.extensions["console"]
        self._show = parts.feed.wake
        server = serve(
            app, self.settings.host, self.settings.port, threads=self.settings.web_threads
        )
        self._closing.callback(server.stop)
        if Role.WEBHOOKS in self._roles:
            self._ask_for_webhooks()

    def _blueprints(self) -> list[Blueprint]:
        settings = self.settings
        found: list[Blueprint] = []
        if Role.WEBHOOKS in self._roles and settings.public_url is not None:
            routes = webhooks(
                self._receive,
                self._record_receipt,
                channels=list(self._accounts.channels.values()),
                public_url=str(settings.public_url),
            )
            found.append(machines_blueprint(routes))
        if Role.CONSOLE in self._roles:
            found.append(self._tryout())
        if settings.is_demonstration:
            found.append(simulator(self.engine, self._accounts, self._receive))
        return found

    def _tryout(self) -> Blueprint:
        # Clients of their own: what fails in a sandbox is no failure of what children meet.
        shared = Dialogues(self.dialogue.urls, self._dialogue_secret)
        sandboxes = Sandboxes(self.settings.data_dir, shared, self._rehearsals)
        self._closing.callback(sandboxes.stop)
        self._step("sandboxes", sandboxes.step)
        return tryout(self.engine, console_settings(self.settings), self._shelf, sandboxes)

    def _receive(self, channel: Channel, message: IncomingMessage) -> None:
        quiet = dt.timedelta(seconds=self.settings.quiet_seconds)
        received = inbox.receive(self.engine, self._accounts.of(channel), message, quiet=quiet)
        # Whoever has the conversation open sees it before any bot has looked at it.
        self._show()
        if received.is_due:
            # What waits for a moment of quiet is found by the workers' own sweep.
            self._bells.inbox.ring()
        if message.acknowledge is not None:
            # Only so that the button stops turning: nobody waits for it.
            self._courtesies.submit(channel.acknowledge, message)

    def _record_receipt(self, channel: Channel, receipt: Receipt) -> None:
        receipts.record(self.engine, self._accounts.of(channel), receipt)


def _nobody_looks() -> None:
    """Does nothing: the consoles are served by another process, which looks by itself."""


def open_database(settings: Settings) -> Engine:
    """Gives the engine of the database, with its keys made on the first run and tables migrated.

    Raises:
        EncryptionKeyError: the key file is wrong.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url, keyring(settings))
    migrate(engine)
    return engine


def keyring(settings: Settings) -> Keyring:
    """Gives the installation's keys, made on the first run.

    Raises:
        EncryptionKeyError: the key file is wrong.
    """
    try:
        write_keyring(settings.key_file, new_keyring())
    except FileExistsError:
        pass
    else:
        log.warning("keys_made", advice="Back up the key file: without it no message can be read.")
    return read_keyring(settings.key_file)


def console_settings(settings: Settings) -> ConsoleSettings:
    """Gives the console's settings, with the secrets of this installation."""
    url = str(settings.console_url or f"http://{settings.host}:{settings.port}")
    return ConsoleSettings(
        _env_file=".env",
        secret_key=_chosen(settings.secret_key, settings, "session-key"),
        totp_secret=_chosen(settings.totp_secret, settings, "totp-key"),
        console_url=url,
        secure_cookies=url.startswith("https://"),
        demonstration=settings.is_demonstration,
        push_key=public_key(signing_key(settings.push_key_file)),
    )


def _chosen(chosen: SecretStr | None, settings: Settings, name: str) -> SecretStr:
    return chosen if chosen is not None else SecretStr(secret(settings.data_dir, name))


def _dialogue_secret(settings: Settings) -> str:
    return _chosen(settings.dialogue_secret, settings, "dialogue-secret").get_secret_value()
