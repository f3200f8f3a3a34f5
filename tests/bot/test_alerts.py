"""Alerts to staff: by each way, tried again, no more than needed, and nothing of a child."""

import base64
import datetime as dt
import json
import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from bot import alerts
from bot.checking import Finding
from bot.pagers.base import Pager
from bot.pagers.mail import MailPager
from bot.pagers.push import PushPager, signing_key
from bot.pagers.teams import TeamsPager
from bot.pagers.text import TextPager
from bot.trying_alerts import NoSuchAccountError, send_tests
from handover import service
from models.channel import ChannelName
from models.db import transaction
from models.escalation import (
    AlertPreference,
    AlertStatus,
    AlertWay,
    PushSubscription,
    StaffAlert,
)
from tests.bot import night
from tests.bot.night import sweep
from tests.door import Door
from tests.fakes.channel import FakeChannel
from tests.fakes.pagers import FakeHooks, FakeMail

_KNIFE = "hes coming up the stairs with a knife"


class Office:
    """Somebody on duty, and everything an alert can go to."""

    def __init__(self, door: Door, folder) -> None:
        self.door = door
        self.mail = FakeMail()
        self.hooks = FakeHooks()
        self.phone = FakeChannel(ChannelName.SMS, account="+447700900000")
        self.dora = door.practitioner("Dora Duty")
        self.pagers: dict[AlertWay, Pager] = {
            AlertWay.EMAIL: MailPager(self.mail.url, "frontdoor@testshire.example"),
            AlertWay.PUSH: PushPager(
                signing_key(folder / "key.pem"), "mailto:it@testshire.example"
            ),
            AlertWay.TEAMS: TeamsPager(f"{self.hooks.url}/teams"),
            AlertWay.SMS: TextPager(self.phone),
        }

    def send(self) -> None:
        """Sends until nothing more is due."""
        while alerts.send_due(
            self.door.engine, self.pagers, console_url="https://console.example", worker="test"
        ):
            pass

    def tries(self, email: str) -> list[Finding]:
        """Gives what came back from one test by each way."""
        return list(send_tests(self.door.engine, self.pagers, "https://console.example", email))

    def wants(self, **how: object) -> None:
        """Sets how Dora wants to be called."""
        with transaction(self.door.engine) as session:
            session.add(AlertPreference(practitioner_id=self.dora.id, **how))

    def has_browser(self) -> None:
        """Lets a browser of Dora's take pushes."""
        point = (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )
        keys = {"p256dh": _b64(point), "auth": _b64(secrets.token_bytes(16))}
        with transaction(self.door.engine) as session:
            session.add(
                PushSubscription(
                    practitioner_id=self.dora.id,
                    endpoint_digest="d",
                    details={"endpoint": f"{self.hooks.url}/push/1", "keys": keys},
                )
            )

    def state_of(self, way: AlertWay) -> list[AlertStatus]:
        """Gives what became of the alerts of one way."""
        return [alert.status for alert in night.alerts(self.door.engine) if alert.way is way]

    def close(self) -> None:
        """Ends the servers."""
        self.mail.close()
        self.hooks.close()


@pytest.fixture
def office(door: Door, tmp_path) -> Iterator[Office]:
    office = Office(door, tmp_path)
    yield office
    office.close()


def test_whoever_is_on_duty_is_called_by_each_way_of_theirs(office: Office):
    office.has_browser()
    office.wants(by_sms=True, phone="+447700900999")
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)

    office.send()

    assert {alert.status for alert in night.alerts(office.door.engine)} == {AlertStatus.SENT}
    [mail] = office.mail.received
    assert mail["To"] == office.dora.email
    assert [one.address for one in office.phone.sent] == ["+447700900999"]
    assert sorted(call.path for call in office.hooks.calls) == ["/push/1", "/teams"]


def test_nothing_of_a_child_is_in_an_alert(office: Office):
    office.wants(by_sms=True, phone="+447700900999")
    office.door.child_says(f"im Rosie. {_KNIFE}")
    sweep(office.door.engine)

    office.send()

    said = [str(office.mail.received[0]), office.phone.sent[0].text]
    said.append(json.dumps([call.body.decode() for call in office.hooks.calls]))
    for text in said:
        assert "EMERGENCY" in text
        for word in ("Rosie", "knife", "stairs", office.door.address, "conversations/"):
            assert word not in text


def test_a_way_that_fails_is_tried_again_and_then_arrives(office: Office):
    office.mail.refusals.append("451 later")
    office.hooks.fail_next(503, on="/teams")
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)

    office.send()
    waiting = office.state_of(AlertWay.EMAIL)
    office.door.clock.forward(seconds=6)
    office.send()

    assert waiting == [AlertStatus.QUEUED]
    assert office.state_of(AlertWay.EMAIL) == [AlertStatus.SENT]
    assert office.state_of(AlertWay.TEAMS) == [AlertStatus.SENT]
    assert len(office.mail.received) == 1


def test_a_refused_alert_is_given_up(office: Office):
    office.mail.refusals.append("550 no such person")
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)

    office.send()

    assert office.state_of(AlertWay.EMAIL) == [AlertStatus.FAILED]


def test_a_browser_that_is_gone_is_forgotten(office: Office):
    office.has_browser()
    office.hooks.fail_next(410, on="/push")
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)

    office.send()

    with transaction(office.door.engine) as session:
        assert session.scalars(select(PushSubscription)).all() == []
    assert office.state_of(AlertWay.PUSH) == [AlertStatus.FAILED]


def test_an_alert_that_is_no_longer_needed_does_not_go(office: Office):
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)
    with transaction(office.door.engine) as session:
        service.acknowledge(session, office.dora, office.door.conversation_id)

    office.send()

    assert office.state_of(AlertWay.EMAIL) == [AlertStatus.CANCELLED]
    assert office.mail.received == []


@pytest.mark.parametrize(
    ("words", "is_sent"), [(_KNIFE, True), ("my dad hits me every night", False)]
)
def test_quiet_hours_hold_everything_but_an_emergency(office: Office, words, is_sent):
    office.wants(quiet_from=dt.time(22), quiet_until=dt.time(7))
    office.door.clock.set(dt.datetime(2026, 1, 14, 2, 0, tzinfo=dt.UTC))
    office.door.child_says(words)
    sweep(office.door.engine)

    office.send()
    assert bool(office.mail.received) is is_sent

    office.door.clock.set(dt.datetime(2026, 1, 14, 7, 0, tzinfo=dt.UTC))
    office.send()
    assert len(office.mail.received) == 1


def test_a_sender_that_died_is_followed_by_another(office: Office):
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)
    with transaction(office.door.engine) as session:
        for alert in session.scalars(select(StaffAlert)):
            alert.status = AlertStatus.SENDING
            alert.claimed_by = "dead"
            alert.claimed_until = office.door.clock.now() + dt.timedelta(seconds=60)
    office.send()
    assert office.mail.received == []

    office.door.clock.forward(seconds=61)
    office.send()

    assert len(office.mail.received) == 1


def test_a_way_that_is_not_set_up_keeps_nothing_waiting(office: Office):
    del office.pagers[AlertWay.TEAMS]
    office.door.child_says(_KNIFE)
    sweep(office.door.engine)

    office.send()

    assert office.state_of(AlertWay.TEAMS) == [AlertStatus.CANCELLED]
    assert office.state_of(AlertWay.EMAIL) == [AlertStatus.SENT]


def test_each_way_is_tried_once_and_what_came_back_is_said(office: Office):
    office.has_browser()
    office.wants(phone="+447700900999")
    office.hooks.fail_next(403, on="/push")
    office.mail.refusals.append("535 no")
    del office.pagers[AlertWay.TEAMS]

    found = {one.about: one for one in office.tries(office.dora.email)}

    assert [(one.grade.value, about) for about, one in found.items()] == [
        ("fail", "test by push"),
        ("fail", "test by email"),
        ("ok", "test by text"),
        ("warn", "test in Teams"),
    ]
    assert "refused for good (push_403)" in found["test by push"].text
    assert "mail_535" in found["test by email"].text
    assert "FRONTDOOR_TEAMS_WEBHOOK_URL" in found["test in Teams"].text
    [text] = office.phone.sent
    assert "this is a test" in text.text
    assert night.alerts(office.door.engine) == []
    with pytest.raises(NoSuchAccountError):
        office.tries("nobody@testshire.example")


def test_the_key_for_pushes_is_made_once_and_is_its_owners(tmp_path):
    first, second = signing_key(tmp_path / "key.pem"), signing_key(tmp_path / "key.pem")

    assert first.private_pem() == second.private_pem()
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
