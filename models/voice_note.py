"""Voice notes: the sound of what a child said aloud, fetched once and kept sealed."""

import datetime as dt
import enum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation, Message
from models.encryption import EncryptedBytes


class VoiceNoteState(enum.StrEnum):
    """How far the fetching of one voice note has come."""

    WAITING = "waiting"
    KEPT = "kept"
    LOST = "lost"
    """The provider will not give it, or has not for a whole day."""


class VoiceNote(Base):
    """One sound that a child sent, from its coming to its being kept."""

    __tablename__ = "voice_note"
    __table_args__ = (
        UniqueConstraint("message_id", "place"),
        Index(
            "ix_voice_note_waiting",
            "not_before",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    # Unlike what else hangs on a message, the sound goes with it: whoever erases the message
    # must not be able to leave the child's voice behind.
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    place: Mapped[int]
    """Where it stands among the message's attachments, which keep the provider's reference."""
    state: Mapped[VoiceNoteState] = mapped_column(default=VoiceNoteState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column()
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    seconds: Mapped[int | None]
    """How long it lasts, where the provider says."""
    media_type: Mapped[str | None] = mapped_column(String(60))
    # Megabytes: only whoever plays it reads it.
    sound: Mapped[bytes | None] = mapped_column(EncryptedBytes, deferred=True)
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[dt.datetime | None]

    message: Mapped[Message] = relationship()
    conversation: Mapped[Conversation] = relationship()
