"""Versions of what the bot says and asks: their files, checks, signatures and going live."""

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.encryption import EncryptedJson
from models.practitioner import Practitioner, RoleName


class VersionState(enum.StrEnum):
    """How far a version has come."""

    DRAFT = "draft"
    CHECKING = "checking"
    REFUSED = "refused"
    CHECKED = "checked"
    SIGNED = "signed"
    LIVE = "live"
    RETIRED = "retired"


class CheckOutcome(enum.StrEnum):
    """What a check of the gate came to."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"
    """What it looks at is as in the version that is live."""
    BROKEN = "broken"
    """It could not be carried out, so nothing is proved."""
    CANCELLED = "cancelled"


class DialogueVersion(Base):
    """One state of all the files that say what the bot says, asks and hears."""

    __tablename__ = "dialogue_version"

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(foreign_key("dialogue_version.id"))
    """The version it was made from; None where it came with the program."""
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT, index=True)
    title: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None where it came with the program."""
    created_at: Mapped[CreatedAt]
    fingerprint: Mapped[str] = mapped_column(String(64))
    """One hash of all its files: what was checked and signed is this and nothing else."""
    check_asked_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    check_asked_at: Mapped[dt.datetime | None]
    check_cancelled_at: Mapped[dt.datetime | None]

    parent: Mapped["DialogueVersion | None"] = relationship(remote_side="DialogueVersion.id")
    created_by: Mapped[Practitioner | None] = relationship(foreign_keys=[created_by_id])


class DialogueText(Base):
    """The text of a file, kept once however many versions have it."""

    __tablename__ = "dialogue_text"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class DialogueFile(Base):
    """A file of a version, by its path as it is in the program's folder."""

    __tablename__ = "dialogue_file"

    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(foreign_key("dialogue_text.sha256"))

    content: Mapped[DialogueText] = relationship()


class DialogueCheck(Base):
    """A check of the gate on a version, as it stands or as it ended."""

    __tablename__ = "dialogue_check"
    __table_args__ = (UniqueConstraint("version_id", "name"),)

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the files it looked at."""
    place: Mapped[int]
    """Its place in the order."""
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[CheckOutcome] = mapped_column(default=CheckOutcome.WAITING)
    progress: Mapped[str] = mapped_column(String(200), default="")
    """What it does now, in words."""
    findings: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    """Each with `what`, `where` and `how`; those of a check that passed are for information."""
    at: Mapped[dt.datetime | None]
    """When it came to this outcome."""


class ChangedTalk(Base):
    """A real conversation, made into nobody's, that would go otherwise with a version.

    It names neither the conversation nor when it was: nobody can be led back to the child.
    """

    __tablename__ = "changed_talk"
    __table_args__ = (Index("ix_changed_talk_version", "version_id", "authority_id", "id"),)

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the files it was played with."""
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    is_worse: Mapped[bool]
    """Whether the child would be heard less than today, or reach no person."""
    turns: Mapped[Any] = mapped_column(EncryptedJson)
    """Each with what was said, both answers where they differ, and what would change."""
    erase_at: Mapped[dt.datetime] = mapped_column(index=True)


class DialogueSignature(Base):
    """That a person answers for a version, in a role; one person signs a version once."""

    __tablename__ = "dialogue_signature"
    __table_args__ = (
        UniqueConstraint("version_id", "fingerprint", "role"),
        UniqueConstraint("version_id", "fingerprint", "practitioner_id"),
    )

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the files that were signed: a change afterwards makes the signature worth nothing."""
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    role: Mapped[RoleName]
    at: Mapped[CreatedAt]

    practitioner: Mapped[Practitioner] = relationship()


class DialogueComment(Base):
    """A remark on a line of a version's file, or on the whole version."""

    __tablename__ = "dialogue_comment"
    __table_args__ = (Index("ix_dialogue_comment_place", "version_id", "path", "line"),)

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"))
    path: Mapped[str | None] = mapped_column(String(200))
    line: Mapped[int | None]
    """Counted from 1."""
    words: Mapped[str] = mapped_column(Text)
    practitioner_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None where a young reviewer wrote it in the sandbox."""
    author: Mapped[str] = mapped_column(String(200))
    """The name it is shown under."""
    at: Mapped[CreatedAt]


class DialoguePublication(Base):
    """That a version went live, and how that ended."""

    __tablename__ = "dialogue_publication"

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"), index=True)
    before_id: Mapped[int | None] = mapped_column(foreign_key("dialogue_version.id"))
    """The version that was live until then, to which a roll-back returns."""
    published_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None where it came with the program."""
    published_at: Mapped[CreatedAt]
    why: Mapped[str] = mapped_column(Text, default="")
    review_due_at: Mapped[dt.datetime | None]
    """When somebody must have looked at a change that went live with one signature."""
    reviewed_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    reviewed_at: Mapped[dt.datetime | None]
    rolled_back_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """None where it was rolled back by itself."""
    rolled_back_at: Mapped[dt.datetime | None]
    rolled_back_why: Mapped[str] = mapped_column(Text, default="")

    version: Mapped[DialogueVersion] = relationship(foreign_keys=[version_id])
    before: Mapped[DialogueVersion | None] = relationship(foreign_keys=[before_id])
