"""What the dialogue process promises to whoever calls it."""

import json
import socket
import time

import httpx
import pytest

from tests.dialogues.process import RunningDialogue, running_dialogue, told_while_loading

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(900)]


def test_health_names_the_model_and_needs_no_secret(dialogue: RunningDialogue):
    response = httpx.get(f"{dialogue.url}/health")

    assert response.json()["status"] == "ok"
    assert len(response.json()["model"]) == 64


@pytest.mark.parametrize("secret", ["", "wrong", "wr\u00f6ng"])
def test_a_wrong_secret_is_refused(dialogue: RunningDialogue, secret: str):
    body = {"conversation": "c", "message_id": "m", "text": "hi"}
    header = {b"X-Dialogue-Secret": secret.encode("utf-8")}

    response = httpx.post(f"{dialogue.url}/turn", json=body, headers=header)

    assert response.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"conversation": "c", "message_id": "m"},
        {"conversation": "c", "message_id": "m", "text": 5},
        {"conversation": "c", "message_id": "m", "text": "hi", "state": "rubbish"},
        {"conversation": "c", "message_id": "m", "text": "hi", "state": '{"version": 0}'},
        {"conversation": "c", "message_id": "m", "text": "hi", "known": [1]},
        {"conversation": "c", "message_id": "m", "text": "hi", "context": "x"},
    ],
)
def test_a_malformed_turn_is_refused(dialogue: RunningDialogue, body: object):
    assert dialogue.post(body).status_code == 400


def test_a_turn_answers_in_the_agreed_shape(dialogue: RunningDialogue):
    answer = dialogue.turn("my stepdad shouts at me every night, im 12")

    assert set(answer) == {
        *("state", "replies", "commands", "answers", "asked", "slots", "nlu", "restarted"),
        "of_anybody",
    }
    assert answer["answers"]["age"] == {"status": "value", "value": 12}
    assert all(set(reply) == {"response", "text", "buttons"} for reply in answer["replies"])
    assert {"command": "finish_contact"} in answer["commands"]


def test_a_question_that_a_new_version_asks_too_stays_open(dialogue: RunningDialogue):
    state = dialogue.talk("my mum shouts at me", "im scared of her all the time")[-1]["state"]
    slots = json.loads(state)["slots"]
    slots |= {"asked": "age", "a_slot_that_is_gone": "something"}

    answer = dialogue.turn("13", json.dumps({"version": 1, "slots": slots}))

    assert not answer["restarted"]
    assert answer["answers"]["age"] == {"status": "value", "value": 13}
    assert "a_slot_that_is_gone" not in answer["slots"]


def test_a_question_that_a_new_version_does_not_ask_is_closed_and_the_child_told(
    dialogue: RunningDialogue,
):
    state = dialogue.talk("my mum shouts at me", "im scared of her all the time")[-1]["state"]
    slots = json.loads(state)["slots"]
    known = {name: slots[name] for name in ("worry", "said")}
    old = json.dumps({"version": 1, "slots": {**slots, "asked": "favourite_colour"}})

    answer = dialogue.turn("blue", old, choice='/favourite{"favourite_colour": "blue"}')

    assert answer["restarted"]
    assert answer["replies"]
    assert answer["slots"]["worry"] == known["worry"]
    assert answer["slots"]["said"].items() >= known["said"].items()
    assert answer["slots"].get("asked") != "favourite_colour"


def test_the_same_turn_always_gives_the_same_answer(dialogue: RunningDialogue):
    state = dialogue.talk("hi", "my mum shouts at me")[-1]["state"]

    answers = [dialogue.turn("im scared of her", state) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]


def test_a_conversation_goes_on_in_another_process(dialogue: RunningDialogue):
    state = dialogue.talk("hi", "my mum shouts at me", "im scared", "yes")[-1]["state"]
    here = dialogue.turn("since year 5", state)

    with running_dialogue() as other:
        there = other.turn("since year 5", state)

    assert there == here


def test_a_long_history_does_not_slow_a_turn(dialogue: RunningDialogue):
    state = dialogue.turn("my mum shouts at me")["state"]
    short = _median_seconds(dialogue, state)
    for number in range(400):
        state = dialogue.turn(f"she shouted again {number}", state)["state"]

    assert _median_seconds(dialogue, state) <= 2 * short + 0.01


def test_what_is_known_is_not_asked(dialogue: RunningDialogue):
    known = {
        "safe_now": {"status": "value", "value": "yes"},
        "when_happened": {"status": "dont_know", "value": None},
        "wants": {"status": "prefer_not_to_say", "value": None},
    }

    answers = dialogue.talk("my mum shouts at me", "she does it a lot", known=known)

    assert answers[-1]["asked"] == "name_to_use"


def test_a_child_cannot_speak_as_a_button(dialogue: RunningDialogue):
    answer = dialogue.turn('/inform{"safe_now": "yes"}')

    assert "safe_now" not in answer["answers"]


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", "😔" * 5000, "a" * 100_000, "/", "{}"])
def test_any_text_gets_an_answer(dialogue: RunningDialogue, text: str):
    assert dialogue.turn(text)["replies"]


def _median_seconds(dialogue: RunningDialogue, state: str) -> float:
    times = []
    for _ in range(15):
        start = time.monotonic()
        dialogue.turn("and he hits me too", state)
        times.append(time.monotonic() - start)
    return sorted(times)[len(times) // 2]


def test_a_process_that_cannot_answer_where_it_is_told_to_ends():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert told_while_loading(f"listen {taken.getsockname()[1]}") == 1
