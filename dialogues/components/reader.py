"""Rasa's door to `dialogues.reading`: facts as entities, and the intent settled by context."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogues.components.intents import IDLE_ODDS
from dialogues.reading.fields import NOT_A_BUTTON
from dialogues.reading.message import read


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Reader(GraphComponent):  # type: ignore[misc]
    """Reads each message with what the bot had asked and what is known already."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Reader":
        """Makes the component; it keeps nothing."""
        del config, model_storage, resource, execution_context
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds what was read to each message."""
        for message in messages:
            self._read(message)
        return messages

    def _read(self, message: Message) -> None:
        text = (message.get(TEXT) or "").removeprefix(NOT_A_BUTTON)
        metadata = message.get(METADATA) or {}
        if (message.get(TEXT) or "").startswith("/"):
            return
        intent = message.get(INTENT) or {}
        reading = read(
            text,
            intent.get("name") or "",
            float(intent.get("confidence") or 0.0),
            slots={**(metadata.get("slots") or {}), "idle_odds": message.get(IDLE_ODDS)},
        )
        message.set(INTENT, {**intent, "name": reading.intent}, add_to_output=True)
        entities = [
            {"entity": name, "value": value, "start": 0, "end": len(text), "extractor": "Reader"}
            for name, value in reading.facts.items()
        ]
        message.set(ENTITIES, entities, add_to_output=True)
