"""The words that our own files hold: what anybody may say, and what is a name.

A word that children are known to write tells nobody who one of them is. Only such words are left
as they are when a conversation is made into nobody's.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from handover.edition import ROOT

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_EXAMPLES = ("dialogues/data/nlu/*.yml", "bot/phrases/*.yml", "bot/signals.yml")
# What we say ourselves, and children press or say after us.
_OURS = (
    "dialogues/domain/*.yml",
    "dialogues/languages/*.yml",
    "handover/wording_data/**/*.yml",
)
_SENTENCES = 3
"""In how many sentences a word must stand: one that stands in fewer may be a name of somebody."""


def count(word: str) -> int:
    """Gives in about how many sentences of ours a word stands, in lower case."""
    return _counts().get(word, 0)


def is_known(word: str) -> bool:
    """Tells whether a word is one that anybody may say."""
    return count(word) >= _SENTENCES


def first_names() -> frozenset[str]:
    """Gives the first names that the dialogue or triage knows, as far as they are no other word."""
    return _names()[0]


def words_and_names() -> frozenset[str]:
    """Gives the first names that are words of another meaning too."""
    return _names()[1]


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    lines = (ROOT / "dialogues/triage/names.txt").read_text("utf-8").splitlines()
    of_triage = " ".join(line for line in lines if not line.startswith("#")).split()
    lists = YAML(typ="safe").load((ROOT / "dialogues/words/names.yml").read_text("utf-8"))
    also_words = frozenset(lists["also_words"])
    return frozenset([*of_triage, *lists["names"]]) - also_words, also_words


@cache
def _counts() -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    for sentence in _sentences():
        counted.update(set(_words(sentence)))
    for word in {word for path in _paths(*_OURS) for word in _words(path.read_text("utf-8"))}:
        counted[word] += _SENTENCES
    return counted


def _sentences() -> Iterator[str]:
    for path in _paths("dialogues/triage/data/*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield from [row["text"]] if "text" in row else row["messages"]
    for path in _paths(*_EXAMPLES):
        yield from path.read_text("utf-8").replace("_", " ").splitlines()


def _paths(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(ROOT.glob(pattern))


def _words(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text.casefold().replace("\u2019", "'")):
        yield found.group()
        if "'" in found.group():
            yield from found.group().split("'")
