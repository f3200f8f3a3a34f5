"""The graph of the talk, walked whole: every state that answers, refusals and dangers can reach.

`questions.py` is a pure function of what is known, so its states can be counted: what was asked and
how often, what is known, what is open, how urgent it is. A state that breaks a promise is shown
with the shortest way into it.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dialogues.questions import Questions, next_actions

ASK = "utter_ask_"
# To the questions a small worry is none: they know only these apart.
LEVELS = ("concern", "urgent", "emergency")
# What a child may say at any time that ends or breaks off the asking.
WAYS_OUT = ("request_person", "stop", "someone_here", "enough", "goodbye")
PRIVACY = frozenset({"utter_welcome_short", "utter_welcome", "utter_private"})
MOST_QUESTIONS = 12
_GAP = 3
"""Turns since a question after which one more makes no difference."""
_CLOSED = "prefer_not_to_say"
_AGAIN = "safe_now"
"""What may be put a second time by itself; of all else only the open question may."""
_OTHERS = ASK + "others"
"""Stands for all questions that are done with: only how many they were still matters."""
_MOST_STATES = 100_000


@dataclass(frozen=True)
class State:
    """All that decides what is said next."""

    urgency: int
    known: frozenset[tuple[str, str]]
    said: frozenset[tuple[str, int]]
    asked: str | None
    since: frozenset[tuple[str, int, int]]
    who: str

    @property
    def level(self) -> str:
        """Gives how urgent it is."""
        return LEVELS[self.urgency]

    def slots(self) -> dict[str, Any]:
        """Gives it as the slots of a talk, at turn 100."""
        return {
            "worry": True,
            "turns": 100,
            "urgency": self.level,
            "harms": ["physical_abuse"],
            "said": dict(self.said),
            "asked": self.asked,
            "asked_at": {
                name: {"turn": 100 - gap, "urgency": LEVELS[level]}
                for name, gap, level in self.since
            },
            **dict(self.known),
            **({"adult": True} if self.who == "adult" else {}),
        }


@dataclass(frozen=True)
class Step:
    """One turn: the state it began in, the state in which it is answered, and what was said."""

    before: State
    after: State
    intent: str
    said: tuple[str, ...]

    @property
    def fields(self) -> list[str]:
        """Gives the fields that it asks for."""
        return asked_in(self.said)


class Walk:
    """Every step that can be taken, and how each state is come into."""

    def __init__(self, questions: Questions) -> None:
        self.questions = questions
        self._first_into: dict[State, Step] = {}
        self._answers = _answers(questions)

    def steps(self) -> Iterator[Step]:
        """Gives every step, the ways of few turns first.

        Raises:
            ValueError: there are so many that the talk cannot have an end.
        """
        waiting = deque(
            State(level, frozenset(), frozenset(), None, frozenset(), who)
            for who in ("child", "adult")
            for level in range(len(LEVELS))
        )
        seen = set(waiting)
        while waiting:
            state = waiting.popleft()
            for intent, after in _moves(state, self._answers):
                said = tuple(next_actions(self.questions, after.slots(), intent))
                step = Step(state, after, intent, said)
                yield step
                reached = _merged(_reached(after, said), self.questions)
                if reached not in seen:
                    seen.add(reached)
                    self._first_into[reached] = step
                    waiting.append(reached)
            if len(seen) > _MOST_STATES:
                raise ValueError("questions.yml lets the talk go on without an end.")

    def way_to(self, step: Step) -> list[Step]:
        """Gives the shortest way that ends with a step that was given."""
        way = [step]
        while way[0].before in self._first_into:
            way.insert(0, self._first_into[way[0].before])
        return way


def asked_in(said: Sequence[str]) -> list[str]:
    """Gives the fields that some sayings ask for."""
    return [name[len(ASK) :] for name in said if name.startswith(ASK)]


def in_words(way: Sequence[Step]) -> str:
    """Gives a way through the graph as a person reads it."""
    who = "An adult" if way[0].before.who == "adult" else "A child"
    told: set[str] = set()
    turns = []
    for step in way:
        # What opens the talk is said once; the graph does not keep count of it.
        said = [name for name in step.said if name.startswith(ASK) or name not in told]
        told.update(said)
        turns.append(f"{_did(step)} → {', '.join(said) or 'nothing'}")
    return f"{who}: " + "; ".join(turns) + "."


def _did(step: Step) -> str:
    what = {
        "tell": "tells something",
        "inform": f"answers {step.before.asked}" if step.before.asked else "says a small fact",
        "ask_private": "asks whether it is private",
    }.get(step.intent, f"says {step.intent}")
    return f"{what} ({step.after.level})"


def _answers(questions: Questions) -> dict[str, tuple[str, ...]]:
    """Gives the answers to each question that make a difference to what comes next."""
    found: dict[str, tuple[str, ...]] = {_AGAIN: ("yes", "no", "unsure", _CLOSED)}
    for one in questions.questions:
        for condition in one.when:
            wanted = [value for value in condition.within or () if isinstance(value, str)]
            told = found.get(condition.slot, (_CLOSED,))
            found[condition.slot] = tuple(dict.fromkeys((*told, *wanted)))
    return found


def _moves(state: State, answers: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, State]]:
    """Gives what a child may do, with the state in which it is answered."""
    later = replace(
        state,
        since=frozenset((name, min(gap + 1, _GAP), level) for name, gap, level in state.since),
    )
    for level in range(state.urgency, min(state.urgency + 2, len(LEVELS))):
        worse = replace(later, urgency=level)
        yield "tell", worse
        yield "ask_private", worse
        if state.asked is None:
            yield "inform", worse
            continue
        # Told or declined is mostly one to what comes next.
        for value in answers.get(state.asked, (_CLOSED,)):
            known = worse.known | {(state.asked, value)}
            yield "inform", replace(worse, known=known, asked=None)


def _reached(state: State, said: Sequence[str]) -> State:
    counts, since, asked = dict(state.said), set(state.since), state.asked
    for name in said:
        if name.startswith(ASK) or name in ("utter_welcome_short", "utter_tell_me_more"):
            counts[name] = counts.get(name, 0) + 1
        if name.startswith(ASK):
            asked = name[len(ASK) :]
            since = {one for one in since if one[0] != asked} | {(asked, 0, state.urgency)}
    # What was passed over and is no longer open is never put again: as good as known.
    put = {name[len(ASK) :] for name in counts if name.startswith(ASK)}
    passed = put - {asked, _AGAIN} - set(dict(state.known))
    known = dict(state.known)
    known.update(dict.fromkeys(passed, _CLOSED))
    open_ones = {asked, _AGAIN} - set(known)
    return replace(
        state,
        known=frozenset(known.items()),
        said=frozenset(counts.items()),
        since=frozenset(one for one in since if one[0] in open_ones),
        asked=asked,
    )


def _merged(state: State, questions: Questions) -> State:
    """Gives the one state that stands for all from which the talk goes on in the same way.

    A question that is known is never put again, so that only how many were put counts, against the
    budget. And it never becomes less urgent: what an emergency does not ask is over.
    """
    known = dict(state.known)
    kept: dict[str, int] = {}
    for name, times in state.said:
        done = name.startswith(ASK) and name[len(ASK) :] in known
        kept[_OTHERS if done else name] = kept.get(_OTHERS if done else name, 0) + times
    asked, since = state.asked, state.since
    if state.level == "emergency":
        known = {name: value for name, value in known.items() if name in questions.emergency}
        asked = asked if asked in questions.emergency else None
        since = frozenset(one for one in since if one[0] in questions.emergency)
    # What was put twice is not put again, whenever that was.
    since = frozenset(one for one in since if one[0] == asked or kept.get(ASK + one[0], 0) < 2)
    return replace(
        state,
        known=frozenset(known.items()),
        said=frozenset(kept.items()),
        asked=asked,
        since=since,
    )
