"""Quality reviews of closed conversations."""

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation
from models.encryption import EncryptedText
from models.practitioner import Practitioner


class QualityReview(Base):
    """What a supervisor found when they read one closed episode."""

    __tablename__ = "quality_review"
    __table_args__ = (Index("ix_quality_review_conversation", "conversation_id", "episode"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    episode: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    answers: Mapped[dict[str, str]] = mapped_column(JSON)
    """The answer to each question, by the question's key."""
    comment: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[CreatedAt]

    conversation: Mapped[Conversation] = relationship()
    reviewer: Mapped[Practitioner] = relationship()
