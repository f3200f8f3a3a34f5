"""Offers to take a conversation, as they are shown: which are open, to whom, and what became."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from models.authority import Authority, Team
from models.base import utc_now
from models.conversation import Conversation
from models.practitioner import Practitioner, RoleName
from models.teamwork import Transfer, TransferStatus

_STAFF = (RoleName.PRACTITIONER, RoleName.SUPERVISOR)
_SAID_FOR = dt.timedelta(hours=1)
"""How long the holder's page says that an offer came back."""


def pending(session: Session, conversation: Conversation) -> Transfer | None:
    """Gives the open offer of a conversation, or None."""
    return session.scalars(
        _with_names()
        .where(Transfer.conversation_id == conversation.id)
        .where(Transfer.status == TransferStatus.PENDING)
    ).one_or_none()


def come_back(
    session: Session, conversation: Conversation, held_since: dt.datetime | None
) -> Transfer | None:
    """Gives the newest offer of a conversation if it has just come back to the holder, or None."""
    newest = session.scalars(
        _with_names()
        .where(Transfer.conversation_id == conversation.id)
        .order_by(Transfer.id.desc())
        .limit(1)
    ).first()
    if newest is None or newest.offered_by_id != conversation.practitioner_id:
        return None
    is_over = newest.status in {TransferStatus.DECLINED, TransferStatus.EXPIRED}
    since = max(filter(None, (held_since, utc_now() - _SAID_FOR)))
    is_new = newest.answered_at is not None and newest.answered_at >= since
    return newest if is_over and is_new else None


def may_answer(practitioner: Practitioner, offered: Transfer) -> bool:
    """Tells whether an offer is made to this practitioner, their team or their authority."""
    if not practitioner.active or not practitioner.has_any_role(*_STAFF):
        return False
    if offered.to_authority_id is not None:
        return practitioner.authority_id == offered.to_authority_id
    if practitioner.authority_id != offered.authority_id:
        return False
    if offered.to_team_id is not None:
        return practitioner.team_id == offered.to_team_id
    return practitioner.id == offered.to_practitioner_id


def offered_to(session: Session, practitioner: Practitioner) -> list[Transfer]:
    """Gives the open offers that this practitioner may answer, oldest first."""
    to_them = [
        Transfer.to_authority_id == practitioner.authority_id,
        Transfer.to_practitioner_id == practitioner.id,
    ]
    if practitioner.team_id is not None:
        to_them.append(Transfer.to_team_id == practitioner.team_id)
    found = session.scalars(
        _with_names()
        .where(Transfer.status == TransferStatus.PENDING)
        .where(Transfer.expires_at > utc_now())
        .where(or_(*to_them))
        .order_by(Transfer.id)
    )
    return [one for one in found.unique() if may_answer(practitioner, one)]


def offered_by(session: Session, practitioner: Practitioner, *, limit: int = 20) -> list[Transfer]:
    """Gives what this practitioner offered, newest first, and what became of it."""
    return list(
        session.scalars(
            _with_names()
            .where(Transfer.authority_id == practitioner.authority_id)
            .where(Transfer.offered_by_id == practitioner.id)
            .order_by(Transfer.id.desc())
            .limit(limit)
        ).unique()
    )


def teams(session: Session, practitioner: Practitioner) -> Sequence[Team]:
    """Gives the teams of the practitioner's authority, by name."""
    return session.scalars(
        select(Team).where(Team.authority_id == practitioner.authority_id).order_by(Team.name)
    ).all()


def other_authorities(session: Session, practitioner: Practitioner) -> Sequence[Authority]:
    """Gives the other authorities of this installation, by name."""
    return session.scalars(
        select(Authority).where(Authority.id != practitioner.authority_id).order_by(Authority.name)
    ).all()


def _with_names() -> Select[Transfer]:
    return select(Transfer).options(
        joinedload(Transfer.offered_by),
        joinedload(Transfer.answered_by),
        joinedload(Transfer.to_practitioner),
        joinedload(Transfer.to_team),
        joinedload(Transfer.to_authority),
        joinedload(Transfer.authority),
        joinedload(Transfer.conversation).joinedload(Conversation.child),
    )
