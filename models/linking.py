"""Links between children's records, and the keyed look-ups by which they are found."""

import datetime as dt
import enum

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, CreatedAt, Id, foreign_key
from models.conversation import Child
from models.encryption import EncryptedText
from models.practitioner import Practitioner


class LinkKind(enum.StrEnum):
    """What two records are to each other."""

    SAME_CHILD = "same_child"
    SIBLING = "sibling"
    NOT_THE_SAME = "not_the_same"
    """Somebody looked, and they are two children: it is not suggested again."""


class ChildLink(Base):
    """Two records that belong together. Neither is merged into the other, and it can be undone."""

    __tablename__ = "child_link"
    __table_args__ = (
        Index(
            "uq_child_link_now",
            "child_id",
            "other_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_child_link_other", "other_id"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    """The older record of the two."""
    other_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    kind: Mapped[LinkKind]
    reason: Mapped[str] = mapped_column(EncryptedText)
    linked_by_id: Mapped[int] = mapped_column(foreign_key("practitioner.id"))
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(foreign_key("practitioner.id"))
    end_reason: Mapped[str | None] = mapped_column(EncryptedText)

    child: Mapped[Child] = relationship(foreign_keys=child_id)
    other: Mapped[Child] = relationship(foreign_keys=other_id)
    linked_by: Mapped[Practitioner] = relationship(foreign_keys=linked_by_id)


class Lookup(Base):
    """A keyed hash of something known of a child, by which it is found while it stays sealed."""

    __tablename__ = "lookup"
    __table_args__ = (
        UniqueConstraint("child_id", "kind", "digest"),
        Index("ix_lookup_digest", "authority_id", "kind", "digest"),
    )

    id: Mapped[Id]
    authority_id: Mapped[int] = mapped_column(foreign_key("authority.id"))
    child_id: Mapped[int] = mapped_column(foreign_key("child.id"))
    kind: Mapped[str] = mapped_column(String(40))
    """The record's field it comes from, such as `name_to_use`."""
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
