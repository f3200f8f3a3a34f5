"""The last conversations of an authority that may be played again, and what is known of them.

Here alone they are read as they were. What is handed on is made into nobody's (`bot/stand_ins.py`).
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot import known_words, stand_in_rules
from bot.replay import Script
from bot.signals import Signal, signal_in
from bot.stand_ins import Known, StandIns, UnreadableTalkError
from handover import edition, wording
from models.audit import AuditEvent
from models.authority import Authority, ChannelAccount
from models.base import utc_now
from models.channel import MessageKind
from models.contact import Answer, AnswerStatus, Contact
from models.conversation import (
    Author,
    Conversation,
    Handover,
    HandoverReason,
    Message,
)
from models.delivery import Deletion
from models.linking import ChildLink, LinkKind
from models.practitioner import Practitioner
from models.recognition import Recognition

_REST = dt.timedelta(days=1)
"""How long a talk must have been over."""
_LOOKED_AT = 5
"""Talks looked at for each that is wanted: many are left out."""
_MOST_TURNS = 30
_SHORT_WAIT = dt.timedelta(minutes=2)
_LONGEST_WAIT = dt.timedelta(hours=3)
# The Monday on which every talk is played as if it had been its week: its hour and its day of the
# week stay, because they change what is said, and its date does not.
_WEEK = dt.datetime(2026, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Talks to be played, made into nobody's."""

    scripts: list[Script]
    left_out: int
    """Talks that could not be made so, or in which nothing is left to be played."""


def find(session: Session, authority: Authority) -> Recent:
    """Gives the last talks of an authority that may be played, as many as it allows."""
    scripts: list[Script] = []
    left_out = 0
    for conversation in _over(session, authority):
        if len(scripts) == authority.replayed_talks:
            break
        children = _same_child(session, conversation.child_id)
        if _must_not(session, children):
            continue
        script = _script(session, conversation, children, number=len(scripts) + 1)
        if script is None:
            left_out += 1
        else:
            scripts.append(script)
    return Recent(scripts=scripts, left_out=left_out)


def _over(session: Session, authority: Authority) -> Sequence[Conversation]:
    """Gives talks that are over and are not being looked at by anybody, the last first."""
    before = utc_now() - _REST
    return session.scalars(
        select(Conversation)
        .join(ChannelAccount, ChannelAccount.id == Conversation.account_id)
        .where(Conversation.authority_id == authority.id)
        # Nobody on a pretend phone is a child.
        .where(ChannelAccount.is_simulated.is_(False))
        .where(Conversation.ended_at < before)
        .where(Conversation.last_inbound_at < before)
        .where(Conversation.stopped_at.is_(None))
        .where(Conversation.blocked_at.is_(None))
        .where(Conversation.covered_at.is_(None))
        .order_by(Conversation.ended_at.desc(), Conversation.id.desc())
        .limit((authority.replayed_talks or 0) * _LOOKED_AT)
    ).all()


def _same_child(session: Session, child_id: int) -> set[int]:
    """Gives the records of this child: a wish said in one holds for all."""
    children = {child_id}
    links = session.scalars(
        select(ChildLink)
        .where(ChildLink.ended_at.is_(None))
        .where(ChildLink.kind != LinkKind.NOT_THE_SAME)
        .where((ChildLink.child_id == child_id) | (ChildLink.other_id == child_id))
    )
    children.update(one for link in links for one in (link.child_id, link.other_id))
    known = session.scalars(
        select(Recognition.former_child_id).where(Recognition.child_id == child_id)
    )
    return children | {one for one in known if one is not None}


_WRONG = (HandoverReason.WRONG_READER, HandoverReason.DURESS, HandoverReason.OPTED_OUT)
_YES = re.compile(r"^\W*(?:yes|yeah|yep|yea|ye|y|ok|okay|sure|tak|da|ie|iawn|sim|haa|ji)\b")


def _must_not(session: Session, children: set[int]) -> bool:
    """Tells whether the child, or what is known of the talk, stands against its being played."""
    theirs = select(Conversation.id).where(Conversation.child_id.in_(children))
    wrong = (
        select(Deletion.id).where(Deletion.conversation_id.in_(theirs)),
        select(AuditEvent.id)
        .where(AuditEvent.conversation_id.in_(theirs))
        .where(AuditEvent.action.in_(("tidy_asked", "child_stop"))),
        select(Handover.id)
        .where(Handover.conversation_id.in_(theirs))
        .where(Handover.reason.in_(_WRONG)),
        select(Conversation.id)
        .where(Conversation.child_id.in_(children))
        .where(Conversation.stopped_at.is_not(None)),
    )
    if any(session.scalars(query.limit(1)).first() is not None for query in wrong):
        return True
    if any(map(_asks_otherwise, session.scalars(_said_in(theirs)))):
        return True
    return any(_is_kept_back(answer) for answer in _answers(session, children))


def _said_in(conversations: Select[int]) -> Select[Message]:
    return (
        select(Message)
        .where(Message.conversation_id.in_(conversations))
        .where(Message.author != Author.PRACTITIONER)
    )


def _asks_otherwise(message: Message) -> bool:
    """Tells whether the child asks to delete or to stop, or the bot answers that they did."""
    if message.author is Author.CHILD:
        is_signal = signal_in(message.text) in {Signal.DELETE, Signal.STOP}
        return is_signal or message.kind is MessageKind.DELETION
    return message.text in _answers_to_delete()


@edition.kept
def _answers_to_delete() -> frozenset[str]:
    return frozenset(
        text for language in wording.languages() for text in wording.texts("delete_kept", language)
    )


def _is_kept_back(answer: Answer) -> bool:
    """Tells whether an answer says that something is not to be passed on."""
    is_said = answer.status in {AnswerStatus.VALUE, AnswerStatus.PREFER_NOT_TO_SAY}
    if answer.field == "consent_to_share":
        return is_said and not _YES.match(str(answer.value).casefold())
    return answer.field == "do_not_share" and is_said


def _answers(session: Session, children: Iterable[int]) -> Sequence[Answer]:
    return session.scalars(
        select(Answer)
        .join(Contact, Contact.id == Answer.contact_id)
        .where(Contact.child_id.in_(set(children)))
    ).all()


def _script(
    session: Session, conversation: Conversation, children: set[int], *, number: int
) -> Script | None:
    """Gives the child's side up to where a person took over, made into nobody's."""
    messages = _until_taken_over(session, conversation)[:_MOST_TURNS]
    try:
        known = _known(session, conversation, children)
        stand_ins = StandIns(known, [message.text for message in messages])
        said = [stand_ins.of(message.text) for message in messages]
        stand_ins.check(said)
    except UnreadableTalkError:
        return None
    turns = tuple(_turns(messages, said))
    if not any(isinstance(turn, str) for turn in turns):
        return None
    began = messages[0].created_at
    return Script(
        id=f"real-{number}",
        channel=conversation.channel,
        turns=turns,
        start=_WEEK + dt.timedelta(days=began.weekday(), hours=began.hour),
    )


def _until_taken_over(session: Session, conversation: Conversation) -> Sequence[Message]:
    """Gives the child's messages of the last episode that the bot answered alone."""
    of_episode = (
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.episode == conversation.episode)
        .order_by(Message.id)
    )
    theirs = session.scalars(of_episode.where(Message.author == Author.CHILD)).all()
    if not theirs:
        return []
    taken = session.scalars(
        select(Handover.taken_at)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.taken_at >= theirs[0].created_at)
        .order_by(Handover.taken_at)
        .limit(1)
    ).first()
    person = of_episode.where(Message.author == Author.PRACTITIONER).limit(1)
    spoke = session.scalars(person).first()
    return [
        message
        for message in theirs
        if (taken is None or message.created_at < taken)
        and (spoke is None or message.id < spoke.id)
    ]


_MEDIA = {
    MessageKind.STICKER: "[sticker]",
    MessageKind.IMAGE: "[photo]",
    MessageKind.VOICE: "[voice note]",
    MessageKind.VIDEO: "[video]",
    MessageKind.DOCUMENT: "[file]",
    MessageKind.LOCATION: "[location]",
    MessageKind.CONTACT_CARD: "[contact]",
}
_WORDS = (MessageKind.TEXT, MessageKind.CHOICE, *_MEDIA)


def _turns(messages: Sequence[Message], said: Sequence[str]) -> Iterator[str | dt.timedelta]:
    """Gives the turns, with the waits between them kept short; of a thing sent only its kind."""
    before: Message | None = None
    for message, text in zip(messages, said, strict=True):
        if message.kind not in _WORDS:
            continue
        turn = f"{_BRACKETS.sub(' ', text)} {_MEDIA.get(message.kind, '')}".strip()
        if not turn:
            continue
        silence = message.created_at - before.created_at if before else dt.timedelta(0)
        if silence > _SHORT_WAIT:
            yield min(silence, _LONGEST_WAIT)
        yield turn
        before = message


# What a script means by them, a child did not.
_BRACKETS = re.compile(r"[\[\]]")
# What is told there are the very words that are made into nobody's.
_TOLD = {
    *("concern_in_own_words", "correction", "what_happened", "when_happened", "wants"),
    *("going_well", "injury", "condition_now", "worries_analysis", "history", "safe_now"),
    *("consent_to_share", "competence_note", "visiting_risk", "needs_medical_help"),
}
_NAMES = {
    *("name_to_use", "legal_forename", "legal_surname", "aliases", "referrer_name"),
    *("allocated_worker", "name"),
}
_PLACES = {
    "school": "school",
    "gp": "gp",
    "home_address": "address",
    "previous_address": "address",
    "postcode": "postcode",
    "phone_number": "phone",
}
_SO_COMMON = 100
"""Sentences of ours in which a word stands that was taken for a name by mistake."""
_RARE = 8


def _known(session: Session, conversation: Conversation, children: set[int]) -> Known:
    """Gives what the record holds of the child and their people, and who works there."""
    names: set[str] = set()
    others: set[str] = set()
    phrases: dict[str, str] = {}
    for name, value in _values(session, conversation, children):
        words = re.findall(r"[^\W\d_]+", value.casefold())
        if name in _NAMES:
            names.update(word for word in words if len(word) > 1 and _is_a_name(word))
        others.update(word for word in words if known_words.count(word) < _RARE and len(word) > 1)
        # "College" alone names none.
        if name in _PLACES and any(known_words.count(word) < _SO_COMMON for word in words):
            phrases[value.casefold().strip()] = _PLACES[name]
    return Known(
        names=frozenset(names),
        others=frozenset(others),
        # The longest first: one may be a part of another.
        phrases=dict(sorted(phrases.items(), key=lambda one: -len(one[0]))),
    )


def _is_a_name(word: str) -> bool:
    is_known = word in stand_in_rules.first_names() or word in stand_in_rules.words_and_names()
    return is_known or known_words.count(word) < _SO_COMMON


def _values(
    session: Session, conversation: Conversation, children: set[int]
) -> Iterator[tuple[str, str]]:
    """Gives each value that may say who somebody is, with the field that it stands in."""
    for answer in _answers(session, children):
        if answer.field not in _TOLD and answer.value is not None:
            yield from _texts(answer.field, answer.value)
    theirs = select(Conversation).where(Conversation.child_id.in_(children))
    for one in session.scalars(theirs):
        yield "name_to_use", one.child.name_to_use or ""
        yield from _texts("contact_plan", one.child.contact_plan or {})
    staff = select(Practitioner.name).where(Practitioner.authority_id == conversation.authority_id)
    for name in session.scalars(staff):
        yield "name", name
    yield "authority", conversation.authority.name


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Gives the texts in a value, however deep; a column has a name of its own."""
    match value:
        case str():
            yield name, value
        case Mapping():
            for key, inner in value.items():
                yield from _texts(str(key) if key == "name" else name, inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(name, inner)
        case _:
            return
