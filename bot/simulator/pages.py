"""The simulator's page, and the two questions its script asks."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Engine

from bot.accounts import Accounts
from bot.channels.base import Channel, IncomingMessage
from bot.simulator import handset, writing
from bot.simulator.handset import Line, Phone
from bot.simulator.writing import Address, CannotBeSentError, Written
from handover.auth import for_machines, open_to_all
from models.channel import CAPABILITIES, ChannelName

type Receive = Callable[[Channel, IncomingMessage], None]

_NAMES = {
    ChannelName.TELEGRAM: "Telegram",
    ChannelName.WHATSAPP: "WhatsApp",
    ChannelName.SMS: "Text messages (SMS)",
}
_LIMITS = {
    ChannelName.TELEGRAM: "Buttons under a message. Messages can be edited.",
    ChannelName.WHATSAPP: "Three buttons at most, or a numbered list. Shows when it is read.",
    ChannelName.SMS: "Words only. Choices are numbered: answer with the number or in words.",
}
_ATTACHMENTS = {
    "image": "Photo",
    "voice": "Voice note",
    "sticker": "Sticker",
    "location": "Location",
}


class _Look(BaseModel):
    """What the page tells of one handset when it asks for news."""

    model_config = ConfigDict(extra="forbid")

    address: Address
    version: str | None = None
    blocked_after: int | None = None


class Question(BaseModel):
    """The page's question: what is new on these handsets?"""

    model_config = ConfigDict(extra="forbid")

    handsets: dict[ChannelName, _Look]
    is_looked_at: bool = False


def simulator(engine: Engine, accounts: Accounts, receive: Receive) -> Blueprint:
    """Gives the simulator's routes, under `/phone`.

    `receive` has committed when it returns. Nobody signs in: who holds a handset's address,
    which the browser makes and keeps, holds the handset.
    """
    blueprint = Blueprint("simulator", __name__, url_prefix="/phone", template_folder="templates")

    @blueprint.get("/")
    @open_to_all
    def page() -> ResponseReturnValue:
        return render_template("simulator/phone.html", handsets=handsets_of(ChannelName))

    @blueprint.get(
        "/<any('phone.css','phone.js','handset.js','lines.js','memory.js','segments.js'):name>"
    )
    @open_to_all
    def asset(name: str) -> Response:
        return send_from_directory(f"{blueprint.root_path}/static", name)

    # The address in the body is the key to one handset and no cookie is read, so that another
    # site's page can do nothing here that its reader could not.
    @blueprint.post("/<any('telegram','whatsapp','sms'):name>/messages")
    @for_machines
    def write(name: str) -> ResponseReturnValue:
        _, channel = handset.simulated(accounts, ChannelName(name))
        receive(channel, writing.message(channel.name, Written.model_validate_json(json_body())))
        return "", 204

    @blueprint.post("/news")
    @for_machines
    def news() -> ResponseReturnValue:
        asked = Question.model_validate_json(json_body())
        return {"handsets": news_of(engine, accounts, asked)}

    @blueprint.errorhandler(ValidationError)
    @blueprint.errorhandler(CannotBeSentError)
    def refuse(_: Exception) -> ResponseReturnValue:
        # What was wrong is not repeated: it may hold what was written.
        return {"error": "cannot_be_sent"}, 400

    return blueprint


def news_of(engine: Engine, accounts: Accounts, asked: Question) -> dict[str, Any]:
    """Gives what is new on the handsets that a page asks about."""
    found: dict[str, Any] = {}
    for name, look in asked.handsets.items():
        account_id, channel = handset.simulated(accounts, name)
        phone = Phone(account_id=account_id, channel=channel, address=look.address)
        handset.send_receipts(
            engine, phone, is_looked_at=asked.is_looked_at, blocked_after=look.blocked_after
        )
        found[name.value] = _what_is_new(engine, phone, look.version)
    return found


def json_body() -> bytes:
    """Gives the body when it says that it is JSON, which no foreign form can say."""
    return request.get_data() if request.mimetype == "application/json" else b""


def handsets_of(names: Iterable[ChannelName]) -> list[dict[str, Any]]:
    """Gives what a page needs to draw a handset of each channel."""
    return [
        {
            "name": name.value,
            "title": _NAMES[name],
            "limits": _LIMITS[name],
            "longest": writing.LONGEST_WRITTEN[name],
            "counts_segments": CAPABILITIES[name].bills_segments,
            "attachments": [(kind.value, _ATTACHMENTS[kind]) for kind in writing.SENDABLE[name]],
            "can_edit": name is ChannelName.TELEGRAM,
        }
        for name in names
    ]


def _what_is_new(engine: Engine, phone: Phone, seen_version: str | None) -> dict[str, Any]:
    screen = handset.read(engine, phone, seen_version=seen_version)
    if screen is None:
        return {"version": seen_version}
    can_type = CAPABILITIES[phone.channel.name].shows_typing
    return {
        "version": screen.version,
        "is_typing": can_type and screen.is_answer_coming,
        "lines": [_line(line) for line in screen.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "is_from_child": line.is_from_child,
        "kind": line.kind.value,
        "text": line.text,
        "at": line.at.isoformat(),
        "is_read": line.is_read,
        "is_edited": line.is_edited,
        "reference": line.reference,
        "buttons": [{"title": b.title, "payload": b.payload} for b in line.buttons],
        "pressed": line.pressed,
    }
