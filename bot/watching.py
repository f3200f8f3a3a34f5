"""The watchdog: a process of its own that looks, from outside, whether children are waited on.

It shares nothing with the service but the database, and keeps calling people by itself when the
service does not. It names numbers and kinds of trouble, never a child.
"""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import override

import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.alerts import Pagers
from bot.channels.base import ChannelError
from bot.pagers.base import Page
from handover import ladder, rota
from models.audit import Lease
from models.authority import Authority
from models.base import utc_now
from models.conversation import Conversation, Delivery, DeliveryStatus
from models.db import reading
from models.escalation import AlertStatus, AlertWay, Escalation, Rung, StaffAlert

log = structlog.get_logger()

_LATE_STEP = dt.timedelta(minutes=1)
_LATE_INBOX = dt.timedelta(minutes=1)
_LATE_OUTBOX = dt.timedelta(minutes=3)
_LATE_ALERT = dt.timedelta(minutes=2)
_STALE_LEASE = dt.timedelta(seconds=30)
_FAILED_WITHIN = dt.timedelta(minutes=30)
_SAY_AGAIN = dt.timedelta(minutes=15)
_NOT_READ = "the database cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, and how often it is wrong."""

    about: str
    wrong: int
    what: str
    """In words, for whoever is called."""


def look(engine: Engine) -> list[Check]:
    """Gives every check as it stands; reads only."""
    now = utc_now()
    try:
        with reading(engine) as session:
            return [
                Check(about=name, wrong=count(session, now), what=what)
                for name, what, count in _CHECKS
            ]
    except SQLAlchemyError:
        return [Check(about="database", wrong=1, what=_NOT_READ)]


def troubles(checks: Iterable[Check]) -> list[Check]:
    """Gives the checks that found something."""
    return [check for check in checks if check.wrong]


class Watchdog:
    """Looks again and again, says what is wrong, and shows it to other monitors."""

    def __init__(self, engine: Engine, pagers: Pagers, mail_to: str | None, queue: str) -> None:
        self._engine = engine
        self._pagers = pagers
        self._mail_to = mail_to
        self._queue = queue
        self._said: dict[str, dt.datetime] = {}
        self.checks: list[Check] = []

    def watch_once(self) -> list[Check]:
        """Gives what is wrong now, after it was said to whoever can mend it."""
        self.checks = look(self._engine)
        found = troubles(self.checks)
        now = utc_now()
        for check in found:
            log.error("watchdog_found", check=check.about, count=check.wrong)
        self._said = {one.about: self._said[one.about] for one in found if one.about in self._said}
        fresh = [
            one
            for one in found
            if one.about not in self._said or now - self._said[one.about] >= _SAY_AGAIN
        ]
        if fresh and self._call(fresh):
            self._said.update(dict.fromkeys((one.about for one in fresh), now))
        return found

    def watch(self, stop: threading.Event, seconds: float) -> None:
        """Looks until `stop`."""
        while not stop.is_set():
            try:
                self.watch_once()
            except Exception as error:  # noqa: BLE001  # once, in the loop that must not die
                log.error("watchdog_failed", kind=type(error).__name__)  # noqa: TRY400
            stop.wait(seconds)

    def _call(self, found: list[Check]) -> bool:
        """Tells whether somebody could be told; without any way set up the log has to do."""
        said = not self._ways()
        for way, address in self._ways().items():
            page = Page(
                title="Front Door: children may be waiting unseen",
                body="; ".join(f"{check.what}: {check.wrong}" for check in found),
                link=self._queue,
                address=address,
                is_loud=True,
            )
            try:
                self._pagers[way].send(page)
                said = True
            except ChannelError as error:
                log.error("watchdog_unheard", way=way.value, kind=type(error).__name__)  # noqa: TRY400
        return said

    def _ways(self) -> Mapping[AlertWay, str | None]:
        ways: dict[AlertWay, str | None] = {}
        if AlertWay.TEAMS in self._pagers:
            ways[AlertWay.TEAMS] = None
        if AlertWay.EMAIL in self._pagers and self._mail_to:
            ways[AlertWay.EMAIL] = self._mail_to
        return ways


def serve(watchdog: Watchdog, port: int) -> ThreadingHTTPServer:
    """Gives a server on loopback with `/health`, 200 or 503, and `/metrics` for Prometheus."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the standard library's name
            """Answers a monitor."""
            found = troubles(watchdog.checks)
            if self.path == "/metrics":
                self._say(200, "text/plain; version=0.0.4", _metrics(watchdog.checks))
            elif self.path == "/health":
                # Nothing looked at yet is not known to be well.
                is_well = bool(watchdog.checks) and not found
                body = json.dumps({check.about: check.wrong for check in watchdog.checks})
                self._say(200 if is_well else 503, "application/json", body.encode())
            else:
                self._say(404, "text/plain", b"")

        def _say(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: monitors ask all day."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="watch-web", daemon=True).start()
    return server


def _metrics(checks: Iterable[Check]) -> bytes:
    registry = CollectorRegistry()
    gauge = Gauge("frontdoor_trouble", "What the watchdog found", ["check"], registry=registry)
    for check in checks:
        gauge.labels(check.about).set(check.wrong)
    return generate_latest(registry)


def _in_limbo(session: Session, now: dt.datetime) -> int:
    # The service itself picks them up within half a minute.
    return len(ladder.in_limbo(session, now - _LATE_STEP))


def _late_steps(session: Session, now: dt.datetime) -> int:
    late = select(func.count()).select_from(Escalation).where(Escalation.closed_at.is_(None))
    return session.scalar(late.where(Escalation.next_at < now - _LATE_STEP)) or 0


def _clock(session: Session, now: dt.datetime) -> int:
    lease = session.get(Lease, "clock")
    return int(lease is None or lease.held_until < now - _STALE_LEASE)


def _inbox(session: Session, now: dt.datetime) -> int:
    late = select(func.count()).select_from(Conversation)
    return session.scalar(late.where(Conversation.due_at < now - _LATE_INBOX)) or 0


def _outbox(session: Session, now: dt.datetime) -> int:
    waiting = [DeliveryStatus.QUEUED, DeliveryStatus.SENDING]
    late = select(func.count()).select_from(Delivery).where(Delivery.status.in_(waiting))
    return session.scalar(late.where(Delivery.not_before < now - _LATE_OUTBOX)) or 0


def _alerts_stuck(session: Session, now: dt.datetime) -> int:
    waiting = [AlertStatus.QUEUED, AlertStatus.SENDING]
    late = select(func.count()).select_from(StaffAlert).where(StaffAlert.status.in_(waiting))
    return session.scalar(late.where(StaffAlert.not_before < now - _LATE_ALERT)) or 0


def _alerts_failed(session: Session, now: dt.datetime) -> int:
    failed = (
        select(func.count())
        .select_from(StaffAlert)
        .join(Escalation, Escalation.id == StaffAlert.escalation_id)
        .where(Escalation.closed_at.is_(None))
        .where(StaffAlert.status == AlertStatus.FAILED)
        .where(StaffAlert.created_at > now - _FAILED_WITHIN)
    )
    return session.scalar(failed) or 0


def _nobody(session: Session, now: dt.datetime) -> int:
    return sum(
        not any(rota.roster(session, number, now).people_on(rung) for rung in Rung)
        for number in session.scalars(select(Authority.id))
    )


_CHECKS: tuple[tuple[str, str, Callable[[Session, dt.datetime], int]], ...] = (
    ("limbo", "children with no owner and no next step", _in_limbo),
    ("late_steps", "calls for the next person that were not made", _late_steps),
    ("clock", "the clock has stopped", _clock),
    ("inbox", "conversations that the bot has not answered", _inbox),
    ("outbox", "messages to children that do not go out", _outbox),
    ("alerts_stuck", "alerts to staff that do not go out", _alerts_stuck),
    ("alerts_failed", "alerts to staff that failed while a child waits", _alerts_failed),
    ("nobody", "authorities with nobody who can be called", _nobody),
)
