"""What providers send, as documented, as it may become, and as nobody would expect."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import (
    IncomingMessage,
    MalformedRequestError,
    Parsed,
    Receipt,
    WebRequest,
)
from bot.channels.telegram import SECRET_HEADER, TelegramChannel
from bot.channels.telegram_updates import read_update
from bot.channels.twilio_forms import channel_of, read_form
from models.channel import ChannelName
from tests.fakes.telegram import TOKEN

_PAYLOADS = Path(__file__).parent.parent / "payloads"
TELEGRAM = json.loads((_PAYLOADS / "telegram.json").read_text())
TWILIO = json.loads((_PAYLOADS / "twilio.json").read_text())


@pytest.mark.parametrize("name", TELEGRAM)
def test_a_telegram_update_is_read(name: str):
    message = read_update(TELEGRAM[name]["update"])

    assert_read(message, TELEGRAM[name]["read"])


@pytest.mark.parametrize("name", TWILIO)
def test_a_twilio_form_is_read(name: str):
    parsed = read_form(TWILIO[name]["form"])

    read: tuple[IncomingMessage | Receipt, ...] = (*parsed.messages, *parsed.receipts)
    assert len(read) <= 1
    assert_read(read[0] if read else None, TWILIO[name]["read"])


@pytest.mark.parametrize("name", [name for name in TWILIO if name.startswith("whatsapp")])
def test_a_whatsapp_form_is_known_by_its_prefix(name: str):
    assert channel_of(TWILIO[name]["form"]) is ChannelName.WHATSAPP


@pytest.mark.parametrize(
    "update", [None, [], "text", {}, {"update_id": "1"}, {"update_id": True}, {"message": {}}]
)
def test_what_is_no_update_is_malformed(update: Any):
    with pytest.raises(MalformedRequestError):
        read_update(update)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": "SM1"},
        {"MessageSid": "SM" + "1" * 32},
        {"MessageSid": "SM\x00" + "1" * 31, "From": "+447700900123"},
        {"MessageSid": "SM" + "1" * 32, "MessageStatus": "evaporated"},
    ],
)
def test_what_is_no_form_of_twilios_is_malformed(form: dict[str, str]):
    with pytest.raises(MalformedRequestError):
        read_form(form)


def test_half_a_character_becomes_one_that_can_be_kept():
    update = TELEGRAM["text"]["update"]
    update = update | {"message": update["message"] | {"text": "sad \ud83d"}}

    message = read_update(update)

    assert message is not None
    assert message.text.encode().decode() == "sad \N{REPLACEMENT CHARACTER}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    sorted({key for case in TELEGRAM.values() for key in case["update"]})
    + sorted(
        {
            key
            for case in TELEGRAM.values()
            for content in case["update"].values()
            if isinstance(content, dict)
            for key in content
        }
    )
    + ["chat", "id", "type", "file_id", "status", "latitude", "inline_keyboard", "callback_data"]
)
LIKE_TELEGRAM = st.recursive(
    JSON,
    lambda inner: st.dictionaries(KEYS, inner, max_size=6) | st.lists(inner, max_size=2),
    max_leaves=20,
)


@given(update=st.dictionaries(KEYS, LIKE_TELEGRAM, max_size=4) | JSON)
def test_no_json_breaks_the_reading_of_updates(update: Any):
    assert_named_errors_only(lambda: read_update(update))


@given(name=st.sampled_from(sorted(TELEGRAM)), key=KEYS, value=LIKE_TELEGRAM)
def test_no_changed_field_breaks_the_reading_of_updates(name: str, key: str, value: Any):
    update = json.loads(json.dumps(TELEGRAM[name]["update"]))
    for inner in (update, *(item for item in update.values() if isinstance(item, dict))):
        if key in inner:
            inner[key] = value

    assert_named_errors_only(lambda: read_update(update))


@given(body=st.binary(max_size=200) | LIKE_TELEGRAM.map(lambda value: json.dumps(value).encode()))
def test_no_body_breaks_the_telegram_channel(body: bytes):
    channel = TelegramChannel(TOKEN, secret="s")
    request = WebRequest(url="https://x.test/", headers={SECRET_HEADER: "s"}, body=body)

    assert_named_errors_only(lambda: channel.parse(request))


def test_json_deeper_than_the_stack_is_malformed():
    channel = TelegramChannel(TOKEN, secret="s")
    request = WebRequest(url="https://x.test/", headers={SECRET_HEADER: "s"}, body=b"[" * 400_000)

    with pytest.raises(MalformedRequestError):
        channel.parse(request)


FIELDS = st.sampled_from(sorted({field for case in TWILIO.values() for field in case["form"]}))


@given(
    name=st.sampled_from(sorted(TWILIO)),
    changes=st.dictionaries(FIELDS | st.text(max_size=5), st.text(max_size=20), max_size=6),
)
def test_no_field_breaks_the_reading_of_forms(name: str, changes: dict[str, str]):
    assert_named_errors_only(lambda: read_form(TWILIO[name]["form"] | changes))


def assert_named_errors_only(read: Any) -> None:
    try:
        result = read()
    except MalformedRequestError:
        return
    found = result.messages if isinstance(result, Parsed) else (result,)
    for message in filter(None, found):
        assert isinstance(message, IncomingMessage)
        assert message.address
        assert 0 < len(message.external_id) <= 120
        # All of it can be kept: half a character could not.
        for words in (message.text, message.choice or "", message.address):
            words.encode()


def assert_read(message: IncomingMessage | Receipt | None, expected: Any) -> None:
    if expected is None:
        assert message is None
        return
    assert message is not None
    wanted = dict(expected)
    attachment = wanted.pop("attachment", None)
    assert {key: getattr(message, key) for key in wanted} == wanted
    if attachment is not None:
        assert isinstance(message, IncomingMessage)
        (found,) = message.attachments
        assert {key: getattr(found, key) for key in attachment} == attachment
