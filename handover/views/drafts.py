"""What the forms of a draft share: what they saw, the page they stand on, and keeping a change."""

import json
from collections.abc import Mapping

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from handover import auth
from handover.editing import versions
from handover.editing.files import UnfitFileError
from handover.editing.versions import ConflictError, NotAllowedError, NotOpenError
from handover.views import shared
from handover.views.dialogue import STATES, is_open, version_of
from models.db import reading, transaction

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


def page(number: int, template: str, **context: object) -> str:
    """Gives a page of a version's forms."""
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        return shared.page(
            template,
            session,
            version=version,
            seen=_seen(versions.hashes_of(session, version)),
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
    seen: dict[str, str] = json.loads(request.form.get("seen") or "{}")
    with transaction(shared.console().engine) as session:
        version = version_of(session, number)
        for path, text in changed.items():
            versions.write_file(
                session, auth.signed_in(), version, path, text, expected=seen.get(path)
            )


def write(number: int, changed: Mapping[str, str], *, back: str) -> ResponseReturnValue:
    """Keeps a change and leads back, with what came of it; a conflict leads to the difference."""
    try:
        keep(number, changed)
    except ConflictError as conflict:
        flash(
            f"A colleague changed {conflict.path} after you opened the page. Nothing of yours was "
            "saved. Here is what they wrote; open the page again to write yours.",
            "error",
        )
        return redirect(f"/dialogue/{number}/difference")
    except (NotAllowedError, NotOpenError, UnfitFileError) as error:
        flash(str(error), "error")
        return redirect(back)
    flash("The draft is saved." if changed else "Nothing was different.", "success")
    return redirect(back)


def plain(text: str, *, keep_end: bool = False) -> str:
    """Gives what a browser sent with our ends of lines."""
    joined = text.replace("\r\n", "\n").replace("\r", "\n")
    return joined if keep_end else joined.strip()


def _seen(hashes: Mapping[str, str]) -> str:
    """Gives what the form saw: of a form sent again after an error, what it saw at first."""
    return request.form.get("seen") or json.dumps(hashes)
