"""Calls to a Teams channel, by the webhook of a workflow there."""

from typing import override

import httpx

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.pagers.base import Page, Pager

_TIMEOUT = 10.0


class TeamsPager(Pager):
    """One channel, which sees an adaptive card."""

    def __init__(self, url: str) -> None:
        self._url = url

    @override
    def send(self, page: Page) -> None:
        try:
            answer = httpx.post(self._url, json=_card(page), timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            raise DeliveryFailedError("teams_away") from error
        if answer.is_success:
            return
        code = f"teams_{answer.status_code}"
        if answer.status_code == 429 or answer.status_code >= 500:
            raise DeliveryFailedError(code)
        raise DeliveryRefusedError(code)


def _card(page: Page) -> dict[str, object]:
    blocks = [
        {"type": "TextBlock", "text": page.title, "weight": "Bolder", "wrap": True},
        {"type": "TextBlock", "text": page.body, "wrap": True},
    ]
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": [{"type": "Action.OpenUrl", "title": "Open the queue", "url": page.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}
