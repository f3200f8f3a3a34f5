"""Whether every text is short, plain, kind, and true enough to be said to a child."""

import re
from collections.abc import Iterator
from typing import Any

from handover.editing import measures, texts
from handover.editing.checks.rules import rules
from handover.editing.material import Finding, Material
from handover.editing.measures import TOKEN
from handover.editing.texts import ASK, ENGLISH, Said

LONGEST_ENGLISH = 300
LONGEST = 340
OLDEST_READER = 11
MEAN_READER = 9
_PLAIN_LETTERS = frozenset({ENGLISH, "so", "ur-Latn", "pa-Latn", "bn-Latn"})
# Characters that turn the order of letters round, take no room, or are no text.
_HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_BROKEN_TOKEN = re.compile(r"\[\[|\]\]|\[\w+\]\]?|\[\[?\w+\](?!\])")


def lengths(material: Material) -> list[Finding]:
    """Gives the texts that are empty, too long, or need characters that a plain SMS has not."""
    return [one for said in material.texts for one in _length(said)]


def plainness(material: Material) -> list[Finding]:
    """Gives the English texts that a child of nine cannot read."""
    english = [said for said in material.texts if said.language == ENGLISH and said.text]
    # What is live was read by people who let it stand; the cover teaches, and is for nobody's ears.
    live = {(said.key, said.text) for said in material.live_texts}
    hard = [
        said
        for said in english
        if measures.reading_age(said.text) > OLDEST_READER
        and (said.key, said.text) not in live
        and said.path != texts.COVER
    ]
    found = [
        Finding(
            what=f"Its reading age is {measures.reading_age(said.text):.0f} years.",
            where=said.where,
            how=f"Use shorter sentences and words, to a reading age of {OLDEST_READER} at most.",
        )
        for said in hard
    ]
    talk = [measures.reading_age(said.text) for said in english if said.is_response]
    if talk and sum(talk) / len(talk) > MEAN_READER:
        found.append(
            Finding(
                what=f"The texts together have a reading age of {sum(talk) / len(talk):.1f}.",
                where="dialogues/domain",
                how=f"Make them plainer, to {MEAN_READER} years on average.",
            )
        )
    return found


def kindness(material: Material) -> list[Finding]:
    """Gives the English texts that blame, lead, promise secrecy, link outside or ask why."""
    numbers = _help_addresses(material)
    return [
        one
        for said in material.texts
        if said.language == ENGLISH and said.path != texts.COVER
        for one in _unkind(said, numbers)
    ]


def tokens(material: Material) -> list[Finding]:
    """Gives the texts with a place to fill in that is unknown or broken."""
    known = {name for said in material.live_texts for name in TOKEN.findall(said.text)}
    known |= _number_keys(material) | _wording_keys(material)
    return [one for said in material.texts for one in _token(said, known)]


def questions(material: Material) -> list[Finding]:
    """Gives the questions that ask two things at once, or nothing."""
    return [
        Finding(
            what=f"It asks {said.text.count('?')} things at once."
            if said.text.count("?") > 1
            else "It asks nothing: there is no question mark.",
            where=said.where,
            how="Ask one thing, with one question mark.",
        )
        for said in material.texts
        if said.key.startswith(ASK) and said.language == ENGLISH and said.text.count("?") != 1
    ]


def _length(said: Said) -> Iterator[Finding]:
    if not said.text.strip():
        if said.path.startswith(texts.DOMAIN) and said.command and not said.text:
            return
        yield Finding(
            what="The text is empty: a child would be met with silence.",
            where=said.where,
            how="Write the words, or take the text out and leave the others.",
        )
        return
    most = LONGEST_ENGLISH if said.language == ENGLISH else LONGEST
    if len(said.text) > most:
        yield Finding(
            what=f"It has {len(said.text)} characters, {measures.segments(said.text)} text "
            "messages.",
            where=said.where,
            how=f"Make it {most} characters at most, or two texts.",
        )
    hidden = sorted({f"U+{ord(one):04X}" for one in _HIDDEN.findall(said.text)})
    if hidden:
        yield Finding(
            what=f"It holds characters that nobody sees: {', '.join(hidden)}.",
            where=said.where,
            how="Type the text anew instead of pasting it.",
        )
    odd = measures.not_plain(said.text)
    if odd and said.language in _PLAIN_LETTERS:
        yield Finding(
            what=f"It holds {' '.join(odd)}, which a plain text message has not.",
            where=said.where,
            how="Use straight quotes and plain letters. An emoji makes three messages of one.",
        )


def _unkind(said: Said, addresses: frozenset[str]) -> Iterator[Finding]:
    plain = said.text.lower().replace("\u2019", "'")
    for rule in rules()["never"]:
        if any(_applies(rule, said)) and _breaks(rule, plain, addresses):
            yield Finding(what=rule["what"], where=said.where, how=rule["how"])


def _applies(rule: Any, said: Said) -> Iterator[bool]:
    only = rule.get("only")
    yield only is None
    yield from (name in said.key for name in only or ())


def _breaks(rule: Any, plain: str, addresses: frozenset[str]) -> bool:
    if "unless" in rule:
        plain = re.sub(rule["unless"], "", plain)
    if rule.get("unless_help_number"):
        plain = re.sub(r"\bgov\.uk\b", "", plain)
        for address in addresses:
            plain = plain.replace(address, "")
    return re.search(rule["says"], plain) is not None


def _token(said: Said, known: set[str]) -> Iterator[Finding]:
    for name in TOKEN.findall(said.text):
        if name not in known:
            yield Finding(
                what=f"[[{name}]] is filled in by nothing, and would vanish.",
                where=said.where,
                how=f"Use one of {', '.join(f'[[{one}]]' for one in sorted(known)[:12])} …",
            )
    if broken := _BROKEN_TOKEN.search(TOKEN.sub("", said.text)):
        yield Finding(
            what=f"A place to fill in is broken: {broken.group()}.",
            where=said.where,
            how="Write it with two brackets on both sides, like [[hours_line]].",
        )


def _help_addresses(material: Material) -> frozenset[str]:
    data = texts.parsed(texts.NUMBERS, material.live.get(texts.NUMBERS, "numbers: {}"))
    return frozenset(str(one["number"]).lower() for one in data["numbers"].values())


def _number_keys(material: Material) -> set[str]:
    data = texts.parsed(texts.NUMBERS, material.files.get(texts.NUMBERS, "numbers: {}"))
    return set(data["numbers"])


def _wording_keys(material: Material) -> set[str]:
    return {said.key for said in material.texts if texts.is_wording(said.path)}
