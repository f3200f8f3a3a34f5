"""Who is there at a moment, as a child may be told: opening hours and the rota together."""

import datetime as dt
from typing import Any

from sqlalchemy import BindParameter, Exists, select
from sqlalchemy.orm import Session

from handover import hours, rota
from handover.hours import Hours
from models.authority import Authority
from models.escalation import Rung
from models.rota import Shift


def at(session: Session, authority: Authority, now: dt.datetime, *, has_rota: bool) -> Hours:
    """Gives the hours at a time, and whether anybody is called for an emergency then.

    What a child reads comes from the same rows as the console's board. Where no duty shifts are
    kept, opening hours are taken for somebody being there; at night those who said that they are
    on duty are told, and may or may not see it. `has_rota` is `is_rota_kept`.
    """
    by_hours = hours.at(authority, now)
    if not has_rota and by_hours.is_open:
        return by_hours
    roster = rota.roster(session, authority.id, now)
    is_duty_empty = roster.has_duty_rota and not roster.people_on(Rung.DUTY)
    return hours.at(
        authority,
        now,
        is_on_call=bool(roster.on_now),
        is_duty_empty=is_duty_empty and not roster.on_now,
        is_told=bool(roster.people_on(Rung.DUTY)),
    )


def is_rota_kept(authority_id: int | BindParameter[Any]) -> Exists:
    """Gives the question whether an authority keeps any shifts, to be asked with others."""
    return select(Shift.id).where(Shift.authority_id == authority_id).exists()
