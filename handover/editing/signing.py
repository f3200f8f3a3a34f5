"""Two people answer for a version before it goes live: an admin and a safeguarding lead."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing.versions import NotAllowedError, NotOpenError
from models.editing import DialogueSignature, DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName

SIGNERS = (RoleName.ADMIN, RoleName.SAFEGUARDING_LEAD)


def sign(session: Session, who: Practitioner, version: DialogueVersion, role: RoleName) -> None:
    """Keeps that somebody answers for a version as it stands, in one role.

    Raises:
        NotAllowedError: they have not that role, or have signed in the other.
        NotOpenError: it is not checked, or the role has signed.
    """
    locked = session.get_one(
        DialogueVersion, version.id, with_for_update=True, populate_existing=True
    )
    if role not in SIGNERS or not who.active or not who.has_any_role(role):
        raise NotAllowedError("Only an admin and a safeguarding lead sign a version.")
    if locked.state is not VersionState.CHECKED:
        raise NotOpenError("Only a version that has passed every check can be signed.")
    signed = signatures(session, locked)
    if any(one.practitioner_id == who.id for one in signed):
        raise NotAllowedError(
            "You have signed this version already. Somebody else must give the other signature."
        )
    if any(one.role is role for one in signed):
        raise NotOpenError("This signature has been given already.")
    session.add(
        DialogueSignature(
            version_id=locked.id,
            fingerprint=locked.fingerprint,
            practitioner_id=who.id,
            role=role,
        )
    )
    session.flush()
    if not missing(session, locked):
        locked.state = VersionState.SIGNED
    details = {"version": locked.number, "role": role.value}
    audit.record(session, "dialogue_signed", practitioner=who, details=details)


def signatures(session: Session, version: DialogueVersion) -> list[DialogueSignature]:
    """Gives who has signed a version as it stands; a signature on another text is none."""
    return list(
        session.scalars(
            select(DialogueSignature)
            .where(DialogueSignature.version_id == version.id)
            .where(DialogueSignature.fingerprint == version.fingerprint)
            .order_by(DialogueSignature.id)
        )
    )


def missing(session: Session, version: DialogueVersion) -> list[RoleName]:
    """Gives the roles in which nobody has signed yet."""
    given = {one.role for one in signatures(session, version)}
    return [role for role in SIGNERS if role not in given]


def may_give(session: Session, who: Practitioner, version: DialogueVersion) -> list[RoleName]:
    """Gives the roles in which this person may sign the version now."""
    signed = signatures(session, version)
    if version.state is not VersionState.CHECKED or any(
        one.practitioner_id == who.id for one in signed
    ):
        return []
    return [role for role in missing(session, version) if who.has_any_role(role)]
