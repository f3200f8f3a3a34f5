"""Search pages. What is looked for is sent in a form, so that no name stands in an address."""

import datetime as dt
from functools import partial

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from handover import auth, contacts, search, words
from handover.auth import for_roles
from handover.entries import ask_all
from handover.search import Criteria, Found, Passage
from handover.views import contact as contact_pages
from handover.views import forms, shared
from handover.views.forms import FormError
from models.contact import ContactOutcome
from models.db import transaction
from models.practitioner import RoleName
from models.urgency import Urgency

pages = Blueprint("search", __name__)
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)


@pages.route("/search", methods=["GET", "POST"])
@_for_staff
def over_all() -> ResponseReturnValue:
    """Lets staff look for a record by what may be searched."""
    errors: list[dict[str, str]] = []
    found: list[Found] | None = None
    # Keeping that it was asked is part of the search, so it is no mere reading.
    with transaction(shared.console().engine) as session:
        if request.method == "POST":
            try:
                found = search.find(session, auth.signed_in(), _criteria())
            except FormError as error:
                errors = error.errors
            except ValueError as error:
                errors = [{"text": str(error), "href": "#name"}]
        page = shared.page(
            "search.html",
            session,
            found=found,
            most=search.MOST_FOUND,
            people=search.people(session, auth.signed_in()),
            levels=list(Urgency),
            outcomes=list(ContactOutcome),
            submitted=request.form,
            since=_parts("since"),
            until=_parts("until"),
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
        )
    return page, 422 if errors else 200


@pages.route("/contacts/<int:contact_id>/search", methods=["GET", "POST"])
@_for_staff
def in_record(contact_id: int) -> ResponseReturnValue:
    """Lets staff look for words in one child's record."""
    errors: list[dict[str, str]] = []
    found: list[Passage] | None = None
    with transaction(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        if request.method == "POST":
            try:
                wanted = request.form.get("words", "")
                found = search.within(session, auth.signed_in(), contact, wanted)
            except ValueError as error:
                errors = [{"text": str(error), "href": "#words"}]
        page = shared.page(
            "record_search.html",
            session,
            found=found,
            most=search.MOST_FOUND,
            submitted=request.form,
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
            **contact_pages.context_of(session, contact),
        )
    return page, 422 if errors else 200


def _criteria() -> Criteria:
    level = request.form.get("level", "")
    outcome = request.form.get("outcome", "")
    ask_all(partial(_day, "since", "First day"), partial(_day, "until", "Last day"))
    until = _day("until", "Last day")
    return Criteria(
        name=request.form.get("name", "").strip(),
        reference=request.form.get("reference", "").strip(),
        address=request.form.get("address", "").strip(),
        practitioner_id=forms.number_of("practitioner"),
        since=_day("since", "First day"),
        until=until + dt.timedelta(days=1) if until else None,
        urgency=Urgency(level) if level in set(Urgency) else None,
        outcome=ContactOutcome(outcome) if outcome in set(ContactOutcome) else None,
    )


def _day(name: str, label: str) -> dt.datetime | None:
    if not any(part.strip() for part in _parts(name)):
        return None
    day = forms.day_of(name, label)
    return dt.datetime.combine(day, dt.time(), tzinfo=words.LONDON).astimezone(dt.UTC)


def _parts(name: str) -> list[str]:
    return [request.form.get(f"{name}-{part}", "") for part in ("day", "month", "year")]
