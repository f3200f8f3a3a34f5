"""The record of one contact: reading it, writing it down, deciding on it."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import (
    audit,
    auth,
    contacts,
    deadlines,
    decisions,
    links,
    record_page,
    record_writing,
    records,
    referrals,
    service,
    words,
)
from handover.auth import for_roles
from handover.decisions import Decision, Telling
from handover.entries import Problem
from handover.record_fields import Section
from handover.record_page import FieldView, RecordView
from handover.record_writing import ChangedMeanwhileError, SectionForm, Typed
from handover.records import GatheredAnswer
from handover.referrals import DecisionError
from handover.views import shared
from models.authority import Authority
from models.base import utc_now
from models.contact import AnswerStatus, Contact, ContactOutcome
from models.db import reading, transaction
from models.practitioner import RoleName
from models.referral import Referral

pages = Blueprint("contact", __name__, url_prefix="/contacts/<int:contact_id>")
_for_staff = for_roles(RoleName.PRACTITIONER, RoleName.SUPERVISOR)
_MOST_CHARACTERS = 4000


@pages.get("")
@_for_staff
def show(contact_id: int) -> ResponseReturnValue:
    """Gives the whole record."""
    with transaction(shared.console().engine) as session:
        # Who read what a child told is kept, before it is shown.
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        note_read(session, contact, "contact_read")
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        context = context_of(session, contact)
        return shared.page(
            "contact.html", session, record=record_page.read(session, contact), **context
        )


@pages.route("/sections/<key>", methods=["GET", "POST"])
@_for_staff
def write_section(contact_id: int, key: str) -> ResponseReturnValue:
    """Lets staff write one section down beside what the child said."""
    if request.method == "GET":
        return _section_page(contact_id, key)
    with transaction(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id, for_update=True)
        record = record_page.form_of(session, contact)
        section = _section(record.section(key))
        form = record_writing.read_form(section, request.form, record_writing.today())
        record_writing.check_together(session, contact, record, form)
        if not form.errors:
            form = _kept(session, contact, section, form)
    if form.errors:
        return _section_page(contact_id, key, form), 422
    flash("Written down.", "success")
    return redirect(f"/contacts/{contact_id}#section-{key}")


@pages.route("/decision", methods=["GET", "POST"])
@_for_staff
def decide(contact_id: int) -> ResponseReturnValue:
    """Lets a practitioner decide what the contact becomes."""
    if request.method == "GET":
        return _decision_page(contact_id)
    try:
        with transaction(shared.console().engine) as session:
            contact = contacts.access_contact(
                session, auth.signed_in(), contact_id, for_update=True
            )
            _keep_need(session, contact)
            decided = decisions.decide(session, auth.signed_in(), contact_id, _decision(contact))
            outcome, conversation_id = decided.outcome, decided.conversation_id
    except DecisionError as error:
        return _decision_page(contact_id, error.errors), 422
    if outcome is not None:
        flash(f"Decided: {words.OUTCOMES[outcome]}.", "success")
    if conversation_id is not None and request.args.get("from") == "conversation":
        return redirect(f"/conversations/{conversation_id}")
    return redirect(f"/contacts/{contact_id}")


@pages.route("/referral", methods=["GET", "POST"])
@_for_staff
def referral(contact_id: int) -> ResponseReturnValue:
    """Lets a practitioner allocate the referral or close it."""
    errors = []
    if request.method == "POST":
        try:
            with transaction(shared.console().engine) as session:
                said = _change_referral(session, contact_id)
            flash(said, "success")
            return redirect(f"/contacts/{contact_id}")
        except DecisionError as error:
            errors = error.errors
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        made = referrals.referral_of(session, contact)
        if made is None:
            abort(404)
        page = shared.page(
            "contact_referral.html",
            session,
            closure_codes=record_page.form_of(session, contact).codes["closure_reason"].values,
            colleagues=service.colleagues(session, auth.signed_in()),
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
            **context_of(session, contact),
        )
    return page, 422 if errors else 200


def note_read(session: Session, contact: Contact, action: str) -> None:
    """Keeps that somebody read a contact, or took it away on paper."""
    audit.record(
        session,
        action,
        conversation=contact.conversation_here,
        practitioner=auth.signed_in(),
        details={"contact": contact.id},
    )


def context_of(session: Session, contact: Contact) -> dict[str, Any]:
    """Gives what every page about a contact shows of it."""
    authority = session.get_one(Authority, contact.authority_id)
    return {
        "contact": contact,
        "name": contact.child.name_to_use or "Child, no name given",
        "deadline": deadlines.of(authority, contact, utc_now()),
        "referral": referrals.referral_of(session, contact),
        "case": referrals.open_referral(session, contact),
        "previous": referrals.previous_referral(session, contact),
        "suggestions": links.suggestions(session, auth.signed_in(), contact.child_id),
        "has_gone": contact.conversation is not None and contact.conversation_here is None,
        "told_words": record_page.acknowledgement_words(contact),
    }


def _section(found: Section | None) -> Section:
    if found is None or not found.is_written:
        abort(404)
    return found


def _kept(session: Session, contact: Contact, section: Section, form: SectionForm) -> SectionForm:
    seen = request.form.get("seen", "0")
    try:
        record_writing.keep(
            session,
            auth.signed_in(),
            contact,
            section,
            form,
            seen=int(seen) if seen.isdecimal() else 0,
        )
    except ChangedMeanwhileError as error:
        form.errors[""] = (
            f"{error.name} wrote this section down meanwhile. Open it anew to see what they wrote"
        )
    return form


def _section_page(contact_id: int, key: str, form: SectionForm | None = None) -> str:
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        record = record_page.read(session, contact)
        one = next((view for view in record.sections if view.section.key == key), None)
        section = _section(one.section if one else None)
        errors = [
            {"text": text, "href": f"#{_anchor(section, name)}"}
            for name, text in (form.errors.items() if form else ())
        ]
        return shared.page(
            "contact_section.html",
            session,
            one=one,
            typed=form.typed if form else record_writing.recorded(session, contact, section),
            empty=Typed(),
            seen=request.form.get("seen")
            or record_writing.newest_of_staff(session, contact, section),
            blank_rows=record_writing.BLANK_ROWS,
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
            **context_of(session, contact),
        )


def _anchor(section: Section, name: str) -> str:
    return name or next(field.name for field in section.fields if field.is_written)


def _decision(contact: Contact) -> Decision:
    """Gives what the form decides.

    Raises:
        DecisionError: what it must have to be a decision at all is not there.
    """
    outcome = request.form.get("outcome", "")
    telling = request.form.get("telling", Telling.NOW)
    reason = request.form.get("text", "")
    not_told = request.form.get("not_told_reason", "")
    problems: list[Problem] = []
    if outcome not in set(ContactOutcome):
        problems.append(Problem("outcome", "Choose what happens next"))
    if len(reason) > _MOST_CHARACTERS:
        text = f"Reason must be {_MOST_CHARACTERS} characters or less"
        problems.append(Problem("text", text))
    if telling not in set(Telling):
        problems.append(Problem("telling", "Choose how the child hears of it"))
    if problems:
        known = Telling(telling) if telling in set(Telling) else Telling.TOLD
        missing = decisions.check_words(contact, reason, known, not_told)
        raise DecisionError.of([*problems, *missing])
    is_referral = outcome == ContactOutcome.REFERRAL
    return Decision(
        outcome=ContactOutcome(outcome),
        reason=reason,
        telling=Telling(telling),
        not_told_reason=not_told,
        flags=tuple(request.form.getlist("flags")),
        next_steps=tuple(request.form.getlist("next_steps")) if is_referral else (),
        worker_id=_worker_id() if is_referral else None,
    )


def _worker_id() -> int | None:
    worker = request.form.get("worker", "")
    return int(worker) if worker.isdecimal() else None


def _keep_need(session: Session, contact: Contact) -> None:
    """Keeps the primary need that the practitioner chose on the decision's form."""
    chosen = request.form.get("primary_need_code", "")
    known = record_page.form_of(session, contact).codes.get("primary_need")
    if chosen and known is not None and chosen in known.values:
        need = GatheredAnswer(field="primary_need_code", status=AnswerStatus.VALUE, value=chosen)
        records.record_answers(session, contact, [need], practitioner=auth.signed_in())


def _decision_page(contact_id: int, errors: Sequence[dict[str, str]] = ()) -> str:
    with reading(shared.console().engine) as session:
        contact = contacts.access_contact(session, auth.signed_in(), contact_id)
        record = record_page.read(session, contact)
        made = referrals.referral_of(session, contact)
        outcomes = decisions.possible(session, contact)
        codes = record.form.codes
        sent = request.method == "POST"
        return shared.page(
            "contact_decision.html",
            session,
            outcomes=outcomes,
            submitted=request.form,
            need=_need(record),
            need_typed=_need_typed(session, contact),
            referral_codes=codes["referral_outcome"].values,
            contact_codes=_further_codes(codes["contact_outcome"].values),
            chosen_steps=request.form.getlist("next_steps") if sent else _steps(made),
            chosen_flags=request.form.getlist("flags") if sent else contact.outcome_flags or [],
            colleagues=service.colleagues(session, auth.signed_in()),
            previews=_previews(contact, outcomes),
            errors=errors,
            problems={one["href"]: one["text"] for one in errors},
            **context_of(session, contact),
        )


def _need(record: RecordView) -> FieldView | None:
    shown = (view for section in record.sections for view in section.fields)
    return next((view for view in shown if view.field.name == "primary_need_code"), None)


def _need_typed(session: Session, contact: Contact) -> Typed:
    recorded = records.staff_value(session, contact, "primary_need_code")
    return Typed(value=request.form.get("primary_need_code", recorded or ""))


def _further_codes(values: Any) -> dict[str, str]:
    """Gives the codes that no choice of outcome stands for already."""
    own = {"NEW_REFERRAL_FLAG", "EXISTING_REFERRAL_FLAG", "NFA_FLAG", "ADVICE_FLAG"}
    return {code: meaning for code, meaning in values.items() if code not in own}


def _steps(made: Referral | None) -> list[str]:
    return list(made.outcome_flags) if made else []


def _previews(
    contact: Contact, outcomes: Sequence[ContactOutcome]
) -> list[tuple[ContactOutcome, str]]:
    conversation = contact.conversation
    if conversation is None:
        return []
    return [
        (
            outcome,
            " ".join(decisions.acknowledgement_texts(conversation, outcome, auth.signed_in())),
        )
        for outcome in outcomes
    ]


def _change_referral(session: Session, contact_id: int) -> str:
    me = auth.signed_in()
    if request.form.get("do") == "close":
        referrals.close_referral(session, me, contact_id, reason=request.form.get("reason", ""))
        return "The referral is closed."
    referrals.allocate(session, me, contact_id, worker_id=_worker_id())
    return "The worker is saved."
