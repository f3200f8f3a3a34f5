"""Comments on a version: on the whole, or on a line of one of its files."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from models.editing import DialogueComment, DialogueVersion
from models.practitioner import Practitioner

MOST_CHARACTERS = 2000


def comment(
    session: Session,
    version: DialogueVersion,
    words: str,
    *,
    who: Practitioner | str,
    place: tuple[str, int] | None = None,
) -> DialogueComment:
    """Keeps a remark of somebody who signs in, or of a guest by the name they go under.

    `place` is a path and a line of it, counted from 1.

    Raises:
        ValueError: there are no words, or too many.
    """
    if not words.strip():
        raise ValueError("Write your comment")
    if len(words) > MOST_CHARACTERS:
        raise ValueError(f"Comment must be {MOST_CHARACTERS} characters or less")
    person = who if isinstance(who, Practitioner) else None
    path, line = place or (None, None)
    remark = DialogueComment(
        version_id=version.id,
        path=path,
        line=line,
        words=words.strip(),
        practitioner_id=person.id if person else None,
        author=(person.name if person else str(who))[:200],
    )
    session.add(remark)
    details = {"version": version.number, "path": path, "line": line}
    audit.record(session, "dialogue_commented", practitioner=person, details=details)
    return remark


def comments(session: Session, version: DialogueVersion) -> list[DialogueComment]:
    """Gives the remarks on a version, the oldest first."""
    return list(
        session.scalars(
            select(DialogueComment)
            .where(DialogueComment.version_id == version.id)
            .order_by(DialogueComment.id)
        )
    )
