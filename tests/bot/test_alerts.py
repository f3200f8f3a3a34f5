"""From a signed webhook to a ringing call: with the bot, with a person, and after the end."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import select

from bot import inbox
from bot.channels.base import Channel, IncomingMessage, Receipt
from bot.webhooks import webhooks
from handover import service
from models.audit import LiveEvent
from models.channel import ChannelName
from models.conversation import HandoverReason, Holder
from models.db import transaction
from models.urgency import Urgency
from tests.bot.channel_rigs import twilio_channel
from tests.bot.said import CONCERN, EMERGENCY, URGENT
from tests.door import Door
from tests.fakes.server import post_to
from tests.fakes.twilio import CHILD, PUBLIC_URL, FakeTwilio

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def phone(sms_door: Door) -> Iterator[FakeTwilio]:
    """Gives a provider whose signed calls come in by the webhook, into the door's database."""
    sms_door.address = CHILD

    def receive(_: Channel, message: IncomingMessage) -> None:
        inbox.receive(sms_door.engine, sms_door.account_id, message)

    def ignore(_: Channel, __: Receipt) -> None:
        return

    with FakeTwilio() as twilio, closing(twilio_channel(twilio, ChannelName.SMS)) as channel:
        app = Flask("door")
        app.register_blueprint(
            webhooks(receive, ignore, channels=[channel], public_url=f"{PUBLIC_URL}/")
        )
        twilio.post = post_to(app.test_client())
        yield twilio


def _says(door: Door, phone: FakeTwilio, text: str) -> None:
    assert phone.child_says(text) == 200
    door.answer()


def _alerts(door: Door) -> int:
    with transaction(door.engine) as session:
        return len(session.scalars(select(LiveEvent).where(LiveEvent.kind == "alert")).all())


@pytest.mark.parametrize(
    ("text", "reason"),
    [(URGENT, HandoverReason.URGENT), (EMERGENCY, HandoverReason.EMERGENCY)],
)
def test_with_the_bot_a_person_is_called_at_once(sms_door, phone, text, reason):
    _says(sms_door, phone, "hi")
    assert sms_door.call() is None

    _says(sms_door, phone, text)

    call = sms_door.call()
    assert call is not None
    assert (call.reason, call.urgency) == (reason, sms_door.conversation().urgency)
    assert sms_door.conversation().holder is Holder.NOBODY
    assert (sms_door.rings(), _alerts(sms_door)) == (1, 1)


def test_it_rings_again_when_it_gets_worse_and_not_when_it_stays(sms_door, phone):
    _says(sms_door, phone, CONCERN)
    _says(sms_door, phone, URGENT)
    rings = sms_door.rings()
    _says(sms_door, phone, URGENT)
    assert sms_door.rings() == rings

    _says(sms_door, phone, EMERGENCY)

    call = sms_door.call()
    assert sms_door.rings() == rings + 1
    assert call is not None
    assert call.urgency is Urgency.EMERGENCY
    assert call.acknowledged_at is None


def test_what_was_seen_rings_anew_when_it_gets_worse(sms_door, phone):
    _says(sms_door, phone, URGENT)
    with transaction(sms_door.engine) as session:
        service.acknowledge(session, sms_door.practitioner(), sms_door.conversation_id)
    rings = sms_door.rings()

    _says(sms_door, phone, EMERGENCY)

    call = sms_door.call()
    assert sms_door.rings() == rings + 1
    assert call is not None
    assert call.acknowledged_at is None


@pytest.mark.parametrize("is_down", [False, True])
def test_with_a_person_danger_rings_too(sms_door, phone, is_down):
    _says(sms_door, phone, "hi")
    sms_door.takes_over(sms_door.practitioner())
    sms_door.dialogue.down = is_down

    _says(sms_door, phone, URGENT)
    after_urgent = sms_door.rings()
    _says(sms_door, phone, EMERGENCY)

    assert (after_urgent, sms_door.rings()) == (1, 2)
    assert sms_door.conversation().holder is Holder.PRACTITIONER
    assert sms_door.conversation().urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("text", "reason"),
    [(URGENT, HandoverReason.URGENT), (EMERGENCY, HandoverReason.EMERGENCY)],
)
def test_after_the_end_danger_calls_a_person_anew(sms_door, phone, text, reason):
    anna = sms_door.practitioner()
    _says(sms_door, phone, EMERGENCY)
    sms_door.takes_over(anna)
    sms_door.ends(anna)
    assert sms_door.call() is None
    rings = sms_door.rings()

    _says(sms_door, phone, text)

    call = sms_door.call()
    assert call is not None
    assert call.reason is reason
    assert sms_door.rings() == rings + 1
    assert sms_door.conversation().ended_at is None


def test_after_the_end_a_thank_you_calls_nobody(sms_door, phone):
    anna = sms_door.practitioner()
    _says(sms_door, phone, URGENT)
    sms_door.takes_over(anna)
    sms_door.ends(anna)
    rings = sms_door.rings()

    _says(sms_door, phone, "thanks")

    assert sms_door.call() is None
    assert sms_door.rings() == rings
