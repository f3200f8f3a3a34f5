"""The house rules that no linter knows, read from the syntax of every module of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import tracked

_OURS = ("bot", "handover", "models", "dialogues")
_LOGGERS = {"log", "logger", "_log"}
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "bind"}
# What a child wrote, and where and as whom they can be reached.
_PRIVATE = {
    *("text", "address", "name", "nickname", "email", "phone", "body", "payload", "value"),
    *("caption", "username", "first_name", "last_name", "display_name", "external_address"),
}
_PUBLIC_NAMES = {"channel", "lease", "role", "worker", "self", "job", "path", "field"}
"""Things whose `.name` is ours: an enum's or a program's, never a person's."""


def _modules() -> list[Path]:
    return [
        path
        for path in tracked.texts(suffix=".py")
        if path.parts[0] in _OURS or path.parts[0] == "tests"
    ]


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse((tracked.ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", _modules(), ids=str)
def test_a_module_keeps_the_house_rules(path):
    found = [
        f"line {getattr(node, 'lineno', '?')}: {trouble}"
        for node in _nodes(path)
        for trouble in _troubles(path, node)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("path", "code", "trouble"),
    [
        ("bot/inbox.py", "session.commit()", "commits"),
        ("handover/service.py", "relationship(backref='x')", "backref"),
        ("models/child.py", "session.query(Child)", "query"),
        ("tests/bot/test_x.py", "from unittest import mock", "mock"),
        ("tests/bot/test_x.py", "import unittest.mock", "mock"),
        ("tests/bot/test_x.py", "monkeypatch.setattr(inbox, 'drain', f)", "patches"),
        ("bot/inbox.py", "log.info('message_kept', text=message.text)", "logs"),
        ("bot/inbox.py", "log.info('message_kept', what=message.text)", "logs"),
        ("bot/outbox.py", "log.warning('refused', to=f'{child.address}')", "logs"),
        ("bot/outbox.py", "log.warning(f'refused {code}')", "event"),
        ("bot/outbox.py", "log.warning('Refused by them')", "event"),
    ],
)
def test_each_rule_sees_what_it_forbids(path, code, trouble):
    found = [word for node in ast.walk(ast.parse(code)) for word in _troubles(Path(path), node)]

    assert any(trouble in word for word in found)


@pytest.mark.parametrize(
    "code",
    [
        "log.info('message_kept', message_id=message.id)",
        "log.info('channel_opened', channel=channel.name)",
        "log.error('row_failed', row=number, kind=type(error).__name__)",
        "monkeypatch.setenv('FRONTDOOR_PORT', '0')",
    ],
)
def test_the_rules_let_through_what_is_right(code):
    found = [w for node in ast.walk(ast.parse(code)) for w in _troubles(Path("bot/x.py"), node)]

    assert found == []


def _troubles(path: Path, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call():
            yield from _call_troubles(path, node)
        case ast.keyword(arg="backref"):
            yield "use back_populates, never backref"
        case (
            ast.ImportFrom(module="unittest" | "unittest.mock")
            | ast.Import(names=[ast.alias(name="unittest.mock")])
        ):
            yield "unittest.mock: use the fakes at the network's edge"
        case _:
            pass


def _call_troubles(path: Path, call: ast.Call) -> Iterator[str]:
    match call.func:
        case ast.Attribute(attr="commit", value=ast.Name(id="session" | "db_session")):
            if path.as_posix() != "models/db.py":
                yield "only models.db.transaction commits"
        case ast.Attribute(attr="query", value=ast.Name(id="session") | ast.Attribute()):
            yield "use select(), never .query"
        case ast.Attribute(attr="setattr", value=ast.Name(id="monkeypatch")):
            yield "patches something of ours: use a fake at the network's edge"
        case ast.Attribute(attr=level, value=ast.Name(id=logger)) if (
            logger in _LOGGERS and level in _LEVELS and path.parts[0] in _OURS
        ):
            yield from _log_troubles(call)
        case _:
            pass


def _log_troubles(call: ast.Call) -> Iterator[str]:
    for event in call.args[:1]:
        # A function that is given its event has the constant where it is called.
        is_given = isinstance(event, ast.Name) and event.id == "event"
        is_constant = isinstance(event, ast.Constant) and str(event.value).isidentifier()
        if not (is_given or is_constant):
            yield "an event is one constant in snake_case"
    for keyword in call.keywords:
        if keyword.arg in _PRIVATE - {"name"}:
            yield f"logs {keyword.arg}"
        for part in ast.walk(keyword.value):
            if isinstance(part, ast.Attribute) and _is_private(part):
                yield f"logs .{part.attr}"


def _is_private(attribute: ast.Attribute) -> bool:
    owner = attribute.value
    last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    is_ours = attribute.attr == "name" and last in _PUBLIC_NAMES
    # An enum's value is a word of ours; which enums those are, mypy knows and this does not.
    is_enum = attribute.attr == "value" and isinstance(owner, ast.Attribute | ast.Name)
    return attribute.attr in _PRIVATE and not is_ours and not is_enum
