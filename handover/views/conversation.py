"""One conversation: the live talk, who holds it, and what was gathered."""

import uuid
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, auth, deadlines, records, service, thread, wording, words
from handover.auth import for_roles
from handover.service import AlreadyHeldError, NotHeldError
from handover.views import queue, shared
from models.base import utc_now
from models.conversation import Author, Conversation, Holder, Message
from models.db import reading, transaction
from models.practitioner import RoleName
from models.urgency import Urgency

pages = Blueprint("conversation", __name__, url_prefix="/conversations/<int:conversation_id>")
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
_MOST_CHARACTERS = 4000
_NOT_HELD = "This conversation is not in your hands any more, so your message was not sent."


@pages.get("")
@_for_staff
def show(conversation_id: int) -> ResponseReturnValue:
    """Gives the whole page."""
    with transaction(shared.console().engine) as session:
        # Who read what a child wrote is kept, before it is shown.
        conversation = _access(session, conversation_id)
        audit.record(
            session, "conversation_read", conversation=conversation, practitioner=auth.signed_in()
        )
    return _page(conversation_id)


@pages.get("/live")
@_for_staff
def live(conversation_id: int) -> ResponseReturnValue:
    """Gives what changes in the conversation, for as long as the page stays open."""
    with reading(shared.console().engine) as session:
        _access(session, conversation_id)
    return queue.stream(conversation_id)


@pages.get("/panels")
@_for_staff
def panels(conversation_id: int) -> ResponseReturnValue:
    """Gives the parts beside the talk that depend on who looks."""
    with reading(shared.console().engine) as session:
        conversation = _access(session, conversation_id)
        context = _context(session, conversation)
        return {
            "status": render_template("partials/status.html", **context),
            "record": render_template("partials/record.html", **context),
            "urgency": render_template("partials/urgency.html", **context),
            "held_by_me": context["held_by_me"],
            "holder": context["holder_words"],
        }


@pages.post("/take-over")
@_for_staff
def take_over(conversation_id: int) -> ResponseReturnValue:
    """Takes the conversation over from the bot."""
    try:
        with transaction(shared.console().engine) as session:
            service.take_over(session, auth.signed_in(), conversation_id)
    except AlreadyHeldError as error:
        flash(
            f"{error.holder_name} took this conversation over before you. You can read along.",
            "info",
        )
    return redirect(f"/conversations/{conversation_id}#reply")


@pages.post("/acknowledge")
@_for_staff
def acknowledge(conversation_id: int) -> ResponseReturnValue:
    """Keeps that a person has seen the call."""
    with transaction(shared.console().engine) as session:
        service.acknowledge(session, auth.signed_in(), conversation_id)
    if _wants_json():
        return "", 204
    return redirect(f"/conversations/{conversation_id}")


@pages.post("/reply")
@_for_staff
def reply(conversation_id: int) -> ResponseReturnValue:
    """Sends what a practitioner wrote."""
    text = request.form.get("text", "")
    error = _reply_error(text)
    if error is not None:
        return _refused_reply(conversation_id, text, error)
    try:
        with transaction(shared.console().engine) as session:
            said = service.say(session, auth.signed_in(), conversation_id, text, form_id=_form_id())
    except NotHeldError:
        return _refused_reply(conversation_id, text, _NOT_HELD)
    if _wants_json():
        return {"message": f"message-{said.id}", "form_id": uuid.uuid4().hex}
    return redirect(f"/conversations/{conversation_id}#message-{said.id}")


@pages.post("/help-numbers")
@_for_staff
def send_help_numbers(conversation_id: int) -> ResponseReturnValue:
    """Sends the help numbers in the child's language, in one press."""
    try:
        with transaction(shared.console().engine) as session:
            conversation = _access(session, conversation_id)
            text = " ".join(wording.texts("help_numbers", conversation.language))
            service.say(session, auth.signed_in(), conversation_id, text, form_id=_form_id())
    except NotHeldError:
        flash("Take the conversation over before you send the help numbers.", "error")
    return redirect(f"/conversations/{conversation_id}#reply")


@pages.post("/release")
@_for_staff
def release(conversation_id: int) -> ResponseReturnValue:
    """Gives the conversation back to the bot."""
    try:
        with transaction(shared.console().engine) as session:
            service.release(session, auth.signed_in(), conversation_id)
        flash("The bot answers again. The child has been told.", "success")
    except NotHeldError:
        flash("This conversation was not in your hands, so nothing changed.", "info")
    return redirect(f"/conversations/{conversation_id}")


@pages.route("/transfer", methods=["GET", "POST"])
@_for_staff
def transfer(conversation_id: int) -> ResponseReturnValue:
    """Passes the conversation to a colleague, or lets a supervisor move it."""
    if request.method == "GET":
        return _form_page("transfer.html", conversation_id)
    to_id = request.form.get("to", "")
    if not to_id.isdecimal():
        errors = [{"text": "Choose who takes the conversation", "href": "#to"}]
        return _form_page("transfer.html", conversation_id, errors=errors), 422
    try:
        with transaction(shared.console().engine) as session:
            service.transfer(session, auth.signed_in(), conversation_id, to_id=int(to_id))
        flash("The conversation is in other hands. The child has been told.", "success")
    except NotHeldError:
        flash("This conversation was not yours to pass on, so nothing changed.", "info")
    return redirect(f"/conversations/{conversation_id}")


@pages.route("/end", methods=["GET", "POST"])
@_for_staff
def end(conversation_id: int) -> ResponseReturnValue:
    """Asks whether the conversation is to end, and ends it."""
    if request.method == "GET":
        return _form_page("end.html", conversation_id)
    try:
        with transaction(shared.console().engine) as session:
            service.end(session, auth.signed_in(), conversation_id)
        flash(
            "The conversation has ended. The child has been told, and can always write again.",
            "success",
        )
    except NotHeldError:
        flash("This conversation was not in your hands, so nothing changed.", "info")
    return redirect(f"/conversations/{conversation_id}")


@pages.route("/urgency", methods=["GET", "POST"])
@_for_staff
def correct_urgency(conversation_id: int) -> ResponseReturnValue:
    """Lets a person say how urgent it is, and why."""
    if request.method == "GET":
        return _form_page("urgency.html", conversation_id)
    level = request.form.get("level", "")
    errors = []
    if level not in set(Urgency):
        errors.append({"text": "Choose how urgent it is", "href": "#level"})
    reason = request.form.get("text", "")
    if not reason.strip():
        errors.append({"text": "Say why the urgency changes", "href": "#text"})
    if errors:
        return _form_page("urgency.html", conversation_id, errors=errors), 422
    with transaction(shared.console().engine) as session:
        conversation = _access(session, conversation_id)
        message = _message_to_judge(session, conversation)
        service.set_urgency(session, auth.signed_in(), message, level=Urgency(level), reason=reason)
    flash(f"The urgency is now: {words.URGENCY[Urgency(level)].lower()}.", "success")
    return redirect(f"/conversations/{conversation_id}")


@pages.get("/decision")
@_for_staff
def decide(conversation_id: int) -> ResponseReturnValue:
    """Leads to the decision on the contact of the present episode."""
    with transaction(shared.console().engine) as session:
        conversation = service.access_conversation(
            session, auth.signed_in(), conversation_id, for_update=True
        )
        contact_id = records.current_contact(session, conversation).id
    return redirect(f"/contacts/{contact_id}/decision?from=conversation")


def _access(session: Session, conversation_id: int) -> Conversation:
    return service.access_conversation(session, auth.signed_in(), conversation_id)


def _page(conversation_id: int, *, draft: str = "", error: str | None = None) -> str:
    parts = shared.console()
    with reading(parts.engine) as session:
        place = parts.feed.place(session)
        conversation = _access(session, conversation_id)
        before = request.args.get("before", "")
        shown, has_more = thread.messages(
            session, conversation, before=int(before) if before.isdecimal() else None
        )
        return shared.page(
            "conversation.html",
            session,
            messages=[(message, parts.pieces.message(message)) for message in shown],
            has_more=has_more,
            is_newest=not before.isdecimal(),
            place=place,
            draft=draft,
            error=error,
            form_id=uuid.uuid4().hex,
            most_characters=_MOST_CHARACTERS,
            **_context(session, conversation),
        )


def _context(session: Session, conversation: Conversation) -> dict[str, Any]:
    me = auth.signed_in()
    contact = thread.contact_of(session, conversation)
    return {
        "conversation": conversation,
        "name": words.child(conversation),
        "call": service.open_handover(session, conversation),
        "contact": contact,
        "fields": thread.fields(session, conversation, contact) if contact else [],
        "judgements": thread.judgements(session, conversation),
        "held_by_me": _is_held_by(conversation, me.id),
        "holder_words": _holder_words(conversation, me.id),
        "decide_by": deadlines.of(conversation.authority, contact, utc_now()).at
        if contact
        else None,
        "marks": _marks(conversation),
        "may_move": me.may(RoleName.SUPERVISOR),
    }


def _is_held_by(conversation: Conversation, practitioner_id: int) -> bool:
    return (
        conversation.holder is Holder.PRACTITIONER
        and conversation.practitioner_id == practitioner_id
    )


def _holder_words(conversation: Conversation, practitioner_id: int) -> str:
    match conversation.holder:
        case Holder.PRACTITIONER if conversation.practitioner_id == practitioner_id:
            return "You hold this conversation"
        case Holder.PRACTITIONER:
            name = conversation.practitioner.name if conversation.practitioner else "A colleague"
            return f"{name} holds this conversation"
        case Holder.NOBODY:
            return "Waiting for a person. The bot keeps the child company"
        case Holder.BOT if conversation.ended_at is not None:
            return "Ended"
        case Holder.BOT:
            return "The bot is answering"


def _marks(conversation: Conversation) -> list[str]:
    """Gives what must be known before anything is written to this child."""
    now = utc_now()
    marks = []
    if conversation.covered_at is not None:
        marks.append(
            "The child told us that somebody is with them. Nothing is sent until they are back."
        )
    if conversation.stopped_at is not None:
        marks.append("The child asked us to stop writing to them.")
    if conversation.blocked_at is not None:
        marks.append("Our messages do not reach this child any more. Look for another safe way.")
    if conversation.window_ends_at is not None and conversation.window_ends_at <= now:
        marks.append("WhatsApp takes no free messages now: the child last wrote over 24 hours ago.")
    return marks


def _form_page(template: str, conversation_id: int, **context: Any) -> str:
    with reading(shared.console().engine) as session:
        conversation = _access(session, conversation_id)
        context.setdefault("errors", [])
        context["problems"] = {one["href"]: one["text"] for one in context["errors"]}
        farewell = wording.texts(
            "conversation_ended", conversation.language, {"practitioner": auth.signed_in().name}
        )
        return shared.page(
            template,
            session,
            farewell=farewell,
            colleagues=[
                one
                for one in service.colleagues(session, auth.signed_in())
                if one.id != conversation.practitioner_id
            ],
            submitted=request.form,
            levels=list(Urgency),
            **context,
            **_context(session, conversation),
        )


def _message_to_judge(session: Session, conversation: Conversation) -> Message:
    message = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(Message.author == Author.CHILD)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    if message is None:
        abort(404)
    return message


def _reply_error(text: str) -> str | None:
    if not text.strip():
        return "Write something before you send it"
    if len(text) > _MOST_CHARACTERS:
        return f"Your message must be {_MOST_CHARACTERS} characters or less"
    return None


def _refused_reply(conversation_id: int, text: str, error: str) -> ResponseReturnValue:
    if _wants_json():
        return {"error": error}, 409
    return _page(conversation_id, draft=text, error=error), 422


def _form_id() -> str | None:
    form_id = request.form.get("form_id", "")
    return form_id if form_id.isalnum() and len(form_id) <= 64 else None


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
