"""What the dialogue model is made of, as one hash, and the record of the model in use."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).resolve().parent.parent
# A version of the dialogue's files stands in a folder of its own, laid out as the program's.
FILES_VARIABLE = "FRONTDOOR_DIALOGUE_FILES"
ROOT = Path(os.environ.get(FILES_VARIABLE) or _PROGRAM).resolve()  # noqa: TID251  No settings here.
CONFIG = _PROGRAM / "config.yml"
DOMAIN = ROOT / "dialogues" / "domain"
DATA = ROOT / "dialogues" / "data"
RECORD_NAME = "current.json"

# What changes the model or how it is read. The triage model has its own hash.
_CODE = (
    "components/*.py",
    "reading/*.py",
    "questions.py",
    "translations.py",
    "archives.py",
    "commands.yml",
    "train.py",
    "requirements.lock",
)
_FILES = (
    "domain/*.yml",
    "languages/*.yml",
    "data/**/*.yml",
    "words/*.yml",
    "questions.yml",
)
_LEARNT = ("data/**/*.yml", "questions.yml")
_kept: list[Path] = []

# What the pipeline can carry out is the program's to say, whatever version it speaks.
COMMANDS = _PROGRAM / "dialogues" / "commands.yml"


class ModelRefusedError(Exception):
    """The model on disk is missing or is not the one that was recorded: train again."""


@dataclass(frozen=True)
class ModelRecord:
    """Which model is in use, as written to `current.json` beside it."""

    model: str
    sha256: str
    source_hash: str


def file(name: str) -> Path:
    """Gives a file in use, such as `questions.yml`; one that a version has not is the program's."""
    path = ROOT / "dialogues" / name
    return path if path.is_file() else _PROGRAM / "dialogues" / name


def keep_in(folder: Path) -> None:
    """Says where a training keeps what the next one need not find out again."""
    _kept[:] = [folder]


def kept() -> Path | None:
    """Gives that folder, or None where nothing is trained."""
    return _kept[0] if _kept else None


def source_hash() -> str:
    """Gives one hash over everything that the model is trained from."""
    return _hash({**_code(), **_found(ROOT, _FILES)})


def learnt_hash(domain: Mapping[str, Any]) -> str:
    """Gives one hash over what a training learns from: all but what a domain's responses say."""
    silent = {**domain, "responses": list(domain["responses"])}
    digest = hashlib.sha256(_hash({**_code(), **_found(ROOT, _LEARNT)}).encode())
    digest.update(json.dumps(silent).encode())
    return digest.hexdigest()


def code_hash() -> str:
    """Gives one hash over what trains and reads the files, whatever they say."""
    return _hash(_code())


def _code() -> dict[str, Path]:
    return {str(CONFIG.relative_to(_PROGRAM)): CONFIG, **_found(_PROGRAM, _CODE)}


def _found(root: Path, patterns: tuple[str, ...]) -> dict[str, Path]:
    # By their places in the folder: the same files make the same model wherever they stand.
    return {
        path.relative_to(root).as_posix(): path
        for pattern in patterns
        for path in (root / "dialogues").glob(pattern)
    }


def _hash(paths: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(paths):
        digest.update(name.encode())
        digest.update(hashlib.sha256(paths[name].read_bytes()).digest())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Gives the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_record(directory: Path, record: ModelRecord) -> None:
    """Puts the record in place in one step, so that a reader sees the old one or the new one."""
    fresh = directory / f".{RECORD_NAME}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(record), indent=1) + "\n")
    fresh.replace(directory / RECORD_NAME)


def read_record(directory: Path) -> ModelRecord | None:
    """Gives the recorded model, or None when nothing was trained yet or the record is broken."""
    try:
        return ModelRecord(**json.loads((directory / RECORD_NAME).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def verified_model(directory: Path) -> tuple[Path, ModelRecord]:
    """Gives the recorded model's file after checking its hash: a model is code when loaded.

    Raises:
        ModelRefusedError: there is no model, or it differs from the record.
    """
    record = read_record(directory)
    if record is None:
        raise ModelRefusedError(
            f"There is no trained dialogue in {directory}. Run: python -m dialogues.train"
        )
    path = directory / record.model
    if not path.is_file():
        raise ModelRefusedError(f"The recorded model {path} is missing. Train it again.")
    if file_sha256(path) != record.sha256:
        raise ModelRefusedError(f"The model {path} is not the one that was recorded; refusing it.")
    return path, record
