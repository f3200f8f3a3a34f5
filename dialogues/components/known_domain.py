"""Gives Rasa the domain as the archive keeps it: read, checked and put together in training."""

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain

_FILE = "domain.json"


class KnownDomain(GraphComponent):  # type: ignore[misc]
    """Stands at the place of Rasa's own provider once a model is trained."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "KnownDomain":
        """Reads it as `load` does: there is no domain to know before a training."""
        return cls.load(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> "KnownDomain":
        """Reads the domain."""
        del config, execution_context
        with model_storage.read_from(resource) as directory:
            kept = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        return cls(Domain.from_dict(kept))

    def provide_inference(self) -> Domain:
        """Gives the domain to whatever answers."""
        return self._domain
