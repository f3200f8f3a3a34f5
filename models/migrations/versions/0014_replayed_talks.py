"""Real conversations that the gate plays: whether and how many, and those that would change."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("authority", sa.Column("replayed_talks", _NUMBER, nullable=True))
    op.add_column("authority", sa.Column("replay_basis", sa.String(length=200), nullable=True))
    op.create_table(
        "changed_talk",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("authority_id", _NUMBER, nullable=False),
        sa.Column("is_worse", sa.Boolean(), nullable=False),
        sa.Column("turns", sa.LargeBinary(), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["dialogue_version.id"],
            name=op.f("fk_changed_talk_version_id_dialogue_version"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["authority.id"],
            name=op.f("fk_changed_talk_authority_id_authority"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changed_talk")),
    )
    op.create_index("ix_changed_talk_version", "changed_talk", ["version_id", "authority_id", "id"])
    op.create_index(op.f("ix_changed_talk_erase_at"), "changed_talk", ["erase_at"])


def downgrade() -> None:
    op.drop_table("changed_talk")
    op.drop_column("authority", "replay_basis")
    op.drop_column("authority", "replayed_talks")
