"""Tells which words weighed most towards calling a person."""

from typing import Any

import numpy as np

from dialogues.triage.corpus import LEVELS
from dialogues.triage.features import LONGEST, WORD, plain
from dialogues.triage.model import TriageModel

_MOST = 8  # words shown; a longer list explains nothing
_SHORTEST, _LONGEST_PIECE = 2, 5
_ALERTING = [LEVELS.index("urgent"), LEVELS.index("emergency")]
_CALMING = [LEVELS.index("no_concern"), LEVELS.index("concern")]


class Explainer:
    """Shares out the word reader's judgement among the words of a message.

    The encoder's part cannot be shared out so; what is shown is half of the reasons.
    """

    def __init__(self, model: TriageModel) -> None:
        vectorizers = dict(model.pieces.transformer_list)
        pull = model.reader.words
        towards = pull[:, _ALERTING].mean(axis=1) - pull[:, _CALMING].mean(axis=1)
        words = vectorizers["words"]
        cut = len(words.vocabulary_)
        self._words = _weights(words.vocabulary_, words.idf_, towards[:cut])
        letters = vectorizers["letters"]
        self._letters = _weights(letters.vocabulary_, letters.idf_, towards[cut:])

    def weigh(self, text: str) -> "list[dict[str, Any]]":
        """Gives the words that weighed most, each with its place in the text."""
        seen: dict[tuple[int, int], float] = {}
        found = [(match.start(), match.end()) for match in WORD.finditer(text[:LONGEST])]
        scale = 1 / np.sqrt(max(len(found), 1))
        for start, end in found:
            seen[start, end] = self._weight(plain(text[start:end])) * scale
        heaviest = sorted(seen, key=lambda place: (-abs(seen[place]), place))[:_MOST]
        return [
            {"start": start, "end": end, "word": text[start:end], "weight": round(weight, 4)}
            for start, end in sorted(heaviest)
            if (weight := float(seen[start, end]))
        ]

    def _weight(self, word: str) -> float:
        inside = f" {word} "
        weight = self._words.get(word, 0.0)
        pieces = 0.0
        count = 0
        for length in range(_SHORTEST, _LONGEST_PIECE + 1):
            for start in range(len(inside) - length + 1):
                pieces += self._letters.get(inside[start : start + length], 0.0)
                count += 1
        return weight + (pieces / np.sqrt(count) if count else 0.0)


def _weights(
    vocabulary: "dict[str, int]", rarity: np.ndarray, towards: np.ndarray
) -> "dict[str, float]":
    scaled = rarity * towards / rarity.mean()
    return {piece: float(scaled[place]) for piece, place in vocabulary.items()}
