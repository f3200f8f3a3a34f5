"""What children ask for themselves, and what turns out to have been play."""

import json

import pytest

from bot.dialogue import was_cleared_up
from dialogues.questions import Questions, next_actions
from dialogues.reading import advice, clearing
from dialogues.reading.message import read
from dialogues.reading.words import word_list
from dialogues.sources import file
from dialogues.translations import domain_mapping, read_yaml

_TOLD = {"worry": True, "urgency": "concern", "last_urgency": "concern"}
_ALARM = {
    "worry": True,
    "urgency": "emergency",
    "last_urgency": "emergency",
    "message_urgency": "no_concern",
    "asked": "current_location",
}


def test_every_topic_has_its_answer_and_stands_among_the_values_of_its_slot():
    domain = domain_mapping()
    topics = {one["topic"] for one in word_list("advice")["advice"]} | {"again", "other"}

    assert topics == set(domain["slots"]["advice"]["values"])
    assert {f"utter_advice_{topic}" for topic in topics} <= set(domain["responses"])


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("did i grass her up", "bad_friend"),
        ("wot do i do about my mate", "help_friend"),
        ("is all of it my fault", "my_fault"),
        ("what if they kick off again 2nite", "row_tonight"),
        ("shud i tell sir", "tell_who"),
        ("dunno what to say to her", "tell_how"),
        ("will my sister find out", "sibling_know"),
        ("what will happen to my dad", "mum_dad_trouble"),
        ("will i get arrested", "in_trouble"),
        ("can my nan come with me", "bring_someone"),
        ("can i stop if i hate it", "can_stop"),
        ("no police ok", "no_police"),
        ("i cant get to sleep", "sleep"),
        ("should i just punch him back", "hit_back"),
        ("is it normal to cry every day", "feel_normal"),
        ("so what do i do", "what_now"),
    ],
)
def test_a_child_gets_an_answer_of_its_own_to_what_they_ask(text: str, topic: str):
    found = read(text, "tell", 0.6, slots=_TOLD)

    assert (found.facts["advice"], found.facts.get("feeling")) == (topic, None)


def test_a_disclosure_is_heard_before_what_it_asks():
    found = read("he hit me what do i do if he starts again", "tell", 0.9, slots=_TOLD)

    assert (found.intent, found.facts["feeling"]) == ("tell", "hurt")
    assert found.facts["advice"] == "row_tonight"


def test_who_tells_and_asks_nothing_begins_a_record_with_it():
    found = read("theres no food in the house", "tell", 0.6, slots={"urgency": "no_concern"})

    assert (found.intent, found.facts["worry"]) == ("tell", True)
    assert found.facts["advice"] == "hungry"


def test_the_answer_stands_alone_but_for_what_safety_needs():
    questions = Questions.parse(read_yaml(file("questions.yml")), None)
    said = {"utter_welcome_short": 1, "utter_worry_noted": 1}
    calm = {**_TOLD, "said": said, "advice": "sleep"}

    assert next_actions(questions, calm, "ask_advice") == ["utter_advice_sleep"]
    assert next_actions(questions, {**calm, "urgency": "urgent"}, "ask_advice") == [
        "utter_advice_sleep",
        "utter_ask_safe_now",
    ]


def test_the_same_question_is_not_answered_twice_in_the_same_words():
    slots = {**_TOLD, "said": {"utter_advice_sleep": 1}}

    assert advice.find_topic("what helps me sleep", slots) == advice.AGAIN
    assert advice.find_topic("i cant sleep", slots) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "haha its only roblox",
            "jk it was a wind up",
            "in the game i mean",
            "we were only messing",
        ),
        *("its a film lol", "sorry i made it up", "my friend dared me to"),
    ],
)
def test_what_was_play_is_taken_back_in_words_and_nothing_more_is_asked(text: str):
    found = read(text, "tell", 0.9, slots=_ALARM)

    assert found.facts == {"cleared": True, "worry": False, "reply_to": "cleared"}


@pytest.mark.parametrize(
    "text",
    [
        *("on my xbox", "he says its a joke", "dont say it was me", "it was my brother"),
        *(
            "im on fortnite so i cant hear them",
            "he was joking but it hurts",
            "its our secret game",
        ),
        *("it was a joke im fine dont send anyone", "he took my phone"),
    ],
)
def test_what_may_be_no_play_clears_nothing_up(text: str):
    assert not clearing.clears_up(text, _ALARM)


def test_a_joke_clears_up_no_wish_to_die_and_no_new_alarm():
    assert not clearing.clears_up("jk it was a joke", {**_ALARM, "harms": ["suicide"]})
    assert not clearing.clears_up("lol its fortnite", {**_ALARM, "message_urgency": "urgent"})


def test_the_service_knows_that_all_before_was_play():
    assert was_cleared_up(json.dumps({"version": 1, "slots": {"cleared": True}}))
    assert not was_cleared_up(json.dumps({"version": 1, "slots": {}}))
    assert not was_cleared_up("of another release")
    assert not was_cleared_up(None)
