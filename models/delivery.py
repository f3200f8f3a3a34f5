"""What becomes of a message after it was sent: early receipts, and taking it back."""

import datetime as dt
import enum

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation, DeliveryStatus


class EarlyReceipt(Base):
    """A provider's word on a message whose sending is not yet settled; kept until it is."""

    __tablename__ = "early_receipt"
    __table_args__ = (UniqueConstraint("account_id", "external_id", "status"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    external_id: Mapped[str] = mapped_column(String(120))
    status: Mapped[DeliveryStatus]
    error_code: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[CreatedAt]


class DeletionStatus(enum.StrEnum):
    """How far the taking back of one message has come."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    """The provider cannot take it back: it is too old, or gone already."""


class Deletion(Base):
    """One message to be taken back from the child's phone; our record keeps it."""

    __tablename__ = "deletion"
    __table_args__ = (
        UniqueConstraint("conversation_id", "external_id"),
        Index(
            "ix_deletion_waiting",
            "not_before",
            "id",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    account_id: Mapped[int] = mapped_column(foreign_key("channel_account.id"))
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"))
    external_id: Mapped[str] = mapped_column(String(120))
    """The provider's id of the message in its chat."""
    request_id: Mapped[int] = mapped_column(foreign_key("message.id"), index=True)
    """The message in which the child asked for it."""
    status: Mapped[DeletionStatus] = mapped_column(default=DeletionStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime] = mapped_column()
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[dt.datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[CreatedAt]
    done_at: Mapped[dt.datetime | None]

    conversation: Mapped[Conversation] = relationship()
