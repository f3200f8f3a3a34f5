"""What triage learns with, tried in the dialogue's own environment."""

import subprocess

import pytest

from tests.dialogues.process import PYTHON, ROOT

pytestmark = pytest.mark.rasa

# Prints the largest difference from learning anew without each message, one after the other.
_LEFT_OUT = """
import numpy as np
from dialogues.triage.model import learn

draw = np.random.default_rng(7)
rows = draw.normal(size=(40, 5))
alike = np.exp(-((rows[:, None] - rows[None]) ** 2).sum(axis=2)).astype(np.float32)
truth = draw.normal(size=(40, 3)).astype(np.float32)
unseen = learn(alike.copy(), truth)[2]
start = truth.mean(axis=0)
anew = []
for one in range(40):
    others = [other for other in range(40) if other != one]
    ridge = alike[np.ix_(others, others)] + 0.3 * np.eye(39)
    pull = np.linalg.solve(ridge, truth[others] - start)
    anew.append(start + alike[one, others] @ pull)
print(abs(np.array(anew) - unseen).max())
"""


def test_what_each_message_would_get_from_the_others_is_what_they_would_give_it() -> None:
    ran = subprocess.run(  # noqa: S603  # our own interpreter and words
        [PYTHON, "-c", _LEFT_OUT], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert float(ran.stdout) < 1e-4
