"""Telegram's updates, read into messages. Media is named, never fetched."""

from collections.abc import Mapping
from typing import Any

import structlog

from bot.channels import reading
from bot.channels.base import Attachment, IncomingMessage, MalformedRequestError
from models.channel import MessageKind

log = structlog.get_logger()

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What we ask Telegram for; my_chat_member tells of a child who blocked the bot."""

# The order decides: an animation also comes as a document, a venue also as a location.
_MEDIA = (
    ("photo", MessageKind.IMAGE),
    ("live_photo", MessageKind.IMAGE),
    ("voice", MessageKind.VOICE),
    ("audio", MessageKind.VOICE),
    ("video_note", MessageKind.VIDEO),
    ("animation", MessageKind.VIDEO),
    ("video", MessageKind.VIDEO),
    ("sticker", MessageKind.STICKER),
    ("document", MessageKind.DOCUMENT),
)

# Telegram's own notices about the chat: nobody said them, so nobody answers them.
_NOTICES = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "write_access_allowed",
    "chat_background_set",
    "proximity_alert_triggered",
)


def read_update(update: Any) -> IncomingMessage | None:
    """Gives the message an update carries; None when it is not a child's private message.

    Raises:
        MalformedRequestError: it has no update id, or its message has no chat.
    """
    if not isinstance(update, dict):
        raise MalformedRequestError("not an object")
    update_id = reading.integer(update, "update_id")
    if update_id is None:
        raise MalformedRequestError("no update id")
    kind = next((key for key in ALLOWED_UPDATES if isinstance(update.get(key), dict)), None)
    if kind is None:
        log.info("telegram_update_ignored", update_id=update_id, reason="other_kind")
        return None
    content: Mapping[str, Any] = update[kind]
    chat = reading.mapping(reading.mapping(content, "message"), "chat")
    chat = chat if kind == "callback_query" else reading.mapping(content, "chat")
    # The people in a group would read what the bot says to one of them.
    if chat.get("type", "private") != "private":
        log.info("telegram_update_ignored", update_id=update_id, reason="not_private")
        return None
    match kind:
        case "callback_query":
            return _read_press(str(update_id), content)
        case "my_chat_member":
            return _read_membership(str(update_id), content)
        case _:
            return _read_message(str(update_id), content, edited=kind == "edited_message")


def _read_message(
    external_id: str, message: Mapping[str, Any], *, edited: bool
) -> IncomingMessage | None:
    if any(notice in message for notice in _NOTICES):
        log.info("telegram_update_ignored", update_id=external_id, reason="notice")
        return None
    reference = _reference(message)
    kind, attachments = _content(message)
    # A live location arrives as edits of the first: each is where the child is now.
    if edited and kind is not MessageKind.LOCATION:
        kind = MessageKind.EDIT
    return IncomingMessage(
        external_id=external_id,
        address=_address(reading.mapping(message, "chat")),
        kind=kind,
        text=_words(message),
        reference=reference,
        refers_to=reference if edited else _reference(reading.mapping(message, "reply_to_message")),
        attachments=attachments,
        sent_at=reading.moment(message, "edit_date" if edited else "date"),
        language=reading.text(reading.mapping(message, "from"), "language_code")[:12] or None,
    )


def _read_press(external_id: str, query: Mapping[str, Any]) -> IncomingMessage:
    sender = reading.mapping(query, "from")
    message = reading.mapping(query, "message")
    data = reading.text(query, "data")
    return IncomingMessage(
        external_id=external_id,
        # In a private chat the chat's id is the person's; an old message may lack its chat.
        address=_address(reading.mapping(message, "chat") or sender),
        kind=MessageKind.CHOICE if data else MessageKind.UNKNOWN,
        text=_button_title(message, data),
        choice=data or None,
        refers_to=_reference(message),
        language=reading.text(sender, "language_code")[:12] or None,
        acknowledge=reading.text(query, "id") or None,
    )


def _read_membership(external_id: str, change: Mapping[str, Any]) -> IncomingMessage:
    status = reading.mapping(change, "new_chat_member").get("status")
    gone = status in {"kicked", "left"}
    return IncomingMessage(
        external_id=external_id,
        address=_address(reading.mapping(change, "chat")),
        kind=MessageKind.BLOCKED if gone else MessageKind.UNBLOCKED,
        sent_at=reading.moment(change, "date"),
    )


def _address(chat: Mapping[str, Any]) -> str:
    chat_id = reading.integer(chat, "id")
    if chat_id is None:
        raise MalformedRequestError("no chat id")
    return str(chat_id)


def _reference(message: Mapping[str, Any]) -> str | None:
    message_id = reading.integer(message, "message_id")
    return None if message_id is None else str(message_id)


def _words(message: Mapping[str, Any]) -> str:
    """Gives every word the child wrote or chose, wherever Telegram put it."""
    contact = reading.mapping(message, "contact")
    venue = reading.mapping(message, "venue")
    found = (
        reading.text(message, "text"),
        reading.text(message, "caption"),
        reading.text(reading.mapping(message, "sticker"), "emoji"),
        reading.text(reading.mapping(message, "dice"), "emoji"),
        reading.text(reading.mapping(message, "poll"), "question"),
        " ".join(filter(None, (reading.text(contact, key) for key in ("first_name", "last_name")))),
        ", ".join(filter(None, (reading.text(venue, key) for key in ("title", "address")))),
    )
    return next((words for words in found if words), "")


def _content(message: Mapping[str, Any]) -> tuple[MessageKind, tuple[Attachment, ...]]:
    for key, kind in _MEDIA:
        if key in message:
            return kind, _media(kind, message[key])
    if "location" in message or "venue" in message:
        place = reading.mapping(reading.mapping(message, "venue"), "location")
        return MessageKind.LOCATION, _place(place or reading.mapping(message, "location"))
    if "contact" in message:
        phone = reading.text(reading.mapping(message, "contact"), "phone_number")
        card = Attachment(kind=MessageKind.CONTACT_CARD, reference=f"tel:{phone}")
        return MessageKind.CONTACT_CARD, (card,) if phone else ()
    if reading.text(message, "text"):
        return MessageKind.TEXT, ()
    return MessageKind.UNKNOWN, ()


def _media(kind: MessageKind, media: Any) -> tuple[Attachment, ...]:
    # A photo is a list of sizes of the same picture, the largest last.
    if isinstance(media, list):
        media = media[-1] if media else None
    if not isinstance(media, dict):
        return ()
    reference = reading.text(media, "file_id")
    if not reference:
        return ()
    return (
        Attachment(
            kind=kind,
            reference=reference,
            media_type=reading.text(media, "mime_type") or None,
            size=reading.integer(media, "file_size"),
            seconds=reading.integer(media, "duration"),
        ),
    )


def _place(location: Mapping[str, Any]) -> tuple[Attachment, ...]:
    latitude = reading.number(location, "latitude")
    longitude = reading.number(location, "longitude")
    if latitude is None or longitude is None:
        return ()
    # RFC 5870: a place as an address.
    return (Attachment(kind=MessageKind.LOCATION, reference=f"geo:{latitude},{longitude}"),)


def _button_title(message: Mapping[str, Any], data: str) -> str:
    rows = reading.sequence(reading.mapping(message, "reply_markup"), "inline_keyboard")
    buttons = [button for row in rows if isinstance(row, list) for button in row]
    for button in buttons:
        if isinstance(button, dict) and button.get("callback_data") == data:
            return reading.text(button, "text")
    return ""
