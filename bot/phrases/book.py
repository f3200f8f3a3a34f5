"""Holds every phrase, and finds those that a message says."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML

from bot.phrases.patterns import NEGATORS, Pattern, compile_pattern
from bot.phrases.reading import Reading, Vocabulary, plain, read
from handover import edition
from models.urgency import Harm, Urgency

_FOLDER = "bot/phrases"
_STEM = range(2, 13)  # lengths of word beginnings that phrases use
_NEGATION_REACH = 4  # words before a phrase in which a "not" takes it back
_NEGATED = "negated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One thing children say, with what it means and what excuses it.

    `unless` says the level that is left when a cue (a joke, a film, homework, a "not")
    stands with it. A `wide` phrase hears more than it can be sure of: it counts in full where
    no model speaks, and only as evidence where one does.
    """

    name: str
    level: Urgency
    harms: frozenset[Harm]
    patterns: tuple[Pattern, ...]
    unless: Mapping[str, Urgency]
    wide: bool
    fires: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A phrase that a message says: the characters it stands on, and its level there."""

    phrase: Phrase
    level: Urgency
    start: int
    end: int


class Book:
    """All phrases and cues, indexed by the words that make them worth trying."""

    def __init__(
        self,
        phrases: Sequence[Phrase],
        cues: Mapping[str, Sequence[Pattern]],
        spellings: dict[str, tuple[str, ...]],
    ) -> None:
        self.phrases = tuple(phrases)
        self.wide = frozenset(phrase.name for phrase in phrases if phrase.wide)
        self._cues = cues
        self._words: defaultdict[str, list[tuple[Phrase, Pattern]]] = defaultdict(list)
        self._stems: defaultdict[str, list[tuple[Phrase, Pattern]]] = defaultdict(list)
        words: set[str] = set(NEGATORS)
        for phrase in phrases:
            for pattern in phrase.patterns:
                words |= pattern.words
                self._index(phrase, pattern)
        for patterns in cues.values():
            words.update(*(pattern.words for pattern in patterns))
        words.update(word for words_ in spellings.values() for word in words_)
        vocabulary = Vocabulary.of(frozenset(words), spellings)
        # The words of a language repeat: most of a message is met again at once.
        self._canonical = lru_cache(maxsize=20_000)(vocabulary.canonical)

    @property
    def cue_names(self) -> frozenset[str]:
        """Gives what a phrase may name under `unless`."""
        return frozenset({*self._cues, _NEGATED})

    def read(self, text: str) -> Reading:
        """Gives the plain words of a message."""
        return read(text, self._canonical)

    def find(self, reading: Reading) -> list[Found]:
        """Gives the phrases that a message says, the most urgent first."""
        found = [
            hit
            for phrase, pattern in self._candidates(reading)
            if (hit := self._match(reading, phrase, pattern)) is not None
        ]
        return sorted(found, key=lambda hit: (-hit.level.rank, hit.start, hit.phrase.name))

    def has_cue(self, reading: Reading, name: str) -> bool:
        """Tells whether a message carries a cue, such as that it is a joke or homework."""
        return any(pattern.expression.search(reading.line) for pattern in self._cues[name])

    def _index(self, phrase: Phrase, pattern: Pattern) -> None:
        for trigger in set(pattern.triggers):
            if trigger.endswith("*"):
                self._stems[trigger.removesuffix("*")].append((phrase, pattern))
            else:
                self._words[trigger].append((phrase, pattern))

    def _candidates(self, reading: Reading) -> Iterator[tuple[Phrase, Pattern]]:
        tried: set[int] = set()
        said = frozenset(word.text for word in reading.words)
        for word in dict.fromkeys(word.text for word in reading.words):
            rows = list(self._words.get(word, ()))
            for length in _STEM:
                rows += self._stems.get(word[:length], ()) if length <= len(word) else ()
            for phrase, pattern in rows:
                if id(pattern) in tried:
                    continue
                tried.add(id(pattern))
                if not any(said.isdisjoint(words) for words in pattern.needs):
                    yield phrase, pattern

    def _match(self, reading: Reading, phrase: Phrase, pattern: Pattern) -> Found | None:
        best: Found | None = None
        for match in pattern.expression.finditer(reading.line):
            first = reading.line.count(" ", 0, max(match.start(), 1)) - 1
            length = max(match.group().strip().count(" ") + 1, 1)
            level = self._level(reading, phrase, first)
            if level is Urgency.NO_CONCERN or (best is not None and level.rank <= best.level.rank):
                continue
            start, end = reading.span(first, first + length)
            best = Found(phrase=phrase, level=level, start=start, end=end)
        return best

    def _level(self, reading: Reading, phrase: Phrase, first: int) -> Urgency:
        level = phrase.level
        for cue, left in phrase.unless.items():
            if left.rank < level.rank and self._excused(reading, cue, first):
                level = left
        return level

    def _excused(self, reading: Reading, cue: str, first: int) -> bool:
        if cue != _NEGATED:
            return self.has_cue(reading, cue)
        before = [word.text for word in reading.words[max(0, first - _NEGATION_REACH) : first]]
        clause = before[_after_last_stop(before) :]
        return any(word in NEGATORS for word in clause)


def _after_last_stop(words: Sequence[str]) -> int:
    return max(
        (place + 1 for place, word in enumerate(words) if word in {".", "?", "but"}), default=0
    )


@edition.kept
def the_book() -> Book:
    """Gives the phrases of the edition, read once, and once for editions that have the same."""
    return _read(edition.digest(f"{_FOLDER}/*.yml"))


@lru_cache(maxsize=4)
def _read(_: str) -> Book:
    classes = _classes()
    spellings = {
        _fold(variant): tuple(_fold(meant).split())
        for meant, variants in _load("spellings.yml").items()
        for variant in variants.split()
    }

    def pattern(says: str) -> Pattern:
        return compile_pattern(_fold(says), classes, spellings)

    cues = {name: [pattern(says) for says in lines] for name, lines in _load("cues.yml").items()}
    rows = [row for path in edition.paths(f"{_FOLDER}/say-*.yml") for row in _load(path.name)]
    return Book([_phrase(row, pattern) for row in rows], cues, spellings)


def _classes() -> dict[str, tuple[str, ...]]:
    listed = {
        name: tuple(_fold(word).replace("_", " ") for word in words.split())
        for name, words in _load("words.yml").items()
    }
    # A list may take in another by its name in braces.
    return {
        name: tuple(
            word
            for entry in words
            for word in (
                listed[entry.strip("{}").replace(" ", "_")] if entry[0] == "{" else (entry,)
            )
        )
        for name, words in listed.items()
    }


def _phrase(row: Mapping[str, Any], pattern: Callable[[str], Pattern]) -> Phrase:
    return Phrase(
        name=row["phrase"],
        level=Urgency(row["level"]),
        harms=frozenset(Harm(harm) for harm in row.get("harms", ())),
        patterns=tuple(pattern(says) for says in row["says"]),
        unless={cue: Urgency(left) for cue, left in row.get("unless", {}).items()},
        wide=row.get("wide", False),
        fires=tuple(row["fires"]),
        silent=tuple(row["silent"]),
    )


def _fold(text: str) -> str:
    # Phrases are written with their accents; messages are read without them.
    return plain(text.replace("'", ""))[0]


def _load(name: str) -> Any:
    with edition.path(f"{_FOLDER}/{name}").open(encoding="utf-8") as lines:
        return YAML(typ="safe", pure=True).load(lines)
