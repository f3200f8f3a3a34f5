"""In an emergency, against the safe-contact plan: one person asks why, another confirms."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import audit, auth, overrides, plan_changes, service
from handover.overrides import OverrideRefusedError
from handover.service import AccessDeniedError
from handover.views import shared, talk
from models.contact_plan import SendOverride
from models.conversation import Message
from models.db import reading, transaction
from models.practitioner import Practitioner

pages = Blueprint("override", __name__)


@pages.route(f"{talk.PREFIX}/messages/<int:message_id>/override", methods=["GET", "POST"])
@talk.for_staff
def ask(conversation_id: int, message_id: int) -> ResponseReturnValue:
    """Asks for the reason, and then for a second person."""
    reason = request.form.get("text", "")
    if request.method == "GET" or not reason.strip():
        return _ask_page(conversation_id, message_id)
    try:
        with transaction(shared.console().engine) as session:
            conversation = _message(session, conversation_id, message_id).conversation
            overrides.ask_override(session, auth.signed_in(), message_id, reason=reason)
            audit.announce(session, conversation, "holder")
            audit.notify(session, conversation.authority_id)
        flash("Asked. A second person must confirm it within half an hour.", "success")
    except OverrideRefusedError as error:
        flash(str(error), "error")
    return talk.back(conversation_id)


@pages.route("/overrides/<int:override_id>", methods=["GET", "POST"])
@talk.for_staff
def confirm(override_id: int) -> ResponseReturnValue:
    """Shows what would go against the plan and why, and sends it on a second person's word."""
    me = auth.signed_in()
    if request.method == "GET":
        with reading(shared.console().engine) as session:
            asked = _asked(session, override_id)
            return shared.page(
                "override_confirm.html",
                session,
                asked=asked,
                asked_by=session.get_one(Practitioner, asked.asked_by_id).name,
                conversation=asked.conversation,
                plan_lines=plan_changes.describe(session, asked.conversation),
                line=overrides.line_before(session, asked.message),
                is_mine=asked.asked_by_id == me.id,
            )
    with transaction(shared.console().engine) as session:
        conversation_id = _asked(session, override_id).conversation_id
    try:
        with transaction(shared.console().engine) as session:
            with_line = request.form.get("line") == "yes"
            overrides.confirm_override(session, me, override_id, with_line=with_line)
            conversation = talk.access(session, conversation_id)
            audit.announce(session, conversation, "holder")
            audit.notify(session, conversation.authority_id)
        flash("The message goes now, against the safe-contact plan.", "success")
    except OverrideRefusedError as error:
        flash(str(error), "error")
    return redirect(f"/conversations/{conversation_id}")


def _ask_page(conversation_id: int, message_id: int) -> ResponseReturnValue:
    errors = []
    if request.method == "POST":
        errors.append({"text": "Say why this cannot wait", "href": "#text"})
    with reading(shared.console().engine) as session:
        message = _message(session, conversation_id, message_id)
        text = message.text
        line = overrides.line_before(session, message)
        line_held = line.text if line is not None else ""
    page = talk.form_page(
        "override_ask.html", conversation_id, errors=errors, words_held=text, line_held=line_held
    )
    return (page, 422) if errors else page


def _message(session: Session, conversation_id: int, message_id: int) -> Message:
    conversation = talk.access(session, conversation_id)
    message = session.get(Message, message_id)
    if message is None or message.conversation_id != conversation.id:
        raise AccessDeniedError
    return message


def _asked(session: Session, override_id: int) -> SendOverride:
    asked = session.get(SendOverride, override_id)
    if asked is None:
        raise AccessDeniedError
    service.access_conversation(session, auth.signed_in(), asked.conversation_id)
    return asked
