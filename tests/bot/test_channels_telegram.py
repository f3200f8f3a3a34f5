"""What only Telegram does: its pace, its buttons, its chats, its secrets."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog

from bot.channels.base import (
    DeliveryFailedError,
    DeliveryPacedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MalformedRequestError,
    UnverifiedRequestError,
    WebRequest,
)
from bot.channels.telegram import SECRET_HEADER, TelegramChannel
from models.channel import MessageKind
from tests.bot.channel_rigs import SECRET, buttons, part, telegram_channel
from tests.fakes.telegram import BOT_ID, CHILD, FakeTelegram

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ADDRESS = str(CHILD)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as made:
        made.child_says("hi")
        yield made


@pytest.fixture
def channel(fake: FakeTelegram) -> Iterator[TelegramChannel]:
    with closing(telegram_channel(fake)) as made:
        yield made


class Clock:
    """A clock that goes on only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_account_is_the_bots_id_and_never_its_token(channel: TelegramChannel):
    assert channel.account == str(BOT_ID)


def test_two_messages_in_one_second_wait_without_troubling_telegram(
    channel: TelegramChannel, fake: FakeTelegram
):
    channel.send(part(ADDRESS, "one"))
    calls = len(fake.calls)

    with pytest.raises(DeliveryPacedError) as paced:
        channel.send(part(ADDRESS, "two"))

    assert paced.value.retry_after is not None
    assert dt.timedelta() < paced.value.retry_after <= dt.timedelta(seconds=1)
    assert len(fake.calls) == calls


def test_one_child_who_waits_holds_no_other_back(fake: FakeTelegram):
    with closing(telegram_channel(fake)) as channel:
        fake.child_says("hi", child=42)
        fake.fail_next(429)

        with pytest.raises(DeliveryFailedError) as busy:
            channel.send(part(ADDRESS, "one"))
        with pytest.raises(DeliveryPacedError) as paced:
            channel.send(part(ADDRESS, "one"))
        channel.send(part("42", "for another child"))

    assert busy.value.retry_after == dt.timedelta(seconds=3)
    assert paced.value.retry_after is not None
    assert paced.value.retry_after > dt.timedelta(seconds=2)
    assert fake.phone(42)[-1] == "for another child"


def test_the_thirty_first_message_of_a_second_waits_for_the_next_second():
    clock = Clock()
    with FakeTelegram(chat_interval=0) as fake, closing(telegram_channel(fake, clock=clock)) as it:
        for child in range(1, 32):
            fake.child_says("hi", child=child)
        for child in range(1, 31):
            it.send(part(str(child), "hello"))

        with pytest.raises(DeliveryPacedError) as paced:
            it.send(part("31", "hello"))
        clock.now += 1.0
        it.send(part("31", "hello"))

    assert paced.value.retry_after == dt.timedelta(seconds=1)


def test_the_fake_itself_refuses_what_is_too_fast():
    clock = Clock()
    with FakeTelegram() as fake, closing(telegram_channel(fake, clock=clock)) as channel:
        fake.child_says("hi")
        channel.send(part(ADDRESS, "one"))
        clock.now += 2.0

        with pytest.raises(DeliveryFailedError) as busy:
            channel.send(part(ADDRESS, "two"))

    assert busy.value.code == "telegram_429"


def test_a_child_who_blocked_the_bot_is_never_tried_again(
    channel: TelegramChannel, fake: FakeTelegram
):
    fake.child_blocks()

    with pytest.raises(DeliveryRefusedError) as refused:
        channel.send(part(ADDRESS, "hello"))

    assert refused.value.code == "telegram_403"


@pytest.mark.parametrize("address", ["999", "not-a-number", "+447700900123"])
def test_an_address_telegram_does_not_know_is_refused(channel: TelegramChannel, address: str):
    with pytest.raises(DeliveryRefusedError):
        channel.send(part(address, "hello"))


def test_a_message_cannot_be_forwarded_nor_show_a_link_unless_it_may(
    channel: TelegramChannel, fake: FakeTelegram
):
    channel.send(part(ADDRESS, "see https://example.org"))

    bubble = fake.from_bot()[-1]
    assert bubble.protected
    assert not bubble.has_preview


def test_a_pressed_button_comes_back_with_its_words_and_is_acknowledged(
    channel: TelegramChannel, fake: FakeTelegram
):
    channel.send(part(ADDRESS, "Are you safe?", buttons=buttons("Yes", "No")))
    update = fake.child_presses("No")

    (message,) = channel.parse(request(update)).messages
    channel.acknowledge(message)

    assert (message.kind, message.choice, message.text) == (MessageKind.CHOICE, "/no", "No")
    assert fake.answered_queries == [message.acknowledge]


def test_acknowledging_a_press_again_is_harmless(channel: TelegramChannel, fake: FakeTelegram):
    channel.send(part(ADDRESS, "Are you safe?", buttons=buttons("Yes")))
    (message,) = channel.parse(request(fake.child_presses("Yes"))).messages

    channel.acknowledge(message)
    channel.acknowledge(message)

    assert len(fake.answered_queries) == 1


def test_a_payload_too_long_for_telegram_is_said_in_words_and_logged(
    channel: TelegramChannel, fake: FakeTelegram
):
    with structlog.testing.capture_logs() as logs:
        channel.send(part(ADDRESS, "Well?", buttons=buttons("y" * 64)))

    assert fake.from_bot()[-1].titles == []
    assert [entry["event"] for entry in logs] == ["buttons_unusable"]


def test_a_message_older_than_two_days_stays(channel: TelegramChannel, fake: FakeTelegram):
    sent = channel.send(part(ADDRESS, "old"))
    fake.advance(dt.timedelta(hours=49))

    assert channel.delete(ADDRESS, sent) is False
    assert "old" in fake.phone()


def test_the_childs_own_message_can_be_tidied_away(channel: TelegramChannel, fake: FakeTelegram):
    (message,) = channel.parse(request(fake.child_says("please delete me"))).messages
    assert message.reference is not None

    assert channel.delete(ADDRESS, message.reference)
    assert "please delete me" not in fake.phone()


def test_taking_a_message_back_is_tried_again_while_telegram_is_busy(
    channel: TelegramChannel, fake: FakeTelegram
):
    sent = channel.send(part(ADDRESS, "soon gone"))
    fake.fail_next(429, on="/deleteMessage")
    with pytest.raises(DeliveryFailedError) as busy:
        channel.delete(ADDRESS, sent)
    fake.drop_answer_next(on="/deleteMessage")
    with pytest.raises(DeliveryUnknownError):
        channel.delete(ADDRESS, sent)

    assert busy.value.retry_after == dt.timedelta(seconds=3)
    assert channel.delete(ADDRESS, sent) is False
    assert "soon gone" not in fake.phone()


def test_typing_is_shown_until_the_answer(channel: TelegramChannel, fake: FakeTelegram):
    channel.show_typing(ADDRESS)
    was_typing = fake.is_typing()
    channel.send(part(ADDRESS, "here"))

    assert was_typing
    assert not fake.is_typing()


def test_the_bot_signs_in_once(channel: TelegramChannel, fake: FakeTelegram):
    for child in range(1, 6):
        fake.child_says("hi", child=child)
        channel.send(part(str(child), "hello"))

    assert sum(call.path.endswith("/getMe") for call in fake.calls) == 1


def test_a_wrong_token_is_never_named_in_an_error(fake: FakeTelegram):
    token = "7000000001:AAwrongwrongwrongwrongwrongwrongwron"
    with (
        closing(TelegramChannel(token, base_url=fake.url)) as channel,
        pytest.raises(DeliveryFailedError) as failed,
    ):
        channel.send(part(ADDRESS, "hello"))

    error: BaseException | None = failed.value
    while error is not None and not error.__suppress_context__:
        assert token not in str(error)
        error = error.__cause__
    assert failed.value.code == "telegram_401"


@pytest.mark.parametrize("given", ["", "wrong", SECRET + " ", SECRET[:-1], "sécret"])
def test_a_wrong_secret_is_refused(channel: TelegramChannel, given: str):
    web_request = WebRequest(
        url="https://x.test/", headers={SECRET_HEADER: given}, body=b'{"update_id": 1}'
    )

    with pytest.raises(UnverifiedRequestError):
        channel.parse(web_request)


def test_without_a_secret_nothing_is_believed(fake: FakeTelegram):
    channel = TelegramChannel(fake.token)

    with pytest.raises(UnverifiedRequestError):
        channel.parse(WebRequest(url="https://x.test/", headers={SECRET_HEADER: ""}, body=b"{}"))


def test_a_genuine_body_that_is_not_json_is_malformed(channel: TelegramChannel):
    web_request = WebRequest(url="https://x.test/", headers={SECRET_HEADER: SECRET}, body=b"\xff")

    with pytest.raises(MalformedRequestError):
        channel.parse(web_request)


def test_the_webhook_is_set_with_the_secret(channel: TelegramChannel, fake: FakeTelegram):
    channel.set_webhook("https://front-door.test/webhooks/telegram/7000000001")

    assert fake.webhook is not None
    assert fake.webhook["secret_token"] == SECRET
    assert channel.state().ok is False  # the child's "hi" still waits to be posted


def test_the_state_tells_of_a_telegram_out_of_reach(fake: FakeTelegram):
    with closing(telegram_channel(fake)) as channel:
        fake.close()
        state = channel.state()

    assert not state.ok
    assert "does not answer" in state.findings[0]


def test_closing_ends_a_call_that_hangs(fake: FakeTelegram):
    channel = telegram_channel(fake, timeout=30.0)
    fake.hang_next(30)
    ended = threading.Event()

    def send() -> None:
        with pytest.raises(DeliveryUnknownError):
            channel.send(part(ADDRESS, "hello"))
        ended.set()

    thread = threading.Thread(target=send)
    thread.start()
    while not any(call.path.endswith("/sendMessage") for call in fake.calls):
        ended.wait(0.01)
    channel.close()

    assert ended.wait(5)
    thread.join()


def request(update: dict[str, object]) -> WebRequest:
    return WebRequest(
        url="https://front-door.test/webhooks/telegram/7000000001",
        headers={SECRET_HEADER: SECRET},
        body=json.dumps(update).encode(),
    )
