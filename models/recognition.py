"""Children who come back by another channel: what they said to be known again, and the link."""

import datetime as dt
import enum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Child, Conversation
from models.practitioner import Practitioner


class RecognitionResult(enum.StrEnum):
    """What came of a try to be known again."""

    LINKED = "linked"
    NOT_KNOWN = "not_known"
    AMBIGUOUS = "ambiguous"
    """Two children have this name and this word: a person finds out which one it is."""
    TOO_MANY = "too_many"
    """It was not even looked at, because so many were tried before."""


class Recognition(Base):
    """One try to be known by name and safe word. Neither is kept here, only their digests."""

    __tablename__ = "recognition"
    __table_args__ = (
        Index("ix_recognition_conversation", "conversation_id", "tried_at"),
        Index("ix_recognition_name", "authority_id", "name_digest", "tried_at"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"))
    name_digest: Mapped[str] = mapped_column(String(64))
    result: Mapped[RecognitionResult]
    child_id: Mapped[int | None] = mapped_column(foreign_key("child.id"))
    """Whom the conversation was linked to."""
    former_child_id: Mapped[int | None] = mapped_column(foreign_key("child.id"))
    """Whose it was before, to undo the link."""
    tried_at: Mapped[CreatedAt]
    undone_at: Mapped[dt.datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))

    conversation: Mapped[Conversation] = relationship()
    child: Mapped[Child | None] = relationship(foreign_keys=child_id)
    former_child: Mapped[Child | None] = relationship(foreign_keys=former_child_id)
    undone_by: Mapped[Practitioner | None] = relationship()
