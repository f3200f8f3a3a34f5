"""Whether the files are there, are YAML, and have the shape that the program reads."""

from collections.abc import Callable, Iterator
from typing import Any

from handover.editing import files, texts
from handover.editing.files import UnfitFileError
from handover.editing.material import Finding, Material
from handover.editing.texts import COVER, DOMAIN, LANGUAGES, NUMBERS, QUESTIONS, SIGNALS

_PHRASES = "bot/phrases/say-"
_NLU = "dialogues/data/nlu/"
_RULES = "dialogues/data/rules/"
_CONDITION = {"slot", "in", "not_in", "any_of"}
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


def _shape_of(path: str) -> _Shape:
    shapes: dict[str, _Shape] = {
        QUESTIONS: _questions,
        NUMBERS: _numbers,
        COVER: _cover,
        SIGNALS: _signals,
        DOMAIN: _domain,
        LANGUAGES: _language,
        _PHRASES: _phrases,
        _NLU: _examples,
        _RULES: _rules,
    }
    for beginning, found in shapes.items():
        if path.startswith(beginning):
            return found
    return _wording if texts.is_wording(path) else _mapping


def _questions(data: Any) -> _Faults:
    known = {
        *("first", "privacy", "budget", "times", "when_worse", "few", "emergency", "questions"),
        *("then_listen", "then_repeat", "invite"),
    }
    # A version of before may have no takes_up.
    yield from _keys(data, "", {*known, "takes_up"}, known)
    if not isinstance(data, dict):
        return
    for list_name, name in (("first", "say"), ("questions", "field")):
        for number, one in enumerate(_list(data.get(list_name)), 1):
            where = f"{list_name}, {one.get(name, number) if isinstance(one, dict) else number}"
            yield from _keys(one, where, {name, "when"}, {name})
            for condition in _list(one.get("when") if isinstance(one, dict) else None):
                yield from _keys(condition, f"{where}, when", _CONDITION, {"slot"})
    for name in ("budget", "few"):
        if not isinstance(data.get(name), int):
            yield name, "It is a whole number."
    yield from _keys(data.get("privacy"), "privacy", {"greeting", "short", "said_by"}, {"short"})


def _numbers(data: Any) -> _Faults:
    yield from _keys(data, "", {"checked", "numbers"}, {"checked", "numbers"})
    parts = {"number", "name", "nations", "source"}
    if isinstance(data, dict) and isinstance(data.get("numbers"), dict):
        for key, one in data["numbers"].items():
            yield from _keys(one, str(key), parts, parts)


def _cover(data: Any) -> _Faults:
    yield from _keys(data, "", {"topics", "otherwise"}, {"topics", "otherwise"})
    if not isinstance(data, dict):
        return
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
        for name, said in lists.items() if isinstance(lists, dict) else ():
            yield from _strings(said, f"{part}, {name}")


def _domain(data: Any) -> _Faults:
    yield from _keys(
        data, "", {"version", "intents", "responses", "slots", "entities", "session_config"}, set()
    )
    responses = data.get("responses") if isinstance(data, dict) else None
    for key, variations in responses.items() if isinstance(responses, dict) else ():
        if not isinstance(variations, list) or not variations:
            yield key, "It has no texts. A response is a list of at least one."
            continue
        for number, one in enumerate(variations, 1):
            where = f"{key}, text {number}"
            yield from _keys(one, where, {"text", "buttons", "condition", "custom"}, set())
            if not isinstance(one, dict):
                continue
            for button in _list(one.get("buttons")):
                parts = {"title", "payload"}
                yield from _keys(button, f"{where}, button", parts, parts)


def _language(data: Any) -> _Faults:
    known = {"language", "reviewed_by", "buttons", "responses"}
    yield from _keys(data, "", known, {"language", "responses"})
    responses = data.get("responses") if isinstance(data, dict) else None
    for key, said in responses.items() if isinstance(responses, dict) else ():
        for one in [said] if isinstance(said, str) else _list(said):
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
        for part in ("says", "fires", "silent") if isinstance(one, dict) else ():
            yield from _strings(one.get(part, []), f"{name}, {part}")


def _examples(data: Any) -> _Faults:
    yield from _keys(data, "", {"version", "nlu"}, {"nlu"})
    for number, one in enumerate(_list(data.get("nlu") if isinstance(data, dict) else None), 1):
        name = str(one.get("intent", number) if isinstance(one, dict) else number)
        yield from _keys(one, name, {"intent", "examples"}, {"intent", "examples"})
        if isinstance(one, dict) and not isinstance(one.get("examples"), str):
            yield name, "Its examples are lines that begin with a dash, under `examples: |`."


def _rules(data: Any) -> _Faults:
    yield from _keys(data, "", {"version", "rules"}, {"rules"})
    known = {"rule", "steps", "condition", "wait_for_user_input", "conversation_start"}
    for number, one in enumerate(_list(data.get("rules") if isinstance(data, dict) else None), 1):
        name = str(one.get("rule", number) if isinstance(one, dict) else number)
        yield from _keys(one, name, known, {"rule", "steps"})


def _wording(data: Any) -> _Faults:
    yield from _mapping(data)
    for key, said in data.items() if isinstance(data, dict) else ():
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


def _list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []
