"""Rigs: each channel with what stands at its other end, so that one contract tests all."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass

from bot.channels.base import Button, Channel, OutgoingPart
from bot.channels.simulated import SimulatedChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioAccount, TwilioChannel
from models.base import utc_now
from models.channel import ChannelName
from tests.fakes import telegram as fake_telegram
from tests.fakes import twilio as fake_twilio
from tests.fakes.server import FakeServer
from tests.fakes.telegram import FakeTelegram
from tests.fakes.twilio import FakeTwilio

SECRET = "telegram-secret"


@dataclass(frozen=True, kw_only=True)
class Rig:
    """One channel, a child's address on it, and what the child's phone shows."""

    channel: Channel
    address: str
    texts: Callable[[], list[str]]
    titles: Callable[[], list[str]]
    """The titles of the buttons under the last message."""
    server: FakeServer | None
    hard_limit: int

    def part(self, text: str, **more: object) -> OutgoingPart:
        """Gives one message to the child."""
        return part(self.address, text, **more)


def part(address: str, text: str, **more: object) -> OutgoingPart:
    """Gives one message to the address."""
    return OutgoingPart(delivery_id=1, address=address, text=text, **more)  # type: ignore[arg-type]  # as given


def buttons(*titles: str) -> tuple[Button, ...]:
    """Gives buttons whose payloads are made from their titles."""
    return tuple(Button(title=title, payload=f"/{title.lower()}") for title in titles)


def a_moment_ago() -> dt.datetime:
    """Gives when a try that ended without an answer began."""
    return utc_now() - dt.timedelta(milliseconds=200)


def telegram_channel(fake: FakeTelegram, **more: object) -> TelegramChannel:
    """Gives the real channel, which talks to the fake."""
    options: dict[str, object] = {"secret": SECRET, "base_url": fake.url, "timeout": 1.0} | more
    return TelegramChannel(fake.token, **options)  # type: ignore[arg-type]  # as given


def twilio_channel(fake: FakeTwilio, name: ChannelName, **more: object) -> TwilioChannel:
    """Gives the real channel, which talks to the fake."""
    options: dict[str, object] = {"base_url": fake.url, "timeout": 1.0} | more
    account = TwilioAccount(
        sid=fake_twilio.ACCOUNT_SID,
        auth_token=fake_twilio.AUTH_TOKEN,
        **options,  # type: ignore[arg-type]  # as given
    )
    number = fake.numbers[name.value]
    return TwilioChannel(name, number, account=account, public_url=fake_twilio.PUBLIC_URL)


@contextmanager
def telegram_rig() -> Iterator[Rig]:
    """Gives Telegram; the fake forgives the pace, which has its own tests."""
    with ExitStack() as stack:
        fake = stack.enter_context(FakeTelegram(chat_interval=0))
        ticks = iter(range(0, 10_000_000, 10))
        channel = telegram_channel(fake, clock=lambda: float(next(ticks)))
        stack.enter_context(closing(channel))
        fake.child_says("hi")
        yield Rig(
            channel=channel,
            address=str(fake_telegram.CHILD),
            texts=lambda: [bubble.text for bubble in fake.from_bot()],
            titles=lambda: fake.from_bot()[-1].titles,
            server=fake,
            hard_limit=4096,
        )


@contextmanager
def twilio_rig(name: ChannelName) -> Iterator[Rig]:
    """Gives SMS or WhatsApp after a first message of the child's."""
    with ExitStack() as stack:
        fake = stack.enter_context(FakeTwilio())
        channel = stack.enter_context(closing(twilio_channel(fake, name)))
        fake.post = lambda *_: 200
        fake.child_says("hi", via=name.value)
        yield Rig(
            channel=channel,
            address=fake_twilio.CHILD,
            texts=lambda: [text.body for text in fake.from_us(via=name.value)],
            titles=lambda: fake.from_us(via=name.value)[-1].titles,
            server=fake,
            hard_limit=1600,
        )


@contextmanager
def simulated_rig(name: ChannelName) -> Iterator[Rig]:
    """Gives a simulated phone."""
    channel = SimulatedChannel(name)
    yield Rig(
        channel=channel,
        address="phone-1",
        texts=lambda: [shown.text for shown in channel.phone("phone-1")],
        titles=lambda: [button.title for button in channel.phone("phone-1")[-1].buttons],
        server=None,
        hard_limit=4096 if name is ChannelName.TELEGRAM else 1600,
    )


RIGS: dict[str, Callable[[], AbstractContextManager[Rig]]] = {
    "telegram": telegram_rig,
    "sms": lambda: twilio_rig(ChannelName.SMS),
    "whatsapp": lambda: twilio_rig(ChannelName.WHATSAPP),
    "simulated-telegram": lambda: simulated_rig(ChannelName.TELEGRAM),
    "simulated-sms": lambda: simulated_rig(ChannelName.SMS),
    "simulated-whatsapp": lambda: simulated_rig(ChannelName.WHATSAPP),
}
