"""Carrying out what was decided: replies, handover, urgency and "processed" in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session, defer

from bot import changing, judgements, silence
from bot.outcome import Change, Outcome, Turn
from handover import (
    audit,
    calling,
    casework,
    feedback,
    ladder,
    languages,
    outgoing,
    records,
    words,
)
from models.authority import Authority
from models.base import utc_now
from models.channel import WORDLESS_KINDS
from models.contact import AnswerStatus, Contact
from models.conversation import (
    Author,
    Conversation,
    HandoverReason,
    Holder,
    Message,
)
from models.db import transaction
from models.urgency import Urgency, highest

log = structlog.get_logger()


def carry_out(
    engine: Engine, token: str, turn: Turn, outcome: Outcome, *, is_first_aid: bool = False
) -> bool:
    """Writes an outcome, whole; False, and nothing written, when the claim is no longer ours."""
    with transaction(engine) as session:
        conversation = session.get_one(Conversation, int(turn.conversation), with_for_update=True)
        if conversation.claimed_by != token:
            log.warning("claim_lost", conversation_id=conversation.id)
            return False
        if turn.holder is Holder.PRACTITIONER and conversation.holder is not Holder.PRACTITIONER:
            # The practitioner gave it back while we left the answer to them: it is ours again.
            log.info("decided_again_after_release", conversation_id=conversation.id)
            _free(conversation)
            return False
        outcome = _unless_taken(conversation, turn, outcome)
        messages = _messages(session, turn)
        outcome = _as_corrected(session, conversation, messages, turn, outcome)
        # What begins anew begins calm, and is then as urgent as these words.
        changing.change(session, conversation, messages, outcome)
        _raise_urgency(session, conversation, outcome)
        said = _assess(session, conversation, messages, turn, outcome)
        _gather(session, conversation, messages, outcome)
        _speak(session, conversation, messages, outcome)
        languages.note(session, conversation)
        _call(session, conversation, messages, outcome)
        if "change_of_worker" in outcome.commands:
            nation = session.get_one(Authority, conversation.authority_id).nation
            due = words.end_of_next_working_day(nation, utc_now())
            casework.ask_for_another_worker(session, conversation, due)
        if "goodbye" in outcome.commands and conversation.holder is not Holder.PRACTITIONER:
            feedback.ask(session, conversation, "bot")
        if not is_first_aid:
            if any(message.kind not in WORDLESS_KINDS for message in turn.messages):
                silence.note(session, conversation, outcome)
            _finish(session, conversation, messages, outcome, said)
        if conversation.holder is Holder.PRACTITIONER:
            ladder.settle(session, conversation)
    return True


def has_waiting(
    session: Session, conversation: Conversation, *, beside: Sequence[Message] = ()
) -> bool:
    """Tells whether messages of the child are still to be worked, beside some that just were."""
    asked = {"conversation": conversation.id, "beside": [message.id for message in beside]}
    return session.scalars(_WAITING, asked).first() is not None


def rest(conversation: Conversation) -> None:
    """Lets a conversation rest whose every message was worked."""
    conversation.due_at = None
    conversation.pending_urgency = Urgency.NO_CONCERN
    if conversation.holder is not Holder.PRACTITIONER:
        # The bot has answered, or called for a person, whose call says since when they wait.
        conversation.unanswered_since = None


# Made once: these are asked for every turn.
_WAITING = (
    select(Message.id)
    .where(Message.conversation_id == bindparam("conversation"))
    .where(Message.author == Author.CHILD)
    .where(Message.processed_at.is_(None))
    .where(Message.id.not_in(bindparam("beside", expanding=True)))
    .limit(1)
    .execution_options(autoflush=False)
)
_WORKED = (
    select(Message)
    # The words are read only where they are needed: what cannot be read must not stop the rest.
    .options(defer(Message.text), defer(Message.details))
    .where(Message.id.in_(bindparam("messages", expanding=True)))
    .order_by(Message.id)
)

# What the bot says of these alone can be said beside a person: it is not about the worry.
_ALWAYS_ANSWERED = {
    *(Change.STOP, Change.COVER, Change.UNCOVER, Change.UNSEAL, Change.TIDY),
}
_NOT_SAID = {Change.HELD, Change.EMERGENCY_ANSWERED, Change.WORD_OFFERED}


def _unless_taken(conversation: Conversation, turn: Turn, outcome: Outcome) -> Outcome:
    """Gives the outcome without the bot's words when a practitioner took over meanwhile."""
    is_taken = conversation.holder is Holder.PRACTITIONER and turn.holder is not Holder.PRACTITIONER
    if not is_taken or _ALWAYS_ANSWERED & outcome.changes:
        return outcome
    log.info("reply_dropped_after_take_over", conversation_id=conversation.id)
    # What was not said was not asked either, and the emergency words are still to be given.
    changes = outcome.changes - _NOT_SAID
    return replace(outcome, replies=(), state=None, asked=None, aside=None, changes=changes)


def _messages(session: Session, turn: Turn) -> list[Message]:
    asked = {"messages": [message.id for message in turn.messages]}
    return list(session.scalars(_WORKED, asked))


def _as_corrected(
    session: Session,
    conversation: Conversation,
    messages: list[Message],
    turn: Turn,
    outcome: Outcome,
) -> Outcome:
    """Gives the outcome without the level of words that a named person has judged meanwhile."""
    if outcome.urgency.rank <= conversation.urgency.rank:
        return outcome
    judged = {number: found.level for number, found in outcome.assessments.items()}
    levels = {
        message.id: highest(message.phrase_level, judged.get(message.id, Urgency.NO_CONCERN))
        for message in turn.messages
    }
    by_people = judgements.corrected(session, messages)
    if not by_people or outcome.urgency.rank > highest(*levels.values()).rank:
        return outcome
    left = (level for number, level in levels.items() if number not in by_people)
    return replace(outcome, urgency=highest(*left))


def _raise_urgency(session: Session, conversation: Conversation, outcome: Outcome) -> None:
    level = highest(conversation.urgency, outcome.urgency)
    if level is not conversation.urgency:
        conversation.urgency = level
        audit.announce(session, conversation, "urgency")


def _assess(
    session: Session,
    conversation: Conversation,
    messages: list[Message],
    turn: Turn,
    outcome: Outcome,
) -> Urgency:
    """Keeps how urgent each message is, and gives the highest of them."""
    on_receipt = {message.id: message.phrase_level for message in turn.messages}
    was_raised = highest(conversation.pending_urgency, *on_receipt.values()).raises_alert
    if was_raised and outcome.assessments:
        judgements.drop_receipts(session, messages)
    kept = [
        judgements.row(
            message,
            outcome.assessments[message.id],
            raised=on_receipt[message.id],
            is_masked=message.id in outcome.masks,
        )
        for message in messages
        if message.id in outcome.assessments
    ]
    session.add_all(kept)
    if outcome.urgency is not Urgency.NO_CONCERN:
        contact = records.current_contact(session, conversation)
        records.raise_urgency(contact, highest(conversation.urgency, outcome.urgency))
    return highest(*(row.urgency for row in kept))


def _gather(
    session: Session, conversation: Conversation, messages: list[Message], outcome: Outcome
) -> None:
    if not outcome.answers and outcome.asked is None:
        return
    contact: Contact = records.current_contact(session, conversation)
    source = next((m for m in reversed(messages) if m.text or m.details), messages[-1])
    records.record_answers(session, contact, outcome.answers, message=source)
    if outcome.asked is not None:
        records.mark_asked(session, contact, outcome.asked)
    for answer in outcome.answers:
        if answer.field == "name_to_use" and answer.status is AnswerStatus.VALUE:
            conversation.child.name_to_use = str(answer.value)


def _speak(
    session: Session,
    conversation: Conversation,
    messages: list[Message],
    outcome: Outcome,
) -> None:
    for reply in outcome.replies:
        said = outgoing.Words(
            text=reply.text,
            choices=reply.choices,
            urgency=highest(conversation.urgency, outcome.urgency),
        )
        outgoing.queue_message(session, conversation, said, answers=messages[-1])


def _call(
    session: Session, conversation: Conversation, messages: list[Message], outcome: Outcome
) -> None:
    if outcome.handover is None:
        return
    level = highest(outcome.urgency, _least_urgency(outcome.handover))
    calling.request(
        session, conversation, reason=outcome.handover, urgency=level, message=messages[-1]
    )
    records.submit(session, records.current_contact(session, conversation))


def _least_urgency(reason: HandoverReason) -> Urgency:
    """How urgent a call is by its reason alone, whatever the words were."""
    match reason:
        case HandoverReason.EMERGENCY | HandoverReason.DURESS:
            return Urgency.EMERGENCY
        case HandoverReason.URGENT | HandoverReason.STOPPED_AFTER_RISK:
            return Urgency.URGENT
        case _:
            return Urgency.CONCERN


def _finish(
    session: Session,
    conversation: Conversation,
    messages: list[Message],
    outcome: Outcome,
    said: Urgency,
) -> None:
    now = utc_now()
    # Asked before anything below changes, so that all of it is written in one go.
    is_more_waiting = has_waiting(session, conversation, beside=messages)
    # What was raised on receipt is said by the last that waited, whatever the phrases are by now.
    raised = Urgency.NO_CONCERN if is_more_waiting else conversation.pending_urgency
    level = highest(outcome.urgency, raised)
    if level.rank > said.rank:
        judgements.explain(session, conversation, messages, level, outcome.handover)
    for message in messages:
        message.processed_at = now
    if outcome.state is not None:
        conversation.dialogue_state = outcome.state
        conversation.asked = outcome.asked
    if any(message.kind not in WORDLESS_KINDS for message in messages):
        conversation.aside = changing.kept_aside(outcome)
    _free(conversation)
    if not is_more_waiting:
        rest(conversation)
    elif conversation.due_at is None:
        conversation.due_at = now


def _free(conversation: Conversation) -> None:
    conversation.claimed_by = None
    conversation.claimed_until = None
    conversation.failures = 0
