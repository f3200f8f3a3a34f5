"""One conversation: the live talk, who holds it, and what was gathered."""

from collections.abc import Iterator

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, auth, calling, canned, corrections, notes, records, service, words
from handover.service import AlreadyHeldError, NotHeldError
from handover.views import queue, shared, talk
from models.conversation import Author, Conversation, Message
from models.db import reading, transaction
from models.urgency import Harm, Urgency

pages = Blueprint("conversation", __name__, url_prefix=talk.PREFIX)

_RELEASED = "The bot answers again. The child has been told."
_RELEASED_AND_CALLED = (
    "The bot answers again. The child has been told. A colleague is called, because this is an "
    "emergency or the child is not answered."
)


@pages.get("")
@talk.for_staff
def show(conversation_id: int) -> ResponseReturnValue:
    """Gives the whole page."""
    with transaction(shared.console().engine) as session:
        # Who read what a child wrote is kept, before it is shown.
        conversation = talk.access(session, conversation_id)
        audit.record(
            session, "conversation_read", conversation=conversation, practitioner=auth.signed_in()
        )
        notes.mark_seen(session, auth.signed_in(), conversation)
    return talk.page(conversation_id)


@pages.get("/live")
@talk.for_staff
def live(conversation_id: int) -> ResponseReturnValue:
    """Gives what changes in the conversation, for as long as the page stays open."""
    with reading(shared.console().engine) as session:
        talk.access(session, conversation_id)
    return queue.stream(conversation_id)


@pages.get("/panels")
@talk.for_staff
def panels(conversation_id: int) -> ResponseReturnValue:
    """Gives the parts beside the talk that depend on who looks."""
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        context = talk.context(session, conversation)
        return {
            "status": render_template("partials/status.html", **context),
            "record": render_template("partials/record.html", **context),
            "urgency": render_template("partials/urgency.html", **context),
            "brief": render_template("partials/brief.html", **context),
            "sending": render_template("partials/sending.html", **context),
            "undo": render_template("partials/undo.html", **context),
            "held_by_me": context["held_by_me"],
            "holder": context["holder_words"],
        }


@pages.post("/take-over")
@talk.for_staff
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
    return talk.back(conversation_id, "#reply")


@pages.post("/acknowledge")
@talk.for_staff
def acknowledge(conversation_id: int) -> ResponseReturnValue:
    """Keeps that a person has seen the call."""
    with transaction(shared.console().engine) as session:
        service.acknowledge(session, auth.signed_in(), conversation_id)
    if talk.wants_json():
        return "", 204
    return talk.back(conversation_id)


@pages.post("/release")
@talk.for_staff
def release(conversation_id: int) -> ResponseReturnValue:
    """Gives the conversation back to the bot."""
    try:
        with transaction(shared.console().engine) as session:
            released = service.release(session, auth.signed_in(), conversation_id)
            is_called = calling.open_handover(session, released) is not None
        flash(_RELEASED_AND_CALLED if is_called else _RELEASED, "success")
    except NotHeldError:
        return talk.not_held(conversation_id)
    return talk.back(conversation_id)


@pages.post("/step-in")
@talk.for_staff
def step_in(conversation_id: int) -> ResponseReturnValue:
    """Lets a supervisor take a colleague's conversation into their own hands."""
    try:
        with transaction(shared.console().engine) as session:
            service.step_in(session, auth.signed_in(), conversation_id)
        flash("You hold this conversation now. The child has been told.", "success")
    except NotHeldError:
        flash("Nobody holds this conversation. You can take it over.", "info")
    return talk.back(conversation_id, "#reply")


@pages.route("/end", methods=["GET", "POST"])
@talk.for_staff
def end(conversation_id: int) -> ResponseReturnValue:
    """Asks for the last words and the next steps, and ends the conversation."""
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        closings = canned.closings(conversation, auth.signed_in())
    if request.method == "GET":
        return talk.form_page("end.html", conversation_id, closings=closings)
    errors = list(_end_errors())
    if errors:
        page = talk.form_page("end.html", conversation_id, errors=errors, closings=closings)
        return page, 422
    chosen = {one.key: one.text for one in closings} | {"own": request.form.get("text", "")}
    last_words = (chosen.get(request.form["closing"], ""), request.form.get("next", ""))
    try:
        with transaction(shared.console().engine) as session:
            service.end(session, auth.signed_in(), conversation_id, last_words=last_words)
        flash(
            "The conversation has ended. The child has been told, and can always write again.",
            "success",
        )
    except NotHeldError:
        return talk.not_held(conversation_id)
    return talk.back(conversation_id)


@pages.route("/urgency", methods=["GET", "POST"])
@talk.for_staff
def correct_urgency(conversation_id: int) -> ResponseReturnValue:
    """Lets a person say how urgent it is, and why."""
    if request.method == "GET":
        judged = _judged(conversation_id)
        return talk.form_page("urgency.html", conversation_id, judged=judged, harms=list(Harm))
    level = request.form.get("level", "")
    errors = []
    if level not in set(Urgency):
        errors.append({"text": "Choose how urgent it is", "href": "#level"})
    reason = request.form.get("text", "")
    if not reason.strip():
        errors.append({"text": "Say why the urgency changes", "href": "#text"})
    if errors:
        text, _ = _judged(conversation_id)
        judged = (text, request.form.getlist("harms"))
        more = {"errors": errors, "judged": judged, "harms": list(Harm)}
        return talk.form_page("urgency.html", conversation_id, **more), 422
    with transaction(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        service.set_urgency(
            session,
            auth.signed_in(),
            _message_to_judge(session, conversation),
            level=Urgency(level),
            reason=reason,
            harms=frozenset(corrections.known_harms(request.form.getlist("harms"))),
        )
    flash(f"The urgency is now: {words.URGENCY[Urgency(level)].lower()}.", "success")
    return talk.back(conversation_id)


@pages.get("/decision")
@talk.for_staff
def decide(conversation_id: int) -> ResponseReturnValue:
    """Leads to the decision on the contact of the present episode."""
    with transaction(shared.console().engine) as session:
        conversation = service.access_conversation(
            session, auth.signed_in(), conversation_id, for_update=True
        )
        contact_id = records.current_contact(session, conversation).id
    return redirect(f"/contacts/{contact_id}/decision?from=conversation")


def _judged(conversation_id: int) -> tuple[str, list[str]]:
    """Gives the words that a correction is about, and the harms they are said to tell of."""
    with reading(shared.console().engine) as session:
        message = _message_to_judge(session, talk.access(session, conversation_id))
        last = corrections.last_judgement(session, message)
        return message.text, list(last.harms) if last else []


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


def _end_errors() -> Iterator[dict[str, str]]:
    if not request.form.get("closing"):
        yield {"text": "Choose what you say last", "href": "#closing"}
    if request.form.get("closing") == "own" and not request.form.get("text", "").strip():
        yield {"text": "Write your last words", "href": "#text"}
    for name in ("text", "next"):
        if len(request.form.get(name, "")) > talk.MOST_CHARACTERS:
            text = f"Your words must be {talk.MOST_CHARACTERS} characters or less"
            yield {"text": text, "href": f"#{name}"}
