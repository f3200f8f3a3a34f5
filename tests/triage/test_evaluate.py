"""The evaluation counts what it says it counts."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import override

import pytest

from bot import candidate, counterfactuals, evaluate, triage_report
from bot.abilities import Ability, Case, try_abilities
from bot.candidate import Verdict
from bot.counterfactuals import Family
from bot.evaluate import calibration, intervals, measure, misses, rate
from bot.labelled import Example, ExamplesError
from bot.measuring import Measured, Ordinary
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


_KNIFE = "hes got a knife"
PAIRS = [
    _pair("A", _KNIFE, Urgency.EMERGENCY, harms=[Harm.PHYSICAL_ABUSE]),
    _pair("B", "<b>quiet", Urgency.EMERGENCY),
    _pair("C", "hello", Urgency.NO_CONCERN),
    _pair("D", "ok", Urgency.NO_CONCERN, said=_KNIFE),
]
_ABILITY = Ability(
    name="weapons",
    least=Urgency.EMERGENCY,
    most=Urgency.EMERGENCY,
    passes=0.5,
    cases=tuple(
        Case(messages=messages, asked=None, disclosed=Urgency.NO_CONCERN)
        for messages in ((_KNIFE,), ("hes got a", "knife"), ("nice day",))
    ),
)
MEASURED = Measured(
    judged=PAIRS,
    by_phrases=PAIRS,
    everyday={
        "mine": [
            Ordinary(text=text, judged=assess(text), by_phrases=assess(text))
            for text in ("hello", _KNIFE, "bye", "ok")
        ]
    },
    tried=try_abilities([_ABILITY], {}),
    swapped=(),
)


class _Outline(HTMLParser):
    """Which elements a page has, and which of its pictures have a name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.unnamed: list[str] = []
        self.fetched: list[str] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "svg" and not (given.get("role") == "img" and given.get("aria-label")):
            self.unnamed.append(tag)
        self.fetched += [str(given[name]) for name in ("src", "href") if name in given]


def test_shares_are_of_the_right_messages():
    figures = measure(PAIRS)

    assert figures.messages == 4
    assert figures.emergency_alerted == 0.5
    assert figures.alert_precision == 0.5
    assert figures.false_alarms == 0.5
    assert figures.macro_f1 == 0.5


def test_nothing_to_measure_is_no_failure():
    figures = measure([])

    assert (figures.alert_recall, figures.false_alarms) == (1.0, 0.0)
    assert intervals([])["alert_recall"].low == 0.0


def test_a_miss_is_listed_and_a_message_is_escaped():
    page = triage_report.as_page(MEASURED, title="Triage")

    assert [example.id for example, _ in misses(PAIRS)] == ["B"]
    assert "&lt;b&gt;quiet" in page
    assert "<b>quiet" not in page


def test_the_page_needs_nothing_else_and_names_its_pictures():
    outline = _Outline(triage_report.as_page(MEASURED, title="Triage"))

    assert outline.fetched == []
    assert "script" not in outline.tags
    assert outline.tags.count("svg") >= 4
    assert outline.unnamed == []
    assert outline.tags.count("caption") == outline.tags.count("table")


def test_the_terminal_report_quotes_no_message():
    report = triage_report.as_text(MEASURED)

    assert "missed: B (emergency)" in report
    assert "knife" not in report


def test_alarms_on_everyday_messages_are_told_as_so_many_in_ten_thousand():
    report = triage_report.as_text(MEASURED)

    assert "2500 [456" in report


def test_an_ability_is_judged_over_all_its_messages():
    [tried] = MEASURED.tried

    assert [case.messages for case, _ in tried.wrong] == [("nice day",)]
    assert abs(tried.rate.value - 2 / 3) < 1e-9


def test_the_interval_is_the_same_at_every_run_and_holds_the_figure():
    found = intervals(PAIRS)

    assert found == intervals(PAIRS)
    assert found["alert_recall"].low <= measure(PAIRS).alert_recall <= found["alert_recall"].high


def test_the_interval_of_a_rare_thing_never_says_never():
    none = rate(0, 100)

    assert none.value == 0
    assert 0.03 < none.high < 0.04


def test_calibration_counts_every_message_once():
    assert sum(count for _, _, count in calibration(PAIRS)) == len(PAIRS)


def test_recall_falls_and_alarms_fall_as_the_threshold_rises():
    points = evaluate.trade_off(PAIRS)

    assert [recall for _, recall, _ in points] == sorted((r for _, r, _ in points), reverse=True)
    assert [calm for _, _, calm in points] == sorted((c for _, _, c in points), reverse=True)


def test_a_candidate_that_misses_what_is_found_today_is_worse():
    live = PAIRS * 30
    weaker = [
        _pair(one.id, one.text, one.level, harms=one.harms, said="hello") for one, _ in PAIRS
    ] * 30

    differences = candidate.compare(live, weaker)

    assert candidate.verdict(differences) is Verdict.WORSE
    assert set(candidate.newly_missed(live, weaker)) == {"A"}
    assert "verdict: worse" in candidate.as_text(live, weaker)


def test_a_candidate_that_finds_more_is_better_and_the_same_one_is_no_worse():
    live = PAIRS * 30
    stronger = [
        _pair(one.id, one.text, one.level, said=_KNIFE if one.level.raises_alert else "hello")
        for one, _ in PAIRS
    ] * 30

    assert candidate.verdict(candidate.compare(live, live)) is Verdict.NO_WORSE
    found = {one.figure: one for one in candidate.compare(live, stronger)}
    assert found["alert_recall"].verdict is Verdict.BETTER
    assert found["false_alarms"].gain.value == 0.5


def test_what_is_said_of_one_and_not_of_another_is_told():
    family = Family(
        swap="name",
        sentences=(
            {"a": _KNIFE, "b": "shes got a knife"},
            {"a": "hes hitting me now help", "b": "hello"},
        ),
        most_shift=0.1,
        most_flips=0.1,
    )
    judged = {text: assess(text) for row in family.sentences for text in row.values()}

    [found] = counterfactuals.swap([family], judged)

    assert found.flips.value == 0.5
    assert found.shifts["a"] > 0 > found.shifts["b"]
    assert abs(sum(found.shifts.values())) < 1e-9


@pytest.mark.parametrize("text", ["", "- swap: name", "- {swap: name, most_shift: x}"])
def test_what_cannot_be_exchanged_is_refused(tmp_path, text):
    path = tmp_path / "swaps.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ExamplesError):
        counterfactuals.read_families(path)
