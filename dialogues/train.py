"""Trains the dialogue: `python -m dialogues.train --out var/dialogue [--if-changed]`."""

import argparse
import io
import logging
import os
import shutil
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from ruamel.yaml.error import YAMLError

from dialogues import quiet, sources, training
from dialogues.translations import merged_domain


class InvalidDialogueError(Exception):
    """The dialogue's files cannot be trained; the message says what to mend."""


def main(arguments: list[str] | None = None) -> int:
    """Trains when asked to or when sources changed; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dialogues.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/dialogue"))
    parser.add_argument("--if-changed", action="store_true", help="do nothing when up to date")
    options = parser.parse_args(arguments)
    try:
        record = train(options.out, if_changed=options.if_changed)
    except InvalidDialogueError as error:
        _say(f"The dialogue was not trained: {error}", error=True)
        return 1
    _say(f"The dialogue is ready ({record.source_hash[:12]}).")
    return 0


def train(out: Path, *, if_changed: bool) -> sources.ModelRecord:
    """Trains the model into `out` and records it there.

    Raises:
        InvalidDialogueError: the data, domain or config is invalid; the old record stays.
    """
    wanted = sources.source_hash()
    record = sources.read_record(out)
    if if_changed and record is not None and _is_current(out, record, wanted):
        return record
    with training.one_at_a_time(out):
        record = sources.read_record(out)
        if if_changed and record is not None and _is_current(out, record, wanted):
            return record
        return _train(out, wanted)


def _is_current(out: Path, record: sources.ModelRecord, wanted: str) -> bool:
    if record.source_hash != wanted:
        return False
    path = out / record.model
    return path.is_file() and sources.file_sha256(path) == record.sha256


def _train(out: Path, wanted: str) -> sources.ModelRecord:
    started = time.monotonic()
    _say("Preparing Rasa.")
    directory = out / wanted[:16]
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dialogue-") as temporary:
        quiet.prepare_environment(Path(temporary) / "cache")
        model = _train_into(Path(temporary))
        target = directory / "model.tar.gz"
        fresh = directory / f".model.{os.getpid()}"
        shutil.copyfile(model, fresh)
        fresh.replace(target)
    record = sources.ModelRecord(
        model=str(target.relative_to(out)),
        sha256=sources.file_sha256(target),
        source_hash=wanted,
    )
    sources.write_record(out, record)
    _say(f"Trained in {time.monotonic() - started:.0f} seconds.")
    return record


def _train_into(directory: Path) -> Path:
    from rasa.model_training import train as rasa_train  # noqa: PLC0415  Seconds to import.
    from rasa.shared.exceptions import RasaException  # noqa: PLC0415

    quiet.silence_rasa(logging.ERROR)
    chatter = io.StringIO()
    try:
        _say("Checking the domain and the languages.")
        domain = merged_domain(directory)
        _say("Training the dialogue.")
        with redirect_stdout(chatter), redirect_stderr(chatter):
            result = rasa_train(
                domain=str(domain),
                config=str(sources.CONFIG),
                training_files=[str(sources.DATA)],
                output=str(directory),
                force_training=True,
                fixed_model_name="model",
            )
    # Rasa and its YAML readers raise most of the built-in errors for broken files.
    except _broken_files(RasaException) as error:
        raise InvalidDialogueError(str(error) or type(error).__name__) from error
    if result.code != 0 or not result.model:
        raise InvalidDialogueError(f"Rasa gave no model. {chatter.getvalue().strip()}")
    return Path(result.model)


def _broken_files(rasa_error: type[Exception]) -> tuple[type[Exception], ...]:
    return (rasa_error, YAMLError, ValueError, KeyError, TypeError, AttributeError, OSError)


def _say(line: str, *, error: bool = False) -> None:
    print(line, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
