"""Marks, in a child's own words, what a judgement of them rests on."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from handover import words
from models.conversation import HandoverReason
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


def in_words(text: str, reasons: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Gives the reasons of a judgement in words, with what each stands on in the child's text.

    A word alone ("dad", "scared") tells a reader little: it is given with those around it.
    """
    told: list[str] = []
    last: list[str] = []
    phrases: list[Mapping[str, Any]] = []
    weighed: list[Mapping[str, Any]] = []
    for reason in reasons:
        said = str(reason.get("words", ""))
        if reason.get("kind") == "practitioner":
            told.append(said)
        elif reason.get("kind") == "model":
            weighed.append(reason)
        elif reason.get("kind") in _WORDLESS:
            last.append(_WORDLESS[reason["kind"]](reason))
        else:
            phrases.append(reason)
    told += _read(text, phrases)
    named = [_span(one) for one in phrases if _stands_in(text, one)]
    return tuple(dict.fromkeys([*told, *_weighed(text, weighed, named), *last]))


def _overruled(reason: Mapping[str, Any]) -> str:
    seen = Urgency(reason["saw"])
    saw = "nothing" if seen is Urgency.NO_CONCERN else words.URGENCY[seen].lower()
    return f"a phrase raised this on receipt; the model saw {saw}"


def _called(reason: Mapping[str, Any]) -> str:
    code = reason.get("handover")
    return words.REASONS[HandoverReason(code)] if code else "raised by what came with it"


# Reasons that rest on no words of the message, each in words for a reader.
_WORDLESS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "receipt": _overruled,
    "service": _called,
    "hidden": lambda _: "the words are hidden, with a word of the child's own",
    "unread": lambda _: "the service could not judge it, and called a person",
    "whole": lambda _: "the model judged it as a whole",
}


def _read(text: str, reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """Gives what was read in which words; the same of words that overlap once, for the longest."""
    kept: list[Mapping[str, Any]] = []
    for reason in sorted(reasons, key=lambda one: -len(str(one.get("words", "")))):
        same = (one for one in kept if _meaning(one) == _meaning(reason))
        if not any(_overlap(text, one, reason) for one in same):
            kept.append(reason)
    by_quote: dict[str, list[str]] = {}
    for reason in kept:
        by_quote.setdefault(_phrase_around(text, reason), []).append(_meaning(reason))
    return [f"{_quoted(quote)}: {', '.join(meanings)}" for quote, meanings in by_quote.items()]


def _overlap(text: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if not (_stands_in(text, one) and _stands_in(text, other)):
        return one.get("words") == other.get("words")
    (start, end), (first, last) = _span(one), _span(other)
    return start < last and first < end


def _weighed(
    text: str, reasons: Sequence[Mapping[str, Any]], said: Sequence[tuple[int, int]]
) -> list[str]:
    """Gives the words that weighed with the model, as phrases, without those named already."""
    around: list[tuple[int, int]] = []
    standing = [_span(reason) for reason in reasons if _stands_in(text, reason)]
    unsaid = (
        span
        for span in sorted(standing)
        if not any(first <= span[0] and span[1] <= last for first, last in said)
    )
    for start, end in (_widened(text, *span, by=1) for span in unsaid):
        if around and start <= around[-1][1] + 1:
            around[-1] = (around[-1][0], max(end, around[-1][1]))
        else:
            around.append((start, end))
    # What was said at a judgement may stand otherwise now: then the bare words are all there is.
    bare = [str(one.get("words", "")) for one in reasons if not _stands_in(text, one)]
    quotes = [_quoted(text[start:end]) for start, end in around] + [_quoted(one) for one in bare]
    return [f"{' and '.join(quotes)}: weighed most in this judgement"] if quotes else []


def _phrase_around(text: str, reason: Mapping[str, Any]) -> str:
    said = str(reason.get("words", ""))
    if not _stands_in(text, reason) or len(said.split()) > 1:
        return said
    start, end = _widened(text, *_span(reason), by=3)
    return text[start:end]


def _widened(text: str, start: int, end: int, *, by: int) -> tuple[int, int]:
    """Gives a span with up to so many words of the same sentence before it and after it."""
    before = re.search(rf"(?:[^\s.?!]+[^\S\n]+){{0,{by}}}$", text[:start])
    after = re.match(rf"(?:[^\S\n]+[^\s.?!]+){{0,{by}}}", text[end:])
    return (before.start() if before else start), end + (after.end() if after else 0)


def _span(reason: Mapping[str, Any]) -> tuple[int, int]:
    return int(reason["start"]), int(reason["end"])


def _quoted(said: str) -> str:
    return f"\u201c{said.strip()}\u201d"


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
