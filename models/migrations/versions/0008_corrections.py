"""Corrections: labelled candidates, and how long an authority keeps them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOREIGN = (
    ("authority_id", "authority"),
    ("message_id", "message"),
    ("practitioner_id", "practitioner"),
    ("reviewed_by_id", "practitioner"),
)


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("authority_id", _NUMBER, nullable=False),
        sa.Column("message_id", _NUMBER, nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("urgency_before", sa.String(length=40), nullable=False),
        sa.Column("harms_before", sa.JSON(), nullable=False),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("harms", sa.JSON(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("practitioner_id", _NUMBER, nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reviewed_by_id", _NUMBER, nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_reason", sa.LargeBinary(), nullable=True),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_correction_{column}_{table}"),
                ondelete="RESTRICT",
            )
            for column, table in _FOREIGN
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_message_id"), "correction", ["message_id"])
    op.create_index(op.f("ix_correction_erase_at"), "correction", ["erase_at"])
    with op.batch_alter_table("authority", schema=None) as batch_op:
        batch_op.add_column(sa.Column("correction_days", _NUMBER, nullable=True))
        batch_op.add_column(sa.Column("correction_basis", sa.String(length=200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("authority", schema=None) as batch_op:
        batch_op.drop_column("correction_basis")
        batch_op.drop_column("correction_days")
    op.drop_table("correction")
