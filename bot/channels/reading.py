"""Reading what a provider sent: values of the right type, or nothing, never a crash."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What a provider's own library raises over an answer that lacks what was promised."""


def mapping(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Gives the object under the key; an empty one when there is none."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def sequence(source: Mapping[str, Any], key: str) -> Sequence[Any]:
    """Gives the list under the key; an empty one when there is none."""
    value = source.get(key)
    return value if isinstance(value, list) else ()


def text(source: Mapping[str, Any], key: str) -> str:
    """Gives the words under the key; none when there are none."""
    value = source.get(key)
    return whole(value) if isinstance(value, str) else ""


def integer(source: Mapping[str, Any], key: str) -> int | None:
    """Gives the whole number under the key, or None."""
    value = source.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(source: Mapping[str, Any], key: str) -> float | None:
    """Gives the number under the key, or None."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def moment(source: Mapping[str, Any], key: str) -> dt.datetime | None:
    """Gives the time under the key, from seconds since 1970, or None."""
    seconds = integer(source, key)
    if seconds is None:
        return None
    try:
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):
        return None


def whole(value: str) -> str:
    """Gives the words with halves of characters replaced, which no database can keep."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
