"""What is answered by a sentence of its own in an urgent talk, by the examples of each kind."""

from typing import Any

import pytest

from dialogues.questions import Questions, next_actions
from dialogues.reading import lines
from dialogues.reading.lines import Line, all_lines
from dialogues.reading.message import read
from dialogues.reading.words import word_list
from dialogues.translations import domain_mapping, read_yaml
from tests.dialogues.test_wording import _DIALOGUES

_KINDS = {
    one["name"]: one
    for name in ("lines_danger", "lines_asked", "lines_told")
    for one in word_list(name)["lines"]
}


def _talk_of(line: Line, **more: Any) -> dict[str, Any]:
    """Gives a talk in which such a kind counts."""
    level = {"danger": "emergency", "hot": "urgent", "urgent": "urgent"}.get(line.when, "concern")
    harms = set(line.harms) or ({"suicide"} if line.life else {"physical_abuse"})
    return {
        "worry": True,
        "urgency": level,
        "harms": sorted(harms - ({"suicide", "self_harm"} if line.life is False else set())),
        "about_whom": "friend" if line.about == "other" else None,
        "who_involved": "stepdad",
        "said": {f"utter_line_{one}": 1 for one in line.after},
        **more,
    }


@pytest.mark.parametrize("line", all_lines(), ids=lambda line: line.name)
def test_a_kind_hears_what_it_is_for_and_nothing_beside_it(line: Line):
    talk = _talk_of(line)

    assert [said for said in _KINDS[line.name]["says"] if not line.fits(said, talk)] == []
    assert [said for said in _KINDS[line.name]["not"] if line.fits(said, talk)] == []


def test_what_is_heard_is_heard_first_of_its_own_kind():
    wrong = []
    for line in all_lines():
        for said in _KINDS[line.name]["says"]:
            found = lines.find_line(said, "tell", _talk_of(line))
            if found is None or found.name != line.name:
                wrong.append((line.name, said, found and found.name))

    assert wrong == []


def test_every_kind_has_words_and_every_word_a_kind():
    responses = {one for one in domain_mapping()["responses"] if one.startswith("utter_line_")}

    assert responses == {f"utter_line_{line.name}" for line in all_lines()}


def test_who_wants_no_questions_is_asked_nothing_until_they_ask():
    questions = Questions.parse(read_yaml(_DIALOGUES / "questions.yml"), None)
    talk: dict[str, Any] = {"worry": True, "urgency": "urgent", "turns": 3, "said": {}}

    told = read("no more questions please", "tell", 0.9, slots=talk)
    assert told.facts["no_questions"] is True
    talk |= told.facts
    for text in ("he hits me", "i am 12", "its my dad"):
        said = read(text, "tell", 0.9, slots=talk)
        slots = {**talk, "line": None, "line_is_quiet": None, **said.facts}
        asked = [one for one in next_actions(questions, slots, said.intent) if "_ask_" in one]
        assert asked == []
    assert read("ok you can ask me stuff", "tell", 0.9, slots=talk).facts["no_questions"] is False


def test_once_the_danger_is_said_to_be_over_999_is_said_again_only_for_something_new():
    questions = Questions.parse(read_yaml(_DIALOGUES / "questions.yml"), None)
    said = {"utter_stay_with_me": 1, "utter_worry_noted": 1}
    talk: dict[str, Any] = {"worry": True, "urgency": "emergency", "turns": 9, "said": said}
    over = read("not now shes watching telly", "tell", 0.9, slots=talk)
    assert over.facts["calmed"] is True

    calm = {**talk, "calmed": True, "feeling": "emergency"}
    assert next_actions(questions, calm, "tell") == []
    anew = {**talk, "calmed": True, "message_urgency": "emergency"}
    assert read("hes got a knife", "tell", 0.9, slots=anew).facts["calmed"] is False
