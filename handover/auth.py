"""Who may come in: accounts, sign-in, one-time links, and the guard before every route.

Every route is refused to those who are not signed in unless it is marked `open_to_all`;
`for_roles` narrows a route further. `tests/handover/test_routes.py` lists who may do what.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast, override

import argon2
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, Flask, current_app
from flask.sansio.blueprints import BlueprintSetupState
from flask_security import RoleMixin, UserMixin, current_user
from flask_security.datastore import UserDatastore
from flask_security.utils import get_message
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from handover import audit
from handover.entries import EntryError
from handover.settings import ConsoleSettings
from models.audit import AuditEvent
from models.authority import Authority
from models.base import utc_now
from models.db import reading, transaction
from models.practitioner import Practitioner, Role, RoleName

_MACHINES = "frontdoor_machines"
# The sign-in library's own routes, which must be reached before anybody is signed in; those of
# the second factor look for a half-finished sign-in themselves.
_SIGN_IN_ROUTES = {
    "static",
    "security.login",
    "security.mf_recovery",
    "security.tf_select",
    "security.two_factor_rescue",
    "security.two_factor_setup",
    "security.two_factor_token_validation",
}

FIRST_RUN_ROLES = (RoleName.ADMIN, RoleName.PRACTITIONER, RoleName.SUPERVISOR)
MINIMUM_PASSWORD = 12
_LINK_LIFETIME = dt.timedelta(hours=1)


class SignInLinkError(Exception):
    """A one-time sign-in link is wrong, old or used."""


class AccountError(EntryError):
    """An account cannot be made so; each problem says what is wrong, by the field it is about."""


class SignedInRole(RoleMixin, Role):
    """A role, with what the sign-in library asks of one."""


class SignedInPractitioner(UserMixin, Practitioner):  # type: ignore[misc]  # Mapped columns
    """A practitioner, with what the sign-in library asks of one."""

    @override
    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Tells whether too many wrong passwords or codes pause this account."""
        is_locked = too_many_tries(store().engine, store().settings, self.id)
        if is_locked and form_error is not None:
            # As for a wrong password: a page without words would tell that this one is right.
            form_error.append(get_message("GENERIC_AUTHN_FAILED")[0])
        return is_locked

    @override
    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Keeps that a password or code was wrong, so that guessing comes to an end."""
        with transaction(store().engine) as session:
            audit.record(session, "sign_in_failed", practitioner=self)

    def may(self, *names: RoleName) -> bool:
        """Tells whether at least one of the roles is theirs."""
        return self.has_any_role(*names)


class PractitionerStore(UserDatastore):
    """Reads and keeps accounts for the sign-in library, each change in a transaction of its own."""

    def __init__(self, engine: Engine, settings: ConsoleSettings) -> None:
        super().__init__(SignedInPractitioner, SignedInRole)
        self.engine = engine
        self.settings = settings

    @override
    def find_user(
        self, case_insensitive: bool = False, **kwargs: Any
    ) -> SignedInPractitioner | None:
        """Gives the account with one attribute of a value, such as `email`."""
        name, value = kwargs.popitem()
        column = getattr(SignedInPractitioner, name)
        matches = func.lower(column) == str(value).lower() if case_insensitive else column == value
        with reading(self.engine) as session:
            found = session.scalars(select(SignedInPractitioner).where(matches)).one_or_none()
            session.expunge_all()
        return found

    @override
    def find_role(self, role: str) -> SignedInRole | None:
        """Gives a role by its name."""
        with reading(self.engine) as session:
            found = session.scalars(select(SignedInRole).where(Role.name == role)).one_or_none()
            session.expunge_all()
        return found

    @override
    def put(self, model: Practitioner) -> Practitioner:
        """Keeps a changed account at once; the library's later commit finds nothing to do."""
        with transaction(self.engine) as session:
            session.merge(model)
        return model

    @override
    def commit(self) -> None:
        """Does nothing: `put` has kept the change."""


def open_to_all[View: Callable[..., Any]](view: View) -> View:
    """Marks a route that anyone may reach without signing in."""
    view.frontdoor_open = True  # type: ignore[attr-defined]  # a mark the guard reads
    return view


def for_machines[View: Callable[..., Any]](view: View) -> View:
    """Marks a route that a provider calls: no sign-in and no form token; it verifies by itself."""
    view.frontdoor_machine = True  # type: ignore[attr-defined]  # a mark the guard reads
    return open_to_all(view)


def machines_blueprint(blueprint: Blueprint) -> Blueprint:
    """Marks all routes of a blueprint, such as the webhooks, as called by machines."""

    def mark(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault(_MACHINES, set()).add(state.name or blueprint.name)

    blueprint.record_once(mark)
    return blueprint


def for_roles[View: Callable[..., Any]](*roles: RoleName) -> Callable[[View], View]:
    """Marks a route that only those with one of the roles may reach."""

    def mark(view: View) -> View:
        view.frontdoor_roles = roles  # type: ignore[attr-defined]  # a mark the guard reads
        return view

    return mark


def takes_bytes[View: Callable[..., Any]](most: int) -> Callable[[View], View]:
    """Marks a route that takes larger forms than the others, such as an archive."""

    def mark(view: View) -> View:
        view.frontdoor_bytes = most  # type: ignore[attr-defined]  # a mark the guard reads
        return view

    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Who may reach a route."""

    is_open: bool
    is_machine: bool
    roles: tuple[RoleName, ...]
    """Any signed-in person when empty."""
    most_bytes: int | None = None
    """How large a form may be; None for what is usual."""


def marks_of(app: Flask, endpoint: str) -> Marks:
    """Gives the marks of a route."""
    view = app.view_functions[endpoint]
    is_machine = endpoint.rpartition(".")[0] in app.extensions.get(_MACHINES, set())
    is_machine = is_machine or getattr(view, "frontdoor_machine", False)
    is_open = getattr(view, "frontdoor_open", False) or endpoint in _SIGN_IN_ROUTES
    return Marks(
        is_open=is_open or is_machine,
        is_machine=is_machine,
        roles=getattr(view, "frontdoor_roles", ()),
        most_bytes=getattr(view, "frontdoor_bytes", None),
    )


def store() -> PractitionerStore:
    """Gives the accounts of the application that serves this request."""
    return cast("PractitionerStore", current_app.extensions["security"].datastore)


def signed_in() -> SignedInPractitioner:
    """Gives who is signed in; call it only behind the guard."""
    return cast("SignedInPractitioner", current_user._get_current_object())  # noqa: SLF001  # a proxy


def too_many_tries(engine: Engine, settings: ConsoleSettings, practitioner_id: int) -> bool:
    """Tells whether an account pauses after too many wrong passwords or codes."""
    with reading(engine) as session:
        last_success = session.scalar(
            select(func.max(AuditEvent.at))
            .where(AuditEvent.practitioner_id == practitioner_id)
            .where(AuditEvent.action == "signed_in")
        )
        since = utc_now() - settings.sign_in_pause
        tries = session.scalar(
            select(func.count())
            .select_from(AuditEvent)
            .where(AuditEvent.practitioner_id == practitioner_id)
            .where(AuditEvent.action == "sign_in_failed")
            .where(AuditEvent.at > max(since, last_success or since))
        )
    return (tries or 0) >= settings.sign_in_tries


def create_practitioner(
    session: Session,
    *,
    email: str,
    name: str,
    password: str | None,
    roles: Iterable[RoleName],
    authority: Authority,
) -> Practitioner:
    """Gives a new account; without a password it waits for its one-time link.

    Raises:
        AccountError: the address is malformed or taken, the name empty or the password weak.
    """
    address = valid_email(email)
    if session.scalars(select(Practitioner.id).where(Practitioner.email == address)).first():
        raise AccountError("email", "Somebody already signs in with this email address")
    practitioner = Practitioner(
        authority_id=authority.id,
        email=address,
        name=valid_name(name),
        password=hash_password(password) if password is not None else None,
        fs_uniquifier=secrets.token_hex(32),
        confirmed_at=utc_now(),
        roles=[_role(session, role) for role in roles],
    )
    session.add(practitioner)
    session.flush()
    audit.record(session, "account_created", practitioner=practitioner)
    return practitioner


def complete_account(
    session: Session, practitioner: Practitioner, *, name: str, password: str
) -> None:
    """Sets the name and password of a one-time link's owner; every older session and link ends.

    Raises:
        AccountError: the name is empty or the password weak.
    """
    practitioner.name = valid_name(name)
    practitioner.password = hash_password(password)
    practitioner.fs_uniquifier = secrets.token_hex(32)
    audit.record(session, "password_set", practitioner=practitioner)
    audit.check_access(session, practitioner)


def find(session: Session, email: str) -> Practitioner | None:
    """Gives the account with an email address, or None; the case of letters does not count."""
    same = func.lower(Practitioner.email) == email.strip().lower()
    return session.scalars(select(Practitioner).where(same)).one_or_none()


def hash_password(password: str) -> str:
    """Gives the argon2 hash of a password.

    Raises:
        AccountError: it is too short.
    """
    check_password(password)
    return argon2.PasswordHasher().hash(password)


def valid_email(email: str) -> str:
    """Gives an email address as it is kept.

    Raises:
        AccountError: it is malformed.
    """
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        text = "Enter an email address in the correct format, like name@example.com"
        raise AccountError("email", text) from error


def valid_name(name: str) -> str:
    """Gives a name as it is kept.

    Raises:
        AccountError: it is empty.
    """
    if not name.strip():
        raise AccountError("name", "Enter the name that children will be told")
    return name.strip()[:200]


def check_password(password: str) -> None:
    """Refuses a password that is too short.

    Raises:
        AccountError: it is.
    """
    if len(password) < MINIMUM_PASSWORD:
        raise AccountError("password", f"Password must be at least {MINIMUM_PASSWORD} characters")


def first_sign_in_token(settings: ConsoleSettings, authority: Authority) -> str:
    """Gives the token with which the first administrator makes their account, within the hour."""
    return _links(settings).dumps({"authority": authority.id})


def invitation_token(settings: ConsoleSettings, practitioner: Practitioner) -> str:
    """Gives a token with which an account's owner sets name and password, once, within the hour."""
    return _links(settings).dumps({"account": practitioner.fs_uniquifier})


def sign_in_link(settings: ConsoleSettings, token: str) -> str:
    """Gives the address at which a token is used."""
    return f"{settings.console_url}/welcome/{token}"


def owner_of(session: Session, settings: ConsoleSettings, token: str) -> Practitioner | Authority:
    """Gives the account a token is for, or for a first run the authority that has none yet.

    Raises:
        SignInLinkError: the token is wrong, old or used.
    """
    try:
        content = _links(settings).loads(token, max_age=int(_LINK_LIFETIME.total_seconds()))
    except BadSignature as error:
        raise SignInLinkError from error
    if "authority" in content:
        return _authority_without_accounts(session, int(content["authority"]))
    account = select(Practitioner).where(Practitioner.fs_uniquifier == content["account"])
    practitioner = session.scalars(account.with_for_update(of=Practitioner)).one_or_none()
    if practitioner is None:
        raise SignInLinkError
    return practitioner


def _authority_without_accounts(session: Session, authority_id: int) -> Authority:
    # The row is locked, so that of two people who use the link at once only one becomes the first.
    authority = session.get(Authority, authority_id, with_for_update=True)
    accounts = select(Practitioner.id).where(Practitioner.authority_id == authority_id)
    if authority is None or session.scalars(accounts.limit(1)).first() is not None:
        raise SignInLinkError
    return authority


def _links(settings: ConsoleSettings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key.get_secret_value(), salt="sign-in-link")


def _role(session: Session, name: RoleName) -> Role:
    role = session.scalars(select(Role).where(Role.name == name.value)).one_or_none()
    return role or Role(name=name.value)
