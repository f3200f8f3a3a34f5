"""Keeps what the encoder made of each message, so that training again reads only new ones."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime

from dialogues.triage.encoder import WEIGHTS_SHA256, Encoder
from dialogues.triage.features import plain

_HERE = Path(__file__).parent
_STEP = 500  # messages between two lines of progress


def embedded(
    encoder: Encoder, texts: Sequence[str], folder: Path, *, say: Callable[[str], None]
) -> np.ndarray:
    """Gives a row for each message, from the cache of the folder where it has one."""
    path = folder / f"encoded-{_digest()}.npz"
    rows = _read(path)
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    unknown = [place for place, key in enumerate(keys) if key not in rows]
    for start in range(0, len(unknown), _STEP):
        part = unknown[start : start + _STEP]
        with ThreadPoolExecutor(os.cpu_count() or 1) as cores:
            found = cores.map(encoder.embed, [plain(texts[place]) for place in part])
            rows.update({keys[place]: row for place, row in zip(part, found, strict=True)})
        say(f"understood {start + len(part)} of {len(unknown)} new")
    table = np.stack([rows[key] for key in keys])
    if unknown:
        _write(path, keys, table)
    return table


def _read(path: Path) -> "dict[str, np.ndarray]":
    # A cache that cannot be read is made again.
    unreadable = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)
    with contextlib.suppress(*unreadable), np.load(path) as kept:
        return dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))
    return {}


def _write(path: Path, keys: "list[str]", rows: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("encoded-*.npz"):
        old.unlink()
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, keys=np.array(keys), rows=rows)
    part.replace(path)


def _digest() -> str:
    # Another encoder, or another way of reading, makes other rows.
    digest = hashlib.sha256((WEIGHTS_SHA256 + onnxruntime.__version__).encode())
    for name in ("encoder.py", "graph.py", "features.py", "names.txt"):
        digest.update((_HERE / name).read_bytes())
    return digest.hexdigest()[:16]
