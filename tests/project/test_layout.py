"""What is tracked, where, and what must not be in it."""

import re
import stat
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.project import tracked
from tests.project.tracked import ROOT

_TOP = {
    *("bot", "deploy", "dialogues", "docs", "handover", "models", "tests"),
    *("README.md", "config.yml", "frontdoor", "pyproject.toml"),
    *("requirements.lock", "requirements-dev.lock", "requirements-tools.lock"),
}
# A letter in brackets, so that this file does not hold what it looks for.
_ELSEWHERE = (
    r"/(?:[h]ome|[U]sers)/[a-z]\w+/",
    r"/[r]oot/",
    r"/[w]ork/(?:main|shared)",
    r"/[o]pt/(?:wheels|pypi)",
    r"[r]egistry\.npmjs\.org",
    r"[f]iles\.pythonhosted\.org",
    r"https://[p]ypi\.org/simple",
)
_SECRETS = (
    r"\b\d{8,10}:AA[\w-]{33}\b",
    r"-----BEGIN (?:\w+ )*PRIVATE KEY-----",
    r"\bAKIA[0-9A-Z]{16}\b",
)
_SHELL = re.compile(r"\A#!.*\b(?:ba)?sh\b")


def test_the_top_level_holds_only_what_belongs_there():
    top = {path.parts[0] for path in tracked.files()}

    assert {name for name in top if not name.startswith(".")} <= _TOP


@pytest.mark.parametrize("pattern", _ELSEWHERE)
def test_no_tracked_file_names_a_machine_or_a_package_index(pattern):
    found = [str(path) for path, text in tracked.texts().items() if re.search(pattern, text)]

    assert found == []


@pytest.mark.parametrize("pattern", _SECRETS)
def test_no_tracked_file_holds_a_key_or_a_token(pattern):
    found = [str(path) for path, text in tracked.texts().items() if re.search(pattern, text)]

    assert found == []


def test_every_shell_script_passes_shellcheck():
    scripts = [str(path) for path, text in tracked.texts().items() if _SHELL.match(text)]

    checked = subprocess.run(  # noqa: S603  # our own scripts
        [ROOT / ".venv" / "bin" / "shellcheck", *scripts],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert {"frontdoor", ".ci/run"} <= set(scripts)
    assert checked.stdout == ""


@pytest.mark.parametrize("script", ["frontdoor", ".ci/run"])
def test_the_commands_can_be_run(script):
    assert (ROOT / script).stat().st_mode & stat.S_IXUSR


def test_every_link_in_the_documents_leads_somewhere():
    links = [
        (path, target)
        for path, text in tracked.texts(suffix=".md").items()
        for target in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", text)
    ]

    assert [link for link in links if not (ROOT / link[0].parent / link[1]).exists()] == []


def test_every_section_that_a_document_links_to_is_there():
    broken = []
    for path, text in tracked.texts(suffix=".md").items():
        for target, section in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", text):
            page = ROOT / path.parent / target if target else ROOT / path
            if section not in _sections(page):
                broken.append(f"{path}: {target}#{section}")

    assert broken == []


def test_the_readme_can_be_read_in_one_sitting():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_every_decision_is_listed_dated_and_says_what_follows():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(folder.glob("[0-9]*.md"))

    assert [path.name[:4] for path in decisions] == [
        f"{number:04}" for number in range(1, len(decisions) + 1)
    ]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert f"({path.name})" in listed
        assert re.search(r"^\d{4}-\d\d-\d\d · ", text, re.MULTILINE), path.name
        assert "## Why" in text, path.name
        assert "## What follows" in text, path.name


def test_every_control_and_evidence_in_the_hazard_log_is_there():
    text = (ROOT / "docs" / "safety" / "hazards.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z]+/[\w/.]+)`", text)

    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_event_that_operators_are_told_of_is_logged_somewhere():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.split("| event |")[1].split("\n\n")[0]
    modules = "".join(tracked.texts(under="bot/", suffix=".py").values())

    assert [
        event for event in re.findall(r"`([a-z_]+)`", table) if f'"{event}"' not in modules
    ] == []


def test_the_hooks_fetch_nothing():
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")

    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}
    for repository in hooks["repos"]:
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/")


def _sections(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
