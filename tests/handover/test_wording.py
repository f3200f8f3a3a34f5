"""What the service itself says: every text there is, whole, in every language."""

import re

import pytest

from handover import wording


def test_a_language_without_a_text_falls_back_to_english():
    assert wording.texts("cover", "xx") == wording.texts("cover", "en")


def test_a_key_that_no_language_has_is_an_error():
    with pytest.raises(KeyError):
        wording.texts("no_such_key", "en")


@pytest.mark.parametrize("language", wording.languages())
@pytest.mark.parametrize("key", ["emergency", "holding", "stopped", "person_called", "cover"])
def test_the_texts_that_matter_most_have_words_and_no_tokens_left(language: str, key: str):
    tokens = {"practitioner": "Anna", "hours_line": "", "closes": "5pm", "opens": "at 9am"}

    for text in wording.texts(key, language, tokens):
        assert text.strip()
        assert "[[" not in text
        assert "  " not in text


def test_a_token_that_vanishes_leaves_one_space():
    assert wording.fill("one [[nothing]] two", "en", {}) == "one two"


def test_lines_are_kept():
    assert wording.fill("one\n\n two", "en", {}) == "one\n\n two"


def test_every_help_number_has_a_source():
    for number in wording.help_numbers():
        assert number.source.startswith("https://")
        assert re.search(r"\d|\.uk", number.number)
