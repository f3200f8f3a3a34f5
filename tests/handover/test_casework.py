"""Notes, tasks, links between records, and contacts that came by telephone; without any script."""

import datetime as dt

import pytest
from sqlalchemy import select

from handover import casework, contacts, links, tasks
from handover.records import GatheredAnswer
from models.audit import AuditEvent
from models.base import utc_now
from models.casework import CaseNote, Task, TaskKind
from models.contact import AnswerStatus, Contact, ContactChannel
from models.conversation import Child, Conversation
from models.db import reading, transaction
from models.linking import ChildLink, Lookup
from tests.door import add_authority
from tests.handover.desk import Desk, add_staff

DAY = {"day-day": "12", "day-month": "1", "day-year": "2026"}


@pytest.fixture
def path(door) -> str:
    return _child(door, "Rosie", "7700900123")


def _child(door, name: str, address: str, school: str = "Hill School") -> str:
    """Gives the record of a child who told their name, age and school."""
    door.dialogue.cannot_score = True
    door.address = address
    door.dialogue.answers = tuple(
        GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value)
        for field, value in (("name_to_use", name), ("age", "13"), ("school", school))
    )
    door.child_says(f"im {name} and my stepdad hits me", address=address)
    door.work()
    return f"/contacts/{door.contact().id}"


def _post(desk: Desk, path: str, **fields: str):
    desk.get(path)
    return desk.post(path, **fields)


def test_a_note_is_kept_with_its_day_and_shown_in_the_chronology(anna, desk_of, path) -> None:
    desk = desk_of(anna)

    _post(desk, f"{path}/notes/new", kind="visit", text="Saw Rosie at her nan's", **DAY)

    page = desk.get(f"{path}/chronology").text
    assert "Saw Rosie at her nan" in page
    assert "12 January 2026" in page
    assert "Visit" in page


def test_a_note_is_corrected_by_one_that_stands_beside_it(anna, ben, desk_of, path, engine) -> None:
    _post(desk_of(anna), f"{path}/notes/new", kind="note", text="Aunt is called Dee", **DAY)
    with reading(engine) as session:
        note_id = session.scalars(select(CaseNote.id)).one()
    desk = desk_of(ben)

    _post(desk, f"{path}/notes/{note_id}/correct", text="Aunt is called Bea")

    page = desk.get(f"{path}/chronology").text
    assert "Aunt is called Dee" in page
    assert "Aunt is called Bea" in page
    assert "correcting an earlier one" in page


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({**DAY, "text": ""}, "Write the note"),
        ({**DAY, "day-month": "13", "text": "x"}, "must be a real date"),
        ({**DAY, "day-year": "2027", "text": "x"}, "today or in the past"),
        ({**DAY, "day-time": "25:00", "text": "x"}, "Time must be like 14:30"),
    ],
)
def test_what_is_wrong_with_a_note_is_said(anna, desk_of, path, fields, error) -> None:
    answer = _post(desk_of(anna), f"{path}/notes/new", kind="note", **fields)

    assert answer.status_code == 422
    assert error in answer.text


def test_a_task_is_its_owners_and_late_ones_show_on_every_page(
    door, anna, ben, desk_of, path
) -> None:
    due = {"due-day": "14", "due-month": "1", "due-year": "2026"}
    fields = {"kind": "follow_up", "what": "Ring the school", "owner": str(ben.id), **due}
    _post(desk_of(anna), f"{path}/tasks/new", **fields)
    first, second = desk_of(anna), desk_of(ben)

    assert "Ring the school" in second.get("/tasks").text
    assert "Ring the school" not in first.get("/tasks").text
    assert "Ring the school" in first.get("/tasks?list=all").text
    assert "app-count--late" not in second.get("/account").text
    door.clock.forward(days=2)
    late = desk_of(ben)
    assert 'app-count--late">1' in late.get("/account").text


def test_a_task_is_done_with_what_was_done_or_handed_on(anna, ben, desk_of, path, engine) -> None:
    due = {"due-day": "14", "due-month": "1", "due-year": "2026"}
    desk = desk_of(anna)
    _post(desk, f"{path}/tasks/new", kind="other", what="Ring", owner=str(anna.id), **due)
    with reading(engine) as session:
        task_id = session.scalars(select(Task.id).where(Task.kind == TaskKind.OTHER)).one()

    without = _post(desk, f"/tasks/{task_id}", result="")
    later = {"due-day": "15", "due-month": "1", "due-year": "2026"}
    _post(desk, f"/tasks/{task_id}", do="hand_on", owner=str(ben.id), **later)
    _post(desk_of(ben), f"/tasks/{task_id}", result="The school knows")

    assert "Say what was done" in without.text
    page = desk.get(f"/tasks/{task_id}").text
    assert "The school knows" in page
    assert "by Ben Hughes" in page
    assert "The school knows" in desk.get(f"{path}/chronology").text


def test_a_task_that_the_service_sets_is_set_once_and_is_the_named_workers(
    door, anna, desk_of, path, engine
) -> None:
    _post(desk_of(anna), f"{path}/worker", worker=str(anna.id), reason="FCONTA")

    for _ in range(2):
        with transaction(engine) as session:
            conversation = session.get_one(Conversation, door.conversation_id, with_for_update=True)
            tasks.create(
                session,
                conversation,
                kind=TaskKind.WELFARE_CHECK,
                due=utc_now(),
                what="Is she safe?",
                once="welfare:1",
            )

    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.WELFARE_CHECK)).one()
        assert task.owner_id == anna.id


def test_a_child_who_asks_for_another_worker_sets_a_coded_task_for_somebody_else(
    door, anna, desk_of, path, engine
) -> None:
    _post(desk_of(anna), f"{path}/worker", worker=str(anna.id), reason="FCONTA")

    with transaction(engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        casework.ask_for_another_worker(session, conversation, utc_now())

    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.CHANGE_OF_WORKER)).one()
        assert (task.reason_code, task.owner_id) == ("CHCHAN", None)


def test_a_named_worker_who_will_be_away_shows_on_the_record(anna, ben, desk_of, path) -> None:
    desk = desk_of(anna)
    _post(desk, f"{path}/worker", worker=str(anna.id), reason="FCONTA")
    days = {
        "first-day": "20",
        "first-month": "1",
        "first-year": "2026",
        "last-day": "24",
        "last-month": "1",
        "last-year": "2026",
    }

    backwards = _post(desk, "/account/away", **{**days, "last-day": "10"})
    _post(desk, "/account/away", cover=str(ben.id), note="On leave", **days)

    page = desk.get(f"{path}/chronology").text
    assert "must not be before the first" in backwards.text
    assert "Away from 20 January 2026 to 24 January 2026" in page
    assert "Ben Hughes answers meanwhile" in page


def test_who_was_the_named_worker_before_stays_on_record(anna, ben, desk_of, path) -> None:
    desk = desk_of(anna)
    _post(desk, f"{path}/worker", worker=str(anna.id), reason="FCONTA")

    without = _post(desk, f"{path}/worker", worker=str(ben.id), reason="")
    _post(desk, f"{path}/worker", worker=str(ben.id), reason="CHCHAN")

    page = desk.get(f"{path}/chronology").text
    assert without.status_code == 422
    assert "Named worker: Anna Okafor" in page
    assert "Named worker: Ben Hughes" in page


def test_a_child_of_the_same_name_age_and_school_is_suggested_and_can_be_linked(
    door, anna, desk_of, path, engine
) -> None:
    other = _child(door, "ROSIE", "7700900555", school="hill school")
    _child(door, "Rosie", "7700900777", school="Dale School")
    desk = desk_of(anna)
    first, second = _child_id(engine, path), _child_id(engine, other)

    suggested = desk.get(f"{path}/chronology").text
    _post(
        desk,
        f"{path}/links/new",
        other=str(second),
        kind="same_child",
        reason="She said so herself",
    )

    assert "the same age, name, school" in suggested
    assert f'href="{other}">ROSIE' in suggested
    page = desk.get(f"{path}/chronology").text
    assert "May be the same child" not in page
    assert "She said so herself" in page
    with reading(engine) as session:
        assert links.same_child(session, first) == [first, second]
        assert first != second
        kept = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "children_linked")
        ).one()
        assert kept.practitioner_id == anna.id


def test_a_safe_word_that_two_children_chose_links_and_tells_nothing(
    door, anna, desk_of, path, engine
) -> None:
    door.chooses_safe_word("bluebell")
    other = _child(door, "Kit", "7700900555", school="Dale School")
    door.chooses_safe_word("bluebell")
    desk = desk_of(anna)
    pages = [desk.get(f"{one}/chronology").text for one in (path, other)]
    desk.get("/search")
    found = desk.post("/search", name="bluebell").text

    for page in (*pages, found):
        assert "May be the same child" not in page
        assert "bluebell" not in page.replace('value="bluebell"', "")
    with reading(engine) as session:
        first, second = (_child_id(engine, one) for one in (path, other))
        kinds = set(session.scalars(select(Lookup.kind)))
        digests = {session.get_one(Child, one).safe_word_digest for one in (first, second)}
    assert "safe_word" not in kinds
    assert len(digests) == 2


def test_records_found_to_be_of_two_children_are_not_suggested_again(
    door, anna, desk_of, path, engine
) -> None:
    other = _child(door, "Rosie", "7700900555")
    desk = desk_of(anna)

    _post(
        desk,
        f"{path}/links/new",
        other=str(_child_id(engine, other)),
        kind="not_the_same",
        reason="Different surnames",
    )

    assert "May be the same child" not in desk.get(f"{path}/chronology").text
    with reading(engine) as session:
        assert len(links.same_child(session, _child_id(engine, path))) == 1


def test_a_link_ends_with_a_reason_and_stays_on_record(door, anna, desk_of, path, engine) -> None:
    other = _child(door, "Kit", "7700900555")
    desk = desk_of(anna)
    _post(
        desk,
        f"{path}/links/new",
        other=str(_child_id(engine, other)),
        kind="sibling",
        reason="Same mother",
    )
    with reading(engine) as session:
        link_id = session.scalars(select(ChildLink.id)).one()

    _post(desk, f"{path}/links/{link_id}/end", reason="They are cousins")

    assert "Brothers or sisters" not in desk.get(f"{path}/chronology").text
    with reading(engine) as session:
        kept = session.get_one(ChildLink, link_id)
        assert (kept.reason, kept.end_reason) == ("Same mother", "They are cousins")


def test_the_look_ups_hold_no_word_of_a_child(door, path, engine) -> None:
    with reading(engine) as session:
        rows = session.scalars(select(Lookup)).all()

        assert {row.kind for row in rows} == {"name_to_use", "age", "school"}
        assert all(len(row.digest) == 64 and "rosie" not in row.digest for row in rows)
    assert door
    assert path


PHONE = {
    "channel": "phone",
    "source": "2A",
    "concern": "A teacher saw bruises",
    "urgency": "urgent",
    "name_to_use": "Sam",
    "received-day": "13",
    "received-month": "1",
    "received-year": "2026",
    "received-time": "10:15",
}


@pytest.mark.usefixtures("clock")
def test_what_came_by_telephone_has_a_record_a_deadline_and_a_task(anna, desk_of, engine) -> None:
    desk = desk_of(anna)

    answer = _post(desk, "/contacts/new", **PHONE)

    page = desk.get(answer.headers["Location"]).text
    assert "A teacher saw bruises" in page
    assert "Telephone" in page
    assert "2A Schools" in page
    assert "14 January 2026 at 5:00pm" in page
    assert "Sam" in desk.get("/decisions").text
    assert "Act on what was written down" in desk.get("/tasks").text
    with reading(engine) as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.channel is ContactChannel.PHONE
        assert contact.received_at == dt.datetime(2026, 1, 13, 10, 15, tzinfo=dt.UTC)


@pytest.mark.usefixtures("clock")
def test_a_contact_without_a_channel_is_decided_and_told_by_a_person(anna, desk_of) -> None:
    desk = desk_of(anna)
    path = _post(desk, "/contacts/new", **PHONE).headers["Location"]

    by_message = _post(desk, f"{path}/decision", outcome="early_help", text="Agreed", telling="now")
    _post(desk, f"{path}/decision", outcome="early_help", text="Agreed", telling="told")

    assert "There is no channel to this child" in by_message.text
    assert "Told by the practitioner" in desk.get(path).text


@pytest.mark.parametrize("missing", ["channel", "source", "concern", "urgency"])
@pytest.mark.usefixtures("clock")
def test_what_a_written_contact_lacks_is_said_and_the_rest_is_given_back(
    anna, desk_of, missing
) -> None:
    answer = _post(desk_of(anna), "/contacts/new", **{**PHONE, missing: ""})

    assert answer.status_code == 422
    assert 'value="Sam"' in answer.text


@pytest.mark.usefixtures("clock")
def test_another_authority_sees_none_of_it(engine, anna, desk_of) -> None:
    desk = desk_of(anna)
    path = _post(desk, "/contacts/new", **PHONE).headers["Location"]
    with reading(engine) as session:
        task_id = session.scalars(select(Task.id)).one()
    stranger = desk_of(add_staff(engine, add_authority(engine, la_code="999"), "Eve Stone"))

    for page in (path, f"{path}/chronology", f"{path}/notes/new", f"/tasks/{task_id}"):
        assert stranger.get(page).status_code == 404
    assert "Sam" not in stranger.get("/decisions").text
    assert "Act on" not in stranger.get("/tasks?list=all").text


def _child_id(engine, path: str) -> int:
    with reading(engine) as session:
        return session.get_one(Contact, int(path.rsplit("/", 1)[1])).child_id


def test_a_record_is_closed_to_whoever_may_not_see_one_of_its_conversations(
    door, path, engine
) -> None:
    stranger = add_staff(engine, add_authority(engine, la_code="998"), "Eve Stone")

    with reading(engine) as session:
        assert not contacts.may_see_child(session, stranger, _child_id(engine, path))
    assert door
