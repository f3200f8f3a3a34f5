"""Twilio's HTTP: the SDK's requests through our own client, so that we know what was sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.http.response import Response

from bot.channels.quiet import quiet_clients


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

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _address(self, url: str) -> str:
        if self._base_url is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._base_url.rstrip('/')}{parts.path}{query}"


def _is_object(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json(), dict)
    except ValueError:
        return False
