"""Trains the triage model: `python -m dialogues.triage.train --out var/triage`."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from dialogues import training
from dialogues.triage.corpus import DATA, RECORD, CorpusError, digest_of


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
    # What fits takes a second to read, which a start that changes nothing must not pay.
    fitting = importlib.import_module("dialogues.triage.fitting")
    encoder = importlib.import_module("dialogues.triage.encoder")
    try:
        with training.one_at_a_time(options.out):
            # Another program may have done the work while this one waited.
            if not (options.if_changed and is_current(options.out, data=options.data)):
                fitting.train(options.out, data=options.data)
    except (CorpusError, encoder.EncoderMissingError) as error:
        sys.stderr.write(f"triage: {error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
