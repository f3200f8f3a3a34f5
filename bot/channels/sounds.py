"""What is taken for a child's voice note: sound alone, and no more of it than can be kept."""

import re

from bot.channels.base import DeliveryRefusedError

MOST_BYTES = 16 * 1024 * 1024
"""WhatsApp's own limit for a sound; Telegram gives bots files of up to 20 MB."""

_SOUND = re.compile(r"audio/[a-z0-9.+-]{1,50}")


def sound_type(media_type: str) -> str:
    """Gives a sound's media type without its parameters.

    Raises:
        DeliveryRefusedError: it is no sound.
    """
    found = media_type.partition(";")[0].strip().lower()
    if not _SOUND.fullmatch(found):
        raise DeliveryRefusedError("no_sound")
    return found


def check_size(size: int) -> None:
    """Passes a number of bytes that can be kept.

    Raises:
        DeliveryRefusedError: they are too many.
    """
    if size > MOST_BYTES:
        raise DeliveryRefusedError("too_large")
