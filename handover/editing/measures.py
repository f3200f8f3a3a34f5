"""How long and how hard a text is: SMS segments, characters, reading age."""

import math
import re

# The characters of a plain SMS (3GPP TS 23.038): those of the second row count twice.
GSM_PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€")
GSM_7 = GSM_PLAIN | GSM_TWICE
TOKEN = re.compile(r"\[\[(\w+)\]\]")
_PLACE = re.compile(r"\[\[.*?\]\]|\{.*?\}")
_FEWEST_WORDS = 3


def segments(text: str) -> int:
    """Gives how many text messages a text takes; its tokens count as they are written."""
    plain = set(text) <= GSM_7
    length = len(text) + (sum(one in GSM_TWICE for one in text) if plain else 0)
    one, many = (160, 153) if plain else (70, 67)
    return 1 if length <= one else math.ceil(length / many)


def not_plain(text: str) -> list[str]:
    """Gives the characters that make a text message dearer and shorter."""
    return sorted(set(text) - GSM_7)


def reading_age(text: str) -> float:
    """Gives the reading age in years: Flesch and Kincaid's grade and five."""
    plain = _PLACE.sub("", text)
    sentences = max(1, len([one for one in re.split(r"[.!?:]+", plain) if one.strip()]))
    words = re.findall(r"[A-Za-z']+", plain)
    if len(words) < _FEWEST_WORDS:
        return 5.0
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59 + 5


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(1, groups - silent)
