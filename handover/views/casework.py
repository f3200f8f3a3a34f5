"""A child's chronology, notes, tasks, links and worker: one page, and a small form for each."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import (
    auth,
    casework,
    chronology,
    contacts,
    links,
    record_page,
    service,
    tasks,
    words,
)
from handover.auth import for_roles
from handover.entries import ask_all
from handover.service import AccessDeniedError
from handover.tasks import NewTask
from handover.views import contact as contact_pages
from handover.views import forms, shared
from handover.views.forms import FormError, Input
from models.base import utc_now
from models.casework import CaseNote, NoteKind, TaskKind
from models.contact import Contact
from models.db import reading, transaction
from models.linking import ChildLink, LinkKind
from models.practitioner import RoleName

pages = Blueprint("casework", __name__, url_prefix="/contacts/<int:contact_id>")
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
_SET_BY_HAND = (TaskKind.FOLLOW_UP, TaskKind.WELFARE_CHECK, TaskKind.TELL_THE_CHILD, TaskKind.OTHER)
_LINKS = {
    LinkKind.SAME_CHILD: "The same child",
    LinkKind.SIBLING: "Brothers or sisters",
    LinkKind.NOT_THE_SAME: "Not the same child",
}


@pages.get("/chronology")
@_for_staff
def show(contact_id: int) -> ResponseReturnValue:
    """Gives the chronology of the child, over all linked records."""
    with transaction(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        contact_pages.note_read(session, contact, "chronology_read")
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        known = _seen_records(session, contact)
        worker = tasks.named_worker(session, contact.child_id)
        return shared.page(
            "chronology.html",
            session,
            events=chronology.events(session, auth.signed_in(), known),
            notes=casework.notes(session, auth.signed_in(), known),
            tasks=tasks.of_child(session, auth.signed_in(), known),
            linked=_linked(session, contact),
            link_words=_LINKS,
            others=contacts.of_children(session, auth.signed_in(), known),
            worker=worker,
            absence=casework.absence_of(session, worker.practitioner_id, utc_now().date())
            if worker
            else None,
            now=utc_now(),
            **contact_pages.context_of(session, contact),
        )


@pages.route("/notes/new", methods=["GET", "POST"])
@_for_staff
def write_note(contact_id: int) -> ResponseReturnValue:
    """Lets staff write a dated note."""

    def keep(session: Session, contact: Contact) -> str:
        kind = partial(forms.choice_of, "kind", list(NoteKind), "Choose what the note is about")
        day, text = (
            partial(forms.moment_of, "day", "Day"),
            partial(forms.text_of, "text", "Write the note"),
        )
        ask_all(kind, day, text)
        happened = day()
        try:
            casework.write_note(
                session,
                auth.signed_in(),
                contact,
                kind=NoteKind(kind()),
                happened_at=min(happened, utc_now()) if _is_today(happened) else happened,
                text=text(),
            )
        except ValueError as error:
            raise FormError("day" if "day" in str(error) else "text", str(error)) from error
        return "The note is kept."

    inputs = [
        Input(
            name="kind",
            label="What is it about?",
            kind="select",
            options=[(one.value, words.NOTE_KINDS[one]) for one in NoteKind],
        ),
        Input(name="day", label="Day it is about", kind="date", value=_today().isoformat()),
        Input(name="day-time", label="Time, if it matters", kind="time", hint="Like 14:30"),
        Input(
            name="text",
            label="Note",
            kind="long",
            hint="The child may one day read this. Write it so that they could.",
        ),
    ]
    return _form(contact_id, "Write a case note", inputs, keep)


@pages.route("/notes/<int:note_id>/correct", methods=["GET", "POST"])
@_for_staff
def correct_note(contact_id: int, note_id: int) -> ResponseReturnValue:
    """Lets staff correct a note by one that stands beside it."""

    def keep(session: Session, _: Contact) -> str:
        text = forms.text_of("text", "Write what is right")
        casework.correct_note(session, auth.signed_in(), note_id, text=text)
        return "The correction is kept beside the note."

    with reading(shared.console().engine) as session:
        note = session.get(CaseNote, note_id)
        if note is None:
            raise AccessDeniedError
        contacts.access_child(session, auth.signed_in(), note.child_id)
        quote = note.text
    inputs = [Input(name="text", label="What is right?", kind="long")]
    return _form(contact_id, "Correct a case note", inputs, keep, quote=quote)


@pages.route("/tasks/new", methods=["GET", "POST"])
@_for_staff
def set_task(contact_id: int) -> ResponseReturnValue:
    """Lets staff set a task about the child."""

    def keep(session: Session, contact: Contact) -> str:
        kind = partial(
            forms.choice_of, "kind", list(_SET_BY_HAND), "Choose what sort of task it is"
        )
        what = partial(forms.text_of, "what", "Say what is to be done")
        due = partial(forms.day_of, "due", "Day")
        ask_all(kind, what, due)
        wanted = NewTask(
            kind=TaskKind(kind()),
            what=what(),
            due=forms.end_of(due()),
            owner_id=forms.number_of("owner"),
        )
        tasks.add(session, auth.signed_in(), contact, wanted)
        return "The task is set."

    with reading(shared.console().engine) as session:
        people = _people(session)
    inputs = [
        Input(
            name="kind",
            label="What sort of task is it?",
            kind="select",
            options=[(one.value, words.TASK_KINDS[one]) for one in _SET_BY_HAND],
        ),
        Input(name="what", label="What is to be done?", kind="long"),
        Input(name="due", label="By which day?", kind="date"),
        Input(name="owner", label="Who does it?", kind="select", options=people),
    ]
    return _form(contact_id, "Set a task", inputs, keep)


@pages.route("/links/new", methods=["GET", "POST"])
@_for_staff
def link(contact_id: int) -> ResponseReturnValue:
    """Lets staff link two children's records, or say that they are not the same."""

    def keep(session: Session, contact: Contact) -> str:
        other = partial(forms.chosen_number, "other", "Choose the other record")
        kind = partial(
            forms.choice_of, "kind", list(LinkKind), "Choose what the two are to each other"
        )
        reason = partial(forms.text_of, "reason", "Say how you know")
        ask_all(other, kind, reason)
        try:
            links.link(
                session,
                auth.signed_in(),
                contact.child_id,
                other(),
                kind=LinkKind(kind()),
                reason=reason(),
            )
        except ValueError as error:
            raise FormError("other", str(error)) from error
        return "Kept. Both records stay as they are."

    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        options = _candidates(session, contact)
    inputs = [
        Input(
            name="other",
            label="Which other record?",
            kind="select",
            options=[("", "Choose"), *options],
            hint="Those that share facts with this one, and the newest children",
            value=request.args.get("other", ""),
        ),
        Input(
            name="kind",
            label="What are the two to each other?",
            kind="radios",
            options=[(one.value, text) for one, text in _LINKS.items()],
        ),
        Input(name="reason", label="How do you know?", kind="long"),
    ]
    return _form(contact_id, "Link another record", inputs, keep)


@pages.route("/links/<int:link_id>/end", methods=["GET", "POST"])
@_for_staff
def unlink(contact_id: int, link_id: int) -> ResponseReturnValue:
    """Lets staff end a link, with a reason."""

    def keep(session: Session, _: Contact) -> str:
        reason = forms.text_of("reason", "Say why the link ends")
        links.unlink(session, auth.signed_in(), link_id, reason=reason)
        return "The link has ended."

    inputs = [Input(name="reason", label="Why does it end?", kind="long")]
    return _form(contact_id, "End a link", inputs, keep)


@pages.route("/worker", methods=["GET", "POST"])
@_for_staff
def name_worker(contact_id: int) -> ResponseReturnValue:
    """Lets staff say who the child's named worker is."""

    def keep(session: Session, contact: Contact) -> str:
        worker = partial(forms.chosen_number, "worker", "Choose a worker")
        reason = partial(forms.choice_of, "reason", list(codes), "Choose why it is this worker")
        ask_all(worker, reason)
        try:
            casework.name_worker(
                session, auth.signed_in(), contact, worker_id=worker(), reason_code=reason()
            )
        except ValueError as error:
            raise FormError("reason", str(error)) from error
        return "The named worker is kept."

    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        codes = record_page.form_of(session, contact).codes["worker_change"].values
        people = _people(session)[1:]
    inputs = [
        Input(name="worker", label="Worker", kind="select", options=[("", "Choose"), *people]),
        Input(
            name="reason",
            label="Why this worker now?",
            kind="select",
            options=[("", "Choose"), *codes.items()],
        ),
    ]
    return _form(contact_id, "Named worker", inputs, keep)


def _form(
    contact_id: int,
    title: str,
    inputs: Sequence[Input],
    keep: Callable[[Session, Contact], str],
    *,
    quote: str = "",
) -> ResponseReturnValue:
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                contact = contacts.access_contact(
                    session, auth.signed_in(), contact_id, for_update=True
                )
                said = keep(session, contact)
            flash(said, "success")
            return redirect(f"/contacts/{contact_id}/chronology")
        except FormError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        page = shared.page(
            "small_form.html",
            session,
            title=title,
            inputs=inputs,
            quote=quote,
            button="Save",
            section="decisions",
            contact=contact,
            name=contact.child.name_to_use or "Child, no name given",
            back=f"/contacts/{contact_id}/chronology",
            back_words="Chronology",
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
        )
    return page, 422 if errors else 200


def _seen_records(session: Session, contact: Contact) -> list[int]:
    """Gives the records of this child that this practitioner may see."""
    return [
        one
        for one in links.same_child(session, contact.child_id)
        if one == contact.child_id or contacts.may_see_child(session, auth.signed_in(), one)
    ]


def _linked(session: Session, contact: Contact) -> list[tuple[ChildLink, Any, Contact | None]]:
    """Gives the links of the record, each with the other child and their newest contact."""
    found = []
    for one in links.of_child(session, contact.child_id):
        other = one.other if one.child_id == contact.child_id else one.child
        if contacts.may_see_child(session, auth.signed_in(), other.id):
            newest = contacts.of_children(session, auth.signed_in(), [other.id])
            found.append((one, other, newest[0] if newest else None))
    return found


def _candidates(session: Session, contact: Contact) -> list[tuple[str, str]]:
    found = {
        one.child.id: f"{words.child_name(one.child)} (shares {', '.join(one.shared)})"
        for one in links.suggestions(session, auth.signed_in(), contact.child_id)
    }
    for other in contacts.newest_children(session, auth.signed_in()):
        if other.id != contact.child_id:
            found.setdefault(other.id, f"{words.child_name(other)}, record {other.id}")
    return [(str(child_id), text) for child_id, text in found.items()]


def _people(session: Session) -> list[tuple[str, str]]:
    people = service.colleagues(session, auth.signed_in())
    return [("", "Whoever is on duty"), *((str(one.id), one.name) for one in people)]


def _today() -> dt.date:
    return utc_now().astimezone(words.LONDON).date()


def _is_today(moment: dt.datetime) -> bool:
    return moment.astimezone(words.LONDON).date() == _today()
