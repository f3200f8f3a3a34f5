"""What is said of safe contact: whole in English and in Welsh, short, plain and harmless."""

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot import cover
from handover import wording
from tests.dialogues.test_wording import _age
from tests.handover.test_wording_data import GSM_7

type Texts = dict[str, list[str]]

DATA = Path(wording.__file__).parent / "wording_data" / "contact"
# A note says nothing of who we are: a language in it would.
ENGLISH_ONLY = {"sealed_note", "sealed_note_no_word", "note_answer"}


def read(language: str) -> Texts:
    loaded: Texts = YAML(typ="safe").load((DATA / f"{language}.yml").read_text("utf-8"))
    return loaded


ENGLISH, WELSH = read("en"), read("cy")


def test_welsh_has_every_text_with_the_same_tokens_and_numbers():
    assert WELSH.keys() == ENGLISH.keys() - ENGLISH_ONLY
    for key, texts in WELSH.items():
        for text, model in zip(texts, ENGLISH[key], strict=True):
            for pattern in (r"\[\[.*?\]\]", r"\d+"):
                assert Counter(re.findall(pattern, text)) == Counter(re.findall(pattern, model))


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_an_english_text_is_short_plain_and_fits_a_text_message(key: str):
    for text in wording.texts(key, "en", {"note": "n" * 70, "times": "t" * 60}):
        assert len(text) <= 300
        assert set(text) <= GSM_7
        assert not re.search(r"\bwhy\b", text, re.IGNORECASE)
        assert _age(text) <= 11


def test_children_of_nine_can_read_it():
    ages = [_age(text) for texts in ENGLISH.values() for text in texts if len(text) > 25]

    assert sum(ages) / len(ages) <= 9


@pytest.mark.parametrize("text", sorted(cover.texts()))
def test_the_helper_says_nothing_of_what_this_is(text: str):
    assert len(text) <= 160
    assert set(text) <= GSM_7
    assert not re.search(
        r"\b(?:safe|danger|worr|tell|social|council|person|secret|private|999|childline)\w*",
        text,
        re.IGNORECASE,
    )


@pytest.mark.parametrize("key", sorted(ENGLISH_ONLY))
def test_a_note_says_nothing_of_what_this_is(key: str):
    for text in ENGLISH[key]:
        assert not re.search(r"\b(?:safe|danger|social|council|child|care)\w*", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("7 x 8", "7 x 8 = 56. Any more sums?"),
        ("what is 12 divided by 5?", "12 / 5 = 2 remainder 2. Any more sums?"),
        ("9/0", "You can't divide by 0. Try another sum?"),
        ("whats 20-6", "20 - 6 = 14. Any more sums?"),
        ("3 plus 4", "3 + 4 = 7. Any more sums?"),
    ],
)
def test_the_helper_works_out_a_sum(said: str, answered: str):
    assert cover.answer(said, 1) == answered


def test_the_helper_goes_on_believably_for_some_turns():
    said = [
        cover.answer(text, number)
        for number, text in enumerate(["who is this", "maths", "whats 6x9", "ok thanks", "asdf"])
    ]

    assert len(set(said)) == len(said)
