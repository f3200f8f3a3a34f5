"""Every English text that the service itself sends a child can be read at nine.

The dialogue's own texts are measured in `tests/dialogues/test_wording.py`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot import cover
from handover import wording
from tests.dialogues.test_wording import _age

_DATA = Path(wording.__file__).parent / "wording_data"
_SHORT = 25  # characters; of fewer the formula says nothing
# Words that must be said as they are, and that children know.
_KNOWN = re.compile(r"\b(?:emergency|Report Remove|someone|homework)\b")


def _texts(read: Any) -> Iterator[str]:
    if isinstance(read, str):
        yield read
    else:
        for one in read.values() if isinstance(read, dict) else read:
            yield from _texts(one)


def _sent() -> list[str]:
    files = [_DATA / "en.yml", *sorted(_DATA.glob("*/en.yml"))]
    assert len(files) > 3
    return [
        text
        for file in files
        for text in _texts(YAML(typ="safe").load(file.read_text("utf-8")))
        if len(text) > _SHORT
    ]


def test_children_of_nine_can_read_whatever_the_service_sends():
    ages = {text: _age(_KNOWN.sub("help", text)) for text in _sent()}

    assert {text: age for text, age in ages.items() if age > 11} == {}
    assert sum(ages.values()) / len(ages) <= 9


def test_children_of_nine_can_read_the_cover():
    ages = [_age(text) for text in cover.texts() if len(text) > _SHORT]

    assert sum(ages) / len(ages) <= 9
