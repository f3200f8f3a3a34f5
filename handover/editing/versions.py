"""Versions of the bot's files: made, read, written, compared, and given out as files again."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing import files, real_talks
from handover.editing.files import UnfitFileError
from models.editing import DialogueFile, DialogueText, DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName

EDITORS = (RoleName.EDITOR, RoleName.ADMIN)
_OPEN = (VersionState.DRAFT, VersionState.REFUSED, VersionState.CHECKED, VersionState.SIGNED)
_CONTEXT_LINES = 2
_HUNK = re.compile(r"@@ -[0-9,]+ \+([0-9]+)")


class NotAllowedError(Exception):
    """This person may not do that with a version; the text says who may."""


class NotOpenError(Exception):
    """The version cannot be changed as it stands; the text says what to do."""


class ConflictError(Exception):
    """Somebody else changed the file meanwhile: `text` is how it stands now."""

    def __init__(self, path: str, text: str | None) -> None:
        super().__init__(f"{path} was changed by somebody else meanwhile.")
        self.path = path
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """What differs in one file: the lines of both, as a unified difference."""

    path: str
    kind: str
    """`added`, `removed` or `changed`."""
    lines: tuple[str, ...]

    @property
    def numbered(self) -> list[tuple[int | None, str]]:
        """Gives each line with its number in the newer file; what is gone has none."""
        found: list[tuple[int | None, str]] = []
        number = 0
        for line in self.lines:
            if begins := _HUNK.match(line):
                number = int(begins[1])
                found.append((None, line))
                continue
            is_there = not line.startswith("-")
            found.append((number if is_there else None, line))
            number += is_there
        return found


def import_files(session: Session, folder: Path) -> DialogueVersion:
    """Gives the version that came with the program, keeping it as version 1 the first time.

    What a later release brings is live where nothing else was published; otherwise it is kept as a
    draft, to be compared with what is live.

    Raises:
        UnfitFileError: a file in the folder is not fit for a version.
    """
    shipped = session.scalars(
        select(DialogueVersion)
        .where(DialogueVersion.created_by_id.is_(None))
        .order_by(DialogueVersion.number.desc())
        .limit(1)
    ).first()
    found = files.read_folder(folder)
    hashes = {path: files.sha256(text) for path, text in found.items()}
    if shipped is not None and shipped.fingerprint == files.fingerprint(hashes):
        return shipped
    title = "As it came with the program" if shipped is None else "What the new release brings"
    version = _add(session, files_of=found, number=_next_number(session), title=title)
    version.parent_id = shipped.id if shipped is not None else None
    if shipped is None or shipped.state is VersionState.LIVE:
        # While nothing else is published, the program's own files are what children are told.
        version.state = VersionState.LIVE
    if shipped is not None and shipped.state is VersionState.LIVE:
        shipped.state = VersionState.RETIRED
    audit.record(session, "dialogue_imported", details={"version": version.number})
    return version


def draft_from(
    session: Session, who: Practitioner, version: DialogueVersion, *, title: str, why: str = ""
) -> DialogueVersion:
    """Gives a draft with the files of another version.

    Raises:
        NotAllowedError: they edit nothing.
        ValueError: it has no title.
    """
    may_edit(who)
    if not title.strip():
        raise ValueError("Say in a few words what this version is for.")
    draft = DialogueVersion(
        number=_next_number(session),
        parent_id=version.id,
        title=title.strip()[:200],
        why=why.strip(),
        created_by_id=who.id,
        fingerprint=version.fingerprint,
    )
    session.add(draft)
    session.flush()
    for path, sha256 in hashes_of(session, version).items():
        session.add(DialogueFile(version_id=draft.id, path=path, sha256=sha256))
    session.flush()
    details = {"version": draft.number, "from": version.number}
    audit.record(session, "dialogue_drafted", practitioner=who, details=details)
    return draft


def hashes_of(session: Session, version: DialogueVersion) -> dict[str, str]:
    """Gives the hash of each of a version's files, by path."""
    rows = session.execute(
        select(DialogueFile.path, DialogueFile.sha256)
        .where(DialogueFile.version_id == version.id)
        .order_by(DialogueFile.path)
    )
    return dict(iter(rows))


def files_of(session: Session, version: DialogueVersion) -> dict[str, str]:
    """Gives the text of each of a version's files, by path."""
    rows = session.execute(
        select(DialogueFile.path, DialogueText.text)
        .join(DialogueText, DialogueText.sha256 == DialogueFile.sha256)
        .where(DialogueFile.version_id == version.id)
        .order_by(DialogueFile.path)
    )
    return dict(iter(rows))


def text_of(session: Session, version: DialogueVersion, path: str) -> str:
    """Gives the text of one file.

    Raises:
        KeyError: the version has no such file.
    """
    row = session.get(DialogueFile, (version.id, path))
    if row is None:
        raise KeyError(path)
    return row.content.text


def write_file(
    session: Session,
    who: Practitioner,
    draft: DialogueVersion,
    path: str,
    text: str | None,
    *,
    expected: str | None,
) -> None:
    """Puts a text in place of a draft's file, or takes the file out when there is none.

    `expected` is the hash of the file as the writer saw it, None where there was no file.

    Raises:
        NotAllowedError: they edit nothing.
        NotOpenError: the version is no draft any more.
        ConflictError: the file is not as the writer saw it; nothing is written.
        UnfitFileError: the path or the text is not fit for a version.
    """
    draft = open_draft(session, who, draft)
    row = session.get(DialogueFile, (draft.id, path), with_for_update=True)
    if (row.sha256 if row else None) != expected:
        raise ConflictError(path, row.content.text if row else None)
    _put(session, draft, path, text, row)
    _settle(session, draft)
    audit.record(
        session,
        "dialogue_file_written",
        practitioner=who,
        details={"version": draft.number, "path": path},
    )


def write_all(
    session: Session, who: Practitioner, draft: DialogueVersion, texts: Mapping[str, str | None]
) -> None:
    """Puts several files in place at once, each checked by `files`; all of them or none.

    Raises:
        NotAllowedError: they edit nothing.
        NotOpenError: the version is no draft any more.
        UnfitFileError: a path or a text is not fit for a version.
    """
    draft = open_draft(session, who, draft)
    for path, text in texts.items():
        _put(session, draft, path, text, session.get(DialogueFile, (draft.id, path)))
    _settle(session, draft)
    details = {"version": draft.number, "files": len(texts)}
    audit.record(session, "dialogue_files_written", practitioner=who, details=details)


def open_draft(session: Session, who: Practitioner, draft: DialogueVersion) -> DialogueVersion:
    """Gives a draft locked for a change.

    Raises:
        NotAllowedError: they edit nothing.
        NotOpenError: the version is no draft any more.
    """
    may_edit(who)
    locked = session.get_one(
        DialogueVersion, draft.id, with_for_update=True, populate_existing=True
    )
    if locked.state is VersionState.CHECKING:
        raise NotOpenError("It is being checked. Cancel the check, or wait until it is over.")
    if locked.state not in _OPEN:
        raise NotOpenError(f"Version {locked.number} is fixed. Make a draft from it and edit that.")
    return locked


def export(session: Session, version: DialogueVersion, folder: Path) -> None:
    """Writes a version's files under a folder, byte for byte as they were brought in."""
    files.write_folder(files_of(session, version), folder)


def difference(
    session: Session, before: DialogueVersion, after: DialogueVersion
) -> list[FileDifference]:
    """Gives what differs between two versions, file by file."""
    old, new = hashes_of(session, before), hashes_of(session, after)
    changed = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    return [
        _difference(
            path,
            text_of(session, before, path) if path in old else None,
            text_of(session, after, path) if path in new else None,
        )
        for path in changed
    ]


def compare(path: str, before: str | None, after: str | None) -> FileDifference:
    """Gives what differs between two texts of a file."""
    return _difference(path, before, after)


def may_edit(who: Practitioner) -> None:
    """Lets those pass who edit what the bot says.

    Raises:
        NotAllowedError: they do not.
    """
    if not who.active or not who.has_any_role(*EDITORS):
        raise NotAllowedError("Only an editor or an admin changes what the bot says.")


def _add(
    session: Session, *, files_of: Mapping[str, str], number: int, title: str
) -> DialogueVersion:
    hashes = {path: _keep_text(session, text) for path, text in files_of.items()}
    version = DialogueVersion(number=number, title=title, fingerprint=files.fingerprint(hashes))
    session.add(version)
    session.flush()
    for path, sha256 in hashes.items():
        session.add(DialogueFile(version_id=version.id, path=path, sha256=sha256))
    session.flush()
    return version


def _next_number(session: Session) -> int:
    return (session.scalar(select(func.max(DialogueVersion.number))) or 0) + 1


def _put(
    session: Session,
    draft: DialogueVersion,
    path: str,
    text: str | None,
    row: DialogueFile | None,
) -> None:
    if text is None:
        if row is not None:
            session.delete(row)
        return
    if not files.is_known(path):
        raise UnfitFileError(path, "No version holds a file of this name. Check its folder.")
    kept = files.text_of(path, text.encode("utf-8", "replace"))
    sha256 = _keep_text(session, kept)
    if row is None:
        session.add(DialogueFile(version_id=draft.id, path=path, sha256=sha256))
    else:
        row.sha256 = sha256


def _keep_text(session: Session, text: str) -> str:
    sha256 = files.sha256(text)
    if session.get(DialogueText, sha256) is None:
        session.add(DialogueText(sha256=sha256, text=text))
        session.flush()
    return sha256


def _settle(session: Session, draft: DialogueVersion) -> None:
    session.flush()
    draft.fingerprint = files.fingerprint(hashes_of(session, draft))
    # What was checked and signed was another text.
    draft.state = VersionState.DRAFT
    real_talks.throw_away(session, draft)


def _difference(path: str, before: str | None, after: str | None) -> FileDifference:
    lines = difflib.unified_diff(
        (before or "").splitlines(), (after or "").splitlines(), n=_CONTEXT_LINES, lineterm=""
    )
    kind = "added" if before is None else "removed" if after is None else "changed"
    # The first two lines only name the files.
    return FileDifference(path=path, kind=kind, lines=tuple(lines)[2:])
