"""Makes a child's words into nobody's: stand-ins of the same kind for all that could name them.

It does not look for what to take out, but for what may stay: only words that anybody may say
(`bot/known_words.py`). Everything else that is written goes, and so does whatever the record holds
of this child and their people, however common a word it is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot import known_words, stand_in_rules
from bot.stand_in_rules import words_of

type _Piece = tuple[str, bool]
"""Some of a text, and whether it is settled: a stand-in is not looked at again."""

_UNCOMMON = 25
_SHORTEST_MENDED = 5
_LONG_NUMBER = 3


class UnreadableTalkError(Exception):
    """Too much of a talk would have to go for anybody to learn from the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record holds of a child and their people; all in lower case."""

    names: frozenset[str] = frozenset()
    """Words that go wherever they stand, even where they mean something else."""
    others: frozenset[str] = frozenset()
    """Uncommon words of what else is held, such as of an address."""
    phrases: Mapping[str, str] = field(default_factory=dict)
    """From a whole value, such as of a school, to the kind of what stands in for it."""


class StandIns:
    """The stand-ins of one talk: the same for the same name, so that it stays one talk."""

    def __init__(self, known: Known, texts: Iterable[str]) -> None:
        """Gets ready.

        Args:
            known: what the record holds.
            texts: all words of the talk, of which no name may stand in for another.
        """
        self._known = known
        taken = {word for text in texts for word in _words(text)} | known.names | known.others
        # Nor one that stands in a word of theirs, as in "callums".
        free = [
            name
            for name in stand_in_rules.names()
            if not any(word.startswith(name) for word in taken)
        ]
        self._free = iter(free)
        self._given: dict[str, str] = {}
        self._is_after_name = False
        self._words = self._unknown = 0

    def of(self, text: str) -> str:
        """Gives a text with its stand-ins.

        Raises:
            UnreadableTalkError: the talk names more people than there are stand-ins.
        """
        pieces: Iterable[_Piece] = [(_plain(text), False)]
        for phrase, kind in self._known.phrases.items():
            pieces = _applied(pieces, _phrase(phrase), stand_in_rules.always(kind), self._name)
        for pattern, rule in stand_in_rules.RULES:
            pieces = _applied(pieces, pattern, rule, self._name)
        said = ""
        self._is_after_name = False
        for piece, is_settled in pieces:
            said += piece if is_settled else self._each_word(piece, said)
            if is_settled:
                self._is_after_name = piece.casefold() in self._given.values()
        return said

    def check(self, texts: Sequence[str]) -> None:
        """Looks once more whether the texts with their stand-ins are nobody's, and still say much.

        Raises:
            UnreadableTalkError: something of the child is left, or hardly anything else.
        """
        left = {word for text in texts for word in _words(text)} - set(self._given.values())
        ours = {word for text in stand_in_rules.others().values() for word in _words(text)}
        is_somebodys = (left - ours) & (self._known.names | self._known.others)
        if is_somebodys or self._unknown > max(2, self._words // 4):
            raise UnreadableTalkError

    def _each_word(self, piece: str, before: str) -> str:
        said, at = "", 0
        for found in _WORD.finditer(piece):
            said += piece[at : found.start()]
            said += self._word(found.group(), is_first=_is_first(before + said))
            at = found.end()
        return said + piece[at:]

    def _word(self, word: str, *, is_first: bool) -> str:
        self._words += 1
        low = word.casefold().replace("\u2019", "'")
        if low.isdigit():
            return _number(low)
        if "_" in low or any(one.isdigit() for one in low):
            return _mixed(word, low)
        if known_words.is_known(low) and not self._names_somebody(low, word, is_first=is_first):
            self._is_after_name = False
            return word
        return _PART.sub(lambda part: self._part(part.group(), is_first=is_first), word)

    def _names_somebody(self, low: str, word: str, *, is_first: bool) -> bool:
        return any(
            self._is_somebodys(part.group().casefold(), part.group(), is_first=is_first)
            for part in _PART.finditer(low if word.islower() else word)
        )

    def _part(self, word: str, *, is_first: bool) -> str:
        low = word.casefold()
        if self._is_somebodys(low, word, is_first=is_first):
            return self._name(word)
        self._is_after_name = False
        if (
            known_words.is_known(low)
            or low in words_of("kept")
            or low in _ENDINGS
            or len(low) == 1
            or _SOUND.fullmatch(low)
        ):
            return word
        shorter = _LONG.sub(r"\1", low)
        for fewer in (_LONG.sub(r"\1\1", low), shorter):
            if fewer != low and known_words.is_known(fewer):
                # It may be a name, drawn out.
                return self._part(fewer, is_first=is_first)
        self._unknown += 1
        is_written_small = word.islower() and len(low) >= _SHORTEST_MENDED
        return (_mended(low) if is_written_small else None) or self._name(word)

    def _is_somebodys(self, low: str, word: str, *, is_first: bool) -> bool:
        """Tells whether a part of a word is a name, or may be one."""
        known = self._known
        if low in known.names or low in known.others or self._is_of_a_name(low):
            return True
        is_high = word[:1].isupper() and not word.isupper()
        stem = low.removesuffix("s")
        if low in stand_in_rules.first_names() or (
            known_words.count(low) < _UNCOMMON
            and (stem in stand_in_rules.first_names() or stem in known.names)
        ):
            return True
        if low in stand_in_rules.words_and_names():
            return is_high or known_words.count(low) < _UNCOMMON
        if low in words_of("never_kept"):
            return is_high or self._is_after_name or low not in words_of("plain_all_the_same")
        return is_high and not is_first and low not in words_of("kept_capitals") and len(low) > 1

    def _is_of_a_name(self, low: str) -> bool:
        """Tells whether a word is a short form of a name on record, or nearly that name."""
        if len(low) < _LONG_NUMBER or known_words.count(low) >= _UNCOMMON:
            return False
        return any(
            name.startswith(low) or (low.startswith(name) and len(name) >= _LONG_NUMBER)
            for name in self._known.names
        ) or any(near in self._known.names for near in _near(low))

    def _name(self, word: str) -> str:
        self._is_after_name = True
        low = word.casefold()
        stem = low.removesuffix("s")
        if stem != low and (stem in stand_in_rules.first_names() or stem in self._known.names):
            return self._name(word[:-1]) + word[-1]
        if low not in self._given:
            stand_in = next(self._free, None)
            if stand_in is None:
                raise UnreadableTalkError
            self._given[low] = stand_in
        stand_in = self._given[low]
        if word.isupper() and len(word) > 1:
            return stand_in.upper()
        return stand_in.title() if word[:1].isupper() else stand_in


_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_PART = re.compile(r"[^\W\d_]+")
_LONG = re.compile(r"(.)\1{2,}")
_SOUND = re.compile(r"(?:(?:ha|he|hi)h?){2,}h?|lo+l(?:ol)*|x+|z+|a+r*gh+|a+h+|o+h+|u+g?h+|h?m+|e+k")
_ENDINGS = frozenset(["ll", "re", "ve", "em", "nt"])
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def _plain(text: str) -> str:
    """Gives a text without what is not to be seen, such as a break within a name."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(one for one in plain if unicodedata.category(one) != "Cf")


def _words(text: str) -> Iterator[str]:
    for found in _PART.finditer(_plain(text).casefold()):
        yield found.group()


def _applied(
    pieces: Iterable[_Piece],
    pattern: re.Pattern[str],
    rule: stand_in_rules.Rule,
    name_anew: Callable[[str], str],
) -> Iterator[_Piece]:
    for piece, is_settled in pieces:
        at = 0
        for found in [] if is_settled else pattern.finditer(piece):
            stand_in = rule(found, name_anew)
            if stand_in is None:
                continue
            group = "what" if "what" in pattern.groupindex else 0
            yield piece[at : found.start(group)], False
            yield stand_in, True
            at = found.end(group)
        yield piece[at:], is_settled


def _phrase(phrase: str) -> re.Pattern[str]:
    words = r"[\W_]+".join(re.escape(word) for word in re.findall(r"\w+", phrase))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _is_first(before: str) -> bool:
    """Tells whether a word begins a sentence, so that its capital says nothing."""
    before = before.rstrip(" \t\"'\u201c\u2018(")
    return not before or before[-1] in ".!?\n"


def _number(digits: str) -> str:
    is_short = len(digits) < _LONG_NUMBER
    is_round = digits[0] != "0" and not digits[1:].strip("0")
    if is_short or is_round or int(digits) in stand_in_rules.kept_numbers():
        return digits
    return "0" * len(digits)


def _mixed(word: str, low: str) -> str:
    digits = sum(one.isdigit() for one in low)
    is_plain = digits < _LONG_NUMBER and "_" not in low
    if is_plain and (_UNIT.fullmatch(low) or known_words.is_known(low)):
        return word
    return stand_in_rules.others()["handle"]


_UNIT = re.compile(
    r"\d{1,2}(?:am|pm|ish|yo|yrs?|y|mins?|hrs?|h|m|s|st|nd|rd|th|x|k|p|%)|y(?:ea)?r?\d{1,2}"
)


def _mended(word: str) -> str | None:
    """Gives the word of ours that differs in one letter: danger is heard in misspelt words too."""
    found = [near for near in _near(word) if known_words.count(near) >= _UNCOMMON]
    names = (
        stand_in_rules.first_names(),
        stand_in_rules.words_and_names(),
        words_of("never_kept"),
    )
    fit = [near for near in found if not any(near in one for one in names)]
    return max(fit, key=known_words.count, default=None)


def _near(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        yield from (before + letter + after for letter in _ALPHABET)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _ALPHABET)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
