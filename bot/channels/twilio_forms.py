"""Twilio's posted forms, read into messages and receipts. Media is named, never fetched."""

import re
from collections.abc import Mapping

from bot.channels import reading
from bot.channels.base import (
    Attachment,
    IncomingMessage,
    MalformedRequestError,
    Parsed,
    Receipt,
)
from models.channel import ChannelName, MessageKind
from models.conversation import DeliveryStatus

WHATSAPP_PREFIX = "whatsapp:"

_SID = re.compile(r"[A-Za-z0-9]{10,64}")
_CODE = re.compile(r"[0-9]{1,10}")
_MEDIA_AT_MOST = 20

# Twilio's words for what is still on its way say nothing that we do not know.
_ON_ITS_WAY = frozenset({"accepted", "scheduled", "queued", "sending"})
_STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}

_CONTACT_TYPES = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_KIND_OF_TYPE = {
    "image": MessageKind.IMAGE,
    "audio": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
}


def read_form(form: Mapping[str, str]) -> Parsed:
    """Gives the message, or the receipt, of one verified form.

    Raises:
        MalformedRequestError: it names no message, or a status that Twilio does not document.
    """
    status = form.get("MessageStatus") or form.get("SmsStatus", "")
    # An incoming message has the status "received"; a callback never has.
    if status in {"", "received", "receiving"}:
        return Parsed(messages=(_read_message(form),))
    receipt = _read_receipt(form, status.lower())
    return Parsed(receipts=() if receipt is None else (receipt,))


def channel_of(form: Mapping[str, str]) -> ChannelName:
    """Gives the channel a form speaks of, by its prefix.

    The route's own name is not asked: both numbers may be set to call the same address.
    """
    is_whatsapp = form.get("From", "").startswith(WHATSAPP_PREFIX)
    return ChannelName.WHATSAPP if is_whatsapp else ChannelName.SMS


def bare_address(address: str) -> str:
    """Gives a number without the prefix of its channel."""
    return address.removeprefix(WHATSAPP_PREFIX).strip()


def kind_of_media(media_type: str, *, message_type: str = "") -> MessageKind:
    """Gives the kind of a file from its media type."""
    if message_type == "sticker":
        return MessageKind.STICKER
    if media_type in _CONTACT_TYPES:
        return MessageKind.CONTACT_CARD
    return _KIND_OF_TYPE.get(media_type.partition("/")[0], MessageKind.DOCUMENT)


def _read_receipt(form: Mapping[str, str], status: str) -> Receipt | None:
    sid = _sid(form)
    if status in _ON_ITS_WAY:
        return None
    known = _STATUSES.get(status)
    if known is None:
        raise MalformedRequestError("unknown status")
    code = form.get("ErrorCode", "")
    return Receipt(
        external_id=sid,
        status=known,
        error_code=code if _CODE.fullmatch(code) and code != "0" else None,
    )


def _read_message(form: Mapping[str, str]) -> IncomingMessage:
    sid = _sid(form)
    address = bare_address(form.get("From", ""))
    if not address or len(address) > 100:
        raise MalformedRequestError("no sender")
    choice = form.get("ButtonPayload") or form.get("ListId") or None
    attachments = (*_place(form), *_media(form))
    text = _words(form)
    return IncomingMessage(
        external_id=sid,
        address=reading.whole(address),
        kind=_kind(choice, attachments, text),
        text=text,
        choice=None if choice is None else reading.whole(choice),
        reference=sid,
        refers_to=_reference(form),
        attachments=attachments,
        # Only there where Twilio's own handling of stop words is on.
        is_cut_off=form.get("OptOutType") == "STOP",
    )


def _sid(form: Mapping[str, str]) -> str:
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    if not _SID.fullmatch(sid):
        raise MalformedRequestError("no message id")
    return sid


def _reference(form: Mapping[str, str]) -> str | None:
    sid = form.get("OriginalRepliedMessageSid", "")
    return sid if _SID.fullmatch(sid) else None


def _words(form: Mapping[str, str]) -> str:
    place = ", ".join(filter(None, (form.get("Label"), form.get("Address"))))
    pressed = form.get("ButtonText") or form.get("ListTitle")
    return reading.whole(form.get("Body") or pressed or place)


def _kind(choice: str | None, attachments: tuple[Attachment, ...], text: str) -> MessageKind:
    if choice:
        return MessageKind.CHOICE
    if attachments:
        return attachments[0].kind
    return MessageKind.TEXT if text else MessageKind.UNKNOWN


def _place(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    try:
        latitude = float(form.get("Latitude", ""))
        longitude = float(form.get("Longitude", ""))
    except ValueError:
        return ()
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return ()
    # RFC 5870: a place as an address.
    return (Attachment(kind=MessageKind.LOCATION, reference=f"geo:{latitude},{longitude}"),)


def _media(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    count = form.get("NumMedia", "0")
    if not (count.isascii() and count.isdigit() and len(count) <= 3):
        return ()
    found = []
    for index in range(min(int(count), _MEDIA_AT_MOST)):
        media_type = reading.whole(form.get(f"MediaContentType{index}", ""))
        kind = kind_of_media(media_type, message_type=form.get("MessageType", ""))
        reference = reading.whole(form.get(f"MediaUrl{index}", ""))
        found.append(Attachment(kind=kind, reference=reference, media_type=media_type or None))
    return tuple(found)
