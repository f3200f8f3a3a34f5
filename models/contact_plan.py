"""Safe-contact plans: each change of one, and each override of one."""

import datetime as dt
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Author, Child, Conversation, Message
from models.encryption import EncryptedJson, EncryptedText
from models.practitioner import Practitioner


class PlanChange(Base):
    """One thing said of a child's safe-contact plan. Never changed: a later one stands beside."""

    __tablename__ = "plan_change"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(foreign_key("conversation.id"))
    part: Mapped[str] = mapped_column(String(40))
    """Which part of the plan it is about."""
    words: Mapped[str | None] = mapped_column(EncryptedText)
    """The child's own words, or what a member of staff wrote."""
    reading: Mapped[Any | None] = mapped_column(EncryptedJson)
    """What the words were taken to mean."""
    author: Mapped[Author]
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    """Why a member of staff changed it."""
    message_id: Mapped[int | None] = mapped_column(foreign_key("message.id"))
    """The message it came from."""
    created_at: Mapped[CreatedAt]

    child: Mapped[Child] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()


class SendOverride(Base):
    """Two people's decision that one message goes although the plan does not allow it."""

    __tablename__ = "send_override"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    message_id: Mapped[int] = mapped_column(foreign_key("message.id"), unique=True)
    reason: Mapped[str] = mapped_column(EncryptedText)
    asked_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    asked_at: Mapped[CreatedAt]
    confirmed_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    confirmed_at: Mapped[dt.datetime | None]

    conversation: Mapped[Conversation] = relationship()
    message: Mapped[Message] = relationship()
