"""Working together on a talk: notes, offers to take it, and what waits for whoever looks."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import auth, notes, offers, overrides, transfers
from handover.service import NotHeldError
from handover.transfers import AlreadyOfferedError, Consent, OfferEndedError, Taker
from handover.views import shared, talk
from models.db import reading, transaction
from models.practitioner import Practitioner

pages = Blueprint("teamwork", __name__)
_ALREADY = "This conversation is offered to somebody already. Take that offer back first."


@pages.get("/for-you")
@talk.for_staff
def for_you() -> ResponseReturnValue:
    """Gives what waits for whoever looks: offers, notes that name them, their own offers."""
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        return shared.page("for_you.html", session, **_for(session, me))


@pages.get("/for-you/news")
@talk.for_staff
def news() -> ResponseReturnValue:
    """Gives how much waits for whoever looks, and what to say of it."""
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        context = _for(session, me)
        return {
            "count": shared.count_for(session, me),
            "offers": len(context["offered"]),
            "overrides": len(context["overrides"]),
            "mentions": notes.count_unseen(session, me),
            "html": render_template("partials/for_you.html", practitioner=me, **context),
        }


@pages.post(f"{talk.PREFIX}/notes")
@talk.for_staff
def write_note(conversation_id: int) -> ResponseReturnValue:
    """Keeps a note for colleagues, or a supervisor's word to the holder."""
    text = request.form.get("text", "")
    is_whisper = request.form.get("kind") == "whisper"
    write = notes.whisper if is_whisper else notes.write
    if len(text) > talk.MOST_CHARACTERS:
        error = f"Your note must be {talk.MOST_CHARACTERS} characters or less"
        return _refused_note(conversation_id, text, error)
    try:
        with transaction(shared.console().engine) as session:
            written = write(
                session, auth.signed_in(), conversation_id, text, form_id=talk.form_id()
            )
            number = written.note.id
    except ValueError:
        return _refused_note(conversation_id, text, "Write something before you keep it")
    except NotHeldError:
        error = "Nobody else holds this conversation, so there is nobody to whisper to"
        return _refused_note(conversation_id, text, error)
    unknown = ", ".join(f"@{name}" for name in written.unknown)
    warning = (
        f"The note is kept. Nobody here is called {unknown}, so it reached nobody by that name."
    )
    if talk.wants_json():
        return {"form_id": uuid.uuid4().hex, "warning": warning if unknown else ""}
    if unknown:
        flash(warning, "info")
    return talk.back(conversation_id, f"#note-{number}")


@pages.get(f"{talk.PREFIX}/notes/<int:note_id>")
@talk.for_staff
def show_note(conversation_id: int, note_id: int) -> ResponseReturnValue:
    """Gives one note to a page that is open, if it is for whoever looks."""
    parts = shared.console()
    me = auth.signed_in()
    with transaction(parts.engine) as session:
        conversation = talk.access(session, conversation_id)
        found = notes.some(session, conversation, [note_id])
        if not found or not notes.may_read(me, found[0]):
            return "", 204
        notes.mark_seen(session, me, conversation)
        return {"id": f"note-{note_id}", "html": parts.pieces.note(found[0])}


@pages.route(f"{talk.PREFIX}/transfer", methods=["GET", "POST"])
@talk.for_staff
def offer(conversation_id: int) -> ResponseReturnValue:
    """Offers the conversation to a colleague or a team."""
    if request.method == "GET":
        return talk.form_page("transfer.html", conversation_id)
    taker = _colleague_or_team(request.form.get("to", ""))
    errors = []
    if taker is None:
        errors.append({"text": "Choose who is asked to take the conversation", "href": "#to"})
    reason = request.form.get("text", "")
    if not reason.strip():
        errors.append({"text": "Say what they must know first", "href": "#text"})
    if taker is None or errors:
        return talk.form_page("transfer.html", conversation_id, errors=errors), 422
    return _offer(conversation_id, taker, reason, None)


@pages.route(f"{talk.PREFIX}/transfer/authority", methods=["GET", "POST"])
@talk.for_staff
def offer_to_authority(conversation_id: int) -> ResponseReturnValue:
    """Offers the conversation, and what was recorded of it, to another authority."""
    template = "transfer_authority.html"
    if request.method == "GET":
        return talk.form_page(template, conversation_id)
    form = request.form
    errors = []
    if not form.get("to", "").isdecimal():
        errors.append({"text": "Choose which authority is asked", "href": "#to"})
    if form.get("agrees") not in {"yes", "no"}:
        errors.append({"text": "Say whether the child agrees", "href": "#agrees"})
    if not form.get("words", "").strip():
        text = "Write what the child said, or why it must be shared all the same"
        errors.append({"text": text, "href": "#words"})
    if not form.get("text", "").strip():
        errors.append({"text": "Say what they must know first", "href": "#text"})
    if errors:
        return talk.form_page(template, conversation_id, errors=errors), 422
    consent = Consent(agrees=form["agrees"] == "yes", words=form["words"])
    return _offer(conversation_id, Taker(authority_id=int(form["to"])), form["text"], consent)


@pages.post("/transfers/<int:transfer_id>/accept")
@talk.for_staff
def accept(transfer_id: int) -> ResponseReturnValue:
    """Takes the conversation that was offered."""
    try:
        with transaction(shared.console().engine) as session:
            conversation = transfers.accept(session, auth.signed_in(), transfer_id)
            number = conversation.id
    except OfferEndedError as error:
        flash(str(error), "info")
        return redirect("/for-you")
    flash("You hold this conversation now. The child has been told.", "success")
    return talk.back(number, "#reply")


@pages.route("/transfers/<int:transfer_id>/decline", methods=["GET", "POST"])
@talk.for_staff
def decline(transfer_id: int) -> ResponseReturnValue:
    """Asks for the reason, and leaves the conversation where it is."""
    reason = request.form.get("text", "")
    if request.method == "GET" or not reason.strip():
        return _decline_page(transfer_id)
    try:
        with transaction(shared.console().engine) as session:
            transfers.decline(session, auth.signed_in(), transfer_id, reason)
        flash("You declined. Whoever offered it has been told, and still holds it.", "success")
    except OfferEndedError as error:
        flash(str(error), "info")
    return redirect("/for-you")


@pages.post("/transfers/<int:transfer_id>/withdraw")
@talk.for_staff
def withdraw(transfer_id: int) -> ResponseReturnValue:
    """Takes an offer back."""
    try:
        with transaction(shared.console().engine) as session:
            transfers.withdraw(session, auth.signed_in(), transfer_id)
        flash("The offer is taken back.", "success")
    except OfferEndedError as error:
        flash(str(error), "info")
    except NotHeldError:
        flash("This offer is not yours to take back.", "info")
    return redirect("/for-you")


def _for(session: Session, me: Practitioner) -> dict[str, Sequence[object]]:
    return {
        "offered": offers.offered_to(session, me),
        "overrides": overrides.waiting_for(session, me),
        "mentions": notes.mentions_of(session, me),
        "sent": offers.offered_by(session, me),
    }


def _refused_note(conversation_id: int, text: str, error: str) -> ResponseReturnValue:
    if talk.wants_json():
        return {"error": error}, 409
    return talk.page(conversation_id, note_draft=text, note_error=error), 422


def _colleague_or_team(choice: str) -> Taker | None:
    kind, _, number = choice.partition("-")
    if not number.isdecimal():
        return None
    match kind:
        case "person":
            return Taker(practitioner_id=int(number))
        case "team":
            return Taker(team_id=int(number))
        case _:
            return None


def _offer(
    conversation_id: int, taker: Taker, reason: str, consent: Consent | None
) -> ResponseReturnValue:
    try:
        with transaction(shared.console().engine) as session:
            transfers.offer(
                session, auth.signed_in(), conversation_id, taker, reason=reason, consent=consent
            )
        flash("The offer is made. It stays in the same hands until somebody accepts.", "success")
    except NotHeldError:
        return talk.not_held(conversation_id)
    except AlreadyOfferedError:
        flash(_ALREADY, "info")
    return talk.back(conversation_id)


def _decline_page(transfer_id: int) -> ResponseReturnValue:
    errors = []
    if request.method == "POST":
        errors.append({"text": "Say why you cannot take it", "href": "#text"})
    with reading(shared.console().engine) as session:
        offered = next(
            (one for one in offers.offered_to(session, auth.signed_in()) if one.id == transfer_id),
            None,
        )
        if offered is None:
            flash("This offer is not open any more.", "info")
            return redirect("/for-you")
        page = shared.page("decline.html", session, offered=offered, errors=errors)
    return (page, 422) if errors else page
