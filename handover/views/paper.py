"""Printing a contact or a transcript: a complete page, or a PDF of it; who did is kept."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, auth, contacts, printing, record_page, service, thread, words
from handover.auth import for_roles
from handover.printing import PdfUnavailableError
from handover.views import contact as contact_pages
from handover.views import shared
from models.base import utc_now
from models.conversation import Conversation, Message
from models.db import reading, transaction
from models.practitioner import RoleName

pages = Blueprint("paper", __name__)
_STATIC = Path(printing.__file__).parent / "static"
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)


@pages.get("/contacts/<int:contact_id>/print")
@_for_staff
def contact(contact_id: int) -> ResponseReturnValue:
    """Gives a contact as a page to print."""
    return _contact(contact_id, is_pdf=False)


@pages.get("/contacts/<int:contact_id>/print.pdf")
@_for_staff
def contact_pdf(contact_id: int) -> ResponseReturnValue:
    """Gives a contact as a PDF."""
    return _as_pdf(_contact(contact_id, is_pdf=True), f"contact-{contact_id}")


@pages.get("/conversations/<int:conversation_id>/print")
@_for_staff
def transcript(conversation_id: int) -> ResponseReturnValue:
    """Gives everything said in a conversation as a page to print."""
    return _transcript(conversation_id, is_pdf=False)


@pages.get("/conversations/<int:conversation_id>/print.pdf")
@_for_staff
def transcript_pdf(conversation_id: int) -> ResponseReturnValue:
    """Gives everything said in a conversation as a PDF."""
    return _as_pdf(_transcript(conversation_id, is_pdf=True), f"transcript-{conversation_id}")


def _contact(contact_id: int, *, is_pdf: bool) -> str:
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        found = contacts.access_contact(session, me, contact_id)
        contact_pages.note_read(session, found, "contact_printed")
    with reading(shared.console().engine) as session:
        found = contacts.access_contact(session, me, contact_id)
        return render_template(
            "print_contact.html",
            record=record_page.read(session, found),
            is_pdf=is_pdf,
            **_paper(),
            **contact_pages.context_of(session, found),
        )


def _transcript(conversation_id: int, *, is_pdf: bool) -> str:
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        conversation = service.access_conversation(session, me, conversation_id)
        audit.record(session, "transcript_printed", conversation=conversation, practitioner=me)
    with reading(shared.console().engine) as session:
        conversation = service.access_conversation(session, me, conversation_id)
        return render_template(
            "print_transcript.html",
            conversation=conversation,
            name=words.child(conversation),
            messages=_all_messages(session, conversation),
            is_pdf=is_pdf,
            **_paper(),
        )


def _paper() -> dict[str, Any]:
    return {
        "printed_by": auth.signed_in().name,
        "printed_at": utc_now(),
        "authority_name": auth.signed_in().authority.name,
        "can_make_pdf": printing.can_make_pdf(),
    }


def _all_messages(session: Session, conversation: Conversation) -> list[thread.Shown]:
    rows = session.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
    )
    return thread.show(session, rows)


def _as_pdf(html: str, name: str) -> ResponseReturnValue:
    style = (_STATIC / "print.css").read_text("utf-8")
    try:
        made = printing.pdf(html, style)
    except PdfUnavailableError:
        abort(404)
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response
