"""Played scripts are measured against what they expect, and a reader's judgement is read back."""

import io
import re
from pathlib import Path

import pytest

from bot import judging, replay, talk_report, talks
from bot.replay import ScriptError
from bot.talk_facts import is_found
from handover.records import GatheredAnswer
from models.contact import AnswerStatus
from tests.fakes.dialogue import FakeDialogue

_SCRIPT = """
- id: T1
  channel: telegram
  gist: told twice
  turns: ["my brother hits me", "im 12"]
  expect:
    urgency: urgent
    urgent_by_turn: 2
    handover: true
    facts: {age: 12, school: Hill View}
    must_not: ["ask again", "promise secrecy"]
"""
_QUESTION = "How old are you?"


def _play(tmp_path: Path, dialogue: FakeDialogue) -> talks.Result:
    path = tmp_path / "scripts.yml"
    path.write_text(_SCRIPT, encoding="utf-8")
    [line] = replay.lines_of(replay.read_scripts(path), dialogue)
    [expected] = talks.read_expected(path)
    return talks.measure(expected, line)


def _said(field: str, value: object) -> GatheredAnswer:
    return GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value)


def test_a_played_script_is_measured_on_alert_handover_and_facts(tmp_path):
    dialogue = FakeDialogue()
    dialogue.answers = (_said("age", 12),)

    result = _play(tmp_path, dialogue)

    assert (result.is_alert_in_time, result.is_handover_right) == (True, True)
    assert (result.found, result.missing) == (("age",), ("school",))


def test_a_question_put_again_after_its_answer_is_counted(tmp_path):
    dialogue = FakeDialogue()
    dialogue.replies = (_QUESTION,)
    dialogue.asked = "age"
    dialogue.answers = (_said("age", 12),)

    assert _play(tmp_path, dialogue).repeated == (2,)


def test_a_question_put_again_that_nobody_answered_is_none(tmp_path):
    dialogue = FakeDialogue()
    dialogue.replies = (_QUESTION,)
    dialogue.asked = "age"

    assert _play(tmp_path, dialogue).repeated == ()


def test_the_report_shows_the_transcript_of_a_miss_and_escapes_it(tmp_path):
    dialogue = FakeDialogue()
    dialogue.replies = ("<b>I hear you",)
    result = _play(tmp_path, dialogue)

    page = talk_report.as_page([result], title="Talk")

    assert " 1 child: my brother hits me" in talk_report.as_text([result])
    assert "not on the record: school: Hill View" in page
    assert "&lt;b&gt;I hear you" in page
    assert "<svg" in page


@pytest.mark.parametrize(
    ("name", "wanted", "contact", "found"),
    [
        ("age", "12", {"age": 12}, True),
        ("age", "12", {"concern_in_own_words": ["12 of them"]}, False),
        (
            "what",
            "dad shouts at night",
            {"concern_in_own_words": ["my dad shouted last night"]},
            True,
        ),
        ("what", "no food at home", {"concern_in_own_words": ["he hits me"]}, False),
        ("safe_now", "yes, dad away", {"safe_now": "no"}, False),
        ("safe_now", "no, he is here", {"safe_now": "no (hes here)"}, True),
        ("safe_now", "unclear", {}, True),
        ("name", "not given", {"name_to_use": "prefer_not_to_say"}, True),
        ("name", "not given", {"name_to_use": "Ava"}, False),
        ("status", "testing", {}, True),
        ("status", "testing", {"submitted": True}, False),
        ("contact", "after 4", {"safe_contact_times": "after 4"}, True),
    ],
)
def test_a_fact_is_found_by_its_telling_words(name, wanted, contact, found):
    assert is_found(name, wanted, contact, "en") is found


def test_a_fact_in_the_childs_own_language_counts():
    contact = {"wants": "chce zeby pani pomogla", "language": "pl"}

    assert is_found("wants", "a teacher to help", contact, "pl")
    assert not is_found("since", "September", {"language": "pl"}, "pl")


def test_a_judging_sheet_is_written_filled_and_read_back(tmp_path):
    sheet = tmp_path / "sheet.yml"
    out = io.StringIO()
    judging.write_sheet([("T1", "1 child: hi\n  bot: hello", ("ask again", "promise"))], out)
    filled = out.getvalue().replace("reader:", "reader: Jo", 1)
    filled = re.sub(r"answer:(\n +)turn:", r"answer: yes\1turn: 4", filled, count=1)
    sheet.write_text(filled.replace("answer:\n", "answer: no\n"), encoding="utf-8")

    broken, kept = judging.read_sheet(sheet)

    assert (broken.is_broken, broken.turn, broken.reader) == (True, 4, "Jo")
    assert not kept.is_broken
    assert "hello" in filled


@pytest.mark.parametrize("text", ["[]", "talks: []", "reader: Jo\ntalks: [{id: T1}]"])
def test_a_sheet_that_is_not_filled_in_is_refused(tmp_path, text):
    sheet = tmp_path / "sheet.yml"
    sheet.write_text(text, encoding="utf-8")

    with pytest.raises(ScriptError):
        judging.read_sheet(sheet)


def test_a_line_without_an_answer_is_named(tmp_path):
    sheet = tmp_path / "sheet.yml"
    out = io.StringIO()
    judging.write_sheet([("T1", "said", ("promise secrecy",))], out)
    sheet.write_text(out.getvalue().replace("reader:", "reader: Jo", 1), encoding="utf-8")

    with pytest.raises(ScriptError, match="promise secrecy"):
        judging.read_sheet(sheet)


def test_a_script_that_expects_nothing_is_refused(tmp_path):
    path = tmp_path / "scripts.yml"
    path.write_text("- {id: a, channel: sms, turns: [hi]}", encoding="utf-8")

    with pytest.raises(ScriptError, match="expect"):
        talks.read_expected(path)
