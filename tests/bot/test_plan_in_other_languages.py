"""When to write, and the child's own word, said in a language that is not English."""

import datetime as dt

import pytest

from bot import chosen_words
from handover import plan_elsewhere, plan_words
from handover.plan_reading import read_times
from handover.safe_words import WordKind

_NOW = dt.datetime(2026, 1, 13, 15, tzinfo=dt.UTC)
_EVERY_DAY = "every day from 4pm to 9pm"
_AFTER_SCHOOL = "Monday to Friday from 3:30pm to 9pm"


@pytest.mark.parametrize(
    ("language", "said", "meant"),
    [
        ("pl", "po 16:00", _EVERY_DAY),
        ("pl", "w soboty rano", "on Saturday from 8am to 12 noon"),
        ("ro", "după ora 4", _EVERY_DAY),
        ("ro", "niciodată", "only when you write first"),
        ("ur-Latn", "4 baje ke baad", _EVERY_DAY),
        ("ur", "۴ بجے کے بعد", _EVERY_DAY),
        ("ar", "بعد المدرسة", _AFTER_SCHOOL),
        ("so", "saacadda 4 kadib", _EVERY_DAY),
        ("cy", "ar ôl yr ysgol", _AFTER_SCHOOL),
        ("uk", "після 16:00", _EVERY_DAY),
    ],
)
def test_times_are_read_in_the_childs_language(language: str, said: str, meant: str):
    english = plan_elsewhere.in_english(said, language)
    assert english is not None

    reading = read_times(english, _NOW)

    assert reading is not None
    assert plan_words.times_in_words(reading.times, "en") == meant


def test_what_says_nothing_of_times_is_left_as_it_is():
    assert plan_elsewhere.in_english("boje sie mojego taty", "pl") is None
    assert plan_elsewhere.in_english("after 4", "en") is None


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("moje hasło to biedronka", "biedronka"),
        ("parola mea este stejar", "stejar"),
        ("моє секретне слово ромашка", "ромашка"),
        ("كلمتي السرية هي قمر", "قمر"),
        ("eraygaygu waa libaax", "libaax"),
        ("mera khufia lafz chand", "chand"),
        ("fy ngair saff yw draig", "draig"),
    ],
)
def test_a_word_is_chosen_in_the_childs_language(said: str, word: str):
    chosen = chosen_words.choosing_in(said)

    assert chosen is not None
    assert (chosen.kind, chosen.word) == (WordKind.SAFE, word)


@pytest.mark.parametrize("said", ["nie chcę", "nu vreau", "dim diolch", "не хочу", "لا أريد"])
def test_no_word_is_no_word_in_the_childs_language(said: str):
    assert chosen_words.refuses_word(said)
