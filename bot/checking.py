"""Checks before going live: every setting, provider and hazard, and what to do about each."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import accounts
from bot.channels.telegram import TelegramChannel
from bot.channels.twilio import TwilioChannel
from bot.dialogue import HttpDialogue
from bot.settings import Settings
from handover import wording
from models.base import utc_now
from models.conversation import Handover, HandoverReason
from models.db import open_engine, reading
from models.encryption import EncryptionKeyError, read_keyring
from models.migrating import is_current


class Grade(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the check."""

    grade: Grade
    about: str
    text: str


_LEAST_FREE = 2 * 1024**3
_CUT_OFF_WITHIN = dt.timedelta(days=30)
_NUMBERS_CHECKED_WITHIN = dt.timedelta(days=180)


def check(settings: Settings) -> Iterator[Finding]:
    """Gives each finding as it is made; nothing is changed anywhere."""
    for step in _STEPS:
        yield from step(settings)


def stop_words(settings: Settings) -> Iterator[Finding]:
    """Gives whether Twilio acts on STOP by itself, as far as that shows."""
    if settings.twilio_account_sid is None:
        return
    about = "Twilio stop words"
    do = "turn Twilio's own handling of STOP off (Messaging Service, Opt-Out Management)"
    since = utc_now() - _CUT_OFF_WITHIN
    with _opened(settings) as engine:
        cut_off = _cut_off(engine, since) if engine is not None else None
    if cut_off:
        yield _fail(
            about, f"Twilio acted on STOP and cut {cut_off} child(ren) off in the last month: {do}"
        )
    else:
        # The setting itself cannot be read by a program, only what comes of it.
        yield _warn(
            about,
            f"{do}, then text STOP from a phone: it must show in the console and be answered by "
            "us. A child who texts STOP about someone hurting them must not be cut off",
        )


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        read_keyring(settings.key_file)
    except EncryptionKeyError as error:
        yield _fail("keys", f"{error} The first `frontdoor run` makes them.")
        return
    yield _ok("keys", "present, and only their owner can read them")
    yield _warn("keys", f"keep a copy of {settings.key_file} apart from the database's backups")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        keyring = read_keyring(settings.key_file)
    except EncryptionKeyError:
        return
    engine = open_engine(settings.database_url, keyring, pool_size=1)
    try:
        current = is_current(engine)
    except SQLAlchemyError as error:
        yield _fail("database", f"cannot be reached ({type(error).__name__}): check DATABASE_URL")
    else:
        if current:
            yield _ok("database", "reached, and its tables are current")
        else:
            yield _fail("database", "its tables are old: run `frontdoor migrate`")
        if engine.dialect.name == "sqlite" and settings.has_provider:
            yield _warn("database", "SQLite serves one machine; a team wants PostgreSQL")
    finally:
        engine.dispose()


def _disk(settings: Settings) -> Iterator[Finding]:
    place = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free = shutil.disk_usage(place.resolve()).free
    text = f"{free / 1024**3:.0f} GiB free"
    if free < _LEAST_FREE:
        yield _fail("disk", f"{text}: messages cannot be kept on a full disk")
    else:
        yield _ok("disk", text)


def _dialogue(settings: Settings) -> Iterator[Finding]:
    for folder, name in (("dialogue", "dialogue model"), ("triage", "triage model")):
        if (settings.data_dir / folder / "current.json").exists():
            yield _ok(name, "trained")
        else:
            yield _warn(name, "not trained yet: the first `frontdoor run` does it")
    client = HttpDialogue(f"http://127.0.0.1:{settings.dialogue_port}", "")
    try:
        if client.is_up():
            yield _ok("dialogue process", "answers")
        else:
            yield _warn("dialogue process", "does not answer: it runs with `frontdoor run`")
    finally:
        client.close()


def _addresses(settings: Settings) -> Iterator[Finding]:
    if settings.has_provider and settings.public_url is not None:
        if settings.public_url.scheme == "https":
            yield _ok("public address", "is https")
        else:
            yield _fail("public address", "must be https: children's words travel over it")
    if settings.has_provider and settings.is_demonstration:
        yield _fail("demonstration", "the phone simulator is on beside real channels: turn it off")
    elif settings.is_demonstration:
        yield _warn("demonstration", "no provider is set: only the phone simulator answers")


def _providers(settings: Settings) -> Iterator[Finding]:
    for channel in accounts.real_channels(settings):
        try:
            yield from _provider(channel)
        finally:
            channel.close()
    if settings.twilio_account_sid is not None:
        if settings.twilio_whatsapp_number and settings.twilio_note_template is None:
            yield _warn(
                "WhatsApp template",
                "without FRONTDOOR_TWILIO_NOTE_TEMPLATE nothing reaches a child who has been "
                "silent for 24 hours: have a neutral note approved",
            )
        yield _warn("Twilio fallback", "set a fallback URL on another host, and #rc=5&rp=all")


def _cut_off(engine: Engine, since: dt.datetime) -> int:
    with reading(engine) as session:
        children = (
            select(func.count(func.distinct(Handover.conversation_id)))
            .where(Handover.reason == HandoverReason.OPTED_OUT)
            .where(Handover.rung_at > since)
        )
        return session.scalar(children) or 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine | None]:
    """Gives the database where it can be read and is current, else None."""
    try:
        keyring = read_keyring(settings.key_file)
    except EncryptionKeyError:
        yield None
        return
    engine = open_engine(settings.database_url, keyring, pool_size=1)
    try:
        yield engine if _is_current(engine) else None
    finally:
        engine.dispose()


def _is_current(engine: Engine) -> bool:
    try:
        return is_current(engine)
    except SQLAlchemyError:
        return False


def _provider(channel: TelegramChannel | TwilioChannel) -> Iterator[Finding]:
    name = f"{channel.name.value} account"
    state = channel.state()
    findings = state.findings or ("the provider knows us",)
    for found in findings:
        yield _ok(name, found) if state.ok else _fail(name, found)


def _help_numbers(_: Settings) -> Iterator[Finding]:
    age = utc_now().date() - wording.numbers_checked_on()
    if age > _NUMBERS_CHECKED_WITHIN:
        yield _fail("help numbers", f"last compared with their sources {age.days} days ago")
    else:
        yield _ok("help numbers", f"compared with their sources {age.days} days ago")


def _alerts(settings: Settings) -> Iterator[Finding]:
    if settings.mail_url is not None:
        yield _ok("alerts by email", "set up: try it with --test-send")
    else:
        yield _warn("alerts by email", "FRONTDOOR_MAIL_URL is not set: nobody is called by email")
    if settings.teams_webhook_url is None:
        yield _warn("alerts in Teams", "FRONTDOOR_TEAMS_WEBHOOK_URL is not set")
    else:
        yield _ok("alerts in Teams", "set up")
    if settings.twilio_sms_number is None:
        yield _warn("alerts by text", "there is no Twilio number for them")
    if settings.watch_mail is None and settings.teams_webhook_url is None:
        yield _warn("watchdog", "`frontdoor watch` can tell nobody: set FRONTDOOR_WATCH_MAIL")


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.authority_code == "000":
        yield _warn("authority", "FRONTDOOR_AUTHORITY_CODE is not set: records need your LA code")
    else:
        yield _ok("authority", f"{settings.authority_name} ({settings.authority_code})")


_STEPS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _settings,
    _keys,
    _database,
    _disk,
    _dialogue,
    _addresses,
    _providers,
    stop_words,
    _alerts,
    _help_numbers,
)


def _ok(about: str, text: str) -> Finding:
    return Finding(grade=Grade.OK, about=about, text=text)


def _warn(about: str, text: str) -> Finding:
    return Finding(grade=Grade.WARN, about=about, text=text)


def _fail(about: str, text: str) -> Finding:
    return Finding(grade=Grade.FAIL, about=about, text=text)
