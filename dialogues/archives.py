"""The model's archive: what was learnt, as Rasa left it, and the domain in one place beside it.

Nothing that is learnt depends on what a response says. So a version that says other words is the
archive of one that was trained with the same examples, rules and questions, with its own words.
"""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

_METADATA = "metadata.json"
_PROVIDER = "domain_provider"
_DOMAIN = f"components/{_PROVIDER}/domain.json"
_READER = "dialogues.components.known_domain.KnownDomain"
# Of use to a later fine-tuning alone, which there is none of, and not true of other words.
_LEFT_OUT = ("components/finetuning_validator/", f"components/{_PROVIDER}/")

Files = dict[str, bytes]


def assemble(trained: Path, out: Path, source_hash: str) -> None:
    """Makes the archive in use of the one that Rasa trained.

    Rasa keeps the domain twice, and reading its YAML takes most of the time of a start.
    """
    files = _read(trained)
    metadata = json.loads(files.pop(_METADATA))
    for name, node in metadata["predict_schema"]["nodes"].items():
        if name == _PROVIDER:
            node["uses"] = _READER
        if node["resource"] is not None:
            # Made by chance, for Rasa's cache alone: the same files shall make the same model.
            node["resource"]["output_fingerprint"] = ""
    learnt = {name: data for name, data in files.items() if not name.startswith(_LEFT_OUT)}
    _write(learnt, metadata, source_hash, out)


def reword(archive: Path, out: Path, responses: dict[str, Any], source_hash: str) -> None:
    """Makes the archive of a version that differs from another's in its words alone."""
    files = _read(archive)
    metadata = json.loads(files.pop(_METADATA))
    metadata["domain"]["responses"] = responses
    _write(files, metadata, source_hash, out)


def _write(files: Files, metadata: dict[str, Any], source_hash: str, out: Path) -> None:
    known = {**metadata, "model_id": source_hash[:32], "project_fingerprint": source_hash}
    whole = {
        **files,
        _DOMAIN: json.dumps(metadata["domain"]).encode(),
        _METADATA: json.dumps(known).encode(),
    }
    with (
        out.open("wb") as raw,
        # Fast, and without the time: the same files make the same bytes.
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for name in sorted(whole):
            entry = tarfile.TarInfo(name)
            entry.size = len(whole[name])
            tar.addfile(entry, io.BytesIO(whole[name]))


def _read(archive: Path) -> Files:
    with tarfile.open(archive, mode="r:gz") as tar:
        return {
            entry.name.lstrip("/"): data.read()
            for entry in tar.getmembers()
            if (data := tar.extractfile(entry)) is not None
        }
