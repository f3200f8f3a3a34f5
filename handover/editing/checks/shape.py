"""Whether the files are there, are YAML, and have the shape that the program reads."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from handover.editing import files, texts
from handover.editing.files import UnfitFileError
from handover.editing.material import Finding, Material
from handover.editing.texts import COVER, DOMAIN, LANGUAGES, NUMBERS, QUESTIONS, SIGNALS

_PHRASES = "bot/phrases/say-"
_NLU = "dialogues/data/nlu/"
_RULES = "dialogues/data/rules/"
_KINDS = {"in", "not_in", "any_of"}
_CONDITION = {"slot", *_KINDS}
_TIMES = {"default"}
# A question that is put more often presses a child.
_MOST_TIMES = 3
_UNDO = "Undo the change, or compare it with the version that is live."


def files_there(material: Material) -> list[Finding]:
    """Gives the files that are missing: the program would go on with its own in their place."""
    return [
        Finding(
            what="The file is missing.",
            where=path,
            how="Bring it back from the version that is live. A file is emptied, never taken out.",
        )
        for path in sorted(material.live.keys() - material.files.keys())
    ] + [
        Finding(
            what="The file is not one that a version holds.", where=path, how="Take the file out."
        )
        for path in sorted(material.files)
        if not files.is_known(path)
    ]


def shape(material: Material) -> list[Finding]:
    """Gives what is not YAML, and what has not the shape that the program reads."""
    found: list[Finding] = []
    for path in sorted(material.changed & material.files.keys()):
        try:
            data = texts.parsed(path, material.files[path])
        except UnfitFileError as error:
            found.append(Finding(what=error.text, where=path, how=_UNDO))
            continue
        found += [
            Finding(what=what, where=f"{path}, {where}" if where else path, how=_UNDO)
            for where, what in _shape_of(path)(data)
        ]
    return found


type _Faults = Iterator[tuple[str, str]]
type _Shape = Callable[[Any], _Faults]


def check(path: str, text: str) -> None:
    """Lets pass what the program and the pages of a version can read.

    Raises:
        UnfitFileError: it is not YAML, or has not its shape; the text says where.
    """
    for where, what in _shape_of(path)(texts.parsed(path, text)):
        raise UnfitFileError(path, f"{where}: {what}" if where else what)


def _shape_of(path: str) -> _Shape:
    shapes: dict[str, _Shape] = {
        QUESTIONS: _questions,
        NUMBERS: _numbers,
        COVER: _cover,
        SIGNALS: _signals,
        DOMAIN: _domain,
        LANGUAGES: partial(_language, texts.language_of(path)),
        _PHRASES: _phrases,
        _NLU: _examples,
        _RULES: _rules,
    }
    for beginning, found in shapes.items():
        if path.startswith(beginning):
            return found
    return _wording if texts.is_wording(path) else _mapping


def _questions(data: Any) -> _Faults:
    lists = {"when_worse", "emergency", "then_listen", "then_repeat", "invite"}
    known = {*lists, "first", "privacy", "budget", "times", "few", "questions"}
    # A version of before may have no takes_up and no instead.
    yield from _keys(data, "", {*known, "takes_up", "instead"}, known)
    if not isinstance(data, dict):
        return
    for list_name, name in (("first", "say"), ("questions", "field")):
        yield from _a_list(data.get(list_name), list_name)
        for number, one in enumerate(_list(data.get(list_name)), 1):
            where = f"{list_name}, {one.get(name, number) if isinstance(one, dict) else number}"
            yield from _keys(one, where, {name, "when"}, {name})
            if isinstance(one, dict):
                yield from _a_text(one.get(name), f"{where}, {name}")
                yield from _when(one.get("when", []), f"{where}, when")
    for name in sorted(lists):
        yield from _strings(data.get(name), name)
    yield from _strings(data.get("takes_up", []), "takes_up")
    if not isinstance(data.get("instead", {}), dict):
        yield "instead", "It holds lists of texts, each under the field that they ask for."
    for name, said in _dict(data.get("instead")).items():
        yield from _strings(said, f"instead, {name}")
    yield from _limits(data)
    yield from _privacy(data.get("privacy"))


def _when(conditions: Any, where: str) -> _Faults:
    yield from _a_list(conditions, where)
    for condition in _list(conditions):
        yield from _keys(condition, where, _CONDITION, {"slot"})
        if not isinstance(condition, dict):
            continue
        yield from _a_text(condition.get("slot"), f"{where}, slot")
        kinds = sorted(condition.keys() & _KINDS)
        if len(kinds) != 1:
            yield where, "A condition has one of in, not_in and any_of."
        for kind in kinds:
            values = condition[kind]
            is_plain = isinstance(values, list) and not any(
                isinstance(one, list | dict) for one in values
            )
            if not is_plain or not values:
                yield where, "Behind in, not_in or any_of stands a list of values."


def _limits(data: dict[str, Any]) -> _Faults:
    """Gives how often may be asked where it is no number, or presses a child."""
    for name in ("budget", "few"):
        if not _is_count(data.get(name)) or not data[name]:
            yield name, "It is a whole number, from 1."
    times = data.get("times")
    yield from _keys(times, "times", set(times) if isinstance(times, dict) else {"default"}, _TIMES)
    for name, most in times.items() if isinstance(times, dict) else ():
        if not _is_count(most) or not 0 < most <= _MOST_TIMES:
            yield f"times, {name}", f"It is a whole number, from 1 to {_MOST_TIMES}."


def _privacy(data: Any) -> _Faults:
    parts = {"greeting", "short", "said_by"}
    yield from _keys(data, "privacy", parts, parts)
    if isinstance(data, dict):
        for name in ("greeting", "short"):
            yield from _a_text(data.get(name), f"privacy, {name}")
        yield from _strings(data.get("said_by"), "privacy, said_by")


def _numbers(data: Any) -> _Faults:
    yield from _keys(data, "", {"checked", "numbers"}, {"checked", "numbers"})
    parts = {"number", "name", "nations", "source"}
    if not isinstance(data, dict):
        return
    if type(data.get("checked")) is not dt.date:
        yield "checked", "It is a day, like 2026-11-22."
    if not isinstance(data.get("numbers"), dict):
        yield "numbers", "It holds each number under its key."
        return
    for key, one in data["numbers"].items():
        yield from _keys(one, str(key), parts, parts)
        if isinstance(one, dict):
            for part in ("number", "name", "source"):
                yield from _a_text(one.get(part), f"{key}, {part}")
            yield from _strings(one.get("nations"), f"{key}, nations")


def _cover(data: Any) -> _Faults:
    # A version of before may not know what is written for somebody who looks on.
    known = {"topics", "otherwise", "speech", "not_speech"}
    yield from _keys(data, "", known, {"topics", "otherwise"})
    if not isinstance(data, dict):
        return
    yield from _strings(data.get("speech", []), "speech")
    yield from _a_text(data.get("not_speech", ""), "not_speech")
    yield from _a_list(data.get("topics"), "topics")
    for number, topic in enumerate(_list(data.get("topics")), 1):
        yield from _keys(topic, f"topic {number}", {"words", "say"}, {"words", "say"})
        if isinstance(topic, dict):
            yield from _strings(topic.get("words"), f"topic {number}, words")
            yield from _strings(topic.get("say"), f"topic {number}, say")
    yield from _strings(data.get("otherwise"), "otherwise")


def _signals(data: Any) -> _Faults:
    yield from _keys(data, "", {"signals", "answers"}, {"signals", "answers"})
    for part in ("signals", "answers"):
        lists = data.get(part) if isinstance(data, dict) else None
        if not isinstance(lists, dict):
            yield part, "It holds lists of words, each under its name."
        for name, said in lists.items() if isinstance(lists, dict) else ():
            yield from _strings(said, f"{part}, {name}")


def _domain(data: Any) -> _Faults:
    yield from _keys(
        data, "", {"version", "intents", "responses", "slots", "entities", "session_config"}, set()
    )
    if not isinstance(data, dict):
        return
    for name, kind in (("intents", list), ("responses", dict), ("slots", dict)):
        if name in data and not isinstance(data[name], kind):
            yield name, "It holds more than one value."
    responses = data.get("responses")
    for key, variations in responses.items() if isinstance(responses, dict) else ():
        yield from _a_text(key, "responses")
        if not isinstance(variations, list) or not variations:
            yield str(key), "It has no texts. A response is a list of at least one."
            continue
        for number, one in enumerate(variations, 1):
            yield from _response(one, f"{key}, text {number}")


def _response(data: Any, where: str) -> _Faults:
    yield from _keys(data, where, {"text", "buttons", "condition", "custom"}, set())
    if not isinstance(data, dict):
        return
    if "text" in data:
        yield from _a_text(data["text"], where)
    if not isinstance(data.get("custom", {}), dict):
        yield f"{where}, custom", "It holds the command under its name."
    for name, parts in (
        ("buttons", {"title", "payload"}),
        ("condition", {"type", "name", "value"}),
    ):
        yield from _a_list(data.get(name, []), f"{where}, {name}")
        for one in _list(data.get(name)):
            yield from _keys(one, f"{where}, {name}", parts, parts)


def _language(language: str, data: Any) -> _Faults:
    known = {"language", "reviewed_by", "buttons", "responses"}
    yield from _keys(data, "", known, {"language", "responses"})
    if not isinstance(data, dict):
        return
    if data.get("language") != language:
        yield "language", f"The file is for {language}, by its name. Write {language}."
    for name in ("buttons", "responses"):
        if not isinstance(data.get(name, {}), dict):
            yield name, "It holds texts, each under its name."
    yield from _translated(_dict(data.get("responses")))
    for payload, title in _dict(data.get("buttons")).items():
        yield from _a_text(title, f"buttons, {payload}")


def _translated(responses: dict[Any, Any]) -> _Faults:
    for key, said in responses.items():
        for one in [said] if isinstance(said, str) else _list(said) or [None]:
            text = next(iter(one.values()), None) if isinstance(one, dict) else one
            if not isinstance(text, str):
                yield str(key), "It is a text, or a list of texts, each alone or behind its name."


def _phrases(data: Any) -> _Faults:
    if not isinstance(data, list):
        yield "", "It is a list of phrases."
        return
    needed = {"phrase", "level", "says", "fires", "silent"}
    for number, one in enumerate(data, 1):
        name = str(one.get("phrase", number) if isinstance(one, dict) else number)
        yield from _keys(one, name, needed | {"harms", "unless", "wide"}, needed)
        if not isinstance(one, dict):
            continue
        for part in ("phrase", "level"):
            yield from _a_text(one.get(part), f"{name}, {part}")
        for part in ("says", "fires", "silent", "harms"):
            yield from _strings(one.get(part, []), f"{name}, {part}")


def _examples(data: Any) -> _Faults:
    yield from _keys(data, "", {"version", "nlu"}, {"nlu"})
    if not isinstance(data, dict):
        return
    yield from _a_list(data.get("nlu"), "nlu")
    for number, one in enumerate(_list(data.get("nlu")), 1):
        name = str(one.get("intent", number) if isinstance(one, dict) else number)
        yield from _keys(one, name, {"intent", "examples"}, {"intent", "examples"})
        if not isinstance(one, dict):
            continue
        yield from _a_text(one.get("intent"), name)
        lines = one.get("examples")
        if not isinstance(lines, str) or not all(
            line.startswith("- ") for line in map(str.strip, lines.splitlines()) if line
        ):
            yield name, "Its examples are lines that begin with a dash, under `examples: |`."


def _rules(data: Any) -> _Faults:
    yield from _keys(data, "", {"version", "rules"}, {"rules"})
    if not isinstance(data, dict):
        return
    yield from _a_list(data.get("rules"), "rules")
    known = {"rule", "steps", "condition", "wait_for_user_input", "conversation_start"}
    for number, one in enumerate(_list(data.get("rules")), 1):
        name = str(one.get("rule", number) if isinstance(one, dict) else number)
        yield from _keys(one, name, known, {"rule", "steps"})
        if not isinstance(one, dict):
            continue
        yield from _a_list(one.get("steps"), f"{name}, steps")
        for step in _list(one.get("steps")):
            is_step = isinstance(step, dict) and all(
                isinstance(step[part], str) for part in step.keys() & {"intent", "action"}
            )
            if not is_step:
                yield f"{name}, steps", "A step names its intent or its action."


def _wording(data: Any) -> _Faults:
    if not isinstance(data, dict) or not data:
        yield "", "It holds lists of texts, each under its name."
        return
    for key, said in data.items():
        yield from _a_text(key, str(key))
        yield from _strings(said, str(key))
        if said == []:
            yield str(key), "It has no text."


def _mapping(data: Any) -> _Faults:
    if not isinstance(data, dict | list) or not data:
        yield "", "The file is empty, or holds a single value."


def _keys(data: Any, where: str, known: set[str], needed: set[str]) -> _Faults:
    if not isinstance(data, dict):
        yield where, f"It should hold {', '.join(sorted(known))}."
        return
    for key in sorted(str(key) for key in data.keys() - known):
        yield where, f"It has the unknown field {key}."
    for key in sorted(needed - data.keys()):
        yield where, f"It has no {key}."


def _strings(data: Any, where: str) -> _Faults:
    if not isinstance(data, list) or not all(isinstance(one, str) for one in data):
        yield where, "It is a list of texts. A number or a yes stands in quotation marks."


def _a_list(data: Any, where: str) -> _Faults:
    if not isinstance(data, list):
        yield where, "It is a list."


def _a_text(data: Any, where: str) -> _Faults:
    if not isinstance(data, str):
        yield where, "It is a text. A number or a yes stands in quotation marks."


def _is_count(data: Any) -> bool:
    return isinstance(data, int) and not isinstance(data, bool) and data >= 0


def _dict(data: Any) -> dict[Any, Any]:
    return data if isinstance(data, dict) else {}


def _list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []
