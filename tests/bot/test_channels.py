"""What every channel keeps: the real ones over their real clients, and the simulated one."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.channels.base import (
    ChannelError,
    DeliveryFailedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    UnverifiedRequestError,
    WebRequest,
)
from handover.delivery_words import DELIVERY_WORDS
from models.base import utc_now
from models.channel import ChannelName, MessageKind
from tests.bot.channel_rigs import RIGS, Rig, a_moment_ago, buttons
from tests.fakes.server import FakeServer

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


@pytest.fixture(params=["telegram", "sms", "whatsapp"])
def provider(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as made:
        yield made


def test_a_message_is_shown_on_the_phone_and_has_an_id_of_its_own(rig: Rig):
    first = rig.channel.send(rig.part("You are not in trouble."))
    second = rig.channel.send(rig.part("I am here."))

    assert rig.texts() == ["You are not in trouble.", "I am here."]
    assert first != second


def test_every_character_arrives_as_it_was_written(rig: Rig):
    text = "<b>5 < 6</b> & *stars* _lines_ [a](b) “quotes” 😢 `tick` \\ {}.!"

    rig.channel.send(rig.part(text))

    assert rig.texts() == [text]


def test_the_longest_message_goes_and_a_longer_one_is_refused(rig: Rig):
    rig.channel.send(rig.part("a" * rig.hard_limit))

    with pytest.raises(DeliveryRefusedError) as refused:
        rig.channel.send(rig.part("a" * (rig.hard_limit + 1)))

    assert refused.value.code in DELIVERY_WORDS
    assert len(rig.texts()) == 1


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_a_message_without_words_is_refused(rig: Rig, text: str):
    with pytest.raises(DeliveryRefusedError) as refused:
        rig.channel.send(rig.part(text))

    assert refused.value.code in DELIVERY_WORDS


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 14])
def test_every_choice_reaches_the_child_as_a_button_or_in_words(rig: Rig, count: int):
    titles = [f"Choice {number}" for number in range(1, count + 1)]

    rig.channel.send(rig.part("Which one?", buttons=buttons(*titles)))

    shown = rig.texts()[-1]
    assert shown.startswith("Which one?")
    if rig.titles():
        assert rig.titles() == titles
    else:
        assert [line for line in shown.splitlines() if "Choice" in line] == [
            f"{number}. {title}" for number, title in enumerate(titles, start=1)
        ]


def test_a_choice_too_big_for_a_button_is_put_in_words(rig: Rig):
    long_payload = buttons("Yes" * 7, "a" * 201)

    rig.channel.send(rig.part("Which one?", buttons=long_payload))

    assert rig.titles() == []
    assert "1. YesYes" in rig.texts()[-1]


def test_nothing_is_parsed_that_the_provider_did_not_sign(rig: Rig):
    request = WebRequest(
        url="https://front-door.test/webhooks/x", headers={}, body=b'{"update_id": 1}'
    )

    with pytest.raises(UnverifiedRequestError):
        rig.channel.parse(request)


def test_several_threads_may_send_at_once(rig: Rig):
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda n: rig.channel.send(rig.part(f"message {n}")), range(24)))

    assert len(set(ids)) == 24
    assert sorted(rig.texts()) == sorted(f"message {n}" for n in range(24))


def test_typing_and_acknowledging_never_fail_the_conversation(rig: Rig):
    pressed = IncomingMessage(
        external_id="1", address=rig.address, kind=MessageKind.CHOICE, acknowledge="unknown"
    )
    if rig.server is not None:
        rig.server.close()

    rig.channel.show_typing(rig.address)
    rig.channel.acknowledge(pressed)


def test_deleting_what_is_not_there_gives_false(rig: Rig):
    assert rig.channel.delete(rig.address, "999999") is False


def test_a_channel_that_can_take_messages_back_does(rig: Rig):
    external_id = rig.channel.send(rig.part("Tidy me up."))

    taken_back = rig.channel.delete(rig.address, external_id)

    assert taken_back is (rig.channel.name is ChannelName.TELEGRAM)
    assert rig.texts() == ([] if taken_back else ["Tidy me up."])


def test_a_message_never_tried_is_not_found(rig: Rig):
    rig.channel.send(rig.part("Hello."))

    assert rig.channel.find_sent(rig.part("Hello.")) is None


def test_an_older_message_is_not_taken_for_the_lost_one(rig: Rig):
    rig.channel.send(rig.part("Hello."))
    later = utc_now() + dt.timedelta(seconds=5)

    assert rig.channel.find_sent(rig.part("Hello.", attempted_at=later)) is None


def test_the_sweep_may_ask_every_channel(rig: Rig):
    assert all(
        message.address == rig.address
        for message in rig.channel.missed(utc_now() - dt.timedelta(hours=1))
    )


def test_closing_twice_is_harmless(rig: Rig):
    rig.channel.send(rig.part("Bye."))

    rig.channel.close()
    rig.channel.close()


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_provider_that_cannot_take_it_now_is_tried_again(provider: Rig, status: int):
    server_of(provider).fail_next(status)

    with pytest.raises(DeliveryFailedError) as failed:
        provider.channel.send(provider.part("Hello."))

    assert failed.value.code in DELIVERY_WORDS
    assert provider.texts() == []
    provider.channel.send(provider.part("Hello."))
    assert provider.texts() == ["Hello."]


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_provider_that_says_nothing_leaves_the_question_open(provider: Rig, attempts: int):
    for _ in range(attempts):
        server_of(provider).hang_next(5)

        with pytest.raises(DeliveryUnknownError):
            provider.channel.send(provider.part("Hello."))

    assert provider.channel.find_sent(provider.part("Hello.", attempted_at=a_moment_ago())) is None
    provider.channel.send(provider.part("Hello."))
    assert provider.texts() == ["Hello."]


def test_a_message_whose_answer_was_lost_is_looked_for_before_it_is_repeated(provider: Rig):
    started = a_moment_ago()
    server_of(provider).drop_answer_next()

    with pytest.raises(DeliveryUnknownError):
        provider.channel.send(provider.part("Hello."))
    found = provider.channel.find_sent(provider.part("Hello.", attempted_at=started))

    assert provider.texts() == ["Hello."]
    # Telegram cannot be asked; a sentence twice is better than none.
    assert (found is None) is (provider.channel.name is ChannelName.TELEGRAM)


def test_a_provider_out_of_reach_has_surely_taken_nothing(provider: Rig):
    server_of(provider).close()

    with pytest.raises(DeliveryFailedError) as failed:
        provider.channel.send(provider.part("Hello."))

    assert failed.value.code == "network"


@pytest.mark.parametrize(
    "body",
    [["not", "an", "object"], {}, {"ok": True, "result": {}}, {"ok": True, "result": None}],
)
def test_an_unreadable_answer_is_an_error_of_the_contract(provider: Rig, body: object):
    server_of(provider).fail_next(200, body=body)

    with pytest.raises(ChannelError):
        provider.channel.send(provider.part("Hello."))


def server_of(rig: Rig) -> FakeServer:
    assert rig.server is not None
    return rig.server
