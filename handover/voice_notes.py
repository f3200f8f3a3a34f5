"""Voice notes as the console plays them: the sounds of some messages, and what one holds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit
from models.conversation import Author, Conversation, Message
from models.practitioner import Practitioner
from models.voice_note import VoiceNote, VoiceNoteState


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a browser needs to play a voice note."""

    media_type: str
    content: bytes = field(repr=False)


def of_messages(
    session: Session, messages: Sequence[Message]
) -> Mapping[int, tuple[VoiceNote, ...]]:
    """Gives the voice notes that messages brought, by message, in order; not what they hold."""
    ids = [one.id for one in messages if one.author is Author.CHILD and one.details]
    found: dict[int, tuple[VoiceNote, ...]] = defaultdict(tuple)
    if ids:
        query = select(VoiceNote).where(VoiceNote.message_id.in_(ids)).order_by(VoiceNote.place)
        for note in session.scalars(query):
            found[note.message_id] += (note,)
    return found


def play(
    session: Session, practitioner: Practitioner, conversation: Conversation, voice_note_id: int
) -> Played | None:
    """Gives a conversation's voice note and keeps who heard it; None when it is not to be had."""
    note = session.scalars(
        select(VoiceNote)
        .where(VoiceNote.id == voice_note_id)
        .where(VoiceNote.conversation_id == conversation.id)
        .where(VoiceNote.state == VoiceNoteState.KEPT)
    ).first()
    if note is None or note.sound is None or note.media_type is None:
        return None
    audit.record(
        session,
        "voice_note_heard",
        conversation=conversation,
        practitioner=practitioner,
        details={"message_id": note.message_id},
    )
    return Played(media_type=note.media_type, content=note.sound)
