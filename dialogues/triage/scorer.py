"""Loads a trained model and scores messages with it."""

import hashlib
import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from dialogues.triage.corpus import HARMS, LEVELS, RECORD
from dialogues.triage.encoder import shared_encoder
from dialogues.triage.explanation import Explainer
from dialogues.triage.features import plain
from dialogues.triage.model import TriageModel, Words

_DIGITS = 4
_CORES = min(os.cpu_count() or 1, 4)


class ScorerError(RuntimeError):
    """There is no trained model, or it is not the one that was recorded."""


class Scorer:
    """A trained model, ready to score messages."""

    def __init__(self, model: TriageModel, version: str) -> None:
        # Sharing one message's small products among cores costs more than it saves.
        threadpool_limits(1, user_api="blas")
        self.version = version
        self._model = model
        self._encoder = shared_encoder()
        self._explainer = Explainer(model)
        self._cores = ThreadPoolExecutor(_CORES, thread_name_prefix="scorer")
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="words")

    @classmethod
    def load(cls, directory: "str | Path") -> "Scorer":
        """Gives the recorded model of a folder, once its digest has been checked.

        Raises:
            ScorerError: when nothing is recorded there, or the file is another one.
        """
        folder = Path(directory)
        if not (folder / RECORD).exists():
            raise ScorerError(f"no model in {folder}: run python -m dialogues.triage.train")
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        content = (folder / record["model"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != record["sha256"]:
            raise ScorerError(f"{record['model']} is not the model that was trained")
        # A pickle runs what it says: only one of our own making is ever read.
        return cls(pickle.loads(content), record["version"])  # noqa: S301

    def score(self, texts: "list[str]") -> "list[dict[str, Any]]":
        """Gives for each text its levels, harms, and how much each word weighed."""
        if len(texts) == 1:
            return [self._at_once(texts[0])]
        return list(self._cores.map(self._one, texts))

    def _at_once(self, text: str) -> "dict[str, Any]":
        # Somebody waits for one message: its words are counted on another core while the encoder
        # reads it here, which lets go of Python's lock. The other way round the encoder would not
        # get the lock to begin before the words are counted.
        read = self._model.spelling.mend(plain(text))
        counted = self._beside.submit(self._count, read, text)
        row = self._encoder.embed(read)
        words, weights = counted.result()
        return _answer(self._model.score(words, row), weights)

    def _count(self, read: str, text: str) -> "tuple[Words, list[dict[str, Any]]]":
        return self._model.words_of(read), self._explainer.weigh(text)

    def _one(self, text: str) -> "dict[str, Any]":
        read = self._model.spelling.mend(plain(text))
        found = self._model.score(self._model.words_of(read), self._encoder.embed(read))
        return _answer(found, self._explainer.weigh(text))


def _answer(
    found: "tuple[np.ndarray, np.ndarray]", weights: "list[dict[str, Any]]"
) -> "dict[str, Any]":
    levels, harms = found
    return {"levels": _named(LEVELS, levels), "harms": _named(HARMS, harms), "weights": weights}


def _named(names: "tuple[str, ...]", values: np.ndarray) -> "dict[str, float]":
    return {name: round(float(value), _DIGITS) for name, value in zip(names, values, strict=True)}
