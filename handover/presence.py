"""Who is there at a moment, as a child may be told: opening hours and the rota together."""

import datetime as dt

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from handover import hours, rota
from handover.hours import Hours
from models.authority import Authority
from models.escalation import Rung
from models.rota import Shift


def at(session: Session, authority: Authority, now: dt.datetime) -> Hours:
    """Gives the hours at a time, and whether anybody is called for an emergency then.

    What a child reads comes from the same rows as the console's board. Where no duty shifts are
    kept, opening hours are taken for somebody being there.
    """
    if session.scalars(_any_shift(authority)).first() is None:
        return hours.at(authority, now)
    roster = rota.roster(session, authority.id, now)
    is_duty_empty = roster.has_duty_rota and not roster.people_on(Rung.DUTY)
    return hours.at(
        authority,
        now,
        is_on_call=bool(roster.on_now),
        is_duty_empty=is_duty_empty and not roster.on_now,
    )


def _any_shift(authority: Authority) -> Select[int]:
    # Most often asked, and nothing more than this where no rota is kept.
    return select(Shift.id).where(Shift.authority_id == authority.id).limit(1)
