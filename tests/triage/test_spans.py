"""What `frontdoor triage` says spoke for a level stands where it says, in any text."""

import io
import json

import pytest

from bot import triage
from tests.triage.scoring import trained

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]

_TEXTS = [
    "pls 😭😭 hes got a kniiife and im scared",
    "👩‍👧👩‍👧 he hits me every night 👊🏽",
    "\u202bأبي يضربني كل ليلة\u202c and no one helps",
    "he\u200bhits\u200bme\u0301 and i wa\u0301nt to die",
    "HE\u2019S HITTING MUM\n\n\trn",
    "ﬁne but he hurts me ½ the time İstanbul",
    "he hits me " + "and then we had tea " * 400 + "and now i want to die",
    "x" * 9_000 + " he has a knife",
    "🔪" * 2_000,
    "\x00\x01 i took all the tablets \ufeff",
    "",
    "   ",
]


def test_every_reason_stands_on_its_words():
    lines = [json.dumps({"id": place, "text": text}) for place, text in enumerate(_TEXTS)]
    out, err = io.StringIO(), io.StringIO()

    with triage.local_scorer(trained()) as score:
        code = triage.run(lines, out=out, err=err, score=score)

    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (code, err.getvalue()) == (0, "")
    assert [row["id"] for row in found] == list(range(len(_TEXTS)))
    for row in found:
        text = _TEXTS[row["id"]]
        assert all(text[one["start"] : one["end"]] == one["words"] for one in row["reasons"])
    kinds = {one["kind"] for row in found for one in row["reasons"]}
    assert kinds == {"phrase", "model"}
