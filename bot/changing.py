"""Changing what is kept of a conversation: who may write, the plan, and the child's own words."""

from dataclasses import asdict
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import episodes, recognising
from bot.outcome import Change, Outcome
from handover import (
    audit,
    feedback,
    plan_changes,
    recognitions,
    records,
    safe_words,
    sealing,
    tidying,
)
from models.base import utc_now
from models.contact import ReferralSource
from models.conversation import Conversation, Delivery, DeliveryStatus, Message

log = structlog.get_logger()


def change(
    session: Session, conversation: Conversation, messages: list[Message], outcome: Outcome
) -> None:
    """Changes the conversation, its contact, the plan and the child's own words as decided."""
    _know_again(session, conversation, messages, outcome)
    _mask(session, conversation, messages, outcome)
    plan_changes.keep(session, conversation, outcome.plan, message=messages[-1])
    if outcome.feedback is not None:
        feedback.keep(session, conversation, outcome.feedback)
    if outcome.language is not None:
        conversation.language = outcome.language
    for change in sorted(outcome.changes):
        if change in _CONTACT_CHANGES:
            _change_contact(session, conversation, change)
        elif change is Change.TIDY:
            tidying.ask(session, conversation, messages[-1])
        elif change in _EPISODE_CHANGES:
            _change_episode(session, conversation, messages, change)
        else:
            _change_conversation(session, conversation, change)


def kept_aside(outcome: Outcome) -> dict[str, Any] | None:
    """Gives an open question of the service's own as a conversation's row holds it."""
    aside = outcome.aside
    if aside is None:
        return None
    return {"kind": aside.kind, "tries": aside.tries, "then": [asdict(one) for one in aside.then]}


def _know_again(
    session: Session, conversation: Conversation, messages: list[Message], outcome: Outcome
) -> None:
    """Keeps a claim to be known again, and the link; before its word is hidden in the message."""
    for message in messages:
        claim = recognising.claim_in(message.text) if message.id in outcome.claims else None
        if claim is not None:
            name = claim.name or conversation.child.name_to_use or ""
            recognitions.keep(session, conversation, message, name, claim.word)


def _mask(
    session: Session, conversation: Conversation, messages: list[Message], outcome: Outcome
) -> None:
    """Keeps the child's own words as digests, and no message that holds one in clear."""
    for message in messages:
        if message.id in outcome.masks:
            message.text = outcome.masks[message.id]
            audit.announce(session, conversation, "message", message.id)
    for chosen in outcome.words:
        safe_words.choose(session, conversation.child, chosen.kind, chosen.word)
        if chosen.kind is safe_words.WordKind.SAFE:
            conversation.child.safe_word_offered_at = utc_now()
        audit.record(session, f"child_chose_{chosen.kind.value}", conversation=conversation)


_EPISODE_CHANGES = {Change.SAME_WORRY, Change.NEW_WORRY, Change.FEEDBACK_OVER}


def _change_episode(
    session: Session, conversation: Conversation, messages: list[Message], change: Change
) -> None:
    match change:
        case Change.SAME_WORRY:
            records.go_on_from(session, conversation)
        case Change.NEW_WORRY:
            episodes.begin(conversation)
            for message in messages:
                message.episode = conversation.episode
        case _:
            feedback.close(session, conversation)
    audit.record(session, f"child_{change.value}", conversation=conversation)


_CONTACT_CHANGES = {Change.SUBMIT, Change.THIRD_PARTY, Change.ADULT}


def _change_conversation(session: Session, conversation: Conversation, change: Change) -> None:
    if change in _SILENT:
        _note_silently(conversation, change)
        return
    now = utc_now()
    match change:
        case Change.STOP:
            conversation.stopped_at = now
            # Whoever asks for silence is answered by it.
            conversation.unanswered_since = None
        case Change.RESUME:
            conversation.stopped_at = None
        case Change.COVER:
            conversation.covered_at = now
        case Change.UNCOVER:
            conversation.covered_at = None
            _send_held(session, conversation)
        case Change.UNSEAL:
            sealing.release(session, conversation)
        case _:
            # Only noted: a person is called by the handover beside it.
            log.warning("child_in_danger_under_cover", conversation_id=conversation.id)
    audit.record(session, f"child_{change.value}", conversation=conversation)
    audit.announce(session, conversation, "holder")


_SILENT = {
    *(Change.EMERGENCY_ANSWERED, Change.HELD, Change.WORD_OFFERED),
    *(Change.LANGUAGE_OFFERED, Change.LANGUAGE_CHOSEN),
}


def _note_silently(conversation: Conversation, change: Change) -> None:
    now = utc_now()
    match change:
        case Change.EMERGENCY_ANSWERED:
            conversation.emergency_answered_at = now
        case Change.HELD:
            conversation.held_at = now
        case Change.LANGUAGE_OFFERED:
            conversation.language_offered = conversation.language
        case Change.LANGUAGE_CHOSEN:
            conversation.language_chosen_at = now
        case _:
            conversation.child.safe_word_offered_at = now


def _change_contact(session: Session, conversation: Conversation, change: Change) -> None:
    contact = records.current_contact(session, conversation)
    match change:
        case Change.THIRD_PARTY:
            contact.source = ReferralSource.ACQUAINTANCE
        case Change.ADULT:
            contact.source = ReferralSource.FAMILY
        case _:
            records.submit(session, contact)


def _send_held(session: Session, conversation: Conversation) -> None:
    held = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == conversation.id)
        .where(Delivery.status == DeliveryStatus.HELD)
        .order_by(Delivery.id)
        .with_for_update()
    )
    for delivery in held:
        delivery.status = DeliveryStatus.QUEUED
        delivery.not_before = min(delivery.not_before, utc_now())
