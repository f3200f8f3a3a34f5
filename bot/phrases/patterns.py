"""Compiles the small language that phrases are written in.

A phrase is a row of elements with a space between them, matched on plain words:

- `word` that word; `word*` any word that begins so; `a|b` either; a `_` joins words that
  stand together (`right_now`); `{name}` any of the words listed under that name;
- `*` alone is any word;
- `x?` at the end of an element: it may be missing (a question mark is written `{question}`);
- `...` up to three other words, `...6` up to six, never past a full stop or a "not";
- `~6` up to six other words, past full stops and a "not" too: for what stands in the next sentence;
- `^` the message's beginning, `$` its end, which may also be one of several: `now|help|$`.

Gaps are bounded, so that no message can make matching slow.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NEGATORS = (
    "not", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "wont", "wouldnt",
    "never", "aint", "hasnt", "havent", "no", "nobody", "without", "stopped", "cannae", "dinnae",
    "nikt", "nie", "nimeni", "nu", "ninguem", "nao", "sneb", "nahi", "nahin", "ні", "ніхто",
)  # fmt: skip
# Words met in nearly every message tell nothing about which phrases to try.
_COMMON = frozenset({
    "a", "i", "it", "is", "am", "are", "was", "were", "be", "me", "my", "he", "she", "they",
    "him", "her", "them", "you", "your", "we", "us", "our", "the", "to", "of", "in", "on",
    "at", "and", "or", "but", "for", "with", "from", "this", "that", "have", "has", "had",
    "got", "going", "will", "want", "can", "if", "so", "not", "dont", "no", "just", "up",
    "out", "off", "down", "do", "does", "did", ".", "?",
})  # fmt: skip
ANY_WORD = "*"
END = "$"
NO_SPELLINGS: Mapping[str, tuple[str, ...]] = {}
_GAP = re.compile(r"\.\.\.(\d*)")
_WIDE_GAP = re.compile(r"~(\d+)")
_GAP_WORDS = 3


class PhraseError(ValueError):
    """A phrase is not written in the language of this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A compiled phrase.

    `triggers` are the words without one of which it cannot match, and `needs` are such words for
    every part of it: a look at them is far cheaper than trying the expression.
    """

    expression: re.Pattern[str]
    triggers: tuple[str, ...]
    needs: tuple[frozenset[str], ...]
    words: frozenset[str]


def compile_pattern(
    says: str,
    classes: Mapping[str, tuple[str, ...]],
    spellings: Mapping[str, tuple[str, ...]] = NO_SPELLINGS,
) -> Pattern:
    """Gives the compiled form of one phrase, its words respelled as those of messages are.

    Raises:
        PhraseError: when a name in braces is not known or nothing is left to look for.
    """
    parts: list[str] = []
    required: list[tuple[str, ...]] = []
    words: set[str] = set()
    for element in says.split():
        if gap := _GAP.fullmatch(element):
            parts.append(_gap(int(gap.group(1) or _GAP_WORDS), closed=(".", "?", *NEGATORS)))
        elif gap := _WIDE_GAP.fullmatch(element):
            parts.append(_gap(int(gap.group(1)), closed=("?",)))
        elif element == "^":
            parts.append("^ ")
        else:
            optional = element.endswith("?")
            listed = _options(element.removesuffix("?"), classes, says)
            options = tuple(_respelled(option, spellings) for option in listed)
            words.update(
                word
                for option in options
                for word in option.split()
                if "*" not in word and word != END
            )
            parts.append(_alternation(options) + ("?" if optional else ""))
            if not optional and ANY_WORD not in options and END not in options:
                required.append(options)
    if not required:
        raise PhraseError(f"nothing to look for in {says!r}")
    lead = "" if says.startswith("^") else "(?<= )"
    return Pattern(
        expression=re.compile(lead + "".join(parts)),
        triggers=min((_triggers(options) for options in required), key=_commonness),
        needs=_needs(required),
        words=frozenset(words),
    )


def _options(element: str, classes: Mapping[str, tuple[str, ...]], says: str) -> tuple[str, ...]:
    options: list[str] = []
    for option in element.split("|"):
        if option.startswith("{"):
            name = option.strip("{}")
            if name not in classes:
                raise PhraseError(f"no words are listed under {name!r}, used in {says!r}")
            options.extend(classes[name])
        else:
            options.append(option.replace("_", " "))
    return tuple(options)


def _respelled(option: str, spellings: Mapping[str, tuple[str, ...]]) -> str:
    # "ma" is Romanian for "me" and a child's English for "my": both sides must read it alike.
    return " ".join(" ".join(spellings.get(word, (word,))) for word in option.split())


def _alternation(options: tuple[str, ...]) -> str:
    # Longer first, so that "right now" is taken before "right".
    ordered = sorted(set(options), key=lambda option: (-len(option), option))
    return "(?:" + "|".join(_escaped(option) for option in ordered) + ")"


def _escaped(option: str) -> str:
    if option == END:
        return r"(?:[.?] )*$"
    return "".join(
        re.escape(word.removesuffix("*")) + ("[^ ]* " if word.endswith("*") else " ")
        for word in option.split()
    )


def _gap(most: int, *, closed: Sequence[str]) -> str:
    ends = "|".join(re.escape(word) for word in closed)
    return f"(?:(?!(?:{ends}) )[^ ]+ ){{0,{most}}}?"


def _triggers(options: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        min(option.split(), key=lambda word: (word in _COMMON, -len(word))) for option in options
    )


def _needs(required: Sequence[tuple[str, ...]]) -> tuple[frozenset[str], ...]:
    every = {frozenset(_triggers(options)) for options in required}
    # A word's beginning cannot be looked up; the fewest words fail soonest.
    whole = [words for words in every if not any("*" in word for word in words)]
    return tuple(sorted(whole, key=len))


def _commonness(triggers: tuple[str, ...]) -> tuple[int, int]:
    return sum(word in _COMMON for word in triggers), len(triggers)
