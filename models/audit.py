"""Who did what and when, what consoles are told live, and who holds a single task."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, CreatedAt, Id, foreign_key


class AuditEvent(Base):
    """Something a person or the service did. Holds ids and codes, never a child's words."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_conversation", "conversation_id", "id"),
        Index("ix_audit_event_practitioner", "practitioner_id", "action", "at"),
        Index("ix_audit_event_action", "authority_id", "action", "at"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int | None] = mapped_column(foreign_key("authority.id"))
    at: Mapped[CreatedAt]
    action: Mapped[str] = mapped_column(String(60))
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    conversation_id: Mapped[int | None] = mapped_column(foreign_key("conversation.id"))
    details: Mapped[Any | None] = mapped_column(JSON)


class LiveEvent(Base):
    """A change that open consoles show at once. Says that something changed, not what was said."""

    __tablename__ = "live_event"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int | None] = mapped_column(foreign_key("conversation.id"))
    kind: Mapped[str] = mapped_column(String(40))
    """`message`, `delivery`, `holder`, `urgency`, `contact`, `alert`, `note` or `notice`."""
    subject_id: Mapped[int | None]
    """The message, delivery, handover, contact or note that changed; for a notice, who it is
    for, and None for everybody."""
    at: Mapped[dt.datetime] = mapped_column(index=True)


class Lease(Base):
    """A task that one process at a time does, such as the clock."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    held_by: Mapped[str] = mapped_column(String(64))
    held_until: Mapped[dt.datetime]
