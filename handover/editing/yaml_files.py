"""YAML as versions hold it: plain data without tags or anchors, and with its comments kept."""

import io
import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from handover.editing.files import UnfitFileError

_DEEPEST = 20
_INDENT = re.compile(r"^ {1,2}", re.MULTILINE)
_MOST_NODES = 100_000


class _Representer(RoundTripRepresenter):
    """Writes nothing as `null`, as the files have it."""

    def _null(self, _: None) -> ScalarNode:
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:null", "null")
        return node


_Representer.add_representer(type(None), _Representer._null)  # noqa: SLF001  # its own


def check(path: str, text: str) -> None:
    """Lets pass what is plain YAML.

    Raises:
        UnfitFileError: it is not YAML, or has what a version's file must not have.
    """
    load(path, text)


def load(path: str, text: str) -> Any:
    """Gives the data of a version's file.

    It is looked at event by event before anything is built from it, so that no file can make the
    program build more than the file itself holds.

    Raises:
        UnfitFileError: it is not YAML, or has what a version's file must not have.
    """
    try:
        _look(path, text)
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise UnfitFileError(path, _in_words(error)) from error
    except (ValueError, RecursionError) as error:
        # A date that is none, or a number of too many digits.
        raise UnfitFileError(path, f"The file cannot be read as YAML: {error}.") from error


def load_to_edit(text: str) -> Any:
    """Gives the data of a file that passed `check`, with its comments, for `dumped`."""
    return _keeping().load(text)


def dumped(data: Any) -> str:
    """Gives data as it is written, with the comments it came with."""
    out = io.StringIO()
    _keeping().dump(data, out)
    written = out.getvalue()
    if isinstance(data, list):
        # The indent of lists within is right for them, and moves a list that is the whole file.
        written = _INDENT.sub("", written)
    return written


def edited(path: str, text: str, change: Callable[[Any], object]) -> dict[str, str]:
    """Gives a file as a change of its data leaves it, by its path; nothing when it is the same.

    Raises:
        UnfitFileError: the change makes it unfit for a version.
    """
    data = load_to_edit(text)
    before = dumped(data)
    change(data)
    after = dumped(data)
    if after == before:
        return {}
    check(path, after)
    return {path: after}


def _look(path: str, text: str) -> None:
    depth = nodes = documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1 or event.version or event.tags:
                raise UnfitFileError(
                    path, f"Line {line}: a file is one document without directives. Take them out."
                )
        elif isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise UnfitFileError(
                path, f"Line {line}: anchors and aliases (& and *) are not taken. Write it out."
            )
        elif isinstance(event, NodeEvent):
            tag = getattr(event, "tag", None)
            if tag is not None:
                raise UnfitFileError(path, f"Line {line}: tags (!) are not taken. Take out {tag}.")
            nodes += 1
            _refuse_merge(path, line, event)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _DEEPEST or nodes > _MOST_NODES:
            raise UnfitFileError(
                path, f"Line {line}: the file is nested too deep or holds too much. Make it less."
            )


def _refuse_merge(path: str, line: int, event: NodeEvent) -> None:
    if isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]:
        raise UnfitFileError(path, f"Line {line}: << is not taken. Write it out.")


def _keeping() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _in_words(error: YAMLError) -> str:
    problem = str(getattr(error, "problem", None) or "it is not YAML").split("\n", maxsplit=1)[0]
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    where = f"Line {mark.line + 1}: " if mark is not None else ""
    return f"{where}this is not valid YAML ({problem}). Mend the line and bring the file again."
