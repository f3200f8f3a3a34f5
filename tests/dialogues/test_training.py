"""Two starts at once train once."""

import threading
from pathlib import Path

from dialogues.training import one_at_a_time


def test_a_second_training_into_the_same_folder_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with one_at_a_time(tmp_path):
            order.append("second")

    waiting = threading.Thread(target=second)
    with one_at_a_time(tmp_path):
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join(30)

    assert order == ["first", "second"]


def test_another_folder_does_not_wait(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path / "one"), one_at_a_time(tmp_path / "other"):
        assert (tmp_path / "other").is_dir()
