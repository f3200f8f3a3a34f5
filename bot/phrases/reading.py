"""Turns a message, however it is spelled, into plain words that know where they stood.

Children write with no apostrophes, doubled and missing letters, digits for letters, emoji,
and zero-width characters. Phrases are matched on the words this module gives; every word
keeps its place in the message, so that a reason can show exactly what was written.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

# A text longer than any channel carries is judged by its beginning and its end, so that
# a pasted book cannot hold up the children behind it.
LONGEST = 24_000

_TOKEN = regex.compile(
    r"[\p{L}\p{M}\p{N}@$]+(?:'[\p{L}\p{M}]+)*|[.!;?\u2026\u061f\u0964]+|\p{Extended_Pictographic}"
)
_RUN = regex.compile(r"(.)\1{2,}")
_DOUBLE = regex.compile(r"(.)\1+")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
)
# Apostrophes as keyboards make them, and letters that have no plain form of their own.
_LOOKALIKES = dict.fromkeys("\u2019\u2018`\u00b4\u02bc", "'") | {"ł": "l", "đ": "d", "ø": "o"}
_MERGED = {
    ("do", "not"): "dont",
    ("does", "not"): "doesnt",
    ("did", "not"): "didnt",
    ("is", "not"): "isnt",
    ("are", "not"): "arent",
    ("was", "not"): "wasnt",
    ("will", "not"): "wont",
    ("can", "not"): "cant",
    ("could", "not"): "couldnt",
    ("has", "not"): "hasnt",
    ("have", "not"): "havent",
    ("my", "self"): "myself",
    ("her", "self"): "herself",
    ("him", "self"): "himself",
}
_SPELLED_OUT = 4  # single letters in a row that are read as one word
# What is written without spaces is taken apart only where it all comes out as words, and enough
# of them: "nevertheless" and longer words than that stay whole.
_GLUED = range(10, 161)
_GLUED_WORDS = 4
_GLUED_LONGEST = 14
_GLUED_MEAN = 2.5
# Of the shortest only English ones: other languages have so many that any long word comes apart.
_GLUED_SMALL = frozenset({
    "a", "i", "am", "an", "as", "at", "be", "by", "da", "do", "go", "he", "if", "im", "in", "is",
    "it", "me", "my", "nd", "no", "of", "ok", "on", "or", "so", "to", "up", "ur", "us", "we",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word as phrases know it, and where it stood in the message."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message as plain words: `line` is matched, `words` lead back to the message."""

    line: str
    words: tuple[Word, ...]
    starts: tuple[int, ...]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Gives where the words from `first` to before `last` stood in the message."""
        return self.words[first].start, max(word.end for word in self.words[first:last])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words that phrases use, and the spellings that stand for them."""

    words: frozenset[str]
    squeezed: dict[str, str]
    spellings: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, words: frozenset[str], spellings: dict[str, tuple[str, ...]]) -> "Vocabulary":
        """Gives a vocabulary that also knows its longer words by their letters undoubled."""
        squeezed = {_DOUBLE.sub(r"\1", word): word for word in sorted(words) if len(word) > 4}
        return cls(words=words, squeezed=squeezed, spellings=spellings)

    def canonical(self, token: str) -> tuple[str, ...]:
        """Gives the plain word or words that a token stands for; itself when unknown."""
        token = token.replace("'", "")
        for form in _forms(token):
            if form in self.spellings:
                return self.spellings[form]
            if form in self.words:
                return (form,)
        undoubled = self.squeezed.get(_DOUBLE.sub(r"\1", token))
        if undoubled is None and (glued := self._unglued(token)):
            return tuple(word for part in glued for word in self.canonical(part))
        return (undoubled or _RUN.sub(r"\1", token),)

    def _unglued(self, token: str) -> tuple[str, ...]:
        if len(token) not in _GLUED or not token.isascii() or not token.isalpha():
            return ()
        # The fewest words that make up the beginning of the token up to each letter.
        fewest: list[tuple[str, ...] | None] = [()]
        for end in range(1, len(token) + 1):
            ways = [
                (*before, token[start:end])
                for start in range(max(0, end - _GLUED_LONGEST), end)
                if (before := fewest[start]) is not None and self._is_word(token[start:end])
            ]
            fewest.append(min(ways, key=_plainness, default=None))
        words = fewest[-1] or ()
        is_plain = len(words) >= _GLUED_WORDS and len(token) / len(words) >= _GLUED_MEAN
        return words if is_plain else ()

    def _is_word(self, part: str) -> bool:
        if len(part) <= 2:
            return part in _GLUED_SMALL
        return part in self.words or part in self.spellings


def _plainness(words: tuple[str, ...]) -> tuple[int, int]:
    # "got a" before "go ta": of as many words, those with a long one among them.
    return len(words), -sum(len(word) ** 2 for word in words)


def read(text: str, canonical: Callable[[str], tuple[str, ...]]) -> Reading:
    """Gives the plain words of a message."""
    words = _merge(_words(text, canonical))
    starts: list[int] = []
    at = 1
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    line = " " + "".join(f"{word.text} " for word in words)
    return Reading(line=line, words=tuple(words), starts=tuple(starts))


def plain(text: str) -> tuple[str, tuple[int, ...]]:
    """Gives the text in small letters without marks, and where each letter stood."""
    if text.isascii():
        return text.lower(), tuple(range(len(text)))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKD", letter.casefold()):
            if unicodedata.category(part) in {"Mn", "Cf"}:
                continue
            letters.append(_LOOKALIKES.get(part, part))
            places.append(place)
    return "".join(letters), tuple(places)


def _tokens(text: str) -> Iterator[Word]:
    for piece, offset in _pieces(text):
        letters, places = plain(piece)
        for token in _TOKEN.finditer(letters):
            start = places[token.start()] + offset
            end = places[token.end() - 1] + 1 + offset
            yield Word(text=token.group(), start=start, end=end)


def _words(text: str, canonical: Callable[[str], tuple[str, ...]]) -> Iterator[Word]:
    for token in _spelled_out(_tokens(text)):
        for word in _sense(token.text, canonical):
            yield Word(text=word, start=token.start, end=token.end)


def _pieces(text: str) -> tuple[tuple[str, int], ...]:
    if len(text) <= LONGEST:
        return ((text, 0),)
    half = LONGEST // 2
    return ((text[:half], 0), (text[-half:], len(text) - half))


def _sense(token: str, canonical: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    if "?" in token or "\u061f" in token:
        return ("?",)
    if not token[0].isalnum() and token[0] in ".!;\u2026\u0964":
        return (".",)
    return canonical(token)


def _forms(token: str) -> Iterator[str]:
    yield token
    if _RUN.search(token):
        yield _RUN.sub(r"\1\1", token)
        yield _RUN.sub(r"\1", token)
    if token.endswith("in"):
        yield token + "g"
    if not token.isalpha():
        yield token.translate(_LEET)


def _spelled_out(words: Iterator[Word]) -> Iterator[Word]:
    # "h e l p" is one word to a child who has seen filters catch the plain one.
    held: list[Word] = []
    for word in words:
        if len(word.text) == 1 and word.text.isalpha():
            held.append(word)
            continue
        yield from _let_go(held)
        held = []
        yield word
    yield from _let_go(held)


def _let_go(held: list[Word]) -> Iterator[Word]:
    if len(held) < _SPELLED_OUT:
        yield from held
        return
    # "a k n i f e": the first letter is a word of its own.
    if held[0].text in {"a", "i"} and len(held) > _SPELLED_OUT:
        yield held.pop(0)
    text = "".join(word.text for word in held)
    yield Word(text=text, start=held[0].start, end=held[-1].end)


def _merge(words: Iterator[Word]) -> list[Word]:
    merged: list[Word] = []
    for word in words:
        one = _MERGED.get((merged[-1].text, word.text)) if merged else None
        if one is None:
            merged.append(word)
        else:
            merged[-1] = Word(text=one, start=merged[-1].start, end=word.end)
    return merged
