"""Tells which words weighed most towards calling a person."""

from math import sqrt
from typing import Any

import numpy as np

from dialogues.triage.corpus import LEVELS
from dialogues.triage.features import LONGEST, WORD, Counted, plain, word_pieces
from dialogues.triage.model import TriageModel

_MOST = 8  # words shown; a longer list explains nothing
_ALERTING = [LEVELS.index("urgent"), LEVELS.index("emergency")]
_CALMING = [LEVELS.index("no_concern"), LEVELS.index("concern")]


class Explainer:
    """Shares out the word reader's judgement among the words of a message.

    The encoder's part cannot be shared out so; what is shown is half of the reasons.
    """

    def __init__(self, model: TriageModel) -> None:
        pull = model.reader.words
        towards = pull[:, _ALERTING].mean(axis=1) - pull[:, _CALMING].mean(axis=1)
        self._words = _weights(model.pieces.words, towards)
        self._letters = _weights(model.pieces.letters, towards)

    def weigh(self, text: str) -> "list[dict[str, Any]]":
        """Gives the words that weighed most, each with its place in the text."""
        seen: dict[tuple[int, int], float] = {}
        found = [(match.start(), match.end()) for match in WORD.finditer(text[:LONGEST])]
        scale = 1 / sqrt(max(len(found), 1))
        for start, end in found:
            seen[start, end] = self._weight(plain(text[start:end])) * scale
        heaviest = sorted(seen, key=lambda place: (-abs(seen[place]), place))[:_MOST]
        return [
            {"start": start, "end": end, "word": text[start:end], "weight": round(weight, 4)}
            for start, end in sorted(heaviest)
            if (weight := float(seen[start, end]))
        ]

    def _weight(self, word: str) -> float:
        pulls = [self._letters.get(piece, 0.0) for piece in word_pieces(word)]
        return self._words.get(word, 0.0) + sum(pulls) / sqrt(len(pulls) or 1)


def _weights(counted: Counted, towards: np.ndarray) -> "dict[str, float]":
    usual = sum(counted.rarity.values()) / len(counted.rarity)
    return {
        piece: float(counted.rarity[piece] * towards[place] / usual)
        for piece, place in counted.places.items()
    }
