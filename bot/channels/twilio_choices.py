"""WhatsApp's buttons: one Content for each set of choices, made once and found again."""

import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Any

from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from bot.channels.base import Button

# https://www.twilio.com/docs/content: quick replies and list pickers in a session.
_QUICK_REPLIES = 3
_QUICK_REPLY_TITLE = 20
_LIST_ITEMS = 10
_LIST_TITLE = 24
_PAYLOAD = 200
_BODY = 1024
_LIST_BUTTON = "Choose"


class WhatsAppChoices:
    """Finds, or makes, the Content that shows a set of buttons under any text.

    The text itself is the Content's one variable, so Twilio keeps a few sets of choices and
    no child's conversation. The name is derived from the buttons: every process, also after a
    restart, finds the same Content.
    """

    def __init__(self, client: Client) -> None:
        """Asks nothing yet."""
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None

    def content_sid(self, text: str, buttons: Sequence[Button]) -> str | None:
        """Gives the Content's id; None where WhatsApp cannot show these as buttons.

        Raises:
            TwilioException: the Content API refused.
            httpx.HTTPError: it did not answer.
        """
        types = _types(buttons)
        if types is None or len(text) > _BODY:
            return None
        name = _name(types)
        with self._lock:
            if self._known is None:
                contents = self._client.content.v1.contents.list(limit=1000)
                self._known = {content.friendly_name: content.sid for content in contents}
            if name not in self._known:
                self._known[name] = self._create(name, types)
            return self._known[name]

    def forget(self) -> None:
        """Lets the next use ask Twilio again, when a known Content was refused."""
        with self._lock:
            self._known = None

    def _create(self, name: str, types: dict[str, Any]) -> str:
        request = ContentList.ContentCreateRequest(
            {"friendly_name": name, "language": "en", "variables": {"1": "…"}, "types": types}
        )
        return str(self._client.content.v1.contents.create(request).sid)


def variables(text: str) -> str:
    """Gives the text as the Content's variables."""
    return json.dumps({"1": text})


def _types(buttons: Sequence[Button]) -> dict[str, Any] | None:
    titles = max((len(button.title) for button in buttons), default=0)
    payloads = max((len(button.payload) for button in buttons), default=0)
    if not buttons or payloads > _PAYLOAD:
        return None
    if len(buttons) <= _QUICK_REPLIES and titles <= _QUICK_REPLY_TITLE:
        actions = [
            {"type": "QUICK_REPLY", "title": button.title, "id": button.payload}
            for button in buttons
        ]
        return {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
    if len(buttons) <= _LIST_ITEMS and titles <= _LIST_TITLE:
        items = [{"id": button.payload, "item": button.title} for button in buttons]
        return {"twilio/list-picker": {"body": "{{1}}", "button": _LIST_BUTTON, "items": items}}
    return None


def _name(types: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(types, sort_keys=True).encode()).hexdigest()
    return f"frontdoor_{digest[:24]}"
