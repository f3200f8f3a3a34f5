"""The whole check, as `./frontdoor test` runs it: `python -m tests.everything [pytest arguments]`.

Each step says how it went and how long it took; one that fails does not keep the others from
running, and the program ends with 0 only when nothing failed and nothing was left out.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
_REPORT = ROOT / "var" / "tests.xml"
_PYTHON = sys.executable
_DIALOGUE_PYTHON = ROOT / "dialogues" / ".venv" / "bin" / "python"
_TESTS_SECONDS = 60 * 60
_ONE_TEST_SECONDS = 300
_AT_ONCE = 2
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step went: what passed, what failed, and what to tell the reader."""

    passed: int = 0
    failed: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One part of the check; with `beside` it may run at once with others that may."""

    name: str
    run: Callable[[], Outcome]
    beside: bool = False


def main(arguments: Sequence[str]) -> int:
    """Runs the whole check and gives the exit code."""
    return run(steps(arguments))


def run(chosen: Sequence[Step]) -> int:
    """Runs every step, whatever the others did, and gives the exit code.

    Those that may run beside others go first, as many at once as the tests do.
    """
    beside = [step for step in chosen if step.beside]
    with ThreadPoolExecutor(_AT_ONCE) as lanes:
        found = dict(zip((step.name for step in beside), lanes.map(_timed, beside), strict=True))
    found |= {step.name: _timed(step) for step in chosen if not step.beside}
    outcomes = [(step.name, *found[step.name]) for step in chosen]
    _say("")
    for name, outcome, seconds in outcomes:
        mark = "FAILED" if outcome.failed else "passed"
        _say(f"{mark}  {name} ({seconds:.0f} s){': ' if outcome.words else ''}{outcome.words}")
    passed = sum(outcome.passed for _, outcome, _ in outcomes)
    failed = sum(outcome.failed for _, outcome, _ in outcomes)
    _say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def steps(arguments: Sequence[str]) -> tuple[Step, ...]:
    """Gives the steps in order, the long ones first; the arguments are for pytest."""
    module = (_PYTHON, "-m")
    dialogue = (str(_DIALOGUE_PYTHON), "-m")
    return (
        Step(name="what the tests need", run=find_what_tests_need),
        command_step(
            "dialogue", *dialogue, "dialogues.train", "--out", "var/dialogue", "--if-changed"
        ),
        command_step("types", *module, "mypy"),
        command_step(
            "triage", *dialogue, "dialogues.triage.train", "--out", "var/triage", "--if-changed"
        ),
        command_step("dialogue data", *dialogue, "dialogues.check", "--nlu"),
        command_step("console assets", *module, "handover.assets"),
        command_step("imports", str(Path(_PYTHON).with_name("lint-imports"))),
        command_step("lint", *module, "ruff", "check", "."),
        command_step("format", *module, "ruff", "format", "--check", "."),
        Step(name="tests", run=lambda: run_tests(arguments)),
    )


def find_what_tests_need() -> Outcome:
    """Looks for what a lock cannot bring; without it whole parts would go untested."""
    missing = []
    if not (_has_postgres() or "FRONTDOOR_TEST_POSTGRES_URL" in os.environ):  # noqa: TID251
        missing.append(
            "PostgreSQL is missing: install it (apt-get install postgresql), or name a server "
            "in FRONTDOOR_TEST_POSTGRES_URL"
        )
    if not any(shutil.which(name) for name in _CHROMIUM):
        missing.append("Chromium is missing: install it (apt-get install chromium)")
    for line in missing:
        _say(line)
    return Outcome(passed=2 - len(missing), failed=len(missing), words="; ".join(missing))


def run_tests(arguments: Sequence[str], report: Path = _REPORT) -> Outcome:
    """Runs pytest, and counts from its report: a test that was skipped counts as failed."""
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    # A file to each, so that what a file shares is made once. In the files' own order:
    # by the number of tests, the few long ones came last and left a core idle.
    limits = (
        *("-n", str(_AT_ONCE), "--dist", "loadfile", "--no-loadscope-reorder"),
        f"--timeout={_ONE_TEST_SECONDS}",
        f"--junitxml={report}",
    )
    code = run_command(_PYTHON, "-m", "pytest", *limits, *arguments, seconds=_TESTS_SECONDS)
    if not report.exists():
        return Outcome(failed=1, words=f"pytest ended with {code} and without a report")
    return count(report.read_text(encoding="utf-8"), code)


def count(report: str, code: int) -> Outcome:
    """Gives what a JUnit report and pytest's exit code say together."""
    suites = list(ET.fromstring(report).iter("testsuite"))  # noqa: S314  # our own pytest's

    def total(kind: str) -> int:
        return sum(int(suite.get(kind, "0")) for suite in suites)

    bad = total("failures") + total("errors")
    skipped = total("skipped")
    passed = total("tests") - bad - skipped
    failed = bad + skipped
    if code != 0 and failed == 0:
        # No test failed and yet pytest did: nothing was collected, or it broke at the end.
        failed = 1
    words = f"{passed} passed, {bad} failed"
    if skipped:
        words += f", {skipped} skipped (nothing may be left out: see the reasons above)"
    if code != 0 and not bad and not skipped:
        words += f", and pytest ended with {code}"
    return Outcome(passed=passed, failed=failed, words=words)


def command_step(name: str, *command: str) -> Step:
    """Gives a step that a program takes, which ends with 0 when all is well."""

    def run() -> Outcome:
        # What steps say that run at once would be mixed: each is shown whole when it has ended.
        with tempfile.TemporaryFile() as out:
            code = run_command(*command, seconds=_TESTS_SECONDS, out=out)
            out.seek(0)
            said = out.read().decode(errors="replace")
        _say(f"── {name} has ended\n{said}")
        return Outcome(passed=1) if code == 0 else Outcome(failed=1, words=f"ended with {code}")

    return Step(name=name, run=run, beside=True)


def run_command(*command: str, seconds: float, out: IO[bytes] | None = None) -> int:
    """Runs a program from the root and gives its exit code; one that takes too long is ended."""
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}  # noqa: TID251  # handed on
    # A group of its own, so that what a test started ends with it when time is up.
    with subprocess.Popen(  # noqa: S603  # our own programs
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            _say(f"Still running after {seconds / 60:.0f} minutes: ended.")
            return _end(process)
        except KeyboardInterrupt:
            _end(process)
            raise


def _timed(step: Step) -> tuple[Outcome, float]:
    _say(f"── {step.name}")
    begun = time.monotonic()
    outcome = step.run()
    return outcome, time.monotonic() - begun


def _end(process: subprocess.Popen[bytes]) -> int:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() or 1


def _has_postgres() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
