"""The talk, proved whole on its graph, and what is said of a talk that cannot be proved.

What the running dialogue says in words to each open question at each urgency is tried in
`test_conversation.py`.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogues import proving
from dialogues.graph import Walk
from dialogues.questions import Questions
from dialogues.translations import read_yaml

_PROGRAM = Path(__file__).resolve().parents[2]

type Change = Callable[[dict[str, Any]], object]


def test_every_way_through_the_talk_keeps_its_promises():
    assert proving.file_faults(_PROGRAM) == []
    assert proving.talk_faults(_PROGRAM) == []


def test_the_graph_is_worth_walking():
    walk = Walk(Questions.parse(read_yaml(_PROGRAM / proving.QUESTIONS), None))
    first = [step for step, _ in zip(walk.steps(), range(5_000), strict=False)]
    way = walk.way_to(first[-1])

    assert len(way) > 3
    assert way[-1] is first[-1]
    assert {step.after.level for step in first} == {"concern", "urgent", "emergency"}
    assert {"safe_now", "current_location"} <= {name for step in first for name in step.fields}


def _no_way_out(read: dict[str, Any]) -> None:
    read["then_listen"].remove("request_person")


def _a_question_first(read: dict[str, Any]) -> None:
    read["first"].append({"say": "utter_ask_age"})


def _in_a_circle(read: dict[str, Any]) -> None:
    for one in read["questions"]:
        if one["field"] == "trusted_adult":
            one["when"] = [{"slot": "school", "in": ["x"]}]
    read["questions"].append({"field": "school", "when": [{"slot": "trusted_adult", "in": ["x"]}]})


def _asks_on_in_danger(read: dict[str, Any]) -> None:
    read["emergency"].append("age")


def _wears_out(read: dict[str, Any]) -> None:
    read["budget"] = 40
    read["times"]["default"] = 2


def _privacy_last(read: dict[str, Any]) -> None:
    read["privacy"]["short"] = "utter_thank_you"


@pytest.mark.parametrize(
    ("change", "what", "where"),
    [
        (_no_way_out, "the way out is shut", "The way there: A child: tells something"),
        (_a_question_first, "before the privacy words", "The way there: A child: tells"),
        (
            _in_a_circle,
            "school can never be asked: it waits for trusted_adult, and that is a circle",
            "school",
        ),
        (_asks_on_in_danger, "In an emergency it asks for age", proving.QUESTIONS),
        (_wears_out, "asks more than 12 questions", "The way there: "),
        (_privacy_last, "said by utter_thank_you, which does not say them", "privacy, short"),
    ],
)
def test_a_talk_that_breaks_a_promise_is_refused_with_the_way_there(
    tmp_path: Path, change: Change, what: str, where: str
):
    shutil.copytree(_PROGRAM / "dialogues" / "domain", tmp_path / "dialogues" / "domain")
    read = read_yaml(_PROGRAM / proving.QUESTIONS)
    change(read)
    with (tmp_path / proving.QUESTIONS).open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(read, file)

    faults = proving.talk_faults(tmp_path)

    assert any(what in fault.what and where in fault.where and fault.how for fault in faults), (
        faults
    )
