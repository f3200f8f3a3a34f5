"""The sound of voice notes, and how far its fetching has come."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_WAITING = "state = 'waiting'"


def upgrade() -> None:
    op.create_table(
        "voice_note",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("conversation_id", _NUMBER, nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("message_id", _NUMBER, nullable=False),
        sa.Column("place", _NUMBER, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", _NUMBER, nullable=False),
        sa.Column("not_before", _MOMENT, nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", _MOMENT, nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("seconds", _NUMBER, nullable=True),
        sa.Column("media_type", sa.String(length=60), nullable=True),
        sa.Column("sound", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_note")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_voice_note_conversation_id_conversation"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name=op.f("fk_voice_note_account_id_channel_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_voice_note_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("message_id", "place", name=op.f("uq_voice_note_message_id_place")),
    )
    op.create_index(
        "ix_voice_note_waiting",
        "voice_note",
        ["not_before", "id"],
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )


def downgrade() -> None:
    op.drop_table("voice_note")
