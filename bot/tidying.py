"""Tidying up: taking messages back from a child's phone, one row at a time, until it is done."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from bot import due
from bot.channels.base import Channel, DeliveryFailedError, DeliveryUnknownError
from bot.due import Due
from handover import audit, outgoing, wording
from handover.outgoing import Words
from models.base import utc_now
from models.conversation import Conversation, Message
from models.db import transaction
from models.delivery import Deletion, DeletionStatus

log = structlog.get_logger()

_LEASE = dt.timedelta(seconds=40)
_LONGEST_WAIT = dt.timedelta(minutes=10)
_GIVE_UP_AFTER = dt.timedelta(hours=24)
_NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One message to be taken back, and the claim on it."""

    deletion_id: int
    conversation_id: int
    account_id: int
    token: str
    address: str
    external_id: str
    may_be_gone: bool
    """Whether an earlier try ended without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """How a try went: done, refused for good, or to be tried again."""

    is_done: bool = False
    error_code: str | None = None
    retry_after: dt.timedelta | None = None


def delete_due(engine: Engine, channels: Mapping[int, Channel], *, worker: str) -> bool:
    """Takes back the oldest message that is due; False when there was none."""
    begin = partial(_begin, worker=worker)
    job = _DUE.take(engine, begin, accounts=list(channels))
    if job is None:
        return False
    _settle(engine, job, _attempt(channels[job.account_id], job))
    return True


_DUE = Due(
    select(Deletion)
    .where(Deletion.status == DeletionStatus.WAITING)
    .where(Deletion.account_id.in_(bindparam("accounts", expanding=True)))
    .where(Deletion.not_before <= due.NOW)
    .where(due.is_free(Deletion.claimed_until))
    .order_by(Deletion.not_before, Deletion.id)
    .limit(1),
    Deletion.id,
    Deletion,
)


def _begin(_: Session, deletion: Deletion, *, worker: str) -> _Job:
    return _Job(
        deletion_id=deletion.id,
        conversation_id=deletion.conversation_id,
        account_id=deletion.account_id,
        token=due.lease(deletion, worker, _LEASE),
        address=deletion.conversation.address,
        external_id=deletion.external_id,
        may_be_gone=deletion.error_code == _NO_ANSWER,
    )


def _attempt(channel: Channel, job: _Job) -> _Result:
    try:
        is_done = channel.delete(job.address, job.external_id)
    except DeliveryFailedError as error:
        return _Result(error_code=error.code, retry_after=error.retry_after or dt.timedelta(0))
    except DeliveryUnknownError:
        return _Result(error_code=_NO_ANSWER, retry_after=dt.timedelta(0))
    # A try without an answer may have taken it back, and then there is nothing left to take.
    return _Result(is_done=is_done or job.may_be_gone, error_code="refused")


def _settle(engine: Engine, job: _Job, result: _Result) -> None:
    now = utc_now()
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, job.conversation_id, with_for_update=True)
        deletion = session.get_one(Deletion, job.deletion_id, with_for_update=True)
        if deletion.claimed_by != job.token:
            log.warning("deletion_claim_lost", deletion_id=deletion.id)
            return
        due.give_back(deletion)
        if deletion.error_code != _NO_ANSWER or result.is_done:
            deletion.error_code = None if result.is_done else result.error_code
        is_old = now - deletion.created_at > _GIVE_UP_AFTER
        if result.retry_after is not None and not is_old:
            back_off = due.back_off(deletion.attempts, longest=_LONGEST_WAIT)
            deletion.not_before = now + max(back_off, result.retry_after)
            return
        deletion.status = DeletionStatus.DONE if result.is_done else DeletionStatus.REFUSED
        deletion.done_at = now
        session.flush()
        audit.announce(session, conversation, "message", deletion.message_id)
        _tell_what_is_left(session, conversation, deletion)
    log.info("deletion_settled", deletion_id=job.deletion_id, is_done=result.is_done)


def _tell_what_is_left(session: Session, conversation: Conversation, deletion: Deletion) -> None:
    """Tells the child, once all is tried, how much could not be taken away."""
    counts = dict(
        session.execute(
            select(Deletion.status, func.count())
            .where(Deletion.request_id == deletion.request_id)
            .group_by(Deletion.status)
        ).all()
    )
    left = counts.get(DeletionStatus.REFUSED, 0)
    if counts.get(DeletionStatus.WAITING) or not left:
        return
    request = session.get_one(Message, deletion.request_id)
    for text in wording.texts("delete_left", conversation.language, {"count": str(left)}):
        outgoing.queue_message(session, conversation, Words(text=text), answers=request)
