"""`frontdoor triage`: lines in, lines out, and a bad line is no reason to stop."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot import triage
from bot.urgency import ModelScore
from models.urgency import Urgency


class Scores:
    """Stands for the dialogue process; stops answering on demand."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.stopped = False

    def __call__(self, texts: Sequence[str]) -> list[ModelScore]:
        if self.stopped:
            raise triage.ScorerUnavailableError("the scorer stopped")
        self.asked.append(list(texts))
        return [
            ModelScore(levels={Urgency.URGENT: 0.9}, harms={}, weights=(), version="v1")
            for _ in texts
        ]


@pytest.fixture
def scores() -> Scores:
    return Scores()


def _run(
    lines: Sequence[str | bytes], score: triage.Score | None = None
) -> tuple[int, list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    code = triage.run(lines, out=out, err=err, score=score)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def test_each_line_gets_a_judgement(scores):
    code, rows, err = _run(['{"id": "a", "text": "hi"}', '{"id": 2, "text": "ok"}'], scores)

    assert (code, err) == (0, "")
    assert [(row["id"], row["urgency"]) for row in rows] == [("a", "urgent"), (2, "urgent")]
    assert set(rows[0]) >= {"id", "urgency", "harms", "language", "scores", "reasons"}
    assert scores.asked == [["hi", "ok"]]


def test_a_bad_line_is_told_by_its_number_and_the_rest_go_on():
    lines = [
        b'{"id": 1, "text": "hes got a knife"}\n',
        b"\xff\xfe rubbish\n",
        b'{"id": 3}\n',
        b"[1]\n",
        b'{"id": 5, "text": "thanks"}\n',
    ]

    code, rows, err = _run(lines)

    assert code == 1
    assert [(row["id"], row["urgency"]) for row in rows] == [(1, "emergency"), (5, "no_concern")]
    assert [line.split(":")[0] for line in err.splitlines()] == ["line 2", "line 3", "line 4"]


def test_phrases_go_on_alone_when_the_model_stops(scores):
    scores.stopped = True

    code, rows, err = _run(['{"id": 1, "text": "hes got a knife"}'], scores)

    assert code == 1
    assert rows[0]["scored"] == "phrases"
    assert rows[0]["urgency"] == "emergency"
    assert "phrases alone" in err


@pytest.mark.parametrize(
    "text",
    ["", "x" * 10_000_000, "\x00\x07\x1b", "\ud800", "\u202eabc\u200b", "😭" * 10_000],
    ids=["empty", "ten_megabytes", "control", "half_a_letter", "right_to_left", "emoji"],
)
def test_any_text_is_answered(scores, text):
    code, rows, _ = _run([json.dumps({"id": 1, "text": text})], scores)

    assert code == 0
    assert rows[0]["id"] == 1
    assert len(scores.asked[0][0]) <= 4_001
