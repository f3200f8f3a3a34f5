"""The `frontdoor` command."""

import secrets
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import (
    accounts,
    correcting,
    dialogue_process,
    judging,
    logs,
    replay,
    running,
    talk_report,
    talks,
)
from bot.bench.service import BenchError
from bot.checking import Finding, Grade
from bot.checking import check as check_findings
from bot.dialogue_process import DialogueProcessError
from bot.labelled import LABELLED, Example, ExamplesError
from bot.replay import ScriptError
from bot.running import EVERY_ROLE, Role, Service
from bot.settings import Settings, SettingsError, read_settings
from handover import auth, ladder
from handover.assets import AssetsError
from models.db import open_engine, reading, transaction
from models.encryption import EncryptionKeyError, read_keyring
from models.practitioner import Practitioner, RoleName

_CANNOT_START = 2


def main() -> None:
    """Runs the command; a known trouble ends it with one line that says what to do."""
    try:
        frontdoor()
    except (
        SettingsError,
        EncryptionKeyError,
        DialogueProcessError,
        ScriptError,
        AssetsError,
        BenchError,
    ) as error:
        click.echo(f"frontdoor: {error}", err=True)
        sys.exit(_CANNOT_START)
    except SQLAlchemyError as error:
        # The error's own text can hold a child's words.
        click.echo(f"frontdoor: the database cannot be used ({type(error).__name__}).", err=True)
        click.echo("Check FRONTDOOR_DATABASE_URL, and that the database runs.", err=True)
        sys.exit(_CANNOT_START)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def frontdoor() -> None:
    """A digital front door to children's social care."""


@frontdoor.command()
@click.argument("role", type=click.Choice([role.value for role in Role]), required=False)
@click.option("--open/--no-open", "opens", default=False, help="Open the console in a browser.")
def run(role: str | None, *, opens: bool) -> None:
    """Run everything, or one ROLE of it, until Ctrl-C."""
    settings = _settings()
    roles = EVERY_ROLE if role is None else frozenset({Role(role)})
    _progress("Preparing the database")
    service = Service(settings, roles=roles, progress=_progress)
    try:
        service.start()
        _say_where(service, roles, opens=opens)
        service.wait_for_dialogue()
        _progress("Running. Ctrl-C ends it.")
        service.wait()
        _progress("Stopping")
    finally:
        service.close()


@frontdoor.command()
@click.option("--channel", type=click.Choice(["telegram", "whatsapp", "sms"]), default="telegram")
@click.option("--show-state", is_flag=True, help="Say when a person is called, and how urgent.")
@click.option("--language", help="Begin in this language, such as pl.")
def chat(channel: str, language: str | None, *, show_state: bool) -> None:
    """Talk to the bot in this terminal, through the real inbox and outbox."""
    from bot.chat import chat as talk  # noqa: PLC0415  # only this command needs it

    talk(
        _settings(),
        channel=channel,
        show_state=show_state,
        progress=_progress,
        language=language,
    )


@frontdoor.command()
@click.argument("file", type=click.File("rb"), default="-")
def triage(file: BinaryIO) -> None:
    """Score messages: JSON lines in (`id`, `text`), JSON lines out."""
    from bot import triage as scoring  # noqa: PLC0415  # loads the phrases

    settings = _settings()
    dialogue_process.train(settings.data_dir)
    with scoring.local_scorer(settings.data_dir.resolve() / "triage") as score:
        sys.exit(scoring.run(file, out=sys.stdout, err=sys.stderr, score=score))


@frontdoor.command(name="evaluate")
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
    settings = _settings()
    with dialogue_process.running(settings.data_dir, _progress) as dialogue:
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
        _progress(f"The page is {report}")


def _evaluate_triage(
    files: tuple[Path, ...],
    everyday: tuple[Path, ...],
    *,
    report: Path | None,
    candidate: Path | None,
) -> None:
    from bot import measuring, triage_report  # noqa: PLC0415  # loads the phrases
    from bot.triage import ScorerUnavailableError, local_scorer  # noqa: PLC0415

    settings = _settings()
    try:
        sets = measuring.read_sets(files, everyday)
    except ExamplesError as error:
        raise click.ClickException(str(error)) from error
    dialogue_process.train(settings.data_dir)
    live = settings.data_dir.resolve() / "triage"
    _progress(f"Scoring {sets.size} messages")
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
        _progress(f"The page is {report}")


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


@frontdoor.command(name="replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--only", metavar="ID", help="Play this script alone.")
def replay_scripts(file: Path, only: str | None) -> None:
    """Play conversation scripts through the real path; one JSON line a script."""
    scripts = [script for script in replay.read_scripts(file) if only in {None, script.id}]
    if not scripts:
        raise ScriptError(f"{file} has no script called {only}.")
    settings = _settings()
    with dialogue_process.running(settings.data_dir, _progress) as dialogue:
        replay.play(scripts, dialogue, out=sys.stdout)


@frontdoor.command()
@click.argument("names", nargs=-1, type=click.Choice(["triage", "consoles", "lists", "publish"]))
@click.option("--seconds", default=30, show_default=True, help="How long children write.")
@click.option("--consoles", default=200, show_default=True, help="How many consoles are open.")
@click.option("--chats", default=20, show_default=True, help="How many children write at once.")
@click.option(
    "--every", default=2.5, show_default=True, help="Seconds between two messages of one child."
)
@click.option("--conversations", default=100_000, show_default=True, help="How long the history.")
@click.option("--database-url", help="An EMPTY PostgreSQL database; SQLite without it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")
def bench(names: tuple[str, ...], *, as_json: bool, **load: Any) -> None:
    """Measure speed and memory: triage, consoles, lists, publish; all of them without NAMES."""
    from bot.bench import run as run_bench  # noqa: PLC0415  # only this command needs it

    settings = _settings()
    dialogue_process.train(settings.data_dir)
    asked = run_bench.Asked(names=names or run_bench.NAMES, texts=LABELLED[0], **load)
    is_met = run_bench.run(settings.data_dir, asked, progress=_progress, as_json=as_json)
    sys.exit(0 if is_met else 1)


@frontdoor.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    running.open_database(_settings()).dispose()
    _progress("The database is current")


@frontdoor.command()
@click.option("--once", is_flag=True, help="Look once; exit 1 when something is wrong.")
@click.option("--every", type=float, default=30, show_default=True, help="Seconds between looks.")
def watch(every: float, *, once: bool) -> None:
    """Look from outside whether any child waits unseen, and tell people when one may."""
    from bot import paging, watching  # noqa: PLC0415  # only this command needs them

    settings = _settings()
    # It brings nothing up to date: what it watches must not depend on it.
    engine = open_engine(settings.database_url, read_keyring(settings.key_file), pool_size=2)
    console_url = running.console_settings(settings).console_url
    pagers = paging.open_pagers(settings, console_url, ())
    dog = watching.Watchdog(engine, pagers, settings.watch_mail, f"{console_url}/queue")
    if once:
        found = dog.watch_once()
        for one in dog.checks:
            click.echo(f"{'WRONG' if one.wrong else 'ok':<6}{one.what}: {one.wrong}")
        sys.exit(1 if found else 0)
    server = watching.serve(dog, settings.watch_port)
    _progress(f"Watching. http://127.0.0.1:{settings.watch_port}/health says how it stands.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    dog.watch(stop, every)
    server.shutdown()


@frontdoor.command()
@click.option(
    "--test-send",
    "email",
    metavar="EMAIL",
    help="Call this account once by each way that is set up, and say what came back.",
)
def check(email: str | None) -> None:
    """Check every setting, provider and hazard before going live."""
    from bot import trying_alerts  # noqa: PLC0415  # only with the option

    settings = _settings()
    findings = trying_alerts.try_alerts(settings, email) if email else check_findings(settings)
    try:
        is_well = _print_findings(findings)
    except trying_alerts.NoSuchAccountError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if is_well else 1)


def _print_findings(findings: Iterable[Finding]) -> bool:
    """Tells whether nothing failed, after each finding was printed as it came."""
    failed = False
    for finding in findings:
        colour = {Grade.OK: "green", Grade.WARN: "yellow", Grade.FAIL: "red"}[finding.grade]
        grade = click.style(f"{finding.grade.value:<5}", fg=colour)
        click.echo(f"{grade}{finding.about}: {finding.text}")
        failed = failed or finding.grade is Grade.FAIL
    return not failed


@frontdoor.group()
def user() -> None:
    """Make, list and close the accounts of practitioners and admins."""


@user.command(name="add")
@click.argument("email")
@click.option("--name", required=True, help="The name a child is told.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in RoleName]),
    multiple=True,
    default=[RoleName.PRACTITIONER.value],
    show_default=True,
)
def add_user(email: str, name: str, roles: tuple[str, ...]) -> None:
    """Make an account, and print the one-time link with which its owner sets a password."""
    settings = _settings()
    engine = running.open_database(settings)
    authority = accounts.prepare(engine, settings)
    try:
        with transaction(engine) as session:
            added = auth.create_practitioner(
                session,
                email=email,
                name=name,
                password=None,
                roles=[RoleName(role) for role in roles],
                authority=authority,
            )
    except auth.AccountError as error:
        raise click.ClickException(error.text) from error
    console = running.console_settings(settings)
    click.echo(auth.sign_in_link(console, auth.invitation_token(console, added)))
    _progress("The link works once, for one hour.")


@user.command(name="link")
@click.argument("email")
def link_user(email: str) -> None:
    """Print a new one-time link, for someone who lost the first or their password."""
    settings = _settings()
    engine = running.open_database(settings)
    console = running.console_settings(settings)
    with reading(engine) as session:
        found = _account(session, email)
        click.echo(auth.sign_in_link(console, auth.invitation_token(console, found)))


@user.command(name="list")
def list_users() -> None:
    """List the accounts and their roles."""
    with reading(running.open_database(_settings())) as session:
        for found in session.scalars(select(Practitioner).order_by(Practitioner.email)):
            roles = ", ".join(sorted(role.name for role in found.roles))
            state = "" if found.active else " (closed)"
            click.echo(f"{found.email}\t{found.name}\t{roles}{state}")


@user.command(name="close")
@click.argument("email")
def close_user(email: str) -> None:
    """Close an account: its sessions end and it cannot sign in again."""
    with transaction(running.open_database(_settings())) as session:
        found = _account(session, email)
        found.active = False
        # Every session of theirs is bound to this.
        found.fs_uniquifier = secrets.token_hex(32)
        ladder.leave(session, found)
    _progress("Closed.")


frontdoor.add_command(correcting.corrections_group)


def _account(session: Session, email: str) -> Practitioner:
    found = auth.find(session, email)
    if found is None:
        raise click.ClickException(f"There is no account for {email}: see `frontdoor user list`.")
    return found


def _settings() -> Settings:
    settings = read_settings()
    logs.configure(settings.log_format)
    return settings


def _progress(text: str) -> None:
    click.echo(text, err=True)


def _say_where(service: Service, roles: frozenset[Role], *, opens: bool) -> None:
    if Role.CONSOLE not in roles:
        return
    console = running.console_settings(service.settings)
    address = console.console_url
    if not service.has_practitioners():
        address = auth.sign_in_link(console, auth.first_sign_in_token(console, service.authority))
        _progress("First sign-in, once, within the hour:")
    click.echo(f"Console:         {address}")
    if service.settings.is_demonstration:
        click.echo(f"Phone simulator: {console.console_url}/phone")
    if opens:
        webbrowser.open(address)


if __name__ == "__main__":
    main()
