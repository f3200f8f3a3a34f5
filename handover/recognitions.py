"""Children known again on another channel: by name and safe word, seldom, and never unseen.

A safe word is kept as a digest under the child's own number, so that it is compared with each child
of the name and never looked up by itself: two children with one word are not mistaken for each
other. `docs/decisions` says why.
"""

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handover import audit, lookups, safe_words, service
from handover.safe_words import WordKind
from models.base import utc_now
from models.contact import Contact
from models.conversation import Child, Conversation, Message
from models.practitioner import Practitioner
from models.recognition import Recognition, RecognitionResult

_WITHIN = dt.timedelta(hours=24)
_TRIES_HERE = 3
_TRIES_FOR_NAME = 10


def look(session: Session, conversation: Conversation, name: str, word: str) -> RecognitionResult:
    """Gives what would come of a claim; writes nothing."""
    return _find(session, conversation, name, word)[0]


def keep(
    session: Session, conversation: Conversation, message: Message, name: str, word: str
) -> Recognition:
    """Keeps a try and links the conversation to the child, where it is without doubt."""
    result, child = _find(session, conversation, name, word)
    row = Recognition(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        message_id=message.id,
        name_digest=_name_digest(session, conversation, name),
        result=result,
    )
    session.add(row)
    if child is not None:
        row.former_child_id = conversation.child_id
        row.child_id = child.id
        _move(session, conversation, child.id)
    session.flush()
    audit.record(
        session,
        "child_known_again" if child else "child_not_known_again",
        conversation=conversation,
        details={"recognition": row.id, "result": result.value, "child": row.child_id},
    )
    audit.announce(session, conversation, "contact")
    return row


def of_conversation(
    session: Session, practitioner: Practitioner, conversation_id: int
) -> list[Recognition]:
    """Gives the tries made in a conversation, the newest first, with their basis and their links.

    Raises:
        AccessDeniedError: it is not theirs to see.
    """
    service.access_conversation(session, practitioner, conversation_id)
    return list(
        session.scalars(
            select(Recognition)
            .where(Recognition.conversation_id == conversation_id)
            .order_by(Recognition.id.desc())
        )
    )


def present_link(session: Session, conversation: Conversation) -> Recognition | None:
    """Gives the link by name and word that holds for a conversation, or None."""
    return session.scalars(
        select(Recognition)
        .where(Recognition.conversation_id == conversation.id)
        .where(Recognition.result == RecognitionResult.LINKED)
        .where(Recognition.undone_at.is_(None))
        .order_by(Recognition.id.desc())
        .limit(1)
    ).first()


def undo(session: Session, practitioner: Practitioner, recognition_id: int) -> None:
    """Takes a link back: the conversation is again that of a child of its own.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: there is no link to take back.
    """
    row = session.get(Recognition, recognition_id)
    if row is None:
        raise service.AccessDeniedError
    conversation = service.access_conversation(
        session, practitioner, row.conversation_id, for_update=True
    )
    is_linked = row.child_id == conversation.child_id and row.former_child_id is not None
    if not is_linked or row.former_child_id is None or row.undone_at is not None:
        raise ValueError("There is no link to take back.")
    _move(session, conversation, row.former_child_id)
    row.undone_at = utc_now()
    row.undone_by_id = practitioner.id
    audit.record(
        session,
        "child_known_again_undone",
        conversation=conversation,
        practitioner=practitioner,
        details={"recognition": row.id},
    )


def _find(
    session: Session, conversation: Conversation, name: str, word: str
) -> tuple[RecognitionResult, Child | None]:
    if _tries(session, conversation, name) is None:
        return RecognitionResult.TOO_MANY, None
    found = [
        child
        for child_id in lookups.children_named(session, conversation.authority_id, name)
        if child_id != conversation.child_id
        and (child := session.get(Child, child_id)) is not None
        and safe_words.kind_of(session, child, word) is WordKind.SAFE
    ]
    if not found:
        return RecognitionResult.NOT_KNOWN, None
    if len(found) > 1 or _is_for_a_person(conversation, found[0]):
        return RecognitionResult.AMBIGUOUS, None
    return RecognitionResult.LINKED, found[0]


def _tries(session: Session, conversation: Conversation, name: str) -> int | None:
    """Gives how often it was tried of late, or None when that was too often."""
    recent = (
        select(func.count())
        .select_from(Recognition)
        .where(Recognition.tried_at > utc_now() - _WITHIN)
    )
    here = session.scalar(recent.where(Recognition.conversation_id == conversation.id)) or 0
    digest = _name_digest(session, conversation, name)
    of_name = (
        session.scalar(
            recent.where(Recognition.authority_id == conversation.authority_id).where(
                Recognition.name_digest == digest
            )
        )
        or 0
    )
    return None if here >= _TRIES_HERE or of_name >= _TRIES_FOR_NAME else here + of_name


def _is_for_a_person(conversation: Conversation, child: Child) -> bool:
    """Tells whether a link by itself could do harm.

    Who hides on the other phone would be found here too, and what somebody else set up on this one
    would be lost.
    """
    is_hiding = any(one.covered_at is not None for one in child.conversations)
    here = conversation.child
    has_own = here.contact_plan is not None or here.safe_word_digest is not None
    return is_hiding or has_own or len(here.conversations) > 1


def _move(session: Session, conversation: Conversation, child_id: int) -> None:
    conversation.child_id = child_id
    session.flush()
    session.expire(conversation, ["child"])
    for contact in session.scalars(
        select(Contact).where(Contact.conversation_id == conversation.id)
    ):
        contact.child_id = child_id


def _name_digest(session: Session, conversation: Conversation, name: str) -> str:
    return lookups.digest_of(session, conversation.authority_id, "name_to_use", name)
