"""Runs the benchmarks that were asked for and prints their figures."""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.bench import consoles, figures, lists, publish, scoring, talking
from bot.bench.figures import Figure
from bot.bench.service import service

NAMES = ("triage", "dialogue", "consoles", "lists", "publish")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to measure, and how much of it."""

    names: Sequence[str]
    texts: Path
    """Labelled messages, of which the words are used."""
    seconds: int
    consoles: int
    chats: int
    every: float
    """Seconds between two messages of one child."""
    conversations: int
    database_url: str | None


def run(data_dir: Path, asked: Asked, *, progress: Callable[[str], None], as_json: bool) -> bool:
    """Prints the figures of each benchmark, and tells whether every target was met."""
    found: list[Figure] = []
    for name in asked.names:
        progress(f"── {name}")
        yard = figures.yardstick()
        measured = _measure(name, data_dir, asked, progress)
        found += measured
        if as_json:
            sys.stdout.write(json.dumps({"bench": name, **figures.as_rows(measured, yard)}) + "\n")
        else:
            sys.stdout.write(f"{figures.as_text(measured, yard)}\n\n")
        sys.stdout.flush()
    return all(figure.is_met for figure in found)


def _measure(
    name: str, data_dir: Path, asked: Asked, progress: Callable[[str], None]
) -> list[Figure]:
    if name == "triage":
        lines = asked.texts.read_text("utf-8").splitlines()
        return scoring.measure(data_dir, [json.loads(line)["text"] for line in lines], progress)
    if name == "dialogue":
        return talking.measure(data_dir, progress)
    with (
        tempfile.TemporaryDirectory(prefix="frontdoor-bench-") as folder,
        service(
            data_dir,
            Path(folder),
            database_url=asked.database_url,
            with_dialogue=name in {"consoles", "publish"},
            # Without a wait for more messages, what is measured is the answering alone.
            more={"QUIET_SECONDS": "0"} if name == "publish" else {},
            progress=progress,
        ) as running,
    ):
        if name == "lists":
            return lists.measure(running, asked.conversations, progress)
        if name == "publish":
            return publish.measure(running, progress)
        load = consoles.Load(
            consoles=asked.consoles, chats=asked.chats, seconds=asked.seconds, every=asked.every
        )
        return consoles.measure(running, load, progress)
