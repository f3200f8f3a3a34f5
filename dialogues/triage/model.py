"""The model: two ways of reading a message, averaged and calibrated.

Counted pieces of words with logistic regression know the exact words, in every language; the
encoder with a support vector machine knows what English words mean. On messages in other
languages the encoder counts for little. How each was chosen is in docs/triage/model-card.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from dialogues.triage.corpus import HARMS, LEVELS, Labelled
from dialogues.triage.encoder import WIDTH
from dialogues.triage.features import counted, pieces

SEED = 7
_FOLDS = 3
_DIRECTIONS = 256
_SHARPNESS = 2.0  # turns the machine's votes into shares; calibrated afterwards
_ENGLISH_ENCODER = 0.5
_OTHER_ENCODER = 0.15
_TINY = 1e-6


@dataclass
class Reader:
    """The two readings of a message's level, before calibration."""

    words: LogisticRegression = field(
        default_factory=lambda: LogisticRegression(
            C=8.0, max_iter=300, class_weight="balanced", random_state=SEED
        )
    )
    meaning: SVC = field(
        default_factory=lambda: SVC(C=4.0, gamma=1.0, class_weight="balanced", cache_size=500)
    )

    def fit(self, counts: csr_matrix, rows: np.ndarray, levels: np.ndarray) -> "Reader":
        """Learns the levels of messages."""
        self.words.fit(counts, levels)
        self.meaning.fit(rows, levels)
        return self

    def read(self, counts: csr_matrix, rows: np.ndarray, foreign: np.ndarray) -> np.ndarray:
        """Gives a share for each level; `foreign` is how likely each is not English."""
        votes = _softmax(_SHARPNESS * self.meaning.decision_function(rows))
        encoder = _ENGLISH_ENCODER + (_OTHER_ENCODER - _ENGLISH_ENCODER) * foreign
        return encoder[:, None] * votes + (1 - encoder[:, None]) * self.words.predict_proba(counts)


class TriageModel:
    """Everything learnt, in one object."""

    def __init__(self) -> None:
        self.pieces = pieces()
        # Fewer numbers a message: four times faster to learn and to ask, and no worse.
        self.scaler: Pipeline = make_pipeline(StandardScaler(), PCA(_DIRECTIONS, random_state=SEED))
        self.language = LogisticRegression(C=8.0, max_iter=200, random_state=SEED)
        self.reader = Reader()
        self.calibration = LogisticRegression(C=1.0, max_iter=500, random_state=SEED)
        self.harms = OneVsRestClassifier(
            LogisticRegression(
                C=8.0, solver="liblinear", class_weight="balanced", random_state=SEED
            )
        )
        self.meaning_harms = OneVsRestClassifier(
            LogisticRegression(
                C=2.0, solver="liblinear", class_weight="balanced", random_state=SEED
            )
        )

    def fit(
        self, corpus: Sequence[Labelled], embedded: np.ndarray, say: Callable[[str], None]
    ) -> "TriageModel":
        """Learns from labelled messages, and calibrates on what each fold had not seen."""
        levels = np.array([LEVELS.index(row.urgency) for row in corpus])
        harms = np.array([[harm in row.harms for harm in HARMS] for row in corpus], int)
        foreign = np.array([row.lang != "en" for row in corpus], int)
        say("counting words")
        counts = csr_matrix(self.pieces.fit_transform([row.text for row in corpus]))
        rows = self._scaled(self.scaler.fit(embedded).transform(embedded))
        self.language.fit(counts, foreign)
        say("learning urgency")
        unseen = np.zeros((len(corpus), len(LEVELS)))
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=SEED)
        for known, held in folds.split(rows, levels):
            reader = Reader().fit(counts[known], rows[known], levels[known])
            unseen[held] = reader.read(counts[held], rows[held], foreign[held].astype(float))
        self.calibration.fit(np.log(unseen + _TINY), levels)
        self.reader.fit(counts, rows, levels)
        say("learning harms")
        self.harms.fit(counts, harms)
        self.meaning_harms.fit(rows, harms)
        return self

    def score(self, counts: csr_matrix, embedded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gives the probability of each level and of each harm."""
        rows = self._scaled(self.scaler.transform(embedded))
        foreign = self.language.predict_proba(counts)[:, 1]
        shares = self.reader.read(counts, rows, foreign)
        levels = self.calibration.predict_proba(np.log(shares + _TINY))
        encoder = 0.5 * (1 - foreign[:, None])
        harms = encoder * _chances(rows, *self._by_meaning)
        harms += (1 - encoder) * _chances(counts, *self._by_words)
        return levels, harms

    def count(self, texts: Sequence[str]) -> csr_matrix:
        """Gives the counted pieces of messages."""
        return counted(self.pieces, texts)

    @cached_property
    def _by_words(self) -> "tuple[np.ndarray, np.ndarray]":
        return _stacked(self.harms)

    @cached_property
    def _by_meaning(self) -> "tuple[np.ndarray, np.ndarray]":
        return _stacked(self.meaning_harms)

    @staticmethod
    def _scaled(rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows / np.sqrt(WIDTH * 3), np.float64)


def _stacked(harms: OneVsRestClassifier) -> "tuple[np.ndarray, np.ndarray]":
    # One product for all harms takes a tenth of the time of asking each in turn.
    pull = np.vstack([one.coef_ for one in harms.estimators_])
    return pull.T, np.concatenate([one.intercept_ for one in harms.estimators_])


def _chances(numbers: "csr_matrix | np.ndarray", pull: np.ndarray, start: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(numbers @ pull + start))))


def _softmax(votes: np.ndarray) -> np.ndarray:
    shares = np.exp(votes - votes.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
