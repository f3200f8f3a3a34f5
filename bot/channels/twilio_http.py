"""Twilio's HTTP: the SDK's requests through our own client, so that we know what was sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.http.response import Response

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError, Sound
from bot.channels.quiet import quiet_clients
from bot.channels.sounds import check_size, sound_type

_API_HOST = "api.twilio.com"
_HOSTS = ".twilio.com"


class TwilioHttp:
    """What the SDK's `Client` asks of an HTTP client, with another base address on demand."""

    is_async = False

    def __init__(self, *, base_url: str | None, timeout: float) -> None:
        """Opens no connection yet; the time-out is in seconds for each step of a request."""
        quiet_clients()
        self._base_url = base_url
        self._client = httpx.Client(timeout=timeout, limits=httpx.Limits(max_connections=32))

    def request(  # noqa: PLR0913, PLR0917 — the SDK decides the signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 — ours is set once
        allow_redirects: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        """Makes one request and gives the SDK's own kind of answer.

        Raises:
            httpx.HTTPError: no answer; its class tells whether the request went out.
        """
        as_json = "json" in (headers or {}).get("Content-Type", "")
        answer = self._client.request(
            method,
            self._address(url),
            params=params,
            json=data if as_json else None,
            data=None if as_json else data,
            headers=headers,
            auth=auth,
            follow_redirects=allow_redirects,
        )
        if answer.is_success and answer.content and not _is_object(answer):
            # The SDK would fail over it with an error of no kind at all.
            raise httpx.DecodingError("unreadable answer", request=answer.request)
        return Response(answer.status_code, answer.text, answer.headers)

    def fetch_sound(self, url: str, *, auth: tuple[str, str]) -> Sound:
        """Gives the sound at the address that a message named.

        Raises:
            DeliveryFailedError: not to be had now.
            DeliveryRefusedError: never to be had, too large, or no sound.
            httpx.HTTPError: no answer came.
        """
        # Where the client follows to another server, it leaves our token behind.
        address = self._address(_media_address(url))
        with self._client.stream("GET", address, auth=auth, follow_redirects=True) as answer:
            if not answer.is_success:
                gone = answer.status_code in {403, 404, 410}
                # Twilio answers so for a moment after a message, so it is no last word.
                raise DeliveryFailedError("20404" if gone else f"http_{answer.status_code}")
            media_type = sound_type(answer.headers.get("content-type", ""))
            content = bytearray()
            for chunk in answer.iter_bytes():
                content += chunk
                check_size(len(content))
        return Sound(media_type=media_type, content=bytes(content))

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        if self._base_url is None:
            # The token goes to Twilio alone, whatever address a message names.
            if parts.scheme != "https" or not (parts.hostname or "").endswith(_HOSTS):
                raise DeliveryRefusedError("bad_address")
            return url
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._base_url.rstrip('/')}{parts.path}{query}"


def _media_address(url: str) -> str:
    """Gives where the content lies; what a list of messages names is its description."""
    if url.startswith("/"):
        return f"https://{_API_HOST}{url.removesuffix('.json')}"
    return url


def _is_object(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json(), dict)
    except ValueError:
        return False
