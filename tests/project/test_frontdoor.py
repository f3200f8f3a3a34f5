"""The `frontdoor` script, with a stand-in for uv: it alone would reach the network."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.project.tracked import ROOT

_UV = """#!/bin/sh
case "$*" in
    --version) exit 0 ;;
    python*) printf '%s\\n' /usr/bin/python-of-this-machine; exit 0 ;;
esac
printf '%s\\n' "$*" >>"$UV_CALLS"
printf '%s|%s\\n' "${UV_DEFAULT_INDEX-}" "${UV_EXTRA_INDEX_URL-}" >>"$UV_CALLS.index"
case "$*" in
    venv*)
        for folder in "$@"; do :; done
        mkdir -p "$folder/bin"
        printf '#!/bin/sh\\nexit 0\\n' >"$folder/bin/python"
        printf '#!/bin/sh\\necho "program: $*"\\n' >"$folder/bin/frontdoor"
        chmod +x "$folder/bin/python" "$folder/bin/frontdoor"
        ;;
    "pip sync"*) sleep "${UV_TAKES-0}"; exit "${UV_FAILS-0}" ;;
esac
"""


class Checkout:
    """A checkout of its own, as it is on a machine that has never run it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "front door"
        self._calls = folder / "calls"
        (self.root / "dialogues").mkdir(parents=True)
        for name in (
            *("frontdoor", "pyproject.toml", "dialogues/requirements.lock"),
            *("requirements.lock", "requirements-dev.lock", "requirements-tools.lock"),
        ):
            shutil.copy(ROOT / name, self.root / name)
        programs = folder / "programs"
        programs.mkdir()
        (programs / "uv").write_text(_UV, encoding="utf-8")
        (programs / "uv").chmod(0o755)
        self._environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(folder),
            "UV_CALLS": str(self._calls),
            "PIP_CONFIG_FILE": os.devnull,
        }

    def run(
        self, *arguments: str, cwd: Path | None = None, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # the script under test
            [self.root / "frontdoor", *arguments],
            cwd=cwd or self.root,
            env={**self._environment, **(more or {})},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def installations(self) -> list[str]:
        if not self._calls.exists():
            return []
        calls = self._calls.read_text(encoding="utf-8").splitlines()
        return [call.split(" --python ")[1].split("/bin/")[0] for call in calls if "sync" in call]

    def indexes(self) -> set[str]:
        return set(self._calls.with_name("calls.index").read_text(encoding="utf-8").splitlines())


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_a_first_start_builds_the_environment_and_hands_over(checkout):
    finished = checkout.run("user", "list")

    assert finished.stdout == "program: user list\n"
    assert "Preparing the program's environment" in finished.stderr
    assert checkout.installations() == [".venv"]


def test_a_second_start_does_nothing_and_is_quick(checkout):
    checkout.run("run")
    begun = time.monotonic()

    finished = checkout.run("run")

    assert time.monotonic() - begun < 1
    assert finished.stderr == ""
    assert checkout.installations() == [".venv", "dialogues/.venv"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["run", "console"], ["migrate"]]
)
def test_what_needs_no_dialogue_does_not_wait_for_one(checkout, arguments):
    checkout.run(*arguments)

    assert checkout.installations() == [".venv"]


def test_a_changed_lock_is_installed(checkout):
    checkout.run("migrate")
    with (checkout.root / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")

    checkout.run("migrate")

    assert checkout.installations() == [".venv", ".venv"]


def test_an_installation_that_failed_says_so_and_is_taken_up_again(checkout):
    failed = checkout.run("migrate", more={"UV_FAILS": "1"})
    again = checkout.run("migrate")

    assert failed.returncode == 2
    assert failed.stdout == ""
    assert "Without a network this cannot work" in failed.stderr
    assert again.stdout == "program: migrate\n"


def test_two_starts_at_once_install_once(checkout):
    with ThreadPoolExecutor(2) as both:
        starts = [both.submit(checkout.run, "migrate", more={"UV_TAKES": "0.5"}) for _ in range(2)]
        outputs = [start.result() for start in starts]

    assert [output.stdout for output in outputs] == ["program: migrate\n"] * 2
    assert any("Another start is preparing" in output.stderr for output in outputs)
    assert checkout.installations() == [".venv"]


def test_a_checkout_that_was_moved_is_built_anew(checkout):
    checkout.run("migrate")
    checkout.root = checkout.root.rename(checkout.root.with_name("elsewhere"))

    checkout.run("migrate")

    assert checkout.installations() == [".venv", ".venv"]


def test_it_works_through_a_link_and_under_any_umask(checkout, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(checkout.root / "frontdoor")

    finished = subprocess.run(  # noqa: S603  # the script under test
        ["/bin/sh", "-c", f'umask 0777; exec "{link}" migrate'],
        env=checkout._environment,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )

    assert finished.stdout == "program: migrate\n"


def test_a_file_that_would_not_be_found_is_asked_for_by_its_whole_path(checkout, tmp_path):
    (tmp_path / "messages.jsonl").touch()

    finished = checkout.run("migrate", "messages.jsonl", cwd=tmp_path)

    assert finished.returncode == 2
    assert str(tmp_path / "messages.jsonl") in finished.stderr


def test_pips_settings_say_where_packages_come_from(checkout, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://index.example/simple\n"
        "extra-index-url =\n    https://one.example\n    https://two.example\n",
        encoding="utf-8",
    )
    checkout.run("migrate", more={"PIP_CONFIG_FILE": str(settings), **_pip_on_path(tmp_path)})

    assert checkout.indexes() == {
        "https://index.example/simple|https://one.example https://two.example"
    }


def _pip_on_path(folder: Path) -> dict[str, str]:
    """Gives a PATH whose python3 has a pip that tells its settings as the real one does."""
    programs = folder / "programs"
    (programs / "python3").write_text(
        '#!/bin/sh\ncase "$*" in *config*) ;; *) exit 0 ;; esac\n'
        "printf '%s\\n' \"global.extra-index-url='\\\\nhttps://one.example\\\\nhttps://two.example'\"\n"
        "printf '%s\\n' \"global.index-url='https://index.example/simple'\"\n",
        encoding="utf-8",
    )
    (programs / "python3").chmod(0o755)
    return {"PATH": f"{programs}:/usr/bin:/bin"}
