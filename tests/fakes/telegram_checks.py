"""What the Bot API refuses of a message: its markup and its keyboard."""

import html.parser
import json
import re
from typing import Any, override

_RESERVED = re.compile(r"(?<!\\)[>#+\-=|{}.!]")


class RefusedError(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def keyboard(markup: str | None) -> list[list[dict[str, Any]]]:
    if markup is None:
        return []
    try:
        rows: list[list[dict[str, Any]]] = json.loads(markup).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row]
    except (ValueError, AttributeError, TypeError) as error:
        raise RefusedError(400, "Bad Request: can't parse reply keyboard markup") from error
    for button in buttons:
        data = button.get("callback_data", "")
        if not button.get("text", "").strip():
            raise RefusedError(400, "Bad Request: inline keyboard button text is empty")
        if not 1 <= len(data.encode()) <= 64:
            raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
    if len(buttons) > 100:
        raise RefusedError(400, "Bad Request: reply markup is too long")
    return rows


def check_markup(text: str, parse_mode: str | None) -> None:
    match parse_mode:
        case None | "":
            return
        case "HTML":
            checker = _Tags()
            checker.feed(text)
            is_right = checker.is_right and not checker.open
        case "MarkdownV2":
            is_right = _RESERVED.search(text) is None and text.count("*") % 2 == 0
        case "Markdown":
            is_right = text.count("*") % 2 == 0 and text.count("_") % 2 == 0
        case _:
            raise RefusedError(400, "Bad Request: unsupported parse_mode")
    if not is_right:
        raise RefusedError(400, "Bad Request: can't parse entities")


class _Tags(html.parser.HTMLParser):
    allowed = frozenset({"b", "strong", "i", "em", "u", "s", "a", "code", "pre", "blockquote"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.is_right = True

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_right = self.is_right and tag in self.allowed
        self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        self.is_right = self.is_right and bool(self.open) and self.open.pop() == tag
