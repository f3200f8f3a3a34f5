"""The languages a child can choose: offered in both, chosen by a word or a press, and recorded."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import audit, records, wording, words
from models.contact import Answer, AnswerStatus, Contact
from models.conversation import Author, Conversation

_DATA = Path(__file__).parent / "languages.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One language as a child knows it."""

    own: str
    asks: tuple[str, ...]
    offer: str


def offered() -> dict[str, Offered]:
    """Gives the languages by their codes, English first."""
    return dict(_offered())


def asked_for(text: str) -> str | None:
    """Gives the code of the language that a whole message asks for, or None."""
    plain = " ".join(text.casefold().split()).strip(" .!")
    return next((code for code, one in _offered().items() if plain in one.asks), None)


def offer(code: str) -> str:
    """Gives the offer of a language, in it and in English."""
    own, english = _offered()[code], _offered()[wording.FALLBACK]
    said = wording.fill(english.offer, wording.FALLBACK, {"language": words.language(code)})
    return f"{own.offer} / {said}"


def note(session: Session, conversation: Conversation) -> None:
    """Keeps the talk's language on the record, and that an interpreter may be needed.

    Small talk opens no contact for it: it is noted once there is one.
    """
    contact = records.find_contact(session, conversation)
    if contact is None:
        return
    code = conversation.language
    last = _last(session, contact, "language")
    name = words.language(code)
    if (last is None and code == wording.FALLBACK) or (last is not None and last.value == name):
        return
    author = Author.CHILD if conversation.language_chosen_at else Author.BOT
    for field, value in (("language", name), ("communication_needs", _need(code, name))):
        session.add(
            Answer(
                contact_id=contact.id,
                field=field,
                status=AnswerStatus.VALUE,
                value=value,
                author=author,
            )
        )
    session.flush()
    audit.announce(session, conversation, "contact", contact.id)


def _last(session: Session, contact: Contact, field: str) -> Answer | None:
    return session.scalars(
        select(Answer)
        .where(Answer.contact_id == contact.id)
        .where(Answer.field == field)
        .order_by(Answer.id.desc())
        .limit(1)
    ).first()


def _need(code: str, name: str) -> str:
    match code:
        case "en":
            return "Writes in English now: no interpreter asked for"
        case "cy":
            return "Writes in Welsh: somebody who speaks Welsh"
        case _:
            return f"Writes in {name}: an interpreter may be needed"


@cache
def _offered() -> dict[str, Offered]:
    rows = YAML(typ="safe").load(_DATA.read_text("utf-8"))
    return {
        code: Offered(
            own=row["own"],
            asks=tuple(str(ask) for ask in row["asks"]),
            offer=row["offer"],
        )
        for code, row in rows.items()
    }
