"""A rota for the tests: who is there on which rung, and what the ladder did."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Engine, select

from bot import climbing
from models.authority import Authority
from models.db import transaction
from models.escalation import Escalation, StaffAlert
from models.practitioner import Practitioner
from models.rota import Shift, ShiftKind


def on_shift(
    engine: Engine, person: Practitioner, kind: ShiftKind, begins: dt.datetime, hours: float = 12
) -> None:
    """Puts somebody on the rota from a moment on."""
    with transaction(engine) as session:
        session.add(
            Shift(
                authority_id=person.authority_id,
                kind=kind,
                practitioner_id=person.id,
                begins_at=begins,
                ends_at=begins + dt.timedelta(hours=hours),
            )
        )


def sweep(engine: Engine) -> int:
    """Lets the ladder climb where it is due, and gives how many steps it made."""
    return climbing.climb_due(engine)


def owed(engine: Engine, conversation_id: int) -> Escalation | None:
    """Gives what is owed in a conversation."""
    with transaction(engine) as session:
        return session.scalars(
            select(Escalation)
            .where(Escalation.conversation_id == conversation_id)
            .where(Escalation.closed_at.is_(None))
        ).one_or_none()


def alerts(engine: Engine) -> Sequence[StaffAlert]:
    """Gives every alert so far, oldest first."""
    with transaction(engine) as session:
        return session.scalars(select(StaffAlert).order_by(StaffAlert.id)).all()


def called(engine: Engine) -> list[str]:
    """Gives the rungs that were called by email, with whom, oldest first."""
    with transaction(engine) as session:
        return [
            f"{alert.rung}: {alert.practitioner.name}"
            for alert in session.scalars(select(StaffAlert).order_by(StaffAlert.id))
            if alert.practitioner is not None
        ]


def set_minutes(engine: Engine, authority: Authority, level: str, **minutes: int) -> None:
    """Gives an authority minutes of its own."""
    with transaction(engine) as session:
        session.get_one(Authority, authority.id).ladder_minutes = {level: minutes}
