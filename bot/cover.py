"""The cover: while somebody is there, the bot is a homework helper and nothing else.

It answers a few harmless turns so that whoever looks sees a helper that helps. In English only: a
language would tell who was writing here.
"""

import re
from typing import Any

from ruamel.yaml import YAML

from handover import edition

_DATA = "bot/cover.yml"
_SUM = re.compile(
    r"(?<![\d.])(\d{1,4})\s*([x*\u00d7+\-\u00f7/]|times|plus|minus|divided by)\s*(\d{1,4})(?![\d.])"
)


def answer(text: str, number: int) -> str:
    """Gives the helper's answer to a message; `number` turns between answers that fit alike."""
    plain = " ".join(text.casefold().split())
    if found := _SUM.search(plain):
        return _worked_out(int(found[1]), found[2], int(found[3]))
    for topic in _topics():
        if any(re.search(rf"\b(?:{word})\b", plain) for word in topic["words"]):
            said: list[str] = topic["say"]
            return said[number % len(said)]
    return _otherwise()[number % len(_otherwise())]


def is_speech(text: str) -> bool:
    """Tells whether a message is nothing but talk of school, as for somebody who looks on."""
    plain = re.sub(r"[^\w\s]", "", " ".join(text.casefold().split()))
    if re.search(_read().get("not_speech", r"\A\b\B"), plain):
        return False
    return any(re.fullmatch(one, plain) for one in _read().get("speech", ()))


def texts() -> frozenset[str]:
    """Gives everything the helper may say but the sums."""
    return frozenset([*(line for topic in _topics() for line in topic["say"]), *_otherwise()])


def _worked_out(first: int, sign: str, second: int) -> str:
    match sign:
        case "+" | "plus":
            return f"{first} + {second} = {first + second}. Any more sums?"
        case "-" | "minus":
            return f"{first} - {second} = {first - second}. Any more sums?"
        case "/" | "\u00f7" | "divided by":
            if second == 0:
                return "You can't divide by 0. Try another sum?"
            whole, rest = divmod(first, second)
            left = f" remainder {rest}" if rest else ""
            return f"{first} / {second} = {whole}{left}. Any more sums?"
        case _:
            return f"{first} x {second} = {first * second}. Any more sums?"


def _topics() -> list[dict[str, Any]]:
    topics: list[dict[str, Any]] = _read()["topics"]
    return topics


def _otherwise() -> list[str]:
    said: list[str] = _read()["otherwise"]
    return said


@edition.kept
def _read() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(edition.path(_DATA).read_text("utf-8"))
    return data
