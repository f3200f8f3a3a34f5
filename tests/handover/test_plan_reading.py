"""What children say of when it is safe to write, and what it is taken to mean."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.plan_reading import read_times
from handover.plan_times import LONDON, from_json
from handover.plan_times import as_json as times_json
from handover.plan_words import times_in_words

# A Friday.
NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)

SURE = [
    ("after 4 on weekdays", "Monday to Friday from 4pm to 9pm"),
    ("weekdays after 4", "Monday to Friday from 4pm to 9pm"),
    ("after 4", "every day from 4pm to 9pm"),
    ("b4 8pm", "every day from 7am to 8pm"),
    ("sat morning", "on Saturday from 8am to 12 noon"),
    (
        "mornings are bad so afternoon",
        "every day from 12 noon to 5pm, but not every day from 8am to 12 noon",
    ),
    ("anytime", "at any time"),
    ("any time after 4", "every day from 4pm to 9pm"),
    ("only at school time", "Monday to Friday from 9am to 3pm"),
    ("when im at school", "Monday to Friday from 9am to 3pm"),
    ("after skool", "Monday to Friday from 3:30pm to 9pm"),
    ("10-12", "every day from 10am to 12 noon"),
    ("9-5", "every day from 9am to 5pm"),
    ("4-6pm mon to thurs", "on Monday, Tuesday, Wednesday and Thursday from 4pm to 6pm"),
    ("16:00-18:00", "every day from 4pm to 6pm"),
    ("between 3 and 5", "every day from 3pm to 5pm"),
    ("after half 3 til 6", "every day from 3:30pm to 6pm"),
    ("mon, tues and fri after 3:30", "on Monday, Tuesday and Friday from 3:30pm to 9pm"),
    (
        "weekdays after 4 and sat morning",
        "Monday to Friday from 4pm to 9pm and on Saturday from 8am to 12 noon",
    ),
    (
        "weekends or after half 3 on school days",
        "at weekends from 8am to 9pm and Monday to Friday from 3:30pm to 9pm",
    ),
    (
        "3pm-5pm weekdays, 10 til 2 sat",
        "Monday to Friday from 3pm to 5pm and on Saturday from 10am to 2pm",
    ),
    ("not at weekends", "at any time, but not at weekends"),
    ("not before 4", "at any time, but not every day from midnight to 4pm"),
    ("after 4 but not fridays", "every day from 4pm to 9pm, but not on Friday"),
    ("never at night", "at any time, but not every day from 8pm to 8am"),
    ("dont msg me after 10pm", "at any time, but not every day from 10pm to 7am"),
    ("tmrw after 4", "on Saturday 28/11 from 4pm to 9pm"),
    ("tonight", "on Friday 27/11 from 5pm to 9pm"),
    ("weekday evenings", "Monday to Friday from 5pm to 9pm"),
    ("mornings 9am-10am and after 4", "every day from 9am to 10am and every day from 4pm to 9pm"),
    ("never", "only when you write first"),
    ("dont text me back", "only when you write first"),
]
NARROWER = [
    ("only msg me at school 12.30 to 1", "Monday to Friday from 12:30pm to 1pm"),
    ("at lunch 12.15-1", "Monday to Friday from 12:15pm to 1pm"),
    ("u can msg at lunch 12.30", "Monday to Friday from 12:30pm to 1:30pm"),
]
NO_TIME = ["luke. text this number got about 10 percent battery", "im on 5% text me", "2 bars left"]
UNCLEAR = [
    *("not when mums home", "only when im alone", "any time except when dad is in"),
    *("my dad gets home at 6", "after my mum goes out", "not when shes in", "after tea"),
    *("my mum checks my phone at night so after 4", "mum works til 6 so before then"),
    *("when no one is here", "unless my brother is in", "when hes asleep"),
]
DOUBTFUL = [
    ("before 9", "every day from 7am to 9pm"),
    ("after 8", "every day from 8pm to 9pm"),
    ("7-9", "every day from 7pm to 9pm"),
    ("4pm", "every day from 4pm to 5pm"),
    ("half 4", "every day from 4:30pm to 5:30pm"),
    ("at night", "every day from 8pm to 11pm"),
    (
        "after 4 on weekdays and sat morning",
        "Monday to Friday from 4pm to 9pm and on Saturday from 8am to 12 noon",
    ),
    ("anytime but not after 9", "at any time, but not every day from 9pm to 7am"),
]
NOTHING = ["idk", "i dont mind", "hello", "what do you mean", "im 12", "lol", "skip", ""]


@pytest.mark.parametrize(("said", "meant"), SURE)
def test_plain_words_are_taken_at_once(said: str, meant: str):
    reading = read_times(said, NOW)

    assert reading is not None
    assert (times_in_words(reading.times), reading.is_doubtful) == (meant, False)


@pytest.mark.parametrize(("said", "meant"), DOUBTFUL)
def test_words_that_may_mean_two_things_are_asked_about(said: str, meant: str):
    reading = read_times(said, NOW)

    assert reading is not None
    assert (times_in_words(reading.times), reading.is_doubtful) == (meant, True)


@pytest.mark.parametrize("said", UNCLEAR)
def test_what_no_clock_can_tell_is_leave_for_nothing(said: str):
    reading = read_times(said, NOW)

    assert reading is not None
    assert reading.times.is_unclear
    assert not reading.times.allows(NOW)


@pytest.mark.parametrize("said", NOTHING)
def test_words_that_say_no_time_change_nothing(said: str):
    assert read_times(said, NOW) is None


_PIECES = st.sampled_from(
    [
        *("after", "before", "until", "not", "never", "but", "and", ",", ".", "only", "weekdays"),
        *("sat", "sun", "mon", "to", "at", "4", "8", "9", "10pm", "half", "any", "time", "24"),
        *("morning", "night", "school", "when", "mum", "is", "home", "he", "3:30", "-", "99:99"),
        *("tomorrow", "except"),
    ]
)


@given(pieces=st.lists(_PIECES, max_size=12))
def test_any_heap_of_words_is_read_and_kept_without_a_fault(pieces: list[str]):
    reading = read_times(" ".join(pieces), NOW)

    if reading is not None:
        assert from_json(times_json(reading.times)) == reading.times
        assert times_in_words(reading.times)


@given(text=st.text(max_size=60))
def test_any_text_is_read_without_a_fault(text: str):
    read_times(text, NOW)


@given(
    said=st.sampled_from([one for one, _ in SURE]),
    minutes=st.integers(0, 7 * 24 * 60),
)
def test_the_next_opening_is_open_and_nothing_before_it_is(said: str, minutes: int):
    reading = read_times(said, NOW)
    assert reading is not None
    now = NOW + dt.timedelta(minutes=minutes)
    opening = reading.times.next_opening(now)

    if opening is not None:
        assert reading.times.allows(opening)
        middle = now + (opening - now) / 2
        assert reading.times.allows(now) or not reading.times.allows(middle)


def test_times_are_those_of_the_clock_on_the_wall_in_summer_too():
    reading = read_times("after 4", NOW)
    assert reading is not None

    assert reading.times.allows(dt.datetime(2026, 7, 1, 15, 30, tzinfo=dt.UTC))
    assert not reading.times.allows(dt.datetime(2026, 7, 1, 20, 30, tzinfo=dt.UTC))
    assert reading.times.allows(dt.datetime(2026, 7, 1, 16, 30, tzinfo=LONDON))


@pytest.mark.parametrize(("text", "words"), NARROWER)
def test_the_hours_inside_others_are_meant(text: str, words: str):
    reading = read_times(text, NOW)

    assert reading is not None
    assert times_in_words(reading.times) == words


@pytest.mark.parametrize("text", NO_TIME)
def test_what_is_counted_is_no_hour(text: str):
    assert read_times(text, NOW) is None
