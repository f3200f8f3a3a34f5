"""Tells which of the bot's languages a message is written in.

The script settles some; lists of small words settle most, and short English above all, which
a statistical detector takes for Polish or Welsh. Only what is left goes to lingua.
"""

from collections.abc import Mapping
from functools import cache

import regex
from lingua import Language, LanguageDetector, LanguageDetectorBuilder
from ruamel.yaml import YAML

from bot.phrases.reading import plain
from handover import edition

_WORDS = "bot/phrases/languages.yml"
_LATIN = {
    "en": Language.ENGLISH,
    "pl": Language.POLISH,
    "ro": Language.ROMANIAN,
    "cy": Language.WELSH,
    "so": Language.SOMALI,
    "pt": Language.PORTUGUESE,
}
_SCRIPTS = (
    ("uk", regex.compile(r"\p{Cyrillic}")),
    ("pa", regex.compile(r"\p{Gurmukhi}")),
    ("bn", regex.compile(r"\p{Bengali}")),
    ("ar", regex.compile(r"\p{Arabic}")),
)
_URDU = regex.compile(r"[\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2\u06af\u067e\u0686\u06a9]")
_TOKEN = regex.compile(r"[\p{Latin}']+")
_READ = 2_000  # characters are enough to tell a language
_SURE = 0.75
_FEWEST_LETTERS = 12
_FEWEST_WORDS = 2
_HARDLY_ENGLISH = 1 / 8  # of a message's words; a name or "mam" is in many languages


def language_of(text: str) -> str:
    """Gives a language code such as `en`, `pl` or `ur-Latn`; English when nothing tells."""
    start = text[:_READ]
    script = _by_script(start)
    if script is not None:
        return script
    words = [word.replace("'", "") for word in _TOKEN.findall(plain(start)[0])]
    scores = _by_words(words)
    best = max(scores, key=lambda code: scores[code])
    runner_up = max((score for code, score in scores.items() if code != best), default=0.0)
    if scores[best] > 0 and scores[best] >= 1.5 * runner_up:
        return best
    return _by_letters(start, "en" if scores["en"] >= scores[best] else best)


def says_it_plainly(text: str, code: str) -> bool:
    """Tells whether a message's own words say its language, not only its letters.

    By letters alone "mums away w work til weds" is Polish.
    """
    start = text[:_READ]
    if _by_script(start) is not None:
        return True
    words = [word.replace("'", "") for word in _TOKEN.findall(plain(start)[0])]
    scores = _by_words(words)
    found = scores.get(code, 0.0)
    is_spoken = found >= _FEWEST_WORDS and found >= scores["en"] + 1
    return is_spoken or found > scores["en"] <= len(words) * _HARDLY_ENGLISH


def _by_script(text: str) -> str | None:
    counts = {code: len(script.findall(text)) for code, script in _SCRIPTS}
    code = max(counts, key=lambda code: counts[code])
    if counts[code] * 2 <= len(regex.findall(r"\p{Latin}", text)):
        return None
    if counts[code] == 0:
        return None
    return "ur" if code == "ar" and _URDU.search(text) else code


def _by_words(words: list[str]) -> Mapping[str, float]:
    scores = dict.fromkeys(_small_words(), 0.0)
    for word in words:
        codes = [code for code, listed in _small_words().items() if word in listed]
        for code in codes:
            # A word of two languages tells half as much of each.
            scores[code] += 1 / len(codes)
    return scores


def _by_letters(text: str, otherwise: str) -> str:
    if sum(letter.isalpha() for letter in text) < _FEWEST_LETTERS:
        return otherwise
    for value in _detector().compute_language_confidence_values(text)[:1]:
        if value.value >= _SURE:
            return next(code for code, language in _LATIN.items() if language == value.language)
    return otherwise


@edition.kept
def _small_words() -> Mapping[str, frozenset[str]]:
    with edition.path(_WORDS).open(encoding="utf-8") as lines:
        listed = YAML(typ="safe", pure=True).load(lines)
    return {code: frozenset(plain(words)[0].split()) for code, words in listed.items()}


@cache
def _detector() -> LanguageDetector:
    # Low accuracy takes 20 MB in place of 200, and the lists above have had their say.
    return LanguageDetectorBuilder.from_languages(*_LATIN.values()).with_low_accuracy_mode().build()
