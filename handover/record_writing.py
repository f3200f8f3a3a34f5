"""Writing the record down: one section's form read, checked and kept beside what was there."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from handover import audit, record_checks, records
from handover.record_fields import Field, FieldType, RecordForm, Section
from handover.records import GatheredAnswer
from models.base import utc_now
from models.contact import Answer, AnswerStatus, Contact, ReferralSource
from models.conversation import Author
from models.practitioner import Practitioner

BLANK_ROWS = 2
_MOST_ROWS = 30
_MOST_CHARACTERS = 8000
_NO_VALUE = {
    AnswerStatus.DONT_KNOW.value,
    AnswerStatus.PREFER_NOT_TO_SAY.value,
    AnswerStatus.ASKED_UNANSWERED.value,
}


type Submitted = MultiDict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed into one field, as it goes back into the form."""

    value: Any = ""
    """Words; for a date its three parts; for codes and rows a list."""
    status: str = ""


@dataclass(slots=True, kw_only=True)
class SectionForm:
    """A section's form as it was sent."""

    typed: dict[str, Typed] = field(default_factory=dict)
    answers: dict[str, GatheredAnswer] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class ChangedMeanwhileError(Exception):
    """Somebody else wrote this section down since the form was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} wrote this section down meanwhile.")
        self.name = name


def read_form(section: Section, sent: Submitted, today: dt.date) -> SectionForm:
    """Gives what a section's form says, field by field, and what is wrong with it."""
    form = SectionForm()
    for one in section.fields:
        if not one.is_written:
            continue
        typed = _typed(one, sent)
        form.typed[one.name] = typed
        value, error = _value(one, typed, today)
        if error is not None:
            form.errors[one.name] = error
        elif value not in ("", []):
            form.answers[one.name] = GatheredAnswer(
                field=one.name, status=AnswerStatus.VALUE, value=value
            )
        elif typed.status in _NO_VALUE:
            form.answers[one.name] = GatheredAnswer(
                field=one.name, status=AnswerStatus(typed.status)
            )
    return form


def recorded(session: Session, contact: Contact, section: Section) -> dict[str, Typed]:
    """Gives what staff last recorded in a section, as it goes into its form."""
    answers = records.answers_by_field(session, contact)
    found = {}
    for one in section.fields:
        own = [a for a in answers.get(one.name, ()) if a.author is Author.PRACTITIONER]
        if own:
            found[one.name] = _typed_of(one, own[-1])
        elif one.name == "contact_source_code":
            found[one.name] = Typed(value=contact.source.value)
    return found


def newest_of_staff(session: Session, contact: Contact, section: Section) -> int:
    """Gives the number of the newest answer of staff in a section; 0 for none."""
    newest = session.scalar(
        select(func.max(Answer.id))
        .where(Answer.contact_id == contact.id)
        .where(Answer.author == Author.PRACTITIONER)
        .where(Answer.field.in_([one.name for one in section.fields]))
    )
    return newest or 0


def keep(
    session: Session,
    practitioner: Practitioner,
    contact: Contact,
    section: Section,
    form: SectionForm,
    *,
    seen: int,
) -> list[Answer]:
    """Gives the answers that are new, kept beside what was there. `contact` must be locked.

    An answer that was emptied is kept as not asked, so that it no longer stands; what it said stays
    in the history.

    Raises:
        ChangedMeanwhileError: a colleague wrote the section down after `seen`.
    """
    _check_nobody_came_between(session, practitioner, contact, section, seen)
    before = recorded(session, contact, section)
    answers = dict(form.answers)
    for name in before.keys() - answers.keys():
        answers[name] = GatheredAnswer(field=name, status=AnswerStatus.NOT_ASKED)
    added = records.record_answers(session, contact, answers.values(), practitioner=practitioner)
    _take_into_account(contact, added)
    if added:
        audit.record(
            session,
            "record_written",
            conversation=contact.conversation,
            practitioner=practitioner,
            details={"contact": contact.id, "section": section.key, "fields": len(added)},
        )
    return added


def check_together(
    session: Session, contact: Contact, record: RecordForm, form: SectionForm
) -> None:
    """Adds to a form's errors what is wrong among fields, those of other sections too."""
    in_force: dict[str, Any] = {}
    for section in record.sections:
        for name, typed in recorded(session, contact, section).items():
            in_force[name] = typed.value
    for name in form.typed:
        answer = form.answers.get(name)
        in_force[name] = answer.value if answer is not None else None
    for name, text in record_checks.together(in_force).items():
        if name in form.typed:
            form.errors.setdefault(name, text)


def today() -> dt.date:
    """Gives today's date, by which dates are checked."""
    return utc_now().date()


def _typed(one: Field, sent: Submitted) -> Typed:
    status = sent.get(f"{one.name}-status", "")
    match one.type:
        case FieldType.DATE:
            parts = [
                sent.get(f"{one.name}-{part}", "").strip() for part in ("day", "month", "year")
            ]
            return Typed(value=parts, status=status)
        case FieldType.CHOICES:
            chosen = [code for code in dict.fromkeys(sent.getlist(one.name)) if code]
            return Typed(value=chosen, status=status)
        case FieldType.ROWS:
            return Typed(value=_rows(one, sent), status=status)
        case _:
            return Typed(value=sent.get(one.name, "").strip(), status=status)


def _rows(one: Field, sent: Submitted) -> list[dict[str, str]]:
    found = []
    for number in range(_MOST_ROWS):
        row = {
            column: sent.get(f"{one.name}-{number}-{column}", "").strip()[:500]
            for column in one.columns
        }
        if any(row.values()):
            found.append(row)
    return found


def _value(one: Field, typed: Typed, today: dt.date) -> tuple[Any, str | None]:
    if one.type is FieldType.DATE:
        return _date_value(one, typed, today)
    if one.codes is not None:
        chosen = typed.value if isinstance(typed.value, list) else [typed.value]
        wrong = record_checks.codes(one.label, chosen, one.codes) if typed.value else None
        return typed.value, wrong
    if one.type is FieldType.YES_NO:
        return (typed.value == "yes" if typed.value in {"yes", "no"} else ""), None
    if isinstance(typed.value, str) and len(typed.value) > _MOST_CHARACTERS:
        return "", f"{one.label} must be {_MOST_CHARACTERS} characters or less"
    check = record_checks.CHECKS.get(one.check or "")
    if check is not None and typed.value:
        return record_checks.tidy(one.check, typed.value), check(typed.value, today)
    return typed.value, None


def _date_value(one: Field, typed: Typed, today: dt.date) -> tuple[str, str | None]:
    day, month, year = typed.value
    if not (day or month or year):
        return "", None
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return "", f"{one.label} must be a real date, like 27 3 2013"
    if not 1900 <= date.year <= today.year + 1:
        return "", f"{one.label} must have a year in four figures"
    check = record_checks.CHECKS.get(one.check or "")
    return date.isoformat(), check(date.isoformat(), today) if check else None


def _typed_of(one: Field, answer: Answer) -> Typed:
    if answer.status is not AnswerStatus.VALUE:
        empty: Any = [] if one.type in {FieldType.CHOICES, FieldType.ROWS} else ""
        return Typed(
            value=["", "", ""] if one.type is FieldType.DATE else empty,
            status=answer.status.value,
        )
    if one.type is FieldType.DATE:
        date = dt.date.fromisoformat(str(answer.value))
        return Typed(value=[str(date.day), str(date.month), str(date.year)])
    if one.type is FieldType.YES_NO:
        return Typed(value="yes" if answer.value else "no")
    return Typed(value=answer.value)


def _check_nobody_came_between(
    session: Session, practitioner: Practitioner, contact: Contact, section: Section, seen: int
) -> None:
    newer = session.scalars(
        select(Answer)
        .where(Answer.contact_id == contact.id)
        .where(Answer.author == Author.PRACTITIONER)
        .where(Answer.field.in_([one.name for one in section.fields]))
        .where(Answer.id > seen)
        .where(Answer.practitioner_id != practitioner.id)
        .order_by(Answer.id.desc())
        .limit(1)
    ).first()
    if newer is not None:
        raise ChangedMeanwhileError(
            newer.practitioner.name if newer.practitioner else "A colleague"
        )


def _take_into_account(contact: Contact, added: list[Answer]) -> None:
    """Lets what the service itself goes by follow what a person recorded."""
    given: Mapping[str, Any] = {
        one.field: one.value for one in added if one.status is AnswerStatus.VALUE
    }
    if "contact_source_code" in given:
        contact.source = ReferralSource(given["contact_source_code"])
    # The name that the child gave is the one they are called by.
    if "name_to_use" in given and not contact.child.name_to_use:
        contact.child.name_to_use = str(given["name_to_use"])
