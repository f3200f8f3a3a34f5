"""Calls by browser push. The push service sees that there is a call, and nothing that is in it."""

import json
from pathlib import Path
from typing import override

import requests
from cryptography.hazmat.primitives import serialization
from py_vapid import Vapid02, b64urlencode
from pywebpush import WebPushException, webpush

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.pagers.base import Page, Pager, PagerGoneError

_TIMEOUT = 10.0
_SECONDS_KEPT = 1800
"""How long a push service keeps a call for a browser that is off; a later one is no use."""
_GONE = {404, 410}
_LATER = {408, 413, 429}


class PushPager(Pager):
    """The push services of every browser, to which our key says who calls."""

    def __init__(self, key: Vapid02, contact: str) -> None:
        self._key = key
        self._contact = contact

    @override
    def send(self, page: Page) -> None:
        content = {"title": page.title, "body": page.body, "link": page.link, "loud": page.is_loud}
        try:
            webpush(
                page.address,
                json.dumps(content),
                vapid_private_key=self._key,
                vapid_claims={"sub": self._contact},
                ttl=_SECONDS_KEPT,
                timeout=_TIMEOUT,
                headers={"Urgency": "high"},
            )
        except WebPushException as error:
            raise _failure(
                error.response.status_code if error.response is not None else 0
            ) from error
        except requests.RequestException as error:
            raise DeliveryFailedError("push_away") from error
        except (ValueError, TypeError, KeyError) as error:
            # What the browser gave as its keys are none.
            raise PagerGoneError("push_keys") from error


def signing_key(path: Path) -> Vapid02:
    """Gives this installation's key for push services, made on first use, of mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        key = Vapid02()
        key.generate_keys()
        fresh = path.with_name(f".{path.name}.{id(key)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(key.private_pem())
        try:
            # A link appears whole or not at all, so that two processes agree on one.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return Vapid02.from_file(str(path))


def public_key(key: Vapid02) -> str:
    """Gives the key that browsers are told, as they want it."""
    point = key.public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return str(b64urlencode(point))


def _failure(status: int) -> Exception:
    if status in _GONE:
        return PagerGoneError(f"push_{status}")
    if 400 <= status < 500 and status not in _LATER:
        return DeliveryRefusedError(f"push_{status}")
    return DeliveryFailedError(f"push_{status}")
