"""Versions of what the bot says: files, checks, signatures, comments, and going live."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_PEOPLE = "practitioner.id"
_VERSIONS = "dialogue_version.id"


def upgrade() -> None:
    op.create_table(
        "dialogue_text",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_dialogue_text")),
    )
    _table(
        "dialogue_version",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("parent_id", _NUMBER, nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_by_id", _NUMBER, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("check_asked_by_id", _NUMBER, nullable=True),
        sa.Column("check_asked_at", _MOMENT, nullable=True),
        sa.Column("check_cancelled_at", _MOMENT, nullable=True),
        *_foreign("dialogue_version", parent_id=_VERSIONS, created_by_id=_PEOPLE),
        *_foreign("dialogue_version", check_asked_by_id=_PEOPLE),
        sa.UniqueConstraint("number", name=op.f("uq_dialogue_version_number")),
    )
    op.create_index(op.f("ix_dialogue_version_state"), "dialogue_version", ["state"])
    op.create_table(
        "dialogue_file",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        *_foreign("dialogue_file", version_id=_VERSIONS, sha256="dialogue_text.sha256"),
        sa.PrimaryKeyConstraint("version_id", "path", name=op.f("pk_dialogue_file")),
    )
    _table(
        "dialogue_check",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("place", _NUMBER, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("progress", sa.String(length=200), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("at", _MOMENT, nullable=True),
        *_foreign("dialogue_check", version_id=_VERSIONS),
        sa.UniqueConstraint("version_id", "name", name=op.f("uq_dialogue_check_version_id_name")),
    )
    _table(
        "dialogue_signature",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("practitioner_id", _NUMBER, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        *_foreign("dialogue_signature", version_id=_VERSIONS, practitioner_id=_PEOPLE),
        *(
            sa.UniqueConstraint(
                *("version_id", "fingerprint", column),
                name=op.f(f"uq_dialogue_signature_version_id_fingerprint_{column}"),
            )
            for column in ("role", "practitioner_id")
        ),
    )
    _table(
        "dialogue_comment",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("line", _NUMBER, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("practitioner_id", _NUMBER, nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        *_foreign("dialogue_comment", version_id=_VERSIONS, practitioner_id=_PEOPLE),
    )
    op.create_index("ix_dialogue_comment_place", "dialogue_comment", ["version_id", "path", "line"])
    _table(
        "dialogue_publication",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("before_id", _NUMBER, nullable=True),
        sa.Column("published_by_id", _NUMBER, nullable=True),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("review_due_at", _MOMENT, nullable=True),
        sa.Column("reviewed_by_id", _NUMBER, nullable=True),
        sa.Column("reviewed_at", _MOMENT, nullable=True),
        sa.Column("rolled_back_by_id", _NUMBER, nullable=True),
        sa.Column("rolled_back_at", _MOMENT, nullable=True),
        sa.Column("rolled_back_why", sa.Text(), nullable=False),
        *_foreign("dialogue_publication", version_id=_VERSIONS, before_id=_VERSIONS),
        *_foreign("dialogue_publication", published_by_id=_PEOPLE, reviewed_by_id=_PEOPLE),
        *_foreign("dialogue_publication", rolled_back_by_id=_PEOPLE),
    )
    op.create_index(
        op.f("ix_dialogue_publication_version_id"), "dialogue_publication", ["version_id"]
    )


def downgrade() -> None:
    for name in ("publication", "comment", "signature", "check", "file", "version", "text"):
        op.drop_table(f"dialogue_{name}")


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    identity = sa.Column("id", _NUMBER, nullable=False)
    op.create_table(name, identity, *parts, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))


def _foreign(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column],
            [target],
            name=op.f(f"fk_{table}_{column}_{target.split('.', maxsplit=1)[0]}"),
            ondelete="RESTRICT",
        )
        for column, target in targets.items()
    ]
