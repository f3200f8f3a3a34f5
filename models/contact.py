"""Contacts and their answers: what a child told us, kept as they said it."""

import datetime as dt
import enum
import uuid
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Author, Child, Conversation, Message
from models.encryption import EncryptedJson, EncryptedText
from models.practitioner import Practitioner
from models.urgency import Urgency


class ReferralSource(enum.StrEnum):
    """Who raised it, by the Department for Education's census code."""

    FAMILY = "1A"
    ACQUAINTANCE = "1B"
    SELF = "1C"
    OTHER_INDIVIDUAL = "1D"
    SCHOOL = "2A"
    EDUCATION = "2B"
    GP = "3A"
    HEALTH_VISITOR = "3B"
    SCHOOL_NURSE = "3C"
    OTHER_PRIMARY_HEALTH = "3D"
    EMERGENCY_DEPARTMENT = "3E"
    OTHER_HEALTH = "3F"
    HOUSING = "4"
    ADULT_SOCIAL_CARE = "5A"
    OTHER_INTERNAL = "5B"
    OTHER_AUTHORITY = "5C"
    EARLY_HELP = "5D"
    POLICE = "6"
    OTHER_LEGAL = "7"
    OTHER = "8"
    ANONYMOUS = "9"
    UNKNOWN = "10"


class ContactChannel(enum.StrEnum):
    """How a contact came in: over a channel, or to a person who wrote it down."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    WEB = "web"
    PHONE = "phone"
    WALK_IN = "walk_in"


class ContactOutcome(enum.StrEnum):
    """What a practitioner decided on a contact."""

    INFORMATION_AND_ADVICE = "information_and_advice"
    EARLY_HELP = "early_help"
    REFERRAL = "referral"
    NO_FURTHER_ACTION = "no_further_action"
    PASSED_TO_WORKER = "passed_to_worker"
    """It is about an open case: the allocated worker was given it, and no referral was made."""


class AnswerStatus(enum.StrEnum):
    """Which of five things an answer is. Only these are ever recorded as given."""

    VALUE = "value"
    DONT_KNOW = "dont_know"
    PREFER_NOT_TO_SAY = "prefer_not_to_say"
    NOT_ASKED = "not_asked"
    ASKED_UNANSWERED = "asked_unanswered"


class Contact(Base):
    """A child's request for help, as recorded; a practitioner decides what it becomes."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_conversation", "conversation_id", "id"),
        # Those that wait for a decision stay few, however long the history.
        Index(
            "ix_contact_undecided",
            "authority_id",
            "submitted_at",
            "id",
            sqlite_where=text("outcome IS NULL AND submitted_at IS NOT NULL"),
            postgresql_where=text("outcome IS NULL AND submitted_at IS NOT NULL"),
        ),
        Index("ix_contact_received", "authority_id", "received_at", "id"),
        Index("ix_contact_decided", "authority_id", "decided_at", "id"),
        Index("ix_contact_decided_by", "decided_by_id", "id"),
    )

    id: Mapped[Id]
    contact_id: Mapped[str] = mapped_column(
        String(36), unique=True, default=lambda: str(uuid.uuid4())
    )
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int | None] = mapped_column(foreign_key("conversation.id"))
    """None for what came by telephone or at the door."""
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"), index=True)
    episode: Mapped[int] = mapped_column(default=1)
    continues_episode: Mapped[int | None]
    """The earlier episode of this conversation that it goes on from, by the child's word."""
    source: Mapped[ReferralSource] = mapped_column(default=ReferralSource.SELF)
    channel: Mapped[ContactChannel]
    locale: Mapped[str] = mapped_column(String(12), default="en")
    received_at: Mapped[CreatedAt]
    is_out_of_hours: Mapped[bool] = mapped_column(default=False)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.NO_CONCERN)
    submitted_at: Mapped[dt.datetime | None]
    """When there was enough for people to read; None while only small talk was said."""
    outcome: Mapped[ContactOutcome | None]
    outcome_reason: Mapped[str | None] = mapped_column(EncryptedText)
    decided_at: Mapped[dt.datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    outcome_flags: Mapped[list[str] | None] = mapped_column(JSON)
    """The decision by the contact outcome codes of the nation's code set."""
    acknowledgement_id: Mapped[int | None] = mapped_column(foreign_key("message.id"), index=True)
    """The message that tells the child what was decided; None while none was queued."""
    acknowledgement_wording: Mapped[str | None] = mapped_column(String(60))
    """Which of our texts it is."""
    not_acknowledged_reason: Mapped[str | None] = mapped_column(EncryptedText)
    """Why the child was not told, where somebody decided so."""
    acknowledged_at: Mapped[dt.datetime | None]
    """When it really went."""
    taken_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """Who wrote it down, where it came by telephone or at the door."""
    created_at: Mapped[CreatedAt]

    conversation: Mapped[Conversation | None] = relationship()
    child: Mapped[Child] = relationship()
    decided_by: Mapped[Practitioner | None] = relationship(foreign_keys=decided_by_id)
    taken_by: Mapped[Practitioner | None] = relationship(foreign_keys=taken_by_id)
    acknowledgement: Mapped[Message | None] = relationship(foreign_keys=acknowledgement_id)
    answers: Mapped[list["Answer"]] = relationship(back_populates="contact", order_by="Answer.id")

    @property
    def conversation_here(self) -> Conversation | None:
        """Gives its conversation, or None where another authority has taken that since."""
        talk = self.conversation
        return talk if talk is not None and talk.authority_id == self.authority_id else None


class Answer(Base):
    """One answer to one field. Never overwritten: a later answer stands beside it."""

    __tablename__ = "answer"
    __table_args__ = (Index("ix_answer_field", "contact_id", "field", "id"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(foreign_key("contact.id"))
    field: Mapped[str] = mapped_column(String(60))
    status: Mapped[AnswerStatus]
    value: Mapped[Any | None] = mapped_column(EncryptedJson)
    author: Mapped[Author]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    message_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """The message it came from."""
    created_at: Mapped[CreatedAt]

    contact: Mapped[Contact] = relationship(back_populates="answers")
    message: Mapped[Message | None] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()
