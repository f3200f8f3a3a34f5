"""The buttons under a text, as rows: what each does in plain words, and its title in each language.

In English a button's title stands with its text; in every other language it belongs to what the
button does, wherever that stands.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from handover.editing import conditions, texts, yaml_files
from handover.editing.texts import ASK, DOMAIN, LANGUAGES, PERSON, SKIP, WAYS_OUT
from models.channel import CAPABILITIES, ChannelName
from models.record import RECORD_FIELDS

type Files = Mapping[str, str]

_WHATSAPP = CAPABILITIES[ChannelName.WHATSAPP]
MOST = _WHATSAPP.buttons
# WhatsApp shows a list where a title is too long for a button; a list's titles hold so many.
LONGEST = 24
LONGEST_BUTTON = _WHATSAPP.button_title_limit
WELSH = "cy"
_INFORM = "/inform"
_DOES = {
    SKIP: "Skips the question",
    "/dont_know": "Says that they do not know",
    PERSON: "Asks for a person",
}
_ANSWERS = ("yes", "no", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button: what it does, its English title, and those of other languages by their code."""

    does: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Texts of a key that have the same buttons, by their numbers."""

    numbers: tuple[int, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a button that was entered: in which group, row and language, and why."""

    group: int
    row: int
    part: str
    """`title`, the code of a language, or `does`."""
    text: str


def languages(files: Files) -> list[str]:
    """Gives the languages beside English in which a button may have a title, Welsh first."""
    found = [texts.language_of(path) for path in files if path.startswith(LANGUAGES)]
    return sorted(found, key=lambda one: (one != WELSH, one))


def groups_of(files: Files, key: str) -> list[Group]:
    """Gives the buttons of a key, once for all of its texts that have the same."""
    titles = {language: _titles(files, language) for language in languages(files)}
    found: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for said in texts.texts_of(files):
        if said.key == key and said.path.startswith(DOMAIN):
            found.setdefault(said.buttons, []).append(said.number)
    return [
        Group(
            numbers=tuple(numbers),
            buttons=tuple(
                Button(
                    does=payload,
                    title=title,
                    titles={one: held.get(payload, "") for one, held in titles.items()},
                )
                for title, payload in buttons
            ),
        )
        for buttons, numbers in found.items()
    ]


def choices(files: Files, key: str) -> dict[str, str]:
    """Gives what a button under this text can do, in words by its payload."""
    found = dict(_DOES)
    field_name = key.removeprefix(ASK) if key.startswith(ASK) else ""
    if field_name in RECORD_FIELDS:
        payloads = {p for said in texts.texts_of(files) for _, p in said.buttons}
        known = [one for one in sorted(payloads) if field_name in texts.told_by(one)]
        said = {texts.told_by(one)[field_name] for one in known}
        known += [
            f"{_INFORM}{json.dumps({field_name: value})}" for value in _ANSWERS if value not in said
        ]
        found |= {one: does_words(one) for one in known}
    for intent in _common_questions(files):
        found[f"/{intent}"] = does_words(f"/{intent}")
    for group in groups_of(files, key):
        found |= {one.does: does_words(one.does) for one in group.buttons}
    return found


def does_words(payload: str) -> str:
    """Gives what a button does as staff read it."""
    if payload in _DOES:
        return _DOES[payload]
    told = [
        f"{RECORD_FIELDS[name].label} is {conditions.value_words(value)}"
        for name, value in texts.told_by(payload).items()
        if name in RECORD_FIELDS
    ]
    if told:
        return f"Answers: {', '.join(told)}"
    return f"Asks: {payload.removeprefix('/').removeprefix('ask_').replace('_', ' ')}"


def is_fixed(key: str, payload: str) -> bool:
    """Tells whether a button is a way out that a question never goes without."""
    return key.startswith(ASK) and payload in WAYS_OUT


def faults(files: Files, key: str, groups: Sequence[Group]) -> list[Fault]:
    """Gives what is wrong with buttons as they were entered, each with its own words."""
    known = choices(files, key)
    called: dict[tuple[str, str], set[str]] = {}
    for said in texts.texts_of(files):
        for title, payload in said.buttons:
            meanings = called.setdefault((said.language, title.casefold()), set())
            meanings.add(texts.meaning_of(payload))
    found: list[Fault] = []
    for number, (group, before) in enumerate(zip(groups, groups_of(files, key), strict=True)):
        held = {one.does for one in group.buttons}
        for lost in before.buttons:
            if is_fixed(key, lost.does) and lost.does not in held:
                text = f"Every question keeps the button “{lost.title}”. Put it back"
                found.append(Fault(group=number, row=0, part="does", text=text))
        if len(group.buttons) > MOST:
            text = (
                f"WhatsApp shows {MOST} buttons, and these are {len(group.buttons)}. Take one out"
            )
            found.append(Fault(group=number, row=MOST, part="title", text=text))
        for row, button in enumerate(group.buttons):
            found += _button_faults(number, row, button, known)
            found += _called_otherwise(number, row, button, called)
        found += _alike(number, group)
    return found


def set_buttons(files: Files, key: str, groups: Sequence[Group]) -> dict[str, str]:
    """Gives the files with other buttons under a key's texts, in every language."""
    path = next(s.path for s in texts.texts_of(files) if s.key == key and s.path.startswith(DOMAIN))

    def change(data: Any) -> None:
        for group in groups:
            for number in group.numbers:
                _put(data["responses"][key][number - 1], group.buttons)

    changed = yaml_files.edited(path, files[path], change)
    for language in languages(files):
        changed |= _translated(files, language, [one for group in groups for one in group.buttons])
    return changed


def _button_faults(group: int, row: int, button: Button, known: Mapping[str, str]) -> list[Fault]:
    at = f"button {row + 1}"
    found: list[tuple[str, str]] = []
    if button.does not in known:
        found.append(("does", f"Choose what {at} does"))
    if not button.title:
        found.append(("title", f"Enter what {at} says in English"))
    if not button.titles.get(WELSH):
        found.append((WELSH, f"Enter what {at} says in Welsh"))
    for part, title in {"title": button.title, **button.titles}.items():
        if len(title) > LONGEST:
            found.append(
                (
                    part,
                    f"“{title}” has {len(title)} characters. WhatsApp shows {LONGEST} at most",
                )
            )
    return [Fault(group=group, row=row, part=part, text=text) for part, text in found]


def _called_otherwise(
    group: int, row: int, button: Button, called: Mapping[tuple[str, str], set[str]]
) -> Iterator[Fault]:
    """Gives the titles under which children know a button that does something else."""
    means = texts.meaning_of(button.does)
    for part, title in {"title": button.title, **button.titles}.items():
        language = texts.ENGLISH if part == "title" else part
        if button.does and means not in called.get((language, title.casefold()), {means}):
            text = f"“{title}” is what another button is called. Say what button {row + 1} does"
            yield Fault(group=group, row=row, part=part, text=text)


def _alike(group: int, entered: Group) -> Iterator[Fault]:
    """Gives the buttons that cannot be told apart, by what they do or by what they say."""
    does = Counter(one.does for one in entered.buttons if one.does)
    seen: set[tuple[str, str]] = set()
    for row, button in enumerate(entered.buttons):
        said = {"title": button.title, **button.titles}
        for part, title in said.items():
            if title and (part, title.casefold()) in seen:
                text = f"Two buttons are called “{title}”. Give each its own words"
                yield Fault(group=group, row=row, part=part, text=text)
            seen.add((part, title.casefold()))
        first = next(n for n, one in enumerate(entered.buttons) if one.does == button.does)
        if does[button.does] > 1 and row != first:
            text = f"Buttons {first + 1} and {row + 1} do the same. Choose another for one of them"
            yield Fault(group=group, row=row, part="does", text=text)


def _put(variation: Any, buttons: Sequence[Button]) -> None:
    before = list(variation.get("buttons") or ())
    now = [(str(one["title"]), str(one["payload"])) for one in before]
    if now == [(one.title, one.does) for one in buttons]:
        return
    written: list[Any] = []
    for one in buttons:
        row = next((old for old in before if old["payload"] == one.does), None)
        if row is None:
            row = CommentedMap(title=_quoted(one.title), payload=_payload(one.does))
            row.fa.set_flow_style()
        elif row["title"] != one.title:
            row["title"] = _quoted(one.title)
        written.append(row)
    if not written:
        variation.pop("buttons", None)
    elif before:
        variation["buttons"][:] = written
    else:
        variation["buttons"] = written


def _translated(files: Files, language: str, buttons: Sequence[Button]) -> dict[str, str]:
    path = f"{LANGUAGES}{language}.yml"

    def change(data: Any) -> None:
        held = data.get("buttons")
        for one in buttons:
            title = one.titles.get(language, "")
            if held is None and title:
                held = CommentedMap()
                data.insert(list(data).index("responses"), "buttons", held)
            if held is None or held.get(one.does, "") == title:
                continue
            if title:
                held[one.does if one.does in held else _payload(one.does)] = _quoted(title)
            else:
                del held[one.does]

    return yaml_files.edited(path, files[path], change)


def _titles(files: Files, language: str) -> dict[str, str]:
    path = f"{LANGUAGES}{language}.yml"
    held = texts.parsed(path, files[path]).get("buttons") or {}
    return {str(payload): str(title) for payload, title in held.items()}


def _common_questions(files: Files) -> list[str]:
    """Gives the meanings of common questions, which a button can ask as a child would."""
    path = f"{DOMAIN}intents.yml"
    listed = texts.parsed(path, files[path])["intents"]
    names = [next(iter(one)) if isinstance(one, dict) else one for one in listed]
    return sorted(name for name in names if name.startswith("ask_"))


def _quoted(text: str) -> DoubleQuotedScalarString:
    quoted: DoubleQuotedScalarString = DoubleQuotedScalarString(text)
    return quoted


def _payload(text: str) -> SingleQuotedScalarString:
    quoted: SingleQuotedScalarString = SingleQuotedScalarString(text)
    return quoted
