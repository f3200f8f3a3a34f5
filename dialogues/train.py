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
from typing import Any

from ruamel.yaml.error import YAMLError

from dialogues import archives, quiet, sources, training
from dialogues.translations import domain_mapping

_LEARNT_KEPT = 4
"""Trainings of which the words alone may be changed, such as of the live version and a draft."""


class InvalidDialogueError(Exception):
    """The dialogue's files cannot be trained; the message says what to mend."""


def main(arguments: list[str] | None = None) -> int:
    """Trains when asked to or when sources changed; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dialogues.train", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("var/dialogue"))
    parser.add_argument("--if-changed", action="store_true", help="do nothing when up to date")
    parser.add_argument(
        "--beside", type=Path, help="another training's folder, of which to use what it knows"
    )
    options = parser.parse_args(arguments)
    try:
        record = train(options.out, if_changed=options.if_changed, beside=options.beside)
    except InvalidDialogueError as error:
        _say(f"The dialogue was not trained: {error}", error=True)
        return 1
    _say(f"The dialogue is ready ({record.source_hash[:12]}).")
    return 0


def train(out: Path, *, if_changed: bool, beside: Path | None = None) -> sources.ModelRecord:
    """Trains the model into `out` and records it there.

    A model in `beside` that is made of the same files is taken as it is; parts that a change does
    not touch are taken from what was trained there before.

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
        if beside is not None and (taken := _take(beside, out, wanted)) is not None:
            return taken
        with training.one_at_a_time((home := beside or out) / "cache"):
            return _train(out, wanted, home)


def _is_current(out: Path, record: sources.ModelRecord, wanted: str) -> bool:
    if record.source_hash != wanted:
        return False
    path = out / record.model
    return path.is_file() and sources.file_sha256(path) == record.sha256


def _take(beside: Path, out: Path, wanted: str) -> sources.ModelRecord | None:
    found = sources.read_record(beside)
    if found is None or not _is_current(beside, found, wanted):
        return None
    return _keep(beside / found.model, out, wanted)


def _train(out: Path, wanted: str, home: Path) -> sources.ModelRecord:
    started = time.monotonic()
    quiet.prepare_environment(cache := home / "cache" / sources.code_hash()[:16])
    _say("Checking the domain and the languages.")
    domain, learnt = _checked_domain()
    kept = home / "learnt" / learnt[:16]
    with tempfile.TemporaryDirectory(prefix="dialogue-") as temporary:
        model = Path(temporary) / "archive.tar.gz"
        known = _known(kept, learnt)
        if known is None:
            cache.mkdir(parents=True, exist_ok=True)
            _forget_others(cache, of=1)
            sources.keep_in(home / "encoded")
            archives.assemble(_train_into(Path(temporary)), model, wanted)
            _keep(model, kept, learnt)
            _forget_others(kept, of=_LEARNT_KEPT)
        else:
            _say("Changing the words.")
            os.utime(kept)
            archives.reword(known, model, domain["responses"], wanted)
        record = _keep(model, out, wanted)
    _say(f"Trained in {time.monotonic() - started:.0f} seconds.")
    return record


def _checked_domain() -> tuple[dict[str, Any], str]:
    """Gives the domain, and the hash of what is learnt with it, once Rasa finds it sound."""
    from rasa.shared.exceptions import RasaException  # noqa: PLC0415  Slow to import.

    from dialogues.components.importing import checked_domain  # noqa: PLC0415

    try:
        domain = domain_mapping()
        checked_domain(domain)
        return domain, sources.learnt_hash(domain)
    except _broken_files(RasaException) as error:
        raise InvalidDialogueError(str(error) or type(error).__name__) from error


def _known(kept: Path, learnt: str) -> Path | None:
    """Gives an archive with all that is to be learnt, which needs other words alone."""
    try:
        path, record = sources.verified_model(kept)
    except sources.ModelRefusedError:
        return None
    return path if record.source_hash == learnt else None


def _forget_others(folder: Path, *, of: int) -> None:
    """Removes what was used longest ago beside a folder, until so many are there with it."""
    others = sorted(
        (one for one in folder.parent.iterdir() if one.is_dir() and one != folder),
        key=lambda one: one.stat().st_mtime,
    )
    for other in others[: len(others) - of + 1]:
        shutil.rmtree(other, ignore_errors=True)


def _keep(model: Path, out: Path, wanted: str) -> sources.ModelRecord:
    directory = out / wanted[:16]
    directory.mkdir(parents=True, exist_ok=True)
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
    return record


def _train_into(directory: Path) -> Path:
    _say("Preparing Rasa.")
    from rasa.model_training import train as rasa_train  # noqa: PLC0415  Seconds to import.
    from rasa.shared.exceptions import RasaException  # noqa: PLC0415

    quiet.silence_rasa(logging.ERROR)
    chatter = io.StringIO()
    try:
        _say("Training the dialogue.")
        with redirect_stdout(chatter), redirect_stderr(chatter):
            result = rasa_train(
                # The importer of config.yml puts the domain together.
                domain=str(sources.DOMAIN),
                config=str(sources.CONFIG),
                training_files=[str(sources.DATA)],
                output=str(directory),
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
