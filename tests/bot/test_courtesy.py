"""Typing: shown while an answer is made, never where nobody should see it, never waited for."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.courtesy import typing_shower
from tests.door import Door


@pytest.fixture
def threads():
    with ThreadPoolExecutor(max_workers=1) as threads:
        yield threads


def watch(door: Door, threads: ThreadPoolExecutor) -> None:
    door.typing = typing_shower(door.engine, door.channels, threads)


def shown(door: Door, threads: ThreadPoolExecutor) -> list[str]:
    threads.shutdown(wait=True)
    return door.channel.typing_shown


def test_typing_is_shown_while_an_answer_is_made(door: Door, threads: ThreadPoolExecutor):
    watch(door, threads)
    door.child_says("hi")
    door.work()

    assert shown(door, threads) == [door.address]


def test_a_channel_that_cannot_show_typing_is_left_alone(
    sms_door: Door, threads: ThreadPoolExecutor
):
    watch(sms_door, threads)
    sms_door.child_says("hi")
    sms_door.work()

    assert shown(sms_door, threads) == []


def test_no_typing_is_shown_while_someone_is_there(door: Door, threads: ThreadPoolExecutor):
    watch(door, threads)
    door.child_says("x")
    door.work()
    door.child_says("what is this")
    door.work()

    assert shown(door, threads) == []


def test_no_typing_of_the_bot_is_shown_while_a_person_talks(
    door: Door, threads: ThreadPoolExecutor
):
    door.child_says("hi")
    door.work()
    door.takes_over(door.practitioner())
    watch(door, threads)
    door.child_says("are you there")
    door.work()

    assert shown(door, threads) == []


def test_an_answer_goes_out_when_the_process_can_show_nothing_any_more(
    door: Door, threads: ThreadPoolExecutor
):
    watch(door, threads)
    threads.shutdown()
    door.child_says("hi")
    door.work()

    assert door.sent() == ["I heard: hi"]
