"""The contract of a pager: one short call, without anything of a child, to one address."""

from dataclasses import dataclass
from typing import Any, Protocol

from bot.channels.base import ChannelError


class PagerGoneError(ChannelError):
    """Nobody takes calls at this address any more: forget it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is said, and to whom."""

    title: str
    body: str
    link: str
    address: Any
    """An email address, a phone number, a browser's subscription, or None for a group."""
    is_loud: bool
    """Whether it may break through a phone's silence."""


class Pager(Protocol):
    """One way of calling somebody."""

    def send(self, page: Page) -> None:
        """Calls; returns when the provider has taken it.

        Raises:
            DeliveryFailedError: try again later.
            DeliveryRefusedError: it will never be taken.
            PagerGoneError: the address is no more.
        """
