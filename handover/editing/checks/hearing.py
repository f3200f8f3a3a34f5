"""What the bot hears by: examples of each meaning, and the cover that must give nothing away."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from handover.editing import texts
from handover.editing.checks.rules import brought, rules
from handover.editing.material import Finding, Material
from handover.editing.texts import COVER

NLU = "dialogues/data/nlu/"
WORDS = "dialogues/words/"
FEWEST = 5
MOST_LOST = 0.25
_LONGEST_EXAMPLE = 500
_NO_WORDS = "qzxq xqqz"


def examples(material: Material) -> list[Finding]:
    """Gives meanings with too few examples, and examples that stand under two meanings."""
    now, live = examples_of(material, live=False), examples_of(material, live=True)
    found: list[Finding] = []
    for intent in sorted(now.keys() | live.keys()):
        have, had = len(now.get(intent, ())), len(live.get(intent, ()))
        if have < FEWEST:
            found.append(
                Finding(
                    what=f"{intent} has {have} examples: the bot can hardly hear it.",
                    where=f"{NLU}, {intent}",
                    how=f"Give at least {FEWEST}, each said in another way.",
                )
            )
        elif have < had * (1 - MOST_LOST):
            found.append(
                Finding(
                    what=f"{had - have} of the {had} examples of {intent} are gone.",
                    where=f"{NLU}, {intent}",
                    how="Put them back. What is wrong among them goes a few at a time.",
                )
            )
    meant: dict[str, str] = {}
    for intent, said in now.items():
        for example in said:
            other = meant.setdefault(plain(example), intent)
            if other != intent:
                found.append(
                    Finding(
                        what=f"“{example}” is an example of {other} and of {intent}.",
                        where=f"{NLU}, {intent}",
                        how="Leave it where it belongs; the bot cannot tell the two apart by it.",
                    )
                )
            if len(example) > _LONGEST_EXAMPLE:
                found.append(
                    Finding(
                        what=f"An example of {intent} has {len(example)} characters.",
                        where=f"{NLU}, {intent}",
                        how=f"Children write less: make it {_LONGEST_EXAMPLE} at most.",
                    )
                )
    return found


def words(material: Material) -> list[Finding]:
    """Gives the lists of words by which children are read that are gone, or are mostly gone."""
    found: list[Finding] = []
    for path in sorted(material.changed & material.live.keys() & material.files.keys()):
        if not path.startswith(WORDS):
            continue
        now, live = (
            _branches(texts.parsed(path, held[path])) for held in (material.files, material.live)
        )
        for name, had in live.items():
            lost = had - now.get(name, set())
            if len(lost) > len(had) * MOST_LOST:
                found.append(
                    Finding(
                        what=f"{len(lost)} of the {len(had)} words are gone, such as "
                        f"“{min(lost)}”.",
                        where=f"{path}, {name}",
                        how="Put them back: the bot would not know of whom, or of what, a child "
                        "writes. What is wrong among them goes a few at a time.",
                    )
                )
    return found


def _branches(data: Any) -> dict[str, set[str]]:
    """Gives the words of each part of a file, however deep they stand in it."""
    parts = data.items() if isinstance(data, dict) else [("", data)]
    return {str(name): set(_leaves(part)) for name, part in parts}


def _leaves(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for name, part in data.items():
            yield str(name)
            yield from _leaves(part)
    elif isinstance(data, list):
        for part in data:
            yield from _leaves(part)
    elif data is not None:
        yield str(data)


def examples_of(material: Material, *, live: bool) -> dict[str, list[str]]:
    """Gives the examples of each meaning."""
    found: dict[str, list[str]] = defaultdict(list)
    for data in texts.matching(material.live if live else material.files, NLU).values():
        for row in data["nlu"]:
            lines = [line.strip() for line in str(row["examples"]).splitlines()]
            found[row["intent"]] += [line.removeprefix("- ") for line in lines if line]
    return found


def plain(example: str) -> str:
    """Gives a message as it is compared: without capitals and punctuation."""
    return " ".join(re.sub(r"[^\w\s]", "", example.casefold()).split()) or example


def cover(material: Material) -> list[Finding]:
    """Gives what the cover must not say, and words that would hold up whoever writes under it."""
    data = texts.parsed(COVER, material.files[COVER])
    found: list[Finding] = []
    for said in material.texts:
        if said.path == COVER:
            found += _uncovering(said.text, said.where)
            found += _unfilled(said.text, said.where)
    for number, topic in enumerate(data["topics"], 1):
        for word in topic["words"]:
            found += _unsearchable(word, f"{COVER}, topic {number}")
    found += _speech(data, material)
    if not data["topics"] or not data["otherwise"]:
        found.append(
            Finding(
                what="The cover has nothing to say, which gives it away.",
                where=COVER,
                how="Keep at least one topic and one text under otherwise.",
            )
        )
    return found


def _speech(data: Any, material: Material) -> Iterator[Finding]:
    """Gives what is written for somebody who looks on, where it is not what an engineer made."""
    live = texts.parsed(COVER, material.live.get(COVER, material.files[COVER]))
    ours = texts.parsed(COVER, brought(COVER))
    for part in ("speech", "not_speech"):
        if data.get(part) not in (live.get(part), ours.get(part)):
            yield Finding(
                what="What is taken for words to somebody who looks on is changed.",
                where=f"{COVER}, {part}",
                how="Put it back. These are searches that an engineer tries on whole talks first.",
            )


def _uncovering(text: str, where: str) -> Iterator[Finding]:
    plain = text.lower()
    for word in rules()["uncovering"]:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain):
            yield Finding(
                what=f"The cover says “{word}”, which tells what it covers.",
                where=where,
                how="Speak of school work alone.",
            )


def _unfilled(text: str, where: str) -> Iterator[Finding]:
    if "[[" in text:
        yield Finding(
            what="The cover names a place to fill in, which would stand there as it is written.",
            where=where,
            how="Write the words themselves, and nothing of the service.",
        )


def _unsearchable(word: str, where: str) -> Iterator[Finding]:
    try:
        re.compile(rf"\b(?:{word})\b")
    except re.error as error:
        yield Finding(
            what=f"“{word}” cannot be looked for: {error}.",
            where=where,
            how="Write plain words; a ? makes the letter before it optional.",
        )
        return
    if re.search(rf"\b(?:{word})\b", _NO_WORDS):
        yield Finding(
            what=f"“{word}” is in every message: the topic would answer everything.",
            where=where,
            how="Write the words that bring the topic up.",
        )
    if re.search(r"[)\]}*+][*+{]|\([^)]*[*+][^)]*\)[*+{?]", word):
        yield Finding(
            what=f"“{word}” could make looking for it take for ever.",
            where=where,
            how="Take out the * or + within another.",
        )
