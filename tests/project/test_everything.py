"""The command that runs the whole check: nothing that went wrong may look right."""

import sys

import pytest

from tests import everything

_REPORT = """<testsuites><testsuite name="pytest" tests="{tests}" errors="{errors}"
 failures="{failures}" skipped="{skipped}"/></testsuites>"""


def _report(*, tests: int, errors: int = 0, failures: int = 0, skipped: int = 0) -> str:
    return _REPORT.format(tests=tests, errors=errors, failures=failures, skipped=skipped)


def test_every_test_that_passed_is_counted():
    outcome = everything.count(_report(tests=12), 0)

    assert (outcome.passed, outcome.failed) == (12, 0)


@pytest.mark.parametrize("kind", ["errors", "failures", "skipped"])
def test_what_did_not_pass_has_failed(kind):
    code = 0 if kind == "skipped" else 1

    outcome = everything.count(_report(tests=12, **{kind: 2}), code)

    assert (outcome.passed, outcome.failed) == (10, 2)


@pytest.mark.parametrize("code", [2, 3, 4, 5, -9])
def test_a_run_that_broke_without_a_failed_test_has_failed(code):
    outcome = everything.count(_report(tests=0), code)

    assert outcome.failed == 1


def test_a_step_that_fails_does_not_keep_the_others_from_running(capsys):
    steps = (
        everything.Step(name="first", run=lambda: everything.Outcome(failed=1)),
        everything.Step(name="second", run=lambda: everything.Outcome(passed=3)),
    )

    code = everything.run(steps)

    assert code == 1
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 1 failed"


def test_what_steps_say_that_run_at_once_is_shown_whole(capfd):
    said = "import time; print('one', flush=True); time.sleep(0.2); print('two')"
    steps = tuple(everything.command_step(name, sys.executable, "-c", said) for name in "ab")

    code = everything.run(steps)

    assert code == 0
    assert capfd.readouterr().out.count("one\ntwo\n") == 2


def test_the_arguments_reach_pytest_and_its_trouble_the_exit_code(tmp_path):
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_it():\n    assert 1 == 2\n", encoding="utf-8")

    outcome = everything.run_tests((str(broken), "-p", "no:cacheprovider"), tmp_path / "report.xml")

    assert (outcome.passed, outcome.failed) == (0, 1)


def test_what_runs_too_long_is_ended():
    code = everything.run_command(sys.executable, "-c", "import time; time.sleep(60)", seconds=0.5)

    assert code != 0
