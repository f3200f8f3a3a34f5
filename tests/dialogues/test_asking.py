"""Which question comes next, and how often, without a running dialogue."""

from pathlib import Path
from typing import Any

import pytest

from dialogues.questions import Questions, next_actions
from dialogues.translations import read_yaml

_FILE = Path(__file__).resolve().parents[2] / "dialogues" / "questions.yml"
_TOLD = {"utter_welcome_short": 1, "utter_tell_me_more": 1}


@pytest.fixture(scope="module")
def questions() -> Questions:
    """Gives the questions as they are."""
    return Questions.parse(read_yaml(_FILE), None)


def _slots(**more: Any) -> dict[str, Any]:
    said = {**_TOLD, **more.pop("said", {})}
    return {"worry": True, "urgency": "urgent", "said": said, **more}


def _asked_safe(turn: int, urgency: str = "concern") -> dict[str, Any]:
    return {
        "said": {"utter_ask_safe_now": 1},
        "asked_at": {"safe_now": {"turn": turn, "urgency": urgency}},
    }


def test_safe_now_is_not_put_again_while_nothing_got_worse(questions: Questions):
    for turns in range(3, 20):
        slots = _slots(**_asked_safe(2, "urgent"), turns=turns)

        assert "utter_ask_safe_now" not in next_actions(questions, slots, "tell")


def test_safe_now_is_put_once_more_when_it_got_worse_but_not_at_once(questions: Questions):
    asked = {
        turns: "utter_ask_safe_now"
        in next_actions(questions, _slots(**_asked_safe(2), turns=turns), "tell")
        for turns in (3, 4, 5)
    }
    twice = _slots(**_asked_safe(2), turns=9)
    twice["said"]["utter_ask_safe_now"] = 2

    assert asked == {3: False, 4: False, 5: True}
    assert "utter_ask_safe_now" not in next_actions(questions, twice, "tell")


def test_an_open_question_rests_two_turns_after_an_interruption(questions: Questions):
    open_question = {
        "asked": "wants",
        "said": {"utter_ask_wants": 1},
        "asked_at": {"wants": {"turn": 4, "urgency": "urgent"}},
    }

    assert next_actions(questions, _slots(**open_question, turns=5), "ask_private") == [
        "utter_worry_noted"
    ]
    assert "utter_ask_wants" in next_actions(
        questions, _slots(**open_question, turns=7), "ask_private"
    )


def test_safe_because_he_is_away_asks_for_no_place(questions: Questions):
    slots = _slots(safe_now="yes (hes away till friday)", turns=3)

    assert "utter_ask_current_location" not in next_actions(questions, slots, "inform")


def test_the_reminder_of_999_comes_once_and_again_only_for_something_new(questions: Questions):
    said: dict[str, int] = {"utter_ask_safe_now": 1, "utter_ask_current_location": 1}
    reminded = []
    for turn in range(4, 10):
        new = {"message_urgency": "emergency"} if turn == 8 else {}
        slots = _slots(urgency="emergency", said=said, turns=turn, feeling="emergency", **new)
        given = "utter_stay_with_me" in next_actions(questions, slots, "tell")
        said = {**said, "utter_stay_with_me": said.get("utter_stay_with_me", 0) + given}
        reminded.append(given)

    assert reminded == [True, False, False, False, True, False]


def test_beside_what_to_do_next_only_the_place_is_asked(questions: Questions):
    hides = {"urgency": "emergency", "feeling": "emergency_hiding", "turns": 5}

    assert next_actions(questions, _slots(**hides), "tell")[-1] == "utter_ask_current_location"
    known = next_actions(questions, _slots(**hides, current_location="12 Elm Road"), "tell")
    assert known == ["utter_worry_noted"]


def test_an_emergency_is_never_met_with_silence(questions: Questions):
    said = {
        "utter_ask_safe_now": 1,
        "utter_ask_current_location": 1,
        "utter_stay_with_me": 2,
        "utter_worry_noted": 1,
    }
    slots = _slots(urgency="emergency", said=said, turns=7)

    assert next_actions(questions, slots, "inform") == ["utter_stay_with_me"]


def test_no_contact_is_opened_by_thanks_or_questions(questions: Questions):
    for intent in ("thanks", "greet", "chat", "ask_private", "inform"):
        slots = {"said": {"utter_welcome": 1}, "turns": 3}

        assert not {"utter_worry_noted", "utter_thank_you", "utter_added"} & set(
            next_actions(questions, slots, intent)
        )
