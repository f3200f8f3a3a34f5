"""Working the ladder: calling the next rung when its moment has come, and finding who was left."""

import datetime as dt
from collections.abc import Callable

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from handover import calling, ladder, live, rota
from handover.rota import Roster
from models.authority import Authority
from models.base import utc_now
from models.conversation import Conversation, HandoverReason
from models.db import reading, transaction
from models.urgency import Urgency, highest

log = structlog.get_logger()


def climb_due(engine: Engine) -> int:
    """Calls every rung whose moment has come, and gives how many; safe to run twice."""
    now = utc_now()
    with reading(engine) as session:
        waiting = ladder.due(session, now)
    rosters: dict[int, Roster] = {}

    def step(session: Session, conversation: Conversation) -> bool:
        return ladder.climb(session, conversation, rosters)

    # Each in a transaction of its own: one that cannot be worked keeps nobody else waiting.
    return sum(_with(engine, conversation_id, step) for conversation_id in waiting)


def pick_up(engine: Engine) -> int:
    """Gives every child who fell between two steps an owner again, and how many there were."""
    with reading(engine) as session:
        found = ladder.in_limbo(session, utc_now())
    picked_up = sum(_with(engine, conversation_id, _pick_up) for conversation_id in found)
    if picked_up:
        log.error("children_picked_up", count=picked_up)
    return picked_up


def announce_shifts(engine: Engine, *, every: dt.timedelta) -> None:
    """Tells open consoles when a shift began or ended since the last look."""
    now = utc_now()
    with transaction(engine) as session:
        for authority_id in session.scalars(select(Authority.id)):
            present, past = (
                {(one.practitioner.id, one.kind) for one in found.on_now}
                for found in (
                    rota.roster(session, authority_id, now),
                    rota.roster(session, authority_id, now - every),
                )
            )
            if present != past:
                live.announce_duty(session, authority_id)


def _pick_up(session: Session, conversation: Conversation) -> bool:
    if ladder.settle(session, conversation) is not None:
        return True
    # Neither a person nor a call: it was the bot's, and the bot has not answered.
    calling.request(
        session,
        conversation,
        reason=HandoverReason.BOT_UNAVAILABLE,
        urgency=highest(conversation.urgency, conversation.pending_urgency, Urgency.CONCERN),
    )
    return True


def _with(
    engine: Engine, conversation_id: int, act: Callable[[Session, Conversation], bool]
) -> bool:
    with transaction(engine) as session:
        # The conversation first, as everywhere, so that no two transactions wait for each other.
        conversation = session.get_one(Conversation, conversation_id, with_for_update=True)
        return act(session, conversation)
