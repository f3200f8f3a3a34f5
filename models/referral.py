"""Referrals: contacts that children's social care accepted, and who works with the child."""

import datetime as dt

from sqlalchemy import JSON, Date, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.contact import Contact, ReferralSource
from models.conversation import Child
from models.encryption import EncryptedText
from models.practitioner import Practitioner


class Referral(Base):
    """A contact accepted by social care. A child has one open at a time with each authority."""

    __tablename__ = "referral"
    __table_args__ = (
        Index(
            "uq_referral_open",
            "authority_id",
            "child_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_referral_child", "child_id", "referred_at"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    contact_id: Mapped[int] = mapped_column(foreign_key("contact.id"), unique=True)
    source: Mapped[ReferralSource]
    referred_at: Mapped[CreatedAt]
    accepted_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    allocated_worker_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    """Who answers for the open case; None until somebody is named."""
    outcome_flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The next steps chosen, by the referral outcome codes of the nation's code set."""
    is_no_further_action: Mapped[bool] = mapped_column(default=False)
    previous_id: Mapped[int | None] = mapped_column(foreign_key("referral.id"))
    """The referral of the same child within the twelve months before, if there is one."""
    closed_at: Mapped[dt.datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    closure_reason: Mapped[str | None] = mapped_column(String(10))

    child: Mapped[Child] = relationship()
    contact: Mapped[Contact] = relationship()
    accepted_by: Mapped[Practitioner] = relationship(foreign_keys=accepted_by_id)
    allocated_worker: Mapped[Practitioner | None] = relationship(foreign_keys=allocated_worker_id)

    @property
    def is_re_referral(self) -> bool:
        """Tells whether the child had been referred within the twelve months before."""
        return self.previous_id is not None


class NamedWorker(Base):
    """The worker a child knows by name, for a time; who came before stays on record."""

    __tablename__ = "named_worker"
    __table_args__ = (
        Index(
            "uq_named_worker_now",
            "child_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_named_worker_practitioner", "practitioner_id", "until"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    since: Mapped[CreatedAt]
    until: Mapped[dt.datetime | None]
    reason_code: Mapped[str] = mapped_column(String(10))
    """Why it became this worker, by the nation's codes for a change of worker."""
    named_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))

    child: Mapped[Child] = relationship()
    practitioner: Mapped[Practitioner] = relationship(foreign_keys=practitioner_id)


class PlannedAbsence(Base):
    """Days on which a worker is away, and who answers for them."""

    __tablename__ = "planned_absence"
    __table_args__ = (
        UniqueConstraint("practitioner_id", "first_day"),
        Index("ix_planned_absence_last_day", "authority_id", "last_day"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    practitioner_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    first_day: Mapped[dt.date] = mapped_column(Date)
    last_day: Mapped[dt.date] = mapped_column(Date)
    cover_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    note: Mapped[str | None] = mapped_column(EncryptedText)
    """What colleagues should know."""
    created_at: Mapped[CreatedAt]

    practitioner: Mapped[Practitioner] = relationship(foreign_keys=practitioner_id)
    cover: Mapped[Practitioner | None] = relationship(foreign_keys=cover_id)
