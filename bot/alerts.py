"""Sending the alerts to staff: the rows that the ladder wrote, each by its pager.

Nothing is sent inside a transaction. A failed try waits in its row, longer each time; an alert that
is no longer needed is never sent; a browser that is gone is forgotten.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Engine, Select, bindparam, case, or_, select
from sqlalchemy.orm import Session

from bot.channels.base import DeliveryFailedError, DeliveryRefusedError
from bot.pagers.base import Page, Pager, PagerGoneError
from handover import alerting
from models.base import utc_now
from models.db import reading, transaction
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
    job = _claim(engine, pagers, console_url, worker)
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


def _claim(engine: Engine, pagers: Pagers, console_url: str, worker: str) -> _Job | None:
    now = utc_now()
    with reading(engine) as session:
        # An idle sender must not take the write lock many times a second.
        if session.scalar(_IS_DUE, {"now": now}) is None:
            return None
    with transaction(engine) as session:
        alert = session.scalars(_DUE, {"now": now}).first()
        if alert is None:
            return None
        alert.claimed_by = f"{worker}:{secrets.token_hex(8)}"[-64:]
        alert.claimed_until = now + _LEASE
        alert.status = AlertStatus.SENDING
        alert.attempts += 1
        is_possible = alert.way in pagers and alerting.is_needed(alert)
        if not is_possible:
            alert.status = AlertStatus.CANCELLED
            alert.error_code = None if alert.way in pagers else "not_set_up"
        return _Job(
            alert_id=alert.id,
            way=alert.way,
            token=alert.claimed_by,
            page=_page(session, alert, console_url) if is_possible else None,
        )


def _due() -> Select[StaffAlert]:
    now = bindparam("now", type_=StaffAlert.not_before.type)
    rank = case({level.value: level.rank for level in Urgency}, value=StaffAlert.urgency)
    return (
        select(StaffAlert)
        .where(StaffAlert.status.in_([AlertStatus.QUEUED, AlertStatus.SENDING]))
        .where(StaffAlert.not_before <= now)
        .where(or_(StaffAlert.claimed_until.is_(None), StaffAlert.claimed_until < now))
        .order_by(rank.desc(), StaffAlert.id)
        .limit(1)
    )


# Made once: idle senders look many times a second.
_DUE = _due().with_for_update(skip_locked=True)
_IS_DUE = _due().with_only_columns(StaffAlert.id)


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
        alert.claimed_by = None
        alert.claimed_until = None
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
