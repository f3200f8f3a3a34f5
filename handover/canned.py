"""Words kept ready: an authority's own replies, and our reviewed texts in a child's language."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from handover import audit, hours, wording
from handover.entries import EntryError, Problem
from models.base import utc_now
from models.conversation import Conversation
from models.practitioner import Practitioner
from models.teamwork import CannedReply

_DATA = Path(__file__).parent / "desk_data"
_TOKEN = re.compile(r"\[\[([^\]]*)\]\]")
_SHORTCUT = re.compile(r"[a-z0-9-]{1,20}")
_STRAY_SPACE = re.compile(r" +([,.!?])")
FIELDS = ("practitioner", "name", "service_name", "hours_line", "help_numbers")
MOST_CHARACTERS = 1000
# Of our own texts, those a person may want to say themselves.
_SAYABLE = {
    "help_numbers": "The help numbers",
    "next_step": "When a person reads this",
    "text_999": "Texting 999",
    "language_unsure": "Write in any language",
    "media_image": "We cannot look at pictures",
}


class CannedReplyError(EntryError):
    """A reply cannot be kept so; each problem says what is wrong, by the field it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Words ready to be put into a draft."""

    key: str
    """What names it in a form."""
    shortcut: str
    title: str
    text: str
    meaning: str = ""
    """The English of a text in another language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A reply we suggest to an authority that keeps none of its own yet."""

    shortcut: str
    title: str
    text: str


def ready(session: Session, conversation: Conversation, practitioner: Practitioner) -> list[Ready]:
    """Gives the authority's replies, filled for this child and this practitioner."""
    tokens = _tokens(conversation, practitioner)
    return [
        Ready(
            key=f"reply-{one.shortcut}",
            shortcut=one.shortcut,
            title=one.title,
            text=_fill(one.text, tokens),
        )
        for one in of_authority(session, conversation.authority_id)
    ]


def in_their_language(conversation: Conversation, practitioner: Practitioner) -> list[Ready]:
    """Gives our own texts in the child's language, with their English; none for English."""
    language = conversation.language
    if language == wording.FALLBACK or language not in wording.languages():
        return []
    tokens = _tokens(conversation, practitioner)
    return [
        Ready(
            key=f"text-{key}",
            shortcut="",
            title=title,
            text=" ".join(wording.texts(key, language, tokens)),
            meaning=" ".join(wording.texts(key, wording.FALLBACK, tokens)),
        )
        for key, title in _SAYABLE.items()
    ]


def closings(conversation: Conversation, practitioner: Practitioner) -> list[Ready]:
    """Gives what can be said last, filled for this child and this practitioner."""
    tokens = _tokens(conversation, practitioner)
    return [
        Ready(key=one["key"], shortcut="", title=one["title"], text=_fill(one["text"], tokens))
        for one in _read("closings")
    ]


def of_authority(session: Session, authority_id: int) -> Sequence[CannedReply | Starter]:
    """Gives the replies an authority keeps; until it has touched any, those to start with."""
    rows = session.scalars(
        select(CannedReply)
        .where(CannedReply.authority_id == authority_id)
        .order_by(CannedReply.title, CannedReply.id)
    ).all()
    if not rows:
        return starters()
    return [row for row in rows if row.removed_at is None]


def keep(
    session: Session,
    practitioner: Practitioner,
    *,
    shortcut: str,
    title: str,
    text: str,
    replacing: str | None = None,
) -> CannedReply:
    """Keeps a new reply, or another version of the one with the shortcut `replacing`.

    Raises:
        CannedReplyError: a field is missing, too long, unknown or taken.
    """
    wanted = shortcut.strip().removeprefix("/").casefold()
    _check(wanted, title, text)
    _own_the_starters(session, practitioner)
    row = _find(session, practitioner.authority_id, replacing or wanted)
    if row is not None and replacing is None and row.removed_at is None:
        raise CannedReplyError("shortcut", "Another reply has this shortcut")
    if row is None:
        row = CannedReply(authority_id=practitioner.authority_id)
        session.add(row)
    row.shortcut = wanted
    row.title = title.strip()
    row.text = text.strip()
    row.updated_by_id = practitioner.id
    row.updated_at = utc_now()
    row.removed_at = None
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise CannedReplyError("shortcut", "Another reply has this shortcut") from error
    audit.record(
        session, "canned_reply_kept", practitioner=practitioner, details={"reply_id": row.id}
    )
    return row


def remove(session: Session, practitioner: Practitioner, shortcut: str) -> None:
    """Takes a reply out of use."""
    _own_the_starters(session, practitioner)
    row = _find(session, practitioner.authority_id, shortcut)
    if row is not None and row.removed_at is None:
        row.removed_at = utc_now()
        row.updated_by_id = practitioner.id
        audit.record(
            session, "canned_reply_removed", practitioner=practitioner, details={"reply_id": row.id}
        )


@cache
def starters() -> tuple[Starter, ...]:
    """Gives the replies we suggest."""
    return tuple(Starter(**one) for one in _read("canned_replies"))


@cache
def _read(name: str) -> list[dict[str, str]]:
    loaded: list[dict[str, str]] = YAML(typ="safe").load((_DATA / f"{name}.yml").read_text("utf-8"))
    return loaded


def _own_the_starters(session: Session, practitioner: Practitioner) -> None:
    """Makes rows of the suggestions at the first change, so that the others stay."""
    anything = select(CannedReply.id).where(CannedReply.authority_id == practitioner.authority_id)
    if session.scalars(anything.limit(1)).first() is not None:
        return
    for one in starters():
        session.add(
            CannedReply(
                authority_id=practitioner.authority_id,
                shortcut=one.shortcut,
                title=one.title,
                text=one.text,
                updated_by_id=practitioner.id,
            )
        )
    session.flush()


def _find(session: Session, authority_id: int, shortcut: str) -> CannedReply | None:
    return session.scalars(
        select(CannedReply)
        .where(CannedReply.authority_id == authority_id)
        .where(CannedReply.shortcut == shortcut)
    ).one_or_none()


def _check(shortcut: str, title: str, text: str) -> None:
    if problems := [*_problems_of(shortcut, title), *_problems_in(text)]:
        raise CannedReplyError.of(problems)


def _problems_of(shortcut: str, title: str) -> Iterator[Problem]:
    if not title.strip():
        yield Problem("title", "Enter what the reply is for")
    elif len(title.strip()) > 100:
        yield Problem("title", "What it is for must be 100 characters or less")
    if not _SHORTCUT.fullmatch(shortcut):
        yield Problem("shortcut", "The shortcut must be 1 to 20 small letters, numbers or hyphens")


def _problems_in(text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem("text", "Enter the words of the reply")
    elif len(text.strip()) > MOST_CHARACTERS:
        yield Problem("text", f"The reply must be {MOST_CHARACTERS} characters or less")
    known = {*FIELDS, *(number.key for number in wording.help_numbers())}
    unknown = next((name for name in _TOKEN.findall(text) if name not in known), None)
    if unknown is not None:
        yield Problem("text", f"There is no field called [[{unknown}]]")


def _tokens(conversation: Conversation, practitioner: Practitioner) -> Mapping[str, str]:
    present = hours.at(conversation.authority, utc_now())
    return {
        "practitioner": practitioner.name,
        "name": conversation.child.name_to_use or "",
        "service_name": conversation.authority.service_name,
        **present.tokens,
    }


def _fill(text: str, tokens: Mapping[str, str]) -> str:
    filled = wording.fill(text, wording.FALLBACK, tokens)
    # A child who has given no name leaves a space before the comma.
    return _STRAY_SPACE.sub(r"\1", filled)
