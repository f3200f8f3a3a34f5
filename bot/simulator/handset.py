"""A handset: what one simulated phone shows, read from the rows that inbox and outbox keep.

The database is read, not the channel's memory: the process that sends may not be the one that
serves the page, and a restart must not empty anybody's phone.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, selectinload

from bot import receipts
from bot.accounts import Accounts
from bot.channels.base import Button, Receipt
from bot.channels.choices import buttons_of
from bot.channels.simulated import SimulatedChannel
from models.channel import ChannelName, MessageKind
from models.conversation import (
    Author,
    Conversation,
    Delivery,
    DeliveryStatus,
    Handover,
    HandoverReason,
    Holder,
    Message,
)
from models.db import reading
from models.delivery import Deletion, DeletionStatus
from models.encryption import keyring_of
from models.urgency import Urgency

_SHOWN_MESSAGES = 200
_ON_THE_PHONE = {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}

# What each provider says of a message to someone who has blocked us.
_BLOCKED_CODES = {
    ChannelName.TELEGRAM: "telegram_403",
    ChannelName.WHATSAPP: "63032",
    ChannelName.SMS: "30004",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One child's phone: a simulated account, and the address it writes from."""

    account_id: int
    channel: SimulatedChannel
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing on a handset's screen."""

    key: str
    """The same each time the line is shown, so that a page adds only what is new."""
    is_from_child: bool
    kind: MessageKind
    text: str
    at: dt.datetime
    is_read: bool
    """Whether the other side is known to have it: our bot the child's, the child ours."""
    is_edited: bool = False
    reference: str | None = None
    """The name by which the child's phone edits its own message."""
    buttons: tuple[Button, ...] = ()
    pressed: str | None = None
    """The payload of the button under it that was pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the service makes of a conversation; never shown on a phone unless asked for."""

    holder: Holder
    urgency: Urgency
    call: HandoverReason | None
    """Why a person was called, while that call is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Everything a handset shows at one moment, oldest first."""

    version: str
    """Changes whenever anything else here does."""
    lines: tuple[Line, ...] = ()
    is_answer_coming: bool = False
    is_settled: bool = True
    """Whether all that the child wrote was worked, and all that was to be sent has gone."""
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message of ours that has reached the phone, which has not yet said so."""

    delivery_id: int
    external_id: str


def simulated(accounts: Accounts, name: ChannelName) -> tuple[int, SimulatedChannel]:
    """Gives the simulated account of a channel.

    Raises:
        LookupError: there is none, because this is no demonstration.
    """
    for account_id, channel in accounts.channels.items():
        if isinstance(channel, SimulatedChannel) and channel.name is name:
            return account_id, channel
    raise LookupError(name)


def read(engine: Engine, phone: Phone, *, seen_version: str | None = None) -> Screen | None:
    """Gives what the phone shows, or None when that is still the version already seen."""
    with reading(engine) as session:
        conversation = _conversation(session, phone)
        if conversation is None:
            screen = Screen(version="empty")
            return None if seen_version == screen.version else screen
        version = _version(session, conversation)
        if version == seen_version:
            return None
        return _screen(session, conversation, version)


def arrivals(engine: Engine, phone: Phone) -> Sequence[Arrival]:
    """Gives what reached the phone and has no word back from it yet, oldest first."""
    with reading(engine) as session:
        conversation = _conversation(session, phone)
        if conversation is None:
            return ()
        rows = session.execute(
            select(Delivery.id, Delivery.external_id)
            .join(Message, Message.id == Delivery.message_id)
            .where(Message.conversation_id == conversation.id)
            .where(Delivery.status.in_(_unanswered(phone)))
            .order_by(Delivery.id)
        )
        return [
            Arrival(delivery_id=delivery_id, external_id=external_id)
            for delivery_id, external_id in rows
            if external_id is not None
        ]


def send_receipts(
    engine: Engine, phone: Phone, *, is_looked_at: bool, blocked_after: int | None = None
) -> None:
    """Says of each new message what the real phone's provider would say.

    Args:
        engine: the database.
        phone: whose messages.
        is_looked_at: whether the child has the screen before them.
        blocked_after: the newest delivery the phone had when it blocked us, or None.
    """
    for arrival in arrivals(engine, phone):
        is_blocked = blocked_after is not None and arrival.delivery_id > blocked_after
        for status in _words_back(phone, is_blocked=is_blocked, is_looked_at=is_looked_at):
            receipt = Receipt(
                external_id=arrival.external_id,
                status=status,
                error_code=_BLOCKED_CODES[phone.channel.name] if is_blocked else None,
            )
            receipts.record(engine, phone.account_id, receipt)


def _unanswered(phone: Phone) -> set[DeliveryStatus]:
    if phone.channel.name is ChannelName.WHATSAPP:
        return {DeliveryStatus.SENT, DeliveryStatus.DELIVERED}
    return {DeliveryStatus.SENT}


def _words_back(phone: Phone, *, is_blocked: bool, is_looked_at: bool) -> list[DeliveryStatus]:
    if is_blocked:
        return [DeliveryStatus.FAILED]
    match phone.channel.name:
        case ChannelName.TELEGRAM:
            # The Bot API tells a bot neither when a message arrived nor when it was read.
            return []
        case ChannelName.SMS:
            return [DeliveryStatus.DELIVERED]
        case ChannelName.WHATSAPP:
            read_too = [DeliveryStatus.READ] if is_looked_at else []
            return [DeliveryStatus.DELIVERED, *read_too]


def _conversation(session: Session, phone: Phone) -> Conversation | None:
    digest = keyring_of(session).digest("address", phone.channel.name.value, phone.address)
    return session.scalars(
        select(Conversation)
        .where(Conversation.account_id == phone.account_id)
        .where(Conversation.address_digest == digest)
    ).one_or_none()


def _version(session: Session, conversation: Conversation) -> str:
    """Gives a short mark of the screen without unsealing a word, so that asking often is cheap."""
    rows = session.execute(
        select(Message.id, Message.processed_at, Delivery.id, Delivery.status)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.id.desc(), Delivery.id.desc())
        .limit(_SHOWN_MESSAGES)
    ).all()
    marks = [(row[0], row[1] is not None, row[2], row[3]) for row in rows]
    gone = session.scalar(
        select(func.count())
        .select_from(Deletion)
        .where(Deletion.conversation_id == conversation.id)
        .where(Deletion.status == DeletionStatus.DONE)
    )
    about = (conversation.due_at is None, conversation.holder, conversation.urgency, gone)
    return hashlib.blake2b(repr((marks, about)).encode(), digest_size=9).hexdigest()


def _screen(session: Session, conversation: Conversation, version: str) -> Screen:
    newest_first = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.id.desc())
        .limit(_SHOWN_MESSAGES)
        .options(selectinload(Message.deliveries))
    ).all()
    gone = set(
        session.scalars(
            select(Deletion.external_id)
            .where(Deletion.conversation_id == conversation.id)
            .where(Deletion.status == DeletionStatus.DONE)
        )
    )
    messages = list(reversed(newest_first))
    is_worked = conversation.due_at is None
    is_sent = not any(part.status.is_waiting for said in messages for part in said.deliveries)
    is_bot_busy = not is_worked and conversation.holder is not Holder.PRACTITIONER
    return Screen(
        version=version,
        lines=_lines(conversation, messages, gone),
        is_answer_coming=is_bot_busy or not is_sent,
        is_settled=is_worked and is_sent,
        state=_state(session, conversation),
    )


def _state(session: Session, conversation: Conversation) -> State:
    call = session.scalars(
        select(Handover.reason)
        .where(Handover.conversation_id == conversation.id)
        .where(Handover.closed_at.is_(None))
    ).one_or_none()
    return State(holder=conversation.holder, urgency=conversation.urgency, call=call)


def _lines(
    conversation: Conversation, messages: Sequence[Message], gone: set[str]
) -> tuple[Line, ...]:
    edits = {message.refers_to_id: message for message in messages if _is_change(message)}
    lines: list[Line] = []
    for message in messages:
        if message.author is Author.CHILD:
            if not _is_change(message) and message.reference not in gone:
                lines.append(_from_child(message, edits.get(message.id)))
        else:
            lines += _from_us(conversation, message, _pressed(messages, message), gone)
    return tuple(sorted(lines, key=lambda line: line.at))


def _is_change(message: Message) -> bool:
    return message.kind is MessageKind.EDIT and message.refers_to_id is not None


def _from_child(message: Message, edit: Message | None) -> Line:
    newest = message if edit is None else edit
    return Line(
        key=f"message-{message.id}",
        is_from_child=True,
        kind=message.kind,
        text=newest.text,
        at=message.created_at,
        is_read=newest.processed_at is not None,
        is_edited=edit is not None,
        reference=message.reference,
    )


def _from_us(
    conversation: Conversation, message: Message, pressed: str | None, gone: set[str]
) -> list[Line]:
    return [
        Line(
            key=f"delivery-{delivery.id}",
            is_from_child=False,
            kind=message.kind,
            text=delivery.text,
            at=delivery.sent_at or delivery.created_at,
            is_read=delivery.status is DeliveryStatus.READ,
            buttons=buttons_of(conversation, delivery),
            pressed=pressed,
        )
        for delivery in message.deliveries
        if delivery.status in _ON_THE_PHONE and delivery.external_id not in gone
    ]


def _pressed(messages: Sequence[Message], ours: Message) -> str | None:
    """Gives what was pressed under a message of ours, before we asked anything else."""
    payloads = {choice["payload"] for choice in (ours.details or {}).get("choices", [])}
    for message in messages:
        if message.id > ours.id and message.kind is MessageKind.CHOICE:
            pressed = (message.details or {}).get("choice")
            if pressed in payloads:
                return str(pressed)
    return None
