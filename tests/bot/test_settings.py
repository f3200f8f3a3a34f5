"""Settings: a bad value stops the start with one line that names it and shows no secret."""

import stat
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, read_settings, secret

_SID = "AC" + "0" * 32


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hides this machine's own settings."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "no-number"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("SENDERS", "many"),
        ("WEB_THREADS", "1"),
        ("QUIET_SECONDS", "-1"),
        ("QUIET_SECONDS", "nan"),
        ("DIALOGUE_PORT", "99999"),
        ("LOG_FORMAT", "xml"),
        ("NATION", "france"),
        ("AUTHORITY_CODE", "not a code"),
        ("PUBLIC_URL", "not-a-url"),
        ("DEMONSTRATION", "perhaps"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_SMS_NUMBER", "07700900000"),
        ("TWILIO_WHATSAPP_NUMBER", "whatsapp:+447700900000"),
        ("DATABASE_URL", "nonsense-hunter2"),
        ("DATABASE_URL", "mysql://someone:hunter2@host/db"),
    ],
)
def test_a_bad_value_gives_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(f"FRONTDOOR_{name}", value)

    with pytest.raises(SettingsError) as caught:
        read_settings()

    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"FRONTDOOR_{name}: ")
    assert "hunter2" not in lines[0]


def test_two_bad_values_give_two_lines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRONTDOOR_PORT", "x")
    monkeypatch.setenv("FRONTDOOR_NATION", "y")

    with pytest.raises(SettingsError) as caught:
        read_settings()

    names = {line.split(":")[0] for line in str(caught.value).splitlines()}
    assert names == {"FRONTDOOR_PORT", "FRONTDOOR_NATION"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"TWILIO_ACCOUNT_SID": _SID}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_ACCOUNT_SID": _SID, "TWILIO_AUTH_TOKEN": "hunter2"}, "TWILIO_SMS_NUMBER"),
        (
            {
                "TWILIO_ACCOUNT_SID": _SID,
                "TWILIO_AUTH_TOKEN": "hunter2",
                "TWILIO_SMS_NUMBER": "+447700900000",
            },
            "PUBLIC_URL",
        ),
        ({"TELEGRAM_TOKEN": "1:hunter2", "TELEGRAM_WEBHOOK_SECRET": "hunter2"}, "PUBLIC_URL"),
    ],
)
def test_a_missing_value_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
):
    for name, value in given.items():
        monkeypatch.setenv(f"FRONTDOOR_{name}", value)

    with pytest.raises(SettingsError) as caught:
        read_settings()

    assert str(caught.value).startswith(f"FRONTDOOR_{missing}: ")
    assert "hunter2" not in str(caught.value)


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRONTDOOR_TELEGRAM_TOKEN", "1:hunter2")
    monkeypatch.setenv("FRONTDOOR_TELEGRAM_WEBHOOK_SECRET", "hunter2")
    monkeypatch.setenv("FRONTDOOR_PUBLIC_URL", "https://door.example")
    monkeypatch.setenv("FRONTDOOR_DIALOGUE_SECRET", "hunter2")
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", "postgresql://door:hunter2@db/door")

    settings = read_settings()

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_a_blank_line_sets_nothing(tmp_path: Path):
    (tmp_path / ".env").write_text("FRONTDOOR_TELEGRAM_TOKEN=\nFRONTDOOR_PORT=\n", "utf-8")

    settings = read_settings()

    assert settings.telegram_token is None
    assert settings.is_demonstration
    assert settings.port == 8000


def test_with_nothing_set_a_demonstration_runs_on_this_machine():
    settings = Settings()

    assert settings.is_demonstration
    assert settings.host == "127.0.0.1"


def test_with_a_provider_there_is_no_demonstration(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FRONTDOOR_TELEGRAM_TOKEN", "1:token")

    assert not read_settings().is_demonstration


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path):
    first = secret(tmp_path, "some-secret")

    path = tmp_path / "secrets" / "some-secret"
    assert len(first) > 40
    assert secret(tmp_path, "some-secret") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["some-secret"]
