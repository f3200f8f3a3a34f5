"""Handover: the bot asks for a person; a practitioner takes over, speaks, gives back, ends.

`access_conversation` is the one door to a child's record for anyone who signs in.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, calling, corrections, feedback, ladder, records, wording
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
from models.urgency import Harm, Urgency


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


def acknowledge(session: Session, practitioner: Practitioner, conversation_id: int) -> None:
    """Keeps that a person has seen the call, which stops its ringing."""
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    call = calling.open_handover(session, conversation)
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
    ladder.acknowledge(session, conversation, practitioner)


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
    call = calling.open_handover(session, conversation)
    if call is None:
        call = Handover(
            authority_id=conversation.authority_id,
            conversation_id=conversation.id,
            reason=HandoverReason.CHILD_ASKED,
            urgency=conversation.urgency,
            requested_at=now,
        )
        session.add(call)
    elif call.taken_at is None:
        # Who waited for a person waits on, until that person has said something.
        conversation.unanswered_since = conversation.unanswered_since or call.requested_at
    call.taken_at = now
    call.practitioner_id = practitioner.id
    if call.acknowledged_at is None:
        call.acknowledged_at = now
        call.acknowledged_by_id = practitioner.id
    conversation.ended_at = None
    calling.hold(session, conversation, Holder.PRACTITIONER, practitioner)
    tell(session, conversation, "practitioner_joined", practitioner)
    return conversation


def step_in(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Gives a colleague's conversation into a supervisor's hands, and tells the child who speaks.

    Raises:
        AccessDeniedError: it is not theirs to see, or they are no supervisor.
        NotHeldError: nobody holds it: it can be taken over as any other.
    """
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise AccessDeniedError
    if conversation.holder is not Holder.PRACTITIONER:
        raise NotHeldError
    before = conversation.practitioner_id
    if before != practitioner.id:
        audit.record(
            session,
            "supervisor_stepped_in",
            conversation=conversation,
            practitioner=practitioner,
            details={"from": before},
        )
        audit.notify(session, conversation.authority_id, before)
        change_hands(session, conversation, practitioner)
        tell(session, conversation, "practitioner_changed", practitioner)
    return conversation


def change_hands(session: Session, conversation: Conversation, practitioner: Practitioner) -> None:
    """Puts a conversation that a person holds into another person's hands."""
    call = calling.open_handover(session, conversation)
    if call is not None:
        call.practitioner_id = practitioner.id
    calling.hold(session, conversation, Holder.PRACTITIONER, practitioner)


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
    undo: dt.timedelta = dt.timedelta(0),
) -> Message:
    """Gives the practitioner's message, queued for the child, to be taken back within `undo`.

    A form with a `form_id` that is sent twice, by a double press or over a bad line, says it once.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
        ValueError: there are no words in it.
    """
    if not text.strip():
        raise ValueError("Write something before you send it.")
    conversation = held_by(session, practitioner, conversation_id)
    # The conversation's row is locked, so two of the same form cannot both find nothing here.
    external_id = f"form:{form_id}" if form_id else None
    if external_id and (said := _said_by_form(session, conversation, external_id)):
        return said
    words = Words(text=text.strip(), urgency=conversation.urgency, wait=undo)
    message = queue_message(
        session, conversation, words, practitioner=practitioner, external_id=external_id
    )
    conversation.unanswered_since = None
    ladder.settle(session, conversation)
    return message


def release(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Gives the conversation back to the bot, and tells the child.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
    """
    conversation = held_by(session, practitioner, conversation_id)
    calling.close(session, conversation)
    tell(session, conversation, "practitioner_released", practitioner)
    calling.hold(session, conversation, Holder.BOT, None)
    _call_for_what_is_left(session, conversation)
    return conversation


def end(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    *,
    last_words: Iterable[str] = (),
) -> Conversation:
    """Closes this episode; the child can always write again, which opens a new one.

    The practitioner's last words, such as what happens next, go before the service's own.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
    """
    conversation = held_by(session, practitioner, conversation_id)
    calling.close(session, conversation)
    for text in last_words:
        if text.strip():
            last = Words(text=text.strip(), urgency=conversation.urgency)
            queue_message(session, conversation, last, practitioner=practitioner)
    tell(session, conversation, "conversation_ended", practitioner)
    feedback.ask(session, conversation, "practitioner")
    conversation.ended_at = utc_now()
    conversation.unanswered_since = None
    calling.hold(session, conversation, Holder.BOT, None)
    return conversation


def note_typing(session: Session, practitioner: Practitioner, conversation_id: int) -> None:
    """Leaves a hint that the holder is writing, which the bot shows on the child's phone."""
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if conversation.holder is not Holder.PRACTITIONER or not conversation.capability.shows_typing:
        return
    if conversation.practitioner_id == practitioner.id:
        conversation.typing_at = utc_now()


def set_urgency(
    session: Session,
    practitioner: Practitioner,
    message: Message,
    *,
    level: Urgency,
    reason: str,
    harms: frozenset[Harm] | None = None,
) -> None:
    """Lets a named person correct a message's urgency, with a reason, and so the conversation's.

    Its harms stay as they were judged unless others are given. Where the authority keeps
    corrections, this is one.

    Raises:
        AccessDeniedError: it is not theirs to see.
        ValueError: no reason was given.
    """
    if not reason.strip():
        raise ValueError("Say why the urgency changes.")
    conversation = access_conversation(
        session, practitioner, message.conversation_id, for_update=True
    )
    judged = corrections.last_judgement(session, message)
    kept = judged.harms if judged else []
    corrected = UrgencyAssessment(
        message_id=message.id,
        urgency=level,
        harms=sorted(kept) if harms is None else sorted(harm.value for harm in harms),
        reasons=[{"kind": "practitioner", "words": reason.strip()}],
        scored_by="practitioner",
        practitioner_id=practitioner.id,
    )
    session.add(corrected)
    corrections.keep(session, conversation, corrected, before=judged, reason=reason.strip())
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


def held_by(session: Session, practitioner: Practitioner, conversation_id: int) -> Conversation:
    """Gives the conversation, locked, if it is in this practitioner's hands.

    Raises:
        AccessDeniedError: it is not theirs to see.
        NotHeldError: they do not hold it.
    """
    conversation = access_conversation(session, practitioner, conversation_id, for_update=True)
    if conversation.holder is not Holder.PRACTITIONER:
        raise NotHeldError
    if conversation.practitioner_id != practitioner.id:
        raise NotHeldError
    return conversation


def tell(
    session: Session,
    conversation: Conversation,
    key: str,
    practitioner: Practitioner,
    tokens: Mapping[str, str] | None = None,
) -> None:
    """Says one of the service's own texts to the child, with the name of who speaks."""
    tokens = {"practitioner": practitioner.name, **(tokens or {})}
    introduces = practitioner.id if key in _INTRODUCE else None
    for text in wording.texts(key, conversation.language, tokens):
        said = Words(text=text, urgency=conversation.urgency, introduces=introduces)
        queue_message(session, conversation, said)


_INTRODUCE = {"practitioner_joined", "practitioner_changed"}


def _said_by_form(session: Session, conversation: Conversation, external_id: str) -> Message | None:
    return session.scalars(
        select(Message)
        .where(Message.account_id == conversation.account_id)
        .where(Message.external_id == external_id)
    ).one_or_none()


def _move_call(session: Session, conversation: Conversation, level: Urgency) -> None:
    call = calling.open_handover(session, conversation)
    if level.raises_alert and (call is None or level.rank > call.urgency.rank):
        reason = HandoverReason.EMERGENCY if level is Urgency.EMERGENCY else HandoverReason.URGENT
        calling.request(session, conversation, reason=reason, urgency=level)
    elif call is not None:
        call.urgency = level
        ladder.settle(session, conversation)
        audit.announce(session, conversation, "alert", call.id)


def _call_for_what_is_left(session: Session, conversation: Conversation) -> None:
    """Calls somebody else for a worry that was given back unanswered, or for an emergency.

    An answer does not end an emergency. Whoever knows that it is over changes the urgency first.
    """
    is_left = conversation.unanswered_since is not None and conversation.due_at is None
    is_worry = is_left and conversation.urgency is not Urgency.NO_CONCERN
    is_emergency = conversation.urgency is Urgency.EMERGENCY and conversation.stopped_at is None
    if is_worry or is_emergency:
        calling.request(
            session,
            conversation,
            reason=HandoverReason.RELEASED,
            urgency=conversation.urgency,
        )
    if is_left:
        conversation.unanswered_since = None


def _holder_name(conversation: Conversation) -> str:
    return conversation.practitioner.name if conversation.practitioner else "Somebody else"
