"""Real conversations in the gate: whether an authority allows it, and those that would change.

Off unless an admin turns it on. What is kept are conversations made into nobody's, sealed in the
column, for a safeguarding lead to read before they sign, and for no longer than that needs.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing.content import ContentError
from handover.entries import Problem
from models.audit import AuditEvent
from models.authority import Authority
from models.base import utc_now
from models.editing import ChangedTalk, DialogueVersion
from models.practitioner import Practitioner, RoleName

MOST_TALKS = 50
KEPT_DAYS = 7
_POLICY_SET = "replay_policy_set"


class NotAllowedHereError(Exception):
    """This person may not do this with real conversations; the text says who may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an authority allows."""

    talks: int | None
    """How many of the last conversations are played; None for none."""
    basis: str
    """On what ground."""
    set_by: str
    """Who last said so; empty where nobody has."""
    set_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A conversation that would go otherwise."""

    is_worse: bool
    turns: list[dict[str, Any]]


def policy(session: Session, authority: Authority) -> Policy:
    """Gives what an authority allows, and who said so and when."""
    last = session.execute(
        select(AuditEvent.at, Practitioner.name)
        .join(Practitioner, Practitioner.id == AuditEvent.practitioner_id)
        .where(AuditEvent.authority_id == authority.id)
        .where(AuditEvent.action == _POLICY_SET)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).first()
    return Policy(
        talks=authority.replayed_talks,
        basis=authority.replay_basis or "",
        set_by=last.name if last else "",
        set_at=last.at if last else None,
    )


def set_policy(session: Session, who: Practitioner, *, talks: int | None, basis: str) -> None:
    """Says how many conversations are played and on what ground; None plays none any more.

    Where none are played any more, what was kept of them is thrown away at once.

    Raises:
        NotAllowedHereError: they are no admin.
        ContentError: the number or the ground is missing or too long.
    """
    if not who.active or not who.has_any_role(RoleName.ADMIN):
        raise NotAllowedHereError("Only an admin allows real conversations to be played.")
    problems: list[Problem] = []
    if talks is not None and not 1 <= talks <= MOST_TALKS:
        problems.append(Problem("talks", f"Choose from 1 to {MOST_TALKS} conversations"))
    if talks is not None and not 1 <= len(basis.strip()) <= 200:
        problems.append(Problem("basis", "Say on what ground, in at most 200 characters"))
    if problems:
        raise ContentError.of(problems)
    authority = session.get_one(Authority, who.authority_id)
    authority.replayed_talks = talks
    authority.replay_basis = basis.strip() if talks is not None else None
    if talks is None:
        session.execute(delete(ChangedTalk).where(ChangedTalk.authority_id == authority.id))
    audit.record(session, _POLICY_SET, practitioner=who, details={"talks": talks})


def allowing(session: Session) -> list[Authority]:
    """Gives the authorities that allow it."""
    return list(
        session.scalars(
            select(Authority).where(Authority.replayed_talks.is_not(None)).order_by(Authority.id)
        )
    )


def keep(
    session: Session, version: DialogueVersion, authority_id: int, found: Sequence[Changed]
) -> None:
    """Keeps the conversations of an authority that would go otherwise with a version."""
    for one in found:
        session.add(
            ChangedTalk(
                version_id=version.id,
                fingerprint=version.fingerprint,
                authority_id=authority_id,
                is_worse=one.is_worse,
                turns=one.turns,
                erase_at=utc_now() + dt.timedelta(days=KEPT_DAYS),
            )
        )


def count(session: Session, version: DialogueVersion, authority_id: int) -> int:
    """Gives how many conversations there are to read with a version as it stands."""
    return session.scalar(select(func.count()).select_from(_kept(version, authority_id))) or 0


def read(session: Session, who: Practitioner, version: DialogueVersion) -> list[ChangedTalk]:
    """Gives the conversations of a reader's authority, the worst first; who read them is kept.

    Raises:
        NotAllowedHereError: they do not lead safeguarding.
    """
    if not who.active or not who.has_any_role(RoleName.SAFEGUARDING_LEAD):
        raise NotAllowedHereError("Only a safeguarding lead reads these.")
    kept = _kept(version, who.authority_id)
    found = session.scalars(
        select(ChangedTalk)
        .join(kept, kept.c.id == ChangedTalk.id)
        .order_by(ChangedTalk.is_worse.desc(), ChangedTalk.id)
    ).all()
    if found:
        details = {"version": version.number, "talks": len(found)}
        audit.record(session, "changed_talks_read", practitioner=who, details=details)
    return list(found)


def throw_away(session: Session, version: DialogueVersion) -> None:
    """Throws away what was kept with a version, which is checked anew, changed, or live."""
    session.execute(delete(ChangedTalk).where(ChangedTalk.version_id == version.id))


def erase_due(session: Session) -> int:
    """Erases what has been kept for its time, and gives how many."""
    due = session.scalars(select(ChangedTalk.id).where(ChangedTalk.erase_at <= utc_now())).all()
    if due:
        session.execute(delete(ChangedTalk).where(ChangedTalk.id.in_(due)))
        audit.record(session, "changed_talks_erased", details={"number": len(due)})
    return len(due)


def _kept(version: DialogueVersion, authority_id: int) -> Any:
    return (
        select(ChangedTalk.id)
        .where(ChangedTalk.version_id == version.id)
        .where(ChangedTalk.fingerprint == version.fingerprint)
        .where(ChangedTalk.authority_id == authority_id)
        .where(ChangedTalk.erase_at > utc_now())
        .subquery()
    )
