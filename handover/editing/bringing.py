"""Bringing files into a draft from outside: hostile until each of them is shown not to be."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from handover.editing import files, versions
from handover.editing.checks import shape
from handover.editing.files import UnfitFileError
from models.editing import DialogueVersion
from models.practitioner import Practitioner

MOST_ARCHIVE_BYTES = 4 * 1024 * 1024
_MOST_PROBLEMS = 20
# What is raised for an archive that is broken or locked, holds a name that is no text, or is packed
# in a way that is not known.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, NotImplementedError, EOFError, OSError, ValueError),
)
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)
"""So that two archives of the same files are the same."""


class ImportRefusedError(Exception):
    """Nothing was brought in; each problem says what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def import_into_draft(
    session: Session,
    who: Practitioner,
    draft: DialogueVersion,
    source: bytes | Path,
    *,
    expected: str,
) -> list[str]:
    """Puts the files of an archive or a folder into a draft; gives the paths that changed.

    A file that the source lacks stays as it is. `expected` is the draft's fingerprint as whoever
    brings the files saw it.

    Raises:
        ImportRefusedError: something in it is not fit; nothing is changed.
        versions.ConflictError: the draft was changed meanwhile.
        versions.NotAllowedError: they edit nothing.
        versions.NotOpenError: the version is no draft any more.
    """
    brought = _checked(_folder(source) if isinstance(source, Path) else _archive(source))
    draft = versions.open_draft(session, who, draft)
    if draft.fingerprint != expected:
        raise versions.ConflictError("The draft", None)
    hashes = versions.hashes_of(session, draft)
    changed = {
        path: text for path, text in brought.items() if hashes.get(path) != files.sha256(text)
    }
    if changed:
        versions.write_all(session, who, draft, changed)
    return sorted(changed)


def archive_of(texts: Mapping[str, str]) -> bytes:
    """Gives files as a zip archive that `import_into_draft` takes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(texts):
            archive.writestr(zipfile.ZipInfo(path, _FIRST_TIME), texts[path].encode("utf-8"))
    return out.getvalue()


def _archive(content: bytes) -> dict[str, bytes]:
    if len(content) > MOST_ARCHIVE_BYTES:
        raise ImportRefusedError([_too_large("The archive", MOST_ARCHIVE_BYTES)])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _refuse_entries(entries)
            return {entry.filename: _unpacked(archive, entry) for entry in entries}
    except _BROKEN as error:
        raise ImportRefusedError(
            ["The file is no zip archive that can be opened. Make it again without a password."]
        ) from error


def _refuse_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Refuses by the archive's list of contents, before anything is unpacked."""
    problems = [_unknown(entry.filename) for entry in entries if not files.is_known(entry.filename)]
    names = [entry.filename for entry in entries]
    if len(entries) > files.MOST_FILES:
        problems = [f"The archive holds {len(entries)} files. Bring at most {files.MOST_FILES}."]
    elif len(set(names)) < len(names):
        problems.append("The archive holds a file twice. Make it again with each file once.")
    elif not entries:
        problems.append("The archive is empty. Export a version to see how one looks.")
    if sum(entry.file_size for entry in entries) > files.MOST_BYTES:
        problems.append(_too_large("What the archive unpacks to", files.MOST_BYTES))
    if problems:
        raise ImportRefusedError(problems[:_MOST_PROBLEMS])


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # The list of contents may lie about sizes: what is read is counted too.
    with archive.open(entry) as packed:
        content = packed.read(files.MOST_FILE_BYTES + 1)
    if len(content) > files.MOST_FILE_BYTES:
        raise ImportRefusedError([_too_large(entry.filename[:80], files.MOST_FILE_BYTES)])
    return content


def _folder(folder: Path) -> dict[str, bytes]:
    found = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    if len(found) > files.MOST_FILES:
        raise ImportRefusedError(
            [f"The folder holds {len(found)} files. Bring at most {files.MOST_FILES}."]
        )
    names = {path: path.relative_to(folder).as_posix() for path in found}
    problems = [
        _unknown(name)
        for path, name in names.items()
        if path.is_symlink() or not files.is_known(name)
    ]
    problems += [
        _too_large(name, files.MOST_FILE_BYTES)
        for path, name in names.items()
        if not path.is_symlink() and path.stat().st_size > files.MOST_FILE_BYTES
    ]
    if problems:
        raise ImportRefusedError(problems[:_MOST_PROBLEMS])
    return {name: path.read_bytes() for path, name in names.items()}


def _checked(brought: Mapping[str, bytes]) -> dict[str, str]:
    problems: list[str] = []
    texts: dict[str, str] = {}
    for path, content in brought.items():
        try:
            texts[path] = files.text_of(path, content)
            # What has not its shape would break the very pages on which it could be mended.
            shape.check(path, texts[path])
        except UnfitFileError as error:
            problems.append(str(error))
    if problems:
        raise ImportRefusedError(problems[:_MOST_PROBLEMS])
    return texts


def _unknown(name: str) -> str:
    shown = name if len(name) <= 80 else f"{name[:80]}…"
    return (
        f"{shown!r} is no file of a version. Take it out, or give it the folder and name it has "
        "in an export."
    )


def _too_large(what: str, most: int) -> str:
    return f"{what} is larger than {most // 1024} KB. Bring only the files of a version."
