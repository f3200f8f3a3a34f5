"""One open referral of a child for each authority: what one left open closes no other's door."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    # What the version before keeps by the narrower rule, this one keeps too.
    _replace(["authority_id", "child_id"])


def downgrade() -> None:
    _replace(["child_id"])


def _replace(columns: list[str]) -> None:
    op.drop_index("uq_referral_open", table_name="referral")
    op.create_index(
        "uq_referral_open",
        "referral",
        columns,
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
