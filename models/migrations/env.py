from typing import Literal

import sqlalchemy as sa
from alembic import context

from models import (  # noqa: F401
    audit,
    authority,
    casework,
    contact,
    contact_plan,
    conversation,
    correction,
    delivery,
    editing,
    escalation,
    feedback,
    linking,
    practitioner,
    publishing,
    quality,
    recognition,
    referral,
    rota,
    silence,
    teamwork,
    voice_note,
)
from models.base import Base, UtcDateTime
from models.encryption import EncryptedBytes, EncryptedJson, EncryptedText


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    # A migration must mean the same for ever, so it names plain column types and none of ours.
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, EncryptedText | EncryptedJson | EncryptedBytes):
        return "sa.LargeBinary()"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


def run() -> None:
    connection = context.config.attributes["connection"]
    if connection.dialect.name == "postgresql":
        # A migration that waits behind a long query must give up, not stop every child's message.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout = '15min'")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
