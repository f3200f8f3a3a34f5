"""Channels: what each one can carry, as one table of facts."""

from dataclasses import dataclass
from enum import StrEnum


class ChannelName(StrEnum):
    """Where a child can reach us."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What a channel can carry; the source is each provider's documentation."""

    text_limit: int
    """Characters in one message, after which a reply is split."""
    buttons: int
    """Buttons in one message; 0 where choices are numbered lines of text."""
    button_title_limit: int
    free_window_hours: int | None
    """Hours after the child's last message in which free text is allowed; None for no limit."""
    deletes_within_hours: int | None
    """Hours in which our messages can be taken back; None where they never can."""
    shows_typing: bool
    reports_read: bool
    bills_segments: bool
    """Whether length is counted in GSM-7 or UCS-2 segments."""


CAPABILITIES = {
    # Bot API: text of 1 to 4096 characters; deleteMessage for 48 hours.
    ChannelName.TELEGRAM: Capability(
        text_limit=4096,
        buttons=12,
        button_title_limit=64,
        free_window_hours=None,
        deletes_within_hours=48,
        shows_typing=True,
        reports_read=False,
        bills_segments=False,
    ),
    # WhatsApp through Twilio: 1600 characters in a session message, 3 quick replies of 20
    # characters, free text only within 24 hours of the child's last message.
    ChannelName.WHATSAPP: Capability(
        text_limit=1600,
        buttons=3,
        button_title_limit=20,
        free_window_hours=24,
        deletes_within_hours=None,
        shows_typing=True,
        reports_read=True,
        bills_segments=False,
    ),
    # Twilio takes up to 1600 characters and recommends at most 320 for delivery.
    ChannelName.SMS: Capability(
        text_limit=320,
        buttons=0,
        button_title_limit=64,
        free_window_hours=None,
        deletes_within_hours=None,
        shows_typing=False,
        reports_read=False,
        bills_segments=True,
    ),
}


class MessageKind(StrEnum):
    """What sort of thing arrived or was said."""

    TEXT = "text"
    CHOICE = "choice"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT_CARD = "contact_card"
    STICKER = "sticker"
    EDIT = "edit"
    DELETION = "deletion"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    UNKNOWN = "unknown"


WORDLESS_KINDS = frozenset({MessageKind.DELETION, MessageKind.BLOCKED, MessageKind.UNBLOCKED})
"""What a child does with the app rather than says to us; kept, and not answered."""
