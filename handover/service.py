"""Handover: the bot asks for a person; a practitioner takes over, speaks, gives back, ends.

`access_conversation` is the one door to a child's record for anyone who signs in.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, corrections, feedback, ladder, records, wording
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
from models.teamwork import Transfer, TransferStatus
from models.urgency import Harm, Urgency, highest


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
        hold(session, conversation, Holder.NOBODY, None)
    if conversation.holder is Holder.PRACTITIONER and reason is HandoverReason.UNDELIVERABLE:
        # What was said did not arrive, so the child is not answered.
        conversation.unanswered_since = conversation.unanswered_since or utc_now()
        ladder.settle(session, conversation)
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
    elif call.taken_at is None:
        # Who waited for a person waits on, until that person has said something.
        conversation.unanswered_since = conversation.unanswered_since or call.requested_at
    call.taken_at = now
    call.practitioner_id = practitioner.id
    if call.acknowledged_at is None:
        call.acknowledged_at = now
        call.acknowledged_by_id = practitioner.id
    conversation.ended_at = None
    hold(session, conversation, Holder.PRACTITIONER, practitioner)
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
    call = open_handover(session, conversation)
    if call is not None:
        call.practitioner_id = practitioner.id
    hold(session, conversation, Holder.PRACTITIONER, practitioner)


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
    _close_call(session, conversation)
    tell(session, conversation, "practitioner_released", practitioner)
    hold(session, conversation, Holder.BOT, None)
    _call_for_the_unanswered(session, conversation)
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
    _close_call(session, conversation)
    for text in last_words:
        if text.strip():
            last = Words(text=text.strip(), urgency=conversation.urgency)
            queue_message(session, conversation, last, practitioner=practitioner)
    tell(session, conversation, "conversation_ended", practitioner)
    feedback.ask(session, conversation, "practitioner")
    conversation.ended_at = utc_now()
    conversation.unanswered_since = None
    hold(session, conversation, Holder.BOT, None)
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


def hold(
    session: Session,
    conversation: Conversation,
    holder: Holder,
    practitioner: Practitioner | None,
) -> None:
    """Lets somebody else answer the child; an offer that is open comes to nothing."""
    _end_offer(session, conversation)
    conversation.holder = holder
    conversation.practitioner_id = practitioner.id if practitioner else None
    audit.record(
        session,
        f"held_by_{holder.value}",
        conversation=conversation,
        practitioner=practitioner,
    )
    ladder.settle(session, conversation, is_handed_on=True)
    audit.announce(session, conversation, "holder")


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
    for text in wording.texts(key, conversation.language, tokens):
        queue_message(session, conversation, Words(text=text, urgency=conversation.urgency))


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
        ladder.settle(session, conversation)
        audit.announce(session, conversation, "alert", call.id)


def _call_for_the_unanswered(session: Session, conversation: Conversation) -> None:
    """Calls somebody else for a worry that was given back without an answer."""
    is_left = conversation.unanswered_since is not None and conversation.due_at is None
    if is_left and conversation.urgency is not Urgency.NO_CONCERN:
        request(
            session,
            conversation,
            reason=HandoverReason.RELEASED,
            urgency=conversation.urgency,
        )
    if is_left:
        conversation.unanswered_since = None


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
    ladder.settle(session, conversation, rings=True)
    audit.announce(session, conversation, "alert", call.id)


def _holder_name(conversation: Conversation) -> str:
    return conversation.practitioner.name if conversation.practitioner else "Somebody else"


def _close_call(session: Session, conversation: Conversation) -> None:
    call = open_handover(session, conversation)
    if call is not None:
        call.closed_at = utc_now()
        audit.announce(session, conversation, "alert", call.id)


def _end_offer(session: Session, conversation: Conversation) -> None:
    offer = session.scalars(
        select(Transfer)
        .where(Transfer.conversation_id == conversation.id)
        .where(Transfer.status == TransferStatus.PENDING)
    ).one_or_none()
    if offer is not None:
        offer.status = TransferStatus.WITHDRAWN
        offer.answered_at = utc_now()
        audit.notify(session, offer.to_authority_id or offer.authority_id)
