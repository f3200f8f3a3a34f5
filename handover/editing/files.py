"""Which files a version holds, by their paths as they stand in the program's folder."""

import hashlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

# Everything that a child is told or asked, and everything by which they are heard. What the program
# itself is made of, such as config.yml and the commands, is an engineer's to change.
PATTERNS = (
    "dialogues/questions.yml",
    "dialogues/domain/*.yml",
    "dialogues/languages/*.yml",
    "dialogues/data/nlu/*.yml",
    "dialogues/data/rules/*.yml",
    "dialogues/words/*.yml",
    "bot/phrases/*.yml",
    "bot/cover.yml",
    "bot/signals.yml",
    "handover/wording_data/*.yml",
    "handover/wording_data/*/*.yml",
)
MOST_FILE_BYTES = 1024 * 1024
MOST_BYTES = 8 * 1024 * 1024
MOST_FILES = 300
LONGEST_PATH = 200


class UnfitFileError(Exception):
    """A file cannot be part of a version; the text says what to do."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}" if path else text)
        self.path = path
        self.text = text


def is_known(path: str) -> bool:
    """Tells whether a file of this path belongs into a version."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path != "/".join(parts) or len(path) > LONGEST_PATH:
        return False
    # A star stands for a name within its folder, never for more folders.
    return any(
        len(parts) == pattern.count("/") + 1 and fnmatchcase(path, pattern) for pattern in PATTERNS
    )


def read_folder(folder: Path) -> dict[str, str]:
    """Gives the text of every file of a version under a folder, by path.

    Raises:
        UnfitFileError: one is too large, or is no text.
    """
    return {
        path: text_of(path, (folder / path).read_bytes()) for path in sorted(_known_under(folder))
    }


def write_folder(files: Mapping[str, str], folder: Path) -> None:
    """Writes a version's files under a folder, byte for byte, and nothing else."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))


def text_of(path: str, content: bytes) -> str:
    """Gives a file's text as it stands, with its own ends of lines.

    Raises:
        UnfitFileError: it is too large, or is no text.
    """
    if len(content) > MOST_FILE_BYTES:
        raise UnfitFileError(path, f"The file is over {MOST_FILE_BYTES // 1024} KB. Make it less.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnfitFileError(
            path, f"Line {line} is not UTF-8 text. Save the file as UTF-8 and bring it again."
        ) from error
    if "\x00" in text:
        raise UnfitFileError(path, "The file holds a zero byte, so it is no text.")
    return text


def sha256(text: str) -> str:
    """Gives the hash under which a text is kept."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def fingerprint(hashes: Mapping[str, str]) -> str:
    """Gives one hash over files, from the hash of each by path."""
    digest = hashlib.sha256()
    for path in sorted(hashes):
        digest.update(f"{path}\0{hashes[path]}\n".encode())
    return digest.hexdigest()


def fingerprint_of(folder: Path) -> str:
    """Gives the fingerprint of the version whose files stand under a folder."""
    return fingerprint({path: sha256(text) for path, text in read_folder(folder).items()})


def _known_under(folder: Path) -> Iterator[str]:
    for pattern in PATTERNS:
        for found in folder.glob(pattern):
            # A link could lead to any file of the machine.
            if found.is_file() and not found.is_symlink():
                yield found.relative_to(folder).as_posix()
