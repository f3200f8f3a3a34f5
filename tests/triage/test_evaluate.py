"""The evaluation counts what it says it counts."""

from collections.abc import Iterable

from bot.evaluate import Example, as_page, as_text, calibration, interval, measure, misses
from bot.urgency import Assessment, assess
from models.urgency import Harm, Urgency


def _pair(
    name: str,
    text: str,
    level: Urgency,
    *,
    harms: Iterable[Harm] = (),
    said: str | None = None,
) -> tuple[Example, Assessment]:
    example = Example(
        id=name,
        text=text,
        level=level,
        harms=frozenset(harms),
        language="en",
        tags=("thin",),
    )
    return example, assess(said or text)


PAIRS = [
    _pair("A", "hes got a knife", Urgency.EMERGENCY, harms=[Harm.PHYSICAL_ABUSE]),
    _pair("B", "<b>quiet", Urgency.EMERGENCY),
    _pair("C", "hello", Urgency.NO_CONCERN),
    _pair("D", "ok", Urgency.NO_CONCERN, said="hes got a knife"),
]


def test_shares_are_of_the_right_messages():
    figures = measure(PAIRS)

    assert figures.messages == 4
    assert figures.emergency_alerted == 0.5
    assert figures.false_alarms == 0.5
    assert figures.macro_f1 == 0.5


def test_nothing_to_measure_is_no_failure():
    figures = measure([])

    assert (figures.alert_recall, figures.false_alarms) == (1.0, 0.0)


def test_a_miss_is_listed_and_a_message_is_escaped():
    page = as_page(PAIRS, title="Triage")

    assert [example.id for example, _ in misses(PAIRS)] == ["B"]
    assert "&lt;b&gt;quiet" in page
    assert "<b>quiet" not in page
    assert "<svg" in page


def test_the_terminal_report_quotes_no_message():
    report = as_text(PAIRS)

    assert "missed: B (emergency)" in report
    assert "knife" not in report


def test_the_interval_is_the_same_at_every_run_and_holds_the_figure():
    low, high = interval(PAIRS, lambda figures: figures.alert_recall)

    assert (low, high) == interval(PAIRS, lambda figures: figures.alert_recall)
    assert low <= measure(PAIRS).alert_recall <= high


def test_calibration_counts_every_message_once():
    assert sum(count for _, _, count in calibration(PAIRS)) == len(PAIRS)
