"""What is a question about anybody, and what is only asked as if it were one."""

import pytest

from dialogues.reading.idleness import asks_of_anybody, is_nothing_yet


@pytest.mark.parametrize(
    "text",
    [
        "so if a kid tells you theyre getting hurt what do you do",
        "What happens when a pupil says something worrying?",
        "do parents get told if a child uses it",
        "would u tell there mum",
        "do the police come if someone says something",
        "if i told you something would you tell the police",
    ],
)
def test_what_is_done_with_what_anybody_tells_is_only_asked(text: str):
    assert asks_of_anybody(text)


@pytest.mark.parametrize(
    "text",
    [
        "what happens if my dad hits me",
        "what would you do if someone told you they want to die",
        "if my friend tells you she cuts what do you do",
        "do parents get arrested for hitting kids",
        "is it abuse if your dad makes you sleep in the shed",
        "would they tell him what i said",
        "what if someone says he touched me",
    ],
)
def test_what_may_be_their_own_is_never_taken_for_a_mere_question(text: str):
    assert not asks_of_anybody(text)


def test_model_and_classifier_take_a_message_for_nothing_only_together():
    def nothing(chance: float, odds: float, calm: str = "unsure", level: str = "concern") -> bool:
        slots = {"nothing": chance, "idle_odds": odds, "calm": calm, "urgency": level}
        return is_nothing_yet("they rang the bell and everything", slots)

    assert nothing(0.45, 1.6)
    assert not nothing(0.45, 0.2)
    assert not nothing(0.05, 1.6)
    assert not nothing(0.45, 3.0, calm="doubted", level="urgent")
    assert nothing(0.45, 0.9, calm="faint", level="urgent")
    assert not is_nothing_yet("he hit me", {"nothing": 0.6, "idle_odds": 2.0, "calm": "unsure"})
    assert not is_nothing_yet("can my social worker ring me", {"nothing": 0.7, "idle_odds": 2.0})
