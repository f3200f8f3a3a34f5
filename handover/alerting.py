"""Alerts to staff: which rows are written when somebody is called, and what they say.

Only rows are written here; the bot's alert loop sends them. An alert says that somebody waits and
how urgent it is, never who the child is or what was said.
"""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import rota
from models.base import utc_now
from models.escalation import (
    AlertPreference,
    AlertWay,
    Escalation,
    PushSubscription,
    Rung,
    StaffAlert,
)
from models.practitioner import Practitioner
from models.urgency import Urgency

TEST_TITLE = "Front Door: this is a test"
TEST_BODY = "Alerts reach you this way. Nobody is waiting."
_LEVEL_WORDS = {
    Urgency.EMERGENCY: "EMERGENCY: a child waits for a person now",
    Urgency.URGENT: "Urgent: a child waits for a person",
    Urgency.CONCERN: "A child has waited too long for a person",
    Urgency.NO_CONCERN: "A child has waited too long for a person",
}
_RUNG_WORDS = {
    Rung.WORKER: "You hold this conversation.",
    Rung.DUTY: "You are called as duty.",
    Rung.EMERGENCY_DUTY: "Nobody before you answered. You are called as emergency duty.",
    Rung.MANAGER: "Nobody before you answered. You are called as manager.",
}


def call(
    session: Session, row: Escalation, people: Sequence[Practitioner], now: dt.datetime
) -> list[StaffAlert]:
    """Gives the alerts of one step of the ladder, queued for each person by each way of theirs."""
    wanted = preferences(session, people)
    browsers = _browsers(session, people)
    alerts = [
        _alert(row, way, now, person=person, browser=browser, not_before=begin)
        for person in people
        for begin in [_first_moment(wanted[person.id], row.urgency, now)]
        for way, browser in _ways(wanted[person.id], browsers[person.id])
    ]
    if row.rung is not Rung.WORKER:
        alerts.append(_alert(row, AlertWay.TEAMS, now))
    session.add_all(alerts)
    return alerts


def preferences(session: Session, people: Iterable[Practitioner]) -> dict[int, AlertPreference]:
    """Gives how each person wants to be called, as they set it or as it is without."""
    ids = [person.id for person in people]
    found = {
        one.practitioner_id: one
        for one in session.scalars(
            select(AlertPreference).where(AlertPreference.practitioner_id.in_(ids))
        )
    }
    return {number: found.get(number) or usual(number) for number in ids}


def usual(practitioner_id: int) -> AlertPreference:
    """Gives how somebody is called who has set nothing."""
    return AlertPreference(
        practitioner_id=practitioner_id, by_push=True, by_email=True, by_sms=False
    )


def is_needed(alert: StaffAlert) -> bool:
    """Tells whether an alert is still to go: nobody answered the child or took it on meanwhile."""
    row = alert.escalation
    return row is None or (row.closed_at is None and row.acknowledged_at is None)


def title(alert: StaffAlert) -> str:
    """Gives an alert's first line."""
    if alert.escalation_id is None:
        return TEST_TITLE
    return f"Front Door. {_LEVEL_WORDS[alert.urgency]}"


def body(alert: StaffAlert) -> str:
    """Gives what an alert says beside its link; nothing of the child."""
    if alert.escalation_id is None:
        return TEST_BODY
    if alert.way is AlertWay.TEAMS:
        return "Open the queue and say that you have seen it."
    return f"{_RUNG_WORDS[alert.rung]} Open the link to say that you have seen it."


def link(alert: StaffAlert, console_url: str) -> str:
    """Gives where an alert leads: to its acknowledgement, or for a group to the queue."""
    if alert.practitioner_id is None:
        return f"{console_url}/queue"
    return f"{console_url}/alerts/{alert.token}"


def quiet_until(preference: AlertPreference, now: dt.datetime) -> dt.datetime | None:
    """Gives when somebody's quiet hours end; None when it is not quiet."""
    begin, end = preference.quiet_from, preference.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(rota.LONDON)
    is_over_midnight = begin > end
    time = local.time()
    is_late, is_early = time >= begin, time < end
    if not (is_late or is_early if is_over_midnight else is_late and is_early):
        return None
    ends_tomorrow = is_over_midnight and time >= begin
    return rota.local_moment(local.date() + dt.timedelta(days=int(ends_tomorrow)), end)


def trial(practitioner: Practitioner, way: AlertWay, browser: int | None = None) -> StaffAlert:
    """Gives an alert that somebody asked for, to see that it arrives."""
    now = utc_now()
    return StaffAlert(
        authority_id=practitioner.authority_id,
        rung=Rung.DUTY,
        urgency=Urgency.NO_CONCERN,
        way=way,
        practitioner_id=practitioner.id,
        subscription_id=browser,
        once=f"test:{secrets.token_hex(16)}",
        token=secrets.token_urlsafe(32),
        not_before=now,
    )


def _first_moment(wanted: AlertPreference, urgency: Urgency, now: dt.datetime) -> dt.datetime:
    if urgency is Urgency.EMERGENCY:
        return now
    return quiet_until(wanted, now) or now


def _ways(
    wanted: AlertPreference, browsers: Iterable[int]
) -> Iterator[tuple[AlertWay, int | None]]:
    if wanted.by_push:
        for browser in browsers:
            yield AlertWay.PUSH, browser
    if wanted.by_email:
        yield AlertWay.EMAIL, None
    if wanted.by_sms and wanted.phone:
        yield AlertWay.SMS, None


def _browsers(session: Session, people: Iterable[Practitioner]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    ids = [person.id for person in people]
    for number, owner in session.execute(
        select(PushSubscription.id, PushSubscription.practitioner_id)
        .where(PushSubscription.practitioner_id.in_(ids))
        .order_by(PushSubscription.id)
    ):
        found[owner].append(number)
    return found


def _alert(
    row: Escalation,
    way: AlertWay,
    now: dt.datetime,
    *,
    person: Practitioner | None = None,
    browser: int | None = None,
    not_before: dt.datetime | None = None,
) -> StaffAlert:
    whom = person.id if person is not None else "all"
    return StaffAlert(
        authority_id=row.authority_id,
        escalation_id=row.id,
        climb=row.climb,
        rung=row.rung,
        urgency=row.urgency,
        way=way,
        practitioner_id=person.id if person is not None else None,
        subscription_id=browser,
        once=f"{row.id}:{row.climb}:{way}:{whom}:{browser or 0}",
        token=secrets.token_urlsafe(32),
        not_before=not_before or now,
    )
