"""What colleagues say to each other about a talk, hand to each other, and have ready to say."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.authority import Authority, Team
from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation
from models.encryption import EncryptedJson, EncryptedText
from models.practitioner import Practitioner


class NoteKind(enum.StrEnum):
    """Whom a note is for."""

    NOTE = "note"
    """For every colleague who may see the conversation."""
    WHISPER = "whisper"
    """From a supervisor to whoever holds the conversation."""


class Note(Base):
    """Something colleagues tell each other beside a talk.

    It is no `Message` and has no `Delivery`, so that nothing can ever send it to a child.
    """

    __tablename__ = "note"
    __table_args__ = (
        UniqueConstraint("conversation_id", "form_id"),
        Index("ix_note_thread", "conversation_id", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    kind: Mapped[NoteKind] = mapped_column(default=NoteKind.NOTE)
    text: Mapped[str] = mapped_column(EncryptedText)
    after_message_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """The newest message when it was written: where it stands in the talk."""
    form_id: Mapped[str | None] = mapped_column(String(64))
    """The form it came from; the same form again writes nothing."""
    created_at: Mapped[CreatedAt]

    conversation: Mapped[Conversation] = relationship()
    practitioner: Mapped[Practitioner] = relationship()
    mentions: Mapped[list["Mention"]] = relationship(back_populates="note", order_by="Mention.id")


class Mention(Base):
    """A colleague whom a note is meant to reach."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("note_id", "practitioner_id"),
        Index("ix_mention_practitioner", "practitioner_id", "id"),
        Index(
            "ix_mention_unseen",
            "practitioner_id",
            "id",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    note_id: Mapped[int] = mapped_column(foreign_key("note.id"))
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    created_at: Mapped[CreatedAt]
    seen_at: Mapped[dt.datetime | None]

    note: Mapped[Note] = relationship(back_populates="mentions")
    practitioner: Mapped[Practitioner] = relationship()


class TransferStatus(enum.StrEnum):
    """What became of an offer to take a conversation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Transfer(Base):
    """An offer to take a conversation; until it is accepted, the holder stays responsible.

    Exactly one of `to_practitioner_id`, `to_team_id` and `to_authority_id` says to whom.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        # A child is not offered to two at once.
        Index(
            "uq_transfer_pending",
            "conversation_id",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_transfer_due",
            "expires_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_transfer_sent", "authority_id", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    """Whose the conversation was when it was offered."""
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    offered_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    to_practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    to_team_id: Mapped[int | None] = mapped_column(foreign_key("team.id"))
    to_authority_id: Mapped[int | None] = mapped_column(foreign_key("authority.id"))
    reason: Mapped[str] = mapped_column(EncryptedText)
    """Why, and what the next person must know first."""
    consent: Mapped[Any | None] = mapped_column(EncryptedJson)
    """For another authority: whether the child agrees, their words, and the reason if not."""
    status: Mapped[TransferStatus] = mapped_column(default=TransferStatus.PENDING)
    answer_reason: Mapped[str | None] = mapped_column(EncryptedText)
    answered_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]

    conversation: Mapped[Conversation] = relationship()
    authority: Mapped[Authority] = relationship(foreign_keys=[authority_id])
    offered_by: Mapped[Practitioner] = relationship(foreign_keys=[offered_by_id])
    answered_by: Mapped[Practitioner | None] = relationship(foreign_keys=[answered_by_id])
    to_practitioner: Mapped[Practitioner | None] = relationship(foreign_keys=[to_practitioner_id])
    to_team: Mapped[Team | None] = relationship(foreign_keys=[to_team_id])
    to_authority: Mapped[Authority | None] = relationship(foreign_keys=[to_authority_id])


class CannedReply(Base):
    """Words an authority keeps ready for its practitioners."""

    __tablename__ = "canned_reply"
    __table_args__ = (UniqueConstraint("authority_id", "shortcut"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    shortcut: Mapped[str] = mapped_column(String(20))
    """What is typed after a slash to have it written out."""
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(1000))
    """With `[[tokens]]`, which are filled when it is used."""
    updated_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    updated_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]
