"""Every form says all that is wrong with it at once, each with a link to where it is mended."""

import re

import pytest

from models.practitioner import RoleName
from tests.handover.desk import Desk, add_staff

_SUMMARY = re.compile(r'govuk-error-summary__list">(.*?)</ul>', re.DOTALL)
_LINK = re.compile(r'<a href="#([^"]+)">')


@pytest.fixture
def desk(engine, authority, desk_of) -> Desk:
    """Gives the desk of somebody who may fill in nearly every form."""
    roles = (RoleName.PRACTITIONER, RoleName.SUPERVISOR, RoleName.ADMIN, RoleName.EDITOR)
    sat: Desk = desk_of(add_staff(engine, authority, "Dee Hall", *roles))
    return sat


def test_every_form_names_all_that_is_missing_with_a_link_to_each(door, desk):
    door.dialogue.cannot_score = True
    door.child_says("my stepdad hits me most weeks")
    door.work()
    contact = f"/contacts/{door.contact().id}"

    for path, sent, wrong in (
        ("/contacts/new", {}, ["channel", "received", "source", "concern", "urgency"]),
        (f"{contact}/notes/new", {"day-time": "25:00"}, ["kind", "day", "day-time", "text"]),
        (f"{contact}/tasks/new", {}, ["kind", "what", "due"]),
        (f"{contact}/links/new", {}, ["other", "kind", "reason"]),
        (f"{contact}/worker", {}, ["worker", "reason"]),
        (f"{contact}/decision", {}, ["outcome", "text"]),
        ("/account/away", {}, ["first", "last"]),
        ("/rota/shift", {"when": "once"}, ["who", "kind", "day", "times"]),
        ("/rota/shift", {}, ["who", "kind", "when", "times"]),
        ("/rota/calendar", {}, ["kind", "file"]),
        ("/rota/day", {"times": "9"}, ["day", "times"]),
        ("/rota/hours", {"monday": "9", "friday": "17-9"}, ["monday", "friday"]),
        ("/replies/new", {"text": "[[age]]"}, ["title", "shortcut", "text"]),
        ("/search", {"since-day": "40", "until-day": "x"}, ["since", "until"]),
    ):
        desk.get(path)
        answered = desk.post(path, **sent)
        [listed] = _SUMMARY.findall(answered.text)

        assert answered.status_code == 422, path
        assert _LINK.findall(listed) == wrong, path
        for field in wrong:
            assert f'id="{field}"' in answered.text, (path, field)
