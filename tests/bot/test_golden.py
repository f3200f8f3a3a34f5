"""The golden messages tell a version that answers wrongly from one that may be switched to."""

from pathlib import Path

from bot import golden
from tests.fakes.dialogue import FakeDialogue

_SCRIPTS = Path(golden.__file__).parent / "golden.yml"


def test_a_dialogue_that_says_something_else_is_told_what_must_be_said():
    wrong = FakeDialogue()
    wrong.replies = ("Welcome to the council's website.",)

    found = set(golden.problems(_SCRIPTS, wrong))

    assert found >= {
        "A greeting: “utter_welcome” must be said.",
        "Asking for a person: “utter_person” must be said.",
        "Asking for a person in Welsh: “utter_person” must be said.",
        "Asking who reads this in Welsh: “utter_who_sees” must be said.",
    }
    # What the service says by itself stands without the dialogue.
    assert not any(one.startswith(("Stop", "The cover", "An emergency: ")) for one in found)
