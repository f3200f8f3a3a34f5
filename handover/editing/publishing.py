"""A version goes live, and comes back: asked for by a person, switched when every machine is ready.

Here are the rows alone. `bot/staging.py` gets the processes ready, `bot/following.py` lets each
process read the live version's files.
"""

import datetime as dt
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing import real_talks, signing, texts, versions
from handover.editing.versions import NotAllowedError
from models.base import utc_now
from models.editing import DialoguePublication, DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch, SwitchState

PUBLISHERS = (RoleName.PUBLISHER, RoleName.ADMIN)
_RULES = Path(__file__).parent / "publishing.yml"


class NotReadyError(Exception):
    """It cannot go live, or back, as things stand; the text says what is missing."""


def live(session: Session) -> DialoguePublication | None:
    """Gives the publication that is live, or None while the program's own files are."""
    return session.scalars(
        select(DialoguePublication)
        .where(DialoguePublication.rolled_back_at.is_(None))
        .order_by(DialoguePublication.id.desc())
        .limit(1)
    ).first()


def live_version(session: Session) -> DialogueVersion | None:
    """Gives the version that is live; None before anything was brought in."""
    found = live(session)
    if found is not None:
        return found.version
    # What came with the program, in the release that was live last.
    return session.scalars(
        select(DialogueVersion)
        .where(DialogueVersion.created_by_id.is_(None))
        .where(DialogueVersion.state != VersionState.DRAFT)
        .order_by(DialogueVersion.number.desc())
        .limit(1)
    ).first()


def waiting(session: Session) -> DialogueSwitch | None:
    """Gives the switch for which the machines get ready, if there is one."""
    return session.scalars(
        select(DialogueSwitch).where(DialogueSwitch.state == SwitchState.WAITING)
    ).first()


def open_review(session: Session) -> DialoguePublication | None:
    """Gives the urgent change that somebody must still look at."""
    found = live(session)
    return found if found and found.review_due_at and found.reviewed_at is None else None


def publish(
    session: Session, who: Practitioner, version: DialogueVersion, *, why: str
) -> DialogueSwitch:
    """Asks for a signed version to go live.

    Raises:
        NotAllowedError: they publish nothing.
        NotReadyError: it is not signed by two, or another switch is under way.
    """
    _may_publish(who)
    locked = _locked(session, version)
    if not _is_signed(session, locked, is_urgent=False):
        raise NotReadyError(
            "An admin and a safeguarding lead, two different people, must sign it first."
        )
    return _ask(session, who, locked, why=why, is_urgent=False)


def publish_words(
    session: Session, who: Practitioner, version: DialogueVersion, *, why: str
) -> DialogueSwitch:
    """Asks for an urgent change of words to go live with one signature.

    Raises:
        NotAllowedError: they publish nothing, or are not the one who signed.
        NotReadyError: it is not checked or signed, changes more than words, or says no reason.
    """
    if not who.active or not who.has_any_role(*PUBLISHERS, RoleName.SAFEGUARDING_LEAD):
        raise NotAllowedError("Only a publisher, an admin or a safeguarding lead may do this.")
    locked = _locked(session, version)
    if not _is_signed(session, locked, is_urgent=True):
        raise NotReadyError("It must pass every check and have one signature first.")
    if not why.strip():
        raise NotReadyError("Say why this cannot wait for the second signature.")
    more = beyond_words(session, locked)
    if more:
        raise NotReadyError(
            f"One signature is enough for words alone. This version also changes {more[0]}."
        )
    return _ask(session, who, locked, why=why, is_urgent=True)


def beyond_words(session: Session, version: DialogueVersion) -> list[str]:
    """Gives the files in which a version changes more than words."""
    live = live_version(session)
    if live is None:
        return []
    patterns = rules()["words_alone"]
    before, after = (versions.files_of(session, one) for one in (live, version))
    return [
        path
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
        and (
            path not in before
            or path not in after
            or not any(fnmatchcase(path, pattern) for pattern in patterns)
            or _bones(path, before[path]) != _bones(path, after[path])
        )
    ]


def review(session: Session, who: Practitioner, publication: DialoguePublication) -> None:
    """Keeps that somebody else looked at an urgent change and lets it stand.

    Raises:
        NotAllowedError: they do not sign versions, or signed or published this one.
    """
    involved = {one.practitioner_id for one in signing.signatures(session, publication.version)}
    if not who.active or not who.has_any_role(*signing.SIGNERS):
        raise NotAllowedError("Only an admin or a safeguarding lead looks at an urgent change.")
    if who.id in involved | {publication.published_by_id}:
        raise NotAllowedError("Somebody else must look at it: you signed or published it.")
    publication.reviewed_by_id = who.id
    publication.reviewed_at = utc_now()
    details = {"version": publication.version.number}
    audit.record(session, "dialogue_reviewed", practitioner=who, details=details)


def roll_back(session: Session, who: Practitioner | None, *, why: str) -> DialoguePublication:
    """Takes the live version back at once; None for `who` where the service does it by itself.

    Raises:
        NotAllowedError: they publish nothing.
        NotReadyError: nothing was published.
    """
    if who is not None:
        _may_publish(who)
    found = session.scalars(
        select(DialoguePublication)
        .where(DialoguePublication.rolled_back_at.is_(None))
        .order_by(DialoguePublication.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found is None:
        raise NotReadyError("What came with the program is live: there is nothing to go back to.")
    found.rolled_back_at = utc_now()
    found.rolled_back_by_id = who.id if who else None
    found.rolled_back_why = why.strip()
    found.version.state = VersionState.RETIRED
    session.flush()
    before = live_version(session)
    if before is not None:
        before.state = VersionState.LIVE
    details = {"version": found.version.number, "to": before.number if before else None}
    audit.record(session, "dialogue_rolled_back", practitioner=who, details=details)
    return found


def is_still_signed(session: Session, switch: DialogueSwitch) -> bool:
    """Tells whether a switch's version stands as it was signed; it is locked for the switch.

    A signed version can be edited while the machines get ready: then it is another text.
    """
    locked = _locked(session, switch.version)
    return _is_signed(session, locked, is_urgent=switch.is_urgent)


def go_live(session: Session, switch: DialogueSwitch) -> DialoguePublication:
    """Makes the version of a switch the live one, for all processes at once."""
    before = live_version(session)
    now = utc_now()
    review_due = now + dt.timedelta(hours=rules()["review_hours"]) if switch.is_urgent else None
    publication = DialoguePublication(
        version_id=switch.version_id,
        before_id=before.id if before else None,
        published_by_id=switch.asked_by_id,
        published_at=now,
        why=switch.why,
        review_due_at=review_due,
    )
    session.add(publication)
    if before is not None:
        before.state = VersionState.RETIRED
    switch.version.state = VersionState.LIVE
    # They were to be read before it was signed.
    real_talks.throw_away(session, switch.version)
    switch.state = SwitchState.DONE
    switch.ended_at = now
    audit.record(
        session,
        "dialogue_published",
        practitioner=switch.asked_by,
        details={"version": switch.version.number, "before": before.number if before else None},
    )
    session.flush()
    return publication


def call_off(session: Session, switch: DialogueSwitch, problem: str) -> None:
    """Ends a switch of which nothing came; the version before goes on."""
    switch.state = SwitchState.FAILED
    switch.problem = problem
    switch.ended_at = utc_now()
    details = {"version": switch.version.number}
    audit.record(session, "dialogue_not_published", practitioner=switch.asked_by, details=details)


def history(session: Session) -> list[DialoguePublication]:
    """Gives everything that ever went live, the newest first."""
    return list(
        session.scalars(select(DialoguePublication).order_by(DialoguePublication.id.desc()))
    )


@cache
def rules() -> dict[str, Any]:
    """Gives the rules by which versions go live and come back."""
    loaded: dict[str, Any] = YAML(typ="safe").load(_RULES.read_text("utf-8"))
    return loaded


def _bones(path: str, text: str) -> object:
    """Gives what a file of words holds beside them: for whom they are, and what is done by them."""
    data = texts.parsed(path, text)
    if path == texts.COVER:
        return [topic["words"] for topic in data["topics"]]
    said = texts.texts_of({path: text})
    return [
        (one.key, one.number, one.who, one.command, [payload for _, payload in one.buttons])
        for one in said
        # A translation that was missing is words too.
        if one.path.startswith(texts.DOMAIN)
    ]


def _may_publish(who: Practitioner) -> None:
    if not who.active or not who.has_any_role(*PUBLISHERS):
        raise NotAllowedError("Only a publisher or an admin puts a version live or takes it back.")


def _is_signed(session: Session, locked: DialogueVersion, *, is_urgent: bool) -> bool:
    if is_urgent:
        is_checked = locked.state in {VersionState.CHECKED, VersionState.SIGNED}
        return is_checked and bool(signing.signatures(session, locked))
    return locked.state is VersionState.SIGNED and not signing.missing(session, locked)


def _locked(session: Session, version: DialogueVersion) -> DialogueVersion:
    return session.get_one(
        DialogueVersion, version.id, with_for_update=True, populate_existing=True
    )


def _ask(
    session: Session, who: Practitioner, version: DialogueVersion, *, why: str, is_urgent: bool
) -> DialogueSwitch:
    if waiting(session) is not None:
        raise NotReadyError("Another version is going live just now. Wait until that is over.")
    due = open_review(session)
    if due is not None:
        raise NotReadyError(
            f"Version {due.version.number} went live with one signature. "
            "Somebody else must look at it, or take it back, before anything else goes live."
        )
    switch = DialogueSwitch(
        version_id=version.id, asked_by_id=who.id, why=why.strip(), is_urgent=is_urgent
    )
    session.add(switch)
    session.flush()
    details = {"version": version.number, "urgent": "yes" if is_urgent else "no"}
    audit.record(session, "dialogue_publish_asked", practitioner=who, details=details)
    return switch
