"""Whether the rules let the talk go on, and what is known of a child is still kept as it was."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from handover.editing import texts
from handover.editing.checks.rules import brought
from handover.editing.material import Finding, Material
from handover.editing.texts import DOMAIN

RULES = "dialogues/data/rules/"
SLOTS = f"{DOMAIN}slots.yml"
_PUT_BACK = "Put it back, as in the version that is live. An engineer changes what is kept."


def workings(material: Material) -> list[Finding]:
    """Gives the rules that hold up the talk or contradict each other, and slots that changed."""
    return [*_rules(material.files), *_slots(material)]


def _rules(files: Mapping[str, str]) -> Iterator[Finding]:
    first: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for path, data in texts.matching(files, RULES).items():
        for rule in data["rules"]:
            where = f"{path}, {rule['rule']}"
            if rule.get("wait_for_user_input", True):
                yield Finding(
                    what="The bot waits after it: no question would follow, even of safety.",
                    where=where,
                    how="Write wait_for_user_input: false under its name, as in the other rules.",
                )
            intents = [step["intent"] for step in rule["steps"] if "intent" in step]
            actions = [step["action"] for step in rule["steps"] if "action" in step]
            condition = json.dumps(rule.get("condition", []), sort_keys=True)
            name, others = first.setdefault((" ".join(intents), condition), (rule["rule"], actions))
            if others != actions:
                yield Finding(
                    what=f"It answers {' '.join(intents)} otherwise than the rule “{name}”, and "
                    "both hold at once.",
                    where=where,
                    how="Leave one of the two, or give each a condition of its own.",
                )


def _slots(material: Material) -> Iterator[Finding]:
    now = texts.parsed(SLOTS, material.files[SLOTS])["slots"]
    live = texts.parsed(SLOTS, material.live.get(SLOTS, material.files[SLOTS]))["slots"]
    ours = texts.parsed(SLOTS, brought(SLOTS))["slots"]
    for name, before in live.items():
        if now.get(name) == ours.get(name):
            # What a release changes is an engineer's, whatever is live.
            continue
        if name not in now:
            yield _slot(name, f"Nothing keeps {name} any more.")
            continue
        slot = now[name] if isinstance(now[name], dict) else {}
        lost = sorted(str(one) for one in set(_values(before)) - set(_values(slot)))
        if lost:
            yield _slot(name, f"{name} can no longer be {', '.join(lost[:5])}.")
        if any(slot.get(part) != before.get(part) for part in before.keys() - {"values"}):
            yield _slot(
                name, f"{name} would be kept in another way, and what a child says could be lost."
            )


def _slot(name: str, what: str) -> Finding:
    return Finding(what=what, where=f"{SLOTS}, {name}", how=_PUT_BACK)


def _values(slot: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = slot.get("values") or []
    return found
