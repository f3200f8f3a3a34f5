"""What is said counts, not of whom: kept from growing apart."""

import pytest

from bot.counterfactuals import read_families, swap, texts_of
from bot.labelled import COUNTERFACTUALS
from tests.triage.scoring import judged

_FAMILIES = read_families(COUNTERFACTUALS)

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def swapped():
    texts = texts_of(_FAMILIES)
    found = swap(_FAMILIES, dict(zip(texts, judged(texts), strict=True)))
    return {one.family.swap: one for one in found}


@pytest.mark.parametrize("family", _FAMILIES, ids=[family.swap for family in _FAMILIES])
def test_who_it_is_said_of_moves_the_alert_little(family, swapped):
    found = swapped[family.swap]

    assert max(abs(shift) for shift in found.shifts.values()) <= family.most_shift, found.shifts
    assert found.flips.value <= family.most_flips
