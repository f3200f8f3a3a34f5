"""The bot's settings, from the environment and `.env`, each checked before anything starts."""

import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.authority import Nation

_PREFIX = "FRONTDOOR_"


class SettingsError(Exception):
    """A setting is missing or malformed; the text names the variable and what is wrong."""


class Settings(BaseSettings):
    """Everything that can be set. With nothing set, a demonstration runs on this machine."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=".env",
        extra="ignore",
        # A line left blank in `.env` sets nothing: no provider has an empty token.
        env_ignore_empty=True,
        # The value of a wrong setting may be a secret.
        hide_input_in_errors=True,
    )

    # Not shown: it may hold a password.
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///var/frontdoor.db"
    data_dir: Path = Path("var")
    """Where keys, models and the default database live."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    public_url: AnyHttpUrl | None = None
    """The https address at which providers reach us; needed for webhooks."""
    demonstration: bool | None = None
    """Whether the phone simulator is there. By default only where no provider is set."""

    authority_name: str = "Demonstration Council"
    authority_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,9}$")] = "000"
    """The authority's code, three digits in England."""
    service_name: str = "Front Door"
    nation: Nation = Nation.ENGLAND

    telegram_token: SecretStr | None = None
    telegram_base_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    """When set, Telegram calls our webhook; without it we ask Telegram for messages (polling)."""

    telegram_take_over_webhook: bool = False
    """Whether polling first removes a webhook that the bot still has somewhere else."""

    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")] | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_base_url: str | None = None
    twilio_sms_number: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    twilio_note_template: Annotated[str, Field(pattern=r"^HX[0-9a-f]{32}$")] | None = None
    """The approved WhatsApp template that carries the neutral note after 24 hours of silence."""
    twilio_whatsapp_number: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = None

    workers: Annotated[int, Field(ge=1, le=64)] = 4
    senders: Annotated[int, Field(ge=1, le=64)] = 4
    web_threads: Annotated[int, Field(ge=4, le=2000)] = 260
    neutral_note: Annotated[str, Field(min_length=5, max_length=160)] | None = None
    """What is sent in place of words that are sealed."""
    sealed_days: Annotated[int, Field(ge=1, le=90)] | None = None
    """Days after which sealed words are no longer given out."""
    quiet_seconds: Annotated[float, Field(ge=0, le=30)] = 1.5
    """How long to wait for more short messages before the bot answers; never when urgent."""
    dialogue_port: Annotated[int, Field(ge=1, le=65535)] = 5005
    dialogue_spare_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The loopback port of the version that comes or goes; the next one when unset."""
    dialogue_secret: SecretStr | None = None
    secret_key: SecretStr | None = None
    """Signs the console's sessions; made on the first run, to be set where machines share them."""
    totp_secret: SecretStr | None = None
    """Seals second factors; made on the first run, to be set where machines share the database."""
    console_url: AnyHttpUrl | None = None
    """Where practitioners reach the console."""
    mail_url: SecretStr | None = None
    """The SMTP server for alerts to staff, with user and password."""
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    teams_webhook_url: SecretStr | None = None
    """The webhook of a workflow in the duty team's channel."""
    watch_mail: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    """Whom the watchdog writes to."""
    watch_port: Annotated[int, Field(ge=1, le=65535)] = 8010
    log_format: Annotated[str, Field(pattern="^(console|json)$")] = "console"

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        try:
            kind = make_url(value).get_backend_name()
        except ArgumentError:
            kind = ""
        if kind not in {"sqlite", "postgresql"}:
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> "Settings":
        if self.twilio_account_sid and self.twilio_auth_token is None:
            raise ValueError(f"{_PREFIX}TWILIO_AUTH_TOKEN: set it beside the account's SID.")
        if self.twilio_account_sid and not (self.twilio_sms_number or self.twilio_whatsapp_number):
            raise ValueError(f"{_PREFIX}TWILIO_SMS_NUMBER: set it, or the WhatsApp number.")
        if self.twilio_account_sid and self.public_url is None:
            raise ValueError(f"{_PREFIX}PUBLIC_URL: Twilio needs an https address to call.")
        if self.mail_url is not None and self.mail_from is None:
            raise ValueError(f"{_PREFIX}MAIL_FROM: say from which address alerts are sent.")
        if self.telegram_webhook_secret and self.public_url is None:
            raise ValueError(f"{_PREFIX}PUBLIC_URL: Telegram's webhook needs an https address.")
        return self

    @field_validator("mail_url")
    @classmethod
    def _check_mail(cls, value: SecretStr | None) -> SecretStr | None:
        schemes = ("smtp://", "smtps://", "smtp+plain://")
        if value is not None and not value.get_secret_value().startswith(schemes):
            raise ValueError("must begin with smtps://, smtp:// or smtp+plain://")
        return value

    @property
    def push_key_file(self) -> Path:
        """Gives where the key is that push services know us by."""
        return self.data_dir / "secrets" / "push-key.pem"

    @property
    def has_provider(self) -> bool:
        """Tells whether a real channel is set."""
        return self.telegram_token is not None or self.twilio_account_sid is not None

    @property
    def is_demonstration(self) -> bool:
        """Tells whether the phone simulator is to be there."""
        return not self.has_provider if self.demonstration is None else self.demonstration

    @property
    def key_file(self) -> Path:
        """Gives where the encryption keys are."""
        return self.data_dir / "secrets" / "keys.json"


def read_settings() -> Settings:
    """Gives the settings.

    Raises:
        SettingsError: one line for each variable that is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_line(dict(found)) for found in error.errors())) from None


def secret(data_dir: Path, name: str) -> str:
    """Gives a secret of this installation, made on first use and kept in a file of mode 0600."""
    path = data_dir / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        try:
            # A link either appears whole or not at all, so that two processes agree on one.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()


def _line(found: dict[str, object]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    location = found["loc"]
    if not isinstance(location, tuple) or not location:
        return message
    # The value itself is not shown: it may be a token.
    return f"{_PREFIX}{str(location[0]).upper()}: {message}."
