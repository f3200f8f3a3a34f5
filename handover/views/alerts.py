"""How somebody is called, the browsers that take pushes, and the link in an alert."""

import datetime as dt
import re
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from handover import alerting, audit, auth, service
from handover.auth import open_to_all
from handover.service import AccessDeniedError
from handover.views import shared
from models.base import utc_now
from models.db import reading, transaction
from models.encryption import keyring_of
from models.escalation import AlertPreference, AlertWay, PushSubscription, StaffAlert
from models.practitioner import Practitioner

pages = Blueprint("alerts", __name__)
_LINK_LIVES = dt.timedelta(hours=24)
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_MOST_BROWSERS = 10
# Only these hosts are called: an address of somebody's choosing could be one of our own network.
_PUSH_HOSTS = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "notify.windows.com",
    "push.apple.com",
)


@pages.get("/account/alerts")
def show() -> ResponseReturnValue:
    """Gives how somebody is called."""
    return _page()


@pages.post("/account/alerts")
def keep() -> ResponseReturnValue:
    """Keeps how somebody wants to be called."""
    phone = re.sub(r"[\s()-]", "", request.form.get("phone", ""))
    phone = f"+44{phone[1:]}" if phone.startswith("0") else phone
    errors = []
    if phone and not _PHONE.fullmatch(phone):
        errors.append({"text": "Enter a phone number, like 07700 900123", "href": "#phone"})
    if "sms" in request.form.getlist("ways") and not phone:
        errors.append({"text": "Enter the number that texts go to", "href": "#phone"})
    quiet: list[dt.time | None] = []
    for name in ("quiet_from", "quiet_until"):
        try:
            typed = request.form.get(name, "").strip()
            quiet.append(dt.time.fromisoformat(typed.zfill(5)) if typed else None)
        except ValueError:
            errors.append({"text": "Time must be like 22:00", "href": f"#{name}"})
    if not errors and (quiet[0] is None) != (quiet[1] is None):
        errors.append({"text": "Enter both times, or neither", "href": "#quiet_from"})
    if errors:
        return _page(errors), 422
    with transaction(shared.console().engine) as session:
        wanted = _own(session)
        ways = request.form.getlist("ways")
        wanted.by_push, wanted.by_email = "push" in ways, "email" in ways
        wanted.by_sms, wanted.phone = "sms" in ways, phone or None
        wanted.quiet_from, wanted.quiet_until = quiet
        audit.record(session, "alerts_changed", practitioner=auth.signed_in())
    flash("This is how you are called from now on.", "success")
    return redirect("/account/alerts")


@pages.post("/account/alerts/browsers")
def add_browser() -> ResponseReturnValue:
    """Keeps a browser that takes pushes; its own script says which."""
    given = request.get_json(silent=True) or {}
    endpoint, keys = given.get("endpoint"), given.get("keys")
    if not isinstance(endpoint, str) or not _is_push_service(endpoint):
        return {"error": "This browser's push service is not known here."}, 422
    if not isinstance(keys, dict) or not {"p256dh", "auth"} <= keys.keys():
        return {"error": "The browser gave no keys."}, 422
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        digest = keyring_of(session).digest("push", endpoint)
        found = session.scalars(
            select(PushSubscription).where(PushSubscription.endpoint_digest == digest)
        ).one_or_none()
        if found is None:
            found = PushSubscription(endpoint_digest=digest)
            session.add(found)
        # A browser that somebody else has used is called for whoever uses it now.
        found.practitioner_id = me.id
        found.details = {
            "endpoint": endpoint,
            "keys": {name: str(keys[name])[:200] for name in ("p256dh", "auth")},
        }
        found.label = _browser_words(request.headers.get("User-Agent", ""))
        session.flush()
        audit.record(session, "browser_added", practitioner=me, details={"id": found.id})
        for old in _browsers(session)[_MOST_BROWSERS:]:
            session.delete(old)
    return "", 204


@pages.post("/account/alerts/browsers/<int:browser_id>/remove")
def remove_browser(browser_id: int) -> ResponseReturnValue:
    """Forgets a browser."""
    with transaction(shared.console().engine) as session:
        found = session.get(PushSubscription, browser_id)
        if found is None or found.practitioner_id != auth.signed_in().id:
            abort(404)
        session.delete(found)
        audit.record(session, "browser_removed", practitioner=auth.signed_in())
    flash("That browser is not called any more.", "success")
    return redirect("/account/alerts")


@pages.post("/account/alerts/test")
def test() -> ResponseReturnValue:
    """Calls whoever asks by each of their ways, so that they see that it arrives."""
    me = auth.signed_in()
    with transaction(shared.console().engine) as session:
        wanted = alerting.preferences(session, [me])[me.id]
        if wanted.by_email:
            session.add(alerting.trial(me, AlertWay.EMAIL))
        if wanted.by_sms and wanted.phone:
            session.add(alerting.trial(me, AlertWay.SMS))
        if wanted.by_push:
            session.add_all(alerting.trial(me, AlertWay.PUSH, one.id) for one in _browsers(session))
    flash("A test is on its way by each way that is on. It takes a few seconds.", "success")
    return redirect("/account/alerts")


@pages.get("/alerts/<token>")
@open_to_all
def called(token: str) -> ResponseReturnValue:
    """Asks whoever was called to say that they have seen it. Opening the link alone does not."""
    with reading(shared.console().engine) as session:
        alert = _alert(session, token)
        if alert is None:
            return render_template("alert_over.html"), 410
        is_open = alert.escalation is not None and alert.escalation.closed_at is None
        return render_template(
            "alert.html",
            token=token,
            is_open=is_open,
            is_test=alert.escalation is None,
            title=alerting.title(alert).partition(". ")[2] or alerting.title(alert),
            conversation_id=alert.escalation.conversation_id if alert.escalation else None,
            seen_at=alert.acknowledged_at,
        )


@pages.post("/alerts/<token>")
@open_to_all
def acknowledge(token: str) -> ResponseReturnValue:
    """Keeps that whoever was called has seen it."""
    with transaction(shared.console().engine) as session:
        alert = _alert(session, token)
        if alert is None or alert.practitioner is None:
            return render_template("alert_over.html"), 410
        row = alert.escalation
        try:
            if row is not None and row.closed_at is None:
                service.acknowledge(session, alert.practitioner, row.conversation_id)
        except AccessDeniedError:
            return render_template("alert_over.html"), 410
        alert.acknowledged_at = alert.acknowledged_at or utc_now()
    return redirect(f"/alerts/{token}")


@pages.get("/push.js")
@open_to_all
def worker() -> ResponseReturnValue:
    """Gives the script that shows pushes; it stands here so that its links may be anywhere."""
    return current_app.send_static_file("push.js")


def _page(errors: list[dict[str, str]] | None = None) -> str:
    me = auth.signed_in()
    with reading(shared.console().engine) as session:
        return shared.page(
            "alerts.html",
            session,
            wanted=alerting.preferences(session, [me])[me.id],
            browsers=_browsers(session),
            errors=errors or [],
            problems={one["href"]: one["text"] for one in errors or []},
            submitted=request.form,
            push_key=shared.console().settings.push_key,
        )


def _own(session: Session) -> AlertPreference:
    me = auth.signed_in()
    found = session.scalars(
        select(AlertPreference).where(AlertPreference.practitioner_id == me.id)
    ).one_or_none()
    if found is None:
        found = alerting.usual(me.id)
        session.add(found)
    return found


def _browsers(session: Session) -> list[PushSubscription]:
    return list(
        session.scalars(
            select(PushSubscription)
            .where(PushSubscription.practitioner_id == auth.signed_in().id)
            .order_by(PushSubscription.id.desc())
        )
    )


def _alert(session: Session, token: str) -> StaffAlert | None:
    alert = session.scalars(select(StaffAlert).where(StaffAlert.token == token)).one_or_none()
    if alert is None or utc_now() - alert.created_at > _LINK_LIVES:
        return None
    person = session.get(Practitioner, alert.practitioner_id or 0)
    return alert if person is not None and person.active else None


def _is_push_service(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        is_usual_port = parts.port in {None, 443}
    except ValueError:
        return False
    host = parts.hostname or ""
    is_known = any(host == one or host.endswith(f".{one}") for one in _PUSH_HOSTS)
    return parts.scheme == "https" and is_known and is_usual_port


def _browser_words(agent: str) -> str:
    kinds = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    kind = next((name for mark, name in kinds if mark in agent), "A browser")
    system = next((name for mark, name in systems if mark in agent), "an unknown device")
    return f"{kind} on {system}"
