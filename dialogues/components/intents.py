"""Names what a message is for: words and letter groups, weighed by logistic regression.

Rasa's own classifier of this kind takes seven seconds to import and unpickles its weights; this
one starts at once and keeps them as plain numbers.
"""

import json
import re
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
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

_WEIGHTS = "weights.npz"
_WORDS = "words.json"
_RANKED = 5
_WORD = r"\S+"
_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Intents(IntentClassifier, GraphComponent):  # type: ignore[misc]
    """Gives each message its likeliest intent and the runners-up."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`strength` is scikit-learn's C: the higher, the closer to the examples."""
        return {"strength": 12.0}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._names: list[str] = []
        self._vectorizers: list[TfidfVectorizer] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

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
        texts = [_plain(example.get(TEXT)) for example in examples]
        self._vectorizers = _vectorizers()
        features = hstack([one.fit_transform(texts) for one in self._vectorizers]).tocsr()
        model = _model(self._config["strength"])
        model.fit(features, [example.get(INTENT) for example in examples])
        self._names = [str(name) for name in model.classes_]
        self._weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._bias = model.intercept_.astype(np.float32)
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the ranking of each message."""
        for message in messages:
            text = _plain(message.get(TEXT) or "")
            if not self._names or not text.strip():
                continue
            ranking = self._ranking(text)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
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
                classifier._weights = arrays["weights"]
                classifier._bias = arrays["bias"]
                inverse = [arrays["idf0"], arrays["idf1"]]
        classifier._names = words["intents"]
        classifier._vectorizers = _vectorizers()
        for one, vocabulary, idf in zip(
            classifier._vectorizers, words["vocabularies"], inverse, strict=False
        ):
            one.vocabulary_ = vocabulary
            one.idf_ = idf
        return classifier

    def _persist(self) -> None:
        words = {
            "intents": self._names,
            "vocabularies": [
                {word: int(index) for word, index in one.vocabulary_.items()}
                for one in self._vectorizers
            ],
        }
        with self._model_storage.write_to(self._resource) as directory:
            (directory / _WORDS).write_text(json.dumps(words), encoding="utf-8")
            np.savez_compressed(
                directory / _WEIGHTS,
                weights=self._weights,
                bias=self._bias,
                idf0=self._vectorizers[0].idf_,
                idf1=self._vectorizers[1].idf_,
            )

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        scores = self._bias.astype(np.float64)
        start = 0
        for one in self._vectorizers:
            row = one.transform([text])
            scores = scores + row.data @ self._weights[start + row.indices]
            start += len(one.vocabulary_)
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
        order = np.argsort(-scores, kind="stable")[:_RANKED]
        return [{"name": self._names[i], "confidence": float(scores[i])} for i in order]


def learner(strength: float = 12.0) -> Pipeline:
    """Gives the same features and weights as one scikit-learn estimator, to be measured."""
    features = [(str(number), one) for number, one in enumerate(_vectorizers())]
    return make_pipeline(FunctionTransformer(_all_plain), FeatureUnion(features), _model(strength))


def _all_plain(texts: list[str]) -> list[str]:
    return [_plain(text) for text in texts]


def _model(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=40, tol=1e-2)


def _vectorizers() -> list[TfidfVectorizer]:
    return [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2),
    ]


def _plain(text: str) -> str:
    """Writes a text the one way the classifier knows: small letters, no long runs, no figures."""
    text = text.lower().replace("\u2019", "'").replace("'", "")
    text = _DIGITS.sub("0", _REPEATED.sub(r"\1\1", text))
    return re.sub(r"([?!.,])", r" \1 ", text)
