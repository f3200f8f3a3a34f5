"""Whether every language says what English says, and all of what matters."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from handover.editing import texts
from handover.editing.checks.rules import rules
from handover.editing.material import Finding, Material
from handover.editing.measures import TOKEN
from handover.editing.texts import DOMAIN, ENGLISH, LANGUAGES, WAYS_OUT, Said

_DIGITS = re.compile(r"\d+")
_WELSH = "cy"
# What is shorter, such as a day and an hour, may be the same in two languages.
_A_SENTENCE = 4
# The two halves of the day have a clock of their own in some languages.
_CLOCKS = frozenset({"clock_am", "clock_pm"})


def translations(material: Material) -> list[Finding]:
    """Gives what a language lacks, or says with other numbers than English."""
    return [
        *_welsh_dialogue(material),
        *_wording(material),
        *_lost(material),
        *_every_language(material),
        *_titles(material),
        *_other_numbers(material),
        *_copied(material),
        *_left_behind(material),
    ]


def languages_of(material: Material) -> list[str]:
    """Gives the languages that have a file, English left out."""
    return sorted({texts.language_of(path) for path in material.files} - {ENGLISH})


def _welsh_dialogue(material: Material) -> Iterator[Finding]:
    english, welsh = _by_key(material, DOMAIN, ENGLISH), _by_key(material, LANGUAGES, _WELSH)
    for key, said in english.items():
        needed = Counter(one.who for one in said if one.text)
        have = Counter(one.who for one in welsh.get(key, ()))
        for who in sorted(needed - have):
            number = (needed - have)[who]
            for_whom = f" for {who}" if who else ""
            yield Finding(
                what=f"Welsh lacks {number} of the texts{for_whom}.",
                where=f"dialogues/languages/cy.yml, {key}",
                how="Write the Welsh beside each English text, in the same order.",
            )
        for who in sorted(have - needed):
            yield Finding(
                what=f"Welsh has a text{f' for {who}' if who else ''} that English has not.",
                where=f"dialogues/languages/cy.yml, {key}",
                how="Take it out, or write the English one.",
            )


def _wording(material: Material) -> Iterator[Finding]:
    """Gives the keys that a file of wording has in English and not in a language beside it."""
    by_path = _wording_by_path(material.texts)
    live = _wording_by_path(material.live_texts)
    for path, keys in by_path.items():
        language = texts.language_of(path)
        english = by_path.get(f"{path.rpartition('/')[0]}/{ENGLISH}.yml", {})
        for key, model in english.items():
            # What is English alone today, such as the cover, stays so.
            was_there = key in live.get(path, {}) or key not in live.get(_beside(path), {})
            if language != ENGLISH and key not in keys and was_there:
                yield Finding(
                    what=f"It is missing in {language}.",
                    where=f"{path}, {key}",
                    how="Write it in this language too: English is no help to whoever reads none.",
                )
            elif key in keys and len(keys[key]) != len(model):
                yield Finding(
                    what=f"It has {len(keys[key])} texts, and {len(model)} in English.",
                    where=f"{path}, {key}",
                    how="Give every language as many texts as English.",
                )


def _lost(material: Material) -> Iterator[Finding]:
    """Gives the keys that the live version has and the program asks for."""
    have = {(said.path, said.key) for said in material.texts}
    for path, key in sorted({(said.path, said.key) for said in material.live_texts} - have):
        if path != texts.COVER and path in material.files:
            yield Finding(
                what="The text is gone, and the program still says it.",
                where=f"{path}, {key}",
                how="Put it back; change its words instead.",
            )


def _every_language(material: Material) -> Iterator[Finding]:
    needed = rules()["in_every_language"]
    have: dict[str, set[str]] = defaultdict(set)
    for said in material.texts:
        have[said.path].add(said.key)
    live = {(said.path, said.key) for said in material.live_texts}
    for language in languages_of(material):
        paths = [f"{folder}{language}.yml" for folder in (texts.WORDING, LANGUAGES)]
        is_new = not any(path in material.live for path in paths)
        for path, keys in zip(paths, ("wording", "dialogue"), strict=True):
            lost = [
                key
                for key in needed[keys]
                if key not in have[path] and (is_new or (path, key) in live)
            ]
            yield from (_unsafe(language, path, key) for key in lost)
        if is_new:
            yield from _no_ways(material, language, paths[1])


def _unsafe(language: str, path: str, key: str) -> Finding:
    return Finding(
        what=f"A text of safety is missing in {language}.",
        where=f"{path}, {key}",
        how="Write it in this language. Nobody may be met in danger with words they cannot read.",
    )


def _no_ways(material: Material, language: str, path: str) -> Iterator[Finding]:
    """Gives the ways out of a question that a new language has no words for."""
    titled = {
        payload
        for said in material.texts
        if said.path == path and said.key == "buttons"
        for _, payload in said.buttons
    }
    for way in WAYS_OUT:
        if way not in titled:
            yield Finding(
                what=f"The button {way} has no title in {language}.",
                where=f"{path}, buttons",
                how="Write the titles of all buttons in a language that is new.",
            )


def _titles(material: Material) -> Iterator[Finding]:
    """Gives the buttons that have no Welsh title."""
    english = {
        payload: title
        for said in material.texts
        if said.path.startswith(DOMAIN)
        for title, payload in said.buttons
    }
    welsh = {
        payload
        for said in material.texts
        if said.path == f"{LANGUAGES}{_WELSH}.yml" and said.key == "buttons"
        for _, payload in said.buttons
    }
    for payload in sorted(english.keys() - welsh):
        yield Finding(
            what=f"The button “{english[payload]}” has no Welsh title.",
            where=f"{LANGUAGES}{_WELSH}.yml, buttons, {payload}",
            how="Write it there.",
        )


def _other_numbers(material: Material) -> Iterator[Finding]:
    """Gives the translations whose numbers or places to fill in are not those of English."""
    by_path = _wording_by_path(material.texts)
    for path, keys in by_path.items():
        if texts.language_of(path) == ENGLISH:
            continue
        english = by_path.get(_beside(path), {})
        for key, said in keys.items():
            for one, model in zip(said, english.get(key, ()), strict=False):
                if key not in _CLOCKS and _marks(one) != _marks(model):
                    yield Finding(
                        what="Its numbers or places to fill in are not those of the English text.",
                        where=one.where,
                        how=f"Say {', '.join(sorted(_marks(model).elements())) or 'none'} in both.",
                    )


def _copied(material: Material) -> Iterator[Finding]:
    """Gives the translations that are the English text."""
    english = {(said.key, said.text) for said in material.texts if said.language == ENGLISH}
    for said in material.texts:
        words = re.findall(r"[^\W\d_]+", TOKEN.sub("", said.text))
        if (
            said.language != ENGLISH
            and (said.key, said.text) in english
            and len(words) >= _A_SENTENCE
        ):
            yield Finding(
                what=f"It is the English text, under {said.language}.",
                where=said.where,
                how="Write it in that language. What has no translation is left out there.",
            )


def _left_behind(material: Material) -> Iterator[Finding]:
    """Gives for people to read where English says something new and a translation does not."""
    changed = {
        said.key
        for said in _new(material.texts, material.live_texts)
        if said.language == ENGLISH and said.path != texts.COVER
    }
    renewed = {(one.language, one.key) for one in _new(material.texts, material.live_texts)}
    behind: dict[str, list[str]] = defaultdict(list)
    for language, key in sorted({(one.language, one.key) for one in material.live_texts}):
        if language != ENGLISH and key in changed and (language, key) not in renewed:
            behind[key].append(language)
    for key, languages in behind.items():
        yield Finding(
            what=f"The English of {key} is new, and {', '.join(languages)} says what it said.",
            where=key,
            how="If the meaning is new too, write it in these languages.",
            is_note=True,
        )


def _new(now: list[Said], before: list[Said]) -> list[Said]:
    held = {(one.path, one.key, one.text) for one in before}
    return [one for one in now if (one.path, one.key, one.text) not in held]


def _marks(said: Said) -> Counter[str]:
    return Counter(TOKEN.findall(said.text)) + Counter(_DIGITS.findall(TOKEN.sub("", said.text)))


def _beside(path: str) -> str:
    return f"{path.rpartition('/')[0]}/{ENGLISH}.yml"


def _by_key(material: Material, beginning: str, language: str) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = defaultdict(list)
    for said in material.texts:
        if said.path.startswith(beginning) and said.language == language and said.key != "buttons":
            found[said.key].append(said)
    return found


def _wording_by_path(all_texts: list[Said]) -> dict[str, dict[str, list[Said]]]:
    found: dict[str, dict[str, list[Said]]] = {}
    for said in all_texts:
        if texts.is_wording(said.path):
            found.setdefault(said.path, {}).setdefault(said.key, []).append(said)
    return found
