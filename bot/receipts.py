"""Receipts: a provider's word on what we sent only moves a status forward, and is never lost."""

import datetime as dt

from sqlalchemy import Engine, bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from bot import unreachable
from bot.channels.base import Receipt
from handover import audit
from models.base import utc_now
from models.conversation import Conversation, Delivery, DeliveryStatus
from models.db import transaction
from models.delivery import EarlyReceipt

# A receipt may come late or twice, in any order: it never takes a status back.
_ORDER = {
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.HELD: 0,
    DeliveryStatus.SEALED: 0,
    DeliveryStatus.SENDING: 1,
    DeliveryStatus.SENT: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.READ: 4,
    DeliveryStatus.FAILED: 5,
    DeliveryStatus.REFUSED: 5,
    DeliveryStatus.WITHHELD: 5,
}


def record(engine: Engine, account_id: int, receipt: Receipt) -> bool:
    """Moves a delivery's status forward by a provider's word; False when it names none of ours yet.

    A provider may speak before we have noted that it took the message: then its word is kept, and
    counts as soon as we have.
    """
    if _apply(engine, account_id, receipt):
        return True
    try:
        with transaction(engine) as session:
            session.add(
                EarlyReceipt(
                    account_id=account_id,
                    external_id=receipt.external_id,
                    status=receipt.status,
                    error_code=receipt.error_code,
                )
            )
    except IntegrityError:
        # The same word twice.
        return False
    # The sending may have been settled between the look and the keeping.
    return _apply(engine, account_id, receipt)


def apply_early(session: Session, delivery: Delivery) -> None:
    """Lets what the provider said of a delivery before it was settled count now."""
    asked = {"account": delivery.account_id, "external": delivery.external_id}
    early = session.scalars(_EARLY, asked).all()
    for row in early:
        receipt = Receipt(external_id=row.external_id, status=row.status, error_code=row.error_code)
        _move_forward(session, delivery, receipt)
        session.delete(row)


def forget_before(session: Session, moment: dt.datetime) -> None:
    """Removes words about messages that were never ours."""
    session.execute(delete(EarlyReceipt).where(EarlyReceipt.created_at < moment))


def lock(session: Session, delivery_id: int) -> Delivery:
    """Gives a delivery that nobody else changes, nor its conversation, before the commit.

    The conversation is locked first, as everywhere, so that no two transactions wait for each
    other; it is what a person is called by.
    """
    return session.scalars(_LOCKED, {"delivery": delivery_id}).one()


# Made once: these are asked for every message that goes.
_EARLY = (
    select(EarlyReceipt)
    .where(EarlyReceipt.account_id == bindparam("account"))
    .where(EarlyReceipt.external_id == bindparam("external"))
    .order_by(EarlyReceipt.id)
    # Nothing that is still to be written is asked for.
    .execution_options(autoflush=False)
)
_LOCKED = (
    select(Delivery)
    .join(Delivery.conversation)
    .where(Delivery.id == bindparam("delivery"))
    .options(contains_eager(Delivery.conversation))
    .with_for_update(of=[Conversation, Delivery])
)


def _apply(engine: Engine, account_id: int, receipt: Receipt) -> bool:
    with transaction(engine) as session:
        found = session.scalars(
            select(Delivery.id)
            .where(Delivery.account_id == account_id)
            .where(Delivery.external_id == receipt.external_id)
        ).first()
        if found is None:
            return False
        delivery = lock(session, found)
        _move_forward(session, delivery, receipt)
    return True


def _move_forward(session: Session, delivery: Delivery, receipt: Receipt) -> None:
    if _ORDER[receipt.status] <= _ORDER[delivery.status]:
        return
    delivery.status = receipt.status
    delivery.error_code = receipt.error_code or delivery.error_code
    if receipt.status in {DeliveryStatus.DELIVERED, DeliveryStatus.READ}:
        delivery.delivered_at = delivery.delivered_at or utc_now()
    if receipt.status in {DeliveryStatus.FAILED, DeliveryStatus.REFUSED}:
        unreachable.tell_a_person(session, delivery)
    audit.announce(session, delivery.conversation, "delivery", delivery.message_id)
