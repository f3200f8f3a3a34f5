"""Silence after a risk: what was tried to reach a child, and the decision a person owes."""

import datetime as dt
import enum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Conversation
from models.encryption import EncryptedText
from models.practitioner import Practitioner
from models.urgency import Urgency

_OPEN = text("closed_at IS NULL")


class SilenceEnd(enum.StrEnum):
    """How the watch on a silence came to its end."""

    ANSWERED = "answered"
    """The child wrote again."""
    DECIDED = "decided"
    """A person decided what is done about it."""
    LOWERED = "lowered"
    """A person read it and judged it less urgent."""
    ENDED = "ended"
    """A person ended the conversation."""


class Silence(Base):
    """The watch over one child who said something urgent and went quiet.

    It is opened by the words themselves. It ends with the child's answer, or with a person.
    """

    __tablename__ = "silence"
    __table_args__ = (
        Index(
            "uq_silence_open",
            "conversation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_silence_next", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_silence_conversation", "conversation_id", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    conversation_id: Mapped[int] = mapped_column(foreign_key("conversation.id"))
    episode: Mapped[int] = mapped_column(default=1)
    urgency: Mapped[Urgency]
    began_at: Mapped[dt.datetime] = mapped_column()
    """When the child last wrote."""
    is_quiet: Mapped[bool] = mapped_column(default=False)
    """Whether nothing may be written meanwhile: somebody else may be reading."""
    first_step: Mapped[int] = mapped_column(default=0, server_default="0")
    """At which step it began: after those whose words the child has answered calmly already."""
    step: Mapped[int] = mapped_column(default=0)
    """How many of the steps are behind us, whether their words could go or not."""
    written: Mapped[int] = mapped_column(default=0)
    """How often we wrote."""
    next_at: Mapped[dt.datetime] = mapped_column()
    """When the next thing is to be done."""
    ask_at: Mapped[dt.datetime] = mapped_column()
    """When a person is asked to decide, whatever could be written till then."""
    asked_at: Mapped[dt.datetime | None]
    """When a person was asked first."""
    decide_by: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    end: Mapped[SilenceEnd | None]
    decision: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[CreatedAt]

    conversation: Mapped[Conversation] = relationship()
    closed_by: Mapped[Practitioner | None] = relationship()
