"""The console as a Flask application: its parts put together, and the guard before every route."""

import secrets
import traceback
from collections.abc import Sequence

import jinja2
import structlog
from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import user_logged_out  # type: ignore[import-untyped]  # one signal of it
from flask_security import Security, current_user, user_authenticated
from flask_security.signals import password_changed, tf_profile_changed
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException

from handover import audit, auth, rendering
from handover.auth import PractitionerStore, SignedInPractitioner
from handover.live import Feed
from handover.rendering import Pieces
from handover.service import AccessDeniedError
from handover.settings import ConsoleSettings
from handover.views import (
    account,
    aftercare,
    alerts,
    board,
    casework,
    composing,
    contact,
    conversation,
    corrections,
    dialogue,
    dialogue_adding,
    dialogue_editing,
    dialogue_lists,
    dialogue_questions,
    override,
    paper,
    publishing,
    queue,
    real_talks,
    replies,
    rota,
    search,
    shared,
    teams,
    teamwork,
    trying,
    voice_notes,
    welcome,
    worklists,
)
from handover.views.shared import Console
from models.db import transaction

log = structlog.get_logger()

_PAGES = (
    queue.pages,
    conversation.pages,
    voice_notes.pages,
    composing.pages,
    contact.pages,
    casework.pages,
    worklists.pages,
    teamwork.pages,
    override.pages,
    aftercare.pages,
    replies.pages,
    rota.pages,
    teams.pages,
    corrections.pages,
    publishing.pages,
    real_talks.pages,
    dialogue.pages,
    dialogue_adding.pages,
    dialogue_editing.pages,
    dialogue_lists.pages,
    dialogue_questions.pages,
    trying.pages,
    search.pages,
    board.pages,
    paper.pages,
    account.pages,
    alerts.pages,
    welcome.pages,
)
_MOST_BYTES = 256 * 1024
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def create_app(
    engine: Engine,
    settings: ConsoleSettings,
    *,
    blueprints: Sequence[Blueprint] = (),
    most_watchers: int = 400,
) -> Flask:
    """Gives the console, with further blueprints beside it, such as the webhooks.

    A blueprint's routes are refused to those not signed in, like every other, unless they are
    marked with `auth.open_to_all`, `auth.for_machines` or `auth.machines_blueprint`.
    """
    app = Flask(__name__)
    app.config.update(_configuration(settings))
    app.jinja_loader = jinja2.ChoiceLoader(
        [
            jinja2.PackageLoader("handover"),
            jinja2.PrefixLoader(
                {"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")}
            ),
        ]
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.undefined = jinja2.ChainableUndefined
    app.jinja_env.globals.update(rendering.template_words())
    app.jinja_env.globals.update(console=settings, csrf_token=generate_csrf)
    csrf = CSRFProtect(app)
    Security(app, PractitionerStore(engine, settings), render_template=shared.any_page)
    pieces = Pieces(app.jinja_env)
    feed = Feed(engine, pieces, most_watchers=most_watchers)
    app.extensions["console"] = Console(engine=engine, settings=settings, feed=feed, pieces=pieces)
    for blueprint in (*_PAGES, *blueprints):
        app.register_blueprint(blueprint)
    _guard(app, csrf)
    _note_sign_ins(app, engine)
    _show_errors(app)
    app.after_request(_protect)
    return app


def _configuration(settings: ConsoleSettings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "MAX_CONTENT_LENGTH": _MOST_BYTES,
        "PERMANENT_SESSION_LIFETIME": settings.session_lifetime,
        # The lifetime runs from sign-in: a page left open must not keep a desk signed in for ever.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_COOKIE_NAME": "frontdoor",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        # The guard checks form tokens, so that no route is left out and providers are.
        "WTF_CSRF_CHECK_DEFAULT": False,
        # The token lives as long as the session: a reply half written for an hour is still sent.
        "WTF_CSRF_TIME_LIMIT": None,
        # A page is reached through proxies that may not pass the referrer on; we send none.
        "WTF_CSRF_SSL_STRICT": False,
        **_sign_in_configuration(settings),
    }


def _sign_in_configuration(settings: ConsoleSettings) -> dict[str, object]:
    return {
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_VERIFY_URL": "/sign-in/again",
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_POST_CHANGE_VIEW": "/account",
        "SECURITY_POST_VERIFY_VIEW": "/account",
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": auth.MINIMUM_PASSWORD,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": settings.require_second_factor,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/way",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/sign-in/rescue",
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
        "SECURITY_TWO_FACTOR_ERROR_VIEW": "/sign-in",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery",
        "SECURITY_TOTP_SECRETS": {"1": settings.totp_secret.get_secret_value()},
        "SECURITY_TOTP_ISSUER": "Front Door",
        "SECURITY_USER_IDENTITY_ATTRIBUTES": [
            {"email": {"mapper": _as_email, "case_insensitive": True}}
        ],
        "SECURITY_FLASH_MESSAGES": True,
        **_MESSAGES,
    }


_MESSAGES = {
    f"SECURITY_MSG_{name}": (text, kind)
    for name, text, kind in (
        (
            "GENERIC_AUTHN_FAILED",
            "Check your email address and password. After many wrong tries an account pauses",
            "error",
        ),
        ("UNAUTHENTICATED", "Sign in to see this page.", "info"),
        ("EMAIL_NOT_PROVIDED", "Enter your email address", "error"),
        ("PASSWORD_NOT_PROVIDED", "Enter your password", "error"),
        ("INVALID_PASSWORD", "The password is not right", "error"),
        ("INVALID_EMAIL_ADDRESS", "Enter an email address like name@example.com", "error"),
        ("RETYPE_PASSWORD_MISMATCH", "The two new passwords are not the same", "error"),
        (
            "PASSWORD_INVALID_LENGTH",
            f"Password must be at least {auth.MINIMUM_PASSWORD} characters",
            "error",
        ),
        ("PASSWORD_CHANGE", "Your password has changed.", "success"),
        ("PASSWORD_IS_THE_SAME", "Choose a password you have not used here before", "error"),
        (
            "TWO_FACTOR_INVALID_TOKEN",
            "The code is not right. Codes change every 30 seconds",
            "error",
        ),
        ("INVALID_CODE", "The code is not right", "error"),
        ("TWO_FACTOR_LOGIN_SUCCESSFUL", "You are signed in.", "success"),
        ("TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL", "Your authenticator app is set up.", "success"),
        ("TWO_FACTOR_DISABLED", "The authenticator app is no longer asked for.", "success"),
        ("TWO_FACTOR_PERMISSION_DENIED", "Sign in again to go on.", "error"),
        ("REAUTHENTICATION_REQUIRED", "Enter your password again to change this.", "info"),
        ("REAUTHENTICATION_SUCCESSFUL", "Thank you. You can go on.", "success"),
        ("INVALID_RECOVERY_CODE", "The recovery code is not right, or was used before", "error"),
    )
}


def _as_email(identity: str) -> str:
    return identity.strip()


def _guard(app: Flask, csrf: CSRFProtect) -> None:
    def let_in() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        marks = auth.marks_of(app, request.endpoint)
        if not marks.is_open and not current_user.is_authenticated:
            return _ask_to_sign_in()
        if marks.most_bytes is not None and auth.signed_in().may(*marks.roles):
            request.max_content_length = request.max_form_memory_size = marks.most_bytes
        if request.method not in _SAFE_METHODS and not marks.is_machine:
            csrf.protect()
        if marks.is_open:
            return _stop_guessing(request.endpoint)
        if marks.roles and not auth.signed_in().may(*marks.roles):
            abort(403)
        return None

    app.before_request(let_in)


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.accept_mimetypes.best in {"application/json", "text/event-stream"}:
        return {"error": "signed_out"}, 401
    if request.method not in _SAFE_METHODS:
        # What they wrote must not be lost because their sign-in ran out while they wrote it.
        draft = request.form.get("text", "")
        return render_template("signed_out.html", draft=draft, back=_page_before()), 401
    return redirect(f"/sign-in?next={request.path}")


def _page_before() -> str:
    parts = request.path.split("/")
    return "/".join(parts[:3]) if parts[1] == "conversations" else "/"


def _stop_guessing(endpoint: str) -> ResponseReturnValue | None:
    """Ends a half-finished sign-in whose codes were wrong too often."""
    if endpoint not in {"security.two_factor_token_validation", "security.mf_recovery"}:
        return None
    halfway = session.get("tf_user_id")
    practitioner = auth.store().find_user(fs_uniquifier=halfway) if halfway else None
    if practitioner is not None and practitioner.is_locked():
        session.clear()
        return render_template("paused.html"), 429
    return None


def _note_sign_ins(app: Flask, engine: Engine) -> None:
    def note(action: str, user: SignedInPractitioner) -> None:
        with transaction(engine) as changes:
            audit.record(changes, action, practitioner=user)

    def ask_again(user: SignedInPractitioner) -> None:
        # Their other pages show what children wrote: those that lost their sign-in clear it.
        with transaction(engine) as changes:
            audit.check_access(changes, user)

    def begun(_: Flask, user: SignedInPractitioner, **__: object) -> None:
        session.permanent = True
        note("signed_in", user)

    def ended(_: Flask, user: SignedInPractitioner, **__: object) -> None:
        note("signed_out", user)
        ask_again(user)

    def new_password(_: Flask, user: SignedInPractitioner, **__: object) -> None:
        ask_again(user)

    def second_factor(_: Flask, user: SignedInPractitioner, **__: object) -> None:
        note("second_factor_changed", user)

    user_authenticated.connect(begun, app, weak=False)
    user_logged_out.connect(ended, app, weak=False)
    password_changed.connect(new_password, app, weak=False)
    tf_profile_changed.connect(second_factor, app, weak=False)


def _show_errors(app: Flask) -> None:
    def denied(_: AccessDeniedError) -> ResponseReturnValue:
        # From outside, a conversation that may not be seen and one that is not there are the same.
        return _error_page(404)

    def refused(error: HTTPException) -> ResponseReturnValue:
        return _error_page(error.code or 500)

    def stale_form(_: CSRFError) -> ResponseReturnValue:
        draft = request.form.get("text", "")
        return render_template("signed_out.html", draft=draft, back=_page_before()), 400

    def broken(error: Exception) -> ResponseReturnValue:
        number = secrets.token_hex(4)
        # No traceback: its frames hold what children wrote. The place is enough to find the fault.
        log.error("page_failed", endpoint=request.endpoint, number=number, fault=_place_of(error))
        return _error_page(500, number)

    app.register_error_handler(AccessDeniedError, denied)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, broken)


def _place_of(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{type(error).__name__} at {ours[-1].name}:{ours[-1].lineno}"


def _error_page(code: int, number: str = "") -> ResponseReturnValue:
    # A fault may be the database's: then the page must do without it.
    show = render_template if code >= 500 else shared.any_page
    return show("error.html", code=code, number=number), code


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _CONTENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # Pages hold what children wrote: no copy of them stays in a browser or a proxy.
        response.headers["Cache-Control"] = "no-store"
    return response
