"""The real scorer answers whatever a message holds, and always the same."""

import math

import pytest

from bot.triage import local_scorer
from tests.triage.scoring import trained

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]

_TEXTS = {
    "nothing": "",
    "spaces": " \n\t ",
    "ten_megabytes": "help me " * 1_250_000,
    "one_long_word": "a" * 1_000_000,
    "binary": "\x00\x07\x1b\x7f" * 1_000,
    "right_to_left": "\u202eنعم نعم\u202c abc",
    "nothing_to_see": "\u200b\u200d\ufeff" * 5_000,
    "hidden_letters": "h\u200be\u200bs got a k\u200dnife",
    "ten_thousand_emoji": "😭" * 10_000,
    "marks_piled_up": "e" + "\u0301" * 5_000,
    "unknown_letters": "\U0001f3f4\U000e0067\U000e0062 𐍈𝔥𝔢𝔩𝔭",
}


@pytest.fixture(scope="module")
def score():
    with local_scorer(trained()) as scorer:
        yield scorer


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS.keys())
def test_any_text_gets_probabilities(score, text):
    (found,) = score([text])

    assert math.isclose(sum(found.levels.values()), 1, abs_tol=0.001)
    assert all(0 <= value <= 1 for value in found.harms.values())
    assert all(text[word.start : word.end] == word.word for word in found.weights)


def test_a_message_is_judged_alike_alone_and_in_any_company(score):
    texts = ["my dad hit me", "hes got a knife", "hello", "x " * 3_000, *_TEXTS.values()]

    together = score(texts)

    assert together == [score([text])[0] for text in texts]
    assert together == list(reversed(score(list(reversed(texts)))))


def test_invisible_letters_change_nothing(score):
    plain, hidden = score(["hes got a knife", _TEXTS["hidden_letters"]])

    assert plain.levels == hidden.levels
