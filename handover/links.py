"""Links between children's records: one child's several, and siblings'. Nothing is merged."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from handover import audit, contacts, lookups
from handover.service import AccessDeniedError
from models.base import utc_now
from models.contact import Contact
from models.conversation import Child
from models.linking import ChildLink, LinkKind
from models.practitioner import Practitioner


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A record that may be of the same child, and what the two share."""

    child: Child
    shared: tuple[str, ...]
    contact: Contact | None = None
    """Their newest contact, to look at before they are linked."""


def link(
    session: Session,
    practitioner: Practitioner,
    child_id: int,
    other_id: int,
    *,
    kind: LinkKind,
    reason: str,
) -> ChildLink:
    """Gives the link between two records; one that was there before of another kind ends.

    Raises:
        AccessDeniedError: one of the two is not theirs to see.
        ValueError: no reason was given, or it is one record and not two.
    """
    if not reason.strip():
        raise ValueError("Say how you know.")
    if child_id == other_id:
        raise ValueError("Choose another record than this one.")
    first, second = sorted((child_id, other_id))
    for one in (first, second):
        contacts.access_child(session, practitioner, one)
        # Locked in one order, so that two who link the same two do not wait for each other.
        session.get_one(Child, one, with_for_update=True)
    present = _between(session, first, second)
    if present is not None and present.kind is kind:
        return present
    if present is not None:
        _end(session, practitioner, present, reason)
    made = ChildLink(
        authority_id=practitioner.authority_id,
        child_id=first,
        other_id=second,
        kind=kind,
        reason=reason.strip(),
        linked_by_id=practitioner.id,
    )
    session.add(made)
    session.flush()
    _note(session, practitioner, "children_linked", made)
    return made


def unlink(session: Session, practitioner: Practitioner, link_id: int, *, reason: str) -> ChildLink:
    """Ends a link; that it was there stays on record.

    Raises:
        AccessDeniedError: it is not theirs to see, or there is none.
        ValueError: no reason was given.
    """
    if not reason.strip():
        raise ValueError("Say why the link ends.")
    found = session.get(ChildLink, link_id, with_for_update={"of": ChildLink})
    if found is None:
        raise AccessDeniedError
    contacts.access_child(session, practitioner, found.child_id)
    contacts.access_child(session, practitioner, found.other_id)
    if found.ended_at is None:
        _end(session, practitioner, found, reason)
    return found


def same_child(session: Session, child_id: int) -> list[int]:
    """Gives the records of one child: this one and all that are linked to it, however far."""
    known = {child_id}
    fresh = {child_id}
    while fresh:
        rows = session.execute(
            _present()
            .where(ChildLink.kind == LinkKind.SAME_CHILD)
            .where(or_(ChildLink.child_id.in_(fresh), ChildLink.other_id.in_(fresh)))
            .with_only_columns(ChildLink.child_id, ChildLink.other_id)
        ).all()
        fresh = {one for row in rows for one in row} - known
        known |= fresh
    return sorted(known)


def of_child(session: Session, child_id: int) -> Sequence[ChildLink]:
    """Gives the links of a record, without those that say that two are not the same."""
    return session.scalars(
        _present()
        .where(or_(ChildLink.child_id == child_id, ChildLink.other_id == child_id))
        .where(ChildLink.kind != LinkKind.NOT_THE_SAME)
        .order_by(ChildLink.id)
    ).all()


def suggestions(session: Session, practitioner: Practitioner, child_id: int) -> list[Suggestion]:
    """Gives the records that may be of the same child, of those this practitioner may see."""
    found = lookups.alike(session, practitioner.authority_id, child_id)
    settled = {child_id}
    for row in session.scalars(
        _present().where(or_(ChildLink.child_id == child_id, ChildLink.other_id == child_id))
    ):
        settled |= {row.child_id, row.other_id}
    return [
        Suggestion(
            child=session.get_one(Child, other),
            shared=tuple(sorted(kinds)),
            contact=next(iter(contacts.of_children(session, practitioner, [other])), None),
        )
        for other, kinds in sorted(found.items(), reverse=True)[:20]
        if other not in settled and contacts.may_see_child(session, practitioner, other)
    ]


def _present() -> Select[ChildLink]:
    return select(ChildLink).where(ChildLink.ended_at.is_(None))


def _between(session: Session, first: int, second: int) -> ChildLink | None:
    return session.scalars(
        _present().where(ChildLink.child_id == first).where(ChildLink.other_id == second)
    ).one_or_none()


def _end(session: Session, practitioner: Practitioner, found: ChildLink, reason: str) -> None:
    found.ended_at = utc_now()
    found.ended_by_id = practitioner.id
    found.end_reason = reason.strip()
    session.flush()
    _note(session, practitioner, "children_unlinked", found)


def _note(session: Session, practitioner: Practitioner, action: str, found: ChildLink) -> None:
    audit.record(
        session,
        action,
        practitioner=practitioner,
        details={"child": found.child_id, "other": found.other_id, "kind": found.kind.value},
    )
