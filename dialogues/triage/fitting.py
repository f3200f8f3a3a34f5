"""Fits the triage model and writes it; reading what this needs takes seconds."""

import hashlib
import json
import pickle
import sys
import time
from pathlib import Path

from dialogues.triage import cache
from dialogues.triage.corpus import DATA, RECORD, digest_of, read_corpus
from dialogues.triage.encoder import Encoder
from dialogues.triage.model import TriageModel


def train(out: Path, *, data: Path = DATA) -> str:
    """Trains the model, writes it with its digest, and gives its version."""
    corpus = read_corpus(data)
    version = digest_of(data)
    began = time.monotonic()

    def say(stage: str) -> None:
        _say(f"triage: {stage} ({time.monotonic() - began:.0f} s)")

    say(f"reading {len(corpus)} messages")
    rows = cache.embedded(Encoder(), [row.text for row in corpus], out, say=say)
    model = TriageModel(corpus, rows, say)
    _write(out, model, version)
    say("ready")
    return version


def _write(out: Path, model: TriageModel, version: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    content = pickle.dumps(model)
    name = f"triage-{version}.pickle"
    _replace(out / name, content)
    record = {
        "model": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "version": version,
    }
    # The record is written last: until then the model before it stays the one in use.
    _replace(out / RECORD, json.dumps(record, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
