"""Claims: one worker at a time holds a conversation, until it is done or its lease runs out."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Engine, Select, bindparam, case, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from bot import carrying_out, due
from bot.due import Due
from models.base import utc_now
from models.conversation import Conversation
from models.db import transaction
from models.urgency import Urgency

_LEASE = dt.timedelta(seconds=30)
_RETRY_AFTER = dt.timedelta(milliseconds=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One worker's hold on one conversation, until its lease runs out."""

    conversation_id: int
    token: str
    failures: int
    """How often in a row the work on it failed before."""


def claim_next(engine: Engine, *, worker: str, urgent_only: bool = False) -> Claim | None:
    """Gives a claim on the conversation that is most urgent, then longest due, or None."""
    if not _DUE[urgent_only].is_any(engine):
        return None
    now, token = utc_now(), due.token(worker)
    asked = {"now": now, "token": token, "until": now + _LEASE}
    with transaction(engine) as session:
        found = session.execute(_CLAIM[urgent_only], asked).first()
    if found is None:
        return None
    # Counted by the claim and cleared when carried out, so that a crash counts too.
    return Claim(conversation_id=found.id, token=token, failures=found.failures - 1)


def put_back(engine: Engine, claim: Claim) -> None:
    """Frees a conversation whose work failed, so that it is tried again in a moment."""
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, claim.conversation_id, with_for_update=True)
        if conversation.claimed_by == claim.token:
            conversation.claimed_by = None
            conversation.claimed_until = utc_now() + _RETRY_AFTER


def let_go(engine: Engine, claim: Claim) -> None:
    """Frees a conversation in which nothing was to be done."""
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, claim.conversation_id, with_for_update=True)
        if conversation.claimed_by == claim.token:
            conversation.claimed_by = None
            conversation.claimed_until = None
            conversation.failures = 0
            if not carrying_out.has_waiting(session, conversation):
                carrying_out.rest(conversation)


def _due(*, urgent_only: bool) -> Select[Conversation]:
    rank = case({level.value: level.rank for level in Urgency}, value=Conversation.pending_urgency)
    question = (
        select(Conversation)
        .where(Conversation.due_at <= due.NOW)
        .where(due.is_free(Conversation.claimed_until))
        .order_by(rank.desc(), Conversation.due_at)
        .limit(1)
    )
    if urgent_only:
        question = question.where(
            Conversation.pending_urgency.in_([Urgency.EMERGENCY, Urgency.URGENT])
        )
    return question


def _claim(question: Select[Conversation]) -> ReturningUpdate[int, int]:
    """Gives the statement that claims the conversation of a question, and reads no more of it."""
    first = question.with_only_columns(Conversation.id).with_for_update(skip_locked=True)
    return (
        update(Conversation)
        .where(Conversation.id == first.scalar_subquery())
        .values(
            claimed_by=bindparam("token"),
            claimed_until=bindparam("until"),
            failures=Conversation.failures + 1,
        )
        .returning(Conversation.id, Conversation.failures)
        .execution_options(synchronize_session=False)
    )


_KINDS = (False, True)
_DUE = {kind: Due(_due(urgent_only=kind), Conversation.id, Conversation) for kind in _KINDS}
_CLAIM = {kind: _claim(_due(urgent_only=kind)) for kind in _KINDS}
