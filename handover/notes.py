"""Notes between colleagues beside a talk: encrypted, never sent, and brought to those they name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from handover import audit, service
from handover.service import AccessDeniedError, NotHeldError
from models.base import utc_now
from models.conversation import Conversation, Holder, Message
from models.practitioner import Practitioner, RoleName
from models.teamwork import Mention, Note, NoteKind

_MOST_SHOWN = 100
_NAME_AFTER_AT = re.compile(r"@([^\W\d_][\w'\u2019-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A note that was written, and whom it names that nobody here is called."""

    note: Note
    unknown: tuple[str, ...] = ()


def write(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    text: str,
    *,
    form_id: str | None = None,
) -> Written:
    """Keeps a note for colleagues, and brings it to those it names with an `@`.

    Raises:
        AccessDeniedError: the conversation is not theirs to see.
        ValueError: there are no words in it.
    """
    conversation = service.access_conversation(
        session, practitioner, conversation_id, for_update=True
    )
    staff = staff_of(session, conversation.authority_id)
    named = _named(text, staff)
    note = _keep(session, practitioner, conversation, text, form_id, NoteKind.NOTE)
    _bring(session, note, [one for one in named.known if one.id != practitioner.id])
    return Written(note=note, unknown=named.unknown)


def whisper(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    text: str,
    *,
    form_id: str | None = None,
) -> Written:
    """Keeps a supervisor's word to whoever holds the conversation, and brings it to them.

    Raises:
        AccessDeniedError: the conversation is not theirs to see, or they are no supervisor.
        NotHeldError: nobody else holds it.
        ValueError: there are no words in it.
    """
    conversation = service.access_conversation(
        session, practitioner, conversation_id, for_update=True
    )
    if not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise AccessDeniedError
    holder = conversation.practitioner
    if conversation.holder is not Holder.PRACTITIONER or holder is None:
        raise NotHeldError
    if holder.id == practitioner.id:
        raise NotHeldError
    note = _keep(session, practitioner, conversation, text, form_id, NoteKind.WHISPER)
    _bring(session, note, [holder])
    return Written(note=note)


def of_conversation(
    session: Session, conversation: Conversation, *, after: int | None, before: int | None
) -> list[Note]:
    """Gives the notes that stand among the messages from `after` up to `before`, oldest first.

    A note stays with the authority whose colleagues wrote it.
    """
    query = _shown(conversation).order_by(Note.id.desc()).limit(_MOST_SHOWN)
    place = func.coalesce(Note.after_message_id, 0)
    if after is not None:
        query = query.where(place >= after)
    if before is not None:
        query = query.where(place < before)
    return list(reversed(session.scalars(query).all()))


def some(session: Session, conversation: Conversation, note_ids: Iterable[int]) -> list[Note]:
    """Gives some notes of a conversation by id."""
    query = _shown(conversation).where(Note.id.in_(list(note_ids))).order_by(Note.id)
    return list(session.scalars(query))


def may_read(practitioner: Practitioner, note: Note) -> bool:
    """Tells whether a note is for this colleague; a whisper is for its holder and supervisors."""
    if note.kind is NoteKind.NOTE or practitioner.has_any_role(RoleName.SUPERVISOR):
        return True
    return practitioner.id in {one.practitioner_id for one in note.mentions}


def mentions_of(session: Session, practitioner: Practitioner, *, limit: int = 50) -> list[Mention]:
    """Gives the notes that name this practitioner, newest first."""
    return list(
        session.scalars(
            select(Mention)
            .join(Mention.note)
            .where(Mention.practitioner_id == practitioner.id)
            .where(Note.authority_id == practitioner.authority_id)
            .options(
                joinedload(Mention.note).options(
                    joinedload(Note.practitioner),
                    joinedload(Note.conversation).joinedload(Conversation.child),
                )
            )
            .order_by(Mention.id.desc())
            .limit(limit)
        ).unique()
    )


def count_unseen(session: Session, practitioner: Practitioner) -> int:
    """Gives how many notes that name this practitioner they have not seen."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Mention)
            .where(Mention.practitioner_id == practitioner.id)
            .where(Mention.seen_at.is_(None))
        )
        or 0
    )


def mark_seen(session: Session, practitioner: Practitioner, conversation: Conversation) -> None:
    """Keeps that the notes of a conversation that name this practitioner were shown to them."""
    unseen = session.scalars(
        select(Mention)
        .join(Mention.note)
        .where(Mention.practitioner_id == practitioner.id)
        .where(Mention.seen_at.is_(None))
        .where(Note.conversation_id == conversation.id)
    ).all()
    for mention in unseen:
        mention.seen_at = utc_now()
    if unseen:
        audit.notify(session, practitioner.authority_id, practitioner.id)


def staff_of(session: Session, authority_id: int) -> list[Practitioner]:
    """Gives who may be named in a note: all who may see the authority's conversations."""
    found = session.scalars(
        select(Practitioner)
        .where(Practitioner.authority_id == authority_id)
        .where(Practitioner.active.is_(True))
        .order_by(Practitioner.name, Practitioner.id)
    ).unique()
    return [one for one in found if one.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    known: list[Practitioner]
    unknown: tuple[str, ...]


def _named(text: str, staff: Sequence[Practitioner]) -> _Named:
    known: dict[int, Practitioner] = {}
    unknown: list[str] = []
    for at in _NAME_AFTER_AT.finditer(text):
        found = _meant(text[at.start() + 1 :], at[1], staff)
        if found is None:
            unknown.append(at[1])
        else:
            known[found.id] = found
    return _Named(known=list(known.values()), unknown=tuple(dict.fromkeys(unknown)))


def _meant(rest: str, first: str, staff: Sequence[Practitioner]) -> Practitioner | None:
    """Gives whose whole name follows the `@`, or whose first name, if that is one person's."""
    whole = [one for one in staff if rest.casefold().startswith(one.name.casefold())]
    if whole:
        return max(whole, key=lambda one: len(one.name))
    same = [one for one in staff if one.name.split()[0].casefold() == first.casefold()]
    return same[0] if len(same) == 1 else None


def _keep(
    session: Session,
    practitioner: Practitioner,
    conversation: Conversation,
    text: str,
    form_id: str | None,
    kind: NoteKind,
) -> Note:
    if not text.strip():
        raise ValueError("Write something before you keep it.")
    # The conversation's row is locked, so two of the same form cannot both find nothing here.
    if form_id and (kept := _kept_by_form(session, conversation, form_id)):
        return kept
    note = Note(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        practitioner_id=practitioner.id,
        kind=kind,
        text=text.strip(),
        after_message_id=_newest_message(session, conversation),
        form_id=form_id,
    )
    session.add(note)
    session.flush()
    audit.record(
        session,
        f"{kind.value}_written",
        conversation=conversation,
        practitioner=practitioner,
        details={"note_id": note.id},
    )
    audit.announce(session, conversation, "note", note.id)
    return note


def _kept_by_form(session: Session, conversation: Conversation, form_id: str) -> Note | None:
    return session.scalars(
        select(Note).where(Note.conversation_id == conversation.id).where(Note.form_id == form_id)
    ).one_or_none()


def _newest_message(session: Session, conversation: Conversation) -> int | None:
    return session.scalar(
        select(func.max(Message.id)).where(Message.conversation_id == conversation.id)
    )


def _bring(session: Session, note: Note, colleagues: Iterable[Practitioner]) -> None:
    there = {mention.practitioner_id for mention in note.mentions}
    for colleague in colleagues:
        if colleague.id not in there:
            note.mentions.append(Mention(practitioner_id=colleague.id))
            audit.notify(session, note.authority_id, colleague.id)
    session.flush()


def _shown(conversation: Conversation) -> Select[Note]:
    return (
        select(Note)
        .where(Note.conversation_id == conversation.id)
        .where(Note.authority_id == conversation.authority_id)
        .options(
            joinedload(Note.practitioner),
            selectinload(Note.mentions).joinedload(Mention.practitioner),
        )
    )
