"""The rules and words of the conversation page, as data."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from handover import canned, wording
from models.record import RECORD_FIELDS

DATA = Path(canned.__file__).parent / "desk_data"


def read(name: str) -> Any:
    return YAML(typ="safe").load((DATA / f"{name}.yml").read_text("utf-8"))


def test_each_rule_of_a_repeated_question_is_about_a_field_of_the_record() -> None:
    assert read("asked_again").keys() <= RECORD_FIELDS.keys()


def test_asking_whether_they_are_safe_now_is_never_warned_of() -> None:
    patterns = [one for rules in read("asked_again").values() for one in rules]
    asked = (
        "are you safe where you are right now?",
        "are you ok?",
        "i'm still here",
        "can i call you kay? i will call the police now",
    )

    assert [one for one in patterns for text in asked if re.search(one, text)] == []
    assert "safe_now" not in read("asked_again")


@pytest.mark.parametrize(
    ("field", "draft"),
    [
        ("age", "how old are you"),
        ("name_to_use", "what's your name?"),
        ("school", "what school do you go to?"),
        ("household", "who do you live with"),
        ("trusted_adult", "is there an adult you trust?"),
        ("current_location", "where are you right now?"),
        ("when_happened", "when did this start?"),
        ("parents_know", "does your mum know?"),
        ("wants", "how can we help?"),
        ("safe_contact_channel", "can i ring you tomorrow?"),
    ],
)
def test_a_question_is_known_for_the_field_it_asks(field: str, draft: str) -> None:
    assert any(re.search(one, draft) for one in read("asked_again")[field])


def test_what_a_child_was_told_is_known_by_words_that_are_there() -> None:
    numbers = {one.key for one in wording.help_numbers()}

    for rule in read("told"):
        for key in rule.get("keys", []):
            assert wording.templates(key, wording.FALLBACK)
        assert set(rule.get("numbers", [])) <= numbers
        assert rule.keys() & {"keys", "numbers", "words"}


@pytest.mark.parametrize("name", ["canned_replies", "closings"])
def test_no_words_kept_ready_ask_why_or_are_too_long(name: str) -> None:
    for one in read(name):
        assert not re.search(r"\bwhy\b", one["text"].lower())
        assert len(one["text"]) <= 300
