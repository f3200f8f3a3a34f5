"""What is read out of one message, by rules."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dialogues.reading import (
    ages,
    answers,
    emergencies,
    feelings,
    intending,
    names,
    people,
    places,
    signals,
    times,
)
from dialogues.reading.message import read

_ROOT = Path(__file__).resolve().parents[2]


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
        ("13", "when_happened", 13),
        ("16", "safe_now", 16),
        ("3", "safe_now", None),
        ("15 turning 16 soon", "when_happened", 15),
        ("hes 9 too", "age", None),
        ("zara 14", "when_happened", 14),
        ("16 dan", "wants", 16),
        ("12 lads", None, None),
        ("12 but he doesnt mind", None, 12),
        ("june 14", "when_happened", None),
        ("its ash. he/him. 15", None, 15),
    ],
)
def test_the_age_is_the_childs_own(text: str, asked: str | None, age: int | None):
    assert ages.find_age(text, asked) == age


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        ("my name is Oluwaseun", None, "Oluwaseun"),
        ("im called jess", None, "Jess"),
        ("samira i go to oak bank", None, "Samira"),
        ("will i be ok", None, None),
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
        ("her names holly", None, None),
        ("hes called marcus", "name_to_use", None),
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
        ("any time but not mondays", "safe_contact_times", "any time but not mondays"),
        ("only text when im at college 10 to 2", None, "when im at college 10 to 2"),
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
        ("text me when im at school", None),
        ("im in bed he thinks im sleeping", "in bed"),
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
        ("yeh safe", None, "yes"),
        ("were ok now", "wants", "yes"),
        ("im not ok", None, None),
        ("im not ok", "safe_now", "no"),
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
        ("can we speak to somebody", "request_person"),
        ("could i talk to a human please", "request_person"),
        ("can i talk to someone about my dads drinking", None),
        ("that is rubbish", "insult"),
        ("u are pointless", "insult"),
        ("oh ok thx was just asking", "thanks"),
        ("no thanks", None),
    ],
)
def test_what_is_said_beyond_doubt_is_heard(text: str, signal: str | None):
    assert signals.find_signal(text) == signal


@pytest.mark.parametrize(
    ("text", "is_news"),
    [
        ("its way better now", True),
        ("the lads have stopped and we are mates", True),
        ("everything is fine now", True),
        ("its better now but he still comes in", False),
        ("its not better", False),
        ("is it better if i go", False),
        ("its good now when hes out", False),
        ("i have stopped eating", False),
        ("things got better until he hit me", False),
    ],
)
def test_who_says_that_it_is_over_is_heard_and_no_but_is_overheard(text: str, *, is_news: bool):
    calm = {"calm": "unsure", "urgency": "concern"}
    found = read(text, "tell", 0.9, slots=calm)

    assert bool(found.facts.get("good_news")) is is_news
    assert (found.intent == "fine") is bool(found.facts.get("good_news"))
    assert read(text, "tell", 0.9, slots={**calm, "worry": True}).intent != "fine"


@pytest.mark.parametrize("text", ["nobody hits me", "he doesnt hit me"])
def test_a_denied_hurt_is_not_given_back(text: str):
    assert feelings.find_feeling(text) != "hurt"


def test_an_answer_to_another_question_does_not_answer_this_one():
    slots = {"asked": "wants", "worry": True}

    reading = read("im 12. ruby", "inform", 0.9, slots=slots)

    assert reading.facts["age"] == 12
    assert "wants" not in reading.facts


def test_a_name_before_what_is_told_of_them_is_a_friends():
    assert names.find_name("reece. hes 13 same as me", None) is None
    assert names.find_name("yesterday he hit me. ava. 12", None) == "Ava"


def test_a_friends_name_is_not_the_childs():
    reading = read("esme. 13", "inform", 0.9, slots={"about_whom": "friend", "worry": True})

    assert reading.facts["other_child"] == "Esme, 13"
    assert "name_to_use" not in reading.facts


def test_no_names_declines_names_and_nothing_else():
    slots = {"asked": "safe_contact_times", "worry": True}

    reading = read("no names", "decline", 0.9, slots=slots)

    assert reading.facts["name_to_use"] == "prefer_not_to_say"
    assert "safe_contact_times" not in reading.facts


def test_the_friends_name_and_age_are_kept_apart_from_the_childs():
    slots = {"about_whom": "friend", "worry": True}

    called = read("his names kofi hes 12 too", "inform", 0.9, slots=slots)
    same = read("nadia. 15 same as me", "inform", 0.9, slots=slots)
    home = read("he lives on castle road", "tell", 0.9, slots=slots)
    own = read("my name is erin", "inform", 0.9, slots={**slots, "other_child": "Kofi, 12"})

    assert called.facts["other_child"] == "Kofi, 12"
    # Who says "too" of a friend is as old.
    assert (called.facts["age"], "name_to_use" in called.facts) == (12, False)
    assert (same.facts["other_child"], same.facts["age"]) == ("Nadia, 15", 15)
    assert home.facts["other_child"] == "lives on castle road"
    assert not {"where_happened", "current_location"} & set(home.facts)
    assert own.facts["name_to_use"] == "Erin"


@pytest.mark.parametrize("text", ["pls keep me anonymous", "i wont put my name on this", "no name"])
def test_no_name_is_heard_at_any_time(text: str):
    for asked in (None, "wants", "name_to_use", "safe_now"):
        reading = read(text, "decline", 0.9, slots={"asked": asked, "worry": True})

        assert reading.facts["name_to_use"] == "prefer_not_to_say"
        assert "wants" not in reading.facts


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("i told him to stop it", "earlier_contact"),
        ("he asked for a pic so i sent it", "earlier_contact"),
        ("im in year 7", "when_happened"),
        ("hes gonna kill me if they know i told", "earlier_contact"),
        ("i skipped most of school", "school"),
        ("she goes out", "who_is_there"),
        ("not tonight hes away till friday", "who_is_there"),
        ("only message when im at school", "where_happened"),
    ],
)
def test_a_field_takes_nothing_that_is_about_something_else(text: str, field: str):
    assert field not in read(text, "tell", 0.9, slots={"worry": True}).facts


def test_who_is_there_takes_its_clause_only():
    text = (
        "i dont know what to do anymore about all this. my sister is with me. we are so tired of it"
    )
    slots = {"asked": "who_is_there", "worry": True}

    assert read(text, "tell", 0.9, slots=slots).facts["who_is_there"] == "my sister is with me"


def test_who_is_away_or_near_says_that_the_child_is_safe():
    slots = {"worry": True, "who_involved": "stepdad", "asked": "wants"}
    asked = {**slots, "asked": "safe_now"}

    assert read("hes gone till monday", "tell", 0.9, slots=slots).facts["safe_now"] == (
        "yes (hes gone till monday)"
    )
    assert read("nans here", "tell", 0.9, slots=asked).facts["safe_now"] == "yes (nans here)"
    assert read("stepdads here", "tell", 0.9, slots=asked).facts.get("safe_now") is None
    left_alone = {**slots, "harms": ["neglect"]}
    assert "safe_now" not in read("shes out till late", "tell", 0.9, slots=left_alone).facts


def test_what_the_child_is_called_is_no_insult_and_staying_home_is_no_goodbye():
    slots = {"worry": True}

    for taken in ("insult", "request_person"):
        assert read("u can call me dee", taken, 0.9, slots=slots).intent == "inform"
    assert read("can u call me", "request_person", 0.9, slots=slots).intent == "request_person"
    assert read("i sent it", "status_request", 0.9, slots=slots).intent == "tell"
    assert read("i dont ever want to go back there", "goodbye", 0.9, slots=slots).intent == "tell"
    assert read("bye for now", "goodbye", 0.9, slots=slots).intent == "goodbye"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("im at the bus stop by the park", "emergency_place"),
        ("call me lou", "name"),
        ("im ringing 999 now", "emergency_ringing"),
        ("i cant ring them", "emergency_silent"),
        ("shall i run over to hers", "emergency_going"),
        ("should i go to my nans", "emergency"),
        ("after 5", "emergency_noted"),
        ("im 13", "emergency_noted"),
        ("he is so angry", "emergency"),
    ],
)
def test_what_is_told_in_an_emergency_gets_its_own_answer(text: str, reply: str):
    slots = {"urgency": "emergency", "last_urgency": "emergency", "worry": True}

    facts = read(text, "tell", 0.9, slots=slots).facts

    assert facts.get("feeling", facts.get("reply_to")) == reply


_OF_DAD = {"harms": ["domestic_abuse"], "who_involved": "dad"}
_OF_MUM_OUT = {"harms": ["neglect"], "who_involved": "mum, brother"}
_OF_LIFE = {"harms": ["suicide"]}


@pytest.mark.parametrize(
    ("text", "told", "reply"),
    [
        ("he came back", _OF_DAD, "emergency_back"),
        ("dad is on the stairs i can hear him", _OF_DAD, "emergency_back"),
        ("mum is back", _OF_DAD, "emergency_company"),
        ("mae dad wedi dod adre", _OF_DAD, "emergency_back"),
        ("he went out", _OF_DAD, "emergency_gone"),
        ("were hiding in the wardrobe", _OF_DAD, "emergency_hiding"),
        ("i cant speak hell hear me", _OF_DAD, "emergency_silent"),
        ("it went quiet", _OF_DAD, "emergency_quiet"),
        ("mums arm is bleeding", _OF_DAD, "emergency_bleeding"),
        ("its not bleeding now", _OF_DAD, "emergency_stopped_bleeding"),
        ("i did ring", _OF_DAD, "emergency_ringing"),
        ("999 arent picking up", _OF_DAD, "emergency_unanswered"),
        ("im so scared", _OF_DAD, "emergency_scared"),
        ("my battery is nearly dead", _OF_DAD, "emergency_battery"),
        ("i got no credit", _OF_DAD, "emergency_credit"),
        ("gran says she can come and get me", _OF_DAD, "emergency_offered"),
        ("my auntie is with me now", _OF_DAD, "emergency_company"),
        ("a man in a van keeps staring at us", _OF_DAD, "emergency_watched"),
        ("just me and the baby", _OF_MUM_OUT, "emergency_small"),
        ("shes burning up", _OF_MUM_OUT, "emergency_ill"),
        ("we know the lady next door, she is called Joan", _OF_MUM_OUT, "emergency_helper"),
        ("ive took all my nans tablets", _OF_LIFE, "emergency_took"),
        ("got my mums sleeping tablets here", _OF_LIFE, "emergency_means"),
        ("my head is spinning i feel sick", _OF_LIFE, "emergency_ill"),
        ("i want to be dead", _OF_LIFE, "emergency_dark"),
        ("he said hes picking me up at 6", {"harms": ["online_harm"]}, "emergency_meeting"),
        ("nobody must come to the house", _OF_DAD, "emergency_noted"),
        ("hes smashing the window hes got a hammer", _OF_DAD, "emergency_back"),
        ("nans asleep in her room", _OF_LIFE, "emergency_near"),
        ("im going to wake my mum", _OF_LIFE, "emergency_waking"),
        ("she took loads of pills", {"about_whom": "friend", **_OF_LIFE}, "emergency_took_other"),
        ("my dads here now", {"about_whom": "friend", **_OF_LIFE}, "emergency_company"),
    ],
)
def test_what_happens_this_minute_is_taken_up(text: str, told: dict[str, Any], reply: str):
    slots = {"urgency": "emergency", "last_urgency": "emergency", "worry": True, **told}

    facts = read(text, "tell", 0.9, slots=slots).facts

    assert facts.get("feeling", facts.get("reply_to")) == reply


def test_a_name_with_more_in_it_gets_an_answer_that_there_is():
    slots = {"worry": True, "urgency": "emergency", "asked": "safe_now", "about_whom": "friend"}
    domain = YAML(typ="safe").load((_ROOT / "dialogues/domain/slots.yml").read_text("utf-8"))

    found = read("im dan im at home wi me mam", "tell", 0.6, slots=slots)

    assert found.facts["name_to_use"] == "Dan"
    assert found.facts["feeling"] in domain["slots"]["feeling"]["values"]


def test_a_grown_up_near_by_is_taken_up_by_name_unless_they_do_harm():
    slots = {"urgency": "emergency", "harms": ["neglect"], "who_involved": "mum"}
    of_neighbour = {**slots, "harms": ["physical_abuse"], "who_involved": "neighbour"}

    assert emergencies.find_helper("my neighbour is called joan", slots) == "Joan"
    assert emergencies.find_helper("i know the lady next door", slots) == "them"
    of_nobody = {**slots, "harms": ["physical_abuse"], "who_involved": ""}
    assert emergencies.find_helper("the lady next door is called pat", of_nobody) == "Pat"
    assert emergencies.find_helper("my neighbour is called bob", of_nobody) is None
    assert emergencies.find_helper("my auntie is called pat", of_nobody) is None
    assert emergencies.find_helper("my neighbour is called joan", of_neighbour) is None
    assert emergencies.find_helper("my neighbour called joan hit me", slots) is None


def test_where_to_send_help_is_kept_though_it_was_not_asked_just_now():
    slots = {"urgency": "emergency", "last_urgency": "emergency", "worry": True}

    kept = read("the red flats by the church, elm court", "tell", 0.9, slots=slots).facts
    told = read("he left the house and i want to go home", "tell", 0.9, slots=slots).facts

    assert kept["current_location"] == "the red flats by the church, elm court"
    assert "current_location" not in told


def test_a_lull_is_no_safety():
    slots = {"urgency": "emergency", "worry": True, "asked": "safe_now", **_OF_DAD}

    assert "safe_now" not in read("its gone quiet now", "tell", 0.9, slots=slots).facts


def test_a_small_fact_needs_no_thanks_and_a_story_does():
    slots = {"worry": True, "asked": "age"}

    assert "reply_to" not in read("im 12", "inform", 0.9, slots=slots).facts
    assert read("my mum shouts", "tell", 0.9, slots=slots).facts["feeling"] == "shouting"


def test_a_question_about_the_service_begins_no_record():
    slots = {"urgency": "concern"}

    asks = read("do you tell the police", "ask_tell_police", 0.9, slots=slots)
    tells = read("will you tell my dad he hits me", "ask_tell_parents", 0.9, slots=slots)

    assert asks.intent == "ask_tell_police"
    assert "worry" not in asks.facts
    assert tells.facts["worry"] is True


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


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("i have adhd and dyslexia", "disability", "i have adhd and dyslexia"),
        ("im deaf so no phone calls", "communication_needs", "im deaf so no phone calls"),
        ("we are muslim", "religion", "muslim"),
        ("im mixed race", "ethnicity", "mixed race"),
        ("my doctor is dr khan at hill lane surgery", "gp", "my doctor is dr khan at hill lane"),
        ("my number is 07700 900456", "phone_number", "07700 900456"),
        ("my bday is 4th of june", "date_of_birth", "4th of june"),
        ("i live at 22 birch lane", "home_address", "22 birch lane"),
        ("im 22 and i owe 07 quid", "phone_number", None),
        ("i live with my nan and 2 cousins", "household", "i live with my nan and 2 cousins"),
        ("you can tell my tutor", "consent_to_share", "you can tell my tutor"),
        ("dont say it was me", "do_not_share", "dont say it was me"),
        ("i trust my keyworker", "trusted_adult", "i trust my keyworker"),
        ("mum doesnt know", "parents_know", "no"),
        ("my nan is lovely", "going_well", "my nan is lovely"),
    ],
)
def test_what_a_child_says_of_their_circumstances_is_read(text: str, field: str, value: str | None):
    found = read(text, "tell", 0.9, slots={"worry": True}).facts.get(field)

    assert found == value or (value is not None and str(found).startswith(value))


def test_a_long_message_leaves_only_its_clause_on_the_record():
    text = (
        "hi so i dont know how to say this but its been really bad, i have epilepsy and my mum "
        "forgets my tablets, and then she shouts at everyone in the house all night long"
    )

    found = read(text, "tell", 0.9, slots={"worry": True}).facts

    assert found["disability"] == "i have epilepsy and my mum forgets my tablets"


@pytest.mark.parametrize(
    ("text", "asked", "field"),
    [
        ("my uncle hits me with a shoe", "who_is_there", "who_is_there"),
        ("my brother knows but not dad", "who_is_there", "who_is_there"),
        ("nan lives in wales", "must_not_know", "must_not_know"),
        ("i just want help for my sister", "must_not_know", "must_not_know"),
        ("brother is 6", "when_happened", "when_happened"),
        ("im in year 8", "wants", "wants"),
        ("hes 12", "current_location", "current_location"),
        ("14", "safe_contact_times", "safe_contact_times"),
        ("my cousin knows", "safe_contact_times", "safe_contact_times"),
    ],
)
def test_what_answers_nothing_is_no_answer(text: str, asked: str, field: str):
    assert field not in read(text, "inform", 0.9, slots={"worry": True, "asked": asked}).facts


def test_a_time_that_is_forbidden_is_not_noted_as_allowed():
    assert times.find_contact_times("dont ring before 5", None) == "not before 5"
    assert times.find_contact_times("ring me before 5", None) == "before 5"


def test_an_age_is_put_right():
    facts = read("no wait im 14", "tell", 0.9, slots={"worry": True, "age": 13}).facts

    assert facts["age"] == 14
    assert facts["correction"] == "no wait im 14"


def test_who_must_not_know_is_named_even_by_a_pronoun():
    slots = {"worry": True, "who_involved": "dad, sister"}

    facts = read("please dont tell him ok", "tell", 0.9, slots=slots).facts

    assert facts["must_not_know"] == "him (dad)"


def test_danger_this_minute_says_that_the_child_is_not_safe():
    slots = {"urgency": "emergency", "worry": True}

    assert read("dad is kicking the door in", "tell", 0.9, slots=slots).facts["safe_now"] == (
        "no (kicking the door in)"
    )
    calm = {**slots, "urgency": "concern", "last_urgency": "concern"}
    assert "safe_now" not in read("i got a bat for my birthday", "tell", 0.9, slots=calm).facts


@pytest.mark.parametrize(
    ("text", "intent", "wanted"),
    [
        ("ambulance is here", "ask_tell_police", "inform"),
        ("now", "leave_for_now", "tell"),
        ("see you", "goodbye", "tell"),
    ],
)
def test_nobody_is_seen_off_in_an_emergency(text: str, intent: str, wanted: str):
    slots = {"urgency": "emergency", "last_urgency": "emergency", "worry": True}

    assert read(text, intent, 0.9, slots=slots).intent == wanted


@pytest.mark.parametrize(
    "text",
    ["i dont want to talk about it", "stop asking me questions", "dont ask me so much stuff"],
)
def test_a_child_who_has_had_enough_is_left_in_peace(text: str):
    assert signals.find_signal(text) == "enough"


def test_a_child_who_wants_few_questions_is_heard():
    facts = read("pls dont ask me loads of questions", "tell", 0.9, slots={}).facts

    assert facts["few_questions"] is True


@pytest.mark.parametrize(
    ("text", "adult"),
    [
        ("I am a dad and I am worried about my girl", True),
        ("my daughter is 9 and she told me something", True),
        ("my dad is a bit worried about me", False),
    ],
)
def test_a_parent_who_writes_is_known_as_one(text: str, *, adult: bool):
    assert (signals.find_signal(text) == "adult_referrer") is adult


def test_a_young_childs_spelling_is_understood():
    assert answers.find_safe_now("yes i am saf", "safe_now") == "yes"
    assert feelings.find_feeling("dady showts all nite") == "shouting"
    assert people.find_people("dady and mumy") == ["dad", "mum"]


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("i sent him a pic and now he wants money", "pictures"),
        ("its prob nothing", "minimising"),
        ("will my mum get in trouble", "family_trouble"),
        ("am i in trouble", "trouble"),
        ("he gets angry because im slow", "shouting"),
        ("my nan died", "grief"),
        ("you can call me kit", None),
        ("my parents might throw me out", "no_home"),
    ],
)
def test_what_weighs_in_a_message_is_noticed(text: str, feeling: str | None):
    assert feelings.find_feeling(text) == feeling


_TOLD = {"worry": True, "urgency": "emergency", "last_urgency": "emergency", "asked": None}


@pytest.mark.parametrize(
    "text",
    [
        "who are u what organisation is this",
        "what did i say to u before send it again",
        "she is my sister stop messaging",
        "stop texting her",
        "hi its me sam everything ok now it was a joke",
    ],
)
def test_whoever_took_the_phone_after_a_disclosure_is_no_child(text: str):
    assert read(text, "unclear", 0.3, slots=_TOLD).intent == "wrong_reader"
    assert read(text, "ask_who_are_you", 0.8, slots={}).intent != "wrong_reader"


@pytest.mark.parametrize(
    "text",
    [
        "he is my brother and he wont stop hitting me",
        "she is my sister please dont tell her",
        "dont tell her",
        "can you text my sister",
        "i made it up",
        "im ok now thanks",
        "its me sam",
        "please dont call the police",
    ],
)
def test_a_child_who_told_something_is_not_taken_for_another(text: str):
    assert read(text, "tell", 0.5, slots=_TOLD).intent != "wrong_reader"


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("dont text me on mondays", None),
        ("please dont message me at weekends", None),
        ("only text me after 4", "text"),
        ("you can text me", "text"),
        ("just text me", "in writing only"),
    ],
)
def test_what_forbids_a_time_names_no_channel(text: str, channel: str | None):
    facts = read(text, "inform", 0.8, slots={"worry": True}).facts

    assert facts.get("safe_contact_channel") == channel


def test_times_to_write_at_are_no_part_of_the_childs_account():
    slots = {"worry": True, "asked": "safe_contact_times"}

    assert "concern_in_own_words" not in read("evenings are best", "inform", 0.8, slots=slots).facts
    told = "evenings are best, not when dad is home he hits me"
    assert told in read(told, "inform", 0.8, slots=slots).facts["concern_in_own_words"]


def test_a_count_of_tablets_is_no_number_of_a_house():
    of_life = {"urgency": "emergency", "harms": ["suicide"], "last_feeling": "emergency_means"}

    assert emergencies.choose_reply({}, "56", of_life) == "emergency_means"
    assert emergencies.choose_reply({}, "56", {"harms": []}) == "emergency_number"


def test_a_tablet_that_is_written_on_is_no_place():
    assert places.find_current_location("i am on mums tablit") is None


def test_a_friend_is_never_answered_as_if_it_were_done_to_the_child():
    slots: dict[str, Any] = {"about_whom": "friend", "urgency": "urgent", "worry": True}

    # The first time it is believed, in words of its own for a friend.
    assert read("he hits her every day", "tell", 0.9, slots=slots).facts["line"] == "believed"
    slots["said"] = {"utter_line_believed": 1}
    assert read("he hits her every day", "tell", 0.9, slots=slots).facts["feeling"] == "for_other"


def test_a_friend_who_is_named_is_not_the_child():
    slots = {"name_to_use": "Mia"}

    assert "name_to_use" not in read("its not me its jayden", "inform", 0.9, slots=slots).facts


def test_who_wants_their_own_worker_is_taken_at_their_word():
    slots = {"urgency": "concern"}

    found = read("need to speak to my social worker", "tell", 0.9, slots=slots)

    assert found.intent == "inform"
    assert found.facts["own_worker"]
    assert found.facts["worry"]


@pytest.mark.parametrize(
    ("text", "place", "may_be_sent_to"),
    [
        ("flat 6 pinder court", "flat 6 pinder court", True),
        ("im at hadley bus station", "at hadley bus station", True),
        ("mummy has gone to the shop", "gone to the shop", False),
        ("im in the bathroom", "in the bathroom", False),
        ("he blew up my house in minecraft", "my house in minecraft", False),
    ],
)
def test_help_is_said_to_be_sent_only_to_what_can_be_found(text, place, may_be_sent_to):
    assert places.is_findable(text, place) is may_be_sent_to


def test_a_kind_teacher_who_is_here_is_company_unless_the_harm_is_hers():
    said = "miss doyle is here shes nice"

    assert answers.find_company(said, {"who_involved": "dad"})
    assert not answers.find_company("miss doyle is here", {"who_involved": "dad"})


def test_when_to_ring_is_no_name():
    assert names.find_name("call me anytime after 3", None) is None


def test_a_wish_for_a_person_is_heard_beside_kind_company():
    said = "miss doyle is here shes nice can i talk to a real person"

    assert intending.intent_of(said, "request_person", 0.9, {}) == "request_person"
    assert intending.intent_of("miss doyle is here shes nice", "someone_here", 0.9, {}) == "inform"
