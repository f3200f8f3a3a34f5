"""Reading from the database all that a decision needs, as plain values."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot import recognising, returning, turn_rows
from bot.outcome import Aside, Reply, Return, Turn, TurnMessage
from bot.phrases.language import language_of
from bot.turn_rows import TurnRows
from bot.urgency import phrase_level
from handover import (
    contact_plan,
    feedback,
    hours,
    presence,
    reading_marks,
    recognitions,
    records,
    safe_words,
    sealing,
    wording,
)
from handover.contact_plan import Plan
from handover.outgoing import Choice
from handover.plan_times import ONLY_ANSWERS
from models.base import utc_now
from models.channel import WORDLESS_KINDS, MessageKind
from models.conversation import (
    Author,
    Child,
    Conversation,
    Handover,
    HandoverReason,
    Message,
)
from models.db import reading
from models.recognition import RecognitionResult
from models.urgency import Urgency

_RECENT = dt.timedelta(minutes=5)


def load(engine: Engine, conversation_id: int) -> Turn | None:
    """Gives the turn that a conversation's unprocessed messages make, or None without any."""
    with reading(engine) as session:
        rows = turn_rows.read(session, conversation_id)
        return None if rows is None else _turn(session, rows)


def load_least(engine: Engine, conversation_id: int) -> Turn | None:
    """Gives a turn of nothing but what is needed to say that we failed and to call a person.

    The words, the history and the dialogue's state are left alone: one of them broke us.
    """
    with reading(engine) as session:
        conversation = session.get_one(Conversation, conversation_id)
        waiting = session.execute(
            select(Message.id, Message.kind)
            .where(Message.conversation_id == conversation.id)
            .where(Message.author == Author.CHILD)
            .where(Message.processed_at.is_(None))
            .order_by(Message.id)
        ).all()
        if not waiting:
            return None
        return Turn(
            conversation=str(conversation.id),
            messages=tuple(
                TurnMessage(
                    id=number, kind=kind, text="", phrase_level=conversation.pending_urgency
                )
                for number, kind in waiting
            ),
            channel=conversation.channel,
            language=conversation.language,
            holder=conversation.holder,
            urgency=conversation.urgency,
            now=utc_now(),
            tokens=_tokens(conversation, _present(session, conversation)),
            is_covered=conversation.covered_at is not None,
            was_stopped=conversation.stopped_at is not None,
            emergency_answered_at=conversation.emergency_answered_at,
            held_at=conversation.held_at,
        )


def _present(session: Session, conversation: Conversation) -> hours.Hours:
    has_rota = session.scalars(select(presence.is_rota_kept(conversation.authority_id))).one()
    return presence.at(session, conversation.authority, utc_now(), has_rota=has_rota)


def _turn(session: Session, rows: TurnRows) -> Turn:
    now = utc_now()
    conversation, waiting, facts = rows.conversation, rows.waiting, rows.facts
    present = presence.at(session, conversation.authority, now, has_rota=facts.has_rota)
    last_choices = (facts.last_details or {}).get("choices", [])
    previous = tuple(message.text for message in rows.earlier if message.text)
    last_read = reading_marks.last_read((facts.looked_at, facts.written_at), facts.said_at)
    return Turn(
        conversation=str(conversation.id),
        messages=tuple(_turn_message(message, last_choices) for message in waiting),
        channel=conversation.channel,
        language=conversation.language,
        holder=conversation.holder,
        urgency=conversation.urgency,
        now=now,
        previous=previous,
        previous_language=language_of(previous[-1]) if previous else None,
        harms=rows.harms,
        was_doubted=facts.was_worrying or conversation.urgency is not Urgency.NO_CONCERN,
        was_urgent=_was_urgent(rows.call, before=waiting[0].created_at),
        asked=conversation.asked,
        is_asked_answered=_is_asked_answered(session, rows),
        returned=_returned(session, rows),
        is_ended=conversation.ended_at is not None,
        recognised=_recognised(session, conversation, waiting[-1]),
        language_offered=conversation.language_offered,
        has_chosen_language=conversation.language_chosen_at is not None,
        recent_kinds=_recent_kinds(rows.earlier, now),
        feedback_item=feedback.item_of(rows.asked_how),
        feedback_set=rows.asked_how.set_name if rows.asked_how is not None else "",
        known=records.known_answers(session, conversation, rows.contact),
        state=conversation.dialogue_state,
        tokens={**_tokens(conversation, present), **reading_marks.tokens(last_read, now)},
        is_open=present.is_open,
        is_covered=conversation.covered_at is not None,
        own_words=_own_words(session, conversation.child, waiting),
        is_unsealed=_is_unsealed(conversation, now),
        has_sealed=facts.has_sealed,
        has_safe_word=conversation.child.safe_word_digest is not None,
        may_offer_word=_may_offer_word(conversation.child),
        aside=_aside(conversation),
        plan=_plan(conversation),
        note=sealing.note_text(conversation),
        was_stopped=conversation.stopped_at is not None,
        emergency_answered_at=conversation.emergency_answered_at,
        held_at=conversation.held_at,
    )


def _returned(session: Session, rows: TurnRows) -> Return | None:
    """Gives that the child was away, or None while the talk just goes on."""
    conversation, newest = rows.conversation, rows.waiting[0]
    before = _before(session, rows)
    if before is None:
        return None
    at, episode = before
    away = newest.created_at - at
    is_new = episode != conversation.episode
    is_doubtful = rows.call is not None and rows.call.reason is HandoverReason.WRONG_READER
    if is_doubtful or not (is_new or away >= returning.AWAY):
        return None
    return Return(
        away=away,
        is_new_episode=is_new,
        had_worry=records.had_worry(session, conversation),
    )


def _before(session: Session, rows: TurnRows) -> tuple[dt.datetime, int] | None:
    """Gives when the child last wrote before these messages, and in which episode."""
    if rows.earlier:
        return rows.earlier[-1].created_at, rows.earlier[-1].episode
    found = session.execute(
        select(Message.created_at, Message.episode)
        .where(Message.conversation_id == rows.conversation.id)
        .where(Message.author == Author.CHILD)
        .where(Message.kind.not_in(WORDLESS_KINDS))
        .where(Message.id < rows.waiting[0].id)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    return None if found is None else (found.created_at, found.episode)


def _recognised(
    session: Session, conversation: Conversation, newest: Message
) -> RecognitionResult | None:
    """Gives what comes of a claim to be known again; a child with a word is known already."""
    claim = recognising.claim_in(newest.text)
    if claim is None or conversation.child.safe_word_digest is not None:
        return None
    name = claim.name or conversation.child.name_to_use or ""
    return recognitions.look(session, conversation, name, claim.word)


def _is_asked_answered(session: Session, rows: TurnRows) -> bool:
    """Tells whether staff answered meanwhile what the bot last asked the child."""
    asked = rows.conversation.asked
    if rows.contact is None or asked is None:
        return False
    answer = records.current_answers(session, rows.contact).get(asked)
    return answer is not None and answer.author is Author.PRACTITIONER


def _turn_message(message: Message, last_choices: list[dict[str, str]]) -> TurnMessage:
    details: dict[str, Any] = message.details or {}
    return TurnMessage(
        id=message.id,
        kind=message.kind,
        text=message.text,
        choice=details.get("choice") or _typed_choice(message.text, last_choices),
        place=_place(message),
        phrase_level=phrase_level(message.text),
    )


def _place(message: Message) -> str | None:
    if message.kind is not MessageKind.LOCATION:
        return None
    attachments = (message.details or {}).get("attachments") or []
    found = [one["reference"] for one in attachments if one["reference"].startswith("geo:")]
    where = ", ".join(found[0].removeprefix("geo:").split(",")) if found else ""
    return " - ".join(part for part in (message.text.strip(), where) if part) or None


def _recent_kinds(earlier: Iterable[Message], now: dt.datetime) -> frozenset[MessageKind]:
    return frozenset(
        message.kind
        for message in earlier
        if message.processed_at is not None and now - message.processed_at < _RECENT
    )


def _typed_choice(text: str, choices: list[dict[str, str]]) -> str | None:
    """Gives the payload of a choice that was typed by its number or in its words."""
    typed = text.strip().strip(".)").casefold()
    for number, choice in enumerate(choices, 1):
        if typed in {str(number), choice["title"].casefold()}:
            return choice["payload"]
    return None


def _was_urgent(call: Handover | None, *, before: dt.datetime) -> bool:
    return call is not None and call.urgency.raises_alert and call.rung_at < before


def _own_words(
    session: Session, child: Child, waiting: Iterable[Message]
) -> dict[int, safe_words.WordKind]:
    kinds = {message.id: safe_words.kind_of(session, child, message.text) for message in waiting}
    return {number: kind for number, kind in kinds.items() if kind is not None}


def _is_unsealed(conversation: Conversation, now: dt.datetime) -> bool:
    until = conversation.unsealed_until
    return until is not None and now < until


def _may_offer_word(child: Child) -> bool:
    return child.safe_word_digest is None and child.safe_word_offered_at is None


def _aside(conversation: Conversation) -> Aside | None:
    kept: dict[str, Any] | None = conversation.aside
    if kept is None:
        return None
    return Aside(
        kind=kept["kind"],
        tries=kept["tries"],
        then=tuple(
            Reply(
                text=reply["text"],
                choices=tuple(Choice(**choice) for choice in reply["choices"]),
            )
            for reply in kept["then"]
        ),
    )


def _plan(conversation: Conversation) -> Plan:
    try:
        return contact_plan.read(conversation.child.contact_plan)
    except (ValueError, TypeError, KeyError):
        # Nothing is sent by it either; the child can say it anew.
        return Plan(times=ONLY_ANSWERS)


def _tokens(conversation: Conversation, present: hours.Hours) -> dict[str, str]:
    known = {"service_name": conversation.authority.service_name, **present.tokens}
    known |= wording.numbers_of(conversation.authority.nation.value)
    # Asked for only where it is said: nothing but a welcome back names who has the talk.
    if conversation.covered_at is not None and conversation.practitioner is not None:
        known["practitioner"] = conversation.practitioner.name
    return known
