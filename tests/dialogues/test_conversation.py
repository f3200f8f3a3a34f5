"""How the dialogue treats a child, walked over its states and in random orders."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogues.translations import read_yaml
from tests.dialogues.process import RunningDialogue

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(900)]

_ASK = "utter_ask_"
_START = {
    "no_concern": "my mum shouts at me",
    "urgent": "my dad hits me",
    "emergency": "he is breaking the door down",
}
# What a child may say at any moment, and the command or response that it must bring.
_ALWAYS = {
    "can i talk to a person": "request_person",
    "real human please": "request_person",
    "stop": "stop",
    "STOP": "stop",
    "help": "help",
    "mum is coming in": "someone_here",
    "please delete everything i said": "delete_request",
    "can i see my record": "show_record",
    "what happened with the thing i sent": "status_request",
    "is this private": "utter_private",
    "who reads this": "utter_who_sees",
    "will you tell my mum": "utter_tell_parents",
    "will you call the police": "utter_tell_police",
    "will you tell my school": "utter_tell_school",
    "are you a robot": "utter_robot",
    "who are you": "utter_who_are_you",
    "what happens next": "utter_what_next",
    "how long will it take": "utter_how_long",
    "what is a social worker": "utter_social_worker",
}
# An emergency is not hushed by a phrase that may itself be the danger.
_NOT_IN_AN_EMERGENCY = ("mum is coming in",)
_HEARD = (("no_concern", "sure"), ("urgent", "unsure"))
_MOVES = [
    *("skip", "idk", "rather not say", "yes", "no", "im 12", "call me robin", "text me after 4"),
    *("its my stepdad", "since year 5", "im in my room", "i want it to stop", "is this private"),
    *("dont tell my dad", "he shouts all night", "i go to hill view primary", "ok", "hello"),
]


_QUESTIONS = tuple(
    dict.fromkeys(
        one["field"]
        for one in read_yaml(Path(__file__).resolve().parents[2] / "dialogues" / "questions.yml")[
            "questions"
        ]
    )
)


def _states(dialogue: RunningDialogue, urgency: str) -> list[tuple[str | None, str]]:
    """Walks from the first worry to the end, skipping each question; gives each state."""
    context = {"urgency": urgency, "harms": ["physical_abuse"]}
    answer = dialogue.turn(_START[urgency], context=context)
    states = [(answer["asked"], answer["state"])]
    for _ in range(14):
        answer = dialogue.turn("skip", answer["state"], choice="/skip", context=context)
        states.append((answer["asked"], answer["state"]))
    return states


def _every_open_question(dialogue: RunningDialogue, urgency: str) -> list[tuple[str, str]]:
    """Gives a state for each question there is, open at this urgency, whichever way it came."""
    begun = dialogue.turn(_START[urgency], context={"urgency": urgency})["state"]
    states = []
    for field in _QUESTIONS:
        read = json.loads(begun)
        read["slots"]["asked"] = field
        read["slots"]["said"] = {**read["slots"]["said"], f"{_ASK}{field}": 1}
        states.append((field, json.dumps(read)))
    return states


def test_what_tells_of_nothing_yet_is_listened_to_and_kept_for_when_it_does(
    dialogue: RunningDialogue,
):
    calm, worried = ({"urgency": level, "calm": calm} for level, calm in _HEARD)
    first = dialogue.turn("its about my dad", context=calm)
    chat = dialogue.turn("he gets like this", first["state"], context=calm)
    told = dialogue.turn("he hits me when its off", chat["state"], context=worried)

    assert first["commands"] == []
    assert chat["commands"] == []
    assert "concern_in_own_words" not in chat["answers"]
    assert "finish_contact" in [one["command"] for one in told["commands"]]
    assert told["answers"]["concern_in_own_words"]["value"] == [
        *("its about my dad", "he gets like this", "he hits me when its off"),
    ]


@pytest.mark.parametrize("text", ["he hits me when its off", "my mum shouts at me a lot"])
def test_what_was_not_judged_calm_is_taken_as_telling(dialogue: RunningDialogue, text: str):
    for unsure in ({}, {"urgency": "no_concern", "calm": "unsure"}):
        assert dialogue.turn(text, context=unsure)["answers"]["concern_in_own_words"]


@pytest.mark.parametrize("urgency", _START)
def test_what_must_always_be_there_is_there_in_every_state(dialogue: RunningDialogue, urgency: str):
    missing = []
    ends = _states(dialogue, urgency)[-1:]
    for asked, state in [*_every_open_question(dialogue, urgency), *ends]:
        for text, wanted in _ALWAYS.items():
            if urgency == "emergency" and text in _NOT_IN_AN_EMERGENCY:
                continue
            answer = dialogue.turn(text, state, context={"urgency": urgency})
            given_back = {c["command"] for c in answer["commands"]}
            given_back |= {reply["response"] for reply in answer["replies"]}
            if wanted not in given_back:
                missing.append((asked, text, answer["nlu"]["intent"]))

    assert not missing


@pytest.mark.parametrize(
    "route",
    [
        ("I am a teacher and I am worried about a boy in my class",),
        ("my friend told me her dad hits her",),
        ("my mum shouts at me", "mum needs me now bye", "hi im back"),
        ("what happened with the thing i sent last month",),
        ("we got a new puppy",),
    ],
)
@pytest.mark.parametrize("urgency", ["no_concern", "urgent"])
def test_what_must_always_be_there_is_there_on_the_rarer_routes(
    dialogue: RunningDialogue, route: tuple[str, ...], urgency: str
):
    context = {"urgency": urgency, "calm": "sure" if urgency == "no_concern" else "unsure"}
    state = dialogue.talk(*route, context=context)[-1]["state"]

    for text, wanted in _ALWAYS.items():
        answer = dialogue.turn(text, state, context=context)
        said = {reply["response"] for reply in answer["replies"]}
        assert wanted in said | {one["command"] for one in answer["commands"]}, (text, said)


@pytest.mark.parametrize("urgency", _START)
def test_the_walk_ends_after_at_most_ten_questions(dialogue: RunningDialogue, urgency: str):
    asked = [field for field, _ in _states(dialogue, urgency) if field]

    assert len(asked) == len(set(asked)) <= (2 if urgency == "emergency" else 10)
    assert _states(dialogue, urgency)[-1][0] is None


@pytest.mark.parametrize("payload", ["/request_person", "/stop", "/help"])
def test_buttons_reach_a_person_from_every_state(dialogue: RunningDialogue, payload: str):
    for _, state in _states(dialogue, "urgent"):
        answer = dialogue.turn("x", state, choice=payload)

        assert {"command": payload[1:]} in answer["commands"]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(moves=st.lists(st.sampled_from(_MOVES), min_size=4, max_size=14), urgent=st.booleans())
def test_nothing_answered_or_declined_is_asked_again(
    dialogue: RunningDialogue, moves: list[str], *, urgent: bool
):
    context = {"urgency": "urgent" if urgent else "concern"}
    answer = dialogue.turn("my mum hits me and i hate it", context=context)
    known: set[str] = set(answer["answers"])
    questions = 0
    for move in moves:
        answer = dialogue.turn(move, answer["state"], context=context)
        known |= set(answer["answers"])
        asked = _asked(answer)
        questions += len(asked)

        assert not known.intersection(asked), f"{asked} after {moves}"
        assert len(asked) <= 1
    assert questions <= 11


def test_a_child_who_was_just_welcomed_back_is_not_told_twice_that_all_is_kept(
    dialogue: RunningDialogue,
):
    state = dialogue.talk("my mum shouts at me", "im 12")[-1]["state"]

    back = dialogue.turn("hi", state, context={"welcomed": True})

    said = [reply["response"] for reply in back["replies"]]
    assert "utter_still_have_it" not in said
    assert len(said) > 1


def test_the_child_is_heard_before_anything_is_asked(dialogue: RunningDialogue):
    answer = dialogue.turn("i feel sad all the time")

    assert _asked(answer) == []
    assert answer["replies"][0]["response"].startswith("utter_reflect_")


def test_privacy_is_told_before_the_first_question(dialogue: RunningDialogue):
    answer = dialogue.turn("my dad hits me", context={"urgency": "urgent"})
    names = [reply["response"] for reply in answer["replies"]]

    assert names.index("utter_welcome_short") < names.index("utter_ask_safe_now")


def test_several_facts_at_once_are_all_taken(dialogue: RunningDialogue):
    answer = dialogue.talk(
        "my stepdad shouts at me\nim 13. ruby. north park academy\nmsg me here after 6"
    )[0]
    told = {name: one["value"] for name, one in answer["answers"].items()}

    assert (told["age"], told["name_to_use"], told["school"]) == (13, "Ruby", "north park academy")
    assert told["safe_contact_times"] == "after 6"
    assert told["who_involved"] == "stepdad"


@pytest.mark.parametrize(
    "text",
    [
        "test",
        "lol jk",
        "a whale stole my trainers haha",
        "what does neglect mean for my homework",
        "do you like pizza",
        "everythings fine",
        "fuck off",
        "thanks",
    ],
)
def test_where_there_is_no_worry_nothing_is_started(dialogue: RunningDialogue, text: str):
    for answer in dialogue.talk("hi", text, text):
        assert _asked(answer) == []
        assert answer["commands"] == []


def test_whoever_picks_up_the_phone_learns_nothing(dialogue: RunningDialogue):
    talked = dialogue.talk("my uncle hits me", "im 12 call me sam")
    state = talked[-1]["state"]
    asked = ("this is his mum who are you", "what has he been telling you", "did he say i hit him")
    for text in asked:
        answer = dialogue.turn(text, state)
        state = answer["state"]
        words = " ".join(reply["text"] for reply in answer["replies"]).lower()

        assert not {"uncle", "hit", "sam", "12", "social", "refer"} & set(words.split())
        assert answer["answers"] == {}
        assert {"command": "wrong_reader"} in answer["commands"]


def test_an_adult_is_heard_and_not_taken_for_the_child(dialogue: RunningDialogue):
    talked = dialogue.talk(
        "I am a teacher and I am worried about a pupil in my class", "He comes in hungry every day"
    )

    assert {"command": "adult_referrer"} in talked[0]["commands"]
    assert talked[0]["answers"]["about_whom"]["value"] == "other"
    assert "utter_reflect_adult" in [reply["response"] for reply in talked[1]["replies"]]


def test_a_friend_is_kept_apart_from_the_child(dialogue: RunningDialogue):
    answer = dialogue.turn("my best friend is being hurt by her uncle")

    assert answer["answers"]["about_whom"]["value"] == "friend"
    assert {"command": "third_party"} in answer["commands"]


def test_a_child_who_leaves_is_let_go_in_one_message(dialogue: RunningDialogue):
    answer = dialogue.talk("my mum shouts at me", "im sad", "gtg")[-1]

    assert len(answer["replies"]) == 1
    assert answer["commands"] == [{"command": "goodbye"}]


def test_unclear_words_are_taken_as_telling(dialogue: RunningDialogue):
    talked = dialogue.talk("my mum shouts at me", "florp wibble thing again", "blarg and so on")
    account = talked[-1]["slots"]["concern_in_own_words"]

    assert account == ["my mum shouts at me", "florp wibble thing again", "blarg and so on"]


@pytest.mark.parametrize(
    ("language", "hello", "word"),
    [
        *(("pl", "hej", "Jestem"), ("cy", "helo", "Bot ydw i"), ("ro", "salut", "Sunt un bot")),
        *(("uk", "привіт", "Я бот"), ("ar", "مرحبا", "أنا"), ("so", "salaan", "Waxaan ahay")),
        *(("pt", "ola", "Sou um bot"), ("ur-Latn", "salam", "Main bot hun")),
        *(("pa-Latn", "sat sri akal", "Main bot haan"), ("bn-Latn", "nomoskar", "Ami bot")),
    ],
)
def test_the_welcome_is_in_the_childs_language(
    dialogue: RunningDialogue, language: str, hello: str, word: str
):
    answer = dialogue.turn(hello, language=language)

    assert any(word in reply["text"] for reply in answer["replies"])


@pytest.mark.parametrize("kind", ["voice", "image", "video", "sticker", "location", "contact"])
def test_what_cannot_be_read_gets_a_kind_answer(dialogue: RunningDialogue, kind: str):
    answer = dialogue.turn("[something]", context={"kind": kind})

    assert answer["replies"]
    assert answer["answers"] == {}


def test_the_state_holds_no_more_than_the_record_needs(dialogue: RunningDialogue):
    state = json.loads(dialogue.talk("hi", "my mum shouts at me")[-1]["state"])

    assert set(state) == {"version", "slots"}


def _asked(answer: dict[str, Any]) -> list[str]:
    names = [reply["response"] for reply in answer["replies"]]
    return [name[len(_ASK) :] for name in names if name.startswith(_ASK)]
