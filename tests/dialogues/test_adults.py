"""A grown-up who only asks what this is, and one who is worried about a child."""

import pytest

from dialogues.reading.message import read

_ASKS = {"adult_asking": True, "calm": "likely"}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("I am a dad, not a young person, is that all right?", "adult_asking"),
        ("I work at a primary school. Which age group can text you?", "adult_age"),
        ("My daughter brought your card home, would I be told if she writes?", "adult_told"),
        ("I run a club for kids, could we share this number on our noticeboard?", "adult_poster"),
        ("as a parent id like to see what would my child read first", "adult_first"),
        ("hi its callums mum, is there a leaflet i can print", "adult_poster"),
        ("hi, i am his dad, he is 12. do you tell us if he writes", "adult_told"),
        ("hello im a head teacher, what ages is this for", "adult_age"),
        ("mum here, nothing has happened, just checking what it is", "adult_nothing"),
    ],
)
def test_who_only_asks_is_answered_and_nothing_is_written_down(text: str, reply: str):
    found = read(text, "tell", 0.5, slots={"calm": "likely"})

    assert found.intent == "adult_asking"
    assert found.facts == {"adult_asking": True, "reply_to": reply}


@pytest.mark.parametrize(
    "text",
    [
        "I'm a mum and I'm worried about my son",
        "i teach year 4 and one of my pupils came in with bruises",
        "my grandson is 6 and his mum is drunk all day",
    ],
)
def test_a_worry_is_heard_at_once(text: str):
    assert read(text, "tell", 0.5, slots={"calm": "likely"}).facts["adult"] is True


def test_who_asked_and_then_tells_a_worry_is_heard():
    found = read("one of them said she is scared to go home", "tell", 0.6, slots=_ASKS)

    assert found.intent == "adult_referrer"
    assert found.facts["adult_asking"] is False


@pytest.mark.parametrize(
    ("urgency", "calm", "intent"),
    [("urgent", "unsure", "adult_referrer"), ("urgent", "doubted", "adult_asking")],
)
def test_a_sure_alarm_is_never_a_mere_question(urgency: str, calm: str, intent: str):
    slots = {"adult_asking": True, "urgency": urgency, "calm": calm}

    assert read("what would a child read first", "tell", 0.5, slots=slots).intent == intent


@pytest.mark.parametrize("text", ["person please", "can i talk to a real person"])
def test_who_only_asks_may_have_a_person(text: str):
    assert read(text, "request_person", 0.9, slots=_ASKS).intent == "request_person"


@pytest.mark.parametrize(
    "text",
    [
        "my class hate me",
        "im 14 and my teacher said to write",
        "im a young carer for my mum",
        "its my dad",
        "its the neighbour",
        "its his uncle",
        "its jacks mum",
        "im scared mum",
        "do parents get told?",
        "can parents see this",
    ],
)
def test_a_child_is_no_grown_up(text: str):
    assert read(text, "tell", 0.6, slots={"calm": "likely"}).intent != "adult_asking"


@pytest.mark.parametrize(
    "text", ["Hi. Who can see this?", "so who else reads what i write", "who sees my messages"]
)
def test_who_sees_this_is_answered_itself_wherever_it_is_asked(text: str):
    assert read(text, "chat", 0.9, slots={"worry": True, "urgency": "urgent"}).intent == (
        "ask_who_sees"
    )
