"""Proves a version's files: that they fit together, and that no talk can come to harm by them.

Needs nothing of Rasa. Every fault says what is wrong, where, and how to mend it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from dialogues import graph, sources
from dialogues.graph import ASK, MOST_QUESTIONS, PRIVACY, WAYS_OUT, Step, Walk, asked_in
from dialogues.questions import Questions, next_actions
from dialogues.reading.fields import RECORD_FIELDS
from dialogues.translations import domain_mapping, read_yaml

QUESTIONS = "dialogues/questions.yml"
RULES = "dialogues/data/rules"
ADVICE = "dialogues/words/advice.yml"
# What a child may always say, with the command that must follow where the pipeline acts on it.
ALWAYS = {
    "request_person": "request_person",
    "stop": "stop",
    "help": "help",
    "someone_here": "someone_here",
    "delete_request": "delete_request",
    "show_record": "show_record",
    "correct_record": "correct_record",
    "status_request": "status_request",
    **dict.fromkeys(
        (
            *("ask_private", "ask_who_sees", "ask_tell_parents", "ask_tell_police"),
            *("ask_tell_school", "ask_robot", "ask_who_are_you", "ask_what_next"),
            *("ask_how_long", "ask_can_delete", "ask_social_worker", "ask_taken_away"),
        ),
        "",
    ),
}
_STEPS_MORE = 2_000
"""How far the walk goes on once it has found something, so as to say more than one thing."""
_IN_AN_EMERGENCY = frozenset({"safe_now", "current_location"})


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: what, where, and how to mend it."""

    what: str
    where: str
    how: str

    @override
    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.how}"


def file_faults(root: Path) -> list[Fault]:
    """Gives what does not fit together among the files under a folder."""
    try:
        domain = domain_mapping(root)
        questions = _questions(root, frozenset(domain["responses"]))
        rules = [
            (path.name, rule)
            for path in sorted((root / RULES).glob("*.yml"))
            for rule in read_yaml(path)["rules"]
        ]
        return [
            *_command_faults(domain["responses"]),
            *_field_faults(questions),
            *_rule_faults(domain, rules),
            *_always_faults(domain["responses"], rules),
            *_advice_faults(root, domain["responses"]),
        ]
    except _MALFORMED as error:
        return [_malformed(error)]


def talk_faults(root: Path, say: Callable[[str], None] = lambda _: None) -> list[Fault]:
    """Gives the promises that some way through the talk would break, each with its shortest way."""
    try:
        questions = _questions(root, None)
        # What can be seen without walking is said at once.
        seen = [*_emergency_faults(questions), *_circle_faults(questions)]
        return seen or list(_walked_faults(questions, say))
    except _MALFORMED as error:
        return [_malformed(error)]


_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OSError, StopIteration)


def _questions(root: Path, responses: frozenset[str] | None) -> Questions:
    return Questions.parse(read_yaml(root / QUESTIONS), responses)


def _malformed(error: Exception) -> Fault:
    return Fault(
        f"The files do not fit together: {str(error) or type(error).__name__}.",
        "The dialogue's files",
        "Compare the file with the version that is live, and mend or undo the change.",
    )


def _command_faults(responses: Mapping[str, Any]) -> Iterator[Fault]:
    known = set(read_yaml(sources.COMMANDS)["commands"])
    used: dict[str, str] = {}
    for name, variations in responses.items():
        for variation in variations:
            command = (variation.get("custom") or {}).get("command")
            if command is not None:
                used[str(command)] = name
    for command, name in used.items():
        if command not in known:
            yield Fault(
                f"It carries the command {command}, which does not exist.",
                name,
                f"Use one of {', '.join(sorted(known))}.",
            )
    for command in sorted(known - used.keys()):
        yield Fault(
            f"No response carries the command {command}, so nothing would be done.",
            "dialogues/domain",
            "Put it back where it stands in the version that is live.",
        )


def _field_faults(questions: Questions) -> Iterator[Fault]:
    for one in questions.questions:
        if one.name not in RECORD_FIELDS:
            yield Fault(
                f"It asks for {one.name}, which is no field of the record: an answer is lost.",
                QUESTIONS,
                "Ask for a field of the record, or let an engineer add the field first.",
            )


def _rule_faults(domain: Mapping[str, Any], rules: list[tuple[str, Any]]) -> Iterator[Fault]:
    ruled = {step["intent"] for _, rule in rules for step in rule["steps"] if "intent" in step}
    intents = {next(iter(one)) if isinstance(one, dict) else one for one in domain["intents"]}
    responses = domain["responses"]
    for name in sorted(intents - ruled):
        yield Fault(
            f"Nothing answers a child whose message means {name}: a dead end.",
            RULES,
            "Put its rule back.",
        )
    for file, rule in rules:
        for step in rule["steps"]:
            action = str(step.get("action", "utter_"))
            if action != "utter_" and action.startswith("utter_") and action not in responses:
                yield Fault(
                    f"The rule “{rule['rule']}” says {action}, which has no words.",
                    f"{RULES}/{file}",
                    f"Write the words of {action}, or say something else there.",
                )
            if step.get("intent", next(iter(intents))) not in intents:
                yield Fault(
                    f"The rule “{rule['rule']}” waits for {step['intent']}, which is no intent.",
                    f"{RULES}/{file}",
                    "Use an intent of dialogues/domain/intents.yml.",
                )


def _always_faults(responses: Mapping[str, Any], rules: list[tuple[str, Any]]) -> Iterator[Fault]:
    for intent, command in ALWAYS.items():
        answers = [
            [step["action"] for step in rule["steps"] if "action" in step]
            for _, rule in rules
            if not rule.get("condition")
            and any(step.get("intent") == intent for step in rule["steps"])
        ]
        if not answers:
            yield Fault(
                f"A child who says {intent} is not answered in every state.",
                RULES,
                f"Put back the rule for {intent} that hangs on no condition.",
            )
            continue
        said = {name for actions in answers for name in actions}
        carried = any(
            responses.get(name)
            and all((one.get("custom") or {}).get("command") == command for one in responses[name])
            for name in said
        )
        if command and not carried:
            yield Fault(
                f"A child who says {intent} gets words, but nothing is done: the answer does not "
                f"carry {command}.",
                ", ".join(sorted(said)),
                f"Let each text of the answer carry the command {command}, as in the live version.",
            )


def _advice_faults(root: Path, responses: Mapping[str, Any]) -> Iterator[Fault]:
    """Finds what is listened for and has no answer, so that the child would meet an error."""
    path = root / ADVICE
    topics = [one["topic"] for one in read_yaml(path)["advice"]] if path.exists() else []
    for topic in dict.fromkeys([*topics, *(("again", "other") if topics else ())]):
        if f"utter_advice_{topic}" not in responses:
            yield Fault(
                f"A child who asks for {topic} has no answer.",
                ADVICE,
                f"Write the words of utter_advice_{topic}, or take the topic out.",
            )


def _emergency_faults(questions: Questions) -> Iterator[Fault]:
    if not questions.emergency >= {"safe_now"}:
        yield Fault(
            "In an emergency nobody asks whether the child is safe.",
            QUESTIONS,
            "Put safe_now back under emergency.",
        )
    for name in sorted(questions.emergency - _IN_AN_EMERGENCY):
        yield Fault(
            f"In an emergency it asks for {name}, which can wait.",
            QUESTIONS,
            "Under emergency leave only safe_now and current_location.",
        )
    for where, name in (("greeting", questions.greeting), ("short", questions.short_privacy)):
        if name not in PRIVACY:
            yield Fault(
                f"The privacy words are to be said by {name}, which does not say them.",
                f"{QUESTIONS}, privacy, {where}",
                "Put back utter_welcome as greeting and utter_welcome_short as short.",
            )
    for name in sorted(questions.privacy_said_by - PRIVACY):
        yield Fault(
            f"{name} is taken for the privacy words, and does not say them.",
            f"{QUESTIONS}, privacy, said_by",
            "Leave only utter_private there.",
        )


def _walked_faults(questions: Questions, say: Callable[[str], None]) -> Iterator[Fault]:
    walk = Walk(questions)
    found: dict[str, Fault] = {}
    asked: set[str] = set()
    last = 0
    free = any(one.name.startswith(ASK) for one in questions.first)
    ways_out = [one for one in WAYS_OUT if free or one not in questions.then_listen]
    try:
        for number, step in enumerate(walk.steps()):
            if number % 10_000 == 0:
                say(f"{number} steps of the talk walked")
            asked.update(step.fields)
            for kind, what, how in _broken(questions, step, ways_out):
                last = last or number + _STEPS_MORE
                if kind not in found:
                    way = graph.in_words(walk.way_to(step))
                    found[kind] = Fault(what, f"{QUESTIONS}. The way there: {way}", how)
            if last and number > last:
                break
        else:
            for name in sorted(_walkable(questions) - asked):
                yield _never(name, "because of when it asks")
    except ValueError as error:
        yield Fault(str(error), QUESTIONS, "Make budget and times less.")
    yield from found.values()


def _walkable(questions: Questions) -> set[str]:
    """Gives the questions that hang on nothing but what the walk itself comes to know."""
    names = {one.name for one in questions.questions}
    return {
        one.name
        for one in questions.questions
        if all(c.within is None or None in c.within or c.slot in names for c in one.when)
    }


def _broken(
    questions: Questions, step: Step, ways_out: list[str]
) -> Iterator[tuple[str, str, str]]:
    """Gives the promises that a step breaks: a name, what is wrong, and how to mend it."""
    if step.fields:
        yield from _broken_by_asking(step, step.fields)
    for intent in ways_out:
        said = asked_in(next_actions(questions, step.after.slots(), intent))
        if said:
            yield (
                "out",
                f"A child who says {intent} here is asked for {said[0]}: the way out is shut.",
                f"Put {intent} back under then_listen.",
            )


def _broken_by_asking(step: Step, asked: list[str]) -> Iterator[tuple[str, str, str]]:
    first = asked[0]
    emergency = step.after.level == "emergency"
    before = dict(step.after.said)
    told = {*before, *step.said[: step.said.index(ASK + first)]}
    put = sum(times for name, times in before.items() if name.startswith(ASK))
    if first in dict(step.after.known):
        what = f"It asks for {first} although it is known or was declined."
        yield "known", what, f"Take {first} out of `first`."
    if before.get(ASK + first, 0) >= 2:
        what = f"It asks for {first} a third time."
        yield "again", what, "Leave times at 1, and at 2 for safe_now."
    if not emergency and not told & PRIVACY:
        what = f"It asks for {first} before the privacy words are said."
        yield "privacy", what, "Let no question stand under `first`, and privacy as it is live."
    if len(asked) > 1:
        yield "one", f"It asks {len(asked)} things at once.", "Leave one question a turn."
    if emergency and set(asked) - _IN_AN_EMERGENCY:
        what = f"In an emergency it asks for {first}."
        yield "emergency", what, "Under emergency leave only safe_now and current_location."
    if put + len(asked) > MOST_QUESTIONS:
        what = f"It asks more than {MOST_QUESTIONS} questions: a child is worn out."
        yield "budget", what, "Make budget 10 again, or less."


def _circle_faults(questions: Questions) -> Iterator[Fault]:
    """Gives the questions that wait for one another, so that none of them is ever put."""
    waits: dict[str, list[set[str]]] = {}
    for one in questions.questions:
        # What must have been answered before; a question may stand in the list several times.
        needs = {c.slot for c in one.when if c.within is not None and None not in c.within}
        waits.setdefault(one.name, []).append(needs)
    put: set[str] = set()
    while more := {
        name
        for name, ways in waits.items()
        if name not in put and any(needs & waits.keys() <= put for needs in ways)
    }:
        put |= more
    for name in sorted(waits.keys() - put):
        others = {slot for needs in waits[name] for slot in needs if slot in waits}
        back = "itself" if others == {name} else ", ".join(sorted(others - {name}))
        yield _never(name, f"it waits for {back}, and that is a circle")
    if "safe_now" not in waits:
        yield Fault(
            "Nobody is asked whether they are safe.",
            QUESTIONS,
            "Put the question safe_now back, as the first.",
        )


def _never(name: str, because: str) -> Fault:
    return Fault(
        f"The question {name} can never be asked: {because}.",
        f"{QUESTIONS}, {name}",
        "Change its `when`, so that it waits only for what is asked before it.",
    )
