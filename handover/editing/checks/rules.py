"""What no version may change: the house rules, and what came with the program."""

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handover.edition import ROOT

_RULES = Path(__file__).parent.parent / "house_rules.yml"


@cache
def rules() -> Any:
    """Gives the house rules."""
    return YAML(typ="safe", pure=True).load(_RULES.read_text("utf-8"))


@cache
def brought(path: str) -> str:
    """Gives a version's file as it came with the program, which an engineer made."""
    return (ROOT / path).read_text("utf-8")
