"""Telegram as a bot meets it: the Bot API's own checks, limits, updates and webhook."""

import datetime as dt
import itertools
import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, override
from urllib.parse import unquote

from tests.fakes.server import Answer, Call, FakeServer, Post, post_over_http
from tests.fakes.telegram_checks import RefusedError, check_markup, keyboard

TOKEN = "7000000001:AAfakefakefakefakefakefakefakefakefak"
BOT_ID = 7000000001
CHILD = 5550000001

_TEXT_LIMIT = 4096
_LARGEST_FILE = 20 * 1024 * 1024
_DELETABLE = dt.timedelta(hours=48)


@dataclass(slots=True, kw_only=True)
class Bubble:
    """One message in a chat, as the child's phone shows it."""

    message_id: int
    from_child: bool
    text: str
    sent_at: dt.datetime
    buttons: list[list[dict[str, Any]]] = field(default_factory=list)
    protected: bool = False
    has_preview: bool = False

    @property
    def titles(self) -> list[str]:
        """Gives the titles of the buttons, in order."""
        return [button["text"] for row in self.buttons for button in row]


@dataclass(slots=True, kw_only=True)
class Chat:
    """One private chat of the bot."""

    chat_id: int
    bubbles: list[Bubble] = field(default_factory=list)
    blocked: bool = False
    typing_until: dt.datetime | None = None
    ids: Any = field(default_factory=lambda: itertools.count(1))


class FakeTelegram(FakeServer):
    """One bot, its chats and the updates that wait for it."""

    sends_on = "/sendMessage"

    def __init__(
        self, *, token: str = TOKEN, chat_interval: float = 1.0, per_second: int = 30
    ) -> None:
        super().__init__()
        self.token = token
        self.chat_interval = chat_interval
        self.chats: dict[int, Chat] = {}
        self.updates: deque[dict[str, Any]] = deque()
        self.answered_queries: list[str] = []
        self.files: dict[str, bytes] = {}
        """What children sent, by the id of the file."""
        self.webhook: dict[str, Any] | None = None
        self.post: Post = post_over_http
        self.last_error: tuple[int, str] | None = None
        self._arrived = threading.Condition(self.lock)
        self._update_ids = itertools.count(730_000_001)
        self._query_ids = itertools.count(4_200_000_001)
        self._open_queries: set[str] = set()
        self._polls = 0
        self._allowed: list[str] = []
        self._sent_at: deque[float] = deque(maxlen=per_second)
        self._chat_sent_at: dict[int, float] = {}
        self._offset = dt.timedelta()

    # What a child does.

    def child_says(self, text: str, *, child: int = CHILD, **extra: Any) -> dict[str, Any]:
        """Sends a text and gives the update."""
        return self._child_sends({"text": text, **extra}, text=text, child=child)

    def child_sends_photo(self, caption: str = "", *, child: int = CHILD) -> dict[str, Any]:
        """Sends a picture, in its two sizes."""
        sizes = [
            {"file_id": f"AgACphoto{side}", "file_unique_id": f"u{side}", "width": side}
            | {"height": side, "file_size": side * 40}
            for side in (90, 800)
        ]
        content: dict[str, Any] = {"photo": sizes}
        if caption:
            content["caption"] = caption
        return self._child_sends(content, text=caption or "[photo]", child=child)

    def child_sends(self, *, child: int = CHILD, **content: Any) -> dict[str, Any]:
        """Sends any other content, such as `voice={...}`."""
        return self._child_sends(content, text=f"[{next(iter(content))}]", child=child)

    def child_sends_voice(
        self, sound: bytes, *, seconds: int = 12, child: int = CHILD
    ) -> dict[str, Any]:
        """Says something aloud, which the server keeps until it is asked for."""
        file_id = f"AwACvoice{len(self.files) + 1}"
        self.files[file_id] = sound
        voice = {"file_id": file_id, "file_unique_id": f"u{file_id}", "duration": seconds}
        voice |= {"mime_type": "audio/ogg", "file_size": len(sound)}
        return self._child_sends({"voice": voice}, text="[voice]", child=child)

    def child_edits(self, message_id: int, text: str, *, child: int = CHILD) -> dict[str, Any]:
        """Changes an earlier message of the child's."""
        chat = self._chat(child)
        bubble = next(b for b in chat.bubbles if b.message_id == message_id and b.from_child)
        bubble.text = text
        message = self._message(chat, bubble) | {"text": text, "edit_date": self._seconds()}
        return self._arrive({"edited_message": message})

    def child_presses(self, title: str, *, child: int = CHILD) -> dict[str, Any]:
        """Presses the newest button with the title."""
        chat = self._chat(child)
        for bubble in reversed(chat.bubbles):
            for button in (button for row in bubble.buttons for button in row):
                if button["text"] == title:
                    query_id = str(next(self._query_ids))
                    self._open_queries.add(query_id)
                    query = {
                        "id": query_id,
                        "from": self._person(chat),
                        "message": self._message(chat, bubble),
                        "chat_instance": "-123",
                        "data": button["callback_data"],
                    }
                    return self._arrive({"callback_query": query})
        raise AssertionError(f"no button {title!r} on the phone")

    def child_blocks(self, *, child: int = CHILD) -> dict[str, Any]:
        """Blocks the bot."""
        return self._membership(child, blocked=True)

    def child_unblocks(self, *, child: int = CHILD) -> dict[str, Any]:
        """Lets the bot speak again."""
        return self._membership(child, blocked=False)

    def phone(self, child: int = CHILD) -> list[str]:
        """Gives the words the child's phone shows, in order."""
        return [bubble.text for bubble in self._chat(child).bubbles]

    def from_bot(self, child: int = CHILD) -> list[Bubble]:
        """Gives the bot's messages on the phone, in order."""
        return [bubble for bubble in self._chat(child).bubbles if not bubble.from_child]

    def is_typing(self, child: int = CHILD) -> bool:
        """Tells whether the phone shows "typing"."""
        until = self._chat(child).typing_until
        return until is not None and until > self.now()

    def now(self) -> dt.datetime:
        """Gives the server's time."""
        return dt.datetime.now(dt.UTC) + self._offset

    def advance(self, by: dt.timedelta) -> None:
        """Lets time pass on the server."""
        self._offset += by

    # What Telegram does by itself.

    def post_updates(self) -> list[int]:
        """Posts each waiting update once, oldest first, and gives the answers' statuses.

        What is not answered with 2xx stays and is posted again the next time.
        """
        statuses = []
        for update in list(self.updates):
            statuses.append(self.post_update(update))
            if 200 <= statuses[-1] < 300:
                self.updates.remove(update)
        return statuses

    def post_update(self, update: dict[str, Any]) -> int:
        """Posts one update, waiting or not, as Telegram does when it repeats itself."""
        assert self.webhook is not None, "no webhook is set"
        headers = {"Content-Type": "application/json"}
        if self.webhook["secret_token"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook["secret_token"]
        status = self.post(self.webhook["url"], headers, json.dumps(update).encode())
        if not 200 <= status < 300:
            self.last_error = (self._seconds(), f"Wrong response from the webhook: {status}")
        return status

    # The Bot API.

    @override
    def refusal(self, status: int) -> Answer:
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": "Failure"}
        if status == 429:
            body |= {"description": "Too Many Requests: retry after 3"}
            body |= {"parameters": {"retry_after": 3}}
        return Answer(status=status, body=body)

    @override
    def answer(self, call: Call) -> Answer:
        path = unquote(call.path).removeprefix("/file")
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != self.token:
            return Answer(status=401, body=_failure(401, "Unauthorized"))
        if call.path.startswith("/file/"):
            return self._file(method)
        do = _METHODS.get(method)
        if do is None:
            return Answer(status=404, body=_failure(404, "Not Found: method not found"))
        try:
            with self.lock:
                result = do(self, call.query | call.form())
        except RefusedError as error:
            body = _failure(error.status, error.description)
            if error.parameters:
                body["parameters"] = error.parameters
            return Answer(status=error.status, body=body)
        return Answer(body={"ok": True, "result": result})

    def _file(self, file_path: str) -> Answer:
        content = self.files.get(file_path.removeprefix("voice/").removesuffix(".oga"))
        if content is None:
            return Answer(status=404, body=_failure(404, "Not Found"))
        return Answer(body=content, headers={"Content-Type": "application/octet-stream"})

    def _get_file(self, given: dict[str, str]) -> dict[str, Any]:
        file_id = given.get("file_id", "")
        content = self.files.get(file_id)
        if content is None:
            raise RefusedError(
                400, "Bad Request: wrong file_id or the file is temporarily unavailable"
            )
        # "Bots can download files of up to 20 MB in size."
        if len(content) > _LARGEST_FILE:
            raise RefusedError(400, "Bad Request: file is too big")
        named = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content)}
        return named | {"file_path": f"voice/{file_id}.oga"}

    def _get_me(self, _: dict[str, str]) -> dict[str, Any]:
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "Front Door",
            "username": "front_door_test_bot",
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _send_message(self, given: dict[str, str]) -> dict[str, Any]:
        chat = self._reachable(given)
        text = given.get("text", "").strip()
        if not text:
            raise RefusedError(400, "Bad Request: message text is empty")
        if len(text) > _TEXT_LIMIT:
            raise RefusedError(400, "Bad Request: message is too long")
        check_markup(text, given.get("parse_mode"))
        buttons = keyboard(given.get("reply_markup"))
        self._keep_pace(chat.chat_id)
        preview = json.loads(given.get("link_preview_options", "{}"))
        bubble = Bubble(
            message_id=next(chat.ids),
            from_child=False,
            text=text,
            sent_at=self.now(),
            buttons=buttons,
            protected=given.get("protect_content") == "true",
            has_preview="http" in text and not preview.get("is_disabled", False),
        )
        chat.bubbles.append(bubble)
        chat.typing_until = None
        return self._message(chat, bubble)

    def _delete_message(self, given: dict[str, str]) -> bool:
        chat = self._reachable(given)
        for bubble in chat.bubbles:
            if str(bubble.message_id) == given.get("message_id"):
                if self.now() - bubble.sent_at > _DELETABLE:
                    raise RefusedError(400, "Bad Request: message can't be deleted")
                chat.bubbles.remove(bubble)
                return True
        raise RefusedError(400, "Bad Request: message to delete not found")

    def _send_chat_action(self, given: dict[str, str]) -> bool:
        chat = self._reachable(given)
        if given.get("action") != "typing":
            raise RefusedError(400, "Bad Request: wrong parameter action in request")
        chat.typing_until = self.now() + dt.timedelta(seconds=5)
        return True

    def _answer_callback_query(self, given: dict[str, str]) -> bool:
        query_id = given.get("callback_query_id", "")
        if query_id not in self._open_queries:
            raise RefusedError(400, "Bad Request: query is too old or query ID is invalid")
        self._open_queries.remove(query_id)
        self.answered_queries.append(query_id)
        return True

    def _get_updates(self, given: dict[str, str]) -> list[dict[str, Any]]:
        if self.webhook is not None:
            raise RefusedError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        mine = self._polls
        self._arrived.notify_all()
        self._allow(given)
        offset = int(given.get("offset", "0"))
        limit = min(max(int(given.get("limit", "100")), 1), 100)
        while offset > 0 and self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        until = time.monotonic() + float(given.get("timeout", "0"))
        while not self.updates and (left := until - time.monotonic()) > 0:
            self._arrived.wait(min(left, 0.05))
            if mine != self._polls or self.closing.is_set():
                raise RefusedError(409, "Conflict: terminated by other getUpdates request")
        waiting = list(self.updates)
        return waiting[offset:] if offset < 0 else waiting[:limit]

    def _set_webhook(self, given: dict[str, str]) -> bool:
        url, secret = given.get("url", ""), given.get("secret_token", "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise RefusedError(400, "Bad Request: secret token contains unallowed characters")
        if not url.startswith("https://"):
            raise RefusedError(
                400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
            )
        self._allow(given)
        self.webhook = {"url": url, "secret_token": secret}
        return True

    def _delete_webhook(self, given: dict[str, str]) -> bool:
        self.webhook = None
        if given.get("drop_pending_updates") == "true":
            self.updates.clear()
        return True

    def _get_webhook_info(self, _: dict[str, str]) -> dict[str, Any]:
        info: dict[str, Any] = {
            "url": "" if self.webhook is None else self.webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }
        if self.last_error is not None:
            info["last_error_date"], info["last_error_message"] = self.last_error
        return info

    def _allow(self, given: dict[str, str]) -> None:
        if "allowed_updates" in given:
            self._allowed = json.loads(given["allowed_updates"])

    def _reachable(self, given: dict[str, str]) -> Chat:
        chat = self.chats.get(int(given.get("chat_id") or 0))
        if chat is None:
            raise RefusedError(400, "Bad Request: chat not found")
        if chat.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _keep_pace(self, chat_id: int) -> None:
        now = time.monotonic()
        chat_wait = self._chat_sent_at.get(chat_id, 0.0) + self.chat_interval - now
        is_full = self.chat_interval > 0 and len(self._sent_at) == self._sent_at.maxlen
        all_wait = self._sent_at[0] + 1.0 - now if is_full else 0.0
        wait = max(chat_wait, all_wait)
        # A little is forgiven, for what the two clocks and the way between them add.
        if wait > 0.05:
            seconds = max(1, round(wait))
            raise RefusedError(
                429, f"Too Many Requests: retry after {seconds}", retry_after=seconds
            )
        self._sent_at.append(now)
        self._chat_sent_at[chat_id] = now

    def _child_sends(self, content: dict[str, Any], *, text: str, child: int) -> dict[str, Any]:
        chat = self._chat(child)
        bubble = Bubble(message_id=next(chat.ids), from_child=True, text=text, sent_at=self.now())
        chat.bubbles.append(bubble)
        message = self._message(chat, bubble)
        message.pop("text", None)
        return self._arrive({"message": message | content})

    def _membership(self, child: int, *, blocked: bool) -> dict[str, Any]:
        chat = self._chat(child)
        chat.blocked = blocked
        bot = {"id": BOT_ID, "is_bot": True, "first_name": "Front Door"}
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        change = {
            "chat": self._chat_object(chat),
            "from": self._person(chat),
            "date": self._seconds(),
            "old_chat_member": {"user": bot, "status": old},
            "new_chat_member": {"user": bot, "status": new, "until_date": 0},
        }
        return self._arrive({"my_chat_member": change})

    def _arrive(self, content: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            update = {"update_id": next(self._update_ids), **content}
            if not self._allowed or next(iter(content)) in self._allowed:
                self.updates.append(update)
            self._arrived.notify_all()
        return update

    def _chat(self, chat_id: int) -> Chat:
        return self.chats.setdefault(chat_id, Chat(chat_id=chat_id))

    def _message(self, chat: Chat, bubble: Bubble) -> dict[str, Any]:
        bot = {"id": BOT_ID, "is_bot": True, "first_name": "Front Door"}
        message: dict[str, Any] = {
            "message_id": bubble.message_id,
            "from": self._person(chat) if bubble.from_child else bot,
            "chat": self._chat_object(chat),
            "date": int(bubble.sent_at.timestamp()),
            "text": bubble.text,
        }
        if bubble.buttons:
            message["reply_markup"] = {"inline_keyboard": bubble.buttons}
        return message

    def _person(self, chat: Chat) -> dict[str, Any]:
        return {
            "id": chat.chat_id,
            "is_bot": False,
            "first_name": "Sam",
            "language_code": "en",
        }

    def _chat_object(self, chat: Chat) -> dict[str, Any]:
        return {"id": chat.chat_id, "first_name": "Sam", "type": "private"}

    def _seconds(self) -> int:
        return int(self.now().timestamp())


_METHODS: dict[str, Any] = {
    "getFile": FakeTelegram._get_file,
    "getMe": FakeTelegram._get_me,
    "getUpdates": FakeTelegram._get_updates,
    "setWebhook": FakeTelegram._set_webhook,
    "deleteWebhook": FakeTelegram._delete_webhook,
    "getWebhookInfo": FakeTelegram._get_webhook_info,
    "sendMessage": FakeTelegram._send_message,
    "deleteMessage": FakeTelegram._delete_message,
    "sendChatAction": FakeTelegram._send_chat_action,
    "answerCallbackQuery": FakeTelegram._answer_callback_query,
}


def _failure(status: int, description: str) -> dict[str, Any]:
    return {"ok": False, "error_code": status, "description": description}
