"""Trying each way of calling staff: one test message to one account, and what came back."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, select

from bot import accounts
from bot.alerts import Pagers
from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.checking import Finding, Grade
from bot.pagers.base import Page, PagerGoneError
from bot.paging import open_pagers
from bot.settings import Settings
from handover import alerting, auth
from models.db import open_engine, reading
from models.encryption import read_keyring
from models.escalation import AlertWay, PushSubscription

_WAYS = {
    AlertWay.PUSH: "test by push",
    AlertWay.EMAIL: "test by email",
    AlertWay.SMS: "test by text",
    AlertWay.TEAMS: "test in Teams",
}
_NOT_SET = {
    AlertWay.EMAIL: "set FRONTDOOR_MAIL_URL and FRONTDOOR_MAIL_FROM",
    AlertWay.SMS: "set FRONTDOOR_TWILIO_SMS_NUMBER, with the account and its token",
    AlertWay.TEAMS: "set FRONTDOOR_TEAMS_WEBHOOK_URL",
}
_NOWHERE = {
    AlertWay.PUSH: "this account has no browser that takes alerts: press “Call me in this browser” "
    "under Account, How you are called",
    AlertWay.EMAIL: "this account has no email address",
    AlertWay.SMS: "this account has no number for texts: enter one under Account",
    AlertWay.TEAMS: "",
}
_TAKEN = {
    AlertWay.PUSH: "the push service took it: look whether that browser shows it",
    AlertWay.EMAIL: "the mail server took it: look whether it is in the inbox, not among the spam",
    AlertWay.SMS: "the provider took it: look whether the phone shows it",
    AlertWay.TEAMS: "Teams took it: look whether the channel shows it",
}
_MENDING = {
    AlertWay.PUSH: "let the browser be called anew, under Account, How you are called",
    AlertWay.EMAIL: "look at FRONTDOOR_MAIL_URL, its user and password, and FRONTDOOR_MAIL_FROM",
    AlertWay.SMS: "look at the number and at the Twilio account",
    AlertWay.TEAMS: "look at FRONTDOOR_TEAMS_WEBHOOK_URL: the workflow may be gone or turned off",
}


class NoSuchAccountError(Exception):
    """There is no account for that address; the text says what to do."""


def try_alerts(settings: Settings, email: str) -> Iterator[Finding]:
    """Sends one test by each way that is set up, and gives what came back from each.

    Raises:
        NoSuchAccountError: nobody has an account under that address.
    """
    console_url = str(settings.console_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    channels = accounts.real_channels(settings)
    engine = open_engine(settings.database_url, read_keyring(settings.key_file), pool_size=1)
    try:
        yield from send_tests(
            engine, open_pagers(settings, console_url, channels), console_url, email
        )
    finally:
        engine.dispose()
        for channel in channels:
            channel.close()


def send_tests(engine: Engine, pagers: Pagers, console_url: str, email: str) -> Iterator[Finding]:
    """Gives what came back from each way, for one account; keeps nothing.

    Raises:
        NoSuchAccountError: nobody has an account under that address.
    """
    for way, addresses in _addresses(engine, email).items():
        if way not in pagers:
            yield _finding(Grade.WARN, way, f"not set up: {_NOT_SET[way]}")
        elif not addresses:
            yield _finding(Grade.WARN, way, _NOWHERE[way])
        for label, address in addresses if way in pagers else ():
            page = Page(
                title=alerting.TEST_TITLE,
                body=alerting.TEST_BODY,
                link=f"{console_url}/account/alerts",
                address=address,
                is_loud=False,
            )
            grade, text = _send(pagers, way, page)
            yield _finding(grade, way, f"{label}: {text}" if label else text)


def _addresses(engine: Engine, email: str) -> dict[AlertWay, list[tuple[str, Any]]]:
    """Gives where one account is called by each way, whether or not it has that way on."""
    with reading(engine) as session:
        person = auth.find(session, email)
        if person is None or not person.active:
            raise NoSuchAccountError(
                f"There is no open account for {email}: see `frontdoor user list`."
            )
        phone = alerting.preferences(session, [person])[person.id].phone
        browsers = session.scalars(
            select(PushSubscription)
            .where(PushSubscription.practitioner_id == person.id)
            .order_by(PushSubscription.id)
        )
        return {
            AlertWay.PUSH: [(one.label, one.details) for one in browsers],
            AlertWay.EMAIL: [(person.email, person.email)],
            AlertWay.SMS: [(f"number ending {phone[-3:]}", phone)] if phone else [],
            AlertWay.TEAMS: [("", None)],
        }


def _send(pagers: Pagers, way: AlertWay, page: Page) -> tuple[Grade, str]:
    try:
        pagers[way].send(page)
    except PagerGoneError as error:
        return Grade.FAIL, f"nobody takes alerts there any more ({error}): {_MENDING[way]}"
    except DeliveryRefusedError as error:
        return Grade.FAIL, f"refused for good ({error.code}): {_MENDING[way]}"
    except DeliveryFailedError as error:
        return Grade.FAIL, f"not taken now ({error.code}): {_MENDING[way]}"
    return Grade.OK, _TAKEN[way]


def _finding(grade: Grade, way: AlertWay, text: str) -> Finding:
    return Finding(grade=grade, about=_WAYS[way], text=text)
