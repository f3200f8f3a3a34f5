"""How a version goes live: switches, stages, turns that failed, links to a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_PEOPLE = "practitioner.id"
_VERSIONS = "dialogue_version.id"


def upgrade() -> None:
    _table(
        "dialogue_switch",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by_id", _NUMBER, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.String(length=200), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        *_foreign("dialogue_switch", version_id=_VERSIONS, asked_by_id=_PEOPLE),
    )
    op.create_index(op.f("ix_dialogue_switch_state"), "dialogue_switch", ["state"])
    op.create_table(
        "dialogue_stage",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("ready", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dialogue_stage")),
    )
    _table(
        "dialogue_failure",
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
    )
    op.create_index(op.f("ix_dialogue_failure_at"), "dialogue_failure", ["at"])
    _table(
        "dialogue_share",
        sa.Column("version_id", _NUMBER, nullable=False),
        sa.Column("made_by_id", _NUMBER, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        *_foreign("dialogue_share", version_id=_VERSIONS, made_by_id=_PEOPLE),
    )
    op.create_index(op.f("ix_dialogue_share_version_id"), "dialogue_share", ["version_id"])


def downgrade() -> None:
    for table in ("dialogue_share", "dialogue_failure", "dialogue_stage", "dialogue_switch"):
        op.drop_table(table)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", _NUMBER, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column],
            [target],
            name=op.f(f"fk_{table}_{column}_{target.split('.')[0]}"),
            ondelete="RESTRICT",
        )
        for column, target in columns.items()
    ]
