"""What children say of how it went with us."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.contact import Contact
from models.conversation import Conversation
from models.encryption import EncryptedJson, EncryptedText


class Feedback(Base):
    """What a child was asked about one episode, and what they said; asked once."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("conversation_id", "episode"),
        Index("ix_feedback_authority", "authority_id", "answered_at", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    contact_id: Mapped[int | None] = mapped_column(foreign_key("contact.id"))
    """None where nothing was said that made a contact."""
    episode: Mapped[int] = mapped_column(default=1)
    set_name: Mapped[str] = mapped_column(String(40))
    """Which set of questions was asked."""
    open_item: Mapped[str | None] = mapped_column(String(40))
    """The question that is open; None when all is said, or the child wrote of something else."""
    opened_at: Mapped[dt.datetime | None]
    """When the open question was put."""
    score: Mapped[int | None]
    """1 for the worst to 5 for the best."""
    items: Mapped[Any | None] = mapped_column(EncryptedJson)
    """The answers to the further questions, by their names."""
    words: Mapped[str | None] = mapped_column(EncryptedText)
    """What we should change, in the child's own words."""
    asked_at: Mapped[CreatedAt]
    answered_at: Mapped[dt.datetime | None]
    """When the child answered first."""

    conversation: Mapped[Conversation] = relationship()
    contact: Mapped[Contact | None] = relationship()
