"""Days on which a worker is away: who answers meanwhile, and what the children they know are told.

A child is told on the day before, or as soon as the days are known, and again when the worker is
back; with each goes one press by which they ask for somebody else. Only rows are written: they go
through the outbox, and so within the safe-contact plan. Which were written follows from the rows
alone, so that a sweep that runs twice tells once.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, wording
from handover.outgoing import Choice, Words, queue_message
from handover.words import LONDON
from models.base import utc_now
from models.conversation import Child, Conversation, Delivery, DeliveryStatus, Message
from models.practitioner import Practitioner
from models.referral import NamedWorker, PlannedAbsence

CHANGE_WORKER = "worker:change"
"""What a press says that asks for another worker."""
_DAY = dt.timedelta(days=1)
_TOLD_OF_RETURN_WITHIN = 7 * _DAY
# Nobody is woken by it.
_FROM, _UNTIL = dt.time(9), dt.time(19)
_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.SEALED)
_GONE = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)


def stand_in(session: Session, practitioner_id: int) -> int | None:
    """Gives who answers for a worker today: they themselves, who covers, or None for whoever is on.

    Somebody who covers and is away as well covers nobody.
    """
    absence = _on(session, practitioner_id, _today(utc_now()))
    if absence is None:
        return practitioner_id
    cover = absence.cover_id
    if cover is None or _on(session, cover, _today(utc_now())) is not None:
        return None
    return cover


def planned(session: Session, practitioner: Practitioner) -> Sequence[PlannedAbsence]:
    """Gives a worker's days away that are not over, the first first."""
    return session.scalars(
        select(PlannedAbsence)
        .where(PlannedAbsence.practitioner_id == practitioner.id)
        .where(PlannedAbsence.last_day >= _today(utc_now()))
        .order_by(PlannedAbsence.first_day)
    ).all()


def cancel(session: Session, practitioner: Practitioner, absence_id: int) -> bool:
    """Ends somebody's own days away; False when they have none such.

    Children who were told that they would be away are told that they are back.
    """
    absence = session.get(PlannedAbsence, absence_id, with_for_update=True)
    if absence is None or absence.practitioner_id != practitioner.id:
        return False
    audit.record(
        session, "absence_cancelled", practitioner=practitioner, details={"absence": absence.id}
    )
    if any(_tellings(session, absence, child_id) for child_id in _children(session, absence)):
        absence.last_day = _today(utc_now()) - _DAY
        absence.first_day = min(absence.first_day, absence.last_day)
    else:
        session.delete(absence)
    return True


def tell_due(session: Session) -> int:
    """Queues what children are to be told today of the workers they know, and gives how many."""
    now = utc_now().astimezone(LONDON)
    if not _FROM <= now.time() < _UNTIL:
        return 0
    today = now.date()
    absences = session.scalars(
        select(PlannedAbsence)
        .where(PlannedAbsence.first_day <= today + _DAY)
        .where(PlannedAbsence.last_day >= today - _TOLD_OF_RETURN_WITHIN)
        .order_by(PlannedAbsence.id)
    ).all()
    told = 0
    for absence in absences:
        tell = _tell_of_going if today <= absence.last_day else _tell_of_return
        told += sum(tell(session, absence, child_id) for child_id in _children(session, absence))
    return told


def _tell_of_going(session: Session, absence: PlannedAbsence, child_id: int) -> bool:
    name = _name(absence, child_id, f"{absence.last_day:%Y%m%d}-{absence.cover_id or 0}")
    tellings = _tellings(session, absence, child_id)
    if any(one.external_id == name for one in tellings):
        return False
    # What was said of it before is no longer so.
    _take_back(session, tellings)
    cover = absence.cover.name if absence.cover is not None else ""
    key = "worker_away" if absence.first_day < absence.last_day else "worker_away_day"
    tokens = {"cover": cover, "away_who": "[[away_cover]]" if cover else "[[away_team]]"}
    return _queue(session, absence, child_id, name=name, key=key, tokens=tokens)


def _tell_of_return(session: Session, absence: PlannedAbsence, child_id: int) -> bool:
    name = _name(absence, child_id, "back")
    tellings = _tellings(session, absence, child_id)
    if any(one.external_id == name for one in tellings):
        return False
    _take_back(session, tellings)
    # Who never heard that they went is not told that they are back.
    has_heard = any(part.status in _GONE for one in tellings for part in one.deliveries)
    return has_heard and _queue(session, absence, child_id, name=name, key="worker_back", tokens={})


def _queue(
    session: Session,
    absence: PlannedAbsence,
    child_id: int,
    *,
    name: str,
    key: str,
    tokens: dict[str, str],
) -> bool:
    conversation = _where(session, absence, child_id)
    if conversation is None:
        return False
    months = wording.templates("away_months", conversation.language)
    days = {
        "first": _in_words(absence.first_day, months),
        "last": _in_words(absence.last_day, months),
    }
    said = {"practitioner": absence.practitioner.name, **days, **tokens}
    text = " ".join(wording.texts(key, conversation.language, said))
    wish = Choice(
        title=wording.texts("worker_change", conversation.language)[0], payload=CHANGE_WORKER
    )
    words = Words(text=text, choices=(wish,))
    queue_message(session, conversation, words, external_id=name)
    audit.record(
        session, "absence_told", conversation=conversation, details={"absence": absence.id}
    )
    return True


def _where(session: Session, absence: PlannedAbsence, child_id: int) -> Conversation | None:
    """Gives where the child wrote last, locked; None where they asked us to stop, or are away."""
    return session.scalars(
        select(Conversation)
        .where(Conversation.child_id == child_id)
        .where(Conversation.authority_id == absence.authority_id)
        .where(Conversation.stopped_at.is_(None))
        .where(Conversation.blocked_at.is_(None))
        .where(Conversation.last_inbound_at.is_not(None))
        .order_by(Conversation.last_inbound_at.desc(), Conversation.id.desc())
        .limit(1)
        .with_for_update()
    ).first()


def _children(session: Session, absence: PlannedAbsence) -> Sequence[int]:
    """Gives the children who know this worker by name now, each locked while they are told."""
    return session.scalars(
        select(Child.id)
        .join(NamedWorker, NamedWorker.child_id == Child.id)
        .where(NamedWorker.practitioner_id == absence.practitioner_id)
        .where(NamedWorker.authority_id == absence.authority_id)
        .where(NamedWorker.until.is_(None))
        .order_by(Child.id)
    ).all()


def _tellings(session: Session, absence: PlannedAbsence, child_id: int) -> Sequence[Message]:
    """Gives what this child was told of these days, on whichever channel."""
    return session.scalars(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.child_id == child_id)
        .where(Message.external_id.startswith(_name(absence, child_id, ""), autoescape=True))
        .order_by(Message.id)
    ).all()


def _take_back(session: Session, tellings: Sequence[Message]) -> None:
    """Lets what has not gone yet no longer go."""
    waiting = session.scalars(
        select(Delivery)
        .where(Delivery.message_id.in_([one.id for one in tellings]))
        .where(Delivery.status.in_(_WAITING))
        .with_for_update()
    )
    for part in waiting:
        part.status = DeliveryStatus.WITHHELD
        part.error_code = "no_longer_needed"


def _on(session: Session, practitioner_id: int, day: dt.date) -> PlannedAbsence | None:
    return session.scalars(
        select(PlannedAbsence)
        .where(PlannedAbsence.practitioner_id == practitioner_id)
        .where(PlannedAbsence.first_day <= day)
        .where(PlannedAbsence.last_day >= day)
        .order_by(PlannedAbsence.id)
        .limit(1)
    ).first()


def _name(absence: PlannedAbsence, child_id: int, what: str) -> str:
    return f"absence:{absence.id}:{child_id}:{what}"


def _in_words(day: dt.date, months: Sequence[str]) -> str:
    return f"{day.day} {months[day.month - 1]}"


def _today(now: dt.datetime) -> dt.date:
    return now.astimezone(LONDON).date()
