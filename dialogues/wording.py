"""Chooses the words of a response without chance: the same turn is always worded the same."""

from typing import Any

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator


class Wording(TemplatedNaturalLanguageGenerator):  # type: ignore[misc]
    """Takes the variations in the order they are written, one after the other."""

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            return None
        suitable = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, filled_slots
        )
        if not suitable:
            return None
        # Where two conditions fit, the more particular one speaks; a child's language comes
        # before everything else, because a sentence that cannot be read helps nobody.
        best = max(_fit(variation) for variation in suitable)
        suitable = [variation for variation in suitable if _fit(variation) == best]
        times = (filled_slots.get("said") or {}).get(utter_action, 0)
        return suitable[times % len(suitable)]


def _fit(variation: dict[str, Any]) -> tuple[bool, int]:
    conditions = variation.get("condition") or []
    return any(one["name"] == "language" for one in conditions), len(conditions)
