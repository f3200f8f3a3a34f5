"""The supervisor's board, search and paper, without any script; and who may see none of it."""

import re
import zlib
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from handover import board
from handover.records import GatheredAnswer
from models.audit import AuditEvent
from models.casework import Task, TaskKind
from models.contact import AnswerStatus
from models.db import reading
from models.practitioner import Practitioner, RoleName
from models.quality import QualityReview
from models.urgency import Urgency
from tests.door import add_authority
from tests.handover.desk import Desk, add_staff

HELP = "my stepdad hits me most weeks"


@pytest.fixture
def path(door) -> str:
    # The phrases alone then judge, which need no trained model.
    door.dialogue.cannot_score = True
    door.dialogue.answers = (
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Rosie"),
        GatheredAnswer(field="concern_in_own_words", status=AnswerStatus.VALUE, value=HELP),
    )
    door.child_says(HELP)
    door.work()
    return f"/contacts/{door.contact().id}"


@pytest.fixture
def cleo(engine, authority) -> Practitioner:
    return add_staff(engine, authority, "Cleo Lewis", RoleName.SUPERVISOR)


@pytest.fixture
def stranger(engine) -> Practitioner:
    return add_staff(
        engine,
        add_authority(engine, la_code="999"),
        "Eve Stone",
        RoleName.PRACTITIONER,
        RoleName.SUPERVISOR,
    )


def _post(desk: Desk, path: str, **fields: str):
    desk.get(path)
    return desk.post(path, **fields)


@pytest.mark.usefixtures("path")
def test_the_board_shows_who_waits_and_what_is_due(door, cleo, desk_of) -> None:
    desk = desk_of(cleo)

    page = desk.get("/board").text
    door.clock.forward(days=3)
    later = desk_of(cleo).get("/board").text

    assert 'href="/queue?list=waiting&amp;level=urgent"' in page
    assert "Nothing is late." in page
    assert 'app-deadline--late">1' not in page
    assert 'app-deadline--late">1' in later
    # What is late leads to the child it is about: the answer, and the decision.
    assert f'href="/conversations/{door.conversation_id}">' in later
    assert f'href="/contacts/{door.contact().id}/decision">' in later
    assert "Contacts in the last 14 days, as a table" in page


def test_a_practitioner_is_not_shown_the_board(anna, desk_of) -> None:
    desk = desk_of(anna)

    assert desk.get("/board").status_code == 403
    assert "/board" not in desk.get("/account").text


def test_what_a_worker_read_that_is_hard_is_counted_and_a_pause_offered(
    door, anna, cleo, desk_of, engine
) -> None:
    door.dialogue.cannot_score = True
    desk = desk_of(anna)
    for number in range(board.PAUSE_AFTER):
        received = door.child_says(HELP, address=f"77009005{number:02}")
        door.work()
        desk.get(f"/conversations/{received.conversation_id}")

    prompted = desk.get("/tasks").text
    shown = desk_of(cleo).get("/board").text
    supervisor = desk_of(cleo)
    supervisor.get("/board")
    supervisor.post(f"/board/pauses/{anna.id}")

    assert "It is right to take a pause" in prompted
    assert "Time for a pause" in shown
    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.PAUSE)).one()
        assert task.owner_id == anna.id
    assert "Cleo Lewis offers you a pause" in desk.get("/tasks").text


def test_the_workers_on_the_board_come_by_name(engine, authority, cleo, desk_of) -> None:
    for name in ("Zoe Ash", "Abe Young"):
        add_staff(engine, authority, name)

    names = re.findall(r"Offer a pause<span[^>]+> to ([^<]+)<", desk_of(cleo).get("/board").text)

    assert names == ["Abe Young", "Cleo Lewis", "Zoe Ash"]


def test_a_correction_of_urgency_is_shown_with_its_reason(door, anna, cleo, desk_of, path) -> None:
    assert path
    door.corrects(anna, door.messages()[0].id, Urgency.CONCERN)

    page = desk_of(cleo).get("/board").text

    assert "Anna Okafor: urgent to concern. I asked." in page


def test_a_closed_conversation_is_reviewed_once_and_leaves_the_sample(
    door, anna, cleo, desk_of, path, engine
) -> None:
    assert path
    talk = f"/conversations/{door.conversation_id}/review"
    desk = desk_of(cleo)
    answers = dict.fromkeys(board.questions(), "yes")
    too_soon = _post(desk, talk, **answers)
    door.takes_over(anna)
    door.ends(anna)
    before = desk.get("/board").text

    unanswered = _post(desk, talk, child_heard="yes")
    _post(desk, talk, comment="Gentle and clear", **answers)

    assert "This conversation goes on" in too_soon.text
    assert talk in before
    assert "Answer: " in unanswered.text
    assert talk not in desk.get("/board").text
    assert "Gentle and clear" in desk.get(talk).text
    with reading(engine) as session:
        kept = session.scalars(select(QualityReview)).one()
        assert kept.reviewer_id == cleo.id


@pytest.mark.each_on_postgres
@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"name": "rosie"}, True),
        ({"name": "ROSIE "}, True),
        ({"name": "Ros"}, False),
        ({"address": "7700 900123"}, True),
        ({"address": "7700900124"}, False),
        ({"level": "urgent"}, True),
        ({"level": "emergency"}, False),
        ({"since-day": "1", "since-month": "1", "since-year": "2026"}, True),
        ({"until-day": "1", "until-month": "1", "until-year": "2026"}, False),
        ({"outcome": "referral"}, False),
        ({"name": "Rosie", "level": "concern"}, False),
    ],
)
@pytest.mark.usefixtures("path")
def test_a_record_is_found_by_what_may_be_searched(anna, desk_of, fields, found) -> None:
    page = _post(desk_of(anna), "/search", **fields).text

    assert ("1 found" in page) is found
    assert ("0 found" in page) is not found


def test_a_record_is_found_by_its_reference_and_by_who_decided(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    reference = door.contact().contact_id
    _post(desk, f"{path}/decision", outcome="early_help", text="Agreed")

    for fields in (
        {"reference": reference[:8].upper()},
        {"reference": reference},
        {"practitioner": str(anna.id)},
        {"outcome": "early_help"},
    ):
        assert "1 found" in _post(desk, "/search", **fields).text


@pytest.mark.usefixtures("path")
def test_a_search_is_kept_without_its_words(anna, desk_of, engine) -> None:
    _post(desk_of(anna), "/search", name="Rosie", level="urgent")

    with reading(engine) as session:
        kept = session.scalars(select(AuditEvent).where(AuditEvent.action == "searched")).one()
        assert kept.practitioner_id == anna.id
        assert kept.details == {"by": "name,level", "found": 1}


def test_an_empty_search_is_an_error_that_says_so(anna, desk_of) -> None:
    answer = _post(desk_of(anna), "/search")

    assert answer.status_code == 422
    assert "Enter something to search for" in answer.text


@pytest.mark.each_on_postgres
@pytest.mark.parametrize(
    "fields", [{"name": "Rosie"}, {"address": "7700900123"}, {"level": "urgent"}]
)
@pytest.mark.usefixtures("path")
def test_another_authority_finds_nothing_and_is_told_no_number(stranger, desk_of, fields) -> None:
    page = _post(desk_of(stranger), "/search", **fields).text

    assert "0 found" in page
    assert "Rosie</a>" not in page


def test_words_are_found_in_one_record_only(door, anna, desk_of, path, engine) -> None:
    door.child_says("my stepdad said sorry", address="7700900999")
    desk = desk_of(anna)
    day = {"day-day": "12", "day-month": "1", "day-year": "2026"}
    _post(desk, f"{path}/notes/new", kind="note", text="Stepdad is called Lee", **day)

    page = _post(desk, f"{path}/search", words="STEPDAD").text

    assert HELP in page
    assert "Stepdad is called Lee" in page
    assert "said sorry" not in page
    with reading(engine) as session:
        kept = select(AuditEvent).where(AuditEvent.action == "record_searched")
        assert "stepdad" not in str(session.scalars(kept).one().details).lower()


@pytest.mark.usefixtures("path")
def test_searching_reads_from_an_index(engine: Engine, anna, desk_of) -> None:
    desk = desk_of(anna)
    desk.get("/search")
    asked: list[tuple[str, Any]] = []

    def note(*arguments: object) -> None:
        asked.append((str(arguments[2]), arguments[3]))

    event.listen(engine, "before_cursor_execute", note)
    desk.post(
        "/search", name="Rosie", **{"since-day": "1", "since-month": "1", "since-year": "2026"}
    )
    desk.post("/search", reference="0123abcd")
    event.remove(engine, "before_cursor_execute", note)

    if engine.dialect.name == "sqlite":
        queries = [
            (text, values)
            for text, values in asked
            if "FROM contact" in text or "FROM lookup" in text
        ]
        with engine.connect() as connection:
            plans = [
                str(row)
                for text, values in queries
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            ]
        assert plans
        assert [
            plan for plan in plans if re.search(r"SCAN (contact|lookup)\b(?! USING)", plan)
        ] == []


@pytest.mark.parametrize("what", ["contact", "transcript"])
def test_paper_is_complete_and_who_printed_is_kept(door, anna, desk_of, path, engine, what) -> None:
    address = {
        "contact": f"{path}/print",
        "transcript": f"/conversations/{door.conversation_id}/print",
    }[what]

    page = desk_of(anna).get(address).text

    assert "Rosie" in page
    assert HELP in page
    assert "Printed by Anna Okafor" in page
    with reading(engine) as session:
        kept = select(AuditEvent).where(AuditEvent.action == f"{what}_printed")
        assert session.scalars(kept).one().practitioner_id == anna.id


@pytest.mark.parametrize("what", ["contact", "transcript"])
def test_a_pdf_is_the_same_page_with_its_structure(door, anna, desk_of, path, what) -> None:
    address = {
        "contact": f"{path}/print.pdf",
        "transcript": f"/conversations/{door.conversation_id}/print.pdf",
    }[what]

    answer = desk_of(anna).get(address)

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in _opened(answer.data)
    assert "attachment" in answer.headers["Content-Disposition"]


def _opened(document: bytes) -> bytes:
    """Gives a PDF's objects as they are before they were packed."""
    packed = re.findall(rb"stream\r?\n(.+?)\r?\nendstream", document, re.DOTALL)
    return b"".join(_unpacked(one) for one in packed)


def _unpacked(stream: bytes) -> bytes:
    try:
        # A byte of its end may look like the line break before "endstream".
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""


def test_a_long_talk_is_printed_whole(door, anna, desk_of, path) -> None:
    assert path
    for number in range(230):
        door.child_says(f"line {number}.")

    page = desk_of(anna).get(f"/conversations/{door.conversation_id}/print").text

    assert "line 0." in page
    assert "line 229." in page


def test_another_authority_prints_nothing(door, stranger, desk_of, path) -> None:
    desk = desk_of(stranger)

    for address in (
        f"{path}/print",
        f"{path}/print.pdf",
        f"{path}/search",
        f"/conversations/{door.conversation_id}/print",
        f"/conversations/{door.conversation_id}/review",
    ):
        assert desk.get(address).status_code == 404


def test_the_board_of_another_authority_counts_none_of_ours(stranger, desk_of, path) -> None:
    assert path

    page = desk_of(stranger).get("/board").text

    assert "Anna Okafor" not in page
    assert 'numeric">1</td>' not in page
