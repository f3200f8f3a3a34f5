"""Nothing that measures triage is in what it learns from, nor anything nearly the same."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from bot import counterfactuals
from bot.abilities import read_abilities, texts_of
from bot.counterfactuals import read_families
from bot.labelled import (
    ABILITIES,
    COUNTERFACTUALS,
    EVERYDAY,
    LABELLED,
    read_everyday,
    read_examples,
)
from bot.phrases.book import the_book
from tests.triage.scoring import ROOT

_TELLING = 3
"""Words from which on a message is somebody's own: "help" and "yes" are everybody's."""
_NEARLY = 0.85
_LONG = 6


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def _trained() -> set[tuple[str, ...]]:
    folder = ROOT / "dialogues" / "triage" / "data"
    learnt = {
        _words(json.loads(line)["text"])
        for path in folder.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert len(learnt) > 5_000
    return learnt


def _measured() -> dict[str, set[str]]:
    return {
        "abilities": set(texts_of(read_abilities(ABILITIES))),
        "counterfactuals": set(counterfactuals.texts_of(read_families(COUNTERFACTUALS))),
        "everyday": {
            text for path in EVERYDAY for one in read_everyday(path).values() for text in one
        },
        **{path.stem: {one.text for one in read_examples(path)} for path in LABELLED},
    }


_SETS = _measured()


@pytest.mark.parametrize("name", sorted(_SETS))
def test_no_message_is_learnt_from(name):
    learnt = _trained()

    same = [
        text for text in _SETS[name] if len(_words(text)) >= _TELLING and _words(text) in learnt
    ]

    assert same == []


@pytest.mark.parametrize("name", sorted(_SETS))
def test_no_message_is_nearly_one_that_is_learnt_from(name):
    by_word: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for words in _trained():
        for word in set(words):
            by_word[word].append(frozenset(words))

    assert [text for text in _SETS[name] if _is_nearly_learnt(text, by_word)] == []


def test_no_case_of_an_ability_is_an_example_of_a_phrase():
    examples = {
        _words(text) for phrase in the_book().phrases for text in (*phrase.fires, *phrase.silent)
    }

    same = [
        text
        for text in _SETS["abilities"]
        if len(_words(text)) >= _TELLING and _words(text) in examples
    ]

    assert same == []


def _is_nearly_learnt(text: str, by_word: "defaultdict[str, list[frozenset[str]]]") -> bool:
    words = frozenset(_words(text))
    if len(words) < _LONG:
        return False
    return any(
        len(words & other) / len(words | other) >= _NEARLY for other in _near(words, by_word)
    )


def _near(
    words: frozenset[str], by_word: "defaultdict[str, list[frozenset[str]]]"
) -> Iterator[frozenset[str]]:
    # Two messages this much alike share at least one of any few of their words: take the rarest.
    few = sorted(words, key=lambda word: len(by_word[word]))[: 1 + int(len(words) * (1 - _NEARLY))]
    for word in few:
        yield from by_word[word]
