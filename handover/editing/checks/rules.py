"""The house rules: what no text may say, what some must, and what may not change."""

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_RULES = Path(__file__).parent.parent / "house_rules.yml"


@cache
def rules() -> Any:
    """Gives the house rules."""
    return YAML(typ="safe", pure=True).load(_RULES.read_text("utf-8"))
