"""Measures played conversation scripts against what each of them expects."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.replay import ScriptError
from bot.talk_facts import is_found, told_language

# A share of these is asked for; `docs/dialogue.md` has the reasons.
TARGETS = {"alert in time": 0.95, "handover right": 0.95, "facts on the record": 0.80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a script's author says must come of it."""

    id: str
    gist: str
    urgency: str
    urgent_by_turn: int | None
    handover: bool
    facts: Mapping[str, str]
    must_not: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One played script, measured."""

    expected: Expected
    line: Mapping[str, Any]
    """What `frontdoor replay` printed for it."""
    found: tuple[str, ...]
    missing: tuple[str, ...]
    repeated: tuple[int, ...]
    """The turns in which something was asked that was known or declined."""
    language: str
    harms: tuple[str, ...] = field(default=())

    @property
    def is_alert_in_time(self) -> bool:
        """Whether a person was called when the script says, or not at all when it says so."""
        turn = self.line["alert_turn"]
        if self.expected.urgent_by_turn is None:
            return turn is None
        return turn is not None and turn <= self.expected.urgent_by_turn

    @property
    def is_alert_missed(self) -> bool:
        """Whether a person should have been called by a turn and was not."""
        return self.expected.urgent_by_turn is not None and not self.is_alert_in_time

    @property
    def is_handover_right(self) -> bool:
        """Whether people were given it to read exactly when they should be."""
        return bool(self.line["handover"]) is self.expected.handover

    @property
    def is_miss(self) -> bool:
        """Whether anything of it is not as expected."""
        whole = self.is_alert_in_time and self.is_handover_right
        return not whole or bool(self.missing or self.repeated)


def read_expected(path: Path) -> list[Expected]:
    """Gives what the scripts of a file expect.

    Raises:
        ScriptError: it cannot be read, or a script expects nothing.
    """
    try:
        entries = YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ScriptError(f"{path}: {error}") from error
    try:
        return [_expected(entry) for entry in entries]
    except (KeyError, TypeError, AttributeError) as error:
        raise ScriptError(f"{path}: a script has no whole `expect` ({error}).") from error


def measure(expected: Expected, line: Mapping[str, Any]) -> Result:
    """Gives how a played script did."""
    contact = line["contact"]
    told = told_language(expected.facts, contact)
    verdicts = {
        name: is_found(name, wanted, contact, told) for name, wanted in expected.facts.items()
    }
    return Result(
        expected=expected,
        line=line,
        found=tuple(name for name, is_found in verdicts.items() if is_found),
        missing=tuple(name for name, is_found in verdicts.items() if not is_found),
        repeated=tuple(_repeated(line["turns"])),
        language=told,
        harms=tuple(line.get("harms", ())),
    )


def totals(results: Sequence[Result]) -> dict[str, float]:
    """Gives the shares over some scripts, by the names of `TARGETS` and two more."""
    due = [one for one in results if one.expected.urgent_by_turn is not None]
    calm = [one for one in results if one.expected.urgent_by_turn is None]
    facts = sum(len(one.expected.facts) for one in results)
    return {
        "alert in time": _share([one.is_alert_in_time for one in due]),
        "no alert where none is due": _share([one.is_alert_in_time for one in calm]),
        "handover right": _share([one.is_handover_right for one in results]),
        "facts on the record": sum(len(one.found) for one in results) / facts if facts else 1.0,
        "nothing asked again": _share([not one.repeated for one in results]),
    }


def slices(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    """Gives the scripts of each language and of each harm that was noticed, by name."""
    groups: defaultdict[str, list[Result]] = defaultdict(list)
    for one in results:
        groups[f"language {one.language}"].append(one)
        for harm in one.harms:
            groups[f"harm {harm}"].append(one)
    yield from sorted(groups.items())


def _expected(entry: Mapping[str, Any]) -> Expected:
    expect = entry["expect"]
    return Expected(
        id=str(entry["id"]),
        gist=str(entry.get("gist", "")),
        urgency=str(expect["urgency"]),
        urgent_by_turn=expect["urgent_by_turn"],
        handover=bool(expect["handover"]),
        facts={str(name): _plainly(value) for name, value in (expect.get("facts") or {}).items()},
        must_not=tuple(str(one) for one in expect.get("must_not") or ()),
    )


def _plainly(value: Any) -> str:
    # YAML reads a bare yes and no as true and false.
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _repeated(turns: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """Gives the turns that put a question whose field was answered or declined before."""
    said: dict[str, str] = {}
    for number, turn in enumerate(turns, 1):
        known = set(turn.get("answered", ()))
        for reply in turn["replies"]:
            question = _question(reply)
            if question is None:
                continue
            about = said.get(question)
            if about is not None and about in known:
                yield number
            if turn.get("asked"):
                said.setdefault(question, str(turn["asked"]))


def _question(reply: str) -> str | None:
    first = reply.splitlines()[0] if reply else ""
    return first if first.endswith("?") or "? " in first else None


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0
