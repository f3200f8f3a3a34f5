"""Whether the questions are asked of whom, and when, they are meant for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from handover.editing import texts
from handover.editing.material import Finding, Material
from handover.editing.texts import DOMAIN, QUESTIONS
from models.record import RECORD_FIELDS
from models.urgency import Harm, Urgency

_SAFE = "safe_now"
_SLOTS = f"{DOMAIN}slots.yml"
_KINDS = ("in", "not_in", "any_of")
# What stands in a field of the record that a child did not answer.
DECLINED = ("prefer_not_to_say", "dont_know")


def asking(material: Material) -> list[Finding]:
    """Gives the conditions that cannot hold, and what would be asked too late or said no more."""
    data = texts.parsed(QUESTIONS, material.files[QUESTIONS])
    live = texts.parsed(QUESTIONS, material.live.get(QUESTIONS, material.files[QUESTIONS]))
    slots = set(texts.parsed(_SLOTS, material.files[_SLOTS])["slots"])
    values = _values(material, live)
    found: list[Finding] = []
    for part, name in (("first", "say"), ("questions", "field")):
        for one in data[part]:
            where = f"{QUESTIONS}, {one[name]}"
            for condition in one.get("when", ()):
                found += _condition(condition, slots, values, where)
            found += _contradiction(one.get("when", ()), where)
    return [*found, *_too_late(data), *_said_no_more(data, live)]


def values_known(files: Mapping[str, str]) -> dict[str, list[Any]]:
    """Gives what a condition may name, and the values it can wait for, nothing left out."""
    data = texts.parsed(QUESTIONS, files[QUESTIONS])
    found = _values(Material(files=files, live=files), data)
    for one in (*data["first"], *data["questions"]):
        for condition in one.get("when", ()):
            given = next((condition[kind] for kind in _KINDS if kind in condition), ())
            found[condition["slot"]] |= {value for value in given if value is not None}
    return {
        slot: sorted(values, key=str)
        for slot, values in sorted(found.items())
        if slot in texts.parsed(_SLOTS, files[_SLOTS])["slots"]
    }


def _values(material: Material, live: Mapping[str, Any]) -> dict[str, set[Any]]:
    """Gives what a slot can hold, of those of which it is known."""
    found: dict[str, set[Any]] = defaultdict(set)
    for said in material.live_texts:
        for _, payload in said.buttons:
            for slot, value in texts.told_by(payload).items():
                found[slot].add(value)
    for slot in found.keys() & RECORD_FIELDS.keys():
        found[slot] |= set(DECLINED)
    for slot in _yes_or_no(live):
        found[slot] |= {True, False}
    found["urgency"] = {level.value for level in Urgency}
    found["harms"] = {harm.value for harm in Harm}
    return found


def _yes_or_no(live: Mapping[str, Any]) -> Iterator[str]:
    """Gives the slots that conditions take for a plain yes or no today."""
    for one in (*live["first"], *live["questions"]):
        for condition in one.get("when", ()):
            said_today = next((condition[kind] for kind in _KINDS if kind in condition), ())
            plain = [value for value in said_today if value is not None]
            if plain and all(isinstance(value, bool) for value in plain):
                yield condition["slot"]


def _condition(
    condition: Mapping[str, Any], slots: set[str], values: Mapping[str, set[Any]], where: str
) -> Iterator[Finding]:
    slot = condition["slot"]
    if slot not in slots:
        yield Finding(
            what=f"It waits for {slot}, which nobody ever knows.",
            where=where,
            how="Write the name as in the other conditions, or take the condition out.",
        )
        return
    given = next(condition[kind] for kind in _KINDS if kind in condition)
    for value in given if slot in values else ():
        if value is not None and value not in values[slot]:
            may_be = ", ".join(sorted(str(one).lower() for one in values[slot]))
            yield Finding(
                what=f"It waits until {slot} is {value}, which it never is.",
                where=where,
                how=f"Use one of {may_be}.",
            )


def _contradiction(conditions: list[Mapping[str, Any]], where: str) -> Iterator[Finding]:
    within: dict[str, list[Any]] = {}
    for one in conditions:
        if "in" in one:
            before = within.get(one["slot"], one["in"])
            within[one["slot"]] = [value for value in one["in"] if value in before]
    for one in conditions:
        if "not_in" in one and one["slot"] in within:
            within[one["slot"]] = [v for v in within[one["slot"]] if v not in one["not_in"]]
    for slot, left in within.items():
        if not left:
            yield Finding(
                what=f"It would never be asked: what it wants of {slot} cannot all be true.",
                where=where,
                how="Take out one of the two conditions.",
            )


def _too_late(data: Mapping[str, Any]) -> Iterator[Finding]:
    fields = [one["field"] for one in data["questions"]]
    if _SAFE not in fields:
        return
    before = [one for one in fields[: fields.index(_SAFE)] if one not in data["emergency"]]
    if before:
        yield Finding(
            what=f"Whether a child is safe is asked after {', '.join(before)}.",
            where=f"{QUESTIONS}, {_SAFE}",
            how="Move it up. The order follows risk: only where a child is may come before it.",
        )


def _said_no_more(data: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[Finding]:
    for part, now, before in (
        ("first", *([one["say"] for one in held["first"]] for held in (data, live))),
        ("takes_up", *(held.get("takes_up", []) for held in (data, live))),
        *(
            (name, *(held[name] for held in (data, live)))
            for name in ("then_listen", "then_repeat", "invite", "emergency", "when_worse")
        ),
    ):
        lost = sorted(set(before) - set(now))
        if lost:
            yield Finding(
                what=f"{', '.join(lost[:5])} would no longer be minded.",
                where=f"{QUESTIONS}, {part}",
                how="Put it back, as in the version that is live. An engineer takes one out, "
                "together with what it answers.",
            )
