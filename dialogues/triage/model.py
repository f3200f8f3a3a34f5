"""The model: two ways of reading a message, weighed together and calibrated.

Counted pieces of words know the exact words, in every language; the encoder knows what English
words mean. One kernel joins both, and one ridge regression on it learns every level and every
harm at once. On messages in other languages the encoder counts for little. How each was chosen
is in docs/triage/model-card.md.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack
from scipy.sparse import csr_matrix
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from dialogues.triage.corpus import HARMS, LEVELS, Labelled
from dialogues.triage.encoder import Products
from dialogues.triage.features import Pieces
from dialogues.triage.spelling import Spelling

SEED = 7
_AS_GOOD = 0.001  # of F1: what one pair of cuts is better than another by chance
_DIRECTIONS = 256
_NEARNESS = 1.0  # how fast one meaning stops counting for another
_WORDS = 0.5  # a message's likeness to itself in words is 2, in meaning 1
_RIDGE = 0.3
_TOGETHER = 500  # messages compared with all others at a time
_FOREIGN = 0.55  # what is left of the encoder's say, on each side, outside English
# The thresholds of bot/phrases that a harm's score is set to meet: any harm, and the likeliest.
_ANY, _LIKELIEST = 0.62, 0.25


@dataclass
class Messages:
    """Messages in numbers: words counted, meaning, and how likely each is not English."""

    counts: csr_matrix
    rows: np.ndarray
    foreign: np.ndarray
    lengths: np.ndarray = field(init=False)  # squared, and kept: they are asked for each time

    def __post_init__(self) -> None:
        self.lengths = (self.rows**2).sum(axis=1)

    def at(self, places: np.ndarray) -> "Messages":
        """Gives some of the messages."""
        return Messages(self.counts[places], self.rows[places], self.foreign[places])


@dataclass(frozen=True)
class Words:
    """One message's words, counted, and how likely it is not English."""

    counts: csr_matrix
    foreign: np.ndarray


class Reader:
    """What was learnt of every level and harm: one number for each, before calibration."""

    def __init__(self, known: Messages, start: np.ndarray, pull: np.ndarray) -> None:
        """Keeps what was learnt of some messages: where to start, and what each of them adds."""
        self._known = Messages(csr_matrix((0, 0)), known.rows, known.foreign)
        self._start, self._pull = start, pull
        # The words' part is a sum over words, so each word's pull is known once and for all.
        self.words = np.ascontiguousarray(_WORDS * (known.counts.T @ self._pull))

    def read_one(self, message: Messages, products: Products) -> np.ndarray:
        """Gives the numbers of a table of one message: the levels, then the harms.

        `products` are of `known_rows`.
        """
        meaning = _likeness(message, self._known, products.of(message.rows)) @ self._pull
        return np.asarray((self._start + meaning + message.counts @ self.words)[0])

    @property
    def known_rows(self) -> np.ndarray:
        """The rows of the messages it was taught."""
        return self._known.rows


class TriageModel:
    """Everything learnt, in one object."""

    def __init__(
        self, corpus: Sequence[Labelled], embedded: np.ndarray, say: Callable[[str], None]
    ) -> None:
        """Learns from labelled messages, and calibrates on each as if it had not been seen."""
        levels = np.array([LEVELS.index(row.urgency) for row in corpus])
        harms = np.array([[harm in row.harms for harm in HARMS] for row in corpus], np.float32)
        foreign = np.array([row.lang != "en" for row in corpus], np.float32)
        truth = np.hstack([np.eye(len(LEVELS), dtype=np.float32)[levels], harms])
        say("counting words")
        texts = [row.text for row in corpus]
        self.spelling = Spelling(
            [row.text for row in corpus if row.lang == "en"],
            [row.text for row in corpus if row.lang != "en"],
        )
        self.pieces = Pieces(texts)
        counts = self.pieces.table(texts)
        self._turn, self._shift = _directions(embedded)
        self._language = LogisticRegression(C=8.0, max_iter=200).fit(counts, foreign)
        known = Messages(counts, self._turned(embedded), foreign)
        say("comparing")
        alike = _alike(known)
        say("learning")
        start, pull, unseen = learn(alike, truth)
        self.reader = Reader(known, start, pull)
        say("calibrating")
        self._levels = LogisticRegression(C=100.0, max_iter=500)
        self._levels.fit(unseen[:, : len(LEVELS)], levels)
        self._harm_pull, self._harm_start = np.ones(len(HARMS)), np.zeros(len(HARMS))
        self._set_harms(unseen[levels > 0, len(LEVELS) :], harms[levels > 0])
        self._products = Products(self.reader.known_rows)

    def words_of(self, text: str) -> Words:
        """Gives what a plain text's words say, which hangs on nothing of the encoder's."""
        counts = self.pieces.table([text])
        # Done by hand: the checks of its inputs take scikit-learn longer than the sums.
        odds = counts @ self._language.coef_[0] + self._language.intercept_[0]
        return Words(counts, _share(odds).astype(np.float32))

    def score(self, words: Words, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gives the probability of each level and the score of each harm of one message.

        `row` is what the encoder made of it. Messages are never scored together: sums over
        many come out a little otherwise than over one, and an answer must not hang on company.
        """
        message = Messages(words.counts, self._turned(row[np.newaxis]), words.foreign)
        found = self.reader.read_one(message, self._products)
        pull = np.exp(self._levels.coef_ @ found[: len(LEVELS)] + self._levels.intercept_)
        harms = _share(found[len(LEVELS) :] * self._harm_pull + self._harm_start)
        return pull / pull.sum(), harms

    def _turned(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows @ self._turn + self._shift, np.float32)

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


def learn(alike: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gives where to start, what each message adds, and what each would get from all the others.

    The last is exact and needs no learning anew without it: what a message's own answer is off by
    is its pull through its place on the inverse's diagonal (Rasmussen and Williams, Gaussian
    Processes for Machine Learning, 2006, equation 5.12). The table is used up.
    """
    start = truth.mean(axis=0)
    alike[np.diag_indices_from(alike)] += _RIDGE
    # Turned, which changes nothing of it, it is in the order that is worked on in its place.
    factor, _ = cho_factor(alike.T, overwrite_a=True, check_finite=False)
    pull = cho_solve((factor, False), truth - start, check_finite=False)
    invert = lapack.get_lapack_funcs("trtri", (factor,))
    inverse, failed = invert(factor, overwrite_c=1)
    if failed:
        raise ArithmeticError("The messages' likeness cannot be inverted.")
    own = np.zeros(len(inverse), np.float32)
    for column in range(len(inverse)):
        # Only the upper half is the inverse's; below it stands what was there before.
        own[: column + 1] += inverse[: column + 1, column] ** 2
    return start, pull, truth - pull / own[:, np.newaxis]


def _directions(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Fewer numbers a message, each of one scale: four times faster to learn and to ask, and no
    # worse. Scaling and turning are kept as the one product and sum that they are.
    scaler = StandardScaler().fit(rows)
    turn = PCA(_DIRECTIONS, random_state=SEED).fit(scaler.transform(rows)).components_.T
    turn = turn / scaler.scale_[:, np.newaxis] / np.sqrt(rows.shape[1])
    return turn.astype(np.float32), (-scaler.mean_ @ turn).astype(np.float32)


def _alike(known: Messages) -> np.ndarray:
    # By rows, on every core: the words' product takes longest, and is one core's work as a whole.
    def part(places: np.ndarray) -> np.ndarray:
        some = known.at(places)
        part = _likeness(some, known, some.rows @ known.rows.T)
        part += _WORDS * (some.counts @ others).toarray()
        return part

    others = known.counts.T.tocsr()
    parts = np.array_split(np.arange(len(known.rows)), max(1, len(known.rows) // _TOGETHER))
    with ThreadPoolExecutor(os.cpu_count() or 1) as cores:
        return np.concatenate(list(cores.map(part, parts)))


def _likeness(some: Messages, others: Messages, products: np.ndarray) -> np.ndarray:
    apart = some.lengths[:, np.newaxis] + others.lengths - 2 * products
    say = [1 - (1 - _FOREIGN) * one.foreign for one in (some, others)]
    return np.asarray(np.exp(-_NEARNESS * apart) * say[0][:, None] * say[1], np.float32)


def _best_cuts(odds: np.ndarray, harms: np.ndarray) -> "tuple[float, float]":
    # The pair of cuts with the best micro-F1 on messages not seen, or rather the middle of those
    # that are as good: which of them is the very best hangs on chance.
    likeliest = odds == odds.max(axis=1, keepdims=True)
    found = []
    for most in np.arange(0.20, 0.66, 0.03):
        for least in np.arange(0.05, most - 0.04, 0.03):
            said = (odds >= _odds(most)) | (likeliest & (odds >= _odds(least)))
            f1 = 2 * (said & harms).sum() / (said.sum() + harms.sum())
            found.append((f1, most, least))
    best = max(found)[0]
    good = [cuts for f1, *cuts in found if f1 >= best - _AS_GOOD]
    most, least = np.mean(good, axis=0)
    return _odds(most), _odds(least)


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _share(odds: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-odds)))
