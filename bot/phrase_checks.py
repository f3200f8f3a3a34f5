"""Whether a version's phrases can be read, fire as they say, and catch all that is caught today."""

import re
from collections import Counter
from collections.abc import Iterator
from math import prod

from bot.phrases.book import Book, Phrase, the_book
from bot.phrases.patterns import PhraseError
from bot.urgency import phrase_level
from handover import edition
from handover.editing.material import Finding
from handover.edition import Edition
from models.urgency import Urgency

_WHERE = "bot/phrases"
# What the phrases' language makes of "...4", and what it may repeat without a bound: letters up to
# the next space, and full stops up to the end. Neither can take what comes after it.
_GAP = re.compile(r"\(\?:\(\?!\(\?:[^()]*\) \)\[\^ \]\+ \)\{0,(\d+)\}\?")
_HARMLESS = re.compile(r"\[\^ \]\* |\(\?:\[\.\?\] \)\*\$")
_UNBOUNDED = re.compile(r"(?<!\\)[*+{]")
MOST_WAYS = 500
_CALLS = (Urgency.EMERGENCY, Urgency.URGENT)
# Of what other phrases must not be called by, so many may newly call by a phrase that is right.
_MOST_NEWLY_CALLED = 2


def phrase_findings(draft: Edition, live: Edition) -> list[Finding]:
    """Gives what is wrong with the phrases of an edition, beside those that are live."""
    try:
        with edition.pinned(draft):
            book = the_book()
            found = [one for phrase in book.phrases for one in _phrase(book, phrase)]
            found += _names(book)
    except (PhraseError, ValueError, KeyError, TypeError, AttributeError) as error:
        return [
            Finding(
                what=f"A phrase cannot be read: {error}.",
                where=_WHERE,
                how="Compare it with the language of phrases that bot/phrases/patterns.py tells.",
            )
        ]
    with edition.pinned(live):
        today = the_book()
        caught = [
            (phrase.name, text, level)
            for phrase in today.phrases
            for text in phrase.fires
            if (level := phrase_level(text)) in _CALLS
        ]
        # A version whose phrases are those of today reads them once, as the same book.
        quiet = [
            text
            for phrase in (today.phrases if today is not book else ())
            for text in phrase.silent
            if phrase_level(text) not in _CALLS
        ]
    with edition.pinned(draft):
        return [
            *found,
            *(one for name, text, level in caught for one in _missed(name, text, level)),
            *_too_wide(book, quiet),
            *_relabelled(book, today),
        ]


def can_run_away(written: str) -> bool:
    """Tells whether an expression repeats something without a bound."""
    return _UNBOUNDED.search(_HARMLESS.sub("", _GAP.sub("", written))) is not None


def ways(written: str) -> int:
    """Gives in how many ways an expression can share out its gaps."""
    return prod(int(most) + 1 for most in _GAP.findall(written))


def fires(book: Book, phrase: Phrase, text: str) -> bool:
    """Tells whether a phrase fires on a text, at its own level."""
    return any(
        found.phrase.name == phrase.name and found.level is phrase.level
        for found in book.find(book.read(text))
    )


def _phrase(book: Book, phrase: Phrase) -> Iterator[Finding]:
    where = f"{_WHERE}, {phrase.name}"
    # First, so that no text is ever matched with a pattern that could hold it up.
    for pattern in phrase.patterns:
        written = pattern.expression.pattern
        if can_run_away(written) or ways(written) > MOST_WAYS:
            yield Finding(
                what="A pattern could be tried without end: a child's message would wait for it.",
                where=where,
                how="Make the gaps (...) fewer or shorter.",
            )
            return
    if not phrase.fires or not phrase.silent:
        yield Finding(
            what="The phrase has no examples, so nobody can tell what it does.",
            where=where,
            how="Give at least one text under fires and one under silent.",
        )
    unknown = phrase.unless.keys() - book.cue_names
    if unknown:
        yield Finding(
            what=f"It knows no cue {', '.join(sorted(unknown))}.",
            where=where,
            how=f"Use one of {', '.join(sorted(book.cue_names))}.",
        )
        return
    yield from _examples(book, phrase, where)


def _examples(book: Book, phrase: Phrase, where: str) -> Iterator[Finding]:
    for text in phrase.fires:
        if not fires(book, phrase, text):
            yield Finding(
                what=f"It does not fire on its example “{text}”.",
                where=where,
                how="Mend the pattern; the example says what it is there for.",
            )
    for text in phrase.silent:
        if fires(book, phrase, text):
            yield Finding(
                what=f"It fires on “{text}”, which it says it does not.",
                where=where,
                how="Make the pattern narrower, or name a cue under unless.",
            )


def _names(book: Book) -> Iterator[Finding]:
    for name, times in Counter(phrase.name for phrase in book.phrases).items():
        if times > 1:
            yield Finding(
                what=f"{times} phrases are called {name}.",
                where=f"{_WHERE}, {name}",
                how="Give each a name of its own.",
            )


def _missed(name: str, text: str, level: Urgency) -> Iterator[Finding]:
    now = phrase_level(text)
    if now.rank < level.rank:
        yield Finding(
            what=f"“{text}” is heard as {level.value.replace('_', ' ')} today, and would be "
            f"{now.value.replace('_', ' ')}.",
            where=f"{_WHERE}, {name}",
            how="Put the phrase and its level back. To hear less, a safeguarding lead and an "
            "engineer change it in the program.",
        )


def _too_wide(book: Book, quiet: list[str]) -> Iterator[Finding]:
    """Gives the phrases that would call a person to what calls nobody today."""
    newly: dict[str, list[str]] = {}
    for text in quiet:
        for hit in book.find(book.read(text)):
            if hit.level in _CALLS and not hit.phrase.wide:
                newly.setdefault(hit.phrase.name, []).append(text)
    for name, heard in newly.items():
        if len(heard) > _MOST_NEWLY_CALLED:
            shown = ", ".join(f"“{text}”" for text in heard[:3])
            yield Finding(
                what=f"It listens too widely: {len(heard)} messages call nobody today and newly "
                f"would, such as {shown}.",
                where=f"{_WHERE}, {name}",
                how="Write more of what children say around these words, so that plain days stay "
                "silent.",
            )


def _relabelled(book: Book, today: Book) -> Iterator[Finding]:
    now = {phrase.name: phrase.harms for phrase in book.phrases}
    for phrase in today.phrases:
        lost = phrase.harms - now.get(phrase.name, phrase.harms)
        if lost:
            named = ", ".join(sorted(harm.value.replace("_", " ") for harm in lost))
            yield Finding(
                what=f"It no longer tells of {named}, which decides what is asked next.",
                where=f"{_WHERE}, {phrase.name}, harms",
                how="Put the harm back. A further one can stand beside it.",
            )
