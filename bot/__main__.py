"""The `frontdoor` command."""

import signal
import sys
import threading
import webbrowser
from collections.abc import Iterable
from typing import BinaryIO

import click
from sqlalchemy.exc import SQLAlchemyError

from bot import correcting, dialogue_process, running
from bot.bench.service import BenchError
from bot.checking import Finding, Grade
from bot.checking import check as check_findings
from bot.commands import authorities, begin, measuring, users
from bot.dialogue_process import DialogueProcessError
from bot.replay import ScriptError
from bot.running import EVERY_ROLE, Role, Service
from bot.settings import SettingsError
from handover import auth
from handover.assets import AssetsError
from models.db import open_engine
from models.encryption import EncryptionKeyError, read_keyring

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
    settings = begin.settings()
    roles = EVERY_ROLE if role is None else frozenset({Role(role)})
    begin.progress("Preparing the database")
    service = Service(settings, roles=roles, progress=begin.progress)
    try:
        service.start()
        _say_where(service, roles, opens=opens)
        service.wait_for_dialogue()
        begin.progress("Running. Ctrl-C ends it.")
        service.wait()
        begin.progress("Stopping")
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
        begin.settings(),
        channel=channel,
        show_state=show_state,
        progress=begin.progress,
        language=language,
    )


@frontdoor.command()
@click.argument("file", type=click.File("rb"), default="-")
def triage(file: BinaryIO) -> None:
    """Score messages: JSON lines in (`id`, `text`), JSON lines out."""
    from bot import triage as scoring  # noqa: PLC0415  # loads the phrases

    settings = begin.settings()
    dialogue_process.train(settings.data_dir)
    with scoring.local_scorer(settings.data_dir.resolve() / "triage") as score:
        sys.exit(scoring.run(file, out=sys.stdout, err=sys.stderr, score=score))


@frontdoor.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    running.open_database(begin.settings()).dispose()
    begin.progress("The database is current")


@frontdoor.command()
@click.option("--once", is_flag=True, help="Look once; exit 1 when something is wrong.")
@click.option("--every", type=float, default=30, show_default=True, help="Seconds between looks.")
def watch(every: float, *, once: bool) -> None:
    """Look from outside whether any child waits unseen, and tell people when one may."""
    from bot import paging, watching  # noqa: PLC0415  # only this command needs them

    settings = begin.settings()
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
    begin.progress(f"Watching. http://127.0.0.1:{settings.watch_port}/health says how it stands.")
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

    settings = begin.settings()
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


for _command in (
    measuring.evaluate_command,
    measuring.replay_command,
    measuring.bench_command,
    authorities.authority_group,
    users.user_group,
    correcting.corrections_group,
):
    frontdoor.add_command(_command)


def _say_where(service: Service, roles: frozenset[Role], *, opens: bool) -> None:
    if Role.CONSOLE not in roles:
        return
    console = running.console_settings(service.settings)
    address = console.console_url
    if not service.has_practitioners():
        address = auth.sign_in_link(console, auth.first_sign_in_token(console, service.authority))
        begin.progress("First sign-in, once, within the hour:")
    click.echo(f"Console:         {address}")
    if service.settings.is_demonstration:
        click.echo(f"Phone simulator: {console.console_url}/phone")
    if opens:
        webbrowser.open(address)


if __name__ == "__main__":
    main()
