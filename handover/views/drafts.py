"""What the forms of a draft share: what they saw, the page they stand on, and keeping a change."""

import json
from collections.abc import Callable, Mapping, Sequence

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from handover import auth
from handover.editing import versions
from handover.editing.files import UnfitFileError
from handover.editing.versions import ConflictError, NotAllowedError, NotOpenError
from handover.views import shared
from handover.views.dialogue import STATES, is_open, version_of
from models.db import reading, transaction
from models.editing import DialogueText

_LANGUAGES = {
    "en": "English",
    "cy": "Welsh",
    "ar": "Arabic",
    "bn-Latn": "Bengali in Latin letters",
    "pa-Latn": "Punjabi in Latin letters",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "so": "Somali",
    "uk": "Ukrainian",
    "ur-Latn": "Urdu in Latin letters",
}
_LATE = (
    "A colleague changed the same file after you opened this page. Nothing of yours is saved yet. "
    "Look at what they wrote, and save again."
)
_WHO = {
    "adult": "for an adult",
    "friend": "about a friend",
    "sibling": "about a brother or sister",
    "worry": "once a worry was told",
}


def files_of(number: int) -> dict[str, str]:
    """Gives the files of a version."""
    with reading(shared.console().engine) as session:
        return versions.files_of(session, version_of(session, number))


def files_seen(number: int) -> dict[str, str]:
    """Gives the files of a version as whoever sent a form saw them."""
    with reading(shared.console().engine) as session:
        now = versions.files_of(session, version_of(session, number))
        return {path: _text_seen(session, path) or text for path, text in now.items()}


def page(
    number: int, template: str, *, late: ConflictError | None = None, **context: object
) -> str:
    """Gives a page of a version's forms.

    After a conflict it shows what a colleague wrote, and what is sent next is against that.
    """
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        hashes = versions.hashes_of(session, version)
        context["theirs"] = None
        if late is not None:
            before = _text_seen(session, late.path)
            context["theirs"] = versions.compare(late.path, before, late.text)
            context["errors"] = [{"text": _LATE, "href": "#theirs"}]
        return shared.page(
            template,
            session,
            version=version,
            seen=_seen(hashes) if late is None else json.dumps(hashes),
            may_edit=auth.signed_in().may(*versions.EDITORS) and is_open(version),
            states=STATES,
            languages=_LANGUAGES,
            who=_WHO,
            **context,
        )


def keep(number: int, changed: Mapping[str, str]) -> None:
    """Writes files, each against the hash that the form saw; all of them or none.

    Raises:
        ConflictError: one is not as the form saw it.
        NotAllowedError: they edit nothing.
        NotOpenError: the version is no draft any more.
        UnfitFileError: one is not fit for a version.
    """
    seen = _hashes_seen()
    with transaction(shared.console().engine) as session:
        version = version_of(session, number)
        for path, text in changed.items():
            versions.write_file(
                session, auth.signed_in(), version, path, text, expected=seen.get(path)
            )


def write(
    number: int, changed: Mapping[str, str], *, back: str, again: Callable[[ConflictError], str]
) -> ResponseReturnValue:
    """Keeps a change and leads back; after a conflict gives the form `again`, with both."""
    try:
        keep(number, changed)
    except ConflictError as conflict:
        return again(conflict), 409
    except (NotAllowedError, NotOpenError, UnfitFileError) as error:
        flash(str(error), "error")
        return redirect(back)
    flash("The draft is saved." if changed else "Nothing was different.", "success")
    return redirect(back)


def merged(seen: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Gives lines as two people changed them: without what I took out, and with what I added."""
    gone = set(seen) - set(mine)
    kept = [line for line in theirs if line not in gone]
    return kept + [line for line in mine if line not in seen and line not in theirs]


def plain(text: str, *, keep_end: bool = False) -> str:
    """Gives what a browser sent with our ends of lines."""
    joined = text.replace("\r\n", "\n").replace("\r", "\n")
    return joined if keep_end else joined.strip()


def _seen(hashes: Mapping[str, str]) -> str:
    """Gives what the form saw: of a form sent again after an error, what it saw at first."""
    return request.form.get("seen") or json.dumps(hashes)


def _hashes_seen() -> dict[str, str]:
    try:
        seen = json.loads(request.form.get("seen") or "{}")
    except ValueError:
        abort(400)
    return seen if isinstance(seen, dict) else abort(400)


def _text_seen(session: Session, path: str) -> str | None:
    """Gives a file as the form saw it; every text that a version ever had is kept."""
    sha256 = _hashes_seen().get(path)
    kept = session.get(DialogueText, sha256) if sha256 else None
    return kept.text if kept is not None else None
