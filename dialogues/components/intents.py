"""Names what a message is for: words and letter groups beside what a sentence encoder makes of it.

Rasa's own classifiers take seconds to import and unpickle their weights; this one starts at once
and keeps them as plain numbers. The encoder is the one that triage reads with.
"""

import json
import math
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogues.components.weighing import Weigher, encoded

_WEIGHTS = "weights.npz"
_WORDS = "words.json"
_RANKED = 5
# How much likelier a message is idle talk than the telling of a worry (log-odds).
IDLE_ODDS = "idle_odds"
_WORRIES = ("tell", "adult_referrer")
_IDLE = (
    *("chat", "joking", "homework", "homework_numbers", "fine", "insult", "thanks", "greet"),
    *("goodbye", "feedback", "other_service", "help"),
)
# Where neither is likely the odds say nothing.
_LEAST_CHANCE = 0.01


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Intents(IntentClassifier, GraphComponent):  # type: ignore[misc]
    """Gives each message its likeliest intent and the runners-up."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength` is scikit-learn's C of the words: the higher, the closer to the examples."""
        return {"strength": 12.0}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._weigher: Weigher | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Intents":
        """Makes an untrained classifier."""
        del execution_context
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples and stores the weights with the model."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._weigher = Weigher(encoded, strength=self._config["strength"])
        self._weigher.fit(
            [str(example.get(TEXT)) for example in examples],
            [str(example.get(INTENT)) for example in examples],
        )
        words, arrays = self._weigher.kept()
        with self._model_storage.write_to(self._resource) as directory:
            (directory / _WORDS).write_text(json.dumps(words), encoding="utf-8")
            np.savez_compressed(directory / _WEIGHTS, **arrays)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the ranking of each message."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            if self._weigher is None or not text.strip():
                continue
            chances = self._weigher.chances([text])[0]
            ranking = self._ranking(self._weigher.names, chances)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set(IDLE_ODDS, self._idle_odds(self._weigher.names, chances))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leaves training data alone: nothing after it learns from intents."""
        return training_data

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> "Intents":
        """Reads back what was learnt."""
        del execution_context
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory:
            words = json.loads((directory / _WORDS).read_text(encoding="utf-8"))
            with np.load(directory / _WEIGHTS, allow_pickle=False) as arrays:
                kept = {name: arrays[name] for name in arrays.files}
        classifier._weigher = Weigher(encoded, strength=config["strength"])
        classifier._weigher.take(words, kept)
        return classifier

    @staticmethod
    def _ranking(names: list[str], chances: np.ndarray) -> list[dict[str, Any]]:
        order = np.argsort(-chances, kind="stable")[:_RANKED]
        return [{"name": names[i], "confidence": float(chances[i])} for i in order]

    @staticmethod
    def _idle_odds(names: list[str], chances: np.ndarray) -> float:
        by_name = dict(zip(names, chances, strict=True))
        idle = sum(by_name[n] for n in names if n in _IDLE or n.startswith("ask_"))
        worried = sum(by_name.get(n, 0.0) for n in _WORRIES)
        return math.log((idle + _LEAST_CHANCE) / (worried + _LEAST_CHANCE))
