"""The lists: who comes first, who is in which, and pages that stay fast."""

import datetime as dt
import re

import pytest
from sqlalchemy import Engine, event

from handover import calling, ladder, lists, service
from handover.lists import ListName
from models.base import utc_now
from models.channel import ChannelName
from models.conversation import Child, Conversation, HandoverReason
from models.db import reading, transaction
from models.urgency import Urgency
from tests.door import add_account, add_authority
from tests.handover.desk import add_staff

_NAME = re.compile(r'app-row__name"><a[^>]+>([^<]+)<')


def test_the_most_urgent_come_first_and_then_those_who_wait_longest(
    engine, authority, anna, desk_of
) -> None:
    _call(engine, authority, "Ash", Urgency.CONCERN, minutes=300)
    _call(engine, authority, "Bea", Urgency.URGENT, minutes=5)
    _call(engine, authority, "Cal", Urgency.URGENT, minutes=50)
    _call(engine, authority, "Dot", Urgency.EMERGENCY, minutes=1)

    assert _names(desk_of(anna), "/queue") == ["Dot", "Cal", "Bea", "Ash"]


def test_each_list_has_its_own(engine, authority, anna, ben, desk_of) -> None:
    waiting = _call(engine, authority, "Ash", Urgency.URGENT)
    mine = _call(engine, authority, "Bea", Urgency.URGENT)
    bens = _call(engine, authority, "Cal", Urgency.URGENT)
    ended = _call(engine, authority, "Dot", Urgency.URGENT)
    with transaction(engine) as session:
        service.take_over(session, anna, mine)
        service.take_over(session, ben, bens)
        service.take_over(session, anna, ended)
        service.end(session, anna, ended)
    desk = desk_of(anna)

    assert _names(desk, "/queue") == ["Ash"]
    assert _names(desk, "/queue?list=mine") == ["Bea"]
    assert set(_names(desk, "/queue?list=open")) == {"Ash", "Bea", "Cal"}
    assert _names(desk, "/queue?list=ended") == ["Dot"]
    assert waiting


def test_another_authoritys_children_are_not_in_it(engine, anna, desk_of) -> None:
    other = add_authority(engine, la_code="999")
    conversation_id = _call(engine, other, "Eve", Urgency.EMERGENCY)
    desk = desk_of(anna)

    for name in ListName:
        assert "Eve" not in desk.get(f"/queue?list={name}").text
    assert desk.get(f"/conversations/{conversation_id}").status_code == 404
    assert desk.post(f"/conversations/{conversation_id}/take-over").status_code == 404


def test_every_page_says_that_an_emergency_waits(engine, authority, anna, desk_of) -> None:
    _call(engine, authority, "Ash", Urgency.EMERGENCY)
    desk = desk_of(anna)

    for path in ("/queue?list=ended", "/account", "/account/password", "/nowhere"):
        assert "1 emergency waiting for a person" in desk.get(path).text


def test_an_administrator_is_not_told_the_names_of_children(
    engine, authority, admin, desk_of
) -> None:
    _call(engine, authority, "Ash", Urgency.EMERGENCY)
    desk = desk_of(admin)

    for path in ("/account", "/account/password", "/nowhere"):
        page = desk.get(path).text
        assert "Ash" not in page
        assert "data-live" not in page


def test_an_emergency_stays_in_the_band_once_seen_and_leaves_it_once_taken(
    engine, authority, anna, desk_of
) -> None:
    conversation_id = _call(engine, authority, "Ash", Urgency.EMERGENCY)
    desk = desk_of(anna)
    desk.get("/queue")

    desk.post(f"/conversations/{conversation_id}/acknowledge")
    seen = desk.get("/account").text
    desk.post(f"/conversations/{conversation_id}/take-over")

    assert "Seen, not yet answered" in seen
    assert "emergency waiting" not in desk.get("/account").text


@pytest.mark.usefixtures("clock")
def test_the_time_to_answer_by_is_in_words(engine, authority, anna, desk_of) -> None:
    _call(engine, authority, "Ash", Urgency.URGENT, minutes=20)
    _call(engine, authority, "Bea", Urgency.URGENT, minutes=90)

    page = desk_of(anna).get("/queue").text

    assert "Answer within 40 minutes" in page
    assert "Late by 30 minutes" in page


@pytest.mark.parametrize("name", [ListName.WAITING, ListName.OPEN])
def test_a_long_list_is_read_page_by_page_with_nobody_left_out(
    engine, authority, anna, name
) -> None:
    expected = {
        _call(engine, authority, f"Child {number}", level, minutes=number)
        for number, level in enumerate([Urgency.URGENT, Urgency.CONCERN] * 60)
    }

    found: list[int] = []
    place: str | None = None
    with reading(engine) as session:
        while True:
            page = lists.page(session, anna, name, after=place)
            found += [row.conversation.id for row in page.rows]
            place = page.next_place
            if place is None:
                break

    assert len(found) == len(expected)
    assert set(found) == expected


def test_a_longer_list_takes_no_more_questions_to_the_database(
    engine: Engine, authority, anna, desk_of
) -> None:
    desk = desk_of(anna)
    _call(engine, authority, "Ash", Urgency.URGENT)
    few = _questions(engine, lambda: desk.get("/queue"))
    for number in range(30):
        _call(engine, authority, f"Child {number}", Urgency.URGENT)

    assert _questions(engine, lambda: desk.get("/queue")) <= few


def test_a_place_that_was_tampered_with_is_not_found(anna, desk_of) -> None:
    desk = desk_of(anna)

    assert desk.get("/queue?after=9-1-1").status_code == 404
    assert desk.get("/queue?after=x").status_code == 404


def test_going_off_duty_shows(engine, authority, anna, desk_of) -> None:
    add_staff(engine, authority, "Ben Hughes")
    desk = desk_of(anna)
    desk.get("/account")

    desk.post("/account/duty", on_duty="no")

    assert "<span data-on-duty>1</span>" in desk.get("/account").text


def _call(engine, authority, name: str, level: Urgency, *, minutes: float = 1) -> int:
    """Gives the conversation of a child who was called for so many minutes ago."""
    since = utc_now() - dt.timedelta(minutes=minutes)
    account = add_account(engine, authority, ChannelName.TELEGRAM, name=f"{name}-{minutes}")
    with transaction(engine) as session:
        child = Child(authority_id=authority.id, name_to_use=name)
        conversation = Conversation(
            authority_id=authority.id,
            account_id=account.id,
            child=child,
            address=name,
            address_digest=f"{name}-{minutes}",
            channel=ChannelName.TELEGRAM,
            urgency=level,
            last_inbound_at=since,
        )
        session.add(conversation)
        session.flush()
        call = calling.request(session, conversation, reason=HandoverReason.URGENT, urgency=level)
        call.requested_at = since
        ladder.settle(session, conversation)
    return conversation.id


def _names(desk, path: str) -> list[str]:
    return _NAME.findall(desk.get(path).text)


def _questions(engine: Engine, act) -> int:
    asked: list[str] = []

    def note(*arguments) -> None:
        asked.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    return len(asked)
