"""Weighs which intent a text has, by its words and by what the encoder makes of it.

Neither is enough: words know "pos" and "g2g", the encoder knows that "who reads this" and "does
anyone else see it" are one question. Their chances are multiplied.
"""

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from dialogues import sources
from dialogues.triage.cache import embedded
from dialogues.triage.encoder import shared_encoder
from dialogues.triage.features import plain

# Chosen by cross-validation.
_DENSE_STRENGTH = 0.003
_WORD = r"\S+"
_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d")
_LATIN = re.compile(r"[a-zA-Z]")
_LEAST = 1e-9


class Weigher:
    """Two logistic regressions, learnt from examples and kept as plain numbers."""

    def __init__(self, embed: Callable[[Sequence[str]], np.ndarray], *, strength: float) -> None:
        self.names: list[str] = []
        self._embed = embed
        self._strength = strength
        self._vectorizers = _vectorizers()
        self._arrays: dict[str, np.ndarray] = {}

    def fit(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learns the weights."""
        lowered = [_plain(text) for text in texts]
        counted = csr_matrix(hstack([one.fit_transform(lowered) for one in self._vectorizers]))
        words = _regression(self._strength).fit(counted, intents)
        rows = np.asarray(self._embed(texts), dtype=np.float32)
        mean, spread = rows.mean(axis=0), rows.std(axis=0) + _LEAST
        sense = _regression(_DENSE_STRENGTH).fit((rows - mean) / spread, intents)
        self.names = [str(name) for name in words.classes_]
        self._arrays = {
            "words": np.ascontiguousarray(words.coef_.T, dtype=np.float32),
            "words_bias": words.intercept_.astype(np.float32),
            "sense": np.ascontiguousarray(sense.coef_.T, dtype=np.float32),
            "sense_bias": sense.intercept_.astype(np.float32),
            "mean": mean,
            "spread": spread,
            **{f"idf{number}": one.idf_ for number, one in enumerate(self._vectorizers)},
        }

    def chances(self, texts: Sequence[str]) -> np.ndarray:
        """Gives the chance of each intent, one row a text."""
        kept = self._arrays
        lowered = [_plain(text) for text in texts]
        counted = csr_matrix(hstack([one.transform(lowered) for one in self._vectorizers]))
        rows = (np.asarray(self._embed(texts)) - kept["mean"]) / kept["spread"]
        by_words = _log_chances(counted @ kept["words"] + kept["words_bias"])
        by_sense = _log_chances(rows @ kept["sense"] + kept["sense_bias"])
        # The encoder knows no other alphabet: there the words decide alone.
        known = np.array([[bool(_LATIN.search(text))] for text in texts])
        return np.exp(_log_chances(np.where(known, (by_words + by_sense) / 2, by_words)))

    def kept(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Gives what was learnt, as plain words and numbers."""
        vocabularies = [
            {word: int(place) for word, place in one.vocabulary_.items()}
            for one in self._vectorizers
        ]
        return {"intents": self.names, "vocabularies": vocabularies}, self._arrays

    def take(self, words: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Takes back what `kept` gave."""
        self.names = words["intents"]
        self._arrays = arrays
        for number, one in enumerate(self._vectorizers):
            one.vocabulary_ = words["vocabularies"][number]
            one.idf_ = arrays[f"idf{number}"]


def encoded(texts: Sequence[str]) -> np.ndarray:
    """Gives what the encoder makes of each text, one row a text."""
    encoder = shared_encoder()
    if len(texts) == 1:
        return encoder.embed(plain(texts[0]))[np.newaxis]
    kept = sources.kept()
    if kept is not None:
        return embedded(encoder, texts, kept, say=lambda _: None)
    with ThreadPoolExecutor(os.cpu_count() or 1) as cores:
        return np.stack(list(cores.map(lambda text: encoder.embed(plain(text)), texts)))


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=40, tol=1e-2)


def _vectorizers() -> list[TfidfVectorizer]:
    return [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2),
    ]


def _log_chances(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, dtype=np.float64)
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def _plain(text: str) -> str:
    """Writes a text the one way the words are known: small letters, no long runs, no figures."""
    text = text.lower().replace("\u2019", "'").replace("'", "")
    text = _DIGITS.sub("0", _REPEATED.sub(r"\1\1", text))
    return re.sub(r"([?!.,])", r" \1 ", text)
