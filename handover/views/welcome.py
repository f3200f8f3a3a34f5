"""One-time links: the first administrator's, and those of invited colleagues."""

from functools import partial

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_security import login_user
from sqlalchemy.orm import Session

from handover import auth
from handover.auth import AccountError, SignInLinkError, open_to_all
from handover.entries import ask_all
from handover.views import shared
from models.authority import Authority
from models.db import reading, transaction
from models.practitioner import Practitioner

pages = Blueprint("welcome", __name__)


@pages.get("/welcome/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """Gives the form for name, email address and password."""
    parts = shared.console()
    try:
        with reading(parts.engine) as session:
            owner = auth.owner_of(session, parts.settings, token)
            return _form(owner)
    except SignInLinkError:
        return render_template("link_ended.html"), 410


@pages.post("/welcome/<token>")
@open_to_all
def complete(token: str) -> ResponseReturnValue:
    """Makes the account ready and signs its owner in; the link then no longer works."""
    parts = shared.console()
    try:
        with transaction(parts.engine) as session:
            owner = auth.owner_of(session, parts.settings, token)
            practitioner = _ready_account(session, owner)
            email = practitioner.email
    except SignInLinkError:
        return render_template("link_ended.html"), 410
    except AccountError as error:
        with reading(parts.engine) as session:
            return _form(auth.owner_of(session, parts.settings, token), error), 422
    if parts.settings.require_second_factor:
        return redirect("/sign-in")
    account = auth.store().find_user(email=email)
    if account is not None:
        login_user(account, authn_via=["password"])
    return redirect("/")


def _ready_account(session: Session, owner: Practitioner | Authority) -> Practitioner:
    name = request.form.get("name", "")
    password = request.form.get("password", "")
    is_first = isinstance(owner, Authority)
    ask_all(
        partial(auth.valid_name, name),
        *([partial(auth.valid_email, request.form.get("email", ""))] if is_first else []),
        partial(auth.check_password, password),
        _check_again,
    )
    if isinstance(owner, Authority):
        return auth.create_practitioner(
            session,
            email=request.form.get("email", ""),
            name=name,
            password=password,
            roles=auth.FIRST_RUN_ROLES,
            authority=owner,
        )
    auth.complete_account(session, owner, name=name, password=password)
    return owner


def _check_again() -> None:
    if request.form.get("password", "") != request.form.get("password_again", ""):
        raise AccountError("password_again", "The two passwords are not the same")


def _form(owner: Practitioner | Authority, error: AccountError | None = None) -> str:
    is_first = isinstance(owner, Authority)
    name, email = ("", "") if isinstance(owner, Authority) else (owner.name, owner.email)
    return render_template(
        "welcome.html",
        is_first=is_first,
        authority_name=owner.name if is_first else "",
        name=request.form.get("name", name),
        email=request.form.get("email", email),
        errors=error.errors if error else [],
        problems={one.field: one.text for one in error.problems} if error else {},
    )
