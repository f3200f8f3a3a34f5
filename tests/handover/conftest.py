"""A console over each database in turn, and people who sign in to it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine

from handover.app import create_app
from handover.settings import ConsoleSettings
from models.authority import Authority
from models.practitioner import Practitioner, RoleName
from tests.handover.desk import Desk, add_staff


@pytest.fixture
def settings() -> ConsoleSettings:
    """Gives settings as on a laptop."""
    return ConsoleSettings(
        secret_key=SecretStr("k" * 40),
        totp_secret=SecretStr("t" * 40),
        secure_cookies=False,
        sign_in_tries=3,
    )


@pytest.fixture
def app(engine: Engine, settings: ConsoleSettings) -> Iterator[Flask]:
    """Gives the console."""
    app = create_app(engine, settings)
    yield app
    app.extensions["console"].feed.stop()


@pytest.fixture
def anna(engine: Engine, authority: Authority) -> Practitioner:
    """Gives a practitioner."""
    return add_staff(engine, authority, "Anna Okafor")


@pytest.fixture
def ben(engine: Engine, authority: Authority) -> Practitioner:
    """Gives a second practitioner."""
    return add_staff(engine, authority, "Ben Hughes")


@pytest.fixture
def admin(engine: Engine, authority: Authority) -> Practitioner:
    """Gives an administrator who does not work with children."""
    return add_staff(engine, authority, "Cleo Adams", RoleName.ADMIN)


@pytest.fixture
def desk_of(app: Flask) -> Callable[[Practitioner], Desk]:
    """Gives a way to sit somebody down, signed in."""

    def sit(who: Practitioner) -> Desk:
        desk = Desk(app)
        assert desk.sign_in(who.email).status_code == 302
        return desk

    return sit
