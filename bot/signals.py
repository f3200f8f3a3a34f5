"""Words that mean one thing whatever else is going on, known without any model.

They count only when they are the whole message, so that "stop him" is never taken for "stop".
"""

import re
import unicodedata
from enum import StrEnum

from ruamel.yaml import YAML

from handover import edition

_DATA = "bot/signals.yml"
_NOISE = re.compile(r"[^\w\s]+")


class Signal(StrEnum):
    """What a child asks for in one known word or phrase."""

    STOP = "stop"
    SOMEONE_HERE = "someone_here"
    BACK = "back"
    DURESS = "duress"
    """Someone is here, and the child is in danger."""
    DELETE = "delete"
    START = "start"
    """The network's word for hearing from us again."""
    HELP = "help"
    """The network's word for being told who this is."""


class ShortAnswer(StrEnum):
    """What a child answers to a question of the service's own."""

    YES = "yes"
    NO = "no"
    SKIP = "skip"


def answer_in(text: str) -> ShortAnswer | None:
    """Gives what a message that is nothing but an answer says, or None."""
    return _answers().get(_plain(text))


def signal_in(text: str) -> Signal | None:
    """Gives what the whole message asks for, or None."""
    return _signals().get(_plain(text))


@edition.kept
def _signals() -> dict[str, Signal]:
    phrases = _phrases()["signals"]
    return {_plain(phrase): Signal(name) for name, said in phrases.items() for phrase in said}


@edition.kept
def _answers() -> dict[str, ShortAnswer]:
    phrases = _phrases()["answers"]
    return {_plain(phrase): ShortAnswer(name) for name, said in phrases.items() for phrase in said}


@edition.kept
def _phrases() -> dict[str, dict[str, list[str]]]:
    data: dict[str, dict[str, list[str]]] = YAML(typ="safe").load(
        edition.path(_DATA).read_text("utf-8")
    )
    return data


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub("", unicodedata.normalize("NFC", text.casefold())).split())
