"""The record of a contact as people read it: what the child said beside what staff recorded."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import record_checks, record_fields, records, referrals, tasks, thread, words
from handover.record_fields import Field, FieldType, Needed, RecordForm, Section
from models.authority import Authority
from models.contact import Answer, AnswerStatus, Contact
from models.conversation import Author, Message, UrgencyAssessment
from models.record import RECORD_FIELDS
from models.urgency import Harm

_AROUND = 60
"""Messages shown after the one that is looked for, so that it is read in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer, as it is shown."""

    words: str
    is_value: bool
    by: str
    at: dt.datetime
    href: str
    """Where the message it came from stands; empty when it came from none."""
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the record, with everything that was ever said of it."""

    field: Field
    child: tuple[Said, ...]
    """What the child said, the newest first."""
    staff: tuple[Said, ...]
    """What staff recorded, the newest first."""
    fact: str
    """What is known from elsewhere; empty for what is written down."""
    suggestions: tuple[str, ...]
    """What the child's words hint at. Never a choice made."""

    @property
    def is_list(self) -> bool:
        """Tells whether each new answer of the child adds to the earlier ones."""
        return self.field.name in RECORD_FIELDS and RECORD_FIELDS[self.field.name].is_list

    @property
    def is_empty(self) -> bool:
        """Tells whether nothing is known."""
        return not (self.child or self.staff or self.fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Some fields that are read together."""

    section: Section
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """The whole record of a contact."""

    form: RecordForm
    sections: tuple[SectionView, ...]
    missing: tuple[str, ...]
    """Labels of what a decision needs and nobody has given. It never stands in the way."""
    queries: tuple[str, ...]


def form_of(session: Session, contact: Contact) -> RecordForm:
    """Gives the record's form for a contact: of its authority's nation, in its year."""
    nation = session.get_one(Authority, contact.authority_id).nation
    return record_fields.form(nation, contact.received_at.year)


def read(session: Session, contact: Contact) -> RecordView:
    """Gives the whole record of a contact."""
    form = form_of(session, contact)
    answers = records.answers_by_field(session, contact)
    names = thread.practitioner_names(
        session, {one.practitioner_id for said in answers.values() for one in said}
    )
    facts = _facts(session, contact, form)
    hinted = _hints(session, contact, form)
    sections = tuple(
        SectionView(
            section=section,
            fields=tuple(
                FieldView(
                    field=field,
                    child=_said(contact, field, answers.get(field.name, ()), names, staff=False),
                    staff=_said(contact, field, answers.get(field.name, ()), names, staff=True),
                    fact=facts.get(field.name, ""),
                    suggestions=hinted.get(field.name, ()),
                )
                for field in section.fields
            ),
        )
        for section in form.sections
    )
    shown = [view for section in sections for view in section.fields]
    return RecordView(
        form=form,
        sections=sections,
        missing=tuple(
            view.field.label
            for view in shown
            if view.is_empty and view.field.needed is Needed.DECISION and view.field.is_written
        ),
        queries=tuple(record_checks.queries(_values(shown), contact.received_at.date())),
    )


def answer_words(field: Field, answer: Answer) -> str:
    """Gives an answer in words, with what its codes mean."""
    if answer.status is not AnswerStatus.VALUE:
        return thread.answer_words(answer)
    value = answer.value
    is_coded = answer.author is Author.PRACTITIONER and field.codes is not None
    if is_coded and field.codes is not None:
        chosen = value if isinstance(value, list) else [value]
        return "; ".join(f"{code} {field.codes.values.get(str(code), '')}" for code in chosen)
    if field.type is FieldType.DATE and isinstance(value, str) and len(value) == 10:
        return words.day(dt.date.fromisoformat(value))
    if field.type is FieldType.ROWS and isinstance(value, list):
        return "; ".join(_row_words(row) for row in value)
    return thread.answer_words(answer)


def message_place(contact: Contact, message_id: int | None) -> str:
    """Gives where a message is read, among those around it; empty without one."""
    if message_id is None or contact.conversation_id is None:
        return ""
    return (
        f"/conversations/{contact.conversation_id}?before={message_id + _AROUND}"
        f"#message-{message_id}"
    )


def harms_of(session: Session, contact: Contact) -> dict[Harm, list[tuple[int, str]]]:
    """Gives the harms that the child's words hint at, each with the messages and words."""
    found: dict[Harm, list[tuple[int, str]]] = {}
    rows = session.scalars(
        select(UrgencyAssessment)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .where(Message.conversation_id == contact.conversation_id)
        .where(Message.episode == contact.episode)
        .order_by(UrgencyAssessment.id)
    )
    for row in rows:
        for code in row.harms or []:
            if code in set(Harm):
                quoted = _quoted(row.reasons or [], code)
                found.setdefault(Harm(code), []).append((row.message_id, quoted))
    return found


def _said(
    contact: Contact,
    field: Field,
    answers: Sequence[Answer],
    names: dict[int, str],
    *,
    staff: bool,
) -> tuple[Said, ...]:
    name = contact.child.name_to_use or "The child"
    return tuple(
        Said(
            words=answer_words(field, answer),
            is_value=answer.status is AnswerStatus.VALUE,
            by=names.get(answer.practitioner_id or 0, "Practitioner")
            if staff
            else ("The bot asked" if answer.author is Author.BOT else f"{name} said"),
            at=answer.created_at,
            href=message_place(contact, answer.message_id),
            answer=answer,
        )
        for answer in reversed(answers)
        if (answer.author is Author.PRACTITIONER) is staff
    )


def _facts(session: Session, contact: Contact, form: RecordForm) -> dict[str, str]:
    authority = session.get_one(Authority, contact.authority_id)
    received = words.local_time(contact.received_at)
    out = ", out of hours" if contact.is_out_of_hours else ""
    return {
        "contact_id": contact.contact_id,
        "tenant_la_code": authority.la_code,
        "received": f"{received}{out}",
        "came_by": words.CONTACT_CHANNELS[contact.channel],
        "locale": words.language(contact.locale),
        "urgency": words.URGENCY[contact.urgency],
        "attachments": "Pictures and files from children are not opened here",
        "harms": _harm_words(session, contact),
        "contact_source_code": _source_words(contact, form),
        **_decision_facts(session, contact, form),
    }


def _source_words(contact: Contact, form: RecordForm) -> str:
    return f"{contact.source.value} {form.code_words('contact_source', contact.source.value)}"


def _decision_facts(session: Session, contact: Contact, form: RecordForm) -> dict[str, str]:
    facts = {"decision": "", "acknowledgement": "", "referral": "", "worker": ""}
    if contact.outcome is not None and contact.decided_by and contact.decided_at:
        facts["decision"] = (
            f"{words.OUTCOMES[contact.outcome]}, by {contact.decided_by.name} on "
            f"{words.local_time(contact.decided_at)}. {contact.outcome_reason}"
        )
        facts["acknowledgement"] = acknowledgement_words(contact)
    made = referrals.referral_of(session, contact)
    if made is not None:
        steps = ", ".join(form.code_words("referral_outcome", one) for one in made.outcome_flags)
        again = ". Re-referral within twelve months" if made.is_re_referral else ""
        closed = f". Closed on {words.local_time(made.closed_at)}" if made.closed_at else ""
        facts["referral"] = (
            f"Made on {words.local_time(made.referred_at)}: {steps or 'no next step yet'}"
            f"{again}{closed}"
        )
    worker = tasks.named_worker(session, contact.child_id)
    if worker is not None:
        facts["worker"] = f"{worker.practitioner.name} since {words.local_time(worker.since)}"
    return facts


def acknowledgement_words(contact: Contact) -> str:
    """Gives whether and when the child heard what was decided."""
    if contact.acknowledged_at is not None:
        how = (
            "by the practitioner"
            if contact.acknowledgement_wording == "told_by_practitioner"
            else "by a message"
        )
        return f"Told {how} on {words.local_time(contact.acknowledged_at)}"
    if contact.not_acknowledged_reason:
        return f"Not told yet: {contact.not_acknowledged_reason}"
    if contact.acknowledgement is not None:
        state, help_text, _ = words.delivery(contact.acknowledgement.deliveries)
        # Whoever shows it sets the full stop.
        said = ". ".join(filter(None, [state, help_text.rstrip(".")]))
        return f"Not told yet. The message: {said}"
    return "Not told yet"


def _harm_words(session: Session, contact: Contact) -> str:
    found = harms_of(session, contact)
    quoted = {
        harm: ", ".join(dict.fromkeys(quote for _, quote in places if quote))
        for harm, places in found.items()
    }
    return "; ".join(
        words.harm(harm.value) + (f" ({quotes})" if quotes else "")
        for harm, quotes in quoted.items()
    )


def _hints(session: Session, contact: Contact, form: RecordForm) -> dict[str, tuple[str, ...]]:
    """Gives by field what the words of the child hint at, each with the words that do."""
    need, factors = form.codes.get("primary_need"), form.codes.get("assessment_factors")
    hinted: dict[str, list[str]] = {"primary_need_code": [], "assessment_factors": []}
    for harm, places in harms_of(session, contact).items():
        quoted = next((words_of for _, words_of in places if words_of), "")
        because = f": {words.harm(harm.value)}" + (f", {quoted}" if quoted else "")
        for code in form.hints.get(harm.value, ()):
            for name, known in (("primary_need_code", need), ("assessment_factors", factors)):
                if known is not None and code in known.values:
                    hinted[name].append(f"{code} {known.values[code]}{because}")
    return {name: tuple(dict.fromkeys(found)) for name, found in hinted.items()}


def _quoted(reasons: list[dict[str, Any]], code: str) -> str:
    said = [str(one["words"]) for one in reasons if one.get("harm") == code and one.get("words")]
    return f"\u201c{said[0]}\u201d" if said else ""


def _row_words(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    plain = {"name", "relation", "role"}
    name, *others = [
        str(value) if column in plain else f"{column.replace('_', ' ')}: {value}"
        for column, value in row.items()
        if value
    ]
    return f"{name} ({', '.join(others)})" if others else name


def _values(shown: Sequence[FieldView]) -> dict[str, Any]:
    """Gives what is in force: what staff recorded, or else what the child said."""
    found = {}
    for view in shown:
        newest = (view.staff or view.child)[:1]
        if newest and newest[0].is_value:
            found[view.field.name] = newest[0].answer.value
    dates = {"date_of_birth", "expected_date_of_birth"}
    # A child writes a date in their own way; only what staff wrote is a date.
    return {
        name: value
        for name, value in found.items()
        if name not in dates or (isinstance(value, str) and len(value) == 10)
    }
