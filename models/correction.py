"""Corrections of a judgement that may teach a later model, once a second person agrees."""

import datetime as dt
import enum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Message
from models.encryption import EncryptedText
from models.practitioner import Practitioner
from models.urgency import Urgency


class CorrectionStatus(enum.StrEnum):
    """What the second person said of a correction."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Correction(Base):
    """A message with the label that a practitioner gave it. It holds no copy of the words.

    It exists only where the authority keeps corrections, and until `erase_at`. Nothing learns from
    it by itself.
    """

    __tablename__ = "correction"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"), index=True)
    language: Mapped[str] = mapped_column(String(12))
    urgency_before: Mapped[Urgency]
    harms_before: Mapped[list[str]] = mapped_column(JSON)
    urgency: Mapped[Urgency]
    harms: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(EncryptedText)
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    basis: Mapped[str] = mapped_column(String(200))
    """The authority's ground for keeping it, as it was when it was kept."""
    created_at: Mapped[CreatedAt]
    erase_at: Mapped[dt.datetime] = mapped_column(index=True)

    status: Mapped[CorrectionStatus] = mapped_column(default=CorrectionStatus.WAITING)
    reviewed_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    reviewed_at: Mapped[dt.datetime | None]
    review_reason: Mapped[str | None] = mapped_column(EncryptedText)
    exported_at: Mapped[dt.datetime | None]

    message: Mapped[Message] = relationship()
    practitioner: Mapped[Practitioner] = relationship(foreign_keys=[practitioner_id])
    reviewed_by: Mapped[Practitioner | None] = relationship(foreign_keys=[reviewed_by_id])
