"""Marks, in a child's own words, what a judgement of them rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from handover import words
from models.urgency import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some of the child's words, and why they are marked; empty where they are not."""

    words: str
    why: str


def pieces(text: str, reasons: Iterable[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """Gives the text in pieces, whole and in order, with those marked that reasons stand on."""
    standing = [reason for reason in reasons if _stands_in(text, reason)]
    ends = {0, len(text)}
    ends.update(*((reason["start"], reason["end"]) for reason in standing))
    cut = [
        (_why([one for one in standing if one["start"] <= start and end <= one["end"]]), start, end)
        for start, end in pairwise(sorted(ends))
    ]
    # Side by side and marked for the same reason is one mark, read out once.
    return tuple(
        Piece(words="".join(text[start:end] for _, start, end in same), why=why)
        for why, same in groupby(cut, key=lambda piece: piece[0])
    )


def in_words(reason: Mapping[str, Any]) -> str:
    """Gives a reason in words, with what it stands on."""
    said = str(reason.get("words", ""))
    if reason.get("kind") == "practitioner":
        return said
    meaning = "" if reason.get("kind") == "model" else f": {_meaning(reason)}"
    return f"\u201c{said}\u201d{meaning}"


def _stands_in(text: str, reason: Mapping[str, Any]) -> bool:
    """Tells whether a reason's words stand where it says, so that nothing else is ever marked."""
    start, end = reason.get("start"), reason.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        return False
    return 0 <= start < end <= len(text) and text[start:end] == reason.get("words")


def _why(reasons: Sequence[Mapping[str, Any]]) -> str:
    said = [_said(reason) for reason in reasons if reason["kind"] != "model"]
    # Where a phrase says what the words mean, that a word weighed too says nothing more.
    return "; ".join(dict.fromkeys(said)) or ("Weighed towards calling a person" if reasons else "")


def _said(reason: Mapping[str, Any]) -> str:
    level = words.URGENCY[Urgency(reason["level"])] if reason.get("level") else ""
    return f"{level}: {_meaning(reason)}"


def _meaning(reason: Mapping[str, Any]) -> str:
    name = str(reason.get("phrase") or "").replace("_", " ")
    if reason["kind"] == "context":
        name = f"{name}, with what was asked or said before"
    harm = f" ({words.harm(str(reason['harm']))})" if reason.get("harm") else ""
    return f"{name}{harm}"
