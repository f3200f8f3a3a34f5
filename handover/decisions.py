"""Decisions on contacts: what becomes of each, the referral it may make, and telling the child.

A decision is a named practitioner's. A later one stands beside the earlier in the record's
history. The child hears of it as the one who told us, through the outbox and so through the
safe-contact plan.
"""

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from handover import audit, contacts, record_fields, records, referrals, tasks, wording, words
from handover.entries import Problem
from handover.outgoing import Words, queue_message
from handover.records import GatheredAnswer
from handover.referrals import DecisionError
from models.authority import Authority
from models.base import utc_now
from models.casework import TaskKind
from models.contact import AnswerStatus, Contact, ContactOutcome
from models.conversation import Conversation, Delivery, DeliveryStatus
from models.practitioner import Practitioner
from models.referral import Referral
from models.urgency import Urgency

_FLAGS = {
    ContactOutcome.REFERRAL: ("NEW_REFERRAL_FLAG",),
    ContactOutcome.PASSED_TO_WORKER: ("EXISTING_REFERRAL_FLAG",),
    ContactOutcome.INFORMATION_AND_ADVICE: ("ADVICE_FLAG",),
    ContactOutcome.NO_FURTHER_ACTION: ("NFA_FLAG",),
    ContactOutcome.EARLY_HELP: ("OTHER_OUTCOMES_EXIST_FLAG",),
}
_GONE_OUT = {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}


class Telling(enum.StrEnum):
    """How the child hears what was decided."""

    NOW = "now"
    """By a message, as soon as it is safe."""
    TOLD = "told"
    """The practitioner has told them."""
    NOT_SAFE = "not_safe"
    """They are not told yet, for a reason that is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a practitioner decides on a contact."""

    outcome: ContactOutcome
    reason: str
    telling: Telling = Telling.NOW
    not_told_reason: str = ""
    flags: tuple[str, ...] = ()
    """Further outcome codes, beside the one that the outcome itself is."""
    next_steps: tuple[str, ...] = ()
    """For a referral, its outcome codes."""
    worker_id: int | None = None
    """For a referral, the allocated worker."""


def decide(
    session: Session, practitioner: Practitioner, contact_id: int, decision: Decision
) -> Contact:
    """Gives the contact with its decision, and all that follows from it.

    Raises:
        AccessDeniedError: it is not theirs to see.
        DecisionError: it cannot be decided on so; all that stands in the way is named.
    """
    contact = contacts.access_contact(session, practitioner, contact_id, for_update=True)
    case = referrals.open_referral(session, contact)
    if problems := tuple(_problems(session, contact, decision, case)):
        raise DecisionError.of(problems)
    contact.outcome = decision.outcome
    contact.outcome_reason = decision.reason.strip()
    contact.outcome_flags = sorted({*_FLAGS[decision.outcome], *decision.flags})
    contact.decided_at = utc_now()
    contact.decided_by_id = practitioner.id
    # Nobody has to read it any more who has not: a decision is more than a submission.
    contact.submitted_at = contact.submitted_at or contact.received_at
    _keep_in_history(session, practitioner, contact, decision)
    if decision.outcome is ContactOutcome.REFERRAL:
        referrals.progress_to_referral(
            session,
            practitioner,
            contact,
            next_steps=decision.next_steps,
            worker_id=decision.worker_id,
        )
    elif decision.outcome is ContactOutcome.PASSED_TO_WORKER and case is not None:
        _pass_on(session, practitioner, contact, case)
    _tell(session, practitioner, contact, decision)
    audit.record(
        session,
        "contact_decided",
        conversation=contact.conversation,
        practitioner=practitioner,
        details={"outcome": decision.outcome.value, "contact_id": contact.contact_id},
    )
    records.announce(session, contact)
    return contact


def possible(session: Session, contact: Contact) -> list[ContactOutcome]:
    """Gives what may be decided: on an open case, information is passed on and not referred."""
    case = referrals.open_referral(session, contact)
    is_open_elsewhere = case is not None and case.contact_id != contact.id
    without = ContactOutcome.REFERRAL if is_open_elsewhere else ContactOutcome.PASSED_TO_WORKER
    order = (
        ContactOutcome.REFERRAL,
        ContactOutcome.PASSED_TO_WORKER,
        ContactOutcome.EARLY_HELP,
        ContactOutcome.INFORMATION_AND_ADVICE,
        ContactOutcome.NO_FURTHER_ACTION,
    )
    return [outcome for outcome in order if outcome is not without]


def check_words(contact: Contact, reason: str, telling: Telling, not_told: str) -> list[Problem]:
    """Gives what is missing of the words of a decision, whatever its outcome."""
    found: list[Problem] = []
    if not reason.strip():
        found.append(Problem("text", "Give the reason for the decision"))
    if telling is Telling.NOT_SAFE and not not_told.strip():
        found.append(Problem("not_told_reason", "Say why the child is not told yet"))
    if telling is Telling.NOW and contact.conversation is None:
        found.append(Problem("telling", "There is no channel to this child. Tell them yourself"))
    return found


def acknowledgement_texts(
    conversation: Conversation, outcome: ContactOutcome, practitioner: Practitioner
) -> tuple[str, ...]:
    """Gives what the child is told of an outcome, in their language."""
    tokens = {"practitioner": practitioner.name}
    return wording.texts(_wording(outcome), conversation.language, tokens)


def note_sent(session: Session, delivery: Delivery) -> None:
    """Keeps when the child was really told, once every part of the message has gone."""
    contact = session.scalars(_TOLD_BY, {"message": delivery.message_id}).one_or_none()
    if contact is None:
        return
    session.flush()
    parts = session.scalars(
        select(Delivery.status).where(Delivery.message_id == delivery.message_id)
    ).all()
    if all(status in _GONE_OUT for status in parts):
        contact.acknowledged_at = delivery.sent_at or utc_now()
        audit.record(session, "contact_acknowledged", conversation=contact.conversation)
        records.announce(session, contact)


# Made once: it is asked for every message that goes.
_TOLD_BY = (
    select(Contact)
    .where(Contact.acknowledgement_id == bindparam("message"))
    .where(Contact.acknowledged_at.is_(None))
    .with_for_update()
    .execution_options(autoflush=False)
)


def _problems(
    session: Session, contact: Contact, decision: Decision, case: Referral | None
) -> Iterator[Problem]:
    """Gives all that stands in the way, in the order of the form."""
    yield from _of_outcome(session, contact, decision, case)
    words_missing = check_words(
        contact, decision.reason, decision.telling, decision.not_told_reason
    )
    yield from (one for one in words_missing if one.field == "text")
    if decision.outcome is ContactOutcome.REFERRAL:
        yield from _of_referral(session, contact, decision)
    yield from (one for one in words_missing if one.field != "text")


def _of_outcome(
    session: Session, contact: Contact, decision: Decision, case: Referral | None
) -> Iterator[Problem]:
    own = referrals.referral_of(session, contact)
    is_referral = decision.outcome is ContactOutcome.REFERRAL
    if own is not None and own.closed_at is None and not is_referral:
        text = "This contact is an open referral. Close the referral before you change it"
        yield Problem("outcome", text)
    elif decision.outcome not in possible(session, contact):
        text = (
            "This child has an open case. Pass the information to the allocated worker"
            if case is not None
            else "This child has no open case to pass it to"
        )
        yield Problem("outcome", text)


def _of_referral(session: Session, contact: Contact, decision: Decision) -> Iterator[Problem]:
    nation = session.get_one(Authority, contact.authority_id).nation
    form = record_fields.form(nation, contact.received_at.year)
    need = records.staff_value(session, contact, "primary_need_code")
    is_needed = "primary_need" in form.codes and decision.next_steps != ("NFA_FLAG",)
    # Census rule 8610: a referral that goes on has a primary need.
    if is_needed and need is None:
        yield Problem("primary_need_code", "Choose the primary need")
    if "NFA_FLAG" in decision.next_steps and len(decision.next_steps) > 1:
        text = "Choose \u201cNo further action\u201d or others, not both"
        yield Problem("next_steps", text)


def _keep_in_history(
    session: Session, practitioner: Practitioner, contact: Contact, decision: Decision
) -> None:
    value = {
        "outcome": decision.outcome.value,
        "reason": decision.reason.strip(),
        "flags": contact.outcome_flags,
        "next_steps": list(decision.next_steps),
    }
    kept = GatheredAnswer(field="decision", status=AnswerStatus.VALUE, value=value)
    records.record_answers(session, contact, [kept], practitioner=practitioner)


# How soon the allocated worker must read what came in on their open case.
_READ_WITHIN = {Urgency.EMERGENCY: dt.timedelta(0), Urgency.URGENT: dt.timedelta(hours=1)}


def _pass_on(
    session: Session, practitioner: Practitioner, contact: Contact, case: Referral
) -> None:
    now = utc_now()
    due = (
        now + _READ_WITHIN[contact.urgency]
        if contact.urgency in _READ_WITHIN
        else words.end_of_next_working_day(
            session.get_one(Authority, practitioner.authority_id).nation, now
        )
    )
    wanted = tasks.NewTask(
        kind=TaskKind.NEW_INFORMATION,
        what="Read the new contact on your open case, and act on it.",
        due=due,
        owner_id=case.allocated_worker_id,
    )
    tasks.add(session, practitioner, contact, wanted)


def _tell(
    session: Session, practitioner: Practitioner, contact: Contact, decision: Decision
) -> None:
    _take_back(session, contact)
    contact.acknowledgement_id = None
    contact.acknowledgement_wording = None
    contact.acknowledged_at = None
    contact.not_acknowledged_reason = None
    match decision.telling:
        case Telling.TOLD:
            contact.acknowledgement_wording = "told_by_practitioner"
            contact.acknowledged_at = utc_now()
        case Telling.NOT_SAFE:
            contact.not_acknowledged_reason = decision.not_told_reason.strip()
        case Telling.NOW:
            if contact.conversation is not None:
                _queue(session, practitioner, contact, contact.conversation, decision.outcome)


def _take_back(session: Session, contact: Contact) -> None:
    """Lets what the child would have been told of an earlier decision no longer go."""
    waiting = {DeliveryStatus.QUEUED, DeliveryStatus.HELD, DeliveryStatus.SEALED}
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.message_id == contact.acknowledgement_id)
        .where(Delivery.status.in_(waiting))
        .with_for_update()
    )
    for delivery in rows:
        delivery.status = DeliveryStatus.WITHHELD
        delivery.error_code = "decision_changed"


def _queue(
    session: Session,
    practitioner: Practitioner,
    contact: Contact,
    conversation: Conversation,
    outcome: ContactOutcome,
) -> None:
    texts = acknowledgement_texts(conversation, outcome, practitioner)
    said = Words(text=" ".join(texts), urgency=conversation.urgency)
    message = queue_message(session, conversation, said)
    contact.acknowledgement_id = message.id
    contact.acknowledgement_wording = _wording(outcome)


def _wording(outcome: ContactOutcome) -> str:
    return f"decided_{outcome.value}"
