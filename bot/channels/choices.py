"""Choices in words: buttons for channels, or phones, that have none."""

import re
from collections.abc import Sequence

from bot.channels.base import Button

_NUMBER = re.compile(r"\W*(?:number\s+|no\.?\s*)?(\d{1,2})\W*", re.IGNORECASE)


def with_numbers(text: str, buttons: Sequence[Button]) -> str:
    """Gives the text with its choices as numbered lines below it."""
    if not buttons:
        return text
    lines = [f"{number}. {button.title}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([text, "", *lines])


def choice_in(text: str, buttons: Sequence[Button]) -> Button | None:
    """Gives the choice a child typed by its number or its words; None when it is neither."""
    number = _NUMBER.fullmatch(text)
    if number is not None:
        index = int(number[1]) - 1
        return buttons[index] if 0 <= index < len(buttons) else None
    words = _plain(text)
    return next((button for button in buttons if words and _plain(button.title) == words), None)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
