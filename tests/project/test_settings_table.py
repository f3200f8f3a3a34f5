"""The README's table of settings against the settings themselves."""

import re
from enum import StrEnum

from pydantic.fields import FieldInfo

from bot.settings import Settings
from handover.settings import ConsoleSettings
from tests.project.tracked import ROOT

_ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? *\| (.+) \|$", re.MULTILINE)


def test_the_readme_names_every_setting_with_its_default():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = {name: default for name, default, _ in _ROW.findall(text)}

    assert table == {name.upper(): _shown(field) for name, field in _fields().items()}


def _fields() -> dict[str, FieldInfo]:
    # Whether cookies are secure follows from the console's address, and the push key from its
    # file; nobody sets them.
    derived = {"secure_cookies", "push_key"}
    console = {
        name: field for name, field in ConsoleSettings.model_fields.items() if name not in derived
    }
    return {**console, **Settings.model_fields}


def _shown(field: FieldInfo) -> str:
    if field.default is None:
        return ""
    return str(field.default.value if isinstance(field.default, StrEnum) else field.default)
