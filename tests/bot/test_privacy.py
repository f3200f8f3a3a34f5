"""Privacy: a whole journey, and every fault in it, leaves no word and no address in any log."""

import logging
import subprocess
import sys

import pytest
from sqlalchemy.exc import StatementError
from structlog.typing import EventDict

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.clock import Clock
from bot.doorbell import Bells
from models.conversation import Message
from models.db import transaction
from tests import processes
from tests.door import Door

_WORDS = ("zebra-umbrella", "violet-lantern", "Samantha-Quince", "7700900123")


def test_a_whole_journey_logs_no_word_and_no_address(
    door: Door,
    log_lines: list[EventDict],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    caplog.set_level(logging.DEBUG)
    _live_through_everything(door)

    written = "\n".join([*map(str, log_lines), caplog.text, *capfd.readouterr()])

    assert log_lines, "something was logged"
    for secret in _WORDS:
        assert secret not in written


def _live_through_everything(door: Door) -> None:
    anna = door.practitioner("Samantha-Quince")
    door.child_says("zebra-umbrella he is hitting me right now", external_id="same")
    door.child_says("zebra-umbrella he is hitting me right now", external_id="same")
    door.dialogue.down = True
    door.channel.failures.extend([DeliveryFailedError("30008"), DeliveryRefusedError("30007")])
    door.work()
    door.clock.forward(minutes=1)
    door.work()
    door.dialogue.down = False
    door.dialogue.before_answer = lambda _: door.takes_over(anna)
    door.child_says("zebra-umbrella")
    door.work()
    door.says(anna, "violet-lantern")
    door.releases(anna)
    door.dialogue.before_answer = None
    clock = Clock(door.engine, door.dialogue, door.channels, bells=Bells(), name="test")
    for job in (clock.score_again, clock.submit_quiet_contacts, clock.release_held):
        job()
    door.child_says("stop")
    door.work()


def test_a_database_error_does_not_tell_what_was_to_be_kept(door: Door):
    received = door.child_says("hi")

    with pytest.raises(StatementError) as caught:
        _keep_what_cannot_be_kept(door, received.message_id)

    assert "zebra-umbrella" not in str(caught.value)


def _keep_what_cannot_be_kept(door: Door, message_id: int) -> None:
    with transaction(door.engine) as session:
        message = session.get_one(Message, message_id)
        message.text = "zebra-umbrella"
        message.sent_at = door.clock.now().replace(tzinfo=None)


@pytest.mark.parametrize("style", ["console", "json"])
def test_the_log_as_configured_shows_no_local_values(style: str):
    program = f"""
import structlog
from bot import logs
logs.configure({style!r})
log = structlog.get_logger()
def fail(words):
    raise RuntimeError("broken")
try:
    fail("zebra-umbrella")
except RuntimeError:
    log.exception("work_failed", urgency="urgent")
"""
    finished = subprocess.run(  # noqa: S603  # our own interpreter and program
        [sys.executable, "-c", program],
        cwd=processes.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert finished.stdout == ""
    assert "work_failed" in finished.stderr
    assert "urgent" in finished.stderr
    assert "zebra-umbrella" not in finished.stderr.replace('fail("zebra-umbrella")', "")
