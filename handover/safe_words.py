"""Safe words: known by their digest alone, so that nobody can read one out."""

import re
import unicodedata
from enum import StrEnum

from sqlalchemy.orm import Session

from models.conversation import Child
from models.encryption import keyring_of


class WordKind(StrEnum):
    """What a word of the child's own does."""

    SAFE = "safe_word"
    COVER = "cover_word"
    DURESS = "duress_word"


_ENDS = "\"'\u2018\u2019\u201c\u201d.,!? "
_SPACES = re.compile(r"\s+")


def choose(session: Session, child: Child, kind: WordKind, word: str) -> None:
    """Keeps the digest of a word that the child chose."""
    digest = _digest(session, child, kind, word)
    match kind:
        case WordKind.SAFE:
            child.safe_word_digest = digest
        case WordKind.COVER:
            child.cover_word_digest = digest
        case WordKind.DURESS:
            child.duress_word_digest = digest


def kind_of(session: Session, child: Child, typed: str) -> WordKind | None:
    """Gives which of the child's words this is, or None."""
    kept = {
        WordKind.DURESS: child.duress_word_digest,
        WordKind.SAFE: child.safe_word_digest,
        WordKind.COVER: child.cover_word_digest,
    }
    for kind, digest in kept.items():
        if digest is not None and _digest(session, child, kind, typed) == digest:
            return kind
    return None


def _digest(session: Session, child: Child, kind: WordKind, word: str) -> str:
    plain = _SPACES.sub(" ", unicodedata.normalize("NFKC", word).casefold()).strip(_ENDS)
    return keyring_of(session).digest(kind.value, str(child.id), plain)
