"""Turns messages into counted words, pairs of words and pieces of words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import log, sqrt
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

# What a message says is at its beginning and its end; beyond this nothing is learnt.
LONGEST = 4_000
WORD = re.compile(r"\w[\w']*|[^\w\s]")
_RUN = re.compile(r"(\w)\1{2,}")
_LATIN = re.compile(r"(?<!\w)[a-z]+(?!\w)")
_NAMES = frozenset(
    word
    for line in (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_ANYBODY = "sam"
# Digits that stand for letters inside a word; not those that stand for sounds, as in "gr8".
_DIGITS = str.maketrans("01345", "oieas")
_DIGITS_INSIDE = re.compile(r"\b[a-z]+[01345][a-z01345]*[a-z]\b|\b[hmk][13]\b")
_SHORTEST_PIECE, _LONGEST_PIECE = 2, 5
_FEWEST = 2  # messages a piece must stand in to be known


def plain(text: str) -> str:
    """Gives the text in small letters, with nothing invisible, and every name the same name.

    Whose name it is must not change how a message is judged: each known name is read as one.
    No letter is drawn out, and no digit stands for a letter.
    """
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = _RUN.sub(r"\1\1", text.lower())
    text = _DIGITS_INSIDE.sub(lambda word: word[0].translate(_DIGITS), text)
    return _LATIN.sub(lambda word: _without_name(word[0]), text)


def word_pieces(word: str) -> Iterator[str]:
    """Gives the runs of letters of a word, its two ends marked by spaces."""
    inside = f" {word} "
    for length in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1):
        for start in range(len(inside) - length + 1):
            yield inside[start : start + length]


class Pieces:
    """Counts what messages are made of; what few messages held is not known."""

    def __init__(self, texts: Sequence[str]) -> None:
        plains = [plain(text) for text in texts]
        self.words = Counted(plains, _words, first=0)
        self.letters = Counted(plains, _letters, first=len(self.words.places))
        self.width = len(self.words.places) + len(self.letters.places)

    def count(self, text: str) -> "tuple[np.ndarray, np.ndarray]":
        """Gives the places of a plain text's known pieces, and how much each weighs."""
        places, weights = self.words.count(text)
        more, of_more = self.letters.count(text)
        return np.array(places + more, np.int64), np.array(weights + of_more, np.float32)

    def table(self, texts: Sequence[str]) -> csr_matrix:
        """Gives the weights of several texts, a row each."""
        found = [self.count(plain(text)) for text in texts]
        ends = np.cumsum([0, *(len(places) for places, _ in found)])
        columns = np.concatenate([places for places, _ in found])
        weights = np.concatenate([weights for _, weights in found])
        return csr_matrix((weights, columns, ends), shape=(len(texts), self.width))


class Counted:
    """One kind of piece: where each stands in a row, and how telling it is."""

    def __init__(
        self, plains: Sequence[str], split: Callable[[str], Iterator[str]], first: int
    ) -> None:
        self._split = split
        seen: Counter[str] = Counter()
        for text in plains:
            seen.update(set(split(text)))
        known = sorted(piece for piece, messages in seen.items() if messages >= _FEWEST)
        self.places = {piece: first + place for place, piece in enumerate(known)}
        self.rarity = {piece: 1 + log((1 + len(plains)) / (1 + seen[piece])) for piece in known}

    def count(self, text: str) -> "tuple[list[int], list[float]]":
        """Gives the places of a plain text's known pieces and their weights, of one length."""
        times = Counter(self._split(text))
        known = [piece for piece in times if piece in self.places]
        weights = [(1 + log(times[piece])) * self.rarity[piece] for piece in known]
        length = sqrt(sum(weight * weight for weight in weights)) or 1.0
        return [self.places[piece] for piece in known], [weight / length for weight in weights]


def _without_name(word: str) -> str:
    if word in _NAMES:
        return _ANYBODY
    if word.endswith("s") and word[:-1] in _NAMES:
        return _ANYBODY + "s"
    return word


def _words(text: str) -> Iterator[str]:
    words = WORD.findall(text)
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def _letters(text: str) -> Iterator[str]:
    for word in text.split():
        yield from word_pieces(word)
