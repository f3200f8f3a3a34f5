"""Words that mean one thing whatever else is going on, known without any model.

They count only when they are the whole message, so that "stop him" is never taken for "stop".
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

_DATA = Path(__file__).parent / "signals.yml"
_NOISE = re.compile(r"[^\w\s]+")


class Signal(StrEnum):
    """What a child asks for in one known word or phrase."""

    STOP = "stop"
    SOMEONE_HERE = "someone_here"
    BACK = "back"


def signal_in(text: str) -> Signal | None:
    """Gives what the whole message asks for, or None."""
    return _signals().get(_plain(text))


@cache
def _signals() -> dict[str, Signal]:
    data: dict[str, list[str]] = YAML(typ="safe").load(_DATA.read_text("utf-8"))
    return {_plain(phrase): Signal(name) for name, phrases in data.items() for phrase in phrases}


def _plain(text: str) -> str:
    return " ".join(_NOISE.sub("", unicodedata.normalize("NFC", text.casefold())).split())
