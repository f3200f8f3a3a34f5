"""Claims: one worker at a time holds a conversation, until it is done or its lease runs out."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine, Select, bindparam, case, or_, select

from bot import carrying_out
from models.base import utc_now
from models.conversation import Conversation
from models.db import reading, transaction
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
    now = {"now": utc_now()}
    due = _URGENT_DUE if urgent_only else _DUE
    with reading(engine) as session:
        # An idle worker must not take the write lock many times a second.
        if session.scalar(_URGENT_IS_DUE if urgent_only else _IS_DUE, now) is None:
            return None
    with transaction(engine) as session:
        conversation = session.scalars(due, now).first()
        if conversation is None:
            return None
        token = f"{worker}:{secrets.token_hex(8)}"
        before = conversation.failures
        conversation.claimed_by = token
        conversation.claimed_until = now["now"] + _LEASE
        # Counted here and cleared when carried out, so that a crash counts too.
        conversation.failures = before + 1
        return Claim(conversation_id=conversation.id, token=token, failures=before)


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
    now = bindparam("now", type_=Conversation.due_at.type)
    due = (
        select(Conversation)
        .where(Conversation.due_at <= now)
        .where(or_(Conversation.claimed_until.is_(None), Conversation.claimed_until < now))
        .order_by(rank.desc(), Conversation.due_at)
        .limit(1)
    )
    if urgent_only:
        due = due.where(Conversation.pending_urgency.in_([Urgency.EMERGENCY, Urgency.URGENT]))
    return due


# Made once: idle workers look many times a second.
_DUE = _due(urgent_only=False).with_for_update(skip_locked=True)
_URGENT_DUE = _due(urgent_only=True).with_for_update(skip_locked=True)
_IS_DUE = _due(urgent_only=False).with_only_columns(Conversation.id)
_URGENT_IS_DUE = _due(urgent_only=True).with_only_columns(Conversation.id)
