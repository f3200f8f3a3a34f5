"""What the bot says of its own accord after a message, as a pure function of what is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Slots = Mapping[str, Any]

_ASK = "utter_ask_"
_ALARMING = ("urgent", "emergency")


@dataclass(frozen=True)
class Condition:
    """One thing that must hold for a question to be asked."""

    slot: str
    within: tuple[Any, ...] | None
    without: tuple[Any, ...] | None
    any_of: tuple[Any, ...] | None

    def holds(self, slots: Slots) -> bool:
        """Tells whether it holds for what is known."""
        value = slots.get(self.slot)
        if self.within is not None:
            return value in self.within
        if self.without is not None:
            return value not in self.without
        return not set(self.any_of or ()).isdisjoint(value or ())


@dataclass(frozen=True)
class Question:
    """A field of the record to ask for, and when."""

    field: str
    when: tuple[Condition, ...]


@dataclass(frozen=True)
class Questions:
    """The questions in order, and the limits on asking."""

    budget: int
    times: Mapping[str, int]
    emergency: frozenset[str]
    questions: tuple[Question, ...]
    then_listen: frozenset[str]

    @classmethod
    def parse(cls, read: Mapping[str, Any], responses: frozenset[str] | None) -> "Questions":
        """Reads questions.yml.

        Raises:
            ValueError: it is malformed, or asks for what the domain has no words for.
        """
        try:
            questions = tuple(
                Question(one["field"], tuple(_condition(c) for c in one.get("when", ())))
                for one in read["questions"]
            )
            whole = cls(
                budget=int(read["budget"]),
                times=dict(read["times"]),
                emergency=frozenset(read["emergency"]),
                questions=questions,
                then_listen=frozenset(read["then_listen"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"questions.yml is malformed: {error!r}") from error
        missing = {_ASK + one.field for one in questions} - (responses or frozenset())
        if responses is not None and missing:
            raise ValueError(f"questions.yml asks without words: {', '.join(sorted(missing))}")
        return whole

    def next_field(self, slots: Slots) -> str | None:
        """Gives the field to ask for now, or None when all that may be asked was asked."""
        said = slots.get("said") or {}
        if sum(n for name, n in said.items() if name.startswith(_ASK)) >= self.budget:
            return None
        emergency = slots.get("urgency") == "emergency"
        for question in self.questions:
            if question.field in slots or (emergency and question.field not in self.emergency):
                continue
            times = self.times.get(question.field, self.times["default"])
            if said.get(_ASK + question.field, 0) >= times:
                continue
            if all(condition.holds(slots) for condition in question.when):
                return question.field
        return None


def next_actions(questions: Questions, slots: Slots, intent: str) -> list[str]:
    """Gives what the bot says after its reaction to this message, in order."""
    said = slots.get("said") or {}
    actions = []
    if slots.get("worry") and "utter_worry_noted" not in said:
        actions.append("utter_worry_noted")
    if intent in questions.then_listen or not slots.get("worry"):
        return actions
    if _still_listening(slots, intent):
        return [*actions, "utter_tell_me_more"]
    field = questions.next_field(slots)
    if field is not None:
        return [*actions, _ASK + field]
    if slots.get("urgency") == "emergency":
        return [*actions, "utter_stay_with_me"]
    if "utter_thank_you" not in said:
        return [*actions, "utter_thank_you"]
    return [*actions, "utter_added"]


def _condition(read: Mapping[str, Any]) -> Condition:
    def values(name: str) -> tuple[Any, ...] | None:
        return tuple(read[name]) if name in read else None

    return Condition(read["slot"], values("in"), values("not_in"), values("any_of"))


def _still_listening(slots: Slots, intent: str) -> bool:
    """Lets the child talk before anything is asked, unless safety cannot wait."""
    said = slots.get("said") or {}
    if intent != "tell" or slots.get("urgency") in _ALARMING:
        return False
    return "utter_tell_me_more" not in said and not any(name.startswith(_ASK) for name in said)
