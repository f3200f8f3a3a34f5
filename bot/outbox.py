"""The outbox: the only place from which anything is sent to a child.

Per conversation, oldest first; a failed try waits in its row; an ambiguous one is looked for before
it is repeated.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Engine, Select, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from bot import due, receipts, unreachable
from bot.channels.base import (
    Channel,
    DeliveryFailedError,
    DeliveryPacedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    OutgoingPart,
)
from bot.channels.choices import buttons_of
from bot.due import Due
from handover import audit, contact_plan, decisions, sealing
from handover.contact_plan import Permission
from models.base import utc_now
from models.conversation import Child, Conversation, Delivery, DeliveryStatus
from models.db import transaction
from models.urgency import Urgency

log = structlog.get_logger()

_LEASE = dt.timedelta(seconds=40)
_LONGEST_WAIT = dt.timedelta(minutes=10)
_GIVE_UP_AFTER = dt.timedelta(hours=12)
_FEWEST_TRIES = 10  # before giving up: a message may have been held for longer than that
_TELL_AFTER = 6  # tries, which take about two minutes
_LOOK_AGAIN_AFTER = dt.timedelta(hours=1)
_SHORTEST_WAIT = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One part to be sent, and the claim on it."""

    delivery_id: int
    conversation_id: int
    account_id: int
    token: str
    part: OutgoingPart
    is_ambiguous: bool


def send_due(
    engine: Engine, channels: Mapping[int, Channel], *, worker: str, urgent_only: bool = False
) -> bool:
    """Sends the most urgent, then oldest part that is due; False when there was none.

    Args:
        engine: the database.
        channels: the channel of each account id.
        worker: who sends, for the claim.
        urgent_only: whether to leave everything else to others.
    """
    question = _URGENT_DUE if urgent_only else _DUE
    job = question.take(engine, partial(_begin, worker=worker), accounts=list(channels))
    if isinstance(job, _Job):
        _settle(engine, job, _attempt(channels[job.account_id], job))
    return job is not None


def release_held(engine: Engine) -> int:
    """Queues again what a safe-contact plan held and now allows; gives how many."""
    now = utc_now()
    talking_since = now - contact_plan.STILL_TALKING
    with transaction(engine) as session:
        held = session.scalars(
            select(Delivery)
            .join(Delivery.conversation)
            .where(Delivery.status == DeliveryStatus.HELD)
            # While someone is there nothing goes: coming back sends it. Were these among the
            # rows that are read, many of them would keep the others from ever being read.
            .where(Conversation.covered_at.is_(None))
            .where(or_(Delivery.not_before <= now, Conversation.last_inbound_at >= talking_since))
            .order_by(Delivery.id)
            .limit(500)
            .with_for_update(skip_locked=True, of=Delivery)
        ).all()
        allowed = [
            delivery
            for delivery in held
            if contact_plan.check(delivery.conversation, delivery.message, now).permission
            is not Permission.HOLD
        ]
        for delivery in allowed:
            delivery.status = DeliveryStatus.QUEUED
            delivery.not_before = min(delivery.not_before, now)
        answered = _answered(session, now)
        for delivery in answered:
            delivery.status = DeliveryStatus.QUEUED
            delivery.not_before = now
    return len(allowed) + len(answered)


def expire_sealed(engine: Engine) -> int:
    """Ends the sealing of words that were not asked for in time, and tells a person; their number.

    A child who never saw them must not be taken for one who was answered. The bot's own answers
    of a week ago matter to nobody.
    """
    with transaction(engine) as session:
        expired = sealing.expire(session)
        for delivery in expired:
            if delivery.message.answers_id is None:
                unreachable.tell_a_person(session, delivery)
    return len(expired)


def _answered(session: Session, now: dt.datetime) -> list[Delivery]:
    """Gives words that only the channel's window kept back, of children who have written since.

    A child with a safe word, or whose phone others use, is given them on the word alone.
    """
    found = session.scalars(
        select(Delivery)
        .join(Delivery.conversation)
        .join(Conversation.child)
        .where(Delivery.status == DeliveryStatus.SEALED)
        .where(Delivery.error_code == "window_note")
        .where(Conversation.window_ends_at > now)
        .where(Child.safe_word_digest.is_(None))
        .order_by(Delivery.id)
        .limit(500)
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    return [one for one in found if not contact_plan.is_phone_shared(one.conversation)]


def _due(*, urgent_only: bool) -> Select[Delivery]:
    earlier = aliased(Delivery)
    rank = case({level.value: level.rank for level in Urgency}, value=Delivery.urgency)
    question = (
        select(Delivery)
        .join(Delivery.conversation)
        .where(Delivery.status.in_([DeliveryStatus.QUEUED, DeliveryStatus.SENDING]))
        .where(Delivery.account_id.in_(bindparam("accounts", expanding=True)))
        .where(Delivery.not_before <= due.NOW)
        .where(due.is_free(Delivery.claimed_until))
        # Only the head of each conversation: a child reads things in the order they were said.
        .where(
            ~exists().where(
                and_(
                    earlier.conversation_id == Delivery.conversation_id,
                    earlier.id < Delivery.id,
                    earlier.status.in_([DeliveryStatus.QUEUED, DeliveryStatus.SENDING]),
                )
            )
        )
        .order_by(rank.desc(), Delivery.id)
        .limit(1)
        # With all that the safe-contact plan is asked about.
        .options(
            contains_eager(Delivery.conversation).joinedload(Conversation.child, innerjoin=True),
            joinedload(Delivery.message, innerjoin=True),
        )
    )
    if urgent_only:
        question = question.where(Delivery.urgency.in_([Urgency.EMERGENCY, Urgency.URGENT]))
    return question


# The conversation first, as everywhere: then no two transactions wait for each other.
_DUE, _URGENT_DUE = (
    Due(_due(urgent_only=urgent_only), Delivery.id, Conversation, Delivery)
    for urgent_only in (False, True)
)


def _begin(session: Session, delivery: Delivery, *, worker: str) -> _Job | Permission:
    """Gives what is to be sent; or, where nothing may be, what became of it instead."""
    now = utc_now()
    conversation = delivery.conversation
    verdict = contact_plan.check(conversation, delivery.message, now)
    match verdict.permission:
        case Permission.HOLD:
            delivery.status = DeliveryStatus.HELD
            delivery.error_code = verdict.reason
            # Where no time is in sight, a new plan or the child's own words bring it back.
            delivery.not_before = verdict.until or now + _LOOK_AGAIN_AFTER
            audit.announce(session, conversation, "delivery", delivery.message_id)
            return verdict.permission
        case Permission.SEAL:
            sealing.seal(session, delivery, verdict.reason)
            return verdict.permission
        case Permission.WITHHOLD:
            delivery.status = DeliveryStatus.WITHHELD
            delivery.error_code = verdict.reason
            unreachable.tell_a_person(session, delivery)
            audit.announce(session, conversation, "delivery", delivery.message_id)
            return verdict.permission
        case Permission.SEND:
            # A lease that ran out means that a sender died on the way: it may have gone.
            is_ambiguous = delivery.is_ambiguous or delivery.status is DeliveryStatus.SENDING
            if not is_ambiguous:
                # Otherwise it is looked for from the first try on that may have gone.
                delivery.attempted_at = now
            delivery.is_ambiguous = is_ambiguous
            delivery.status = DeliveryStatus.SENDING
            return _Job(
                delivery_id=delivery.id,
                conversation_id=conversation.id,
                account_id=delivery.account_id,
                token=due.lease(delivery, worker, _LEASE),
                is_ambiguous=is_ambiguous,
                part=OutgoingPart(
                    delivery_id=delivery.id,
                    address=conversation.address,
                    text=delivery.text,
                    buttons=buttons_of(conversation, delivery),
                    template=_template(conversation, delivery, now),
                    queued_at=delivery.created_at,
                    attempted_at=delivery.attempted_at if is_ambiguous else None,
                ),
            )


def _template(conversation: Conversation, delivery: Delivery, now: dt.datetime) -> str | None:
    """Gives the template for a note where the channel takes no free text any more."""
    ends = conversation.window_ends_at
    if ends is None or now < ends or not contact_plan.is_note(delivery.message):
        return None
    return conversation.account.note_template


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """How a try went."""

    status: DeliveryStatus
    external_id: str | None = None
    error_code: str | None = None
    retry_after: dt.timedelta | None = None
    is_ambiguous: bool = False
    is_paced: bool = False
    """Whether it was not tried at all, because the channel's own pace asks to wait."""


def _attempt(channel: Channel, job: _Job) -> _Result:
    if not job.is_ambiguous:
        return _send(channel, job.part)
    try:
        external_id = channel.find_sent(job.part)
    except DeliveryFailedError as error:
        # Still not known: to send it unseen could say it twice.
        return _Result(
            status=DeliveryStatus.QUEUED,
            error_code=error.code,
            retry_after=error.retry_after,
            is_ambiguous=True,
        )
    if external_id is not None:
        return _Result(status=DeliveryStatus.SENT, external_id=external_id)
    return _send(channel, job.part)


def _send(channel: Channel, part: OutgoingPart) -> _Result:
    try:
        external_id = channel.send(part)
    except DeliveryRefusedError as error:
        return _Result(status=DeliveryStatus.REFUSED, error_code=error.code)
    except DeliveryPacedError as error:
        return _Result(
            status=DeliveryStatus.QUEUED,
            error_code=error.code,
            retry_after=error.retry_after,
            is_paced=True,
        )
    except DeliveryFailedError as error:
        return _Result(
            status=DeliveryStatus.QUEUED, error_code=error.code, retry_after=error.retry_after
        )
    except DeliveryUnknownError:
        return _Result(status=DeliveryStatus.QUEUED, error_code="no_answer", is_ambiguous=True)
    return _Result(status=DeliveryStatus.SENT, external_id=external_id)


def _settle(engine: Engine, job: _Job, result: _Result) -> None:
    now = utc_now()
    with transaction(engine) as session:
        delivery = receipts.lock(session, job.delivery_id)
        if delivery.claimed_by != job.token:
            log.warning("delivery_claim_lost", delivery_id=delivery.id)
            return
        due.give_back(delivery)
        delivery.status = result.status
        delivery.error_code = result.error_code
        delivery.is_ambiguous = result.is_ambiguous
        if result.status is DeliveryStatus.SENT:
            delivery.external_id = result.external_id
            delivery.sent_at = now
            receipts.apply_early(session, delivery)
            decisions.note_sent(session, delivery)
        if result.status is DeliveryStatus.QUEUED:
            _wait(delivery, result, now)
        is_lost = delivery.status in {DeliveryStatus.REFUSED, DeliveryStatus.FAILED}
        is_late = delivery.attempts == _TELL_AFTER and not result.is_paced
        if is_lost or (is_late and delivery.status is DeliveryStatus.QUEUED):
            unreachable.tell_a_person(session, delivery)
        audit.announce(session, delivery.conversation, "delivery", delivery.message_id)
    log.info(
        "delivery_settled",
        delivery_id=job.delivery_id,
        status=result.status.value,
        code=result.error_code,
    )


def _wait(delivery: Delivery, result: _Result, now: dt.datetime) -> None:
    if result.is_paced:
        delivery.attempts -= 1
        delivery.not_before = now + (result.retry_after or _SHORTEST_WAIT)
        return
    is_old = now - delivery.created_at > _GIVE_UP_AFTER
    if is_old and delivery.attempts >= _FEWEST_TRIES:
        delivery.status = DeliveryStatus.FAILED
        return
    back_off = due.back_off(delivery.attempts, longest=_LONGEST_WAIT)
    delivery.not_before = now + max(back_off, result.retry_after or dt.timedelta(0))
