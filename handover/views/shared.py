"""What every page needs: the parts of the application, the errors of a form, the common context."""

from dataclasses import dataclass
from typing import Any, cast

from flask import current_app, render_template
from flask_security import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from handover import auth, notes, offers, overrides, tasks
from handover.live import Feed
from handover.rendering import Pieces
from handover.settings import ConsoleSettings
from models.base import utc_now
from models.db import reading
from models.practitioner import Practitioner, RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the views of one application share."""

    engine: Engine
    settings: ConsoleSettings
    feed: Feed
    pieces: Pieces


def console() -> Console:
    """Gives the parts of the application that serves this request."""
    return cast("Console", current_app.extensions["console"])


def page(template: str, session: Session, **context: Any) -> str:
    """Gives a page for a signed-in person, with the band of emergencies on top."""
    practitioner = auth.signed_in()
    board = None
    late = 0
    waits = 0
    # The band names children, so it is only for those who work with them.
    if practitioner.may(RoleName.PRACTITIONER, RoleName.SUPERVISOR):
        board = console().pieces.board(session, practitioner.authority_id)
        late = tasks.overdue(session, practitioner, utc_now())
        waits = count_for(session, practitioner)
    return render_template(
        template,
        practitioner=practitioner,
        board=board,
        late_tasks=late,
        waits=waits,
        is_supervisor=practitioner.may(RoleName.SUPERVISOR),
        **context,
    )


def count_for(session: Session, practitioner: Practitioner) -> int:
    """Gives how much waits for somebody: offers, confirmations, notes that name them."""
    return (
        len(offers.offered_to(session, practitioner))
        + len(overrides.waiting_for(session, practitioner))
        + notes.count_unseen(session, practitioner)
    )


def any_page(template: str, **context: Any) -> str:
    """Gives a page that those signed in and others may see, with the band for those signed in."""
    if current_user.is_authenticated:
        return plain_page(template, **context)
    return render_template(template, **context)


def plain_page(template: str, **context: Any) -> str:
    """Gives a page for a signed-in person that needs nothing else from the database."""
    with reading(console().engine) as session:
        return page(template, session, **context)
