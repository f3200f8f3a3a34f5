"""Browser push in a real Chromium: what a push service would carry, shown, pressed and answered."""

import base64
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, expect

from bot import alerts, climbing
from bot.pagers.push import PushPager
from models.db import transaction
from models.escalation import AlertWay, PushSubscription
from tests.browser.stage import Stage
from tests.fakes.pagers import FakeHooks

pytestmark = [
    pytest.mark.browser,
    # The sign-in library names its choices in a way the forms library gives up in version 4.
    pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning"),
]


class PushService:
    """A push service for one browser, whose keys we hold, so that we can read what it is sent."""

    def __init__(self, played: Stage) -> None:
        self._hooks = FakeHooks()
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._secret = secrets.token_bytes(16)
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": _b64(point), "auth": _b64(self._secret)}
        with transaction(played.engine) as session:
            session.add(
                PushSubscription(
                    practitioner_id=played.anna.id,
                    endpoint_digest="d",
                    details={"endpoint": f"{self._hooks.url}/push/1", "keys": keys},
                )
            )
        self._played = played

    def carry(self) -> tuple[bytes, str]:
        """Gives what the service is sent, sealed, and what the browser reads when it opens it."""
        pagers = {AlertWay.PUSH: PushPager(self._played.push_key, "mailto:it@testshire.example")}
        climbing.climb_due(self._played.engine)
        while alerts.send_due(
            self._played.engine, pagers, console_url=self._played.address, worker="test"
        ):
            pass
        [call] = self._hooks.calls
        opened = http_ece.decrypt(
            call.body, private_key=self._private, auth_secret=self._secret, version="aes128gcm"
        )
        return call.body, opened.decode()

    def close(self) -> None:
        """Ends it."""
        self._hooks.close()


@pytest.fixture
def service(played: Stage) -> Iterator[PushService]:
    service = PushService(played)
    yield service
    service.close()


def test_a_push_is_sealed_shows_no_word_of_a_child_and_leads_to_seen(
    played: Stage, desk, service: PushService
) -> None:
    page: Page = desk(played.anna)
    page.context.grant_permissions(["notifications"])
    page.goto("/account/alerts")
    page.get_by_role("button", name="Call me in this browser").click()
    # No push service can be reached from here, and the page says so; its worker is there.
    expect(page.get_by_text(re.compile("This did not work|does not allow"))).to_be_visible()
    played.telegram.child_says("im Rosie. hes coming up the stairs with a knife")
    sealed, opened = service.carry()

    _deliver(page, played.address, opened)
    shown = page.evaluate(_WAIT_FOR_NOTIFICATION)
    link = _press(page)

    assert b"EMERGENCY" not in sealed
    assert b"/alerts/" not in sealed
    assert json.loads(opened)["title"] == shown["title"]
    assert "EMERGENCY" in shown["title"]
    for word in ("Rosie", "knife", "stairs", played.telegram.address, "conversations/"):
        assert word not in opened
        assert word not in json.dumps(shown)
    page.goto(link)
    page.get_by_role("button", name="I have seen this").click()
    expect(page.get_by_text("You have said that you have seen it.")).to_be_visible()
    page.get_by_role("link", name="sign in and answer").click()
    expect(page.get_by_role("button", name="Take over")).to_be_visible()


_WAIT_FOR_NOTIFICATION = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 100; tries++) {
    const [shown] = await registration.getNotifications();
    if (shown) return { title: shown.title, body: shown.body, tag: shown.tag };
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("Nothing was shown.");
}"""

# Only a person's own press may open a window, so the window is noted in place of opened.
_PRESS = """async () => {
  const [shown] = await self.registration.getNotifications();
  const opened = new Promise((done) => {
    Clients.prototype.openWindow = async (link) => done(link);
  });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
  return await opened;
}"""


def _deliver(page: Page, origin: str, data: str) -> None:
    """Hands a push to the worker as the browser does when its push service brings one."""
    line = page.context.new_cdp_session(page)
    found: list[Any] = []

    def tell(registrations: Any) -> None:
        # Not the list's own method: a built-in cannot be marked as a listener.
        found.append(registrations)

    line.on("ServiceWorker.workerRegistrationUpdated", tell)
    line.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    [registration] = [one for told in found for one in told["registrations"]][-1:]
    line.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registration["registrationId"], "data": data},
    )


def _press(page: Page) -> str:
    """Presses the notification, and gives where it leads."""
    [worker] = page.context.service_workers
    link: str = worker.evaluate(_PRESS)
    return link


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
