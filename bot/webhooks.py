"""Webhooks: a provider's call is verified, kept and answered; the work comes later."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

import structlog
from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import twilio_forms
from bot.channels.base import (
    Channel,
    IncomingMessage,
    MalformedRequestError,
    Parsed,
    Receipt,
    UnverifiedRequestError,
    WebRequest,
)
from models.channel import ChannelName

log = structlog.get_logger()

type Receive = Callable[[Channel, IncomingMessage], None]
type RecordReceipt = Callable[[Channel, Receipt], None]

LARGEST_BODY = 1024 * 1024
"""Bytes. The providers send a few thousand; more is an attack."""

_MOST_FIELDS = 500
_FORM = "application/x-www-form-urlencoded"
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def webhooks(
    receive: Receive,
    record_receipt: RecordReceipt,
    *,
    channels: Sequence[Channel],
    public_url: str,
) -> Blueprint:
    """Gives the providers' routes.

    `receive` and `record_receipt` have committed when they return: only then does the provider
    get its 2xx, after which it forgets the message. The public URL is what the providers call,
    whatever proxies stand between; Twilio signs it.
    """
    blueprint = Blueprint("webhooks", __name__)
    keep = _Keeper(receive, record_receipt)

    @blueprint.post("/webhooks/telegram/<account>")
    def receive_telegram(account: str) -> ResponseReturnValue:
        channel = _find(channels, ChannelName.TELEGRAM, account)
        parsed = _parsed(channel, _web_request(public_url))
        # Anything but 2xx would make Telegram repeat an update nobody can ever read, and hold
        # back every other child's messages behind it.
        return keep(channel, parsed) if parsed is not None else ("", 204)

    @blueprint.post("/webhooks/twilio/<any(sms, whatsapp):name>")
    def receive_twilio(name: str) -> ResponseReturnValue:  # noqa: ARG001 — the form tells
        return _receive_form()

    @blueprint.post("/webhooks/twilio/status")
    def receive_status() -> ResponseReturnValue:
        return _receive_form()

    def _receive_form() -> ResponseReturnValue:
        web_request = _web_request(public_url)
        channel = _find_by_form(channels, web_request)
        parsed = _parsed(channel, web_request)
        if parsed is None:
            # Twilio does not repeat a 400 by itself, and shows it in its debugger.
            abort(400)
        return keep(channel, parsed)

    return blueprint


class _Keeper:
    """Keeps what a request carried, and gives the answer that is true then."""

    def __init__(self, receive: Receive, record_receipt: RecordReceipt) -> None:
        self._receive = receive
        self._record_receipt = record_receipt

    def __call__(self, channel: Channel, parsed: Parsed) -> ResponseReturnValue:
        try:
            for message in parsed.messages:
                self._receive(channel, message)
            for receipt in parsed.receipts:
                self._record_receipt(channel, receipt)
        except (SQLAlchemyError, OSError) as error:
            # Not kept, so not acknowledged: the provider still has it and repeats.
            log.error(  # noqa: TRY400 — a database error's text may hold what was to be kept
                "webhook_not_kept", channel=channel.name, reason=type(error).__name__
            )
            abort(503)
        if channel.name is ChannelName.TELEGRAM:
            return "", 204
        return Response(_NOTHING_TO_SAY, mimetype="text/xml")


def _parsed(channel: Channel, web_request: WebRequest) -> Parsed | None:
    """Gives what a genuine request carries; None when it cannot be read."""
    try:
        return channel.parse(web_request)
    except UnverifiedRequestError:
        log.warning("webhook_forged", channel=channel.name)
        abort(403)
    except MalformedRequestError as error:
        log.warning("webhook_malformed", channel=channel.name, reason=str(error))
        return None


def _web_request(public_url: str) -> WebRequest:
    request.max_content_length = LARGEST_BODY
    body = request.get_data(parse_form_data=False)
    query = request.query_string.decode("latin-1")
    return WebRequest(
        url=public_url.rstrip("/") + request.path + (f"?{query}" if query else ""),
        headers={name.lower(): value for name, value in request.headers},
        body=body,
        form=_form(body) if request.mimetype == _FORM else (),
    )


def _form(body: bytes) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        # Too many fields to be Twilio's: without them no signature fits.
        return ()


def _find(channels: Sequence[Channel], name: ChannelName, account: str) -> Channel:
    matching = (channel for channel in channels if channel.name is name)
    channel = next((channel for channel in matching if channel.account == account), None)
    if channel is None:
        log.warning("webhook_unknown_account", channel=name)
        abort(404)
    return channel


def _find_by_form(channels: Sequence[Channel], web_request: WebRequest) -> Channel:
    """Gives the channel the form is for; nothing of it is believed before its signature."""
    form = dict(web_request.form)
    name = twilio_forms.channel_of(form)
    ours = {twilio_forms.bare_address(form.get(key, "")) for key in ("To", "From")}
    candidates = [channel for channel in channels if channel.name is name]
    if not candidates:
        log.warning("webhook_unknown_account", channel=name)
        abort(404)
    named = (channel for channel in candidates if channel.account in ours)
    return next(named, candidates[0])
