"""The rota's pages: who is on now, shifts, hours, closures, calendars, and who may change them."""

import datetime as dt
import io

import pytest
from sqlalchemy import select

from handover import rota
from models.audit import AuditEvent
from models.authority import Authority, SpecialDay
from models.db import transaction
from models.rota import Shift, ShiftKind
from tests.handover.desk import Desk

_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Testshire//Rota//EN
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/London:{day}T170000
DTEND;TZID=Europe/London:{day}T230000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:{title}
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def desk(desk_of, admin) -> Desk:
    """Gives the administrator's desk."""
    found: Desk = desk_of(admin)
    return found


def test_a_weekly_shift_shows_who_is_on_now_on_every_page(clock, anna, desk, desk_of) -> None:
    desk.get("/rota/shift")
    desk.post("/rota/shift", who=f"person-{anna.id}", kind="duty", when="1", times="09:00-17:00")

    page = desk_of(anna).get("/account").text

    assert "Duty: Anna Okafor" in page
    assert "every Tuesday, 09:00 to 17:00" in desk.get("/rota").text
    clock.forward(hours=2)
    assert "Duty: Anna Okafor" not in desk_of(anna).get("/account").text


@pytest.mark.usefixtures("clock")
def test_a_shift_over_midnight_is_on_until_the_morning(engine, authority, anna) -> None:
    shift = Shift(
        authority_id=authority.id,
        kind=ShiftKind.ON_CALL,
        practitioner_id=anna.id,
        weekday=0,
        starts=dt.time(20),
        ends=dt.time(8),
    )
    with transaction(engine) as session:
        session.add(shift)
        moments = [
            dt.datetime(2026, 7, day, hour, tzinfo=dt.UTC)
            for day, hour in ((13, 18), (13, 19), (14, 6), (14, 7))
        ]
        nights = [bool(rota.roster(session, authority.id, one).on_now) for one in moments]

    assert nights == [False, True, True, False]


def test_a_shift_that_is_not_whole_says_what_is_missing(desk) -> None:
    desk.get("/rota/shift")

    answer = desk.post("/rota/shift", who="", kind="", when="", times="")

    assert answer.status_code == 422
    assert "Choose who is to be there" in answer.text


@pytest.mark.usefixtures("clock")
def test_a_calendar_is_imported_and_replaces_what_it_said_before(engine, anna, desk) -> None:
    _upload(desk, _CALENDAR.format(day="20260114", title="Anna Okafor"))
    _upload(desk, _CALENDAR.format(day="20260115", title=anna.email))

    with transaction(engine) as session:
        begins = [one.begins_at for one in session.scalars(select(Shift).order_by(Shift.id))]
    assert begins == [dt.datetime(2026, 1, day, 17, tzinfo=dt.UTC) for day in (15, 22, 29)]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("this is no calendar", "not an iCalendar file"),
        (_CALENDAR.format(day="20260114", title="Nobody Here"), "for nobody who has an account"),
        (_CALENDAR.format(day="20200114", title="Anna Okafor"), "no shift from now"),
    ],
)
@pytest.mark.usefixtures("clock", "anna")
def test_a_calendar_with_a_fault_changes_nothing_and_says_why(engine, desk, content, error) -> None:
    _upload(desk, _CALENDAR.format(day="20260114", title="Anna Okafor"))

    answer = _upload(desk, content)

    assert answer.status_code == 422
    assert error in answer.text
    with transaction(engine) as session:
        assert len(session.scalars(select(Shift)).all()) == 3


def test_hours_closures_and_minutes_are_kept_and_audited(engine, authority, desk) -> None:
    desk.get("/rota/hours")
    desk.post("/rota/hours", monday="08:30-16:00")
    desk.post("/rota/day", **_day("25", "12", "2030"), times="10:00-14:00", reason="Festive cover")
    minutes = {
        f"{level}-{rung}": "7"
        for level in ("emergency", "urgent", "concern")
        for rung in ("worker", "duty", "emergency_duty", "manager", "seen")
    }
    desk.post("/rota/ladder", **minutes)

    with transaction(engine) as session:
        kept = session.get_one(Authority, authority.id)
        [day] = session.scalars(select(SpecialDay))
        actions = set(session.scalars(select(AuditEvent.action)))
    assert kept.opening_hours == {"monday": ["08:30", "16:00"]}
    assert kept.ladder_minutes is not None
    assert kept.ladder_minutes["urgent"]["duty"] == 7
    assert (day.opens, day.closes) == (dt.time(10), dt.time(14))
    assert {"hours_changed", "day_changed", "ladder_changed"} <= actions


def test_a_practitioner_sees_the_rota_and_cannot_change_it(anna, desk_of) -> None:
    desk = desk_of(anna)

    assert "Add a shift" not in desk.get("/rota").text
    assert desk.get("/rota/shift").status_code == 403


def _day(day: str, month: str, year: str) -> dict[str, str]:
    return {"day-day": day, "day-month": month, "day-year": year}


def _upload(desk: Desk, content: str):
    desk.get("/rota/calendar")
    return desk.client.post(
        "/rota/calendar",
        data={
            "csrf_token": desk.token,
            "kind": "emergency_duty",
            "file": (io.BytesIO(content.replace("\n", "\r\n").encode()), "rota.ics"),
        },
        content_type="multipart/form-data",
    )
