"""Serves the dialogue on loopback: `python -m dialogues.serve --port N --model-dir DIR`.

Whoever started it may write to its input: `load`, when it was to wait for its model, and
`listen PORT`, when it is to answer at a further port too. It ends when that input ends.
"""

import argparse
import asyncio
import contextlib
import gc
import hmac
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import uvloop
from aiohttp import web

from dialogues import quiet, sources

_SECRET_VARIABLE = "FRONTDOOR_DIALOGUE_SECRET"  # noqa: S105  The variable's name.
_HEADER = "X-Dialogue-Secret"
_EDITION_HEADER = "X-Dialogue-Edition"
_LARGEST_BODY = 4 * 1024 * 1024
_MOST_MESSAGES = 1000
_FEW = 4  # messages, scored in a time that anybody else can wait


class Scorer(Protocol):
    """Scores how urgent messages are; `dialogues.triage.scorer` has the real one."""

    version: str

    def score(self, texts: list[str]) -> list[dict[str, Any]]:
        """Gives one score a text."""
        ...


class Service:
    """The process's two models; turns have a thread of their own, and no score waits for one."""

    def __init__(self, *, models: Path, triage: Path, edition: str, may_load: bool) -> None:
        self.edition = edition
        self._models = models
        self._model = ""
        self._triage = triage
        self._may_load = threading.Event()
        self._is_ending = False
        if may_load:
            self._may_load.set()
        self._dialogue: Any = None
        self._scorer: Scorer | None = None
        self._turns = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turns")
        self._scores = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scores")

    async def start(self, _app: web.Application) -> None:
        """Begins to load both models; health tells when they are there."""
        loop = asyncio.get_running_loop()
        self._loading = [
            loop.run_in_executor(self._turns, self._load_dialogue),
            loop.run_in_executor(self._scores, self._load_scorer),
        ]
        self._loading[0].add_done_callback(_end_if_failed)

    def load(self) -> None:
        """Lets it read its model, which is trained by now."""
        self._may_load.set()

    async def end(self, _app: web.Application) -> None:
        """Lets nothing wait for a model any more: Python would wait for it at its end."""
        self._is_ending = True
        self._may_load.set()

    async def health(self, _request: web.Request) -> web.Response:
        """Tells whether the dialogue is ready, and which models answer."""
        ready = self._dialogue is not None
        body = {
            "status": "ok" if ready else "starting",
            "model": self._model or None,
            "edition": self.edition,
            "triage": self._scorer.version if self._scorer else None,
        }
        return web.json_response(body, status=200 if ready else 503)

    async def turn(self, request: web.Request) -> web.Response:
        """Takes one turn."""
        if self._dialogue is None:
            return _problem(503, "The dialogue is still loading.")
        body = await _json_body(request)
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._turns, self._take, body)
        except self._errors.MalformedTurnError as error:
            return _problem(400, str(error))
        except self._errors.DialogueFailedError as error:
            return _problem(500, f"The dialogue failed: {error}")
        return web.json_response(answer)

    async def score(self, request: web.Request) -> web.Response:
        """Scores how urgent some messages are."""
        if self._scorer is None:
            return _problem(503, "There is no triage model.")
        texts = _texts(await _json_body(request))
        if len(texts) <= _FEW:
            # Somebody waits for them: to hand them to a thread and back takes a millisecond.
            results = self._scorer.score(texts)
        else:
            loop = asyncio.get_running_loop()
            results = await loop.run_in_executor(self._scores, self._scorer.score, texts)
        return web.json_response({"results": results, "version": self._scorer.version})

    def _load_dialogue(self) -> None:
        # Rasa takes seconds to import; the port answers meanwhile.
        quiet.prepare_environment()
        self._errors = importlib.import_module("dialogues.turn")
        quiet.silence_rasa()
        self._loop = asyncio.new_event_loop()
        self._may_load.wait()
        if self._is_ending:
            return
        model, record = sources.verified_model(self._models)
        dialogue = self._errors.Dialogue.load(model)
        self._model = record.sha256
        warm_up = {"conversation": "warm-up", "message_id": "0", "text": "hello"}
        self._loop.run_until_complete(dialogue.take(self._errors.parse_turn(warm_up)))
        # What is there by now stays. To look through it all for what may go, as Python does from
        # time to time, takes half a second, in which nobody is answered.
        gc.collect()
        gc.freeze()
        self._dialogue = dialogue

    def _load_scorer(self) -> None:
        try:
            module = importlib.import_module("dialogues.triage.scorer")
            scorer = module.Scorer.load(self._triage)
            # The first call lays out the encoder's memory, for which no child should wait.
            scorer.score(["hello"])
            self._scorer = scorer
        except (ImportError, OSError, ValueError, KeyError, RuntimeError) as error:
            _say(f"No triage model: {type(error).__name__}.")

    def _take(self, body: Any) -> dict[str, Any]:
        turn = self._errors.parse_turn(body)
        answer: dict[str, Any] = self._loop.run_until_complete(self._dialogue.take(turn))
        return answer


def application(service: Service, secret: str) -> web.Application:
    """Builds the web application; everything but health needs the secret."""

    @web.middleware
    async def check_secret(request: web.Request, handler: Any) -> web.StreamResponse:
        given = request.headers.get(_HEADER, "")
        if request.path != "/health" and not hmac.compare_digest(given.encode(), secret.encode()):
            return _problem(401, f"{_HEADER} is missing or wrong.")
        if request.headers.get(_EDITION_HEADER, service.edition) != service.edition:
            return _problem(409, f"This process answers for {service.edition}.")
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[check_secret], client_max_size=_LARGEST_BODY)
    app.on_startup.append(service.start)
    app.on_shutdown.append(service.end)
    app.router.add_get("/health", service.health)
    app.router.add_post("/turn", service.turn)
    app.router.add_post("/score", service.score)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Serves until told to stop; gives the exit code."""
    options = _options(arguments)
    # The settings of the bot's packages live in another environment and cannot be imported here.
    secret = os.environ.get(_SECRET_VARIABLE, "")  # noqa: TID251
    if not secret:
        _say(f"{_SECRET_VARIABLE} is not set; not starting.")
        return 1
    if not options.when_told:
        try:
            sources.verified_model(options.model_dir)
        except sources.ModelRefusedError as error:
            _say(str(error))
            return 1
    service = Service(
        models=options.model_dir,
        triage=options.triage_dir,
        edition=options.edition,
        may_load=not options.when_told,
    )
    _say(f"Serving the dialogue on 127.0.0.1:{options.port}.")
    with contextlib.suppress(web.GracefulExit):
        # Half a millisecond a message less than Python's own, of the eight that triage may take.
        uvloop.run(_serve(service, secret, options))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dialogues.serve", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model-dir", type=Path, default=Path("var/dialogue"))
    parser.add_argument("--triage-dir", type=Path, default=Path("var/triage"))
    parser.add_argument("--edition", default="program", help="the name callers know the files by")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when whoever started this is gone"
    )
    parser.add_argument(
        "--when-told", action="store_true", help="read the model once `load` is written to stdin"
    )
    return parser.parse_args(arguments)


async def _serve(service: Service, secret: str, options: argparse.Namespace) -> None:
    runner = web.AppRunner(application(service, secret), access_log=None, handle_signals=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    loop = asyncio.get_running_loop()

    def follow(order: str) -> None:
        if order == "load":
            service.load()
        elif order.startswith("listen "):
            site = web.TCPSite(runner, "127.0.0.1", int(order.removeprefix("listen ")))
            listening = asyncio.run_coroutine_threadsafe(site.start(), loop)
            # Not heard where children are looked for: end, and be started there anew.
            listening.add_done_callback(_end_if_failed)

    if options.until_stdin_closes or options.when_told:
        threading.Thread(target=_follow_stdin, args=(follow,), daemon=True).start()
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _follow_stdin(follow: Callable[[str], None]) -> None:
    """Does what is written, and ends the process when the other end of its input is gone.

    A starter that was killed cannot say goodbye; without this its dialogue would live on, hold the
    port and answer with an old model.
    """
    # Not through Python's buffer: its lock, held by a waiting thread, makes the end of the
    # interpreter a fatal error.
    begun = b""
    while part := os.read(sys.stdin.fileno(), 1024):
        *whole, begun = (begun + part).split(b"\n")
        for order in whole:
            follow(order.decode("ascii", "replace").strip())
    os._exit(0)


async def _json_body(request: web.Request) -> Any:
    try:
        return await request.json()
    except (ValueError, UnicodeDecodeError) as error:
        text = json.dumps({"error": "The body is not JSON."})
        raise web.HTTPBadRequest(text=text, content_type="application/json") from error


def _texts(body: Any) -> list[str]:
    """Reads the messages to score, each behind the ones just before it."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or len(messages) > _MOST_MESSAGES:
        raise _bad_request(f"messages must be a list of at most {_MOST_MESSAGES}.")
    texts = []
    for message in messages:
        text = message.get("text") if isinstance(message, dict) else None
        if not isinstance(text, str):
            raise _bad_request("Each message needs a text.")
        texts.append(text)
    return texts


def _bad_request(error: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": error}), content_type="application/json")


def _problem(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)


def _end_if_failed(begun: "asyncio.Future[None] | Future[None]") -> None:
    """A process without a dialogue is of no use: end, and let whoever started it see."""
    error = begun.exception()
    if error is not None:
        _say(f"The dialogue cannot be served: {type(error).__name__}: {error}")
        os._exit(1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  A command.


if __name__ == "__main__":
    sys.exit(main())
