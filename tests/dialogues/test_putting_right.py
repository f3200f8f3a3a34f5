"""What is heard beside worries: corrections, questions, idle talk, adults, an emergency's facts."""

from typing import Any

import pytest

from dialogues.reading import signals
from dialogues.reading.message import Reading, read


def _read(text: str, intent: str = "tell", confidence: float = 0.5, **slots: Any) -> Reading:
    return read(text, intent, confidence, slots=slots)


@pytest.mark.parametrize(
    ("text", "slots", "field", "value"),
    [
        ("no i meant 14", {"age": 41}, "age", 14),
        ("wait no friday", {"safe_contact_times": "thursday"}, "safe_contact_times", "friday"),
        ("call me Max not maxwell", {"name_to_use": "Maxwell"}, "name_to_use", "Max"),
    ],
)
def test_what_is_put_right_changes_and_is_met_as_a_correction(
    text: str, slots: dict[str, Any], field: str, value: Any
):
    reading = _read(text, "joking", worry=True, **slots)

    assert (reading.intent, reading.facts[field]) == ("inform", value)
    assert reading.facts["reply_to"] == "put_right"
    assert reading.facts["correction"] == text


def test_the_age_of_another_that_is_put_right_is_not_the_childs():
    reading = _read("shes 6. no shes 7", worry=True)

    assert "age" not in reading.facts
    assert reading.facts["reply_to"] == "put_right"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("when i write delete is it deleted", "ask_can_delete"),
        ("does all this get wiped", "ask_can_delete"),
        ("if a kid says something bad would you ring the police", "ask_tell_police"),
        ("how long is this stuff kept", "ask_kept"),
        ("can my tutor read this", "ask_tell_school"),
        ("would my dad see", "ask_tell_parents"),
        ("did somebody read what i wrote", "status_request"),
        ("could i get a new social worker", "change_of_worker"),
        ("dont want Karen to be my key worker", "change_of_worker"),
        ("quit messaging me", "stop"),
        ("can you please stop texting", "stop"),
    ],
)
def test_what_is_asked_is_heard_in_any_wording(text: str, intent: str):
    assert _read(text).intent == intent


def test_having_a_new_worker_is_no_wish_for_one():
    assert signals.find_signal("they gave me a new social worker again") is None


@pytest.mark.parametrize(
    "text",
    [
        "my lad has stopped eating",
        "hes 14 and refuses to go in",
        "me and her dad separated last year",
        "im his gran",
        "one of my pupils said something today",
        "i need help with my teenage son",
    ],
)
def test_an_adult_about_a_child_is_heard_at_once(text: str):
    reading = _read(text)

    assert reading.intent == "adult_referrer"
    assert reading.facts["adult"] is True
    assert "age" not in reading.facts


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("my brother is 14 and refuses to go to school", {}),
        ("im her gran", {"worry": True, "concern_in_own_words": ["my mum hits me"]}),
    ],
)
def test_a_child_is_not_taken_for_an_adult(text: str, slots: dict[str, Any]):
    assert "adult" not in _read(text, **slots).facts


@pytest.mark.parametrize(
    "text",
    ["we got destroyed in ranked", "who is this wrong number", "spurs got slaughtered 4 nil"],
)
def test_idle_talk_opens_no_record_even_in_alarming_words(text: str):
    assert "worry" not in _read(text, urgency="concern").facts


def test_a_worry_beside_a_game_is_still_told():
    reading = _read("he hits me when i lose at fifa", urgency="concern")

    assert (reading.intent, reading.facts["worry"]) == ("tell", True)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("ambulance is on its way", "emergency_coming"),
        ("ive locked the door", "emergency_locked"),
        ("mum just woke up", "emergency_woke"),
        ("72", "emergency_number"),
    ],
)
def test_an_emergency_is_answered_by_what_was_just_said(text: str, reply: str):
    facts = _read(
        text,
        "ask_tell_police",
        0.7,
        urgency="emergency",
        last_urgency="emergency",
        worry=True,
        asked="current_location",
    ).facts

    assert reply in (facts.get("feeling"), facts.get("reply_to"))
    assert "current_location" not in facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("n my names storm", {"name_to_use": "Storm"}),
        ("11 lat, kasia", {"age": 11, "name_to_use": "Kasia"}),
        ("i go oak bank", {"school": "oak bank"}),
    ],
)
def test_a_fact_said_in_passing_is_kept(text: str, facts: dict[str, Any]):
    assert facts.items() <= _read(text, "inform").facts.items()


def test_being_named_is_no_wish_to_be_rung():
    assert "safe_contact_channel" not in _read("call me storm", "inform").facts


def test_somebody_who_does_not_answer_is_no_refusal():
    reading = _read("my worker dont answer", worry=True, asked="wants")

    assert "wants" not in reading.facts
