"""What is to be done: contacts to decide on, tasks, contacts to write down, days away."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import (
    absences,
    auth,
    board,
    casework,
    contacts,
    deadlines,
    record_fields,
    service,
    tasks,
    words,
)
from handover.auth import for_roles
from handover.contacts import OfflineContact
from handover.entries import ask_all
from handover.views import forms, shared
from handover.views.forms import FormError, Input
from models.authority import Authority
from models.base import utc_now
from models.contact import ContactChannel, ReferralSource
from models.db import reading, transaction
from models.practitioner import RoleName
from models.urgency import Urgency

pages = Blueprint("worklists", __name__)
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
_OFFLINE = (ContactChannel.PHONE, ContactChannel.WALK_IN)


@pages.get("/decisions")
@_for_staff
def decisions() -> ResponseReturnValue:
    """Gives the contacts that wait for a decision, the soonest due first."""
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        authority = session.get_one(Authority, me.authority_id)
        found = deadlines.undecided(session, authority, utc_now())
        return shared.page("decisions.html", session, undecided=found)


@pages.get("/tasks")
@_for_staff
def tasks_list() -> ResponseReturnValue:
    """Gives this practitioner's open tasks, or everybody's."""
    me = auth.signed_in()
    is_all = request.args.get("list") == "all"
    with reading(shared.console().engine) as session:
        found = tasks.of_everybody(session, me) if is_all else tasks.mine(session, me)
        severe = board.severe_for(session, me)
        return shared.page(
            "tasks.html",
            session,
            tasks=found,
            is_all=is_all,
            now=utc_now(),
            severe=severe if severe >= board.PAUSE_AFTER else 0,
        )


@pages.route("/tasks/<int:task_id>", methods=["GET", "POST"])
@_for_staff
def task(task_id: int) -> ResponseReturnValue:
    """Lets somebody do a task, or hand it on."""
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                said = _change_task(session, task_id)
            flash(said, "success")
            return redirect("/tasks")
        except FormError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        found = tasks.access(session, auth.signed_in(), task_id)
        page = shared.page(
            "task.html",
            session,
            task=found,
            talk_is_here=tasks.talk_is_here(session, found),
            colleagues=service.colleagues(session, auth.signed_in()),
            due=_parts(found.due_at),
            now=utc_now(),
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
        )
    return page, 422 if errors else 200


@pages.route("/contacts/new", methods=["GET", "POST"])
@_for_staff
def write_down() -> ResponseReturnValue:
    """Lets staff write down what came by telephone or at the door."""
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                contact = contacts.write_down(session, auth.signed_in(), _told())
                contact_id = contact.id
            flash("Written down. It waits for a decision.", "success")
            return redirect(f"/contacts/{contact_id}")
        except FormError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        page = _small_form(
            session,
            title="Write down a contact",
            intro="For what came by telephone or at the door. It gets a record and a deadline like "
            "any other.",
            inputs=_contact_inputs(),
            back="/decisions",
            errors=errors,
        )
    return page, 422 if errors else 200


@pages.route("/account/away", methods=["GET", "POST"])
@_for_staff
def plan_absence() -> ResponseReturnValue:
    """Lets somebody say when they are away, and who answers for them."""
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                _plan_absence(session)
            flash(
                "Your days away are kept. The children who know you by name are told the day "
                "before, as it is safe for each of them, and again when you are back.",
                "success",
            )
            return redirect("/account/away")
        except FormError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        people = service.colleagues(session, auth.signed_in())
        page = _small_form(
            session,
            title="Days you are away",
            intro="The children who know you by name are told the day before, as it is safe for "
            "each of them: that you are away, until when and who is there meanwhile. They are told "
            "again when you are back.",
            inputs=[
                Input(name="first", label="First day", kind="date"),
                Input(name="last", label="Last day", kind="date"),
                Input(
                    name="cover",
                    label="Who answers for you?",
                    kind="select",
                    options=[
                        ("", "Whoever is on duty"),
                        *((str(one.id), one.name) for one in people),
                    ],
                ),
                Input(name="note", label="What should colleagues know?", kind="long"),
            ],
            back="/account",
            errors=errors,
            template="away.html",
            planned=absences.planned(session, auth.signed_in()),
        )
    return page, 422 if errors else 200


@pages.post("/account/away/<int:absence_id>/cancel")
@_for_staff
def cancel_absence(absence_id: int) -> ResponseReturnValue:
    """Ends days away that one had planned."""
    with transaction(shared.console().engine) as session:
        if not absences.cancel(session, auth.signed_in(), absence_id):
            abort(404)
    flash("You are not away then. Whoever was told so is told that you are back.", "success")
    return redirect("/account/away")


def _change_task(session: Session, task_id: int) -> str:
    me = auth.signed_in()
    if request.form.get("do") == "hand_on":
        due = forms.end_of(forms.day_of("due", "Day"))
        tasks.hand_on(session, me, task_id, owner_id=forms.number_of("owner"), due=due)
        return "The task is handed on."
    tasks.complete(session, me, task_id, result=forms.text_of("result", "Say what was done"))
    return "Done."


def _parts(moment: dt.datetime) -> list[str]:
    here = moment.astimezone(words.LONDON)
    return [str(here.day), str(here.month), str(here.year)]


def _told() -> OfflineContact:
    channel = partial(forms.choice_of, "channel", list(_OFFLINE), "Choose how it came")
    source = partial(forms.choice_of, "source", list(ReferralSource), "Choose who raised it")
    urgency = partial(forms.choice_of, "urgency", list(Urgency), "Choose how urgent it is")
    concern = partial(forms.text_of, "concern", "Write down what was said")
    ask_all(channel, _received, source, concern, urgency)
    return OfflineContact(
        channel=ContactChannel(channel()),
        source=ReferralSource(source()),
        received_at=_received(),
        urgency=Urgency(urgency()),
        concern=concern(),
        name_to_use=request.form.get("name_to_use", ""),
        age=request.form.get("age", ""),
        school=request.form.get("school", ""),
        referrer_name=request.form.get("referrer_name", ""),
        referrer_contact=request.form.get("referrer_contact", ""),
    )


def _received() -> dt.datetime:
    received, now = forms.moment_of("received", "Day"), utc_now()
    if received.astimezone(words.LONDON).date() > now.astimezone(words.LONDON).date():
        raise FormError("received", "The day must be today or in the past")
    return min(received, now)


def _contact_inputs() -> Sequence[Input]:
    now = utc_now().astimezone(words.LONDON)
    nation = auth.signed_in().authority.nation
    sources = record_fields.form(nation, now.year).codes["contact_source"].values
    return [
        Input(
            name="channel",
            label="How did it come?",
            kind="radios",
            options=[(one.value, words.CONTACT_CHANNELS[one]) for one in _OFFLINE],
        ),
        Input(name="received", label="Day", kind="date", value=now.date().isoformat()),
        Input(name="received-time", label="Time", kind="time", value=f"{now:%H:%M}"),
        Input(
            name="source",
            label="Who raised it?",
            kind="select",
            options=[("", "Choose"), *((code, f"{code} {text}") for code, text in sources.items())],
        ),
        Input(name="referrer_name", label="Their name, if they gave it"),
        Input(name="referrer_contact", label="How to reach them"),
        Input(name="name_to_use", label="Name of the child"),
        Input(name="age", label="Age of the child"),
        Input(name="school", label="School of the child"),
        Input(
            name="concern",
            label="What was said",
            kind="long",
            hint="In their own words, as near as you can",
        ),
        Input(
            name="urgency",
            label="How urgent is it?",
            kind="radios",
            options=[
                (one.value, f"{words.URGENCY[one]}: {words.URGENCY_MEANS[one]}") for one in Urgency
            ],
        ),
    ]


def _plan_absence(session: Session) -> None:
    first = partial(forms.day_of, "first", "First day")
    last = partial(forms.day_of, "last", "Last day")
    ask_all(first, last)
    try:
        casework.plan_absence(
            session,
            auth.signed_in(),
            days=(first(), last()),
            cover_id=forms.number_of("cover"),
            note=request.form.get("note", ""),
        )
    except ValueError as error:
        raise FormError("last", str(error)) from error


def _small_form(
    session: Session,
    *,
    title: str,
    intro: str,
    inputs: Sequence[Input],
    back: str,
    errors: Sequence[dict[str, str]],
    **more: Any,
) -> str:
    return shared.page(
        more.pop("template", "small_form.html"),
        session,
        title=title,
        intro=intro,
        inputs=inputs,
        button="Save",
        section="decisions",
        back=back,
        errors=errors,
        problems={one["href"]: one["text"] for one in errors},
        **more,
    )
