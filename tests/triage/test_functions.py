"""What triage must be able to tell, each ability with its own pass rate."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from models.urgency import Urgency
from tests.triage.scoring import judged

_ROWS = YAML(typ="safe", pure=True).load(
    (Path(__file__).parent / "functions.yml").read_text(encoding="utf-8")
)
_NAMES = [row["function"] for row in _ROWS]

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def levels():
    # YAML reads a bare yes or no as a word here, and so does this suite.
    texts = [str(case) for row in _ROWS for case in row["cases"]]
    return dict(zip(texts, (found.level for found in judged(texts)), strict=True))


def _is_right(row: Mapping[str, str], level: Urgency) -> bool:
    least = Urgency(row.get("least", "no_concern"))
    most = Urgency(row.get("most", "emergency"))
    return least.rank <= level.rank <= most.rank


def test_there_are_enough_functions_and_cases():
    assert len(_ROWS) >= 30
    assert len(set(_NAMES)) == len(_NAMES)
    assert min(len(row["cases"]) for row in _ROWS) >= 10


@pytest.mark.parametrize("row", _ROWS, ids=_NAMES)
def test_function(row, levels):
    wrong = [
        (str(case), levels[str(case)].value)
        for case in row["cases"]
        if not _is_right(row, levels[str(case)])
    ]

    rate = 1 - len(wrong) / len(row["cases"])

    assert rate >= row["passes"], wrong
