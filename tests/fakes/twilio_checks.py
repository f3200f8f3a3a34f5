"""What Twilio refuses of a request, and how it signs its own."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_TEXT_LIMIT = 1600


class RefusedError(Exception):
    """An error Twilio answers with, by its HTTP status and its own code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """Gives the error as Twilio writes it."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def signature(secret: str, url: str, form: Mapping[str, str], *, algorithm: str) -> str:
    """Gives the signature over the address and the sorted parameters, as documented."""
    signed = url.partition("#")[0] + "".join(key + form[key] for key in sorted(form))
    digest = hmac.new(secret.encode(), signed.encode(), algorithm).digest()
    return base64.b64encode(digest).decode()


def idempotency_token(form: Mapping[str, str]) -> str:
    """Gives the token by which Twilio marks the repeats of one call."""
    return hashlib.sha256(json.dumps(dict(form), sort_keys=True).encode()).hexdigest()[:32]


def check_message(given: Mapping[str, str], *, numbers: Mapping[str, str]) -> str:
    """Gives the channel of a message to be sent, when Twilio would take it.

    Raises:
        RefusedError: it would not.
    """
    to, sender = given.get("To", ""), given.get("From", "")
    if not to:
        raise RefusedError(400, 21604, "A 'To' phone number is required.")
    if not sender and "MessagingServiceSid" not in given:
        raise RefusedError(400, 21603, "A 'From' phone number is required.")
    channel = "whatsapp" if to.startswith("whatsapp:") else "sms"
    if sender and sender.startswith("whatsapp:") != (channel == "whatsapp"):
        raise RefusedError(400, 21910, "Invalid From and To pair: another channel.")
    if not _E164.fullmatch(to.removeprefix("whatsapp:")):
        raise RefusedError(400, 21211, "Invalid 'To' Phone Number")
    if sender and sender.removeprefix("whatsapp:") != numbers[channel]:
        code = 63007 if channel == "whatsapp" else 21606
        raise RefusedError(400, code, "The 'From' is not one of this account's.")
    _check_words(given)
    _check_options(given)
    return channel


def _check_words(given: Mapping[str, str]) -> None:
    if "ContentSid" in given:
        try:
            json.loads(given.get("ContentVariables", "{}"))
        except ValueError:
            raise RefusedError(400, 21656, "The ContentVariables are invalid.") from None
        return
    body = given.get("Body", "")
    if not body.strip() and "MediaUrl" not in given:
        raise RefusedError(400, 21602, "Message body is required.")
    if len(body) > _TEXT_LIMIT:
        raise RefusedError(400, 21617, "The concatenated body exceeds the 1600 character limit.")


def _check_options(given: Mapping[str, str]) -> None:
    host = urlsplit(given.get("StatusCallback", "https://none.test")).hostname or ""
    if not host or "_" in host:
        raise RefusedError(400, 21609, "The 'StatusCallback' URL is not a valid URL.")
    validity = given.get("ValidityPeriod", "36000")
    if not validity.isdigit() or not 1 <= int(validity) <= 36000:
        raise RefusedError(400, 21641, "The validity period is out of range.")
    if given.get("ContentRetention", "retain") not in {"retain", "discard"}:
        raise RefusedError(400, 20001, "Invalid ContentRetention")
    if given.get("AddressRetention", "retain") not in {"retain", "obfuscate"}:
        raise RefusedError(400, 20001, "Invalid AddressRetention")


def check_content(given: Mapping[str, Any]) -> None:
    """Passes a Content that WhatsApp could show in a session.

    Raises:
        RefusedError: it could not.
    """
    types = given.get("types") or {}
    if not given.get("language") or len(types) != 1:
        raise RefusedError(400, 20422, "Invalid Parameter")
    quick = types.get("twilio/quick-reply")
    picker = types.get("twilio/list-picker")
    if quick is not None:
        actions = quick["actions"]
        right = 1 <= len(actions) <= 3 and all(
            0 < len(action["title"]) <= 20 and len(action["id"]) <= 200 for action in actions
        )
    elif picker is not None:
        items = picker["items"]
        right = 1 <= len(items) <= 10 and 0 < len(picker["button"]) <= 20
        right = right and all(
            0 < len(item["item"]) <= 24 and len(item["id"]) <= 200 for item in items
        )
    else:
        right = False
    if not right:
        raise RefusedError(400, 20422, "Invalid Parameter")
