"""Live updates: what changes reaches every open page, once in effect, whatever happens."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from handover import live
from handover.live import Feed, TooManyWatchersError
from handover.rendering import Piece
from models.audit import LiveEvent
from models.base import utc_now
from models.db import reading, transaction

SOON = 5.0


class Reader:
    """An open page: keeps what it is sent."""

    def __init__(self, feed: Feed, authority_id: int, conversation_id: int | None, after=None):
        self.updates: list[tuple[int | None, str, Piece]] = []
        self._stream = feed.stream(
            authority_id=authority_id, conversation_id=conversation_id, after=after, seconds=60
        )
        self._ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        assert self._ready.wait(SOON)

    def wait_for(self, name: str, holds: Callable[[Piece], bool] = lambda _: True) -> Piece:
        until = time.monotonic() + SOON
        while time.monotonic() < until:
            for _, found, piece in list(self.updates):
                if found == name and holds(piece):
                    return piece
            time.sleep(0.01)
        raise AssertionError(f"No {name} in {[one[1] for one in self.updates]}")

    @property
    def place(self) -> int:
        return max(number for number, _, _ in self.updates if number is not None)

    @property
    def names(self) -> list[str]:
        return [name for _, name, _ in self.updates]

    def _read(self) -> None:
        # What came in a moment is sent in one piece.
        for block in (one for piece in self._stream for one in piece.split(b"\n\n")):
            fields = dict(
                line.split(": ", 1) for line in block.decode().splitlines() if ": " in line
            )
            if "event" not in fields:
                continue
            number = int(fields["id"]) if "id" in fields else None
            self.updates.append((number, fields["event"], json.loads(fields["data"])))
            if fields["event"] in {"ready", "reset"}:
                self._ready.set()


@pytest.fixture
def feed(app: Flask) -> Iterator[Feed]:
    feed: Feed = app.extensions["console"].feed
    yield feed
    feed.stop()


def test_a_childs_message_shows_before_any_bot_has_answered(door, feed) -> None:
    door.child_says("hi")
    page = Reader(feed, door.authority.id, door.conversation_id)

    said = door.child_says("are you there")

    piece = page.wait_for("message", lambda one: one["id"] == f"message-{said.message_id}")
    assert "are you there" in piece["html"]


def test_an_emergency_reaches_every_page_within_a_second(door, feed) -> None:
    door.child_says("hi")
    pages = [Reader(feed, door.authority.id, None) for _ in range(5)]
    pages.append(Reader(feed, door.authority.id, door.conversation_id))
    begun = time.monotonic()

    door.child_says("he is coming up the stairs with a knife")

    for page in pages:
        board = page.wait_for("board", lambda one: bool(one["alerts"]))
        assert board["alerts"][0]["urgency"] == "emergency"
    assert time.monotonic() - begun < 1.0 or door.engine.dialect.name == "postgresql"


def test_a_page_that_slept_gets_what_it_missed(door, feed) -> None:
    door.child_says("hi")
    place = Reader(feed, door.authority.id, door.conversation_id).place
    said = door.child_says("i waited for you")

    woken = Reader(feed, door.authority.id, door.conversation_id, after=place)

    assert woken.wait_for("message")["id"] == f"message-{said.message_id}"


def test_a_page_from_before_a_restart_gets_what_it_missed(door, feed, engine, app) -> None:
    door.child_says("hi")
    place = Reader(feed, door.authority.id, None).place
    feed.stop()
    door.child_says("i need help now, he has a knife")

    restarted = Feed(engine, app.extensions["console"].pieces)
    page = Reader(restarted, door.authority.id, None, after=place)
    restarted.stop()

    assert page.wait_for("row")["id"] == f"conversation-{door.conversation_id}"


def test_a_page_that_slept_too_long_starts_anew(door, feed, engine) -> None:
    door.child_says("hi")
    door.work()
    door.child_says("still here")
    with transaction(engine) as session:
        gone = live.forget_before(session, utc_now().replace(year=2100))

    assert gone > 0
    assert "reset" in Reader(feed, door.authority.id, None, after=1).names


def test_a_table_that_was_emptied_leaves_no_page_deaf(door, feed, engine) -> None:
    door.child_says("hi")
    door.work()
    page = Reader(feed, door.authority.id, None)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM live_event"))
    page.wait_for("reset")

    again = Reader(feed, door.authority.id, None)
    door.child_says("he is coming up the stairs with a knife")

    again.wait_for("board", lambda one: bool(one["alerts"]))


def test_the_newest_row_is_never_forgotten_so_that_numbers_never_repeat(door, engine) -> None:
    door.child_says("hi")
    with transaction(engine) as session:
        live.forget_before(session, utc_now().replace(year=2100))

    with reading(engine) as session:
        assert len(session.scalars(select(LiveEvent)).all()) == 1


def test_other_authorities_hear_nothing(door, feed) -> None:
    elsewhere = Reader(feed, door.authority.id + 1_000_000, None)

    door.child_says("he is coming up the stairs with a knife")
    Reader(feed, door.authority.id, None).wait_for("board", lambda one: bool(one["alerts"]))

    assert [one for _, name, one in elsewhere.updates if name == "board" and one["alerts"]] == []
    assert "row" not in elsewhere.names


def test_a_change_that_is_committed_late_is_not_passed_over(door, feed, engine) -> None:
    door.child_says("hi")
    page = Reader(feed, door.authority.id, door.conversation_id)
    with Session(engine) as late:
        if engine.dialect.name == "postgresql":
            # Its number is given now; SQLite, with one writer, would let nobody else write.
            live.announce_duty(late, door.authority.id)
            late.flush()
        said = door.child_says("quick one")
        page.wait_for("message", lambda one: one["id"] == f"message-{said.message_id}")
        if engine.dialect.name == "sqlite":
            live.announce_duty(late, door.authority.id)
        place = page.place
        late.commit()

    missed = Reader(feed, door.authority.id, None, after=place)

    with reading(engine) as session:
        duty = session.scalars(select(LiveEvent.id).where(LiveEvent.kind == "duty")).one()
    assert place < duty
    page.wait_for("board", lambda one: one["on_duty"] == 0 and page.names.count("board") > 1)
    assert "ready" in missed.names


def test_a_slow_page_is_told_to_start_anew_and_holds_nobody_up(door, feed) -> None:
    door.child_says("hi")
    slow = feed.stream(
        authority_id=door.authority.id,
        conversation_id=door.conversation_id,
        after=None,
        seconds=60,
    )
    next(slow)
    watching = Reader(feed, door.authority.id, door.conversation_id)
    for number in range(450):
        door.child_says(f"line {number}")
    watching.wait_for("message", lambda one: "line 449" in one["html"])

    names = [block.split(b"event: ")[1].split(b"\n")[0] for block in slow if b"event: " in block]

    assert names[-1] == b"reset"


def test_there_is_an_end_to_how_many_pages_hold_a_thread(door, feed) -> None:
    feed.most_watchers = 1
    Reader(feed, door.authority.id, None)

    with pytest.raises(TooManyWatchersError):
        feed.stream(authority_id=door.authority.id, conversation_id=None, after=None, seconds=1)


def test_the_stream_is_refused_to_those_who_may_not_see_the_conversation(
    app, door, anna, desk_of
) -> None:
    desk = desk_of(anna)
    door.child_says("hi")

    assert desk.get(f"/conversations/{door.conversation_id + 1}/live").status_code == 404
    assert app.test_client().get(f"/conversations/{door.conversation_id}/live").status_code == 302


def test_a_stream_is_plain_text_events_and_never_kept(door, anna, desk_of) -> None:
    door.child_says("hi")
    answer = desk_of(anna).client.get(
        f"/conversations/{door.conversation_id}/live", headers={"Accept": "text/event-stream"}
    )

    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    answer.close()


def test_the_reader_survives_a_database_that_is_away_however_long(door, feed, engine) -> None:
    door.child_says("hi")
    page = Reader(feed, door.authority.id, door.conversation_id)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE live_event RENAME TO live_event_away"))
    # After some tries every page is told to fetch all anew; the reader itself goes on trying.
    page.wait_for("reset", lambda _: True)
    time.sleep(0.3)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE live_event_away RENAME TO live_event"))
    again = _reader_that_stays(feed, door)

    said = door.child_says("back again")

    again.wait_for("message", lambda one: one["id"] == f"message-{said.message_id}")


def _reader_that_stays(feed, door) -> Reader:
    """Gives a page that was loaded anew as often as it was told to, as a browser does."""
    for _ in range(20):
        page = Reader(feed, door.authority.id, door.conversation_id)
        time.sleep(0.7)
        if "reset" not in page.names:
            return page
    raise AssertionError("Every page is told to fetch all anew, for ever.")


def test_a_list_that_is_cut_off_before_it_heard_of_a_message_asks_for_it(door, feed, engine):
    door.child_says("hi")
    page = Reader(feed, door.authority.id, None)
    door.child_says("still here")
    with transaction(engine) as session:
        live.announce_duty(session, door.authority.id)
    page.wait_for("board", lambda _: page.names.count("board") > 1)
    heard = page.names.count("row")

    again = Reader(feed, door.authority.id, None, after=page.place)

    assert heard or "row" in again.names
    page.wait_for("row", lambda one: one["id"] == f"conversation-{door.conversation_id}")
