"""Marked words, and correcting what was judged wrongly, in a real browser."""

import pytest
from playwright.sync_api import expect

from handover import corrections
from models.db import transaction
from models.practitioner import RoleName
from tests.browser import looking

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

_SAID = "ok so 😭 my stepdad hits me most weeks"


@pytest.fixture
def lead(played):
    found = played.add("Dana Lead", RoleName.SAFEGUARDING_LEAD, RoleName.SUPERVISOR)
    with transaction(played.engine) as session:
        corrections.set_policy(session, found, days=90, basis="Our assessment of 3 March")
    return found


def test_words_are_marked_and_a_correction_is_looked_at_by_a_second_person(
    played, desk, lead
) -> None:
    played.sms.child_says(_SAID)
    played.sms.work()
    talk = f"/conversations/{played.sms.conversation_id}"
    anna = desk(played.anna)
    anna.goto(talk)
    expect(anna.locator("mark.app-why").first).to_be_visible()
    assert anna.locator(".app-message--child .app-message__text").inner_text() == _SAID
    expect(anna.get_by_text("Not fully judged yet").first).to_be_visible()
    assert looking.violations(anna) == []

    anna.goto(f"{talk}/urgency")
    assert looking.violations(anna) == []
    anna.get_by_label("Concern", exact=True).check()
    anna.get_by_label("Physical abuse").uncheck()
    anna.get_by_label("Bullying").check()
    anna.get_by_label("Why does it change?").fill("It is a game they play.")
    anna.get_by_role("button", name="Save the urgency").click()
    expect(anna.get_by_text("The urgency is now: concern.")).to_be_visible()

    dana = desk(lead)
    dana.get_by_role("link", name="Corrections").click()
    expect(dana.get_by_text(_SAID)).to_be_visible()
    dana.get_by_role("button", name="Save").click()
    expect(dana.get_by_role("alert")).to_contain_text("Choose whether the new label is right")
    assert looking.violations(dana) == []
    assert looking.overflow(dana) <= 0
    dana.get_by_label("No, reject it").check()
    dana.get_by_label("Reason").fill("Being hit is no game.")
    dana.get_by_role("button", name="Save").click()
    expect(dana.get_by_text("Nothing waits to be looked at.")).to_be_visible()
    assert looking.violations(dana) == []
