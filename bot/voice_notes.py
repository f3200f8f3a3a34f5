"""Voice notes: their sound fetched from the provider, one row at a time, until it is kept or lost.

Pictures and video are never fetched: only what came as a voice note gets a row here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from bot import due
from bot.channels.base import (
    Attachment,
    Channel,
    DeliveryFailedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    Sound,
)
from bot.due import Due
from handover import audit
from models.base import utc_now
from models.channel import MessageKind
from models.conversation import Conversation, Message
from models.db import transaction
from models.voice_note import VoiceNote, VoiceNoteState

log = structlog.get_logger()

_LEASE = dt.timedelta(minutes=5)
_LONGEST_WAIT = dt.timedelta(minutes=10)
_GIVE_UP_AFTER = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One voice note to be fetched, and the claim on it."""

    voice_note_id: int
    conversation_id: int
    account_id: int
    token: str
    attachment: Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """How a try went: the sound, or why there is none and whether it may be tried again."""

    sound: Sound | None = None
    error_code: str | None = None
    retry_after: dt.timedelta | None = None


def expect(session: Session, message: Message, incoming: IncomingMessage) -> None:
    """Keeps in the message's own transaction that its sound is to be fetched, and fetches none."""
    if incoming.kind is MessageKind.EDIT:
        # The words beside a sound were changed; the sound came with the first message.
        return
    for place, attachment in enumerate(incoming.attachments):
        if attachment.kind is MessageKind.VOICE:
            session.add(
                VoiceNote(
                    conversation_id=message.conversation_id,
                    account_id=message.account_id,
                    message_id=message.id,
                    place=place,
                    seconds=attachment.seconds,
                    not_before=utc_now(),
                )
            )


def fetch_due(engine: Engine, channels: Mapping[int, Channel], *, worker: str) -> bool:
    """Fetches the voice note that is due first; False when there was none."""
    begin = partial(_begin, worker=worker)
    job = _DUE.take(engine, begin, accounts=list(channels))
    if job is None:
        return False
    _settle(engine, job, _attempt(channels[job.account_id], job.attachment))
    return True


_DUE = Due(
    select(VoiceNote)
    .where(VoiceNote.state == VoiceNoteState.WAITING)
    .where(VoiceNote.account_id.in_(bindparam("accounts", expanding=True)))
    .where(VoiceNote.not_before <= due.NOW)
    .where(due.is_free(VoiceNote.claimed_until))
    .order_by(VoiceNote.not_before, VoiceNote.id)
    .limit(1),
    VoiceNote.id,
    VoiceNote,
)


def _begin(_: Session, note: VoiceNote, *, worker: str) -> _Job:
    return _Job(
        voice_note_id=note.id,
        conversation_id=note.conversation_id,
        account_id=note.account_id,
        token=due.lease(note, worker, _LEASE),
        attachment=_attachment(note),
    )


def _attachment(note: VoiceNote) -> Attachment:
    kept = (note.message.details or {})["attachments"][note.place]
    return Attachment(
        kind=MessageKind(kept["kind"]),
        reference=kept["reference"],
        media_type=kept["media_type"],
        size=kept["size"],
        seconds=kept["seconds"],
    )


def _attempt(channel: Channel, attachment: Attachment) -> _Result:
    try:
        return _Result(sound=channel.fetch_sound(attachment))
    except DeliveryRefusedError as error:
        return _Result(error_code=error.code)
    except DeliveryFailedError as error:
        return _Result(error_code=error.code, retry_after=error.retry_after or dt.timedelta(0))
    except DeliveryUnknownError:
        return _Result(error_code="no_answer", retry_after=dt.timedelta(0))


def _settle(engine: Engine, job: _Job, result: _Result) -> None:
    now = utc_now()
    with transaction(engine) as session:
        note = session.get(VoiceNote, job.voice_note_id, with_for_update=True)
        if note is None or note.claimed_by != job.token:
            # Erased meanwhile, or another worker has it: what was fetched is not kept twice.
            log.warning("voice_note_claim_lost", voice_note_id=job.voice_note_id)
            return
        due.give_back(note)
        note.error_code = result.error_code
        is_old = now - note.created_at > _GIVE_UP_AFTER
        if result.retry_after is not None and not is_old:
            back_off = due.back_off(note.attempts, longest=_LONGEST_WAIT)
            note.not_before = now + max(back_off, result.retry_after)
            return
        note.settled_at = now
        note.state = VoiceNoteState.LOST
        if result.sound is not None:
            note.state = VoiceNoteState.KEPT
            note.media_type = result.sound.media_type
            note.sound = result.sound.content
        state = note.state
        conversation = session.get_one(Conversation, job.conversation_id)
        audit.announce(session, conversation, "message", note.message_id)
    log.info("voice_note_settled", voice_note_id=job.voice_note_id, state=state.value)
