"""The model: two ways of reading a message, weighed together and calibrated.

Counted pieces of words know the exact words, in every language; the encoder knows what English
words mean. One kernel joins both, and one ridge regression on it learns every level and every
harm at once. On messages in other languages the encoder counts for little. How each was chosen
is in docs/triage/model-card.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from dialogues.triage.corpus import HARMS, LEVELS, Labelled
from dialogues.triage.encoder import WIDTH
from dialogues.triage.features import counted, pieces

SEED = 7
_FOLDS = 3
_DIRECTIONS = 256
_NEARNESS = 1.0  # how fast one meaning stops counting for another
_WORDS = 0.5  # a message's likeness to itself in words is 2, in meaning 1
_RIDGE = 0.3
_FOREIGN = 0.55  # what is left of the encoder's say, on each side, outside English
# The thresholds of bot/phrases that a harm's score is set to meet: any harm, and the likeliest.
_ANY, _LIKELIEST = 0.62, 0.25


@dataclass
class Messages:
    """Messages in numbers: words counted, meaning, and how likely each is not English."""

    counts: csr_matrix
    rows: np.ndarray
    foreign: np.ndarray

    def at(self, places: np.ndarray) -> "Messages":
        """Gives some of the messages."""
        return Messages(self.counts[places], self.rows[places], self.foreign[places])


class Reader:
    """What was learnt of every level and harm: one number for each, before calibration."""

    def __init__(self, known: Messages, truth: np.ndarray) -> None:
        self._known = Messages(csr_matrix((0, 0)), known.rows, known.foreign)
        self._start = truth.mean(axis=0)
        likeness = _likeness(known, known)
        likeness += _WORDS * (known.counts @ known.counts.T).toarray()
        likeness[np.diag_indices_from(likeness)] += _RIDGE
        self._pull = cho_solve(cho_factor(likeness, overwrite_a=True), truth - self._start)
        # The words' part is a sum over words, so each word's pull is known once and for all.
        self.words = np.ascontiguousarray(_WORDS * (known.counts.T @ self._pull))

    def read(self, messages: Messages) -> np.ndarray:
        """Gives a row of numbers for each message: the levels, then the harms."""
        meaning = _likeness(messages, self._known) @ self._pull
        return np.asarray(self._start + meaning + messages.counts @ self.words)


class TriageModel:
    """Everything learnt, in one object."""

    def __init__(self) -> None:
        self.pieces = pieces()
        # Fewer numbers a message: four times faster to learn and to ask, and no worse.
        self.scaler: Pipeline = make_pipeline(StandardScaler(), PCA(_DIRECTIONS, random_state=SEED))
        self.language = LogisticRegression(C=8.0, max_iter=200, random_state=SEED)
        self.calibration = LogisticRegression(C=100.0, max_iter=500, random_state=SEED)
        self.reader: Reader
        self._harm_pull = np.ones(len(HARMS))
        self._harm_start = np.zeros(len(HARMS))

    def fit(
        self, corpus: Sequence[Labelled], embedded: np.ndarray, say: Callable[[str], None]
    ) -> "TriageModel":
        """Learns from labelled messages, and calibrates on what each fold had not seen."""
        levels = np.array([LEVELS.index(row.urgency) for row in corpus])
        harms = np.array([[harm in row.harms for harm in HARMS] for row in corpus], np.float32)
        foreign = np.array([row.lang != "en" for row in corpus], np.float32)
        truth = np.hstack([np.eye(len(LEVELS), dtype=np.float32)[levels], harms])
        say("counting words")
        counts = csr_matrix(self.pieces.fit_transform([row.text for row in corpus]))
        rows = self._scaled(self.scaler.fit(embedded).transform(embedded))
        self.language.fit(counts, foreign)
        known = Messages(counts, rows, foreign)
        say("calibrating")
        unseen = _unseen(known, truth, levels)
        self.calibration.fit(unseen[:, : len(LEVELS)], levels)
        self._set_harms(unseen[levels > 0, len(LEVELS) :], harms[levels > 0])
        say("learning")
        self.reader = Reader(known, truth)
        return self

    def score(self, counts: csr_matrix, embedded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gives the probability of each level and the score of each harm."""
        rows = self._scaled(self.scaler.transform(embedded))
        foreign = self.language.predict_proba(counts)[:, 1].astype(np.float32)
        found = self.reader.read(Messages(counts, rows, foreign))
        levels = self.calibration.predict_proba(found[:, : len(LEVELS)])
        return levels, _share(found[:, len(LEVELS) :] * self._harm_pull + self._harm_start)

    def count(self, texts: Sequence[str]) -> csr_matrix:
        """Gives the counted pieces of messages."""
        return counted(self.pieces, texts)

    def _set_harms(self, unseen: np.ndarray, harms: np.ndarray) -> None:
        for place in range(len(HARMS)):
            one = LogisticRegression(C=100.0).fit(unseen[:, [place]], harms[:, place])
            self._harm_pull[place] = one.coef_[0, 0]
            self._harm_start[place] = one.intercept_[0]
        odds = unseen * self._harm_pull + self._harm_start
        best_any, best_likeliest = _best_cuts(odds, harms > 0)
        # One straight line takes both best cuts to the thresholds; the order stays.
        slope = (_odds(_ANY) - _odds(_LIKELIEST)) / (best_any - best_likeliest)
        self._harm_pull *= slope
        self._harm_start = _odds(_ANY) + slope * (self._harm_start - best_any)

    @staticmethod
    def _scaled(rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows / np.sqrt(WIDTH * 3), np.float32)


def _unseen(known: Messages, truth: np.ndarray, levels: np.ndarray) -> np.ndarray:
    found = np.zeros(truth.shape)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=SEED)
    for learnt, held in folds.split(truth, levels):
        found[held] = Reader(known.at(learnt), truth[learnt]).read(known.at(held))
    return found


def _likeness(some: Messages, others: Messages) -> np.ndarray:
    apart = (some.rows**2).sum(1)[:, None] + (others.rows**2).sum(1) - 2 * some.rows @ others.rows.T
    say = [1 - (1 - _FOREIGN) * one.foreign for one in (some, others)]
    return np.asarray(np.exp(-_NEARNESS * apart) * say[0][:, None] * say[1], np.float32)


def _best_cuts(odds: np.ndarray, harms: np.ndarray) -> "tuple[float, float]":
    # The pair of cuts with the best micro-F1 on messages not seen.
    likeliest = odds == odds.max(axis=1, keepdims=True)
    found = []
    for most in np.arange(0.20, 0.66, 0.03):
        for least in np.arange(0.05, most - 0.04, 0.03):
            said = (odds >= _odds(most)) | (likeliest & (odds >= _odds(least)))
            f1 = 2 * (said & harms).sum() / (said.sum() + harms.sum())
            found.append((f1, float(_odds(most)), float(_odds(least))))
    return max(found)[1:]


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _share(odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-odds)))
