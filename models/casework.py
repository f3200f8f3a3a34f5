"""Casework: dated notes on a child's record, and tasks with an owner and a day they are due."""

import datetime as dt
import enum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.contact import Contact
from models.conversation import Child, Conversation
from models.encryption import EncryptedText
from models.practitioner import Practitioner


class NoteKind(enum.StrEnum):
    """What a case note is about."""

    NOTE = "note"
    PHONE_CALL = "phone_call"
    VISIT = "visit"
    MEETING = "meeting"
    EMAIL_OR_LETTER = "email_or_letter"
    SUPERVISION = "supervision"


class CaseNote(Base):
    """A dated note on a child's record. Never changed: a correction stands beside it."""

    __tablename__ = "case_note"
    __table_args__ = (Index("ix_case_note_child", "child_id", "happened_at", "id"),)

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    contact_id: Mapped[int | None] = mapped_column(foreign_key("contact.id"))
    kind: Mapped[NoteKind] = mapped_column(default=NoteKind.NOTE)
    happened_at: Mapped[dt.datetime]
    """When what it tells of took place; `created_at` says when it was written down."""
    text: Mapped[str] = mapped_column(EncryptedText)
    corrects_id: Mapped[int | None] = mapped_column(foreign_key("case_note.id"))
    """The earlier note that this one corrects; both stay."""
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    created_at: Mapped[CreatedAt]

    child: Mapped[Child] = relationship()
    practitioner: Mapped[Practitioner] = relationship()


class TaskKind(enum.StrEnum):
    """What sort of thing is to be done."""

    FOLLOW_UP = "follow_up"
    WELFARE_CHECK = "welfare_check"
    """A child fell silent after saying something worrying: a person decides what to do."""
    NEW_INFORMATION = "new_information"
    """A contact came in on an open case and was passed to the allocated worker."""
    CHANGE_OF_WORKER = "change_of_worker"
    """The child asked for another worker."""
    TELL_THE_CHILD = "tell_the_child"
    """Something the child is to hear did not reach them."""
    PAUSE = "pause"
    """A worker has read much that is hard: time to talk with somebody."""
    OTHER = "other"


class Task(Base):
    """Something a person is to do by a time. Done or not, it stays."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_open",
            "authority_id",
            "owner_id",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_task_child", "child_id", "id"),
        Index("ix_task_conversation", "conversation_id", "id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int | None] = mapped_column(foreign_key("child.id"))
    conversation_id: Mapped[int | None] = mapped_column(foreign_key("conversation.id"))
    contact_id: Mapped[int | None] = mapped_column(foreign_key("contact.id"))
    kind: Mapped[TaskKind]
    reason_code: Mapped[str | None] = mapped_column(String(10))
    """A code that returns want, such as `CHCHAN` for a change the child asked for."""
    what: Mapped[str] = mapped_column(EncryptedText)
    owner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """Whose it is; None while it is everybody's on duty."""
    due_at: Mapped[dt.datetime]
    once: Mapped[str | None] = mapped_column(String(80), unique=True)
    """What it was made for, by which a sweep that runs twice makes it once."""
    created_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None where the service made it."""
    done_at: Mapped[dt.datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    result: Mapped[str | None] = mapped_column(EncryptedText)
    """What was done, in words."""

    child: Mapped[Child | None] = relationship()
    conversation: Mapped[Conversation | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    owner: Mapped[Practitioner | None] = relationship(foreign_keys=owner_id)
    done_by: Mapped[Practitioner | None] = relationship(foreign_keys=done_by_id)
