"""Handover: the bot asks for a person; a practitioner takes over, speaks, gives back, ends.

`access_conversation` is the one door to a child's record for anyone who signs in.
"""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, feedback, records, wording
from handover.outgoing import Words, queue_message
from models.base import utc_now
from models.conversation import (
    Conversation,
    Handover,
    HandoverReason,
    Holder,
    Message,
    UrgencyAssessment,
)
from models.practitioner import Practitioner, RoleName
from models.urgency import Urgency, highest


class AccessDeniedError(Exception):
    """This practitioner may not see this conversation, or there is none."""


class AlreadyHeldError(Exception):
    """Somebody else took the conversation over first."""

    def __init__(self, holder_name: str) -> None:
        super().__init__(f"{holder_name} has already taken this conversation over.")
        self.holder_name = holder_name


class NotHeldError(Exception):
    """The conversation is not in this practitioner's hands: take it over first."""


def access_conversation(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    *,
    for_update: bool = False,
) -> Conversation:
    """Gives the conversation, if this practitioner may see it.

    Raises:
        AccessDeniedError: they may not, or there is none; the two look the same from outside.
    """
    # One that this session has seen before is read again with the lock: it may have changed.
    conversation = session.get(
        Conversation, conversation_id, with_for_update=for_update, populate_existing=for_update
    )
    if conversation is None:
        raise AccessDeniedError
    check_staff(practitioner, conversation.authority_id)
    return conversation


def check_staff(practitioner: Practitioner, authority_id: int) -> None:
    """Lets those pass who work with the children of an authority.

    Raises:
        AccessDeniedError: they do not.
    """
    if not practitioner.active:
        raise AccessDeniedError
    if not practitioner.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR):
        raise AccessDeniedError
    if practitioner.authority_id != authority_id:
        raise AccessDeniedError


def request(
    session: Session,
    conversation: Conversation,
    *,
    reason: HandoverReason,
    urgency: Urgency,
    message: Message | None = None,
    must_ring: bool = False,
) -> Handover:
    """Calls for a person, or rings the open call again when it has become more urgent.

    With `must_ring` it rings again however urgent it was, and says the new reason.
    """
    open_call = open_handover(session, conversation)
    if open_call is None:
        open_call = Handover(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            reason=reason,
            urgency=urgency,
            message_id=message.id if message else None,
        )
        session.add(open_call)
        session.flush()
        _ring(session, conversation, open_call)
    elif must_ring or urgency.rank > open_call.urgency.rank or _rings_again(open_call, urgency):
        open_call.urgency = highest(open_call.urgency, urgency)
        open_call.reason = reason
        open_call.rung_at = utc_now()
        open_call.acknowledged_at = None
        open_call.acknowledged_by_id = None
        open_call.message_id = message.id if message else open_call.message_id
        _ring(session, conversation, open_call)
    if conversation.holder is Holder.BOT and _waits_for_a_person(reason, urgency):
        _hold(session, conversation, Holder.NOBODY, None)
    return open_call


def open_handover(session: Session, conversation: Conversation) -> Handover | None:
    """Gives the open call for a person, or None."""
    return session.scalars(
        select(Handover)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.closed_at.is_(None))
    ).one_or_none()


def acknowledge(session: Session, practitioner: Practitioner, conversation_id: int) -> None:
    """Keeps that a person has seen the call, which stops its ringing."""
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    call = open_handover(session, conversation)
    if call is not None and call.acknowledged_at is None:
        call.acknowledged_at = utc_now()
        call.acknowledged_by_id = practitioner.id
        audit.record(
            session,
            "handover_acknowledged",
            conversation=conversation,
            practitioner=practitioner,
        )
        audit.announce(session, conversation, "alert", call.id)


def take_over(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Gives the conversation into the practitioner's hands, and tells the child who speaks now.

    Raises:
        AccessDeniedError: it is not theirs to see.
        AlreadyHeldError: somebody else was first.
    """
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if conversation.holder is Holder.PRACTITIONER:
        if conversation.practitioner_id == practitioner.id:
            return conversation
        raise AlreadyHeldError(_holder_name(conversation))
    now = utc_now()
    call = open_handover(session, conversation)
    if call is None:
        call = Handover(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            reason=HandoverReason.CHILD_ASKED,
            urgency=conversation.urgency,
            requested_at=now,
        )
        session.add(call)
    call.taken_at = now
    call.practitioner_id = practitioner.id
    if call.acknowledged_at is None:
        call.acknowledged_at = now
        call.acknowledged_by_id = practitioner.id
    conversation.ended_at = None
    _hold(session, conversation, Holder.PRACTITIONER, practitioner)
    _tell(session, conversation, "practitioner_joined", practitioner)
    return conversation


def transfer(
    session: Session, practitioner: Practitioner, conversation_id: int, *, to_id: int
) -> Conversation:
    """Gives the conversation into a colleague's hands, and tells the child who speaks now.

    The holder may pass it on. A supervisor may move it too, so that no child waits for somebody
    whose shift has ended.

    Raises:
        AccessDeniedError: it is not theirs to see, or the colleague may not see it.
        NotHeldError: they neither hold it nor are a supervisor, or nobody holds it.
    """
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if conversation.holder is not Holder.PRACTITIONER:
        raise NotHeldError
    is_holder = conversation.practitioner_id == practitioner.id
    if not is_holder and not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise NotHeldError
    colleague = session.get(Practitioner, to_id)
    if colleague is None:
        raise AccessDeniedError
    access_conversation(session, colleague, conversation_id)
    if colleague.id == conversation.practitioner_id:
        return conversation
    call = open_handover(session, conversation)
    if call is not None:
        call.practitioner_id = colleague.id
    _hold(session, conversation, Holder.PRACTITIONER, colleague)
    _tell(session, conversation, "practitioner_changed", colleague)
    audit.record(
        session,
        "conversation_transferred",
        conversation=conversation,
        practitioner=practitioner,
        details={"to": colleague.id},
    )
    return conversation


def colleagues(session: Session, practitioner: Practitioner) -> list[Practitioner]:
    """Gives who on duty may hold this practitioner's conversations, by name."""
    found = session.scalars(
        select(Practitioner)
        .where(Practitioner.authority_id == practitioner.authority_id)
        .where(Practitioner.active.is_(True))
        .where(Practitioner.on_duty.is_(True))
        .order_by(Practitioner.name, Practitioner.id)
    ).unique()
    return [one for one in found if one.has_any_role(RoleName.PRACTITIONER, RoleName.SUPERVISOR)]


def say(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    text: str,
    *,
    form_id: str | None = None,
) -> Message:
    """Gives the practitioner's message, queued for the child.

    A form with a `form_id` that is sent twice, by a double press or over a bad line, says it once.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
        ValueError: there are no words in it.
    """
    if not text.strip():
        raise ValueError("Write something before you send it.")
    conversation = _held_by(session, practitioner, conversation_id)
    # The conversation's row is locked, so two of the same form cannot both find nothing here.
    external_id = f"form:{form_id}" if form_id else None
    if external_id and (said := _said_by_form(session, conversation, external_id)):
        return said
    words = Words(text=text.strip(), urgency=conversation.urgency)
    return queue_message(
        session, conversation, words, practitioner=practitioner, external_id=external_id
    )


def release(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Gives the conversation back to the bot, and tells the child.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
    """
    conversation = _held_by(session, practitioner, conversation_id)
    _close_call(session, conversation)
    _tell(session, conversation, "practitioner_released", practitioner)
    _hold(session, conversation, Holder.BOT, None)
    return conversation


def end(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Closes this episode; the child can always write again, which opens a new one.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
    """
    conversation = _held_by(session, practitioner, conversation_id)
    _close_call(session, conversation)
    _tell(session, conversation, "conversation_ended", practitioner)
    feedback.ask(session, conversation, "practitioner")
    conversation.ended_at = utc_now()
    _hold(session, conversation, Holder.BOT, None)
    return conversation


def set_urgency(
    session: Session,
    practitioner: Practitioner,
    message: Message,
    *,
    level: Urgency,
    reason: str,
) -> None:
    """Lets a named person correct a message's urgency, with a reason, and so the conversation's.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: no reason was given.
    """
    if not reason.strip():
        raise ValueError("Say why the urgency changes.")
    conversation = access_conversation(
        session, practitioner, message.conversation_id, for_update=True
    )
    session.add(
        UrgencyAssessment(
            message_id=message.id,
            urgency=level,
            reasons=[{"kind": "practitioner", "words": reason.strip()}],
            scored_by="practitioner",
            practitioner_id=practitioner.id,
        )
    )
    before = conversation.urgency
    conversation.urgency = level
    contact = records.current_contact(session, conversation)
    contact.urgency = level
    _move_call(session, conversation, level)
    audit.record(
        session,
        "urgency_corrected",
        conversation=conversation,
        practitioner=practitioner,
        details={"from": before.value, "to": level.value, "message_id": message.id},
    )
    audit.announce(session, conversation, "urgency", message.id)


def waiting(session: Session, practitioner: Practitioner, *, limit: int = 200) -> list[Handover]:
    """Gives the open calls of the practitioner's authority, most urgent and oldest first."""
    calls = session.scalars(
        select(Handover)
        .where(Handover.authority_id == practitioner.authority_id)
        .where(Handover.closed_at.is_(None))
        .order_by(Handover.requested_at)
    ).all()
    return sorted(calls, key=lambda call: (-call.urgency.rank, call.requested_at))[:limit]


def _said_by_form(session: Session, conversation: Conversation, external_id: str) -> Message | None:
    return session.scalars(
        select(Message)
        .where(Message.account_id == conversation.account_id)
        .where(Message.external_id == external_id)
    ).one_or_none()


def _move_call(session: Session, conversation: Conversation, level: Urgency) -> None:
    call = open_handover(session, conversation)
    if level.raises_alert and (call is None or level.rank > call.urgency.rank):
        reason = HandoverReason.EMERGENCY if level is Urgency.EMERGENCY else HandoverReason.URGENT
        request(session, conversation, reason=reason, urgency=level)
    elif call is not None:
        call.urgency = level
        audit.announce(session, conversation, "alert", call.id)


def _waits_for_a_person(reason: HandoverReason, urgency: Urgency) -> bool:
    return urgency.raises_alert or reason is HandoverReason.CHILD_ASKED


# An emergency that goes on rings again once a minute until somebody has seen it.
_RING_AGAIN_AFTER = dt.timedelta(minutes=1)


def _rings_again(call: Handover, urgency: Urgency) -> bool:
    return urgency is Urgency.EMERGENCY and utc_now() - call.rung_at > _RING_AGAIN_AFTER


def _ring(session: Session, conversation: Conversation, call: Handover) -> None:
    audit.record(
        session,
        "handover_requested",
        conversation=conversation,
        details={"reason": call.reason.value, "urgency": call.urgency.value},
    )
    audit.announce(session, conversation, "alert", call.id)


def _hold(
    session: Session,
    conversation: Conversation,
    holder: Holder,
    practitioner: Practitioner | None,
) -> None:
    conversation.holder = holder
    conversation.practitioner_id = practitioner.id if practitioner else None
    audit.record(
        session,
        f"held_by_{holder.value}",
        conversation=conversation,
        practitioner=practitioner,
    )
    audit.announce(session, conversation, "holder")


def _held_by(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if conversation.holder is not Holder.PRACTITIONER:
        raise NotHeldError
    if conversation.practitioner_id != practitioner.id:
        raise NotHeldError
    return conversation


def _holder_name(conversation: Conversation) -> str:
    return conversation.practitioner.name if conversation.practitioner else "Somebody else"


def _close_call(session: Session, conversation: Conversation) -> None:
    call = open_handover(session, conversation)
    if call is not None:
        call.closed_at = utc_now()
        audit.announce(session, conversation, "alert", call.id)


def _tell(
    session: Session, conversation: Conversation, key: str, practitioner: Practitioner
) -> None:
    tokens = {"practitioner": practitioner.name}
    for text in wording.texts(key, conversation.language, tokens):
        queue_message(session, conversation, Words(text=text, urgency=conversation.urgency))
