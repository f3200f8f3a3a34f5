"""At which step the watch on a silence began, when an earlier one ended with a calm answer."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("silence", sa.Column("first_step", _NUMBER, server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("silence", "first_step")
