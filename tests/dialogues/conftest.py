"""The one real dialogue process of the session."""

from collections.abc import Iterator

import pytest

from tests.dialogues.process import RunningDialogue, running_dialogue


@pytest.fixture(scope="session")
def dialogue() -> Iterator[RunningDialogue]:
    """Gives the running dialogue, trained from the files as they are."""
    with running_dialogue() as running:
        yield running
