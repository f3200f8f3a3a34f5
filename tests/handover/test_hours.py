"""Opening hours, in local time, with each nation's own holidays."""

import datetime as dt

import pytest

from handover import hours, wording
from models.authority import Authority, Nation, SpecialDay

_WEEK = {
    day: ["09:00", "17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
}


def _at(moment: str, nation: Nation = Nation.ENGLAND, **more: list[str]) -> hours.Hours:
    authority = Authority(nation=nation, opening_hours=_WEEK | more)
    return hours.at(authority, dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))


def _said(found: hours.Hours, text: str) -> str:
    return wording.fill(text, "en", found.tokens)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-01-13T09:00", True),
        ("2026-01-13T08:59:59", False),
        ("2026-01-13T16:59:59", True),
        ("2026-01-13T17:00", False),
        ("2026-07-14T08:00", True),  # nine o'clock in summer
        ("2026-07-14T16:30", False),
        ("2026-01-17T12:00", False),  # a Saturday
        ("2026-12-25T12:00", False),
    ],
)
def test_hours_are_local_times(moment: str, is_open: bool):  # noqa: FBT001
    assert _at(moment).is_open is is_open


@pytest.mark.parametrize(
    ("nation", "day", "is_working"),
    [
        (Nation.SCOTLAND, dt.date(2026, 11, 30), False),  # St Andrew
        (Nation.ENGLAND, dt.date(2026, 11, 30), True),
        (Nation.NORTHERN_IRELAND, dt.date(2026, 3, 17), False),  # St Patrick
        (Nation.WALES, dt.date(2026, 3, 17), True),
        (Nation.SCOTLAND, dt.date(2026, 4, 6), True),  # Easter Monday
        (Nation.WALES, dt.date(2026, 4, 6), False),
    ],
)
def test_each_nation_has_its_own_holidays(
    nation: Nation,
    day: dt.date,
    is_working: bool,  # noqa: FBT001
):
    assert hours.is_working_day(nation, day) is is_working


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-01-13T07:00", "from 9am today"),
        ("2026-01-13T18:00", "from 9am tomorrow"),
        ("2026-01-16T18:00", "from 9am on Monday"),
        ("2026-04-02T18:00", "from 9am on Tuesday"),  # Easter
    ],
)
def test_a_closed_service_says_when_it_opens(moment: str, opens: str):
    assert _said(_at(moment), "[[opens]]") == opens


def test_a_service_without_hours_promises_none():
    authority = Authority(nation=Nation.ENGLAND, opening_hours={})

    found = hours.at(authority, dt.datetime(2026, 1, 13, 12, tzinfo=dt.UTC))

    assert not found.is_open
    assert _said(found, "[[opens]]") == "as soon as they can"


def test_half_hours_are_spoken_plainly():
    found = _at("2026-01-13T12:00", tuesday=["08:30", "16:45"])

    assert _said(found, "[[closes]]") == "4:45pm"


def _with_day(day: SpecialDay) -> Authority:
    return Authority(nation=Nation.ENGLAND, opening_hours=_WEEK, special_days=[day])


def test_a_closure_shuts_a_working_day_and_the_next_opening_passes_over_it():
    shut = SpecialDay(day=dt.date(2026, 1, 14))
    evening = dt.datetime(2026, 1, 13, 18, tzinfo=dt.UTC)

    assert not hours.at(_with_day(shut), evening + dt.timedelta(hours=18)).is_open
    assert _said(hours.at(_with_day(shut), evening), "[[opens]]") == "from 9am on Thursday"


def test_an_extra_opening_stands_before_a_bank_holiday():
    christmas = SpecialDay(day=dt.date(2026, 12, 25), opens=dt.time(10), closes=dt.time(14))

    found = hours.at(_with_day(christmas), dt.datetime(2026, 12, 25, 12, tzinfo=dt.UTC))

    assert found.is_open
    assert _said(found, "[[closes]]") == "2pm"


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-01-13T10:00", 60, "2026-01-13T11:00"),
        ("2026-01-13T16:30", 60, "2026-01-14T09:30"),
        ("2026-01-16T20:00", 60, "2026-01-19T10:00"),  # over a weekend
        ("2026-01-13T07:00", 600, "2026-01-14T11:00"),
    ],
)
def test_time_counts_only_while_the_service_is_open(start: str, minutes: int, end: str):
    authority = Authority(nation=Nation.ENGLAND, opening_hours=_WEEK)
    begin, expected = (dt.datetime.fromisoformat(f"{one}+00:00") for one in (start, end))
    span = dt.timedelta(minutes=minutes)

    assert hours.after_open_time(authority, begin, span) == expected


def test_a_service_that_never_opens_does_not_wait_for_ever():
    authority = Authority(nation=Nation.ENGLAND, opening_hours={})
    begin = dt.datetime(2026, 1, 13, 12, tzinfo=dt.UTC)
    span = dt.timedelta(minutes=30)

    assert hours.after_open_time(authority, begin, span) == begin + span
