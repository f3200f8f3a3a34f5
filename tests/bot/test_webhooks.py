"""What a provider's call leaves behind, and what the provider is told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.channels.base import Channel, IncomingMessage, Receipt
from bot.webhooks import LARGEST_BODY, webhooks
from models.channel import ChannelName, MessageKind
from models.conversation import DeliveryStatus
from tests.bot.channel_rigs import SECRET, part, telegram_channel, twilio_channel
from tests.fakes.server import post_to
from tests.fakes.telegram import BOT_ID, FakeTelegram
from tests.fakes.twilio import CHILD, PUBLIC_URL, FakeTwilio

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TELEGRAM_PATH = f"/webhooks/telegram/{BOT_ID}"


@dataclass
class Store:
    """Keeps what the webhooks hand over, once for each id, or fails as a database does."""

    messages: dict[tuple[ChannelName, str], IncomingMessage] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def receive(self, channel: Channel, message: IncomingMessage) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.messages.setdefault((channel.name, message.external_id), message)

    def record_receipt(self, _: Channel, receipt: Receipt) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.receipts.append(receipt)

    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]


@dataclass(kw_only=True)
class Door:
    """The webhooks with both providers in front of them."""

    store: Store
    client: FlaskClient
    telegram: FakeTelegram
    twilio: FakeTwilio
    channels: list[Channel]

    def refuses_to_keep(self, error: Exception) -> None:
        self.store.failures.append(error)


@pytest.fixture(scope="module")
def shared_door() -> Iterator[Door]:
    with ExitStack() as stack:
        telegram = stack.enter_context(FakeTelegram(chat_interval=0))
        twilio = stack.enter_context(FakeTwilio())
        channels: list[Channel] = [
            telegram_channel(telegram),
            twilio_channel(twilio, ChannelName.SMS),
            twilio_channel(twilio, ChannelName.WHATSAPP),
        ]
        for channel in channels:
            stack.enter_context(closing(channel))
        store = Store()
        app = Flask("door")
        app.register_blueprint(
            webhooks(
                store.receive,
                store.record_receipt,
                channels=channels,
                public_url=PUBLIC_URL + "/",
            )
        )
        client = app.test_client()
        telegram.post = twilio.post = post_to(client)
        telegram.webhook = {"url": PUBLIC_URL + TELEGRAM_PATH, "secret_token": SECRET}
        yield Door(store=store, client=client, telegram=telegram, twilio=twilio, channels=channels)


@pytest.fixture
def door(shared_door: Door) -> Door:
    shared_door.store.messages.clear()
    shared_door.store.receipts.clear()
    shared_door.store.failures.clear()
    shared_door.telegram.updates.clear()
    shared_door.twilio.texts.clear()
    shared_door.twilio.public_url = PUBLIC_URL
    shared_door.twilio.post = post_to(shared_door.client)
    shared_door.twilio.retries = 0
    shared_door.twilio.fallback_url = None
    return shared_door


def test_a_message_on_each_channel_is_kept_and_acknowledged(door: Door):
    door.telegram.child_says("from telegram")

    assert door.telegram.post_updates() == [204]
    assert door.twilio.child_says("from a phone") == 200
    assert door.twilio.child_says("from whatsapp", via="whatsapp") == 200
    assert door.store.texts() == ["from telegram", "from a phone", "from whatsapp"]
    assert [name for name, _ in door.store.messages] == ["telegram", "sms", "whatsapp"]


def test_twilio_is_answered_with_empty_twiml(door: Door):
    answers: list[tuple[str | None, str]] = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        answer = door.client.post(url, headers=dict(headers), data=body)
        answers.append((answer.mimetype, answer.text))
        return answer.status_code

    door.twilio.post = post
    door.twilio.child_says("hi")

    ((mimetype, text),) = answers
    assert mimetype == "text/xml"
    assert text.endswith("<Response/>")


def test_a_repeat_is_acknowledged_and_changes_nothing(door: Door):
    update = door.telegram.child_says("once")
    door.twilio.child_says("once")

    assert door.telegram.post_update(update) == 204
    assert door.telegram.post_update(update) == 204
    assert door.twilio.post_again() == 200
    assert door.store.texts() == ["once", "once"]


def test_a_message_that_cannot_be_kept_is_not_acknowledged_and_comes_again(door: Door):
    door.refuses_to_keep(OperationalError("insert", {}, Exception("disk full")))
    door.refuses_to_keep(OSError("no space"))
    door.telegram.child_says("keep me")

    assert door.telegram.post_updates() == [503]
    assert door.telegram.post_updates() == [503]
    assert door.telegram.post_updates() == [204]
    assert door.store.texts() == ["keep me"]


def test_twilio_tries_again_as_its_address_asks(door: Door):
    door.refuses_to_keep(OSError("no space"))
    door.twilio.retries = 1

    assert door.twilio.child_says("keep me") == 200
    assert door.store.texts() == ["keep me"]


def test_twilio_falls_back_to_another_address(door: Door):
    door.refuses_to_keep(OSError("no space"))
    door.twilio.fallback_url = f"{PUBLIC_URL}/webhooks/twilio/sms"

    assert door.twilio.child_says("keep me") == 200
    assert door.store.texts() == ["keep me"]


def test_a_failure_to_keep_logs_nothing_of_the_message(door: Door):
    door.refuses_to_keep(OperationalError("insert", {"text": "my secret"}, Exception("my secret")))
    with structlog.testing.capture_logs() as logs:
        door.twilio.child_says("my secret")

    assert [entry["event"] for entry in logs] == ["webhook_not_kept"]
    assert "secret" not in str(logs)


@pytest.mark.parametrize("secret", [None, "wrong", ""])
def test_a_forged_telegram_call_gets_403_and_leaves_nothing(door: Door, secret: str | None):
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    body = json.dumps(door.telegram.child_says("forged"))

    with structlog.testing.capture_logs() as logs:
        answer = door.client.post(TELEGRAM_PATH, headers=headers, data=body)

    assert answer.status_code == 403
    assert door.store.messages == {}
    assert [entry["event"] for entry in logs] == ["webhook_forged"]


def test_a_forged_twilio_call_gets_403_and_leaves_nothing(door: Door):
    forged = {"MessageSid": "SM" + "1" * 32, "From": CHILD, "Body": "forged"}

    for path in ("sms", "whatsapp", "status"):
        answer = door.client.post(f"/webhooks/twilio/{path}", data=forged)
        assert answer.status_code == 403

    assert door.store.messages == {}


def test_a_call_signed_for_another_address_gets_403(door: Door):
    door.twilio.public_url = "https://elsewhere.test"

    assert door.twilio.child_says("hi") == 403
    assert door.store.messages == {}


def test_a_proxys_own_address_does_not_matter(door: Door):
    door.twilio.post = lambda _, headers, body: (
        door.client.post(
            "/webhooks/twilio/sms",
            base_url="http://10.0.0.5:8000",
            headers=dict(headers) | {"X-Forwarded-Host": "evil.test"},
            data=body,
        ).status_code
    )

    assert door.twilio.child_says("hi") == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"update_id": "x"}'])
def test_a_malformed_telegram_call_is_acknowledged_with_one_log_line(door: Door, body: bytes):
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    with structlog.testing.capture_logs() as logs:
        answer = door.client.post(TELEGRAM_PATH, headers=headers, data=body)

    assert answer.status_code == 204
    assert [entry["event"] for entry in logs] == ["webhook_malformed"]
    assert door.store.messages == {}


def test_a_malformed_twilio_call_gets_400_with_one_log_line(door: Door):
    door.twilio.child_says("hi")
    text = door.twilio.texts[-1]
    text.form = {"From": CHILD, "Body": "no id"}

    with structlog.testing.capture_logs() as logs:
        status = door.twilio.post_again()

    assert status == 400
    assert [entry["event"] for entry in logs] == ["webhook_malformed"]


@pytest.mark.parametrize("path", [TELEGRAM_PATH, "/webhooks/twilio/sms", "/webhooks/twilio/status"])
def test_an_enormous_body_is_refused_before_it_is_read(door: Door, path: str):
    answer = door.client.post(path, data=b"x" * (LARGEST_BODY + 1))

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhooks/telegram/123", 404),
        ("/webhooks/twilio/fax", 404),
        ("/webhooks/telegram", 404),
    ],
)
def test_an_address_nobody_gave_a_provider_is_not_found(door: Door, path: str, status: int):
    assert door.client.post(path).status_code == status


def test_only_posting_is_possible(door: Door):
    assert door.client.get("/webhooks/twilio/sms").status_code == 405


def test_a_number_set_to_call_the_other_route_is_understood(door: Door):
    door.twilio.post = lambda *_: 200
    door.twilio.child_says("hi", via="whatsapp")
    text = door.twilio.texts[-1]
    door.twilio.post = post_to(door.client)
    text.channel = "sms"

    assert door.twilio.post_again() == 200
    assert [name for name, _ in door.store.messages] == ["whatsapp"]


@pytest.mark.parametrize("name", [ChannelName.SMS, ChannelName.WHATSAPP])
def test_receipts_are_recorded_for_the_right_channel(door: Door, name: ChannelName):
    door.twilio.child_says("hi", via=name.value)
    channel = next(channel for channel in door.channels if channel.name is name)
    sid = channel.send(part(CHILD, "hello"))

    door.twilio.settle(("delivered", "sent", "queued"))

    assert door.store.receipts == [
        Receipt(external_id=sid, status=DeliveryStatus.DELIVERED),
        Receipt(external_id=sid, status=DeliveryStatus.SENT),
    ]


def test_every_kind_of_telegram_message_is_kept(door: Door):
    door.telegram.child_sends_photo("look")
    door.telegram.child_sends(voice={"file_id": "AwACx", "duration": 3})
    door.telegram.child_sends(location={"latitude": 51.5, "longitude": -0.12})
    first = door.telegram.child_says("helo")["message"]["message_id"]
    door.telegram.child_edits(first, "hello")
    door.telegram.child_blocks()
    door.telegram.child_unblocks()

    assert set(door.telegram.post_updates()) == {204}
    assert [message.kind for message in door.store.messages.values()] == [
        MessageKind.IMAGE,
        MessageKind.VOICE,
        MessageKind.LOCATION,
        MessageKind.TEXT,
        MessageKind.EDIT,
        MessageKind.BLOCKED,
        MessageKind.UNBLOCKED,
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from([TELEGRAM_PATH, "/webhooks/twilio/sms", "/webhooks/twilio/status"]),
    body=st.binary(max_size=300) | st.text(max_size=100).map(str.encode),
    content_type=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "text/plain", "nonsense"]
    ),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
)
def test_no_call_from_a_stranger_is_ever_a_500_or_a_row(
    door: Door, path: str, body: bytes, content_type: str, header: str
):
    answer = door.client.post(
        path,
        data=body,
        content_type=content_type,
        headers={
            "X-Telegram-Bot-Api-Secret-Token": header,
            "X-Twilio-Signature": header,
            "X-Twilio-Webhooks-Signature-Settings": header,
        },
    )

    assert answer.status_code == 403
    assert door.store.messages == {}
