"""A dialogue process that dies: the phrases carry meanwhile, and all is judged when it is back."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from sqlalchemy import select

from bot.clock import Clock
from bot.dialogue import HttpDialogue
from bot.doorbell import Bells
from models.conversation import HandoverReason, UrgencyAssessment
from models.db import reading
from models.urgency import Urgency
from tests.dialogues.process import RunningDialogue, running_dialogue
from tests.triage.scoring import trained

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(900)]

_TELLS = "grandad makes me and my sister play the shed game and she always cries after it"
_KNIFE = "hes got a knife"


@contextmanager
def _asked() -> Iterator[HttpDialogue]:
    """Gives a way to ask a process of its own, which stays when the process is gone."""
    with running_dialogue() as running:
        _wait_for_triage(running)
        yield HttpDialogue(running.url, running.secret, patience=20)


def _wait_for_triage(running: RunningDialogue) -> None:
    # Both of its models are loaded side by side; health is about the dialogue alone.
    until = time.monotonic() + 180
    while httpx.get(f"{running.url}/health", timeout=30).json()["triage"] is None:
        assert time.monotonic() < until, "The triage model was not loaded in time."
        time.sleep(0.2)


def _scored_by(door) -> list[tuple[str, bool]]:
    with reading(door.engine) as session:
        rows = session.scalars(select(UrgencyAssessment).order_by(UrgencyAssessment.id))
        # What the service itself says of a talk that it could not judge is no score of a message.
        return [(row.scored_by, row.needs_rescoring) for row in rows if row.scored_by != "service"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_dead_process_could_not_judge_is_judged_when_it_is_back(door):
    trained()
    with _asked() as first:
        door.dialogue = first
        door.child_says("hello")
        door.work()
    assert _scored_by(door) == [("phrases_and_model", False)]

    # The process is gone; we still ask where it was.
    door.child_says(_TELLS)
    door.work()

    assert _scored_by(door)[1:] == [("phrases", True)]
    assert door.conversation().urgency is Urgency.CONCERN
    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.BOT_UNAVAILABLE
    door.child_says(_KNIFE)
    door.work()
    assert door.conversation().urgency is Urgency.EMERGENCY

    first.close()

    with _asked() as second, closing(second):
        clock = Clock(door.engine, second, door.channels, bells=Bells(), name="one")
        clock.score_again()

    assert _scored_by(door)[1:3] == [("phrases", False), ("phrases", False)]
    assert _scored_by(door)[3:] == [("phrases_and_model", False)] * 2
    with reading(door.engine) as session:
        levels = session.scalars(
            select(UrgencyAssessment.urgency)
            .where(UrgencyAssessment.scored_by == "phrases_and_model")
            .order_by(UrgencyAssessment.message_id)
        ).all()
    assert [level.raises_alert for level in levels] == [False, True, True]
    assert door.conversation().urgency is Urgency.EMERGENCY
