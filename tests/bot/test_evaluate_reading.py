"""Labelled messages are read from files, and a wrong line is named."""

import pytest

from bot.evaluate import ExamplesError, read_examples
from models.urgency import Harm, Urgency

_LINE = '{"id": "a1", "text": "hello", "urgency": "concern", "harms": ["bullying"], "lang": "en"}\n'


def test_a_labelled_message_is_read_whole(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(_LINE, encoding="utf-8")

    [example] = read_examples(path)

    assert (example.id, example.level) == ("a1", Urgency.CONCERN)
    assert example.harms == {Harm.BULLYING}


@pytest.mark.parametrize(
    "line",
    ["not json", '{"id": "a2"}', "[1]", _LINE.replace("concern", "worried").strip()],
)
def test_a_wrong_line_is_named_by_its_number(tmp_path, line):
    path = tmp_path / "set.jsonl"
    path.write_text(_LINE + line + "\n", encoding="utf-8")

    with pytest.raises(ExamplesError, match="line 2"):
        read_examples(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ExamplesError, match="cannot be read"):
        read_examples(tmp_path / "none.jsonl")
