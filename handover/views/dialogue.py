"""What the bot says, as versions: their list, what one holds, its checks, signatures and files."""

import re
from io import BytesIO

from flask import Blueprint, Response, abort, flash, redirect, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import auth
from handover.auth import for_roles, takes_bytes
from handover.editing import (
    bringing,
    content,
    gate,
    line_lists,
    publishing,
    real_talks,
    remarks,
    signing,
    versions,
)
from handover.editing.bringing import ImportRefusedError
from handover.editing.files import UnfitFileError
from handover.editing.versions import ConflictError, NotAllowedError, NotOpenError
from handover.views import shared
from models.db import reading, transaction
from models.editing import CheckOutcome, DialogueVersion, VersionState
from models.practitioner import RoleName

pages = Blueprint("dialogue", __name__, url_prefix="/dialogue")
for_staff = for_roles(
    RoleName.EDITOR, RoleName.SAFEGUARDING_LEAD, RoleName.PUBLISHER, RoleName.ADMIN
)
for_editors = for_roles(*versions.EDITORS)

STATES = {
    VersionState.DRAFT: ("Draft", "govuk-tag--grey"),
    VersionState.CHECKING: ("Being checked", "govuk-tag--blue"),
    VersionState.REFUSED: ("Refused by a check", "govuk-tag--red"),
    VersionState.CHECKED: ("Checked", "govuk-tag--turquoise"),
    VersionState.SIGNED: ("Signed", "govuk-tag--purple"),
    VersionState.LIVE: ("Live", "govuk-tag--green"),
    VersionState.RETIRED: ("Was live", "govuk-tag--yellow"),
}
OUTCOMES = {
    CheckOutcome.WAITING: ("Waiting", "govuk-tag--grey"),
    CheckOutcome.RUNNING: ("Looking", "govuk-tag--blue"),
    CheckOutcome.PASSED: ("Passed", "govuk-tag--green"),
    CheckOutcome.FAILED: ("Stopped", "govuk-tag--red"),
    CheckOutcome.NOT_NEEDED: ("Not touched", "govuk-tag--grey"),
    CheckOutcome.BROKEN: ("Not looked at", "govuk-tag--orange"),
    CheckOutcome.CANCELLED: ("Cancelled", "govuk-tag--grey"),
}
ROLES = {RoleName.ADMIN: "an admin", RoleName.SAFEGUARDING_LEAD: "a safeguarding lead"}
_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError, UnfitFileError)
# The largest number that a database keeps.
_HIGHEST = 2**31 - 1
_MOST_IMPORT_BYTES = bringing.MOST_ARCHIVE_BYTES + 64 * 1024


@pages.get("")
@for_staff
def show() -> ResponseReturnValue:
    """Gives the versions, the newest first, and when each was live."""
    return _list_page()


@pages.post("/drafts")
@for_editors
def new_draft() -> ResponseReturnValue:
    """Makes a draft from another version."""
    title = request.form.get("title", "")
    if not title.strip():
        errors = [{"text": "Say in a few words what the draft is for", "href": "#title"}]
        return _list_page(errors), 422
    with transaction(shared.console().engine) as session:
        source = version_of(session, _number("source"))
        why = request.form.get("why", "")
        draft = versions.draft_from(session, auth.signed_in(), source, title=title, why=why)
        number = draft.number
    flash("The draft is made. Nothing a child sees has changed.", "success")
    return redirect(f"/dialogue/{number}")


@pages.get("/<int:number>")
@for_staff
def overview(number: int) -> ResponseReturnValue:
    """Gives what a version holds, how far it has come, and what can be done."""
    return overview_page(number)


@pages.post("/<int:number>/check")
@for_editors
def check(number: int) -> ResponseReturnValue:
    """Asks for a version to be checked, or ends that."""
    try:
        with transaction(shared.console().engine) as session:
            version = version_of(session, number)
            if "cancel" in request.form:
                gate.cancel(session, auth.signed_in(), version)
            else:
                gate.ask(session, auth.signed_in(), version)
    except (NotAllowedError, NotOpenError) as error:
        flash(str(error), "error")
    return redirect(f"/dialogue/{number}#checks")


@pages.get("/<int:number>/checks")
@for_staff
def checks(number: int) -> ResponseReturnValue:
    """Gives the checks as they stand, for the page that shows their progress."""
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        return shared.page("partials/dialogue_checks.html", session, **_checks(session, version))


@pages.post("/<int:number>/sign")
@for_roles(*signing.SIGNERS)
def sign(number: int) -> ResponseReturnValue:
    """Signs a version in one of the two roles."""
    try:
        role = RoleName(request.form.get("role", ""))
        with transaction(shared.console().engine) as session:
            signing.sign(session, auth.signed_in(), version_of(session, number), role)
    except ValueError:
        abort(404)
    except (NotAllowedError, NotOpenError) as error:
        flash(str(error), "error")
        return redirect(f"/dialogue/{number}#signatures")
    flash("You have signed this version.", "success")
    return redirect(f"/dialogue/{number}#signatures")


@pages.post("/<int:number>/comments")
@for_staff
def comment(number: int) -> ResponseReturnValue:
    """Keeps a comment on a version, or on a line of a file."""
    path, line = request.form.get("file", ""), request.form.get("line", "").strip()
    back = f"/dialogue/{number}/difference" if path else f"/dialogue/{number}#comments"
    try:
        with transaction(shared.console().engine) as session:
            version = version_of(session, number)
            words = request.form.get("words", "")
            place = (path, _line_in(session, version, path, line)) if path else None
            remarks.comment(session, version, words, who=auth.signed_in(), place=place)
    except ValueError as error:
        flash(str(error), "error")
        return redirect(back)
    flash("Your comment is kept.", "success")
    return redirect(back)


@pages.get("/<int:number>/difference")
@for_staff
def difference(number: int) -> ResponseReturnValue:
    """Gives the text difference to another version: to its parent unless one is named."""
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        other = request.args.get("against", "")
        before = version_of(session, int(other)) if other.isdecimal() else version.parent
        return shared.page(
            "dialogue_difference.html",
            session,
            version=version,
            before=before,
            files=versions.difference(session, before, version) if before else [],
            comments=remarks.comments(session, version),
            states=STATES,
        )


@pages.get("/<int:number>/export.zip")
@for_staff
def export(number: int) -> Response:
    """Gives a version's files as an archive, byte for byte."""
    with reading(shared.console().engine) as session:
        packed = bringing.archive_of(versions.files_of(session, version_of(session, number)))
    return send_file(
        BytesIO(packed),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"front-door-dialogue-{number}.zip",
    )


@pages.post("/<int:number>/import")
@for_editors
@takes_bytes(_MOST_IMPORT_BYTES)
def bring(number: int) -> ResponseReturnValue:
    """Puts the files of an archive into a draft, or says what is wrong with it and changes none."""
    packed = request.files.get("archive")
    if packed is None or not packed.filename:
        return overview_page(number, ["Choose the archive to bring in"]), 422
    with packed.stream as stream:
        content_brought = stream.read()
    try:
        with transaction(shared.console().engine) as session:
            changed = bringing.import_into_draft(
                session,
                auth.signed_in(),
                version_of(session, number),
                content_brought,
                expected=request.form.get("fingerprint", ""),
            )
    except ImportRefusedError as error:
        return overview_page(number, error.problems), 422
    except ConflictError:
        problem = "Somebody changed this draft meanwhile. Look at the change, and bring it again."
        return overview_page(number, [problem]), 409
    except (NotAllowedError, NotOpenError) as error:
        return overview_page(number, [str(error)]), 409
    flash(f"{len(changed)} files have changed. The others are as they were.", "success")
    return redirect(f"/dialogue/{number}")


def version_of(session: Session, number: int) -> DialogueVersion:
    """Gives a version by its number; a page of none is not found."""
    if number > _HIGHEST:
        abort(404)
    found = session.scalars(
        select(DialogueVersion).where(DialogueVersion.number == number)
    ).one_or_none()
    if found is None:
        abort(404)
    return found


def overview_page(number: int, problems: list[str] | None = None) -> str:
    """Gives the page of a version, with what went wrong on it."""
    with reading(shared.console().engine) as session:
        version = version_of(session, number)
        me = auth.signed_in()
        texts = versions.files_of(session, version)
        return shared.page(
            "dialogue_version.html",
            session,
            errors=[{"text": text, "href": "#archive"} for text in problems or ()],
            changed=versions.difference(session, version.parent, version) if version.parent else [],
            kinds=_kinds(texts),
            signatures=signing.signatures(session, version),
            may_sign=signing.may_give(session, me, version),
            comments=remarks.comments(session, version),
            may_edit=me.may(*versions.EDITORS),
            is_open=is_open(version),
            states=STATES,
            roles=ROLES,
            **_checks(session, version),
        )


def is_open(version: DialogueVersion) -> bool:
    """Tells whether a version can still be changed."""
    return version.state not in {
        VersionState.LIVE,
        VersionState.RETIRED,
        VersionState.CHECKING,
    }


def _line_in(session: Session, version: DialogueVersion, path: str, line: str) -> int:
    """Gives the number of a line that a file has.

    Raises:
        ValueError: it has no such line.
    """
    try:
        most = len(versions.text_of(session, version, path).splitlines())
    except KeyError:
        abort(404)
    if not re.fullmatch(r"[0-9]{1,6}", line) or not 1 <= int(line) <= most:
        raise ValueError(f"Line must be a number from 1 to {most}, as it stands beside the text")
    return int(line)


def _checks(session: Session, version: DialogueVersion) -> dict[str, object]:
    rows = gate.results(session, version)
    return {
        "version": version,
        "checks": rows,
        "outcomes": OUTCOMES,
        "done": sum(row.at is not None for row in rows),
        "is_checking": version.state is VersionState.CHECKING,
        "talks": real_talks.count(session, version, auth.signed_in().authority_id),
        "may_read_talks": auth.signed_in().may(RoleName.SAFEGUARDING_LEAD),
        # What was checked was another text.
        "is_stale": any(row.fingerprint != version.fingerprint for row in rows),
    }


def _kinds(texts: dict[str, str]) -> list[tuple[str, str, str]]:
    """Gives what a version holds: where it is edited, what it is, and how much there is."""
    try:
        counted = _counted(texts)
    except _UNREADABLE:
        # Kept before its shape was looked at, or by another release: the gate says what is wrong.
        counted = []
    return [
        *counted,
        (
            "files",
            "All files",
            f"{len(texts)}"
            if counted
            else f"{len(texts)}. One of them cannot be read: "
            "check this version to see which, and mend it here.",
        ),
    ]


def _counted(texts: dict[str, str]) -> list[tuple[str, str, str]]:
    numbers = content.numbers(texts)
    examples = {one.intent for one in line_lists.examples(texts)}
    return [
        ("questions", "Questions", f"{len(content.questions(texts))} in order"),
        ("answers", "Answers to common questions", f"{len(content.answers(texts))}"),
        ("numbers", "Help numbers", f"{len(numbers)}"),
        ("openings", "Opening and service texts", f"{len(content.openings(texts))}"),
        ("examples", "Examples of what children say", f"{len(examples)} meanings"),
        ("phrases", "Phrases for danger", f"{len(line_lists.phrases(texts))}"),
        ("cover", "Cover topics", f"{len(line_lists.cover(texts)[0])}"),
    ]


def _list_page(errors: list[dict[str, str]] | None = None) -> str:
    with reading(shared.console().engine) as session:
        found = session.scalars(
            select(DialogueVersion).order_by(DialogueVersion.number.desc())
        ).all()
        return shared.page(
            "dialogue.html",
            session,
            versions=found,
            live=publishing.live_version(session),
            states=STATES,
            errors=errors or [],
            submitted=request.form,
            may_edit=auth.signed_in().may(*versions.EDITORS),
        )


def _number(name: str) -> int:
    value = request.form.get(name, "")
    return int(value) if value.isdecimal() else 0
