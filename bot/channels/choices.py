"""Choices: as buttons where the channel has them, in words where it or a phone has none."""

from collections.abc import Sequence

from bot.channels.base import Button
from models.conversation import Conversation, Delivery


def buttons_of(conversation: Conversation, delivery: Delivery) -> tuple[Button, ...]:
    """Gives the choices that the channel shows as buttons, under the last part of a message."""
    choices = (delivery.message.details or {}).get("choices", [])
    is_last = delivery is delivery.message.deliveries[-1]
    if not is_last or len(choices) > conversation.capability.buttons:
        return ()
    limit = conversation.capability.button_title_limit
    return tuple(
        Button(title=choice["title"][:limit], payload=choice["payload"]) for choice in choices
    )


def with_numbers(text: str, buttons: Sequence[Button]) -> str:
    """Gives the text with its choices as numbered lines below it."""
    if not buttons:
        return text
    lines = [f"{number}. {button.title}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([text, "", *lines])
