"""How staff say they want to be called, and what the link in an alert does."""

import datetime as dt

from sqlalchemy import select

from bot import climbing
from models.db import transaction
from models.escalation import AlertPreference, PushSubscription, StaffAlert
from tests.bot.night import owed
from tests.handover.desk import Desk

_BROWSER: dict[str, object] = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "keys": {"p256dh": "k", "auth": "a"},
}


def test_preferences_are_kept_and_a_wrong_number_is_said(engine, anna, desk_of) -> None:
    desk = desk_of(anna)
    desk.get("/account/alerts")

    wrong = desk.post("/account/alerts", ways="sms", phone="12")
    desk.post(
        "/account/alerts", ways="sms", phone="07700 900123", quiet_from="22:00", quiet_until="7:00"
    )

    assert wrong.status_code == 422
    assert "Enter a phone number" in wrong.text
    with transaction(engine) as session:
        [kept] = session.scalars(select(AlertPreference))
    assert (kept.by_sms, kept.by_email, kept.phone) == (True, False, "+447700900123")
    assert kept.quiet_until == dt.time(7)


def test_a_browser_is_kept_once_and_only_of_a_known_push_service(engine, anna, desk_of) -> None:
    desk: Desk = desk_of(anna)
    desk.get("/account/alerts")
    for address in ("http://fcm.googleapis.com/x", "https://10.0.0.1/x", "https://x.example/"):
        assert _add(desk, {**_BROWSER, "endpoint": address}).status_code == 422

    assert _add(desk, _BROWSER).status_code == 204
    assert _add(desk, _BROWSER).status_code == 204

    with transaction(engine) as session:
        [kept] = session.scalars(select(PushSubscription))
    assert kept.details["endpoint"] == _BROWSER["endpoint"]


def test_the_link_acknowledges_when_pressed_and_not_when_opened(door, app) -> None:
    door.practitioner("Dora Duty")
    door.child_says("hes coming up the stairs with a knife")
    climbing.climb_due(door.engine)
    with transaction(door.engine) as session:
        token = session.scalars(
            select(StaffAlert.token).where(StaffAlert.practitioner_id.is_not(None))
        ).one()
    desk = Desk(app)

    page = desk.get(f"/alerts/{token}")
    row = owed(door.engine, door.conversation_id)
    assert row is not None
    assert row.acknowledged_at is None
    assert "knife" not in page.text
    desk.post(f"/alerts/{token}")

    row = owed(door.engine, door.conversation_id)
    assert row is not None
    assert row.acknowledged_at is not None
    assert "you have seen it" in desk.get(f"/alerts/{token}").text
    door.clock.forward(days=2)
    assert desk.get(f"/alerts/{token}").status_code == 410


def _add(desk: Desk, browser: dict[str, object]):
    return desk.client.post(
        "/account/alerts/browsers", json=browser, headers={"X-CSRFToken": desk.token}
    )
