"""The held-out messages: what was reached, kept from slipping back."""

from pathlib import Path

import pytest

from bot.evaluate import measure
from bot.labelled import read_examples
from tests.triage.scoring import judged

_HELD_OUT = Path(__file__).parent / "heldout.jsonl"

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def figures():
    examples = read_examples(_HELD_OUT)
    pairs = list(zip(examples, judged([one.text for one in examples]), strict=True))
    return (
        measure([pair for pair in pairs if pair[0].language == "en"]),
        measure([pair for pair in pairs if pair[0].language != "en"]),
    )


def test_no_emergency_is_left_without_a_person(figures):
    english, other = figures

    assert english.emergency_alerted >= 0.985
    assert other.emergency_alerted >= 0.90
    assert english.emergency_exact >= 0.85
    assert other.emergency_exact >= 0.70


def test_alarms_are_few_and_harm_is_heard(figures):
    english, other = figures

    assert english.alert_recall >= 0.90
    assert other.alert_recall >= 0.85
    assert english.false_alarms <= 0.06
    assert english.macro_f1 >= 0.78
    assert other.macro_f1 >= 0.65
