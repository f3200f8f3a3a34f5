"""Warm transfers: a conversation is offered, and changes hands only when the other side accepts.

Until then the holder stays responsible. A team's offer is accepted by whoever of it is first.
Another authority sees of an offer only what was written for it; the talk itself, with all that was
recorded of it, goes along when a person there accepts.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from handover import audit, lookups, offers, records, referrals, service
from handover.service import AccessDeniedError, NotHeldError
from models.authority import Authority, Team
from models.base import utc_now
from models.contact import Answer, Contact
from models.conversation import Conversation, Handover, Holder, Message
from models.practitioner import Practitioner, RoleName
from models.teamwork import Transfer, TransferStatus

COLLEAGUE_ANSWERS_WITHIN = dt.timedelta(minutes=15)
AUTHORITY_ANSWERS_WITHIN = dt.timedelta(hours=2)


class AlreadyOfferedError(Exception):
    """The conversation is offered to somebody already: withdraw that first."""


class OfferEndedError(Exception):
    """The offer was answered, withdrawn or ran out before; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """To whom a conversation is offered: exactly one of the three."""

    practitioner_id: int | None = None
    team_id: int | None = None
    authority_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How the child stands to their record going to another authority."""

    agrees: bool
    words: str
    """What the child said; or, without their agreement, why it must be shared all the same."""


def offer(
    session: Session,
    practitioner: Practitioner,
    conversation_id: int,
    taker: Taker,
    *,
    reason: str,
    consent: Consent | None = None,
) -> Transfer:
    """Offers a conversation, which stays where it is until somebody accepts.

    The holder may offer it, and a supervisor.

    Raises:
        AccessDeniedError: it is not theirs to see, or there is no such taker.
        NotHeldError: they neither hold it nor are a supervisor, or nobody holds it.
        AlreadyOfferedError: it is offered already.
        ValueError: a reason or, for another authority, the child's consent is missing.
    """
    if not reason.strip():
        raise ValueError("Say what the next person must know first.")
    conversation = service.access_conversation(
        session, practitioner, conversation_id, for_update=True
    )
    if conversation.holder is not Holder.PRACTITIONER:
        raise NotHeldError
    is_holder = conversation.practitioner_id == practitioner.id
    if not is_holder and not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise NotHeldError
    _check_taker(session, conversation, taker)
    if taker.authority_id is not None and (consent is None or not consent.words.strip()):
        raise ValueError("Write what the child said about it.")
    made = _make(conversation, practitioner, taker, reason, consent)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise AlreadyOfferedError from error
    audit.record(
        session,
        "conversation_offered",
        conversation=conversation,
        practitioner=practitioner,
        details={"transfer_id": made.id},
    )
    audit.announce(session, conversation, "holder")
    audit.notify(session, taker.authority_id or conversation.authority_id, taker.practitioner_id)
    if made.to_authority is not None and conversation.practitioner is not None:
        service.tell(
            session,
            conversation,
            "transfer_asked",
            conversation.practitioner,
            {"authority": made.to_authority.name},
        )
    return made


def accept(session: Session, practitioner: Practitioner, transfer_id: int) -> Conversation:
    """Takes the conversation that was offered, and tells the child who speaks now.

    Raises:
        AccessDeniedError: it was not offered to them.
        OfferEndedError: somebody was first, or it is over.
    """
    offered, conversation = _open(session, practitioner, transfer_id)
    if offered.expires_at <= utc_now():
        raise OfferEndedError("This offer ran out before you answered.")
    _answer(offered, TransferStatus.ACCEPTED, practitioner)
    session.flush()
    name = practitioner.name
    if offered.to_authority is not None:
        _move(session, conversation, offered.to_authority, practitioner)
        name = f"{name}, {offered.to_authority.name}"
    service.change_hands(session, conversation, practitioner)
    service.tell(
        session, conversation, "practitioner_changed", practitioner, {"practitioner": name}
    )
    audit.record(
        session,
        "conversation_transferred",
        conversation=conversation,
        practitioner=practitioner,
        details={"transfer_id": offered.id, "from": offered.authority_id},
    )
    _tell_asker(session, offered)
    return conversation


def decline(session: Session, practitioner: Practitioner, transfer_id: int, reason: str) -> None:
    """Leaves the conversation where it is, with the reason for whoever offered it.

    Raises:
        AccessDeniedError: it was not offered to them.
        OfferEndedError: it is over.
        ValueError: no reason was given.
    """
    if not reason.strip():
        raise ValueError("Say why you cannot take it.")
    offered, conversation = _open(session, practitioner, transfer_id)
    _answer(offered, TransferStatus.DECLINED, practitioner)
    offered.answer_reason = reason.strip()
    _come_back(session, offered, conversation)


def withdraw(session: Session, practitioner: Practitioner, transfer_id: int) -> None:
    """Takes an offer back.

    Raises:
        AccessDeniedError: the conversation is not theirs to see.
        NotHeldError: they neither hold it nor made the offer nor are a supervisor.
        OfferEndedError: it is over.
    """
    offered = session.get(Transfer, transfer_id)
    if offered is None:
        raise AccessDeniedError
    conversation = service.access_conversation(
        session, practitioner, offered.conversation_id, for_update=True
    )
    session.refresh(offered)
    is_theirs = practitioner.id in {conversation.practitioner_id, offered.offered_by_id}
    if not is_theirs and not practitioner.has_any_role(RoleName.SUPERVISOR):
        raise NotHeldError
    _check_open(offered)
    _answer(offered, TransferStatus.WITHDRAWN, practitioner)
    _come_back(session, offered, conversation)


def expire_due(session: Session) -> int:
    """Ends the offers that nobody answered in time, tells their makers, and gives how many."""
    due = session.scalars(
        select(Transfer.id)
        .where(Transfer.status == TransferStatus.PENDING)
        .where(Transfer.expires_at <= utc_now())
        .limit(100)
    ).all()
    for transfer_id in due:
        offered = session.get_one(Transfer, transfer_id)
        # The conversation first, as everywhere: then no two transactions wait for each other.
        conversation = session.get_one(Conversation, offered.conversation_id, with_for_update=True)
        session.refresh(offered)
        if offered.status is TransferStatus.PENDING:
            offered.status = TransferStatus.EXPIRED
            offered.answered_at = utc_now()
            _come_back(session, offered, conversation)
    return len(due)


def _check_taker(session: Session, conversation: Conversation, taker: Taker) -> None:
    if taker.practitioner_id is not None:
        colleague = session.get(Practitioner, taker.practitioner_id)
        if colleague is None or colleague.id == conversation.practitioner_id:
            raise AccessDeniedError
        service.access_conversation(session, colleague, conversation.id)
        return
    if taker.team_id is not None:
        team = session.get(Team, taker.team_id)
        is_here = team is not None and team.authority_id == conversation.authority_id
        if team is None or not is_here or team.removed_at is not None:
            raise AccessDeniedError
        return
    authority = session.get(Authority, taker.authority_id or 0)
    if authority is None or authority.id == conversation.authority_id:
        raise AccessDeniedError


def _make(
    conversation: Conversation,
    practitioner: Practitioner,
    taker: Taker,
    reason: str,
    consent: Consent | None,
) -> Transfer:
    now = utc_now()
    is_far = taker.authority_id is not None
    agreed: Mapping[str, object] | None = None
    if consent is not None and is_far:
        agreed = {"agrees": consent.agrees, "words": consent.words.strip()}
    return Transfer(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        offered_by_id=practitioner.id,
        to_practitioner_id=taker.practitioner_id,
        to_team_id=taker.team_id,
        to_authority_id=taker.authority_id,
        reason=reason.strip(),
        consent=agreed,
        created_at=now,
        expires_at=now + (AUTHORITY_ANSWERS_WITHIN if is_far else COLLEAGUE_ANSWERS_WITHIN),
    )


def _open(
    session: Session, practitioner: Practitioner, transfer_id: int
) -> tuple[Transfer, Conversation]:
    offered = session.get(Transfer, transfer_id)
    if offered is None or not offers.may_answer(practitioner, offered):
        raise AccessDeniedError
    # Whoever locks the conversation first is the one who answers; the other finds it answered.
    conversation = session.get_one(
        Conversation, offered.conversation_id, with_for_update=True, populate_existing=True
    )
    session.refresh(offered)
    _check_open(offered)
    return offered, conversation


def _check_open(offered: Transfer) -> None:
    by = offered.answered_by.name if offered.answered_by else "Somebody"
    match offered.status:
        case TransferStatus.PENDING:
            return
        case TransferStatus.ACCEPTED:
            raise OfferEndedError(f"{by} has taken this conversation already.")
        case TransferStatus.DECLINED:
            raise OfferEndedError(f"{by} has declined this offer already.")
        case TransferStatus.EXPIRED:
            raise OfferEndedError("This offer ran out before you answered.")
        case TransferStatus.WITHDRAWN:
            raise OfferEndedError("This offer was taken back.")


def _answer(offered: Transfer, status: TransferStatus, practitioner: Practitioner) -> None:
    offered.status = status
    offered.answered_at = utc_now()
    offered.answered_by_id = practitioner.id


def _come_back(session: Session, offered: Transfer, conversation: Conversation) -> None:
    audit.record(
        session,
        f"offer_{offered.status.value}",
        conversation=conversation,
        details={"transfer_id": offered.id},
    )
    audit.announce(session, conversation, "holder")
    _tell_asker(session, offered)
    audit.notify(
        session, offered.to_authority_id or offered.authority_id, offered.to_practitioner_id
    )
    if offered.to_authority is not None and conversation.practitioner is not None:
        # The child was told that the others were asked, so they are told the answer.
        service.tell(
            session,
            conversation,
            "transfer_declined",
            conversation.practitioner,
            {"authority": offered.to_authority.name},
        )


def _tell_asker(session: Session, offered: Transfer) -> None:
    audit.notify(session, offered.authority_id, offered.offered_by_id)


def _move(
    session: Session, conversation: Conversation, authority: Authority, taker: Practitioner
) -> None:
    """Gives another authority the talk and the contact of the present episode.

    What was decided on earlier contacts, and notes between colleagues, stay where they were made.
    """
    # The consoles of those who gave it away take it off their lists.
    audit.announce(session, conversation, "holder")
    # They decide on it even where nothing was gathered yet: without one they had no record.
    contact = records.current_contact(session, conversation)
    left, contact.authority_id = contact.authority_id, authority.id
    referrals.go_along(session, taker, contact, left=left)
    _let_be_found(session, contact, conversation.child.name_to_use)
    is_only_one = not session.scalars(
        select(Conversation.id)
        .where(Conversation.child_id == conversation.child_id)
        .where(Conversation.id != conversation.id)
        .limit(1)
    ).first()
    if is_only_one:
        conversation.child.authority_id = authority.id
    for table in (Message, Handover):
        session.execute(
            update(table)
            .where(table.conversation_id == conversation.id)
            .values(authority_id=authority.id)
        )
    conversation.authority_id = authority.id
    session.flush()
    session.refresh(conversation, ["authority"])


def _let_be_found(session: Session, contact: Contact, name: str | None) -> None:
    """Keeps look-ups by which the other authority finds the child: each has a key of its own."""
    answers = session.scalars(select(Answer).where(Answer.contact_id == contact.id)).all()
    lookups.note(session, contact.authority_id, contact.child_id, answers)
    if name:
        lookups.note_value(session, contact.authority_id, contact.child_id, "name_to_use", name)
