"""Every route, and who may use it. A new route fails here until somebody says who may."""

import re

from flask import Blueprint, Flask
from sqlalchemy import Engine

from handover import auth
from handover.app import create_app
from handover.settings import ConsoleSettings
from tests.handover.desk import Desk

EVERYBODY, SIGNED_IN = "everybody", "signed in"
STAFF = "practitioner, supervisor"
KEEPERS = "admin, editor, supervisor"
SUPERVISOR = "supervisor"
BOT_KEEPERS = "admin, editor, publisher, safeguarding_lead"
BOT_EDITORS = "admin, editor"
ROTA_KEEPERS = "admin, supervisor"

WHO_MAY = {
    "/": SIGNED_IN,
    "/account": SIGNED_IN,
    "/account/alerts": SIGNED_IN,
    "/account/alerts/browsers": SIGNED_IN,
    "/account/alerts/browsers/<int:browser_id>/remove": SIGNED_IN,
    "/account/alerts/test": SIGNED_IN,
    "/account/away": STAFF,
    "/account/away/<int:absence_id>/cancel": STAFF,
    "/account/duty": SIGNED_IN,
    "/account/password": SIGNED_IN,
    "/account/recovery-codes": SIGNED_IN,
    # The library's own page, which answers only in the middle of a sign-in or after one.
    "/account/second-factor": EVERYBODY,
    "/account/second-factor/<token>": SIGNED_IN,
    # Whoever was called, by the secret in the link, who need not be signed in yet.
    "/alerts/<token>": EVERYBODY,
    "/push.js": EVERYBODY,
    "/board": SUPERVISOR,
    "/board/panel": SUPERVISOR,
    "/board/pauses/<int:worker_id>": SUPERVISOR,
    "/contacts/<int:contact_id>": STAFF,
    "/contacts/<int:contact_id>/chronology": STAFF,
    "/contacts/<int:contact_id>/decision": STAFF,
    "/contacts/<int:contact_id>/links/<int:link_id>/end": STAFF,
    "/contacts/<int:contact_id>/links/new": STAFF,
    "/contacts/<int:contact_id>/notes/<int:note_id>/correct": STAFF,
    "/contacts/<int:contact_id>/notes/new": STAFF,
    "/contacts/<int:contact_id>/print": STAFF,
    "/contacts/<int:contact_id>/print.pdf": STAFF,
    "/contacts/<int:contact_id>/referral": STAFF,
    "/contacts/<int:contact_id>/search": STAFF,
    "/contacts/<int:contact_id>/sections/<key>": STAFF,
    "/contacts/<int:contact_id>/tasks/new": STAFF,
    "/contacts/<int:contact_id>/worker": STAFF,
    "/contacts/new": STAFF,
    "/conversations/<int:conversation_id>": STAFF,
    "/conversations/<int:conversation_id>/acknowledge": STAFF,
    "/conversations/<int:conversation_id>/decision": STAFF,
    "/conversations/<int:conversation_id>/end": STAFF,
    "/conversations/<int:conversation_id>/help-numbers": STAFF,
    "/conversations/<int:conversation_id>/live": STAFF,
    "/conversations/<int:conversation_id>/panels": STAFF,
    "/conversations/<int:conversation_id>/print": STAFF,
    "/conversations/<int:conversation_id>/print.pdf": STAFF,
    "/conversations/<int:conversation_id>/release": STAFF,
    "/conversations/<int:conversation_id>/reply": STAFF,
    "/conversations/<int:conversation_id>/review": SUPERVISOR,
    "/conversations/<int:conversation_id>/take-over": STAFF,
    "/conversations/<int:conversation_id>/transfer": STAFF,
    "/conversations/<int:conversation_id>/urgency": STAFF,
    "/conversations/<int:conversation_id>/voice-notes/<int:voice_note_id>": STAFF,
    "/corrections": "safeguarding_lead",
    "/corrections/<int:correction_id>": "safeguarding_lead",
    "/decisions": STAFF,
    "/dialogue/<int:number>/publish": "admin, publisher, safeguarding_lead",
    "/dialogue/<int:number>/share": BOT_KEEPERS,
    "/dialogue/<int:number>/share/<int:share_id>/end": BOT_KEEPERS,
    "/dialogue/<int:number>/try": BOT_KEEPERS,
    "/dialogue/<int:number>/real-conversations": "safeguarding_lead",
    "/dialogue/real-conversations": "admin, safeguarding_lead",
    "/dialogue/history": BOT_KEEPERS,
    "/dialogue/review": "admin, safeguarding_lead",
    "/dialogue/roll-back": "admin, publisher",
    "/dialogue": BOT_KEEPERS,
    "/dialogue/<int:number>": BOT_KEEPERS,
    "/dialogue/<int:number>/<kind>": BOT_KEEPERS,
    "/dialogue/<int:number>/answers/new": BOT_EDITORS,
    "/dialogue/<int:number>/check": BOT_EDITORS,
    "/dialogue/<int:number>/checks": BOT_KEEPERS,
    "/dialogue/<int:number>/comments": BOT_KEEPERS,
    "/dialogue/<int:number>/difference": BOT_KEEPERS,
    "/dialogue/<int:number>/cover": BOT_EDITORS,
    "/dialogue/<int:number>/examples": BOT_KEEPERS,
    "/dialogue/<int:number>/examples/<intent>": BOT_EDITORS,
    "/dialogue/<int:number>/export.zip": BOT_KEEPERS,
    "/dialogue/<int:number>/files/<path:path>": BOT_KEEPERS,
    "/dialogue/<int:number>/flow": BOT_KEEPERS,
    "/dialogue/<int:number>/import": BOT_EDITORS,
    "/dialogue/<int:number>/numbers/<key>": BOT_EDITORS,
    "/dialogue/<int:number>/phrases": BOT_KEEPERS,
    "/dialogue/<int:number>/phrases/<name>": BOT_EDITORS,
    "/dialogue/<int:number>/phrases/new": BOT_EDITORS,
    "/dialogue/<int:number>/questions/<int:place>": BOT_EDITORS,
    "/dialogue/<int:number>/questions/<int:place>/when": BOT_EDITORS,
    "/dialogue/<int:number>/questions/new": BOT_EDITORS,
    "/dialogue/<int:number>/sign": "admin, safeguarding_lead",
    "/dialogue/<int:number>/texts/<key>": BOT_KEEPERS,
    "/dialogue/<int:number>/texts/<key>/buttons": BOT_EDITORS,
    "/dialogue/drafts": BOT_EDITORS,
    "/fs-static/<path:filename>": SIGNED_IN,
    "/live": STAFF,
    "/live/check": SIGNED_IN,
    "/queue": STAFF,
    "/queue/views": STAFF,
    "/queue/views/<int:view_id>/delete": STAFF,
    "/search": STAFF,
    "/sign-in": EVERYBODY,
    "/sign-in/again": SIGNED_IN,
    "/sign-in/code": EVERYBODY,
    "/sign-in/recovery": EVERYBODY,
    "/sign-in/rescue": EVERYBODY,
    "/sign-in/way": EVERYBODY,
    "/sign-out": SIGNED_IN,
    "/static/<path:filename>": EVERYBODY,
    "/tasks": STAFF,
    "/tasks/<int:task_id>": STAFF,
    "/welcome/<token>": EVERYBODY,
    "/conversations/<int:conversation_id>/check": STAFF,
    "/conversations/<int:conversation_id>/messages/<int:message_id>/take-back": STAFF,
    "/conversations/<int:conversation_id>/messages/<int:message_id>/override": STAFF,
    "/conversations/<int:conversation_id>/notes": STAFF,
    "/conversations/<int:conversation_id>/notes/<int:note_id>": STAFF,
    "/overrides/<int:override_id>": STAFF,
    "/conversations/<int:conversation_id>/welfare": STAFF,
    "/conversations/<int:conversation_id>/recognitions/<int:recognition_id>/undo": STAFF,
    "/feedback": SUPERVISOR,
    "/conversations/<int:conversation_id>/step-in": STAFF,
    "/conversations/<int:conversation_id>/transfer/authority": STAFF,
    "/for-you": STAFF,
    "/for-you/news": STAFF,
    "/transfers/<int:transfer_id>/accept": STAFF,
    "/transfers/<int:transfer_id>/decline": STAFF,
    "/transfers/<int:transfer_id>/withdraw": STAFF,
    "/replies": KEEPERS,
    "/replies/<shortcut>": KEEPERS,
    "/replies/<shortcut>/remove": KEEPERS,
    "/replies/new": KEEPERS,
    "/replies/undo": KEEPERS,
    "/rota": SIGNED_IN,
    "/rota/calendar": ROTA_KEEPERS,
    "/rota/day": ROTA_KEEPERS,
    "/rota/day/<int:day_id>/remove": ROTA_KEEPERS,
    "/rota/hours": ROTA_KEEPERS,
    "/rota/ladder": ROTA_KEEPERS,
    "/rota/shift": ROTA_KEEPERS,
    "/rota/shift/<int:shift_id>/remove": ROTA_KEEPERS,
    "/rota/teams": SIGNED_IN,
    "/rota/teams/<int:team_id>": ROTA_KEEPERS,
    "/rota/teams/<int:team_id>/remove": ROTA_KEEPERS,
    "/rota/teams/new": ROTA_KEEPERS,
}


def test_every_route_says_who_may(app: Flask) -> None:
    found = {str(rule): _who_may(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert found == WHO_MAY


def test_nobody_gets_in_without_signing_in(app: Flask) -> None:
    for path in (path for path, who in WHO_MAY.items() if who != EVERYBODY):
        for method in _methods(app, path):
            answer = app.test_client().open(_concrete(path), method=method)
            assert answer.status_code in {302, 401}, (method, path)
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/sign-in"), (method, path)


def test_an_administrator_does_not_read_what_children_wrote(app, desk_of, admin) -> None:
    desk: Desk = desk_of(admin)
    desk.get("/account")

    for path in (path for path, who in WHO_MAY.items() if who in {STAFF, SUPERVISOR}):
        for method in _methods(app, path):
            concrete = _concrete(path)
            answer = desk.post(concrete) if method == "POST" else desk.get(concrete)
            assert answer.status_code == 403, (method, path)


def test_a_blueprint_beside_the_console_is_refused_unless_it_is_marked(
    engine: Engine, settings: ConsoleSettings
) -> None:
    closed, machines = Blueprint("closed", __name__), Blueprint("machines", __name__)
    closed.post("/closed")(lambda: "")
    machines.post("/machines")(lambda: "received")
    app = create_app(engine, settings, blueprints=[closed, auth.machines_blueprint(machines)])

    assert app.test_client().post("/closed").status_code == 401
    assert app.test_client().post("/machines").text == "received"


def _who_may(app: Flask, endpoint: str) -> str:
    marks = auth.marks_of(app, endpoint)
    if marks.is_open:
        return EVERYBODY
    return ", ".join(sorted(marks.roles)) or SIGNED_IN


def _concrete(path: str) -> str:
    path = path.replace("<path:filename>", "js/base64.js")
    return re.sub(r"<\w+>", "x", re.sub(r"<int:\w+>", "1", path))


def _methods(app: Flask, path: str) -> set[str]:
    found: set[str] = set()
    for rule in app.url_map.iter_rules():
        if str(rule) == path:
            found |= (rule.methods or set()) & {"GET", "POST"}
    return found
