"""Live updates: one reader of the event table, fanned out to every open console.

Each update carries the place in the event table up to which nothing is missing. A page that was
asleep or cut off asks for what came after its place; what it gets twice replaces itself.
"""

import datetime as dt
import json
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from handover.rendering import Piece, Pieces
from models.audit import LiveEvent
from models.base import utc_now
from models.conversation import Conversation
from models.db import reading

log = structlog.get_logger()

_POLL_SECONDS = 0.06
_IDLE_SECONDS = 0.5
_BEAT_SECONDS = 8.0
"""A page that hears nothing for three of these knows that its line is dead."""
_QUEUE_LENGTH = 400
"""Updates that one slow page may fall behind before it is told to fetch everything anew."""
_REPLAY_LIMIT = 1000
# On PostgreSQL a number is given before its row is committed, so a lower one can come later.
_LATE_ROWS = 100
_GIVE_UP_SECONDS = 60.0
_TRIES = 3

_PANEL_KINDS = {"holder", "urgency", "contact", "alert"}
_BOARD_KINDS = {"holder", "urgency", "alert", "duty"}
_ROW_KINDS = {"message", "holder", "urgency", "alert"}
_MESSAGE_KINDS = {"message", "delivery", "urgency"}


class TooManyWatchersError(Exception):
    """Every thread kept for live pages is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of the event table."""

    id: int
    authority_id: int
    conversation_id: int | None
    kind: str
    subject_id: int | None


@dataclass(slots=True, kw_only=True, eq=False)
class Watcher:
    """One open page: which conversation it shows, or None for the lists."""

    authority_id: int
    conversation_id: int | None
    updates: queue.Queue[bytes] = field(default_factory=lambda: queue.Queue(_QUEUE_LENGTH))
    has_lost: bool = False
    """True once an update did not fit; the page must then fetch everything anew."""

    def offer(self, update: bytes) -> None:
        """Passes an update on, without ever waiting for a slow page."""
        try:
            self.updates.put_nowait(update)
        except queue.Full:
            self.has_lost = True


class Feed:
    """Reads what changed, renders it once and passes it to all who watch."""

    def __init__(self, engine: Engine, pieces: Pieces, *, most_watchers: int = 400) -> None:
        self._engine = engine
        self._pieces = pieces
        self.most_watchers = most_watchers
        self._watchers: set[Watcher] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reader = _Reader(is_ordered=engine.dialect.name == "sqlite")

    def place(self, session: Session) -> int:
        """Gives the place from which a page rendered in this session must be kept up to date."""
        if self._thread is not None:
            return self._reader.place
        newest = session.scalar(select(func.max(LiveEvent.id))) or 0
        return newest if self._reader.is_ordered else max(0, newest - _LATE_ROWS)

    def stream(
        self, *, authority_id: int, conversation_id: int | None, after: int | None, seconds: float
    ) -> Iterator[bytes]:
        """Gives the updates for one page, in server-sent form, for at most so many seconds.

        Raises:
            TooManyWatchersError: no thread is left for another live page.
        """
        watcher = Watcher(authority_id=authority_id, conversation_id=conversation_id)
        self._add(watcher)
        return self._updates(watcher, after, time.monotonic() + seconds)

    def stop(self) -> None:
        """Ends the reading thread and every stream."""
        self._stop.set()
        with self._lock:
            watchers = list(self._watchers)
        # Woken at once, or they would hold the server's stop for a beat.
        _offer(watchers, [b": stopping\n\n"])
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _add(self, watcher: Watcher) -> None:
        with self._lock:
            if len(self._watchers) >= self.most_watchers:
                raise TooManyWatchersError
            if self._thread is None:
                with reading(self._engine) as session:
                    self._reader.begin(session)
                self._thread = threading.Thread(target=self._run, name="live-feed", daemon=True)
                self._thread.start()
            self._watchers.add(watcher)

    def _updates(self, watcher: Watcher, after: int | None, until: float) -> Iterator[bytes]:
        try:
            yield b"retry: 1000\n\n"
            yield from self._missed(watcher, after)
            while time.monotonic() < until and not self._stop.is_set():
                if watcher.has_lost:
                    yield _update("reset", {}, None)
                    return
                try:
                    yield watcher.updates.get(timeout=_BEAT_SECONDS)
                except queue.Empty:
                    yield _update("beat", {}, self._reader.place)
            if not self._stop.is_set():
                yield _update("renew", {}, None)
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def _missed(self, watcher: Watcher, after: int | None) -> list[bytes]:
        # Taken before reading, so that what is committed meanwhile is sent again, not left out.
        place = self._reader.place
        # All is read before any is sent: a slow page must not hold a connection open.
        with reading(self._engine) as session:
            changes = _changes_after(session, watcher.authority_id, after)
            if changes is None:
                return [_update("reset", {}, place)]
            board = self._pieces.board(session, watcher.authority_id)
            pieces = list(self._for_page(session, watcher, changes))
        # What waits for the viewer may have changed while the page was away.
        updates = [("board", board), *pieces, ("notice", {"for": None}), ("ready", {})]
        return [_update(name, piece, place) for name, piece in updates]

    def _for_page(
        self, session: Session, watcher: Watcher, changes: Sequence[Change]
    ) -> Iterator[tuple[str, Piece]]:
        if watcher.conversation_id is None:
            ids = {change.conversation_id for change in changes if change.kind in _ROW_KINDS}
            yield from self._rows(session, watcher.authority_id, ids)
        else:
            mine = [c for c in changes if c.conversation_id == watcher.conversation_id]
            yield from self._conversation(session, watcher.conversation_id, mine)

    def _rows(
        self, session: Session, authority_id: int, ids: set[int | None]
    ) -> Iterator[tuple[str, Piece]]:
        known = sorted(row_id for row_id in ids if row_id is not None)
        if known:
            for piece in self._pieces.rows(session, authority_id, known):
                yield "row", piece

    def _conversation(
        self, session: Session, conversation_id: int, changes: Iterable[Change]
    ) -> Iterator[tuple[str, Piece]]:
        messages: set[int] = set()
        notes: set[int] = set()
        has_panel = False
        for change in changes:
            if change.kind in _MESSAGE_KINDS and change.subject_id is not None:
                messages.add(change.subject_id)
            if change.kind == "note" and change.subject_id is not None:
                notes.add(change.subject_id)
            has_panel = has_panel or change.kind in _PANEL_KINDS
        if messages or notes:
            conversation = session.get_one(Conversation, conversation_id)
            for piece in self._pieces.messages(session, conversation, sorted(messages)):
                yield "message", piece
            for piece in self._pieces.notes(session, conversation, sorted(notes)):
                yield "message", piece
        if has_panel:
            yield "panel", {}

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            has_watchers = bool(self._watchers)
            try:
                self._pass_on()
                failures = 0
            except Exception as error:  # noqa: BLE001  # the one loop that must not die
                failures += 1
                # No traceback: its frames hold what children wrote.
                log.error("live_feed_failed", failures=failures, fault=type(error).__name__)  # noqa: TRY400
                if failures >= _TRIES:
                    self._skip()
            self._stop.wait(_POLL_SECONDS if has_watchers else _IDLE_SECONDS)

    def _pass_on(self) -> None:
        with reading(self._engine) as session:
            changes = self._reader.read(session)
            if changes:
                self._fan_out(session, changes)
            has_gone_back = not changes and self._reader.has_gone_back(session)
        self._reader.accept(changes)
        if has_gone_back:
            self._skip()

    def _skip(self) -> None:
        # One change that cannot be shown must not stop all that come after it.
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher.has_lost = True
        _offer(watchers, [b": anew\n\n"])
        with reading(self._engine) as session:
            self._reader.begin(session)

    def _fan_out(self, session: Session, changes: Sequence[Change]) -> None:
        place = self._reader.place_after(changes)
        with self._lock:
            watchers = list(self._watchers)
        by_authority: dict[int, list[Watcher]] = defaultdict(list)
        for watcher in watchers:
            by_authority[watcher.authority_id].append(watcher)
        for authority_id, interested in by_authority.items():
            theirs = [change for change in changes if change.authority_id == authority_id]
            if theirs:
                self._to_authority(session, authority_id, interested, theirs, place)

    def _to_authority(
        self,
        session: Session,
        authority_id: int,
        watchers: list[Watcher],
        changes: list[Change],
        place: int,
    ) -> None:
        if any(change.kind in _BOARD_KINDS for change in changes):
            board = _update("board", self._pieces.board(session, authority_id), place)
            _offer(watchers, [board])
        for change in changes:
            if change.kind == "notice":
                # Which page it is for, the page itself knows.
                _offer(watchers, [_update("notice", {"for": change.subject_id}, place)])
        pages: dict[int | None, list[Watcher]] = defaultdict(list)
        for watcher in watchers:
            pages[watcher.conversation_id].append(watcher)
        for same_page in pages.values():
            updates = self._for_page(session, same_page[0], changes)
            _offer(same_page, [_update(name, piece, place) for name, piece in updates])


class _Reader:
    """Knows which rows of the event table were seen, whatever order they were committed in."""

    def __init__(self, *, is_ordered: bool) -> None:
        self.is_ordered = is_ordered
        self._newest = 0
        self._missing: dict[int, float] = {}
        """Numbers skipped so far, and when that was noticed."""

    @property
    def place(self) -> int:
        """Gives the number up to which nothing is missing."""
        return min(self._missing, default=self._newest + 1) - 1

    def place_after(self, changes: Sequence[Change]) -> int:
        """Gives what `place` will be once these are accepted."""
        seen = {change.id for change in changes}
        newest = max(seen, default=self._newest)
        still = [number for number in self._missing if number not in seen]
        gaps = [n for n in range(self._newest + 1, newest + 1) if n not in seen]
        return min([*still, *self._gaps(gaps)], default=max(newest, self._newest) + 1) - 1

    def begin(self, session: Session) -> None:
        """Starts at the newest row."""
        self._newest = session.scalar(select(func.max(LiveEvent.id))) or 0
        self._missing = {}
        if not self.is_ordered:
            first = max(1, self._newest - _LATE_ROWS)
            there = set(session.scalars(select(LiveEvent.id).where(LiveEvent.id >= first)))
            self._note(n for n in range(first, self._newest) if n not in there)

    def read(self, session: Session) -> list[Change]:
        """Gives the rows not seen before."""
        wanted = LiveEvent.id > self._newest
        if self._missing:
            wanted = or_(wanted, LiveEvent.id.in_(list(self._missing)))
        return _read(session, wanted, _REPLAY_LIMIT)

    def has_gone_back(self, session: Session) -> bool:
        """Tells whether the newest rows are gone, as after a restore, so that numbers repeat."""
        return (session.scalar(select(func.max(LiveEvent.id))) or 0) < self._newest

    def accept(self, changes: Sequence[Change]) -> None:
        """Counts rows as seen."""
        given_up = time.monotonic() - _GIVE_UP_SECONDS
        seen = {change.id for change in changes}
        self._missing = {
            number: noticed
            for number, noticed in self._missing.items()
            if number not in seen and noticed > given_up
        }
        newest = max(seen, default=self._newest)
        self._note(n for n in range(self._newest + 1, newest) if n not in seen)
        self._newest = max(newest, self._newest)

    def _note(self, numbers: Iterable[int]) -> None:
        for number in self._gaps(numbers):
            self._missing[number] = time.monotonic()

    def _gaps(self, numbers: Iterable[int]) -> list[int]:
        # SQLite has one writer at a time: a number skipped there never comes.
        return [] if self.is_ordered else list(numbers)


def forget_before(session: Session, moment: dt.datetime) -> int:
    """Removes old rows of the event table, and gives how many; pages older than that start anew."""
    # The newest row stays: by it a page that slept for long sees that rows are gone.
    newest = session.scalar(select(func.max(LiveEvent.id))) or 0
    old = session.scalars(
        select(LiveEvent).where(LiveEvent.at < moment).where(LiveEvent.id < newest).limit(5000)
    ).all()
    for row in old:
        session.delete(row)
    return len(old)


def announce_duty(session: Session, authority_id: int) -> None:
    """Tells open consoles that somebody went on or off duty."""
    session.add(
        LiveEvent(authority_id=authority_id, conversation_id=None, kind="duty", at=utc_now())
    )


def _changes_after(session: Session, authority_id: int, after: int | None) -> list[Change] | None:
    """Gives what changed after a place; None when that is too much, or no longer kept."""
    if after is None:
        return []
    oldest = session.scalar(select(func.min(LiveEvent.id)))
    if oldest is not None and oldest > after + 1 and after > 0:
        return None
    wanted = (LiveEvent.id > after) & (LiveEvent.authority_id == authority_id)
    changes = _read(session, wanted, _REPLAY_LIMIT)
    return None if len(changes) >= _REPLAY_LIMIT else changes


def _read(session: Session, wanted: object, limit: int) -> list[Change]:
    rows = session.execute(
        select(
            LiveEvent.id,
            LiveEvent.authority_id,
            LiveEvent.conversation_id,
            LiveEvent.kind,
            LiveEvent.subject_id,
        )
        .where(wanted)  # type: ignore[arg-type]  # a condition, whichever way it was joined
        .order_by(LiveEvent.id)
        .limit(limit)
    )
    return [
        Change(
            id=row[0], authority_id=row[1], conversation_id=row[2], kind=row[3], subject_id=row[4]
        )
        for row in rows
    ]


def _offer(watchers: Iterable[Watcher], updates: Iterable[bytes]) -> None:
    for update in updates:
        for watcher in watchers:
            watcher.offer(update)


def _update(name: str, piece: Piece, place: int | None) -> bytes:
    line = f"id: {place}\n" if place is not None else ""
    # JSON has no bare line break, so one data line carries any text.
    return f"{line}event: {name}\ndata: {json.dumps(piece)}\n\n".encode()
