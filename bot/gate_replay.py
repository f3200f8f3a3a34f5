"""What a child would see otherwise: the gate's conversations as they go today, and with a draft."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.gate_plays import Played
from handover.editing.material import Finding
from models.urgency import Urgency


def changed_talks(before: Sequence[Played], after: Sequence[Played]) -> list[Finding]:
    """Gives the conversations whose route, urgency or words a draft would change."""
    played = {talk["id"]: talk for talk in after}
    return [found for talk in before if (found := difference(talk, played[talk["id"]])) is not None]


def difference(before: Played, after: Played) -> Finding | None:
    """Gives what differs between two plays of a conversation; None when nothing does.

    It is for people to read, unless a child would be heard less or reach no person.
    """
    lines = list(_lines(before, after))
    if not lines:
        return None
    is_less = is_worse(before, after)
    return Finding(
        what=("A child would be heard less than today. " if is_less else "") + " ".join(lines),
        where=f"Conversation {before['id'].replace('-', ' ')}",
        how="Put back what is heard or reached today."
        if is_less
        else "Read it as the child would. If it is what you meant, nothing is to be done.",
        is_note=not is_less,
    )


def changed_turns(before: Played, after: Played) -> list[dict[str, Any]]:
    """Gives a talk's turns with both answers where they differ; none when nothing does."""
    turns = [_turn(old, new) for old, new in zip(before["turns"], after["turns"], strict=True)]
    return turns if any(turn["changes"] for turn in turns) else []


def is_worse(before: Played, after: Played) -> bool:
    """Tells whether a child would be heard less than today, or reach no person."""
    return _heard(after) < _heard(before) or (bool(before["handover"]) and not after["handover"])


def _turn(old: Played, new: Played) -> dict[str, Any]:
    changes = [
        name
        for name, key in (("urgency", "urgency"), ("route", "holder"), ("words", "replies"))
        if old.get(key) != new.get(key)
    ]
    turn: dict[str, Any] = {"child": old["child"], "changes": changes}
    for key in ("urgency", "holder", "replies") if changes else ():
        turn[key] = [old.get(key), new.get(key)]
    return turn


def _heard(talk: Played) -> tuple[int, int]:
    """Gives how urgent a talk was judged, and how soon a person was called."""
    rank = Urgency(talk["urgency"]).rank
    return rank, -(talk["alert_turn"] or len(talk["turns"]) + 1)


def _lines(before: Played, after: Played) -> Iterator[str]:
    for number, (old, new) in enumerate(zip(before["turns"], after["turns"], strict=True), 1):
        said = f"At “{old['child']}” (turn {number})"
        if old["urgency"] != new["urgency"]:
            yield f"{said} the urgency is {old['urgency']} today, and would be {new['urgency']}."
        if old.get("holder") != new.get("holder"):
            yield f"{said} {old.get('holder')} holds it today, and {new.get('holder')} would."
        if old["replies"] != new["replies"]:
            today, then = _quoted(old["replies"]), _quoted(new["replies"])
            yield f"{said} the bot says {today} It would say {then}"


def _quoted(replies: Sequence[str]) -> str:
    return "“" + " / ".join(replies) + "”" if replies else "nothing."
