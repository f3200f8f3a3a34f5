"""The rota, the hours and the ladder's minutes: who sees them, and who keeps them."""

import datetime as dt
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from handover import auth, calendar_reading, hours, ladder, rota, rota_keeping, words
from handover.auth import for_roles
from handover.calendar_reading import CalendarError
from handover.entries import ask_all
from handover.rota_keeping import DAYS, Whose
from handover.views import forms, shared
from handover.views.forms import FormError, Input
from models.authority import Authority
from models.base import utc_now
from models.db import reading, transaction
from models.escalation import Rung
from models.practitioner import RoleName
from models.rota import ShiftKind
from models.urgency import Urgency

pages = Blueprint("rota", __name__, url_prefix="/rota")
_for_keepers = for_roles(RoleName.ADMIN, RoleName.SUPERVISOR)
_KINDS = [(kind.value, words.SHIFTS[kind]) for kind in ShiftKind]
_LEVELS = tuple(Urgency)[:3]
_LONGEST = 60 * 24 * 7


@pages.get("")
def show() -> ResponseReturnValue:
    """Gives who is there now, the shifts, the hours and the ladder."""
    me = auth.signed_in()
    now = utc_now()
    with reading(shared.console().engine) as session:
        authority = session.get_one(Authority, me.authority_id)
        today = now.astimezone(rota.LONDON).date()
        ahead = [today + dt.timedelta(days=number) for number in range(120)]
        return shared.page(
            "rota.html",
            session,
            on_now=rota.by_kind(rota.roster(session, me.authority_id, now).on_now),
            shifts=rota_keeping.shifts(session, me.authority_id),
            days=rota_keeping.days(session, me.authority_id),
            week=[(day, authority.opening_hours.get(day)) for day in DAYS],
            is_open=hours.at(authority, now).is_open,
            bank_holidays=[
                (day, name) for day in ahead if (name := hours.bank_holiday(authority.nation, day))
            ],
            ladder=[
                (level, [(rung, ladder.minutes(authority, level, rung)) for rung in _rungs()])
                for level in _LEVELS
            ],
            may_keep=me.may(RoleName.ADMIN, RoleName.SUPERVISOR),
        )


@pages.route("/shift", methods=["GET", "POST"])
@_for_keepers
def add_shift() -> ResponseReturnValue:
    """Asks who is to be there and when, and keeps it."""
    with transaction(shared.console().engine) as session:
        inputs = _shift_inputs(session)
        if request.method == "GET":
            return _form(session, "Add a shift", inputs)
        try:
            _add_shift(session)
        except FormError as error:
            return _form(session, "Add a shift", inputs, error), 422
    flash("The shift is on the rota.", "success")
    return redirect("/rota")


@pages.post("/shift/<int:shift_id>/remove")
@_for_keepers
def remove_shift(shift_id: int) -> ResponseReturnValue:
    """Takes a shift from the rota."""
    with transaction(shared.console().engine) as session:
        if not rota_keeping.remove_shift(session, auth.signed_in(), shift_id):
            abort(404)
    flash("The shift is no longer on the rota.", "success")
    return redirect("/rota")


@pages.route("/calendar", methods=["GET", "POST"])
@_for_keepers
def import_calendar() -> ResponseReturnValue:
    """Takes an iCalendar file and puts its shifts on the rota; all of them or none."""
    with transaction(shared.console().engine) as session:
        if request.method == "GET":
            return _calendar_page(session)
        try:
            number = _import(session)
        except FormError as error:
            return _calendar_page(session, error), 422
        except CalendarError as error:
            return _calendar_page(session, FormError("file", str(error))), 422
    flash(f"{number} shifts of the calendar are on the rota.", "success")
    return redirect("/rota")


@pages.route("/hours", methods=["GET", "POST"])
@_for_keepers
def set_week() -> ResponseReturnValue:
    """Asks for the hours of each day of the week, and keeps them."""
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        week = session.get_one(Authority, me.authority_id).opening_hours
        inputs = [
            Input(
                name=day,
                label=day.capitalize(),
                hint="Like 09:00-17:00. Leave it empty when you are shut."
                if day == DAYS[0]
                else "",
                value="-".join(week.get(day, [])),
            )
            for day in DAYS
        ]
        if request.method == "GET":
            return _form(session, "Opening hours", inputs)
        try:
            spans = {
                day: partial(_span, day, day.capitalize()) for day in DAYS if request.form.get(day)
            }
            ask_all(*spans.values())
            found = {day: span() for day, span in spans.items()}
        except FormError as error:
            return _form(session, "Opening hours", inputs, error), 422
        kept = {day: [f"{one:%H:%M}" for one in span] for day, span in found.items()}
        rota_keeping.set_week(session, me, kept)
    flash("The opening hours have changed. The bot tells children the new ones.", "success")
    return redirect("/rota")


@pages.route("/day", methods=["GET", "POST"])
@_for_keepers
def set_day() -> ResponseReturnValue:
    """Asks for a day that is shut or has hours of its own, and keeps it."""
    inputs = [
        Input(name="day", label="Day", kind="date"),
        Input(
            name="times",
            label="Open from and to",
            hint="Like 10:00-14:00. Leave it empty when you are shut all day.",
        ),
        Input(name="reason", label="Why (optional)", hint="Staff see this. Children do not."),
    ]
    with transaction(shared.console().engine) as session:
        if request.method == "GET":
            return _form(session, "A closure or an extra opening", inputs)
        try:
            ask_all(partial(forms.day_of, "day", "Day"), _times_of_day)
            day, times = forms.day_of("day", "Day"), _times_of_day()
        except FormError as error:
            return _form(session, "A closure or an extra opening", inputs, error), 422
        reason = request.form.get("reason", "").strip()
        rota_keeping.set_day(session, auth.signed_in(), day, times=times, reason=reason)
    flash("The day is set. The bot tells children so.", "success")
    return redirect("/rota")


@pages.post("/day/<int:day_id>/remove")
@_for_keepers
def remove_day(day_id: int) -> ResponseReturnValue:
    """Lets a day have the week's hours again."""
    with transaction(shared.console().engine) as session:
        if not rota_keeping.remove_day(session, auth.signed_in(), day_id):
            abort(404)
    flash("The day has the usual hours again.", "success")
    return redirect("/rota")


@pages.route("/ladder", methods=["GET", "POST"])
@_for_keepers
def set_minutes() -> ResponseReturnValue:
    """Asks how long each rung has before the next is called, and keeps it."""
    me = auth.signed_in()
    title = "Minutes before the next is called"
    with transaction(shared.console().engine) as session:
        authority = session.get_one(Authority, me.authority_id)
        inputs = [
            Input(
                name=f"{level}-{rung}",
                label=f"{words.URGENCY[level]}: {words.RUNGS[rung]}",
                kind="time",
                value=str(ladder.minutes(authority, level, rung)),
            )
            for level in _LEVELS
            for rung in _rungs()
        ]
        if request.method == "GET":
            return _form(session, title, inputs)
        try:
            ask_all(*(partial(_minutes, one.name) for one in inputs))
            found = {
                level.value: {rung: _minutes(f"{level}-{rung}") for rung in _rungs()}
                for level in _LEVELS
            }
        except FormError as error:
            return _form(session, title, inputs, error), 422
        rota_keeping.set_minutes(session, me, found)
    flash("The minutes have changed, from the next call on.", "success")
    return redirect("/rota")


def _form(session: Session, title: str, inputs: list[Input], error: FormError | None = None) -> str:
    errors = error.errors if error else []
    return shared.page(
        "small_form.html",
        session,
        title=title,
        inputs=inputs,
        button="Save",
        back="/rota",
        back_words="Back to the rota",
        errors=errors,
        problems={one["href"]: one["text"] for one in errors},
    )


def _shift_inputs(session: Session) -> list[Input]:
    me = auth.signed_in()
    staff = rota.roster(session, me.authority_id, utc_now()).staff
    people = [(f"person-{one.id}", one.name) for one in staff]
    teams = [
        (f"team-{one.id}", f"{one.name} (team)")
        for one in rota_keeping.teams(session, me.authority_id)
    ]
    weekly = [(str(number), f"Every {day.capitalize()}") for number, day in enumerate(DAYS)]
    return [
        Input(name="who", label="Who", kind="select", options=[("", "Choose"), *people, *teams]),
        Input(name="kind", label="What for", kind="radios", options=_KINDS),
        Input(
            name="when",
            label="When",
            kind="select",
            options=[("", "Choose"), *weekly, ("once", "Once, on the day below")],
        ),
        Input(name="day", label="Day, if it is once", kind="date"),
        Input(
            name="times",
            label="From and to",
            hint="Like 09:00-17:00. One that ends before it begins ends on the next day.",
        ),
    ]


def _add_shift(session: Session) -> None:
    me = auth.signed_in()
    known = [value for value, _ in _shift_inputs(session)[0].options if value]
    is_once = request.form.get("when") == "once"
    asked_who = partial(forms.choice_of, "who", known, "Choose who is to be there")
    asked_kind = partial(forms.choice_of, "kind", list(ShiftKind), "Choose what they are there for")
    whens = [*(str(number) for number in range(7)), "once"]
    asked_when = partial(forms.choice_of, "when", whens, "Choose when")
    asked_day = partial(forms.day_of, "day", "Day")
    asked_times = partial(_span, "times", "From and to", over_midnight=True)
    days = [asked_day] if is_once else []
    ask_all(asked_who, asked_kind, asked_when, *days, asked_times)
    kind, when, times = ShiftKind(asked_kind()), asked_when(), asked_times()
    sort, _, number = asked_who().partition("-")
    whose = Whose(practitioner_id=int(number)) if sort == "person" else Whose(team_id=int(number))
    if when != "once":
        rota_keeping.add_weekly(session, me, whose, kind=kind, weekday=int(when), times=times)
        return
    day = asked_day()
    last = day if times[1] > times[0] else day + dt.timedelta(days=1)
    span = (rota.local_moment(day, times[0]), rota.local_moment(last, times[1]))
    rota_keeping.add_dated(session, me, whose, kind=kind, span=span)


def _import(session: Session) -> int:
    me = auth.signed_in()
    now = utc_now()
    asked = partial(forms.choice_of, "kind", list(ShiftKind), "Choose what they are for")
    ask_all(asked, _uploaded)
    kind, uploaded = ShiftKind(asked()), _uploaded()
    staff = rota.roster(session, me.authority_id, now).staff
    found = calendar_reading.read(uploaded.read(), staff, now)
    source = f"calendar:{kind.value}"
    rota_keeping.replace_imported(session, me, source, since=now)
    for one in found:
        rota_keeping.add_dated(
            session,
            me,
            Whose(practitioner_id=one.practitioner.id),
            kind=kind,
            span=(one.begins_at, one.ends_at),
            source=source,
        )
    return len(found)


def _uploaded() -> FileStorage:
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        raise FormError("file", "Choose the calendar's file")
    return uploaded


def _calendar_page(session: Session, error: FormError | None = None) -> str:
    errors = error.errors if error else []
    problems: dict[str, Any] = {one["href"]: one["text"] for one in errors}
    return shared.page(
        "calendar.html",
        session,
        kinds=_KINDS,
        errors=errors,
        problems=problems,
        chosen=request.form.get("kind", ""),
    )


def _span(name: str, label: str, *, over_midnight: bool = False) -> tuple[dt.time, dt.time]:
    typed = request.form.get(name, "").replace("\u2013", "-").replace(" to ", "-")
    begin, _, end = typed.partition("-")
    try:
        found = tuple(dt.time.fromisoformat(one.strip().zfill(5)) for one in (begin, end))
    except ValueError as error:
        raise FormError(name, f"{label} must be two times, like 09:00-17:00") from error
    if found[0] == found[1] or (found[1] < found[0] and not over_midnight):
        raise FormError(name, f"{label} must end after it begins")
    return found[0], found[1]


def _times_of_day() -> tuple[dt.time, dt.time] | None:
    return _span("times", "Open from and to") if request.form.get("times") else None


def _minutes(name: str) -> int:
    typed = request.form.get(name, "").strip()
    if not typed.isdecimal() or int(typed) > _LONGEST:
        raise FormError(name, f"Minutes must be a whole number up to {_LONGEST}")
    return int(typed)


def _rungs() -> list[str]:
    return [*(rung.value for rung in Rung), ladder.SEEN]
