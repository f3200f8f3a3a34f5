"""What a handset sends us, read into the message that a real phone's provider would bring."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from bot.channels.base import Attachment, IncomingMessage
from models.base import utc_now
from models.channel import ChannelName, MessageKind

Address = Annotated[str, StringConstraints(pattern=r"^simulated-[0-9a-f]{32}$")]
"""Made by the page from enough chance that nobody can guess another's."""

LONGEST_WRITTEN = {
    # Bot API: 1 to 4096 characters.
    ChannelName.TELEGRAM: 4096,
    # WhatsApp takes 4096 characters from a person, whatever Twilio allows us to send.
    ChannelName.WHATSAPP: 4096,
    # Twilio joins a text of up to ten segments, 1600 characters, into one message.
    ChannelName.SMS: 1600,
}

_PICTURES = (MessageKind.IMAGE, MessageKind.VOICE, MessageKind.STICKER, MessageKind.LOCATION)
SENDABLE = {
    ChannelName.TELEGRAM: _PICTURES,
    ChannelName.WHATSAPP: _PICTURES,
    # Numbers in the United Kingdom carry no picture messages.
    ChannelName.SMS: (),
}

_WORDS = {MessageKind.TEXT}
_ALLOWED = {
    ChannelName.TELEGRAM: {
        *_WORDS,
        *_PICTURES,
        MessageKind.CHOICE,
        MessageKind.EDIT,
        # Telegram alone tells a bot when it is blocked.
        MessageKind.BLOCKED,
        MessageKind.UNBLOCKED,
    },
    ChannelName.WHATSAPP: {*_WORDS, *_PICTURES, MessageKind.CHOICE},
    ChannelName.SMS: _WORDS,
}

# The middle of Great Britain's moorland: a place where nobody lives.
_PLACE = "geo:54.0,-2.5"


class Written(BaseModel):
    """What the page posts when the child sends, presses, edits or blocks."""

    address: Address
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """Made once for each thing sent, so that a repeat over a bad line changes nothing."""
    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    choice: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    refers_to: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    language: Annotated[str, Field(max_length=12)] | None = None


class CannotBeSentError(Exception):
    """The real phone would not let this be sent on this channel."""


def message(channel: ChannelName, written: Written) -> IncomingMessage:
    """Gives the message as the channel's provider would bring it.

    Raises:
        CannotBeSentError: the real channel has no such thing, or it is too long or empty.
    """
    kind = written.kind
    if kind not in _ALLOWED[channel] or len(written.text) > LONGEST_WRITTEN[channel]:
        raise CannotBeSentError(kind)
    if kind in {MessageKind.TEXT, MessageKind.EDIT} and not written.text.strip():
        raise CannotBeSentError(kind)
    if (kind is MessageKind.CHOICE) != (written.choice is not None):
        raise CannotBeSentError(kind)
    if (kind is MessageKind.EDIT) != (written.refers_to is not None):
        raise CannotBeSentError(kind)
    return IncomingMessage(
        external_id=written.id,
        address=written.address,
        kind=kind,
        text=written.text,
        choice=written.choice,
        # An edit bears the name of the message it changes, as Telegram's does.
        reference=written.refers_to or written.id,
        refers_to=written.refers_to,
        attachments=_attachments(kind),
        sent_at=utc_now(),
        language=written.language,
    )


def _attachments(kind: MessageKind) -> tuple[Attachment, ...]:
    match kind:
        case MessageKind.LOCATION:
            return (Attachment(kind=kind, reference=_PLACE),)
        case MessageKind.IMAGE | MessageKind.STICKER:
            return (Attachment(kind=kind, reference=f"simulated:{kind.value}"),)
        case MessageKind.VOICE:
            return (Attachment(kind=kind, reference=f"simulated:{kind.value}", seconds=7),)
        case _:
            return ()
