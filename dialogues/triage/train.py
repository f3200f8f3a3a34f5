"""Trains the triage model: `python -m dialogues.triage.train --out var/triage`."""

import argparse
import hashlib
import json
import os
import pickle
import sys
import time
from pathlib import Path

# Set before TensorFlow is read, which takes its settings then; a fresh start is not
# the place for its hundred lines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # noqa: TID251

from dialogues.triage import cache
from dialogues.triage.corpus import DATA, CorpusError, digest_of, read_corpus
from dialogues.triage.encoder import EncoderMissingError
from dialogues.triage.features import Encoder
from dialogues.triage.model import TriageModel
from dialogues.triage.scorer import RECORD


def train(out: Path, *, data: Path = DATA) -> str:
    """Trains the model, writes it with its digest, and gives its version."""
    corpus = read_corpus(data)
    version = digest_of(data)
    began = time.monotonic()

    def say(stage: str) -> None:
        _say(f"triage: {stage} ({time.monotonic() - began:.0f} s)")

    say(f"reading {len(corpus)} messages")
    rows = cache.embedded(Encoder(), [row.text for row in corpus], out, say=say)
    model = TriageModel().fit(corpus, rows, say)
    _write(out, model, version)
    say("ready")
    return version


def is_current(out: Path, *, data: Path = DATA) -> bool:
    """Tells whether the model in a folder was made from these very sources."""
    record = out / RECORD
    if not record.exists():
        return False
    known = json.loads(record.read_text(encoding="utf-8"))
    return bool(known.get("version") == digest_of(data) and (out / known["model"]).exists())


def main() -> int:
    """Runs the command and gives its exit code."""
    parser = argparse.ArgumentParser(description="Train the triage model.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--if-changed", action="store_true", help="do nothing when up to date")
    options = parser.parse_args()
    if options.if_changed and is_current(options.out, data=options.data):
        _say("triage: nothing changed")
        return 0
    try:
        train(options.out, data=options.data)
    except (CorpusError, EncoderMissingError) as error:
        sys.stderr.write(f"triage: {error}\n")
        return 1
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
