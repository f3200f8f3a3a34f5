"""Live updates: one reader of the event table, fanned out to every open console.

Each update carries the place in the event table up to which nothing is missing. A page that was
asleep or cut off asks for what came after its place; what it gets twice replaces itself.
"""

import datetime as dt
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import structlog
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from handover import events
from handover.events import Change
from handover.rendering import Piece, Pieces
from models.audit import LiveEvent
from models.base import utc_now
from models.conversation import Conversation
from models.db import reading

log = structlog.get_logger()

_POLL_SECONDS = 0.06
_BETWEEN_SECONDS = 0.02
"""At least so long between two looks: what many children write in a moment goes out together."""
_IDLE_SECONDS = 0.5
_BEAT_SECONDS = 8.0
"""A page that hears nothing for three of these knows that its line is dead."""
_QUEUE_LENGTH = 400
"""Updates that one slow page may fall behind before it is told to fetch everything anew."""
_LATER_SECONDS = 1.0
"""How long a row of the lists may wait when only a message came: its words are not in the row."""
_GONE_BACK_SECONDS = 1.0
_TRIES = 3

_PANEL_KINDS = {"holder", "urgency", "contact", "alert"}
_BOARD_KINDS = {"holder", "urgency", "alert", "duty"}
_ROW_KINDS = {"message", "holder", "urgency", "alert"}
_MESSAGE_KINDS = {"message", "delivery", "urgency"}


class TooManyWatchersError(Exception):
    """Every thread kept for live pages is in use."""


class Watcher:
    """One open page: which conversation it shows, or None for the lists."""

    def __init__(
        self, *, authority_id: int, conversation_id: int | None, practitioner_id: int | None
    ) -> None:
        self.authority_id = authority_id
        self.conversation_id = conversation_id
        self.practitioner_id = practitioner_id
        self.has_lost = False
        """True once an update did not fit; the page must then fetch everything anew."""
        self.is_over = False
        """True once its reader may have lost their sign-in; the page must then ask anew."""
        self._condition = threading.Condition()
        self._updates: list[bytes] = []

    def offer(self, updates: Sequence[bytes]) -> None:
        """Passes updates on, without ever waiting for a slow page."""
        with self._condition:
            if len(self._updates) + len(updates) > _QUEUE_LENGTH:
                self.has_lost = True
            else:
                self._updates += updates
            self._condition.notify()

    @property
    def goes_on(self) -> bool:
        """Tells whether the line still carries what changes."""
        return not (self.has_lost or self.is_over)

    def end(self) -> None:
        """Ends the line: nothing more goes to this page until its sign-in was checked again."""
        with self._condition:
            self.is_over = True
            self._updates = []
            self._condition.notify()

    def take(self, seconds: float) -> bytes:
        """Gives all that waits for the page, in one piece; nothing when the time ran out."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._updates or self.has_lost or self.is_over, timeout=seconds
            )
            taken, self._updates = self._updates, []
        return b"".join(taken)


class Feed:
    """Reads what changed, renders it once and passes it to all who watch."""

    def __init__(self, engine: Engine, pieces: Pieces, *, most_watchers: int = 400) -> None:
        self._engine = engine
        self._pieces = pieces
        self.most_watchers = most_watchers
        self._watchers: set[Watcher] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._reader = events.Reader(is_ordered=engine.dialect.name == "sqlite")
        self._later = _LaterRows()
        self._looked_back = 0.0

    def place(self, session: Session) -> int:
        """Gives the place from which a page rendered in this session must be kept up to date."""
        if self._thread is not None:
            return self._reader.place
        newest = session.scalar(select(func.max(LiveEvent.id))) or 0
        return newest if self._reader.is_ordered else max(0, newest - events.LATE_ROWS)

    def wake(self) -> None:
        """Passes on at once what was just committed, instead of at the next look."""
        self._awake.set()

    def stream(
        self,
        *,
        authority_id: int,
        conversation_id: int | None,
        after: int | None,
        seconds: float,
        practitioner_id: int | None = None,
    ) -> Iterator[bytes]:
        """Gives the updates for one page, in server-sent form, for at most so many seconds.

        Raises:
            TooManyWatchersError: no thread is left for another live page.
        """
        watcher = Watcher(
            authority_id=authority_id,
            conversation_id=conversation_id,
            practitioner_id=practitioner_id,
        )
        self._add(watcher)
        return self._updates(watcher, after, time.monotonic() + seconds)

    def stop(self) -> None:
        """Ends the reading thread and every stream."""
        self._stop.set()
        self._awake.set()
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
            while time.monotonic() < until and not (watcher.is_over or self._stop.is_set()):
                if watcher.has_lost:
                    yield _update("reset", {}, None)
                    return
                updates = watcher.take(_BEAT_SECONDS)
                if updates:
                    yield updates
                elif watcher.goes_on:
                    yield _update("beat", {}, self._place_of(watcher))
            if not self._stop.is_set():
                yield _update("renew", {}, None)
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def _place_of(self, watcher: Watcher) -> int:
        place = self._reader.place
        if watcher.conversation_id is not None:
            return place
        return self._later.place(watcher.authority_id, place)

    def _missed(self, watcher: Watcher, after: int | None) -> list[bytes]:
        # Taken before reading, so that what is committed meanwhile is sent again, not left out.
        place = self._reader.place
        # All is read before any is sent: a slow page must not hold a connection open.
        with reading(self._engine) as session:
            changes = events.changes_after(session, watcher.authority_id, after)
            if changes is None:
                return [_update("reset", {}, place)]
            board = self._pieces.board(session, watcher.authority_id)
            pieces = list(self._for_page(session, watcher, changes))
        # What waits for the viewer may have changed while the page was away.
        updates = [("board", board), *pieces, ("notice", {"for": None}), ("ready", {})]
        return [_update(name, piece, place) for name, piece in updates]

    def _for_page(
        self, session: Session, watcher: Watcher, changes: Sequence[Change]
    ) -> list[tuple[str, Piece]]:
        if watcher.conversation_id is None:
            return self._rows(session, watcher.authority_id, _rows_of(changes))
        talks = self._talks(session, {watcher.conversation_id}, changes)
        return talks.get(watcher.conversation_id, [])

    def _rows(self, session: Session, authority_id: int, ids: set[int]) -> list[tuple[str, Piece]]:
        if not ids:
            return []
        return [("row", piece) for piece in self._pieces.rows(session, authority_id, sorted(ids))]

    def _talks(
        self, session: Session, shown: set[int], changes: Iterable[Change]
    ) -> dict[int, list[tuple[str, Piece]]]:
        """Gives what is new in some conversations, all of them read together."""
        theirs = [change for change in changes if change.conversation_id in shown]
        if not theirs:
            return {}
        updates: dict[int, list[tuple[str, Piece]]] = defaultdict(list)
        talks = _conversations(session, {change.conversation_id for change in theirs})
        for number, piece in self._pieces.messages(session, _subjects(theirs, _MESSAGE_KINDS)):
            updates[number].append(("message", piece))
        for number, talk in talks.items():
            mine = [change for change in theirs if change.conversation_id == number]
            notes = _subjects(mine, {"note"})
            if notes:
                pieces = self._pieces.notes(session, talk, notes)
                updates[number] += [("message", piece) for piece in pieces]
            if any(change.kind in _PANEL_KINDS for change in mine):
                updates[number].append(("panel", {}))
        return updates

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            has_watchers = bool(self._watchers)
            self._awake.clear()
            try:
                if failures >= _TRIES:
                    # This fails too while the database is away, and must not end the loop.
                    self._skip()
                self._pass_on()
                failures = 0
            except Exception as error:  # noqa: BLE001  # the one loop that must not die
                failures += 1
                # No traceback: its frames hold what children wrote.
                log.error("live_feed_failed", failures=failures, fault=type(error).__name__)  # noqa: TRY400
            self._stop.wait(_BETWEEN_SECONDS)
            self._awake.wait(_POLL_SECONDS - _BETWEEN_SECONDS if has_watchers else _IDLE_SECONDS)

    def _pass_on(self) -> None:
        with reading(self._engine) as session:
            changes = self._reader.read(session)
            if changes or self._later.is_due():
                self._fan_out(session, changes)
            has_gone_back = not changes and self._has_gone_back(session)
        self._reader.accept(changes)
        if has_gone_back:
            self._skip()

    def _has_gone_back(self, session: Session) -> bool:
        # It happens once in a service's life: not to be asked at every look.
        now = time.monotonic()
        if now - self._looked_back < _GONE_BACK_SECONDS:
            return False
        self._looked_back = now
        return self._reader.has_gone_back(session)

    def _skip(self) -> None:
        # One change that cannot be shown must not stop all that come after it.
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher.has_lost = True
        _offer(watchers, [b": anew\n\n"])
        self._later = _LaterRows()
        with reading(self._engine) as session:
            self._reader.begin(session)

    def _fan_out(self, session: Session, changes: Sequence[Change]) -> None:
        place = self._reader.place_after(changes)
        # Before anything else goes: whoever signed out elsewhere is shown no further word.
        signed_out = {change.subject_id for change in changes if change.kind == "access"}
        with self._lock:
            for watcher in self._watchers:
                if watcher.practitioner_id in signed_out:
                    watcher.end()
            watchers = [one for one in self._watchers if not one.is_over]
        by_authority: dict[int, list[Watcher]] = defaultdict(list)
        for watcher in watchers:
            by_authority[watcher.authority_id].append(watcher)
        self._later.only_for({one.authority_id for one in watchers if one.conversation_id is None})
        for authority_id, interested in by_authority.items():
            theirs = [change for change in changes if change.authority_id == authority_id]
            self._to_authority(session, authority_id, interested, theirs, place)

    def _to_authority(
        self,
        session: Session,
        authority_id: int,
        watchers: list[Watcher],
        changes: list[Change],
        place: int,
    ) -> None:
        for_all: list[tuple[str, Piece]] = []
        if any(change.kind in _BOARD_KINDS for change in changes):
            for_all.append(("board", self._pieces.board(session, authority_id)))
        # Which page a notice is for, the page itself knows.
        for_all += [("notice", {"for": one.subject_id}) for one in changes if one.kind == "notice"]
        pages: dict[int, list[Watcher]] = defaultdict(list)
        lists: list[Watcher] = []
        for watcher in watchers:
            same = lists if watcher.conversation_id is None else pages[watcher.conversation_id]
            same.append(watcher)
        talks = self._talks(session, set(pages), changes)
        for conversation_id, same_page in pages.items():
            updates = [*for_all, *talks.get(conversation_id, [])]
            _offer(same_page, [_update(name, piece, place) for name, piece in updates])
        if lists:
            rows = self._later.take_in(authority_id, changes)
            updates = [*for_all, *self._rows(session, authority_id, rows)]
            reached = self._later.place(authority_id, place, without=rows)
            _offer(lists, [_update(name, piece, reached) for name, piece in updates])
            self._later.sent(authority_id, rows)


class _LaterRows:
    """The rows of the lists that only new messages changed: they go together, once a second.

    Until they have gone, the lists' place stays before them, so that a page which is cut off
    meanwhile asks for them.
    """

    def __init__(self) -> None:
        # By authority, each conversation with the first change that is not shown yet. The inner
        # ones are replaced, never changed: the threads of the pages read them.
        self._rows: dict[int, dict[int, int]] = {}
        self._since = 0.0

    def take_in(self, authority_id: int, changes: Iterable[Change]) -> set[int]:
        """Gives which rows are to be shown now, and keeps the others for later."""
        kept = self._rows.get(authority_id, {})
        if not any(self._rows.values()):
            self._since = time.monotonic()
        said = [change for change in changes if change.kind == "message"]
        new = {one.conversation_id: one.id for one in reversed(said) if one.conversation_id}
        self._rows[authority_id] = {**new, **kept}
        at_once = _rows_of(change for change in changes if change.kind != "message")
        return at_once | self._rows[authority_id].keys() if self.is_due() else at_once

    def sent(self, authority_id: int, shown: set[int]) -> None:
        """Forgets rows that are on their way to the pages."""
        kept = self._rows.get(authority_id, {})
        self._rows[authority_id] = {one: at for one, at in kept.items() if one not in shown}

    def only_for(self, authorities: set[int]) -> None:
        """Forgets the rows of authorities whose lists nobody looks at."""
        self._rows = {one: rows for one, rows in self._rows.items() if one in authorities}

    def is_due(self) -> bool:
        """Tells whether what was kept has waited for long enough."""
        is_late = time.monotonic() - self._since >= _LATER_SECONDS
        return is_late and any(self._rows.values())

    def place(self, authority_id: int, place: int, *, without: Iterable[int] = ()) -> int:
        """Gives the place up to which an authority's lists have everything, once some are shown."""
        kept = self._rows.get(authority_id, {})
        return min([place + 1, *(kept[one] for one in kept.keys() - set(without))]) - 1


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


def _conversations(session: Session, ids: set[int | None]) -> dict[int, Conversation]:
    found = session.scalars(_SHOWN, {"ids": list(ids)})
    return {conversation.id: conversation for conversation in found}


# Made once: it is asked for every change that open pages show.
_SHOWN = (
    select(Conversation)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .options(joinedload(Conversation.child, innerjoin=True))
)


def _subjects(changes: Iterable[Change], kinds: set[str]) -> list[int]:
    found = {change.subject_id for change in changes if change.kind in kinds}
    return sorted(one for one in found if one is not None)


def _rows_of(changes: Iterable[Change]) -> set[int]:
    return {
        change.conversation_id
        for change in changes
        if change.kind in _ROW_KINDS and change.conversation_id is not None
    }


def _offer(watchers: Iterable[Watcher], updates: Sequence[bytes]) -> None:
    if updates:
        for watcher in watchers:
            watcher.offer(updates)


def _update(name: str, piece: Piece, place: int | None) -> bytes:
    line = f"id: {place}\n" if place is not None else ""
    # JSON has no bare line break, so one data line carries any text.
    return f"{line}event: {name}\ndata: {json.dumps(piece)}\n\n".encode()
