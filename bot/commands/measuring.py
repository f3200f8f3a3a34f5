"""The commands that measure: `evaluate`, `replay` and `bench`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bot import dialogue_process, judging, replay, talk_report, talks
from bot.commands import begin
from bot.labelled import LABELLED, Example, ExamplesError
from bot.replay import ScriptError


@click.command(name="evaluate")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1)
@click.option("--report", type=click.Path(path_type=Path), help="Write a page with pictures here.")
@click.option(
    "--everyday",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Ordinary messages, one a line or as YAML, on which nothing should ring.",
)
@click.option(
    "--compare",
    "candidate",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Compare the triage model in this folder with the live one; exits with 1 if it is worse.",
)
@click.option(
    "--conversations",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Play this file of conversation scripts and measure the talk instead.",
)
@click.option(
    "--judging-sheet",
    "sheet",
    type=click.Path(path_type=Path),
    help="With --conversations: write here what a reader is to judge.",
)
@click.option(
    "--judged",
    type=click.Path(path_type=Path),
    help="With --conversations: a judging sheet that a reader has filled in.",
)
def evaluate_command(  # noqa: PLR0913, PLR0917  # one for each option
    files: tuple[Path, ...],
    everyday: tuple[Path, ...],
    report: Path | None,
    candidate: Path | None,
    conversations: tuple[Path, ...],
    sheet: Path | None,
    judged: Path | None,
) -> None:
    """Measure triage on labelled messages (JSON lines); the project's own sets without FILES.

    With --conversations the whole talk is measured, on played scripts.
    """
    if conversations:
        _evaluate_talks(conversations, report=report, sheet=sheet, judged=judged)
    else:
        _evaluate_triage(files, everyday, report=report, candidate=candidate)


def _evaluate_talks(
    files: tuple[Path, ...], *, report: Path | None, sheet: Path | None, judged: Path | None
) -> None:
    scripts = [script for path in files for script in replay.read_scripts(path)]
    expected = {one.id: one for path in files for one in talks.read_expected(path)}
    verdicts = judging.read_sheet(judged) if judged else []
    settings = begin.settings()
    with dialogue_process.running(settings.data_dir, begin.progress) as dialogue:
        results = [
            talks.measure(expected[line["id"]], line) for line in replay.lines_of(scripts, dialogue)
        ]
    click.echo(talk_report.as_text(results, verdicts))
    if sheet is not None:
        with sheet.open("w", encoding="utf-8") as out:
            judging.write_sheet(
                (
                    (one.expected.id, "\n".join(talk_report.transcript(one)), one.expected.must_not)
                    for one in results
                ),
                out,
            )
    if report is not None:
        report.write_text(
            talk_report.as_page(results, verdicts, title="Conversations"), encoding="utf-8"
        )
        begin.progress(f"The page is {report}")


def _evaluate_triage(
    files: tuple[Path, ...],
    everyday: tuple[Path, ...],
    *,
    report: Path | None,
    candidate: Path | None,
) -> None:
    from bot import measuring, triage_report  # noqa: PLC0415  # loads the phrases
    from bot.triage import ScorerUnavailableError, local_scorer  # noqa: PLC0415

    settings = begin.settings()
    try:
        sets = measuring.read_sets(files, everyday)
    except ExamplesError as error:
        raise click.ClickException(str(error)) from error
    dialogue_process.train(settings.data_dir)
    live = settings.data_dir.resolve() / "triage"
    begin.progress(f"Scoring {sets.size} messages")
    try:
        if candidate is not None:
            sys.exit(_compare(sets.examples, live, candidate))
        with local_scorer(live) as score:
            found = measuring.measure_all(sets, score)
    except ScorerUnavailableError as error:
        raise click.ClickException(str(error)) from error
    click.echo(triage_report.as_text(found))
    if report is not None:
        report.write_text(triage_report.as_page(found, title="Triage"), encoding="utf-8")
        begin.progress(f"The page is {report}")


def _compare(examples: Sequence[Example], live: Path, other: Path) -> int:
    from bot import candidate, measuring  # noqa: PLC0415  # loads the phrases
    from bot.triage import local_scorer  # noqa: PLC0415

    judged = []
    for folder in (live, other):
        with local_scorer(folder.resolve()) as score:
            judged.append(measuring.judge_with(examples, score))
    click.echo(candidate.as_text(*judged))
    is_worse = candidate.verdict(candidate.compare(*judged)) is candidate.Verdict.WORSE
    return 1 if is_worse else 0


@click.command(name="replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--only", metavar="ID", help="Play this script alone.")
def replay_command(file: Path, only: str | None) -> None:
    """Play conversation scripts through the real path; one JSON line a script."""
    scripts = [script for script in replay.read_scripts(file) if only in {None, script.id}]
    if not scripts:
        raise ScriptError(f"{file} has no script called {only}.")
    settings = begin.settings()
    with dialogue_process.running(settings.data_dir, begin.progress) as dialogue:
        replay.play(scripts, dialogue, out=sys.stdout)


@click.command(name="bench")
@click.argument(
    "names",
    nargs=-1,
    type=click.Choice(["triage", "dialogue", "consoles", "lists", "publish"]),
)
@click.option("--seconds", default=30, show_default=True, help="How long children write.")
@click.option("--consoles", default=200, show_default=True, help="How many consoles are open.")
@click.option("--chats", default=20, show_default=True, help="How many children write at once.")
@click.option(
    "--every", default=2.5, show_default=True, help="Seconds between two messages of one child."
)
@click.option("--conversations", default=100_000, show_default=True, help="How long the history.")
@click.option("--database-url", help="An EMPTY PostgreSQL database; SQLite without it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")
def bench_command(names: tuple[str, ...], *, as_json: bool, **load: Any) -> None:
    """Measure speed and memory: triage, dialogue, consoles, lists, publish; all without NAMES."""
    from bot.bench import run as run_bench  # noqa: PLC0415  # only this command needs it

    settings = begin.settings()
    dialogue_process.train(settings.data_dir)
    asked = run_bench.Asked(names=names or run_bench.NAMES, texts=LABELLED[0], **load)
    is_met = run_bench.run(settings.data_dir, asked, progress=begin.progress, as_json=as_json)
    sys.exit(0 if is_met else 1)
