"""How a version goes live: what was asked for, which machines are ready, and turns that failed."""

import datetime as dt
import enum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.editing import DialogueVersion
from models.practitioner import Practitioner


class SwitchState(enum.StrEnum):
    """How far a change of the live version has come."""

    WAITING = "waiting"
    """The machines get ready; the version before answers meanwhile."""
    DONE = "done"
    FAILED = "failed"
    """Nothing was switched."""


class DialogueSwitch(Base):
    """That somebody asked for a version to go live, and what became of it."""

    __tablename__ = "dialogue_switch"

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"))
    state: Mapped[SwitchState] = mapped_column(default=SwitchState.WAITING, index=True)
    asked_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    asked_at: Mapped[CreatedAt]
    why: Mapped[str] = mapped_column(Text, default="")
    is_urgent: Mapped[bool] = mapped_column(default=False)
    """Whether one signature was enough, so that somebody must look at it afterwards."""
    progress: Mapped[str] = mapped_column(String(200), default="")
    """What the machines do now, in words."""
    problem: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[dt.datetime | None]

    version: Mapped[DialogueVersion] = relationship()
    asked_by: Mapped[Practitioner] = relationship()


class DialogueStage(Base):
    """A process that keeps dialogues running for the workers beside it, and what it has ready."""

    __tablename__ = "dialogue_stage"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[dt.datetime]
    ready: Mapped[str | None] = mapped_column(String(64))
    """The fingerprint of the version that it could switch to now."""


class DialogueFailure(Base):
    """That a turn failed; holds nothing of the turn."""

    __tablename__ = "dialogue_failure"

    id: Mapped[Id]
    at: Mapped[dt.datetime] = mapped_column(index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the version that answered."""


class DialogueShare(Base):
    """A link by which a young reviewer tries a draft, and nothing else."""

    __tablename__ = "dialogue_share"

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(foreign_key("dialogue_version.id"), index=True)
    made_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    made_at: Mapped[CreatedAt]
    ends_at: Mapped[dt.datetime]
    name: Mapped[str] = mapped_column(String(60))
    """Whom it is for, under which their comments are shown."""

    version: Mapped[DialogueVersion] = relationship()
