"""The outbox: in order, no sooner than asked, once, and with the truth about what became of it."""

import ast
import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from bot import outbox, receipts
from bot.channels.base import (
    DeliveryFailedError,
    DeliveryPacedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    Receipt,
)
from models.conversation import Delivery, DeliveryStatus, HandoverReason
from models.db import transaction
from models.delivery import EarlyReceipt
from models.urgency import Urgency
from tests.door import Door
from tests.fakes.channel import CrashError

_FORWARD = [
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
    DeliveryStatus.READ,
    DeliveryStatus.FAILED,
]


def test_a_failed_part_waits_in_its_row_and_keeps_the_next_ones_waiting(door: Door):
    door.dialogue.replies = ("one", "two", "three")
    door.channel.failures.append(DeliveryFailedError("30008"))
    door.child_says("hi")
    door.work()
    assert door.sent() == []

    door.clock.forward(seconds=1)
    door.send()
    assert door.sent() == []

    door.clock.forward(seconds=1)
    door.send()
    assert door.sent() == ["one", "two", "three"]


def test_a_provider_that_asks_to_wait_is_left_alone_so_long(door: Door):
    wait = dt.timedelta(seconds=77)
    door.channel.failures.append(DeliveryFailedError("429", retry_after=wait))
    door.child_says("hi")
    door.work()

    assert door.deliveries()[0].not_before == door.clock.now() + wait
    door.clock.forward(seconds=76)
    door.send()
    assert door.sent() == []
    door.clock.forward(seconds=1)
    door.send()
    assert door.sent() == ["I heard: hi"]


def test_each_failure_waits_longer(door: Door):
    door.child_says("hi")
    door.answer()
    waits = []
    for _ in range(12):
        door.channel.failures.append(DeliveryFailedError("30008"))
        door.send()
        waits.append((door.deliveries()[0].not_before - door.clock.now()).total_seconds())
        door.clock.forward(seconds=waits[-1])

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]


def test_being_paced_is_no_failure(door: Door):
    door.child_says("hi")
    door.answer()
    for _ in range(20):
        pace = dt.timedelta(seconds=1)
        door.channel.failures.append(DeliveryPacedError("paced", retry_after=pace))
        door.send()
        door.clock.forward(seconds=1)
    door.send()

    assert door.sent() == ["I heard: hi"]
    assert door.deliveries()[0].attempts == 1
    assert door.call() is None


def test_one_childs_trouble_holds_up_nobody_else(door: Door):
    door.child_says("one", address="111")
    door.child_says("two", address="222")
    door.answer()
    door.channel.failures.append(DeliveryFailedError("30008"))

    door.send()

    assert door.sent("111") == []
    assert door.sent("222") == ["I heard: two"]


def test_what_may_have_gone_is_looked_for_before_it_is_sent_again(door: Door):
    door.channel.answers_to_lose = 1
    door.child_says("hi")
    door.work()
    assert door.deliveries()[0].is_ambiguous

    door.clock.forward(seconds=5)
    door.send()

    assert door.sent() == ["I heard: hi"]
    assert door.deliveries()[0].status is DeliveryStatus.SENT
    assert door.deliveries()[0].external_id == door.channel.sent[0].external_id


def test_what_did_not_go_is_sent_again(door: Door):
    door.channel.failures.append(DeliveryUnknownError())
    door.child_says("hi")
    door.work()

    door.clock.forward(seconds=5)
    door.send()

    assert door.sent() == ["I heard: hi"]
    assert len(door.channel.looked_for) == 1


def test_what_may_have_gone_is_not_sent_again_while_nobody_can_tell(door: Door):
    door.channel.answers_to_lose = 1
    door.channel.look_up_failures.extend([DeliveryFailedError("500"), DeliveryFailedError("500")])
    door.child_says("hi")
    door.work()
    for _ in range(4):
        door.clock.forward(minutes=2)
        door.send()

    assert door.sent() == ["I heard: hi"]
    assert len(door.channel.looked_for) == 3
    first_try = door.channel.sent[0].at
    assert {part.attempted_at for part in door.channel.looked_for} == {first_try}


def test_a_sender_that_died_on_the_way_says_nothing_twice(door: Door):
    door.channel.crashes_to_come = 1
    door.child_says("hi")
    door.answer()
    with pytest.raises(CrashError):
        door.send()
    door.send()
    assert len(door.sent()) == 1

    door.clock.forward(seconds=41)
    door.send()

    assert door.sent() == ["I heard: hi"]
    assert door.deliveries()[0].status is DeliveryStatus.SENT


def test_a_person_is_told_after_two_minutes_of_failures(door: Door):
    door.child_says("hi")
    door.answer()
    for _ in range(6):
        door.channel.failures.append(DeliveryFailedError("30008"))
        door.send()
        door.clock.forward(minutes=3)

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.UNDELIVERABLE
    door.send()
    assert door.sent() == ["I heard: hi"]


def test_a_message_that_fails_for_half_a_day_is_given_up_and_a_person_told(door: Door):
    door.child_says("hi")
    door.answer()
    for _ in range(100):
        door.channel.failures.append(DeliveryFailedError("30008"))
        door.send()
        door.clock.forward(minutes=10)

    assert door.deliveries()[0].status is DeliveryStatus.FAILED
    assert door.call() is not None


def test_a_message_held_for_a_night_is_tried_more_than_once(door: Door):
    door.child_says("hi")
    door.answer()
    door.clock.forward(hours=14)
    door.channel.failures.append(DeliveryFailedError("30008"))
    door.send()
    door.clock.forward(seconds=3)

    door.send()

    assert door.sent() == ["I heard: hi"]


def test_a_refused_part_does_not_keep_the_next_ones(door: Door):
    door.dialogue.replies = ("one", "two")
    door.channel.failures.append(DeliveryRefusedError("30007"))
    door.child_says("hi")

    door.work()

    assert door.sent() == ["two"]
    assert door.deliveries()[0].error_code == "30007"


def test_a_number_that_the_network_has_cut_off_raises_an_alert(sms_door: Door):
    sms_door.channel.failures.append(DeliveryRefusedError("21610"))
    sms_door.child_says("hi")
    sms_door.work()

    call = sms_door.call()
    assert call is not None
    assert call.reason is HandoverReason.OPTED_OUT
    assert call.urgency is Urgency.URGENT
    assert sms_door.conversation().blocked_at is not None

    sms_door.child_says("START")
    assert sms_door.conversation().blocked_at is None


def test_urgent_conversations_are_sent_to_first(door: Door):
    door.child_says("hi", address="calm")
    door.answer()
    door.child_says("help hes coming", address="emergency")
    door.answer()

    outbox.send_due(door.engine, door.channels, worker="one")

    assert door.channel.sent[0].address == "emergency"


def test_a_sender_for_urgent_messages_leaves_the_others(door: Door):
    door.child_says("hi")
    door.answer()

    assert not outbox.send_due(door.engine, door.channels, worker="one", urgent_only=True)
    assert outbox.send_due(door.engine, door.channels, worker="one")


def test_a_sender_leaves_other_accounts_alone(door: Door, sms_door: Door):
    door.child_says("hi")
    door.answer()

    sms_door.send()

    assert door.channel.sent == sms_door.channel.sent == []


def test_a_receipt_for_nobody_is_told_so(door: Door):
    receipt = Receipt(external_id="unknown", status=DeliveryStatus.DELIVERED)

    assert not receipts.record(door.engine, door.account_id, receipt)


def test_a_receipt_that_comes_before_we_know_the_message_counts_once_we_do(door: Door):
    def provider_is_quicker(_: object) -> None:
        for status in (DeliveryStatus.DELIVERED, DeliveryStatus.SENT):
            early = Receipt(external_id="fake-telegram-1", status=status)
            assert not receipts.record(door.engine, door.account_id, early)

    door.channel.before_send = provider_is_quicker
    door.child_says("hi")
    door.work()

    [delivery] = door.deliveries()
    assert delivery.external_id == "fake-telegram-1"
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.delivered_at is not None


def test_a_failure_that_is_told_early_calls_a_person(door: Door):
    def provider_is_quicker(_: object) -> None:
        early = Receipt(
            external_id="fake-telegram-1", status=DeliveryStatus.FAILED, error_code="30003"
        )
        receipts.record(door.engine, door.account_id, early)

    door.channel.before_send = provider_is_quicker
    door.child_says("hi")
    door.work()

    assert door.deliveries()[0].status is DeliveryStatus.FAILED
    assert door.call() is not None


def test_early_words_about_nobodys_message_are_forgotten(door: Door):
    receipt = Receipt(external_id="unknown", status=DeliveryStatus.DELIVERED)
    receipts.record(door.engine, door.account_id, receipt)
    door.clock.forward(hours=49)
    with transaction(door.engine) as session:
        receipts.forget_before(session, door.clock.now() - dt.timedelta(hours=48))
        assert session.scalars(select(EarlyReceipt)).all() == []


def test_a_receipt_of_failure_calls_a_person(door: Door):
    door.child_says("hi")
    door.work()
    _receive(door, DeliveryStatus.FAILED, code="30003")

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.UNDELIVERABLE
    assert door.deliveries()[0].error_code == "30003"


def test_a_message_that_was_read_was_delivered(door: Door):
    door.child_says("hi")
    door.work()

    _receive(door, DeliveryStatus.READ)

    assert door.deliveries()[0].delivered_at is not None


def _receive(door: Door, status: DeliveryStatus, code: str | None = None) -> None:
    external_id = door.deliveries()[0].external_id
    assert external_id is not None
    receipt = Receipt(external_id=external_id, status=status, error_code=code)
    assert receipts.record(door.engine, door.account_id, receipt)


@given(said=st.lists(st.sampled_from(_FORWARD), min_size=1, max_size=8))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_receipts_in_any_order_only_move_a_status_forward(door: Door, said: list[DeliveryStatus]):
    # Each example starts with a message of its own.
    door.child_says("hi", address=f"child-{next(_numbers)}")
    door.work()
    delivery = door.deliveries()[-1]
    furthest = _FORWARD.index(delivery.status)
    assert delivery.external_id is not None
    for status in said:
        receipt = Receipt(external_id=delivery.external_id, status=status)
        receipts.record(door.engine, door.account_id, receipt)
        furthest = max(furthest, _FORWARD.index(status))
        assert _status(door.engine, delivery.id) is _FORWARD[furthest]


_numbers = itertools.count(1)


def _status(engine: Engine, delivery_id: int) -> DeliveryStatus:
    with transaction(engine) as session:
        return session.get_one(Delivery, delivery_id).status


_REACHES_A_PHONE = {"send", "delete", "show_typing"}


def test_only_the_outbox_and_its_helpers_reach_a_phone():
    root = Path(outbox.__file__).parent.parent
    callers = {
        (path.relative_to(root).as_posix(), method)
        for package in ("bot", "handover")
        for path in (root / package).rglob("*.py")
        for method in _methods_called(path)
    }

    assert callers == {
        ("bot/outbox.py", "send"),
        ("bot/tidying.py", "delete"),
        ("bot/courtesy.py", "show_typing"),
        # To the telephones of staff alone, with words that name no child.
        ("bot/pagers/text.py", "send"),
    }


def _methods_called(path: Path) -> set[str]:
    """Gives which of the channel's methods a file calls, under whatever name it holds it."""
    if path.is_relative_to(Path(outbox.__file__).parent / "channels"):
        return set()
    calls = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    named = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    return {
        function.attr
        for function in named
        if function.attr in _REACHES_A_PHONE and "channel" in ast.unparse(function.value).lower()
    }
