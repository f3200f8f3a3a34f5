"""Turns messages into numbers: pieces of words counted, and what the encoder makes of them."""

import re
import unicodedata
from collections.abc import Sequence
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
_BATCH = 32
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
        folder = encoder.weights_folder()
        weights = encoder.load_weights(folder)
        self._weights = {name: tf.constant(value) for name, value in weights.items()}
        self._tokens = encoder.Tokens(folder, _PIECES)
        self._run = tf.function(
            self._rows,
            input_signature=[
                tf.TensorSpec([None, None], tf.int32),
                tf.TensorSpec([None, None], tf.float32),
            ],
        )

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Gives for each text the means of its last layers and the peaks of the last one."""
        ids = self._tokens.ids([plain(text) for text in texts])
        rows = np.zeros((len(texts), encoder.WIDTH * (_UPPER + 1)), np.float32)
        for batch in encoder.by_length(ids, _BATCH):
            table, mask = encoder.padded([ids[place] for place in batch])
            rows[batch] = self._run(tf.constant(table), tf.constant(mask)).numpy()
        return rows

    def _rows(self, ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        states = encoder.embed(self._weights, ids)
        rows = []
        for number in range(encoder.LAYERS):
            states = encoder.apply_layer(self._weights, number, states, mask)
            if number >= encoder.LAYERS - _UPPER:
                rows.append(encoder.pool(states, mask))
        peaks = tf.reduce_max(states - 1e9 * (1.0 - mask)[:, :, tf.newaxis], 1)
        return tf.concat([*rows, peaks], 1)


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
