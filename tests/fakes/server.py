"""A small HTTP server on loopback that answers, fails, hangs or drops its answer on demand."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, override
from urllib.parse import parse_qsl, urlsplit

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        """Gives the posted parameters, whichever way they were posted."""
        if "json" in self.headers.get("content-type", ""):
            values = json.loads(self.body or b"{}")
            return {
                key: value if isinstance(value, str) else json.dumps(value)
                for key, value in values.items()
            }
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What goes wrong with the next request whose method and path hold `on`."""

    on: str
    answer: Answer | None = None
    seconds: float | None = None
    drops_answer: bool = False


class FakeServer:
    """Runs on a free loopback port from its making until `close`."""

    sends_on = ""
    """The part of the method and path that troubles meet when none is named."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self._troubles: deque[Trouble] = deque()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.fake = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Gives the base address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, call: Call) -> Answer:
        """Gives the provider's answer to a call."""
        raise NotImplementedError

    def refusal(self, status: int) -> Answer:
        """Gives the provider's own kind of failing answer."""
        return Answer(status=status, body={})

    def fail_next(
        self, status: int, *, body: Any = None, on: str | None = None, times: int = 1
    ) -> None:
        """Answers the next call with an error and takes nothing."""
        answer = self.refusal(status) if body is None else Answer(status=status, body=body)
        for _ in range(times):
            self._troubles.append(Trouble(on=on or self.sends_on, answer=answer))

    def hang_next(self, seconds: float, *, on: str | None = None) -> None:
        """Takes nothing of the next call, says nothing for a while, then hangs up."""
        self._troubles.append(Trouble(on=on or self.sends_on, seconds=seconds))

    def drop_answer_next(self, *, on: str | None = None) -> None:
        """Takes the next call in full and hangs up without an answer."""
        self._troubles.append(Trouble(on=on or self.sends_on, drops_answer=True))

    def close(self) -> None:
        """Ends the server and every connection."""
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def trouble_for(self, call: Call) -> Trouble | None:
        """Gives, once, the trouble that waits for this call."""
        with self.lock:
            self.calls.append(call)
            for trouble in self._troubles:
                if trouble.on in f"{call.method} {call.path}":
                    self._troubles.remove(trouble)
                    return trouble
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: FakeServer

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[Any] = set()
        self._open_lock = threading.Lock()

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._open_lock:
            left = list(self._open)
        for request in left:
            self.shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a client that hung up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def _serve(self) -> None:
        fake = self.server.fake
        call = self._call()
        trouble = fake.trouble_for(call)
        if trouble is None:
            self._say(fake.answer(call))
            return
        if trouble.answer is not None:
            self._say(trouble.answer)
            return
        if trouble.drops_answer:
            fake.answer(call)
        else:
            fake.closing.wait(trouble.seconds)
        self.close_connection = True

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 — the standard library's names

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Call(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _say(self, answer: Answer) -> None:
        headers = {"Content-Type": "application/json"} | dict(answer.headers)
        if isinstance(answer.body, bytes):
            body = answer.body
        else:
            body = b"" if answer.status == 204 else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a log of the fakes would hold what a child wrote."""


type Post = Callable[[str, Mapping[str, str], bytes], int]
"""Posts a body to an address with headers and gives the status; 0 for no answer."""


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Posts as a provider would, and waits 15 seconds at most for the answer."""
    try:
        return httpx.post(url, headers=dict(headers), content=body, timeout=15.0).status_code
    except httpx.HTTPError:
        return 0


def post_to(client: Any) -> Post:
    """Gives a way to post into an application's test client instead of over the network."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return int(client.post(path, headers=dict(headers), data=body).status_code)

    return post
