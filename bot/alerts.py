"""Sending the alerts to staff: the rows that the ladder wrote, each by its pager.

Nothing is sent inside a transaction. A failed try waits in its row, longer each time; an alert that
is no longer needed is never sent; a browser that is gone is forgotten.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Engine, case, select
from sqlalchemy.orm import Session

from bot import due
from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.due import Due
from bot.pagers.base import Page, Pager, PagerGoneError
from handover import alerting
from models.base import utc_now
from models.db import transaction
from models.escalation import (
    AlertStatus,
    AlertWay,
    PushSubscription,
    StaffAlert,
)
from models.urgency import Urgency

log = structlog.get_logger()

type Pagers = Mapping[AlertWay, Pager]

_LEASE = dt.timedelta(seconds=60)
_FIRST_WAIT = dt.timedelta(seconds=5)
_LONGEST_WAIT = dt.timedelta(minutes=5)
_MOST_TRIES = 12  # in about half an hour, after which the ladder has long called others


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    alert_id: int
    way: AlertWay
    token: str
    page: Page | None
    """None when there is no address for it."""


def send_due(engine: Engine, pagers: Pagers, *, console_url: str, worker: str) -> bool:
    """Sends the most urgent, then oldest alert that is due; False when there was none."""
    begin = partial(_begin, pagers=pagers, console_url=console_url, worker=worker)
    job = _DUE.take(engine, begin)
    if job is None:
        return False
    if job.page is None:
        _settle(engine, job, AlertStatus.CANCELLED, "no_address")
        return True
    try:
        pagers[job.way].send(job.page)
    except PagerGoneError as error:
        _settle(engine, job, AlertStatus.FAILED, str(error), is_gone=True)
    except DeliveryRefusedError as error:
        _settle(engine, job, AlertStatus.FAILED, error.code)
    except DeliveryFailedError as error:
        _settle(engine, job, AlertStatus.QUEUED, error.code)
    else:
        _settle(engine, job, AlertStatus.SENT, None)
    return True


_RANK = case({level.value: level.rank for level in Urgency}, value=StaffAlert.urgency)
_DUE = Due(
    select(StaffAlert)
    .where(StaffAlert.status.in_([AlertStatus.QUEUED, AlertStatus.SENDING]))
    .where(StaffAlert.not_before <= due.NOW)
    .where(due.is_free(StaffAlert.claimed_until))
    .order_by(_RANK.desc(), StaffAlert.id)
    .limit(1),
    StaffAlert.id,
    StaffAlert,
)


def _begin(
    session: Session, alert: StaffAlert, *, pagers: Pagers, console_url: str, worker: str
) -> _Job:
    token = due.lease(alert, worker, _LEASE)
    alert.status = AlertStatus.SENDING
    is_possible = alert.way in pagers and alerting.is_needed(alert)
    if not is_possible:
        alert.status = AlertStatus.CANCELLED
        alert.error_code = None if alert.way in pagers else "not_set_up"
    return _Job(
        alert_id=alert.id,
        way=alert.way,
        token=token,
        page=_page(session, alert, console_url) if is_possible else None,
    )


def _page(session: Session, alert: StaffAlert, console_url: str) -> Page | None:
    address = _address(session, alert)
    if address is None and alert.way is not AlertWay.TEAMS:
        return None
    return Page(
        title=alerting.title(alert),
        body=alerting.body(alert),
        link=alerting.link(alert, console_url),
        address=address,
        is_loud=alert.urgency is Urgency.EMERGENCY,
    )


def _address(session: Session, alert: StaffAlert) -> Any:
    person = alert.practitioner
    if person is None:
        return None
    match alert.way:
        case AlertWay.EMAIL:
            return person.email
        case AlertWay.SMS:
            return alerting.preferences(session, [person])[person.id].phone
        case AlertWay.PUSH:
            found = session.get(PushSubscription, alert.subscription_id or 0)
            return found.details if found is not None else None
        case AlertWay.TEAMS:
            return None


def _settle(
    engine: Engine, job: _Job, status: AlertStatus, code: str | None, *, is_gone: bool = False
) -> None:
    now = utc_now()
    with transaction(engine) as session:
        alert = session.get_one(StaffAlert, job.alert_id, with_for_update=True)
        if alert.claimed_by != job.token:
            log.warning("alert_claim_lost", alert_id=alert.id)
            return
        due.give_back(alert)
        if alert.status is AlertStatus.CANCELLED:
            return
        alert.status = status
        alert.error_code = code
        if status is AlertStatus.SENT:
            alert.sent_at = now
        if status is AlertStatus.QUEUED:
            _wait(alert, now)
        if is_gone and alert.subscription_id is not None:
            browser = session.get(PushSubscription, alert.subscription_id)
            if browser is not None:
                session.delete(browser)
        ended = alert.status
    if ended is AlertStatus.FAILED:
        log.error("alert_failed", alert_id=job.alert_id, way=job.way.value, code=code)
    else:
        log.info("alert_settled", alert_id=job.alert_id, way=job.way.value, status=ended.value)


def _wait(alert: StaffAlert, now: dt.datetime) -> None:
    if alert.attempts >= _MOST_TRIES:
        alert.status = AlertStatus.FAILED
        return
    alert.not_before = now + min(_FIRST_WAIT * 2 ** (alert.attempts - 1), _LONGEST_WAIT)
