"""Who owes a child an answer, by when, and who is called next; and how staff are alerted."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, Index, String, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation
from models.encryption import EncryptedJson, EncryptedText
from models.practitioner import Practitioner
from models.urgency import Urgency

_OPEN = text("closed_at IS NULL")
_SHOWN = text("closed_at IS NULL AND rung != 'worker'")
_DUE = text("status IN ('queued', 'sending')")


class Rung(enum.StrEnum):
    """A step of the ladder, from the person nearest to the child upwards."""

    WORKER = "worker"
    """Whoever holds the conversation."""
    DUTY = "duty"
    EMERGENCY_DUTY = "emergency_duty"
    MANAGER = "manager"


class Escalation(Base):
    """An answer owed to a child: its owner, its deadline and the moment of its next step.

    One is open at a time for a conversation. It is closed when the child was answered.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        Index(
            "uq_escalation_open",
            "conversation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_escalation_next", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        # The queue, in its own order: what a worker is still in time for is not in it.
        Index(
            "ix_escalation_queue",
            "authority_id",
            "urgency",
            "due_at",
            "since",
            "id",
            sqlite_where=_SHOWN,
            postgresql_where=_SHOWN,
        ),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    urgency: Mapped[Urgency]
    since: Mapped[dt.datetime] = mapped_column()
    """When the child began to wait."""
    due_at: Mapped[dt.datetime] = mapped_column()
    """When the child is to be answered by."""
    rung: Mapped[Rung]
    owner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """Who has it; None while it is the rota's, on its rung."""
    next_at: Mapped[dt.datetime] = mapped_column()
    """When the next rung is called, unless somebody acts before."""
    called_at: Mapped[dt.datetime | None]
    """When its rung was called; None while that is still to be done."""
    climb: Mapped[int] = mapped_column(default=0)
    """How often somebody was called, so that each call is made once."""
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[dt.datetime | None]

    conversation: Mapped[Conversation] = relationship()
    owner: Mapped[Practitioner | None] = relationship(foreign_keys=[owner_id])


class AlertWay(enum.StrEnum):
    """How somebody is called who does not look at the console."""

    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"
    TEAMS = "teams"


class AlertStatus(enum.StrEnum):
    """What became of an alert."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """Given up after many tries, or refused for good."""
    CANCELLED = "cancelled"
    """The child was answered, or somebody else was called, before it went."""


class StaffAlert(Base):
    """One call to one person by one way. Says that somebody waits, never who or what was said."""

    __tablename__ = "staff_alert"
    __table_args__ = (
        # A sweep that runs twice calls once.
        UniqueConstraint("once"),
        UniqueConstraint("token"),
        Index("ix_staff_alert_due", "not_before", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_staff_alert_escalation", "escalation_id", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    escalation_id: Mapped[int | None] = mapped_column(foreign_key("escalation.id"))
    """None for a test that somebody asked for."""
    climb: Mapped[int] = mapped_column(default=0)
    rung: Mapped[Rung]
    urgency: Mapped[Urgency]
    way: Mapped[AlertWay]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None for a way that reaches everybody at once."""
    subscription_id: Mapped[int | None]
    """The browser that a push goes to; it may be gone since."""
    once: Mapped[str] = mapped_column(String(120))
    token: Mapped[str] = mapped_column(String(64))
    """What the link in it carries, by which it is acknowledged."""
    status: Mapped[AlertStatus] = mapped_column(default=AlertStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column()
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    sent_at: Mapped[dt.datetime | None]
    acknowledged_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]

    escalation: Mapped[Escalation | None] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()


class AlertPreference(Base):
    """How one person wants to be called. Without a row: by push and by email, at any hour."""

    __tablename__ = "alert_preference"
    __table_args__ = (UniqueConstraint("practitioner_id"),)

    id: Mapped[Id]
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    by_push: Mapped[bool] = mapped_column(default=True)
    by_email: Mapped[bool] = mapped_column(default=True)
    by_sms: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    quiet_from: Mapped[dt.time | None] = mapped_column(Time)
    """Local time; from then to `quiet_until` nothing but an emergency comes."""
    quiet_until: Mapped[dt.time | None] = mapped_column(Time)


class PushSubscription(Base):
    """One browser of one person that takes pushes. Removed when it takes them no more."""

    __tablename__ = "push_subscription"
    __table_args__ = (UniqueConstraint("endpoint_digest"),)

    id: Mapped[Id]
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"), index=True)
    endpoint_digest: Mapped[str] = mapped_column(String(64))
    details: Mapped[Any] = mapped_column(EncryptedJson)
    """The endpoint and the browser's keys, as the browser gave them."""
    label: Mapped[str] = mapped_column(String(80), default="")
    """Which browser it is, in the owner's eyes."""
    created_at: Mapped[CreatedAt]


class SavedView(Base):
    """A list of the queue with filters, kept by one person under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("practitioner_id", "name"),)

    id: Mapped[Id]
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[Any] = mapped_column(JSON)
    created_at: Mapped[CreatedAt]
