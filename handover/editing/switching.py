"""What the machines agree on through the database: which version is wanted, and who is ready."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from handover.editing import publishing
from models.base import utc_now
from models.editing import DialoguePublication, DialogueVersion
from models.publishing import DialogueFailure, DialogueStage, DialogueSwitch, SwitchState


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The versions that matter now, each by its fingerprint."""

    live: str | None = None
    """None while the program's own files are live."""
    coming: str | None = None
    """The one that is to go live once every stage is ready."""
    warm: str | None = None
    """The one before, to which a roll-back returns."""
    is_warm_program: bool = False
    """Whether the one before is the program's own files."""
    switch_id: int | None = None


def wanted(session: Session) -> Wanted:
    """Gives what is to be ready on every machine now."""
    publication = publishing.live(session)
    switch = publishing.waiting(session)
    is_warm = publication is not None and utc_now() - publication.published_at < dt.timedelta(
        minutes=publishing.rules()["warm_minutes"]
    )
    before = _before(session) if is_warm else None
    return Wanted(
        live=publication.version.fingerprint if publication else None,
        coming=switch.version.fingerprint if switch else None,
        warm=before.fingerprint if before else None,
        is_warm_program=is_warm and before is None,
        switch_id=switch.id if switch else None,
    )


def version_of(session: Session, fingerprint: str) -> DialogueVersion:
    """Gives a version with these very files."""
    return session.scalars(
        select(DialogueVersion)
        .where(DialogueVersion.fingerprint == fingerprint)
        .order_by(DialogueVersion.id)
        .limit(1)
    ).one()


def note_stage(session: Session, name: str, ready: str | None) -> None:
    """Keeps that a stage lives, and what it could switch to."""
    stage = session.get(DialogueStage, name, with_for_update=True)
    if stage is None:
        stage = DialogueStage(name=name, seen_at=utc_now())
        session.add(stage)
    stage.seen_at = utc_now()
    stage.ready = ready


def end_stage(session: Session, name: str) -> None:
    """Takes out a stage that ends, so that nothing waits for it."""
    session.execute(delete(DialogueStage).where(DialogueStage.name == name))


def switch_if_ready(session: Session, switch_id: int) -> bool:
    """Makes the version live when every stage that lives is ready for it; False otherwise.

    A version that was changed after it was signed is called off: nobody has signed what it is now.
    """
    switch = session.get_one(DialogueSwitch, switch_id, with_for_update=True)
    if switch.state is not SwitchState.WAITING:
        return False
    if not publishing.is_still_signed(session, switch):
        publishing.call_off(session, switch, "The version was changed after it was signed.")
        return False
    since = utc_now() - dt.timedelta(seconds=publishing.rules()["stage_seconds"])
    ready = session.scalars(select(DialogueStage.ready).where(DialogueStage.seen_at > since)).all()
    if not ready or any(one != switch.version.fingerprint for one in ready):
        return False
    publishing.go_live(session, switch)
    return True


def say_progress(session: Session, switch_id: int, words: str) -> None:
    """Tells whoever waits for a switch what is done now."""
    switch = session.get_one(DialogueSwitch, switch_id, with_for_update=True)
    switch.progress = words


def fail(session: Session, switch_id: int, problem: str) -> None:
    """Ends a switch for which a stage could not get ready."""
    switch = session.get_one(DialogueSwitch, switch_id, with_for_update=True)
    if switch.state is SwitchState.WAITING:
        publishing.call_off(session, switch, problem)


def give_up_late(session: Session) -> None:
    """Ends a switch that has waited too long, such as one for which no stage lives."""
    switch = publishing.waiting(session)
    if switch is not None and is_late(session):
        publishing.call_off(session, switch, "The machines did not get ready in time.")


def is_late(session: Session) -> bool:
    """Tells whether a switch has waited too long."""
    switch = publishing.waiting(session)
    longest = dt.timedelta(minutes=publishing.rules()["longest_minutes"])
    return bool(switch is not None and utc_now() - switch.asked_at > longest)


def note_failures(session: Session, fingerprint: str, count: int) -> None:
    """Keeps that turns failed with a version."""
    for _ in range(count):
        session.add(DialogueFailure(at=utc_now(), fingerprint=fingerprint))


def is_failing(session: Session) -> bool:
    """Tells whether too many of the live version's turns fail soon after it went live."""
    most: int = publishing.rules()["failures"]
    return _failures(session) >= most


def roll_back_if_failing(session: Session) -> None:
    """Takes the live version back when too many of its turns fail soon after it went live."""
    count = _failures(session)
    if count >= publishing.rules()["failures"]:
        within = publishing.rules()["within_seconds"]
        why = f"{count} times within {within} seconds a turn failed, or nothing answered."
        publishing.roll_back(session, None, why=why)


def _failures(session: Session) -> int:
    publication = publishing.live(session)
    rules = publishing.rules()
    now = utc_now()
    if publication is None or now - publication.published_at > dt.timedelta(
        minutes=rules["watched_minutes"]
    ):
        return 0
    since = max(publication.published_at, now - dt.timedelta(seconds=rules["within_seconds"]))
    count = session.scalar(
        select(func.count())
        .select_from(DialogueFailure)
        .where(DialogueFailure.fingerprint == publication.version.fingerprint)
        .where(DialogueFailure.at >= since)
    )
    return count or 0


def _before(session: Session) -> DialogueVersion | None:
    """Gives the version that a roll-back would return to; None for the program's own files."""
    earlier = session.scalars(
        select(DialoguePublication)
        .where(DialoguePublication.rolled_back_at.is_(None))
        .order_by(DialoguePublication.id.desc())
        .offset(1)
        .limit(1)
    ).first()
    return earlier.version if earlier else None
