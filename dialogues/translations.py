"""Puts the words of every language into the one domain that Rasa trains on."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dialogues import sources

# The slots that are true or not; any other name in the list is whom the talk is about.
_YES_OR_NO = frozenset({"adult", "adult_asking", "worry", "good_news"})


def read_yaml(path: Path) -> Any:
    """Reads one YAML file, plainly typed.

    Raises:
        ValueError: the file is not YAML; the message names it.
    """
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path.name} is not valid YAML: {error}") from error


def domain_mapping(root: Path = sources.ROOT) -> dict[str, Any]:
    """Gives the whole domain, with each translated response as a variation for its language.

    `root` is the folder of a version's files.

    Raises:
        ValueError: a file is broken, or a language has a response that English has not.
    """
    domain: dict[str, Any] = {}
    for path in sorted((root / "dialogues" / "domain").glob("*.yml")):
        _merge(domain, read_yaml(path) or {}, path.name)
    for path in sorted((root / "dialogues" / "languages").glob("*.yml")):
        _add_language(domain["responses"], read_yaml(path), path.name)
    return domain


def _merge(domain: dict[str, Any], part: dict[str, Any], name: str) -> None:
    for key, value in part.items():
        if isinstance(value, dict) and key in domain:
            repeated = domain[key].keys() & value.keys()
            if repeated:
                raise ValueError(f"{name} repeats {key}: {', '.join(sorted(repeated))}")
            domain[key] = {**domain[key], **value}
        elif isinstance(value, list) and key in domain:
            domain[key] = [*domain[key], *value]
        else:
            domain[key] = value


def _add_language(responses: dict[str, Any], words: dict[str, Any], name: str) -> None:
    """Adds a language's texts and button titles; payloads and commands stay those of English."""
    condition = {"type": "slot", "name": "language", "value": words["language"]}
    titles = words.get("buttons", {})
    for response, texts in _spread(words["responses"], list(responses), name).items():
        for english, said in _paired(responses[response], texts):
            variation = {**english, **said}
            variation["condition"] = [condition, *said.get("condition", [])]
            if "buttons" in english:
                variation["buttons"] = [
                    {**button, "title": titles.get(button["payload"], button["title"])}
                    for button in english["buttons"]
                ]
            responses[response].append(variation)


def _paired(
    english: list[dict[str, Any]], texts: Any
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Gives each text of a language with the English variation whose buttons and command it has.

    A text may be alone, or one of a list; one for an adult or a friend stands beside `adult` or
    `friend` or `sibling`.
    """
    plain = next(one for one in english if _is_plain(one))
    said = [texts] if isinstance(texts, str) else texts
    return [(plain, _variation(one)) for one in said]


def _variation(said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        return {"text": said}
    who, text = next(iter(said.items()))
    slot = (who, True) if who in _YES_OR_NO else ("about_whom", who)
    return {"text": text, "condition": [{"type": "slot", "name": slot[0], "value": slot[1]}]}


def _spread(texts: dict[str, Any], english: list[str], name: str) -> dict[str, Any]:
    """Gives a text for each response; `utter_reply_*` stands for those not listed themselves."""
    spread: dict[str, Any] = {}
    for pattern, text in texts.items():
        if pattern.endswith("*"):
            fitting = [one for one in english if one.startswith(pattern[:-1]) and one not in texts]
        else:
            fitting = [pattern] if pattern in english else []
        if not fitting:
            raise ValueError(f"{name} has {pattern}, which is no response in English")
        spread.update(dict.fromkeys(fitting, text))
    return spread


def _is_plain(variation: dict[str, Any]) -> bool:
    return "condition" not in variation
