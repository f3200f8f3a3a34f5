"""Calls by text message, from the same number that children write to."""

from typing import override

from bot.channels.base import (
    Channel,
    DeliveryFailedError,
    DeliveryUnknownError,
    OutgoingPart,
)
from bot.pagers.base import Page, Pager


class TextPager(Pager):
    """One SMS channel of ours. What goes to staff is no message of a conversation."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @override
    def send(self, page: Page) -> None:
        part = OutgoingPart(delivery_id=0, address=page.address, text=f"{page.title}. {page.link}")
        try:
            self._channel.send(part)
        except DeliveryUnknownError as error:
            # A call that comes twice is better than one that may not have come.
            raise DeliveryFailedError("no_answer") from error
