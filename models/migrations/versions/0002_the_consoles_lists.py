"""Indexes for the console's lists and for counting wrong sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LISTS = (
    ("ix_conversation_open", "conversation", "last_inbound_at", "ended_at IS NULL"),
    ("ix_conversation_ended", "conversation", "ended_at", "ended_at IS NOT NULL"),
)
_UNTAKEN = "closed_at IS NULL AND taken_at IS NULL"


def upgrade() -> None:
    for name, table, moment, condition in _LISTS:
        op.create_index(
            name,
            table,
            ["authority_id", moment, "id"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_index(
        "ix_handover_waiting",
        "handover",
        ["authority_id", "urgency", "requested_at", "id"],
        sqlite_where=sa.text(_UNTAKEN),
        postgresql_where=sa.text(_UNTAKEN),
    )
    op.create_index(
        "ix_audit_event_practitioner", "audit_event", ["practitioner_id", "action", "at"]
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_practitioner", "audit_event")
    op.drop_index("ix_handover_waiting", "handover")
    for name, table, _, _ in _LISTS:
        op.drop_index(name, table)
