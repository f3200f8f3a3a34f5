"""Turns messages into numbers: pieces of words counted, and what the encoder makes of them."""

import os
import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from dialogues.triage import encoder

# What a message says is at its beginning and its end; beyond this nothing is learnt.
LONGEST = 4_000
_PIECES = 160  # pieces of words the encoder reads; its cost grows with them
_BATCH = 8  # larger tables fall out of the cores' caches
_CORES = min(os.cpu_count() or 1, 4)
_UPPER = 2  # the last layers kept: each sees the message a little differently
_RUN = re.compile(r"(\w)\1{2,}")
WORD = re.compile(r"\w[\w']*|[^\w\s]")


class Embeds(Protocol):
    """Gives one row of numbers for each message."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Gives the rows, in the order of the texts."""


class Encoder:
    """The sentence encoder, loaded once."""

    def __init__(self) -> None:
        encoder.use_one_core_a_message()
        folder = encoder.weights_folder()
        weights = encoder.load_weights(folder)
        self._tokens = encoder.Tokens(folder, _PIECES)
        self._embedding = encoder.Embedding(weights)
        self._layers = [encoder.Layer(weights, number) for number in range(encoder.LAYERS)]
        self._cores = ThreadPoolExecutor(_CORES, thread_name_prefix="encoder")
        self._run = tf.function(
            self._rows,
            input_signature=[
                tf.TensorSpec([None, None], tf.int32),
                tf.TensorSpec([None, None], tf.float32),
            ],
        )
        self.embed([""])  # traced here, or two threads would trace it twice

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Gives for each text the means of its last layers and the peaks of the last one."""
        ids = self._tokens.ids([plain(text) for text in texts])
        if len(ids) == 1:
            return self._batch(ids)
        batches = list(encoder.by_length(ids, _BATCH))
        # Longest first, so that no core is left alone with the longest at the end.
        batches.reverse()
        found = self._cores.map(lambda batch: self._batch([ids[place] for place in batch]), batches)
        rows = np.zeros((len(texts), encoder.WIDTH * (_UPPER + 1)), np.float32)
        for batch, part in zip(batches, found, strict=True):
            rows[batch] = part
        return rows

    def _batch(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        table, mask = encoder.padded(ids)
        return np.asarray(self._run(tf.constant(table), tf.constant(mask)).numpy())

    def _rows(self, ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        states = self._embedding(ids)
        rows = []
        for number, layer in enumerate(self._layers):
            states = layer.apply(states, mask)
            if number >= encoder.LAYERS - _UPPER:
                rows.append(encoder.pool(states, mask))
        return tf.concat([*rows, encoder.peaks(states, mask)], 1)


def plain(text: str) -> str:
    """Gives the text in small letters, with nothing invisible and no letter drawn out."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} {text[-LONGEST // 2 :]}"
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return _RUN.sub(r"\1\1", text.lower())


def pieces() -> FeatureUnion:
    """Gives a fresh counter of words, pairs of words and pieces of words."""
    words = TfidfVectorizer(
        preprocessor=plain,
        token_pattern=WORD.pattern,
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=2,
        dtype=np.float32,
    )
    letters = TfidfVectorizer(
        preprocessor=plain,
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        min_df=2,
        dtype=np.float32,
    )
    return FeatureUnion([("words", words), ("letters", letters)])


def counted(union: FeatureUnion, texts: Sequence[str]) -> csr_matrix:
    """Gives the counts of each text, weighed by how telling each piece is."""
    return csr_matrix(union.transform(texts))
