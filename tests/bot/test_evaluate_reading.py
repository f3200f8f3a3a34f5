"""Labelled messages are read from files, and a wrong line is named."""

import pytest

from bot.labelled import ExamplesError, read_everyday, read_examples
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


def test_everyday_messages_come_a_line_each_or_as_lists_by_name(tmp_path):
    lines, named = tmp_path / "mine.txt", tmp_path / "named.yml"
    lines.write_text("hello\n\n see u \n", encoding="utf-8")
    named.write_text("old: [hi, 12]\nnew: [bye]\n", encoding="utf-8")

    assert read_everyday(lines) == {"mine": ["hello", "see u"]}
    assert read_everyday(named) == {"old": ["hi", "12"], "new": ["bye"]}


@pytest.mark.parametrize("text", ["", "word", "{a: b}", "a: [", "[]"])
def test_a_file_without_everyday_messages_is_refused(tmp_path, text):
    path = tmp_path / "none.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ExamplesError):
        read_everyday(path)
