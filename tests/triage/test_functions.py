"""What triage must be able to tell, each ability with its own pass rate."""

import pytest

from bot.abilities import read_abilities, texts_of, try_abilities
from bot.labelled import ABILITIES
from bot.triage import local_scorer
from tests.triage.scoring import trained

_ABILITIES = read_abilities(ABILITIES)
_NAMES = [ability.name for ability in _ABILITIES]

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def tried():
    texts = texts_of(_ABILITIES)
    with local_scorer(trained()) as score:
        scores = dict(zip(texts, score(texts), strict=True))
    return {one.ability.name: one for one in try_abilities(_ABILITIES, scores)}


def test_there_are_enough_functions_and_cases():
    assert len(_ABILITIES) >= 36
    assert len(set(_NAMES)) == len(_NAMES)
    assert min(len(set(ability.cases)) for ability in _ABILITIES) >= 12


@pytest.mark.parametrize("name", _NAMES)
def test_function(name, tried):
    found = tried[name]

    wrong = [(" / ".join(case.messages), level.value) for case, level in found.wrong]

    assert found.rate.value >= found.ability.passes, wrong
