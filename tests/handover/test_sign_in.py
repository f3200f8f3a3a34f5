"""Signing in: passwords, pauses after guessing, second factors and one-time links."""

import base64
import datetime as dt
import hashlib
import hmac
import re
import struct
import subprocess
import sys
import time

import argon2
import pytest
from sqlalchemy import select

from handover import auth
from handover.app import create_app
from models.audit import AuditEvent
from models.authority import Authority
from models.db import reading, transaction
from models.practitioner import Practitioner, RoleName
from tests.handover.desk import PASSWORD, Desk

# The sign-in library names its choices in a way that the forms library gives up in its version 4.
pytestmark = pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning")


def test_a_practitioner_signs_in_and_out(app, anna) -> None:
    desk = Desk(app)

    assert desk.sign_in(anna.email.upper()).headers["Location"] == "/"
    assert desk.get("/queue").status_code == 200
    desk.post("/sign-out")

    assert desk.get("/queue").headers["Location"].startswith("/sign-in")


def test_a_password_is_costly_to_guess_from_its_hash() -> None:
    # In a process of its own: this one's hashes are light.
    program = "from handover import auth; print(auth.hash_password('three random words'))"

    hashed = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    costs = argon2.extract_parameters(hashed.strip())

    # The least that OWASP's Password Storage Cheat Sheet asks of argon2id (read 2026-11).
    assert costs.type is argon2.Type.ID
    assert costs.memory_cost >= 19 * 1024
    assert costs.time_cost >= 2


def test_sign_in_leads_on_to_the_page_that_was_asked_for(app, anna) -> None:
    desk = Desk(app)
    asked = desk.get("/queue?list=ended").headers["Location"]
    desk.get(asked)

    answer = desk.post("/sign-in", email=anna.email, password=PASSWORD, next="/queue?list=ended")

    assert answer.headers["Location"] == "/queue?list=ended"


def test_sign_in_never_leads_to_another_site(app, anna) -> None:
    desk = Desk(app)
    desk.get("/sign-in")

    answer = desk.post(
        "/sign-in", email=anna.email, password=PASSWORD, next="https://evil.example/"
    )

    assert "evil" not in answer.headers.get("Location", "")


def test_a_wrong_password_and_an_unknown_address_look_the_same(app, anna) -> None:
    wrong = Desk(app).sign_in(anna.email, "not the password")
    unknown = Desk(app).sign_in("nobody@testshire.example.org", "not the password")

    assert "Check your email address and password" in wrong.text
    tokens = re.compile(r'value="[^"]*"')
    assert tokens.sub("", wrong.text) == tokens.sub("", unknown.text)


def test_guessing_pauses_an_account_even_for_the_right_password(app, anna) -> None:
    for _ in range(3):
        wrong = Desk(app).sign_in(anna.email, "a wrong password")
    desk = Desk(app)
    right = desk.sign_in(anna.email)

    assert right.status_code == 200
    assert desk.get("/queue").status_code == 302
    # Whoever goes on guessing learns nothing from the page.
    tokens = re.compile(r'value="[^"]*"')
    assert tokens.sub("", right.text) == tokens.sub("", wrong.text)


def test_guessing_takes_nobody_from_the_child_they_are_talking_with(app, anna, desk_of) -> None:
    at_work = desk_of(anna)
    other = Desk(app)
    for _ in range(8):
        other.sign_in(anna.email, "wrong")

    paused = other.sign_in(anna.email)

    assert paused.status_code != 302
    assert at_work.get("/queue").status_code == 200


def test_a_pause_ends_by_itself(app, anna, engine, settings) -> None:
    for _ in range(3):
        Desk(app).sign_in(anna.email, "a wrong password")
    with transaction(engine) as session:
        for event in session.scalars(select(AuditEvent)):
            event.at -= dt.timedelta(minutes=settings.sign_in_pause_minutes + 1)

    assert Desk(app).sign_in(anna.email).status_code == 302


def test_somebody_who_left_no_longer_gets_in(app, anna, engine, desk_of) -> None:
    desk = desk_of(anna)
    with transaction(engine) as session:
        session.get_one(Practitioner, anna.id).active = False

    assert desk.get("/queue").status_code == 302
    assert Desk(app).sign_in(anna.email).status_code == 200


def test_an_authenticator_app_is_asked_for_once_it_is_set_up(app, anna, desk_of) -> None:
    key = _set_up_app(desk_of(anna))
    desk = Desk(app)

    assert desk.sign_in(anna.email).headers["Location"].startswith("/sign-in/code")
    assert desk.get("/queue").status_code == 302
    desk.get("/sign-in/code")
    assert desk.post("/sign-in/code", code=_code(key)).status_code == 302

    assert desk.get("/queue").status_code == 200


def test_guessing_codes_pauses_the_account(app, anna, desk_of) -> None:
    key = _set_up_app(desk_of(anna))
    desk = Desk(app)
    desk.sign_in(anna.email)
    for _ in range(3):
        desk.get("/sign-in/code")
        desk.post("/sign-in/code", code="000000")

    paused = desk.get("/sign-in/code")
    desk.post("/sign-in/code", code=_code(key))

    assert paused.status_code == 429
    assert desk.get("/queue").status_code == 302


def test_a_recovery_code_works_once(app, anna, desk_of) -> None:
    signed_in = desk_of(anna)
    _set_up_app(signed_in)
    signed_in.get("/account/recovery-codes")
    page = signed_in.post("/account/recovery-codes", generate_new_codes="1").text
    code = re.findall(r"<li>([a-z0-9-]{8,})</li>", page)[0]

    first, second = Desk(app), Desk(app)
    for desk in (first, second):
        desk.sign_in(anna.email)
        desk.get("/sign-in/recovery")
        desk.post("/sign-in/recovery", code=code)

    assert first.get("/queue").status_code == 200
    assert second.get("/queue").status_code == 302


def test_a_second_factor_can_be_demanded_of_everybody(engine, settings, anna) -> None:
    app = create_app(engine, settings.model_copy(update={"require_second_factor": True}))
    desk = Desk(app)

    answer = desk.sign_in(anna.email)

    assert answer.headers["Location"].startswith("/account/second-factor")
    assert desk.get("/queue").status_code == 302


def test_the_first_administrator_is_made_by_a_link_that_then_ends(
    app, engine, authority, settings
) -> None:
    path = f"/welcome/{auth.first_sign_in_token(settings, authority)}"
    desk = Desk(app)
    desk.get(path)
    short = desk.post(path, name="Sam", email="sam@a.example", password="a", password_again="a")

    made = desk.post(
        path, name="Sam", email="sam@a.example", password=PASSWORD, password_again=PASSWORD
    )

    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    assert made.headers["Location"] == "/"
    assert desk.get("/queue").status_code == 200
    assert Desk(app).get(path).status_code == 410
    with reading(engine) as session:
        first = session.scalars(select(Practitioner)).one()
        assert first.has_any_role(RoleName.ADMIN)


def test_an_invitation_sets_a_password_once(app, engine, authority, settings) -> None:
    with transaction(engine) as session:
        invited = auth.create_practitioner(
            session,
            email="dee@testshire.example.org",
            name="Dee",
            password=None,
            roles=[RoleName.PRACTITIONER],
            authority=session.get_one(Authority, authority.id),
        )
    path = f"/welcome/{auth.invitation_token(settings, invited)}"
    desk = Desk(app)
    desk.get(path)

    answer = desk.post(path, name="Dee Lin", password=PASSWORD, password_again=PASSWORD)

    assert answer.headers["Location"] == "/"
    assert Desk(app).get(path).status_code == 410
    assert Desk(app).sign_in("dee@testshire.example.org").status_code == 302


def test_a_made_up_link_ends_nowhere(app) -> None:
    assert Desk(app).get("/welcome/made-up").status_code == 410


def test_a_form_without_its_token_is_refused_and_gives_the_words_back(anna, desk_of) -> None:
    desk = desk_of(anna)

    answer = desk.client.post("/conversations/1/reply", data={"text": "are you safe now?"})

    assert answer.status_code == 400
    assert "are you safe now?" in answer.text


def test_words_written_after_a_sign_in_ended_are_given_back(app) -> None:
    answer = Desk(app).post("/conversations/1/reply", text="are you safe now?")

    assert answer.status_code == 401
    assert "are you safe now?" in answer.text


def test_pages_are_neither_kept_nor_framed(anna, desk_of) -> None:
    headers = desk_of(anna).get("/queue").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_no_page_has_a_script_or_style_inside_it(anna, desk_of) -> None:
    desk = desk_of(anna)

    for path in ("/queue", "/account", "/account/second-factor", "/nowhere"):
        page = desk.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def _set_up_app(desk: Desk) -> bytes:
    desk.get("/account/second-factor")
    page = desk.post("/account/second-factor", setup="authenticator").text
    written = re.search(r'app-key">([^<]+)<', page)
    action = re.search(r'action="(/account/second-factor/[^"]+)"', page)
    assert written is not None
    assert action is not None
    key = base64.b32decode(re.sub(r"[^A-Z2-7]", "", written[1].upper()))
    assert desk.post(action[1], code=_code(key)).status_code == 302
    return key


def _code(key: bytes) -> str:
    """Gives the six digits that an authenticator app shows now (RFC 6238)."""
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
