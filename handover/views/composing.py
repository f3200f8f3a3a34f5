"""Writing to a child: sending, taking back, what to know of a draft, and words kept ready."""

import uuid

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from handover import auth, canned, drafting, service, taking_back, wording
from handover.service import NotHeldError
from handover.taking_back import TooLateError
from handover.views import shared, talk
from models.db import reading, transaction

pages = Blueprint("composing", __name__, url_prefix=talk.PREFIX)
_NOT_HELD = "This conversation is not in your hands any more, so your message was not sent."


@pages.post("/reply")
@talk.for_staff
def reply(conversation_id: int) -> ResponseReturnValue:
    """Sends what a practitioner wrote, after a word of caution where one is due."""
    if request.form.get("insert"):
        return _insert(conversation_id)
    text = request.form.get("text", "")
    error = _error(text)
    if error is not None:
        return _refused(conversation_id, text, error)
    if request.form.get("confirm") != "yes" and (found := _cautions(conversation_id, text)):
        return _ask_first(conversation_id, text, found)
    me = auth.signed_in()
    try:
        with transaction(shared.console().engine) as session:
            undo = taking_back.allowed(talk.access(session, conversation_id).authority)
            said = service.say(
                session, me, conversation_id, text, form_id=talk.form_id(), undo=undo
            )
            number = said.id
    except NotHeldError:
        return _refused(conversation_id, text, _NOT_HELD)
    if talk.wants_json():
        return {
            "message": f"message-{number}",
            "form_id": uuid.uuid4().hex,
            "undo": _undo_piece(conversation_id),
        }
    return talk.back(conversation_id, f"#message-{number}")


@pages.post("/help-numbers")
@talk.for_staff
def send_help_numbers(conversation_id: int) -> ResponseReturnValue:
    """Sends the help numbers in the child's language, in one press."""
    try:
        with transaction(shared.console().engine) as session:
            conversation = talk.access(session, conversation_id)
            text = " ".join(wording.texts("help_numbers", conversation.language))
            service.say(session, auth.signed_in(), conversation_id, text, form_id=talk.form_id())
    except NotHeldError:
        flash("Take the conversation over before you send the help numbers.", "error")
    return talk.back(conversation_id, "#reply")


@pages.post("/check")
@talk.for_staff
def check(conversation_id: int) -> ResponseReturnValue:
    """Gives what to know of a draft while it is written, and has the child see "typing"."""
    text = request.form.get("text", "")[: talk.MOST_CHARACTERS]
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        found = drafting.cautions(session, conversation, text)
        html = render_template("partials/cautions.html", cautions=found)
    if text.strip():
        with transaction(shared.console().engine) as session:
            service.note_typing(session, auth.signed_in(), conversation_id)
    return {"html": html}


@pages.post("/messages/<int:message_id>/take-back")
@talk.for_staff
def take_back(conversation_id: int, message_id: int) -> ResponseReturnValue:
    """Keeps a message from going, and gives its words back to be written anew."""
    try:
        with transaction(shared.console().engine) as session:
            text = taking_back.take_back(session, auth.signed_in(), conversation_id, message_id)
    except (TooLateError, NotHeldError):
        words = "It was too late to take it back: the message is on its way to the child."
        if talk.wants_json():
            return {"error": words}, 409
        flash(words, "info")
        return talk.back(conversation_id, "#reply")
    if talk.wants_json():
        return {"text": text}
    return talk.page(conversation_id, draft=text)


def _insert(conversation_id: int) -> ResponseReturnValue:
    """Puts words kept ready into the draft, where no script does it."""
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        offered = (
            *canned.ready(session, conversation, me),
            *canned.in_their_language(conversation, me),
        )
        chosen = next((one for one in offered if one.key == request.form["insert"]), None)
    draft = request.form.get("text", "").rstrip()
    if chosen is not None:
        draft = f"{draft} {chosen.text}".strip()
    return talk.page(conversation_id, draft=draft)


def _error(text: str) -> str | None:
    if not text.strip():
        return "Write something before you send it"
    if len(text) > talk.MOST_CHARACTERS:
        return f"Your message must be {talk.MOST_CHARACTERS} characters or less"
    return None


def _cautions(conversation_id: int, text: str) -> tuple[drafting.Caution, ...]:
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        if conversation.practitioner_id != auth.signed_in().id:
            # Who does not hold it hears that, and nothing of the rest.
            return ()
        return drafting.cautions(session, conversation, text)


def _ask_first(
    conversation_id: int, text: str, found: tuple[drafting.Caution, ...]
) -> ResponseReturnValue:
    if talk.wants_json():
        return {"cautions": render_template("partials/cautions.html", cautions=found)}, 409
    return talk.page(conversation_id, draft=text, cautions=found), 422


def _refused(conversation_id: int, text: str, error: str) -> ResponseReturnValue:
    if talk.wants_json():
        return {"error": error}, 409
    return talk.page(conversation_id, draft=text, error=error), 422


def _undo_piece(conversation_id: int) -> str:
    with reading(shared.console().engine) as session:
        conversation = talk.access(session, conversation_id)
        undo = taking_back.waiting(session, auth.signed_in(), conversation)
        return render_template(
            "partials/undo.html",
            conversation=conversation,
            undo=undo,
            undo_seconds=taking_back.seconds_left(undo) if undo else 0,
        )
