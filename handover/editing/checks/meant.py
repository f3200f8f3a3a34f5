"""Whether a button, a number and a word do what they say, and no slip turned them round."""

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from handover.editing import texts
from handover.editing.checks.hearing import examples_of, plain
from handover.editing.checks.rules import rules
from handover.editing.material import Finding, Material
from handover.editing.measures import TOKEN
from handover.editing.texts import NUMBERS, SIGNALS
from models.base import utc_now

_RUN = re.compile(r"\d[\d ]*\d|\d")
_FEWEST_DIGITS = 3
MOST_LOST = 0.25


def titles(material: Material) -> list[Finding]:
    """Gives the buttons that are called what another button is called today."""
    live: dict[tuple[str, str], set[str]] = defaultdict(set)
    for said in material.live_texts:
        for title, payload in said.buttons:
            live[said.language, title.casefold()].add(texts.meaning_of(payload))
    return [
        Finding(
            what=f"The button “{title}” does what another does today: its answer is turned round.",
            where=said.where,
            how="Put each button's words back beside its own payload.",
        )
        for said in material.texts
        for title, payload in said.buttons
        if (means := texts.meaning_of(payload))
        not in live.get((said.language, title.casefold()), {means})
    ]


def numbers(material: Material) -> list[Finding]:
    """Gives the numbers in texts that are no help number, and entries that went astray."""
    known = {_digits(str(one)) for one in rules()["numbers"].values()}
    for one in _entries(material.live).values():
        known |= {_digits(str(one["number"])), *_runs(str(one["name"]))}
    said_today: dict[str, set[str]] = defaultdict(set)
    for said in material.live_texts:
        said_today[said.key] |= _runs(said.text)
    found = [
        Finding(
            what=f"It says {run}, which is no number of help.",
            where=said.where,
            how="Name a help number by its key, like [[childline]], or take the number out.",
        )
        for said in material.texts
        if said.path != texts.COVER
        for run in sorted(_runs(said.text) - known - said_today[said.key])
    ]
    return found + list(_astray(material))


def signal_words(material: Material) -> list[Finding]:
    """Gives the words that would be taken for another meaning, and those that are heard no more."""
    heard = texts.parsed(SIGNALS, material.files[SIGNALS])
    live = texts.parsed(SIGNALS, material.live.get(SIGNALS, material.files[SIGNALS]))
    meaning = {
        plain(line): intent
        for intent, lines in examples_of(material, live=False).items()
        for line in lines
    }
    found = list(_between(heard))
    for part in ("signals", "answers"):
        for name, before in live[part].items():
            now = heard[part].get(name, [])
            found += _lost(f"{part}, {name}", before, now, is_safety=name == "duress")
            usual = {meaning[plain(one)] for one in before if plain(one) in meaning}
            found += [
                Finding(
                    what=f"“{word}” is what children write for {meaning[plain(word)]}: they would "
                    f"be taken to mean {name}.",
                    where=f"{SIGNALS}, {part}, {name}",
                    how="Take it out. A word here counts whatever the talk is about.",
                )
                for word in now
                if word not in before and meaning.get(plain(word), name) not in {name, *usual}
            ]
    return found


def _between(heard: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Finding]:
    """Gives the words that are a signal, and an answer to a question too."""
    answer = {plain(word): name for name, said in heard["answers"].items() for word in said}
    for name, said in heard["signals"].items():
        for word in said:
            if plain(word) in answer:
                yield Finding(
                    what=f"“{word}” means both {answer[plain(word)]} and {name}.",
                    where=f"{SIGNALS}, signals, {name}",
                    how="Leave it among the answers.",
                )


def _lost(where: str, before: list[str], now: list[str], *, is_safety: bool) -> Iterator[Finding]:
    lost = [one for one in before if one not in now]
    if not now or len(lost) > len(before) * (0 if is_safety else MOST_LOST):
        yield Finding(
            what=f"{len(lost)} of the {len(before)} words are gone, such as “{lost[0]}”."
            if lost
            else "It holds no words.",
            where=f"{SIGNALS}, {where}",
            how="Put them back: a child may know no other. What is wrong goes a few at a time.",
        )


def _astray(material: Material) -> Iterator[Finding]:
    before, now = _entries(material.live), _entries(material.files)
    for key, name in rules()["names"].items():
        if key in now and name.lower() not in str(now[key]["name"]).lower():
            yield Finding(
                what=f"The number of {name} is called “{now[key]['name']}”.",
                where=f"{NUMBERS}, {key}",
                how=f"Write {name} in its name.",
            )
    for key in before.keys() & now.keys():
        lost = sorted(set(before[key]["nations"]) - set(now[key]["nations"]))
        if lost:
            yield Finding(
                what=f"Children in {', '.join(lost)} would no longer be told of it.",
                where=f"{NUMBERS}, {key}, nations",
                how="Put the nation back, as in the version that is live.",
            )
    if _checked(material) > utc_now().date() + dt.timedelta(days=1):
        yield Finding(
            what="It says that it was compared with its source on a day to come.",
            where=f"{NUMBERS}, checked",
            how="Write the day on which a person compared it.",
        )


def _checked(material: Material) -> dt.date:
    day: dt.date = texts.parsed(NUMBERS, material.files[NUMBERS])["checked"]
    return day


def _entries(files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = texts.parsed(NUMBERS, files.get(NUMBERS, "numbers: {}"))[
        "numbers"
    ]
    return found


def _runs(text: str) -> set[str]:
    """Gives the numbers of three digits or more, whatever their script and their spaces."""
    found = {_digits(run) for run in _RUN.findall(TOKEN.sub("", text))}
    return {run for run in found if len(run) >= _FEWEST_DIGITS}


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(one)) for one in text if one.isdigit())
