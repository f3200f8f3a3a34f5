"""Learning safely: a correction is kept, looked at by a second person, and taken out by hand.

Nothing is kept unless the authority says for how many days and on what ground. Nothing trains
itself: the accepted ones leave only by an explicit command, which is audited.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from handover import audit
from models.authority import Authority
from models.base import utc_now
from models.conversation import Conversation, Message, UrgencyAssessment
from models.correction import Correction, CorrectionStatus
from models.practitioner import Practitioner, RoleName
from models.urgency import Harm, Urgency


class ReviewRefusedError(Exception):
    """This person may not review this correction, or there is none; the text says why."""


def set_policy(
    session: Session, practitioner: Practitioner, *, days: int | None, basis: str
) -> None:
    """Says how long and on what ground corrections are kept; None days keeps none any more.

    Those already kept keep the time they were promised.

    Raises:
        ReviewRefusedError: they do not lead safeguarding.
        ValueError: the days or the ground are missing.
    """
    _lead(practitioner)
    if days is not None and (days < 1 or not basis.strip()):
        raise ValueError("Say for how many days, and on what ground.")
    authority = session.get_one(Authority, practitioner.authority_id)
    authority.correction_days = days
    authority.correction_basis = basis.strip() or None
    audit.record(
        session, "correction_policy_set", practitioner=practitioner, details={"days": days}
    )


def keep(
    session: Session,
    conversation: Conversation,
    corrected: UrgencyAssessment,
    *,
    before: UrgencyAssessment | None,
    reason: str,
) -> None:
    """Keeps a correction as a candidate, where the authority does so."""
    authority = conversation.authority
    days, basis = authority.correction_days, authority.correction_basis
    if days is None or basis is None or corrected.practitioner_id is None:
        return
    now = utc_now()
    session.add(
        Correction(
            authority_id=conversation.authority_id,
            message_id=corrected.message_id,
            language=conversation.language,
            urgency_before=before.urgency if before else Urgency.NO_CONCERN,
            harms_before=list(before.harms) if before else [],
            urgency=corrected.urgency,
            harms=list(corrected.harms),
            reason=reason,
            practitioner_id=corrected.practitioner_id,
            basis=basis,
            erase_at=now + dt.timedelta(days=days),
        )
    )


def waiting(session: Session, reviewer: Practitioner, *, limit: int = 100) -> list[Correction]:
    """Gives what waits for a second person, oldest first.

    Raises:
        ReviewRefusedError: they do not lead safeguarding.
    """
    _lead(reviewer)
    return list(
        session.scalars(
            select(Correction)
            .where(Correction.authority_id == reviewer.authority_id)
            .where(Correction.status == CorrectionStatus.WAITING)
            .where(Correction.erase_at > utc_now())
            .order_by(Correction.id)
            .limit(limit)
        )
    )


def review(
    session: Session, reviewer: Practitioner, correction_id: int, *, accepts: bool, reason: str
) -> None:
    """Keeps what the second person says of a correction.

    Raises:
        ReviewRefusedError: they may not, it is their own, it is decided, or there is none.
        ValueError: no reason was given.
    """
    _lead(reviewer)
    if not reason.strip():
        raise ValueError("Give the reason.")
    correction = session.get(Correction, correction_id, with_for_update=True)
    if correction is None or correction.authority_id != reviewer.authority_id:
        raise ReviewRefusedError("There is no such correction.")
    if correction.practitioner_id == reviewer.id:
        raise ReviewRefusedError("You made this correction. A second person must look at it.")
    if correction.status is not CorrectionStatus.WAITING:
        raise ReviewRefusedError("Somebody has already looked at this correction.")
    correction.status = CorrectionStatus.ACCEPTED if accepts else CorrectionStatus.REJECTED
    correction.reviewed_by_id = reviewer.id
    correction.reviewed_at = utc_now()
    correction.review_reason = reason.strip()
    audit.record(
        session,
        f"correction_{correction.status.value}",
        conversation=correction.message.conversation,
        practitioner=reviewer,
        details={"correction_id": correction.id},
    )


def export(session: Session, practitioner: Practitioner) -> list[Mapping[str, object]]:
    """Gives the accepted corrections as labelled messages, and keeps who took them out.

    Raises:
        ReviewRefusedError: they do not lead safeguarding.
    """
    _lead(practitioner)
    accepted = session.scalars(
        select(Correction)
        .where(Correction.authority_id == practitioner.authority_id)
        .where(Correction.status == CorrectionStatus.ACCEPTED)
        .where(Correction.erase_at > utc_now())
        .order_by(Correction.id)
    ).all()
    now = utc_now()
    for one in accepted:
        one.exported_at = now
    audit.record(
        session,
        "corrections_exported",
        practitioner=practitioner,
        details={"number": len(accepted)},
    )
    return list(_labelled(accepted))


def erase_due(session: Session) -> int:
    """Erases what has been kept for its time, and gives how many."""
    due = session.scalars(select(Correction.id).where(Correction.erase_at <= utc_now())).all()
    if due:
        session.execute(delete(Correction).where(Correction.id.in_(due)))
        audit.record(session, "corrections_erased", details={"number": len(due)})
    return len(due)


def last_judgement(session: Session, message: Message) -> UrgencyAssessment | None:
    """Gives how a message was last judged, by whoever did."""
    return session.scalars(
        select(UrgencyAssessment)
        .where(UrgencyAssessment.message_id == message.id)
        .order_by(UrgencyAssessment.id.desc())
        .limit(1)
    ).first()


def known_harms(codes: Iterable[str]) -> list[Harm]:
    """Gives the harms of some codes, in order, without those that this version does not know."""
    known = set(codes)
    return [harm for harm in Harm if harm.value in known]


def _labelled(accepted: Iterable[Correction]) -> Iterator[Mapping[str, object]]:
    for one in accepted:
        yield {
            "text": one.message.text,
            "urgency": one.urgency.value,
            "harms": sorted(one.harms),
            "lang": one.language,
        }


def _lead(practitioner: Practitioner) -> None:
    if not practitioner.active or not practitioner.has_any_role(RoleName.SAFEGUARDING_LEAD):
        raise ReviewRefusedError("Only a safeguarding lead may do this.")
