"""The inbox: once, in order, with the most urgent first, however many write at a time."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select

from bot import carrying_out, claims, inbox, pipeline, turns
from bot.channels.base import IncomingMessage
from models.authority import ChannelAccount
from models.channel import MessageKind
from models.conversation import Child, Conversation, Handover, Message
from models.db import transaction
from models.urgency import Urgency
from tests.door import Door

_THREADS = 16
_EACH = 6


def test_many_first_messages_at_once_make_one_conversation(engine: Engine, account: ChannelAccount):
    ready = threading.Barrier(_THREADS)

    def write(thread: int) -> list[bool]:
        ready.wait()
        # Each message is brought by two threads: every one is a repeat of another's.
        return [
            inbox.receive(engine, account.id, _message(f"{thread // 2}-{number}")).is_new
            for number in range(_EACH)
        ]

    with ThreadPoolExecutor(_THREADS) as threads:
        new = [is_new for result in threads.map(write, range(_THREADS)) for is_new in result]

    with transaction(engine) as session:
        counted = [
            session.scalar(select(func.count()).select_from(table))
            for table in (Conversation, Child, Message, Handover)
        ]
    assert counted == [1, 1, _THREADS // 2 * _EACH, 1]
    assert sum(new) == _THREADS // 2 * _EACH


def _message(name: str) -> IncomingMessage:
    return IncomingMessage(
        external_id=name,
        address="447700900555",
        kind=MessageKind.TEXT,
        text=f"{name} my dad hits me every night",
    )


def test_many_workers_answer_each_conversation_once(door: Door):
    for child in range(8):
        door.child_says("hi", address=f"child-{child}")
    ready = threading.Barrier(8)

    def work(number: int) -> None:
        ready.wait()
        while inbox.drain(door.engine, door.dialogue, worker=f"worker-{number}"):
            pass

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    door.work()

    assert len(door.dialogue.turns) == 8
    for child in range(8):
        assert door.sent(f"child-{child}") == ["I heard: hi"]


def test_a_repeat_changes_nothing(door: Door):
    first = door.child_says("hi", external_id="same")
    door.work()
    again = door.child_says("hi", external_id="same")
    door.work()

    assert (again.is_new, again.message_id) == (False, first.message_id)
    assert len(door.sent()) == 1


def test_the_same_id_on_another_account_is_another_message(door: Door, sms_door: Door):
    door.child_says("hi", external_id="same")

    assert sms_door.child_says("hi", external_id="same").is_new


def test_the_most_urgent_conversation_is_worked_first(door: Door):
    for child in range(3):
        door.child_says("hi", address=f"calm-{child}")
        door.clock.forward(seconds=1)
    door.child_says("my dad hits me every night", address="urgent")
    door.child_says("help hes coming", address="emergency")

    order = []
    for _ in range(2):
        claim = claims.claim_next(door.engine, worker="one")
        assert claim is not None
        order.append(claim.conversation_id)

    assert order == [
        door.conversation("emergency").id,
        door.conversation("urgent").id,
    ]


def test_a_worker_for_urgent_messages_leaves_the_others(door: Door):
    door.child_says("hi")

    assert not inbox.drain(door.engine, door.dialogue, worker="one", urgent_only=True)
    assert inbox.drain(door.engine, door.dialogue, worker="one")


def test_a_claim_keeps_others_out_until_its_lease_runs_out(door: Door):
    door.child_says("hi")
    claim = claims.claim_next(door.engine, worker="one")
    assert claim is not None
    assert claims.claim_next(door.engine, worker="two") is None

    door.clock.forward(seconds=31)
    second = claims.claim_next(door.engine, worker="two")

    assert second is not None
    turn = turns.load(door.engine, claim.conversation_id)
    assert turn is not None
    outcome = pipeline.decide(turn, door.dialogue)
    assert not carrying_out.carry_out(door.engine, claim.token, turn, outcome)
    assert door.deliveries() == []
    assert carrying_out.carry_out(door.engine, second.token, turn, outcome)


def test_a_message_that_comes_while_another_is_decided_is_answered_next(door: Door):
    def write_again(_: object) -> None:
        door.dialogue.before_answer = None
        door.child_says("two")

    door.dialogue.before_answer = write_again
    door.child_says("one")

    door.work()

    assert door.sent() == ["I heard: one", "I heard: two"]


def test_an_idle_worker_finds_nothing(door: Door):
    door.child_says("hi", quiet=5)

    assert claims.claim_next(door.engine, worker="one") is None

    door.clock.forward(seconds=5)
    assert claims.claim_next(door.engine, worker="one") is not None


def test_a_child_who_waits_is_not_put_off_by_writing_again(door: Door):
    door.child_says("hi", quiet=2)
    door.clock.forward(seconds=60)

    door.child_says("hello?", quiet=2)

    due_at = door.conversation().due_at
    assert due_at is not None
    assert due_at <= door.clock.now()


@pytest.mark.each_on_postgres
@pytest.mark.parametrize("text", ["nul\x00nul", "\ud83d half an emoji", "é" * 4000, "😀" * 2000])
def test_any_text_is_kept(door: Door, text: str):
    received = door.child_says(text)
    door.work()

    kept = door.message(received.message_id).text
    assert kept == text.replace("\x00", "").replace("\ud83d", "?")
    assert door.sent()


def test_an_answer_names_what_the_phone_and_provider_told(door: Door):
    sent_at = dt.datetime(2026, 1, 13, 15, 29, tzinfo=dt.UTC)
    received = door.child_says("hi", sent_at=sent_at, choice="/yes")

    message = door.message(received.message_id)

    assert message.sent_at == sent_at
    assert message.details == {"choice": "/yes"}


def test_urgency_is_known_before_any_worker(door: Door):
    received = door.child_says("help hes coming")

    assert received.level is Urgency.EMERGENCY
    assert door.conversation().urgency is Urgency.EMERGENCY
    assert door.call() is not None
