"""Voice notes: their sound fetched from the provider, one row at a time, until it is kept or lost.

Pictures and video are never fetched: only what came as a voice note gets a row here.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from bot.channels.base import (
    Attachment,
    Channel,
    DeliveryFailedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    Sound,
)
from handover import audit
from models.base import utc_now
from models.channel import MessageKind
from models.conversation import Conversation, Message
from models.db import reading, transaction
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
    job = _claim(engine, list(channels), worker)
    if job is None:
        return False
    _settle(engine, job, _attempt(channels[job.account_id], job.attachment))
    return True


def _claim(engine: Engine, account_ids: list[int], worker: str) -> _Job | None:
    now = utc_now()
    asked = {"now": now, "accounts": account_ids}
    with reading(engine) as session:
        # An idle worker must not take the write lock many times a second.
        if session.scalar(_IS_DUE, asked) is None:
            return None
    with transaction(engine) as session:
        note = session.scalars(_DUE, asked).first()
        if note is None:
            return None
        token = f"{worker[:40]}:{secrets.token_hex(8)}"
        note.claimed_by = token
        note.claimed_until = now + _LEASE
        note.attempts += 1
        return _Job(
            voice_note_id=note.id,
            conversation_id=note.conversation_id,
            account_id=note.account_id,
            token=token,
            attachment=_attachment(note),
        )


def _due() -> Select[VoiceNote]:
    now = bindparam("now", type_=VoiceNote.not_before.type)
    return (
        select(VoiceNote)
        .where(VoiceNote.state == VoiceNoteState.WAITING)
        .where(VoiceNote.account_id.in_(bindparam("accounts", expanding=True)))
        .where(VoiceNote.not_before <= now)
        .where(or_(VoiceNote.claimed_until.is_(None), VoiceNote.claimed_until < now))
        .order_by(VoiceNote.not_before, VoiceNote.id)
        .limit(1)
    )


# Made once: an idle worker looks many times a second.
_DUE = _due().with_for_update(skip_locked=True, of=VoiceNote)
_IS_DUE = _due().with_only_columns(VoiceNote.id)


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
        note.claimed_by = None
        note.claimed_until = None
        note.error_code = result.error_code
        is_old = now - note.created_at > _GIVE_UP_AFTER
        if result.retry_after is not None and not is_old:
            back_off = min(dt.timedelta(seconds=2 ** min(note.attempts, 10)), _LONGEST_WAIT)
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
