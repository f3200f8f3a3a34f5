"""What is read out of one message, by rules."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogues.reading import ages, answers, feelings, names, people, places, signals, times
from dialogues.reading.message import read


@pytest.mark.parametrize(
    ("text", "asked", "age"),
    [
        ("im 9", None, 9),
        ("I'm thirteen and i live with my nan", None, 13),
        ("15", None, 15),
        ("almost 10", "age", 10),
        ("im nearly 10", None, 9),
        ("i am 7 and a half", None, 7),
        ("14yo girl", None, 14),
        ("10, noah", None, 10),
        ("mam 14 lat", None, 14),
        ("am 10 ani", None, 10),
        ("мені 15", None, 15),
        ("عمري ١٢ سنة", None, 12),
        ("waxaan ahay 11", None, 11),
        ("tenho 16 anos", None, 16),
        ("meri umar 10 saal hai", None, 10),
        ("hes 17", None, None),
        ("my brother is 6", None, None),
        ("im 20 mins away", None, None),
        ("im on 3%", None, None),
        ("after 5", "age", None),
        ("since year 6", "age", None),
        ("5", "safe_contact_times", None),
        ("im 99", None, None),
    ],
)
def test_the_age_is_the_childs_own(text: str, asked: str | None, age: int | None):
    assert ages.find_age(text, asked) == age


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        ("my name is Oluwaseun", None, "Oluwaseun"),
        ("im called jess", None, "Jess"),
        ("12. harvey", None, "Harvey"),
        ("its priya", "name_to_use", "Priya"),
        ("you can call me bear", None, "Bear"),
        ("zorblax", "name_to_use", "Zorblax"),
        ("its spelt KAYLEIGH not kaylee", None, "Kayleigh"),
        ("mam na imie zosia", None, "Zosia"),
        ("fy enw i yw Gethin", None, "Gethin"),
        ("im scared", "name_to_use", None),
        ("they call me names", None, None),
        ("skip", "name_to_use", None),
        ("angel", None, None),
    ],
)
def test_a_name_is_found_and_a_feeling_is_no_name(text: str, asked: str | None, name: str | None):
    assert names.find_name(text, asked) == name


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("its been like this since september", "since september"),
        ("for about 2 years", "for about 2 years"),
        ("he did it last thursday", "last thursday"),
        ("every single night", "every single night"),
        ("when i was 6", "when i was 6"),
        ("3 weeks ago", "3 weeks ago"),
        ("od roku", "od roku"),
        ("since im here can i ask", None),
        ("he just shouts", None),
    ],
)
def test_since_when_is_found(text: str, when: str | None):
    assert times.find_when_happened(text) == when


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("txt me after 6", None, "after 6"),
        ("only weekends", None, "only weekends"),
        ("b4 8", "safe_contact_times", "b4 8"),
        ("any day except friday", "safe_contact_times", "any day except friday"),
        ("between 4 and 6", "safe_contact_times", "between 4 and 6"),
        ("po szkole", "safe_contact_times", "po szkole"),
        ("he hits me after school", None, None),
        ("he takes my dinner money", None, None),
    ],
)
def test_a_safe_time_is_found(text: str, asked: str | None, found: str | None):
    assert times.find_contact_times(text, asked) == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("im in the toilets at school", "im in the toilets at school"),
        ("22 birch lane", "22 birch lane"),
        ("flat 4, 9 castle street ashford", "flat 4, 9 castle street ashford"),
        ("M14 5TP", "M14 5TP"),
        ("outside the shop", "outside the shop"),
        ("w domu", "w domu"),
        ("im not happy at home", None),
    ],
)
def test_where_the_child_is_is_found(text: str, place: str | None):
    assert places.find_current_location(text) == place


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("my step dad and my big brother", ["stepdad", "older brother"]),
        ("mums bf pushed mum", ["mum's boyfriend", "mum"]),
        ("ammi aur abbu", ["ammi (mum)", "abbu (dad)"]),
        ("pls dont tell my dad", []),
        ("mam 12 lat", []),
    ],
)
def test_people_are_named_in_plain_english(text: str, who: list[str]):
    assert people.find_people(text) == who


@pytest.mark.parametrize(
    ("text", "asked", "safe"),
    [
        ("yeah im safe", None, "yes"),
        ("no", "safe_now", "no"),
        ("not really safe", None, "no"),
        ("i think so", "safe_now", "unsure"),
        ("idk", "safe_now", "unsure"),
        ("hes outside my room", None, "no"),
        ("he is back", "safe_now", "no"),
        ("no one is here", "safe_now", None),
        ("ok ringing them", "safe_now", None),
        ("safe", None, None),
        ("tak", "safe_now", "yes"),
    ],
)
def test_safety_is_read_with_doubt_on_the_safe_side(text: str, asked: str | None, safe: str | None):
    assert answers.find_safe_now(text, asked) == safe


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("stop", "stop"),
        ("hi\nstop", "stop"),
        ("make him stop", None),
        ("x", "someone_here"),
        ("thanks x", None),
        ("my sister is here with me and she is crying", None),
        ("person", "request_person"),
        ("why are you messaging my daughter", "wrong_reader"),
        ("ignore that", "take_back"),
        ("what happened with my thing", "status_request"),
    ],
)
def test_what_is_said_beyond_doubt_is_heard(text: str, signal: str | None):
    assert signals.find_signal(text) == signal


@pytest.mark.parametrize("text", ["nobody hits me", "he doesnt hit me"])
def test_a_denied_hurt_is_not_given_back(text: str):
    assert feelings.find_feeling(text) != "hurt"


def test_an_answer_to_another_question_does_not_answer_this_one():
    slots = {"asked": "wants", "worry": True}

    reading = read("im 12. ruby", "inform", 0.9, slots=slots)

    assert reading.facts["age"] == 12
    assert "wants" not in reading.facts


def test_a_friends_name_is_not_the_childs():
    reading = read("esme. 13", "inform", 0.9, slots={"about_whom": "friend", "worry": True})

    assert reading.facts["other_child"] == "esme. 13"
    assert "name_to_use" not in reading.facts


def test_no_names_declines_names_and_nothing_else():
    slots = {"asked": "safe_contact_times", "worry": True}

    reading = read("no names", "decline", 0.9, slots=slots)

    assert reading.facts["name_to_use"] == "prefer_not_to_say"
    assert "safe_contact_times" not in reading.facts


@given(text=st.text(max_size=300), asked=st.sampled_from([None, "age", "wants", "safe_now"]))
def test_any_text_can_be_read(text: str, asked: str | None):
    read(text, "tell", 0.5, slots={"asked": asked} if asked else {})


@pytest.mark.parametrize(
    "text", ["a " * 5000, "9" * 9000, "my " * 3000, "not " * 2000, "i want " * 900]
)
def test_no_text_takes_long_to_read(text: str):
    start = time.monotonic()

    read(text, "tell", 0.5, slots={"asked": "age", "worry": True})

    assert time.monotonic() - start < 2
