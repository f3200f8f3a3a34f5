"""Choices in words: buttons for channels, or phones, that have none."""

from collections.abc import Sequence

from bot.channels.base import Button


def with_numbers(text: str, buttons: Sequence[Button]) -> str:
    """Gives the text with its choices as numbered lines below it."""
    if not buttons:
        return text
    lines = [f"{number}. {button.title}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([text, "", *lines])
