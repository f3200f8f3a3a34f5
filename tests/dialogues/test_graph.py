"""The graph of the talk, walked whole: every state that answers, refusals and dangers can reach.

`questions.py` is a pure function of what is known, so its states can be counted: what was asked and
how often, what is known, what is open, how urgent it is. What the running dialogue says in words to
each open question at each urgency is tried in `test_conversation.py`.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dialogues.questions import Questions, next_actions
from dialogues.translations import read_yaml

_DIALOGUES = Path(__file__).resolve().parents[2] / "dialogues"
_ASK = "utter_ask_"
# To the questions a small worry is none: they know only these apart.
_LEVELS = ("concern", "urgent", "emergency")
_ALWAYS = (
    *("request_person", "stop", "help", "someone_here", "delete_request", "show_record"),
    *("correct_record", "status_request", "ask_private", "ask_who_sees", "ask_tell_parents"),
    *("ask_tell_police", "ask_tell_school", "ask_robot", "ask_who_are_you", "ask_what_next"),
    *("ask_how_long", "ask_can_delete", "ask_social_worker", "ask_taken_away"),
)
_GAP = 3
"""Turns since a question after which one more makes no difference."""
_CLOSED = "prefer_not_to_say"
_AGAIN = "safe_now"
"""What may be put a second time by itself; of all else only the open question may."""


@dataclass(frozen=True)
class _State:
    """All that decides what is said next."""

    urgency: int
    known: frozenset[tuple[str, str]]
    said: frozenset[tuple[str, int]]
    asked: str | None
    since: frozenset[tuple[str, int, int]]
    who: str

    def slots(self) -> dict[str, Any]:
        """Gives it as the slots of a talk, at turn 100."""
        return {
            "worry": True,
            "turns": 100,
            "urgency": _LEVELS[self.urgency],
            "harms": ["physical_abuse"],
            "said": dict(self.said),
            "asked": self.asked,
            "asked_at": {
                name: {"turn": 100 - gap, "urgency": _LEVELS[level]}
                for name, gap, level in self.since
            },
            **dict(self.known),
            **({"adult": True} if self.who == "adult" else {}),
        }


@pytest.fixture(scope="module")
def questions() -> Questions:
    """Gives the questions as they are."""
    return Questions.parse(read_yaml(_DIALOGUES / "questions.yml"), None)


@pytest.fixture(scope="module")
def steps(questions: Questions) -> list[tuple[_State, str, list[str]]]:
    """Gives every step of the graph: the state, what the child did, what was said."""
    found, waiting = (
        [],
        deque(
            _State(level, frozenset(), frozenset(), None, frozenset(), who)
            for who in ("child", "adult")
            for level in range(len(_LEVELS))
        ),
    )
    seen = set(waiting)
    while waiting:
        state = waiting.popleft()
        for intent, after in _moves(state):
            said = next_actions(questions, after.slots(), intent)
            found.append((after, intent, said))
            reached = _reached(after, said)
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return found


def test_the_graph_is_worth_walking(steps: list[tuple[_State, str, list[str]]]):
    fields = {name for _, _, said in steps for name in _asked(said)}

    assert len(steps) > 1000
    assert fields == {one["field"] for one in read_yaml(_DIALOGUES / "questions.yml")["questions"]}


def test_nothing_known_or_declined_is_ever_asked(steps: list[tuple[_State, str, list[str]]]):
    for state, intent, said in steps:
        assert not set(_asked(said)) & set(dict(state.known)), (state, intent)


def test_one_question_at_a_time_and_never_beyond_the_budget(
    questions: Questions, steps: list[tuple[_State, str, list[str]]]
):
    for state, intent, said in steps:
        asked = _asked(said)
        before = sum(n for name, n in state.said if name.startswith(_ASK))

        assert len(asked) <= 1, (state, intent)
        assert before + len(asked) <= questions.budget + 1, (state, intent)
        assert all(dict(state.said).get(_ASK + name, 0) < 2 for name in asked), (state, intent)


def test_privacy_comes_before_any_question_but_in_an_emergency(
    steps: list[tuple[_State, str, list[str]]],
):
    for state, intent, said in steps:
        told = {"utter_welcome_short", "utter_welcome", "utter_private"} & {
            *dict(state.said),
            *said[: next((i for i, one in enumerate(said) if one.startswith(_ASK)), 0)],
        }
        assert told or not _asked(said) or _LEVELS[state.urgency] == "emergency", (state, intent)


def test_an_emergency_asks_nothing_but_safety_and_place(
    questions: Questions, steps: list[tuple[_State, str, list[str]]]
):
    for state, intent, said in steps:
        if _LEVELS[state.urgency] == "emergency":
            assert set(_asked(said)) <= questions.emergency, (state, intent)


def test_the_walk_always_ends(steps: list[tuple[_State, str, list[str]]]):
    assert all(
        sum(n for name, n in state.said if name.startswith(_ASK)) <= 11 for state, _, _ in steps
    )


def test_what_must_always_be_there_has_an_answer_that_hangs_on_nothing():
    free = {
        step["intent"]
        for path in (_DIALOGUES / "data" / "rules").glob("*.yml")
        for rule in read_yaml(path)["rules"]
        if not rule.get("condition")
        for step in rule["steps"]
        if "intent" in step
    }

    assert set(_ALWAYS) <= free


def test_whoever_asks_for_a_person_or_stops_is_asked_nothing(
    questions: Questions, steps: list[tuple[_State, str, list[str]]]
):
    for state in {state for state, _, _ in steps}:
        for intent in ("request_person", "stop", "someone_here", "enough", "goodbye"):
            assert not _asked(next_actions(questions, state.slots(), intent)), (state, intent)


def _moves(state: _State) -> Iterator[tuple[str, _State]]:
    """Gives what a child may do, with the state in which it is answered."""
    later = replace(
        state,
        since=frozenset((name, min(gap + 1, _GAP), level) for name, gap, level in state.since),
    )
    for level in range(state.urgency, min(state.urgency + 2, len(_LEVELS))):
        worse = replace(later, urgency=level)
        yield "tell", worse
        yield "ask_private", worse
        if state.asked is None:
            yield "inform", worse
            continue
        # Told or declined is one to what comes next, except for safety.
        safety = ("yes", "no", "unsure", "prefer_not_to_say")
        for value in safety if state.asked == _AGAIN else (_CLOSED,):
            known = worse.known | {(state.asked, value)}
            yield "inform", replace(worse, known=known, asked=None)


def _reached(state: _State, said: list[str]) -> _State:
    counts, since, asked = dict(state.said), set(state.since), state.asked
    for name in said:
        if name.startswith(_ASK) or name in ("utter_welcome_short", "utter_tell_me_more"):
            counts[name] = counts.get(name, 0) + 1
        if name.startswith(_ASK):
            asked = name.removeprefix(_ASK)
            since = {one for one in since if one[0] != asked} | {(asked, 0, state.urgency)}
    # What was passed over and is no longer open is never put again: as good as known.
    put = {name.removeprefix(_ASK) for name in counts if name.startswith(_ASK)}
    passed = put - {asked, _AGAIN} - set(dict(state.known))
    known = dict(state.known) | dict.fromkeys(passed, _CLOSED)
    open_ones = {asked, _AGAIN} - set(known)
    return replace(
        state,
        known=frozenset(known.items()),
        said=frozenset(counts.items()),
        since=frozenset(one for one in since if one[0] in open_ones),
        asked=asked,
    )


def _asked(said: list[str]) -> list[str]:
    return [name.removeprefix(_ASK) for name in said if name.startswith(_ASK)]
