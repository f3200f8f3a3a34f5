"""The loops that work the inbox and the outbox until they are told to stop."""

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from sqlalchemy import Engine

from bot import alerts, courtesy, outbox, tidying
from bot.channels.base import Channel
from bot.courtesy import Typing
from bot.doorbell import Bells, Doorbell

log = structlog.get_logger()

_SWEEP_SECONDS = 0.25
_PAUSE_AFTER_FAULT_SECONDS = 0.5


class Drain(Protocol):
    """`inbox.drain`, with the database and the dialogue it works with."""

    def __call__(self, *, worker: str, urgent_only: bool) -> bool:
        """Works one conversation; False when there was none."""


def work_inbox(
    drain: Drain,
    *,
    bells: Bells,
    stop: threading.Event,
    name: str,
    urgent_only: bool = False,
) -> None:
    """Answers conversations that are due, until `stop`."""

    def step() -> bool:
        worked = drain(worker=name, urgent_only=urgent_only)
        if worked:
            bells.outbox.ring()
        return worked

    _loop(step, bells.inbox, stop, name)


def work_outbox(
    engine: Engine,
    channels: Mapping[int, Channel],
    *,
    bells: Bells,
    stop: threading.Event,
    name: str,
    urgent_only: bool = False,
) -> None:
    """Sends what is due, until `stop`."""

    def step() -> bool:
        if outbox.send_due(engine, channels, worker=name, urgent_only=urgent_only):
            return True
        # What is to be said comes before what is to be taken back.
        return not urgent_only and tidying.delete_due(engine, channels, worker=name)

    _loop(step, bells.outbox, stop, name)


def work_courtesies(engine: Engine, typing: Typing, *, stop: threading.Event, name: str) -> None:
    """Shows on phones that practitioners are writing, until `stop`."""
    # Nobody rings for a courtesy: the sweep is soon enough.
    _loop(lambda: courtesy.pass_on_typing(engine, typing), Doorbell(), stop, name)


def work_alerts(
    engine: Engine, pagers: alerts.Pagers, *, console_url: str, stop: threading.Event, name: str
) -> None:
    """Calls staff who do not look at the console, until `stop`."""
    _loop(
        lambda: alerts.send_due(engine, pagers, console_url=console_url, worker=name),
        Doorbell(),
        stop,
        name,
    )


def work_steps(
    step: Callable[[], bool], *, stop: threading.Event, name: str, bell: Doorbell | None = None
) -> None:
    """Takes a step again and again, until `stop`."""
    _loop(step, bell or Doorbell(), stop, name)


def _loop(step: Callable[[], bool], bell: Doorbell, stop: threading.Event, name: str) -> None:
    while not stop.is_set():
        heard = bell.rings()
        try:
            worked = step()
        except Exception as error:  # noqa: BLE001  # once, in the loop that must not die
            # The loop must not die; the row is found again. The error's own text and its
            # locals may hold a child's words, so only its kind and place are kept.
            log.error("work_failed", worker=name, kind=type(error).__name__, at=_place(error))  # noqa: TRY400
            stop.wait(_PAUSE_AFTER_FAULT_SECONDS)
            continue
        if not worked:
            bell.wait(heard, _SWEEP_SECONDS)


def _place(error: BaseException) -> str:
    """Gives the file and line where an error was raised."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return "unknown"
    return f"{last.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{last.tb_lineno}"
