"""A process changes from one version's files to another's in one step."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cover, signals
from bot.urgency import phrase_level
from handover import edition, wording
from handover.edition import PROGRAM, Edition
from models.urgency import Urgency


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Edition]:
    """Gives a version with a greeting, a cover and a signal of its own, and no other wording."""
    for name in ("bot/phrases", "handover/wording_data", "bot/cover.yml", "bot/signals.yml"):
        source, target = edition.ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    _change(tmp_path / "bot/cover.yml", "otherwise:\n", "otherwise:\n  - Otherwise indeed.\n")
    wording_file = tmp_path / "handover/wording_data/en.yml"
    wording_file.write_text("holding: [Another holding reply.]\n", encoding="utf-8")
    yield Edition("other", tmp_path)
    edition.go_live(PROGRAM)


def test_all_that_is_read_changes_when_a_version_goes_live(other: Edition) -> None:
    before = wording.texts("holding", "en")

    edition.go_live(other)

    assert wording.texts("holding", "en") == ("Another holding reply.",)
    assert cover.answer("what", 0) == "Otherwise indeed."
    edition.go_live(PROGRAM)
    assert wording.texts("holding", "en") == before


def test_what_was_begun_with_a_version_ends_with_it(other: Edition) -> None:
    with edition.pinned():
        before = wording.texts("holding", "en")
        edition.go_live(other)
        others: list[tuple[str, ...]] = []
        thread = threading.Thread(target=lambda: others.append(wording.texts("holding", "en")))
        thread.start()
        thread.join()

        assert wording.texts("holding", "en") == before

    assert others == [("Another holding reply.",)]
    assert wording.texts("holding", "en") == others[0]


def test_a_version_without_a_text_that_a_release_brought_says_the_programs(other: Edition) -> None:
    expected = wording.texts("emergency", "en")

    with edition.pinned(other):
        assert wording.texts("emergency", "en") == expected
        assert phrase_level("he has a knife and he is going to kill me") is Urgency.EMERGENCY
        assert signals.signal_in("stop") is signals.Signal.STOP


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
