"""Practitioners and admins: who may sign in, and as what."""

import datetime as dt
import enum

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.authority import Authority, Team
from models.base import Base, CreatedAt, Id, foreign_key


class RoleName(enum.StrEnum):
    """What someone who signs in may do."""

    PRACTITIONER = "practitioner"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    PUBLISHER = "publisher"
    ADMIN = "admin"


_practitioner_role = Table(
    "practitioner_role",
    Base.metadata,
    Column("practitioner_id", ForeignKey("practitioner.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Base):
    """A role, as the sign-in library knows it."""

    __tablename__ = "role"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))
    permissions: Mapped[list[str] | None] = mapped_column(JSON)

    def get_permissions(self) -> set[str]:
        """Gives the permissions, under the name by which the sign-in library asks."""
        return set(self.permissions or [])


class Practitioner(Base):
    """Someone who works with children and may sign in to the console."""

    __tablename__ = "practitioner"

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    team_id: Mapped[int | None] = mapped_column(foreign_key("team.id"))
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    """The name a child is told."""
    registration_number: Mapped[str | None] = mapped_column(String(20))
    """Social Work England's `SW` and digits, for a registered social worker."""
    on_duty: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[CreatedAt]

    # From here on, columns by the names Flask-Security reads.
    password: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[dt.datetime | None]
    last_login_at: Mapped[dt.datetime | None]
    current_login_at: Mapped[dt.datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(128))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JSON)

    roles: Mapped[list[Role]] = relationship(secondary=_practitioner_role, lazy="selectin")
    authority: Mapped[Authority] = relationship(lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")

    def has_any_role(self, *names: RoleName) -> bool:
        """Tells whether at least one of the roles is theirs."""
        return any(role.name in names for role in self.roles)
