"""Links by which a draft is tried: signed, for one version, for a while, and for nothing else."""

import datetime as dt

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing import versions
from handover.editing.versions import NotAllowedError
from handover.settings import ConsoleSettings
from models.base import utc_now
from models.editing import DialogueVersion
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueShare

SHARERS = (RoleName.EDITOR, RoleName.SAFEGUARDING_LEAD, RoleName.PUBLISHER, RoleName.ADMIN)
MOST_DAYS = 14
_OWN_HOURS = 8
_LONGEST_NAME = 60


class ShareEndedError(Exception):
    """The link is wrong, or its time is over."""


def share(
    session: Session, who: Practitioner, version: DialogueVersion, *, name: str, days: int
) -> DialogueShare:
    """Gives a link's row for somebody who tries a version, under the name they comment by.

    Raises:
        NotAllowedError: they have no hand in versions.
        ValueError: no name, or too many days.
    """
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise ValueError("Say whom the link is for, in at most 60 characters")
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"Choose from 1 to {MOST_DAYS} days")
    made = _made(session, who, version, name=name.strip(), lasts=dt.timedelta(days=days))
    details = {"version": version.number, "days": days}
    audit.record(session, "dialogue_shared", practitioner=who, details=details)
    return made


def share_with_oneself(
    session: Session, who: Practitioner, version: DialogueVersion
) -> DialogueShare:
    """Gives the row of a link by which somebody of the staff tries a version today.

    Raises:
        NotAllowedError: they have no hand in versions.
    """
    lasts = dt.timedelta(hours=_OWN_HOURS)
    return _made(session, who, version, name=who.name[:_LONGEST_NAME], lasts=lasts)


def open_shares(session: Session, version: DialogueVersion) -> list[DialogueShare]:
    """Gives the links to a version that still work, the newest first."""
    return list(
        session.scalars(
            select(DialogueShare)
            .where(DialogueShare.version_id == version.id)
            .where(DialogueShare.ends_at > utc_now())
            .order_by(DialogueShare.id.desc())
        )
    )


def end(session: Session, who: Practitioner, share_id: int) -> None:
    """Ends a link at once.

    Raises:
        NotAllowedError: they have no hand in versions.
    """
    _may_share(who)
    found = session.get(DialogueShare, share_id, with_for_update=True)
    if found is not None:
        found.ends_at = min(found.ends_at, utc_now())
        details = {"version": found.version.number}
        audit.record(session, "dialogue_share_ended", practitioner=who, details=details)


def link_of(settings: ConsoleSettings, made: DialogueShare) -> str:
    """Gives the address by which a version is tried."""
    return f"{settings.console_url}/try/{_signer(settings).dumps(made.id)}/"


def share_of(session: Session, settings: ConsoleSettings, token: str) -> DialogueShare:
    """Gives the row of the link somebody came by.

    Raises:
        ShareEndedError: the token was not signed by us, or its time is over.
    """
    try:
        share_id = int(_signer(settings).loads(token))
    except (BadSignature, ValueError, TypeError):
        raise ShareEndedError from None
    found = session.get(DialogueShare, share_id)
    if found is None or found.ends_at <= utc_now():
        raise ShareEndedError
    return found


def place_of(session: Session, version: DialogueVersion, said: str) -> tuple[str, int] | None:
    """Gives the file and the line in which a version has these words, as near as can be told."""
    wanted = " ".join(said.casefold().split())
    if not wanted:
        return None
    for path, text in versions.files_of(session, version).items():
        for number, line in enumerate(text.splitlines(), 1):
            if wanted in " ".join(line.casefold().split()):
                return path, number
    return None


def _made(
    session: Session, who: Practitioner, version: DialogueVersion, *, name: str, lasts: dt.timedelta
) -> DialogueShare:
    _may_share(who)
    made = DialogueShare(
        version_id=version.id, made_by_id=who.id, ends_at=utc_now() + lasts, name=name
    )
    session.add(made)
    session.flush()
    return made


def _may_share(who: Practitioner) -> None:
    if not who.active or not who.has_any_role(*SHARERS):
        raise NotAllowedError("Only those who work on what the bot says let others try it.")


def _signer(settings: ConsoleSettings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key.get_secret_value(), salt="dialogue-try")
