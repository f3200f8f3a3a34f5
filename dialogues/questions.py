"""What the bot says of its own accord after a message, as a pure function of what is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Slots = Mapping[str, Any]

_ASK = "utter_ask_"
_ADVISE = "utter_advice_"
_WHERE = "current_location"
_ALARMING = ("urgent", "emergency")
_LEVELS = ("no_concern", "concern", "urgent", "emergency")
# How many turns a question that was passed over rests before it may be put once more.
_REST = 2
# After the emergency words the reminder of 999 comes this often by itself, and again where
# something new happens.
_REMINDERS = 1
_LINE = "utter_line_"


@dataclass(frozen=True)
class Condition:
    """One thing that must hold for something to be said."""

    slot: str
    within: tuple[Any, ...] | None
    without: tuple[Any, ...] | None
    any_of: tuple[Any, ...] | None

    def holds(self, slots: Slots) -> bool:
        """Tells whether it holds for what is known; "yes (he is out)" counts as "yes"."""
        value = slots.get(self.slot)
        if isinstance(value, str) and value.startswith(("yes (", "no (")):
            value = value.split(" ", maxsplit=1)[0]
        if self.within is not None:
            return value in self.within
        if self.without is not None:
            return value not in self.without
        return not set(self.any_of or ()).isdisjoint(value or ())


@dataclass(frozen=True)
class Saying:
    """A response, or a field of the record to ask for, and when."""

    name: str
    when: tuple[Condition, ...]

    def fits(self, slots: Slots) -> bool:
        """Tells whether all its conditions hold."""
        return all(condition.holds(slots) for condition in self.when)


@dataclass(frozen=True)
class Questions:
    """The questions in order, and the limits on asking."""

    first: tuple[Saying, ...]
    greeting: str
    short_privacy: str
    privacy_said_by: frozenset[str]
    budget: int
    few: int
    times: Mapping[str, int]
    when_worse: frozenset[str]
    emergency: frozenset[str]
    takes_up: frozenset[str]
    instead: Mapping[str, tuple[str, ...]]
    questions: tuple[Saying, ...]
    then_listen: frozenset[str]
    then_repeat: frozenset[str]
    invite: frozenset[str]

    @classmethod
    def parse(cls, read: Mapping[str, Any], responses: frozenset[str] | None) -> "Questions":
        """Reads questions.yml.

        Raises:
            ValueError: it is malformed, or says what the domain has no words for.
        """
        try:
            whole = cls(
                first=tuple(Saying(one["say"], _conditions(one)) for one in read["first"]),
                greeting=str(read["privacy"]["greeting"]),
                short_privacy=str(read["privacy"]["short"]),
                privacy_said_by=frozenset(read["privacy"]["said_by"]),
                budget=int(read["budget"]),
                few=int(read["few"]),
                times=dict(read["times"]),
                when_worse=frozenset(read["when_worse"]),
                emergency=frozenset(read["emergency"]),
                # A model of a release before knows of none.
                takes_up=frozenset(read.get("takes_up", ())),
                instead={field: tuple(said) for field, said in read.get("instead", {}).items()},
                questions=tuple(
                    Saying(one["field"], _conditions(one)) for one in read["questions"]
                ),
                then_listen=frozenset(read["then_listen"]),
                then_repeat=frozenset(read["then_repeat"]),
                invite=frozenset(read["invite"]),
            )
            whole.times["default"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"questions.yml is malformed: {error!r}") from error
        said = {_ASK + one.name for one in whole.questions} | {one.name for one in whole.first}
        missing = (said | {whole.greeting, whole.short_privacy}) - (responses or frozenset())
        if responses is not None and missing:
            raise ValueError(f"questions.yml says what has no words: {', '.join(sorted(missing))}")
        return whole

    def may_ask(self, field: str, slots: Slots) -> bool:
        """Tells whether a field is neither known nor asked often enough."""
        said = slots.get("said") or {}
        times = said.get(_ASK + field, 0)
        if field in slots or times >= self.times.get(field, self.times["default"]):
            return False
        return times == 0 or self.may_repeat(field, slots)

    def may_repeat(self, field: str, slots: Slots) -> bool:
        """Tells whether a question that was passed over may be put again, once in a talk."""
        said = slots.get("said") or {}
        if field in slots or said.get(_ASK + field, 0) != 1:
            return False
        then = (slots.get("asked_at") or {}).get(field)
        if then is None:
            return False
        rested = int(slots.get("turns") or 0) - int(then["turn"] or 0) > _REST
        # From nothing to a small worry is no reason to ask again; from there to danger is.
        worse = _rank(slots.get("urgency")) > max(_rank(then["urgency"]), _rank("concern"))
        return rested and (worse or field not in self.when_worse)

    def next_field(self, slots: Slots) -> str | None:
        """Gives the field to ask for now, or None when all that may be asked was asked."""
        said = slots.get("said") or {}
        calm_again = slots.get("calmed") and slots.get("urgency") == "emergency"
        if slots.get("no_questions") or calm_again:
            return None
        most = self.few if slots.get("few_questions") else self.budget
        if sum(n for name, n in said.items() if name.startswith(_ASK)) >= most:
            return None
        emergency = slots.get("urgency") == "emergency"
        said_once = {name[len(_ASK) :] for name in said if name.startswith(_ASK)}
        for question in self.questions:
            if emergency and question.name not in self.emergency:
                continue
            if question.name == slots.get("asked") and question.name in said_once:
                # The child spoke of something else: asking at once again would press.
                continue
            if self._is_asked_by_a_line(question.name, slots):
                continue
            if self.may_ask(question.name, slots) and question.fits(slots):
                return question.name
        return None

    def _is_asked_by_a_line(self, field: str, slots: Slots) -> bool:
        """Tells whether a sentence that took up what was told asked the same already."""
        said = slots.get("said") or {}
        now = _LINE + str(slots.get("line"))
        return any(_LINE + one in said or _LINE + one == now for one in self.instead.get(field, ()))


def next_actions(questions: Questions, slots: Slots, intent: str) -> list[str]:
    """Gives what the bot says after its reaction to this message, in order."""
    said = slots.get("said") or {}
    if intent == "wrong_reader":
        return []
    # A line takes the place of a reaction, and comes as first as one.
    line = [_LINE + str(slots["line"])] if slots.get("line") else []
    first = [one.name for one in questions.first if one.fits(slots) and one.name not in said]
    if line and slots.get("line_is_quiet"):
        return [*line, *first]
    return [*line, *first, *_after_reaction(questions, slots, intent)]


def _after_reaction(questions: Questions, slots: Slots, intent: str) -> list[str]:
    if slots.get("advice"):
        return _advised(questions, slots)
    if intent in questions.then_listen:
        return []
    if intent == "greet":
        return _greeting(questions, slots)
    if intent in questions.then_repeat or intent.startswith("ask_"):
        return _repeated(questions, slots)
    if not slots.get("worry"):
        is_invited = intent in questions.invite and not slots.get("line")
        return _invitation(slots.get("said") or {}, intent) if is_invited else []
    return _privacy(questions, slots) + _onward(questions, slots, intent)


def _advised(questions: Questions, slots: Slots) -> list[str]:
    """Answers what the child asked, and lets them go on; only safety is asked for beside it."""
    answer = [_ADVISE + str(slots["advice"])]
    if not slots.get("worry"):
        return answer
    field = questions.next_field(slots) if slots.get("urgency") in _ALARMING else None
    asks = [_ASK + field] if field in questions.emergency else []
    return [*answer, *_privacy(questions, slots), *asks]


def _invitation(said: Mapping[str, int], intent: str) -> list[str]:
    """Invites a child to tell, once; who says no to that has said so, who goes on is heard."""
    if "utter_listening" not in said:
        return ["utter_listening"]
    return ["utter_unclear" if intent in ("inform", "affirm") else "utter_no_rush"]


def talks_on(slots: Slots, intent: str) -> bool:
    """Gives the child room who told on instead of answering, once before the next question."""
    asked = slots.get("asked")
    if intent != "tell" or asked is None or slots.get("urgency") == "emergency":
        return False
    then = (slots.get("asked_at") or {}).get(asked) or {}
    return int(slots.get("turns") or 0) - int(then.get("turn") or 0) == 1


def _greeting(questions: Questions, slots: Slots) -> list[str]:
    said = slots.get("said") or {}
    if slots.get("urgency") == "emergency":
        return ["utter_stay_with_me"]
    if questions.greeting not in said and not slots.get("worry"):
        return [questions.greeting]
    if slots.get("worry"):
        repeated = _repeated(questions, slots)
        if slots.get("welcomed"):
            return repeated or ["utter_listening"]
        return ["utter_still_have_it", *repeated]
    return ["utter_listening"]


def _repeated(questions: Questions, slots: Slots) -> list[str]:
    """Puts the open question once more after an interruption, but not at once."""
    asked = slots.get("asked")
    if asked is None or slots.get("no_questions") or not questions.may_repeat(asked, slots):
        return []
    waits = slots.get("urgency") == "emergency" and asked not in questions.emergency
    return [] if waits else [_ASK + asked]


def _privacy(questions: Questions, slots: Slots) -> list[str]:
    said = slots.get("said") or {}
    told = {questions.greeting, questions.short_privacy, *questions.privacy_said_by} & set(said)
    return [] if told or slots.get("urgency") == "emergency" else [questions.short_privacy]


def _onward(questions: Questions, slots: Slots, intent: str) -> list[str]:
    if _still_listening(slots, intent):
        return ["utter_tell_me_more"]
    if talks_on(slots, intent):
        # What was said at once is all there is to say; the next question can wait.
        return []
    if intent == "done":
        may_ask = questions.may_ask("safe_now", slots) and not slots.get("no_questions")
        field = "safe_now" if may_ask else None
    else:
        field = questions.next_field(slots)
    if _is_taken_up(questions, slots):
        # They were just told what to do: only where help must come may be asked beside that.
        return [_ASK + field] if field == _WHERE else []
    return [_ASK + field] if field is not None else _with_nothing_to_ask(slots, intent)


def _with_nothing_to_ask(slots: Slots, intent: str) -> list[str]:
    if slots.get("urgency") == "emergency":
        return ["utter_stay_with_me"] if _is_reminded(slots, intent) else []
    if slots.get("no_questions"):
        # The end of the talk would ask something too.
        return [] if _is_reacted_to(slots, intent) else ["utter_added"]
    return ["utter_added" if "utter_thank_you" in (slots.get("said") or {}) else "utter_thank_you"]


def _is_reminded(slots: Slots, intent: str) -> bool:
    """Tells whether 999 is said once more; a bare answer by a button is never met by silence."""
    if not _is_reacted_to(slots, intent):
        return True
    if slots.get("calmed"):
        return False
    said = slots.get("said") or {}
    is_new = slots.get("message_urgency") == "emergency" and "utter_stay_with_me" in said
    return is_new or said.get("utter_stay_with_me", 0) < _REMINDERS


def _is_reacted_to(slots: Slots, intent: str) -> bool:
    reactions = (slots.get("feeling"), slots.get("reply_to"), slots.get("line"))
    return intent == "done" or (intent in ("tell", "inform") and any(reactions))


def _is_taken_up(questions: Questions, slots: Slots) -> bool:
    """Tells whether the reaction of an emergency says by itself what to do next."""
    reactions = {slots.get("feeling"), slots.get("reply_to")}
    is_told = bool(slots.get("line")) or not questions.takes_up.isdisjoint(reactions)
    return slots.get("urgency") == "emergency" and is_told


def _still_listening(slots: Slots, intent: str) -> bool:
    """Lets the child talk before anything is asked, unless safety cannot wait."""
    said = slots.get("said") or {}
    if intent not in ("tell", "adult_referrer", "unclear") or slots.get("urgency") in _ALARMING:
        return False
    if slots.get("no_questions"):
        return False
    asked_before = any(name.startswith(_ASK) for name in said)
    return said.get("utter_tell_me_more", 0) < 1 and not asked_before


def _conditions(read: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(_condition(one) for one in read.get("when", ()))


def _condition(read: Mapping[str, Any]) -> Condition:
    def values(name: str) -> tuple[Any, ...] | None:
        return tuple(read[name]) if name in read else None

    return Condition(read["slot"], values("in"), values("not_in"), values("any_of"))


def _rank(urgency: Any) -> int:
    return _LEVELS.index(urgency) if urgency in _LEVELS else 0
