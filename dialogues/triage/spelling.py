"""Mends what a hurried child wrote: words run together ("hehitsme"), letters swapped ("agian").

Only words that no training message holds are touched, and only within an English message: a word
of another language, or a rare one, must not become a common one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from math import inf, log
from string import ascii_lowercase

from dialogues.triage.features import plain

_WORD = re.compile(r"(?<![\w'])[a-z]+(?![\w'])")
_SHORTEST, _LONGEST = 6, 200  # letters of what may be several words in one
_FEWEST = 4  # messages a word must stand in to be looked for
_SHORTEST_SWAPPED, _SHORTEST_MISSED = 3, 6
_COMMON = 12  # messages a word must stand in to be what was meant
_ENGLISH_SHARE = 3  # one word in so many must be English
_LONGEST_WORD = 16
_LEAST = -2.6  # how likely a reading must be, in logarithms a letter, to be believed
_FEWEST_WORDS = 3  # two words in one are mostly one: "goodnight", "forgotten"
_ONE_LETTER = frozenset("aiu")


class Spelling:
    """Knows the words of the training messages and how common each is."""

    def __init__(self, english: Sequence[str], others: Sequence[str]) -> None:
        """Counts the words of English messages; those of others are known, and left alone."""
        seen: Counter[str] = Counter()
        for text in english:
            seen.update(set(_WORD.findall(plain(text))))
        total = sum(seen.values())
        self._english = frozenset(seen)
        self._known = self._english.union(*(_WORD.findall(plain(text)) for text in others))
        self._chance = {
            word: log(times / total)
            for word, times in seen.items()
            if times >= _FEWEST and (len(word) > 1 or word in _ONE_LETTER)
        }
        self._common = {word for word, times in seen.items() if times >= _COMMON}

    def mend(self, text: str) -> str:
        """Gives a plain text with its words apart, and letters put right where that is sure."""
        text = _WORD.sub(lambda word: self._parted(word[0]), text)
        words = _WORD.findall(text)
        if sum(word in self._english for word in words) * _ENGLISH_SHARE < len(words):
            return text
        return _WORD.sub(lambda word: self._righted(word[0]), text)

    def _righted(self, word: str) -> str:
        if not _SHORTEST_SWAPPED <= len(word) <= _LONGEST_WORD or word in self._known:
            return word
        for near in _near(word):
            known = [other for other in near if other in self._common]
            if known:
                return max(known, key=lambda other: (self._chance[other], other))
        return word

    @cached_property
    def _longest(self) -> int:
        return min(_LONGEST_WORD, max(map(len, self._chance), default=0))

    def _parted(self, run: str) -> str:
        if not _SHORTEST <= len(run) <= _LONGEST or run in self._known:
            return run
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(run) + 1):
            best.append(max(self._endings(run, end, best), default=(-inf, end - 1)))
        if best[-1][0] / len(run) < _LEAST:
            return run
        found = _pieces(run, [start for _, start in best])
        return " ".join(found) if len(found) >= _FEWEST_WORDS else run

    def _endings(
        self, run: str, end: int, best: "list[tuple[float, int]]"
    ) -> "Iterable[tuple[float, int]]":
        for start in range(max(0, end - self._longest), end):
            chance = self._chance.get(run[start:end])
            if chance is not None:
                yield best[start][0] + chance, start


def _near(word: str) -> "Iterable[list[str]]":
    """Gives what may have been meant: two letters swapped, then one left out.

    In a short word a letter more makes another word too easily ("hut", "hurt").
    """
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    yield [start + end[1] + end[0] + end[2:] for start, end in cuts if len(end) > 1]
    if len(word) >= _SHORTEST_MISSED:
        yield [start + letter + end for start, end in cuts for letter in ascii_lowercase]


def _pieces(run: str, starts: "list[int]") -> "list[str]":
    found = []
    end = len(run)
    while end:
        found.append(run[starts[end] : end])
        end = starts[end]
    return found[::-1]
