"""The console's settings, read from the environment (`FRONTDOOR_…`) once at the start."""

import datetime as dt

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ENOUGH_SECRET = 32
"""Characters; a session signed with less could be forged."""


class ConsoleSettings(BaseSettings):
    """What the console needs to know before it serves a page."""

    model_config = SettingsConfigDict(env_prefix="FRONTDOOR_", extra="ignore")

    secret_key: SecretStr
    """Signs sessions, forms and one-time links; changing it signs everybody out."""
    totp_secret: SecretStr
    """Seals the second-factor secrets in the database; changing it makes people enrol again."""
    console_url: str = "http://127.0.0.1:8000"
    """Where practitioners reach the console, without a final slash."""
    secure_cookies: bool = True
    """False only for plain `http://localhost`: cookies then travel without TLS."""
    session_hours: int = Field(default=12, ge=1, le=24)
    """How long a sign-in lasts: one shift, whether or not anything is clicked."""
    require_second_factor: bool = False
    """Whether everybody must set up an authenticator app before they see anything."""
    sign_in_tries: int = Field(default=8, ge=3, le=50)
    """Wrong passwords or codes within `sign_in_pause_minutes` after which an account pauses."""
    sign_in_pause_minutes: int = Field(default=15, ge=1, le=1440)
    live_lifetime_seconds: int = Field(default=600, ge=5, le=3600)
    """After this a live stream ends and the page opens a new one, where access is checked again."""
    push_key: str = ""
    """What browsers are told of the key that signs pushes; without it there are none."""
    demonstration: bool = False
    """Marks every page so that nobody takes a trial for the real service."""

    @field_validator("secret_key", "totp_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < _ENOUGH_SECRET:
            raise ValueError(f"must be at least {_ENOUGH_SECRET} characters")
        return value

    @field_validator("console_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def session_lifetime(self) -> dt.timedelta:
        """Gives how long a sign-in lasts."""
        return dt.timedelta(hours=self.session_hours)

    @property
    def sign_in_pause(self) -> dt.timedelta:
        """Gives how far back wrong passwords count."""
        return dt.timedelta(minutes=self.sign_in_pause_minutes)
