"""Notes of what was done, for those who answer for it, and of what changed, for open consoles."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from models.audit import AuditEvent, LiveEvent
from models.base import utc_now
from models.conversation import Conversation
from models.practitioner import Practitioner


def record(
    session: Session,
    action: str,
    *,
    conversation: Conversation | None = None,
    practitioner: Practitioner | None = None,
    details: Mapping[str, str | int | None] | None = None,
) -> None:
    """Keeps that something was done, by whom and to which conversation; codes and ids only."""
    authority_id = conversation.authority_id if conversation else None
    if authority_id is None and practitioner is not None:
        authority_id = practitioner.authority_id
    session.add(
        AuditEvent(
            authority_id=authority_id,
            action=action,
            practitioner_id=practitioner.id if practitioner else None,
            conversation_id=conversation.id if conversation else None,
            details=dict(details) if details else None,
        )
    )


def announce(
    session: Session, conversation: Conversation, kind: str, subject_id: int | None = None
) -> None:
    """Tells open consoles that something of a conversation changed, once this is committed."""
    session.add(
        LiveEvent(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            kind=kind,
            subject_id=subject_id,
            at=utc_now(),
        )
    )


def notify(session: Session, authority_id: int, practitioner_id: int | None = None) -> None:
    """Tells the open consoles of a colleague, or of all, that something waits for them."""
    session.add(
        LiveEvent(
            authority_id=authority_id,
            conversation_id=None,
            kind="notice",
            subject_id=practitioner_id,
            at=utc_now(),
        )
    )


def check_access(session: Session, practitioner: Practitioner) -> None:
    """Lets the open pages of somebody be asked again whether they are signed in."""
    session.add(
        LiveEvent(
            authority_id=practitioner.authority_id,
            conversation_id=None,
            kind="access",
            subject_id=practitioner.id,
            at=utc_now(),
        )
    )
