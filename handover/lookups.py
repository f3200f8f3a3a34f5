"""Keyed look-ups: how a child is found by what is known of them while it stays sealed.

Each is a keyed hash of one value in its plainest form. Only an exact value finds it, and nobody who
holds the database without its keys can tell which value it was.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.contact import Answer, AnswerStatus
from models.encryption import keyring_of
from models.linking import Lookup

KINDS = (
    "name_to_use",
    "legal_forename",
    "legal_surname",
    "age",
    "date_of_birth",
    "school",
    "postcode",
    "upn",
    "nhs_number",
)
_NAMES = ("name_to_use", "legal_forename", "legal_surname")
# What alone says that two records may be of one child, and what only does so together. A safe
# word is never among them: it leaves no look-up, and two children with one word share nothing.
_STRONG = {"upn", "nhs_number"}
_TOGETHER = (
    {"name", "age", "school"},
    {"name", "date_of_birth"},
    {"name", "postcode"},
    {"name", "age", "postcode"},
)
_MOST_FOUND = 500
"""Children who share a name and are looked at: the newest of them."""


def note(session: Session, authority_id: int, child_id: int, answers: Iterable[Answer]) -> None:
    """Keeps look-ups for what was answered; the same one once."""
    for answer in answers:
        if answer.field in KINDS and answer.status is AnswerStatus.VALUE:
            note_value(session, authority_id, child_id, answer.field, str(answer.value))


def note_value(session: Session, authority_id: int, child_id: int, kind: str, value: str) -> None:
    """Keeps a look-up for one value, once. The child's conversation or contact must be locked."""
    plain = _plain(value)
    if not plain:
        return
    digest = _digest(session, authority_id, kind, plain)
    known = (
        select(Lookup.id)
        .where(Lookup.child_id == child_id)
        .where(Lookup.kind == kind)
        .where(Lookup.digest == digest)
    )
    if session.scalars(known).first() is None:
        session.add(Lookup(authority_id=authority_id, child_id=child_id, kind=kind, digest=digest))
        session.flush()


def children_named(session: Session, authority_id: int, name: str) -> Sequence[int]:
    """Gives the children of an authority who were ever called so, the newest first."""
    plain = _plain(name)
    digests = {kind: _digest(session, authority_id, kind, plain) for kind in _NAMES}
    found: dict[int, None] = {}
    for kind, digest in digests.items():
        for child_id in session.scalars(_children(authority_id, kind, digest)):
            found[child_id] = None
    return sorted(found, reverse=True)[:_MOST_FOUND]


def alike(session: Session, authority_id: int, child_id: int) -> dict[int, set[str]]:
    """Gives the children who may be this one, each with the kinds of facts they share."""
    own = session.execute(
        select(Lookup.kind, Lookup.digest).where(Lookup.child_id == child_id)
    ).all()
    shared: dict[int, set[str]] = defaultdict(set)
    for kind, digest in own:
        # An age is shared by thousands: it only counts among those found by something else.
        if kind != "age":
            for other in session.scalars(_children(authority_id, kind, digest)):
                if other != child_id:
                    shared[other].add("name" if kind in _NAMES else kind)
    ages = [digest for kind, digest in own if kind == "age"]
    for other in _with_age(session, authority_id, ages, list(shared)):
        shared[other].add("age")
    return {
        other: kinds
        for other, kinds in shared.items()
        if kinds & _STRONG or any(group <= kinds for group in _TOGETHER)
    }


def _children(authority_id: int, kind: str, digest: str) -> Select[int]:
    return (
        select(Lookup.child_id)
        .where(Lookup.authority_id == authority_id)
        .where(Lookup.kind == kind)
        .where(Lookup.digest == digest)
        .order_by(Lookup.child_id.desc())
        .limit(_MOST_FOUND)
    )


def _with_age(
    session: Session, authority_id: int, digests: list[str], among: list[int]
) -> Iterable[int]:
    if not digests or not among:
        return ()
    return session.scalars(
        select(Lookup.child_id)
        .where(Lookup.child_id.in_(among))
        .where(Lookup.authority_id == authority_id)
        .where(Lookup.kind == "age")
        .where(Lookup.digest.in_(digests))
    )


def digest_of(session: Session, authority_id: int, kind: str, value: str) -> str:
    """Gives the look-up of a value, by which a search can be kept without its words."""
    return _digest(session, authority_id, kind, _plain(value))


def _digest(session: Session, authority_id: int, kind: str, plain: str) -> str:
    return keyring_of(session).digest("lookup", str(authority_id), kind, plain)


def _plain(value: str) -> str:
    # One child writes "St. Mary's" and another "st marys": both are the same school.
    letters = unicodedata.normalize("NFKD", value.casefold())
    return re.sub(r"[^\w]", "", "".join(one for one in letters if not unicodedata.combining(one)))
