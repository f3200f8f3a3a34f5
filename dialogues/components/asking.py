"""Which question comes next: Rasa's policy over `dialogues/questions.yml`."""

from typing import Any

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.io import dump_obj_as_json_to_file, read_json_file

from dialogues import sources
from dialogues.questions import Questions, next_actions
from dialogues.translations import read_yaml

_FILE = "questions.json"


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class AskingPolicy(Policy):  # type: ignore[misc]
    """Says what belongs after the reaction to a message: a question, or nothing but listening."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        questions: Questions | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context)
        self._questions = questions

    @staticmethod
    def supported_data() -> SupportedData:
        """Rules as well as stories: it needs neither, and ignores no slot because of either."""
        return SupportedData.ML_AND_RULE_DATA

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Behind RulePolicy: a reaction comes before a question."""
        return {POLICY_PRIORITY: 1}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Tells Rasa's cache of the file that it does not know of."""
        del config
        return sources.file_sha256(sources.file("questions.yml"))

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **_: Any
    ) -> Resource:
        """Checks the questions against the domain and stores them with the model."""
        del training_trackers
        read = read_yaml(sources.file("questions.yml"))
        self._questions = Questions.parse(read, frozenset(domain.responses))
        with self._model_storage.write_to(self._resource) as directory:
            dump_obj_as_json_to_file(directory / _FILE, read)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> "AskingPolicy":
        """Reads back the questions that the model was trained with."""
        with model_storage.read_from(resource) as directory:
            read = read_json_file(directory / _FILE)
        questions = Questions.parse(read, None)
        return cls(config, model_storage, resource, execution_context, questions)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **_: Any,
    ) -> PolicyPrediction:
        """Gives the first action of this turn's plan that was not taken yet."""
        del rule_only_data
        if self._questions is None:
            raise ValueError("The policy was neither trained nor loaded.")
        done = _actions_this_turn(tracker)
        slots = {n: v for n, v in tracker.current_slot_values().items() if v is not None}
        intent = tracker.latest_message.intent.get("name") or ""
        plan = next_actions(self._questions, slots, intent)
        action = next((name for name in plan if name not in done), ACTION_LISTEN_NAME)
        return self._prediction(
            PolicyPrediction.for_action_name(domain, action, self.__class__.__name__).probabilities
        )


def _actions_this_turn(tracker: DialogueStateTracker) -> set[str]:
    done: set[str] = set()
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted):
            done.add(str(event.action_name))
    return done
