"""Twilio's signature: over the public address and every posted parameter."""

import hmac
from collections.abc import Sequence
from urllib.parse import urlparse

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    remove_port,
)

from bot.channels.base import UnverifiedRequestError, WebRequest


class TwilioSignature:
    """Tells Twilio's calls from forged ones, by the account's token or by a SharedKey."""

    def __init__(
        self, auth_token: str, *, shared_key_id: str | None, shared_secret: str | None
    ) -> None:
        """Without a SharedKey, calls that claim to be signed with one are refused."""
        self._by_token = RequestValidator(auth_token)
        self._shared_key_id = shared_key_id
        self._by_key = None if shared_secret is None else RequestValidator(shared_secret)

    def check(self, request: WebRequest) -> None:
        """Passes a genuine request.

        Raises:
            UnverifiedRequestError: it is not.
        """
        given = request.headers.get(SIGNATURE_HEADER.lower(), "").encode("utf-8", "replace")
        settings = request.headers.get(SIGNATURE_SETTINGS_HEADER.lower(), "")
        validator, algorithm = self._chosen(settings)
        posted = _Posted(request.form)
        # Every candidate is computed and compared, so that the time tells nothing.
        matches = [
            hmac.compare_digest(
                given, str(validator.compute_signature(url, posted, algorithm)).encode()
            )
            for url in _addresses(request.url)
        ]
        if not any(matches):
            raise UnverifiedRequestError("wrong signature")

    def _chosen(self, settings: str) -> tuple[RequestValidator, str]:
        if not settings.strip():
            return self._by_token, HMAC_SHA1
        named = dict(part.strip().partition("=")[::2] for part in settings.split(","))
        if self._by_key is None or named.get("algorithm") != HMAC_SHA256:
            raise UnverifiedRequestError("unknown signing key")
        if self._shared_key_id is not None and named.get("key") != self._shared_key_id:
            raise UnverifiedRequestError("unknown signing key")
        return self._by_key, HMAC_SHA256


class _Posted(dict[str, list[str]]):
    """The form as the SDK's validator reads it: each name with all of its values."""

    def __init__(self, form: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in form:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _addresses(url: str) -> list[str]:
    # Twilio signs some addresses with their port and some without; the SDK accepts both too.
    parsed = urlparse(url)._replace(fragment="")
    return [parsed.geturl(), add_port(parsed), remove_port(parsed)]
