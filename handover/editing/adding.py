"""What a draft gets in addition, each in all its files: an answer, a question, a phrase."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from handover.editing import line_lists, texts, yaml_files
from handover.editing.content import ANSWERS, Changed, ContentError, Files
from handover.editing.texts import ASK, DOMAIN, LANGUAGES, QUESTIONS
from handover.entries import Problem
from models.record import RECORD_FIELDS
from models.urgency import Harm, Urgency

INTENTS = f"{DOMAIN}intents.yml"
NLU = "dialogues/data/nlu/questions.yml"
RULES = "dialogues/data/rules/reactions.yml"
WELSH = f"{LANGUAGES}cy.yml"
ASKED = f"{DOMAIN}responses_questions.yml"
_NAME = re.compile(r"[a-z][a-z0-9_]{3,40}")
_FEWEST_EXAMPLES = 5
# What every question offers beside its own answer.
_WAYS = (
    ("Skip", "/skip"),
    ("I don't know", "/dont_know"),
    ("Talk to a person", "/request_person"),
)
# What each box on the form lets a question hang on.
CONDITIONS: dict[str, dict[str, Any]] = {
    "adult": {"slot": "adult", "not_in": [True]},
    "danger": {"slot": "urgency", "not_in": ["urgent", "emergency"]},
    "friend": {"slot": "about_whom", "not_in": ["friend"]},
}
# Where a phrase of each level stands with those like it.
_PHRASES = {
    Urgency.EMERGENCY: "bot/phrases/say-danger-now.yml",
    Urgency.URGENT: "bot/phrases/say-harm-told.yml",
    Urgency.CONCERN: "bot/phrases/say-worries.yml",
}
LEVELS = tuple(_PHRASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """An answer that is to be added."""

    name: str
    text: str
    welsh: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A question that is to be asked."""

    field: str
    """The field of the record that the answer goes into."""
    text: str
    welsh: str
    place: int
    """Its place in the order; 0 is before all others."""
    unless: tuple[str, ...]
    """Names of `CONDITIONS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhrase:
    """A phrase for danger that is to be heard."""

    name: str
    level: str
    harms: tuple[str, ...]
    says: tuple[str, ...]
    fires: tuple[str, ...]
    silent: tuple[str, ...]


def fields_to_ask(files: Files) -> list[str]:
    """Gives the fields of the record that nothing asks for yet, by their names for staff."""
    asked = {said.key for said in texts.texts_of(files)}
    free = (name for name in RECORD_FIELDS if ASK + name not in asked)
    return sorted(free, key=lambda name: RECORD_FIELDS[name].label)


def add_answer(files: Files, new: NewAnswer) -> Changed:
    """Gives the files with a further common question: its meaning, examples, rule and words.

    Raises:
        ContentError: the name is taken or unfit, or words or examples are missing.
    """
    if problems := [*_of_answer(files, new)]:
        raise ContentError.of(problems)
    intent, key = f"ask_{new.name}", f"utter_{new.name}"
    lines = "".join(f"- {one}\n" for one in new.examples)
    return {
        **_edited(files, INTENTS, lambda d: d["intents"].append({intent: {"use_entities": []}})),
        **_edited(
            files,
            NLU,
            lambda d: d["nlu"].append({"intent": intent, "examples": LiteralScalarString(lines)}),
        ),
        **_edited(
            files,
            RULES,
            lambda d: d["rules"].append(
                {
                    "rule": f"A child asks {new.name}",
                    "wait_for_user_input": False,
                    "steps": [{"intent": intent}, {"action": key}],
                }
            ),
        ),
        **_edited(
            files,
            ANSWERS,
            lambda d: d["responses"].update({key: [{"text": _quoted(new.text.strip())}]}),
        ),
        **_edited(files, WELSH, lambda d: d["responses"].update({key: _quoted(new.welsh.strip())})),
    }


def add_question(files: Files, new: NewQuestion) -> Changed:
    """Gives the files with a further question: its words, its ways out, its place and conditions.

    Raises:
        ContentError: the record has no such field, it is asked for already, or words are missing.
    """
    if problems := [*_of_question(files, new)]:
        raise ContentError.of(problems)
    key = ASK + new.field
    said = {
        "text": _quoted(new.text),
        "buttons": [{"title": _quoted(title), "payload": way} for title, way in _WAYS],
    }
    row: dict[str, Any] = {"field": new.field}
    if conditions := [dict(CONDITIONS[name]) for name in new.unless if name in CONDITIONS]:
        row["when"] = conditions
    return {
        **_edited(files, ASKED, lambda d: d["responses"].update({key: [said]})),
        **_edited(files, WELSH, lambda d: d["responses"].update({key: _quoted(new.welsh)})),
        **_edited(files, QUESTIONS, lambda d: d["questions"].insert(new.place, row)),
    }


def add_phrase(files: Files, new: NewPhrase) -> Changed:
    """Gives the files with a further phrase for danger, beside those of its level.

    Raises:
        ContentError: the name is taken or unfit, the level unknown, or lines are missing.
    """
    if problems := [*_of_phrase(files, new)]:
        raise ContentError.of(problems)
    row = {
        "phrase": new.name,
        "level": new.level,
        **({"harms": list(new.harms)} if new.harms else {}),
        **{part: [_quoted(line) for line in getattr(new, part)] for part in _PARTS},
    }
    return _edited(files, _PHRASES[Urgency(new.level)], lambda rows: rows.append(row))


_PARTS = {
    "says": "what it listens for",
    "fires": "what must be heard",
    "silent": "what must not be heard",
}


def _of_answer(files: Files, new: NewAnswer) -> Iterator[Problem]:
    intent, key = f"ask_{new.name}", f"utter_{new.name}"
    if not _NAME.fullmatch(new.name):
        yield Problem("name", "Name must be small letters and _, like what_to_bring")
    elif any(s.key == key for s in texts.texts_of(files)) or intent in files[INTENTS]:
        yield Problem("name", "There is an answer of this name already")
    if len(new.examples) < _FEWEST_EXAMPLES:
        yield Problem("examples", f"Enter at least {_FEWEST_EXAMPLES} examples, one a line")
    if not new.text.strip():
        yield Problem("text", "Enter the answer in English")
    if not new.welsh.strip():
        yield Problem("welsh", "Enter the answer in Welsh")


def _of_question(files: Files, new: NewQuestion) -> Iterator[Problem]:
    if new.field not in fields_to_ask(files):
        yield Problem("field", "Choose what the question asks for")
    if not new.text:
        yield Problem("text", "Enter the question in English")
    if not new.welsh:
        yield Problem("welsh", "Enter the question in Welsh")


def _of_phrase(files: Files, new: NewPhrase) -> Iterator[Problem]:
    if not _NAME.fullmatch(new.name):
        yield Problem("name", "Name must be small letters and _, like locked_in_room")
    elif new.name in {one.name for one in line_lists.phrases(files)}:
        yield Problem("name", "There is a phrase of this name already")
    if new.level not in LEVELS:
        yield Problem("level", "Choose how urgent it is")
    for part, what in _PARTS.items():
        if not getattr(new, part):
            yield Problem(part, f"Enter {what}, one a line")
    if set(new.harms) - set(Harm):
        yield Problem("harms", "Choose harms from the list")


def _edited(files: Files, path: str, change: Callable[[Any], object]) -> Changed:
    return yaml_files.edited(path, files[path], change)


def _quoted(text: str) -> DoubleQuotedScalarString:
    quoted: DoubleQuotedScalarString = DoubleQuotedScalarString(text)
    return quoted
