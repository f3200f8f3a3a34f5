"""The locks against what the projects say they need."""

import re
import tomllib

import pytest

from tests.project.tracked import ROOT

_LOCKED = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)", re.MULTILINE)
_NAMED = re.compile(r"^([A-Za-z0-9._-]+)")

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_DIALOGUES = tomllib.loads((ROOT / "dialogues" / "pyproject.toml").read_text(encoding="utf-8"))
_NEEDED = {
    "requirements.lock": _PROJECT["project"]["dependencies"],
    "requirements-dev.lock": [
        *_PROJECT["project"]["dependencies"],
        *_PROJECT["dependency-groups"]["dev"],
    ],
    "requirements-tools.lock": ["uv", "editables", *_PROJECT["build-system"]["requires"]],
    "dialogues/requirements.lock": _DIALOGUES["project"]["dependencies"],
}


@pytest.mark.parametrize("lock", _NEEDED)
def test_a_lock_holds_everything_its_project_names(lock):
    locked = {name for name, _ in _locked(lock)}

    assert {_name(requirement) for requirement in _NEEDED[lock]} - locked == set()


@pytest.mark.parametrize("lock", [*_NEEDED, "dialogues/encoder.lock"])
def test_every_package_in_a_lock_is_held_to_a_hash(lock):
    path = ROOT / lock
    entries = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8")) if path.exists() else []
    packages = [entry for entry in entries if not entry.startswith("#") and entry.strip()]

    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


def test_the_tools_are_added_to_the_same_versions_that_run_in_service():
    development = _locked("requirements-dev.lock")

    assert _locked("requirements.lock") - development == set()


def test_rasa_is_the_version_everything_was_measured_with():
    assert ("rasa", "3.6.21") in _locked("dialogues/requirements.lock")


def _locked(lock: str) -> set[tuple[str, str]]:
    return set(_LOCKED.findall((ROOT / lock).read_text(encoding="utf-8")))


def _name(requirement: str) -> str:
    named = _NAMED.match(requirement)
    assert named is not None
    return re.sub(r"[._-]+", "-", named[1]).lower()
