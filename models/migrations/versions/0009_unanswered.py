"""Whether a rung was called, and a short way to the children nobody has answered."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNANSWERED = "unanswered_since IS NOT NULL"


def upgrade() -> None:
    op.add_column("escalation", sa.Column("called_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_conversation_unanswered",
        "conversation",
        ["unanswered_since"],
        sqlite_where=sa.text(_UNANSWERED),
        postgresql_where=sa.text(_UNANSWERED),
    )


def downgrade() -> None:
    op.drop_index("ix_conversation_unanswered", "conversation")
    op.drop_column("escalation", "called_at")
