"""Serving the console: a threaded web server in which live streams cannot starve the pages."""

import threading
from typing import override

import structlog
from cheroot.wsgi import Server as WebServer
from flask import Flask

from handover.views.shared import Console

log = structlog.get_logger()

_WARNING = 30
_READ_TIMEOUT = 20
"""Seconds in which a request must arrive: a slow sender must not hold a thread for ever."""
_KEEP_ALIVE = 200
_BACKLOG = 256
_STOP_TIMEOUT = 8


class _QuietServer(WebServer):
    @override
    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        # Its text may hold an address that was asked for; that something failed is enough.
        if level >= _WARNING:
            log.warning("web_server_failed", has_fault=traceback)


class Server:
    """A running web server."""

    def __init__(self, server: WebServer, parts: Console) -> None:
        self._server = server
        self._parts = parts
        self._thread = threading.Thread(target=server.serve, name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Gives the port it listens on, also when it was asked to choose one."""
        return int(self._server.bind_addr[1])

    def stop(self) -> None:
        """Ends open streams and the server; requests under way are finished."""
        self._parts.feed.stop()
        self._server.stop()
        self._thread.join(timeout=_STOP_TIMEOUT)


def serve(app: Flask, host: str, port: int, *, threads: int = 256) -> Server:
    """Starts to serve an application of `create_app`; port 0 chooses a free one.

    Raises:
        OSError: the address is in use or not ours.
    """
    parts: Console = app.extensions["console"]
    # Each live stream holds a thread; what is left over serves pages, replies and webhooks.
    parts.feed.most_watchers = max(2, threads - max(8, threads // 8))
    server = _QuietServer(
        (host, port),
        app,
        numthreads=threads,
        max=threads,
        request_queue_size=_BACKLOG,
        timeout=_READ_TIMEOUT,
        shutdown_timeout=_STOP_TIMEOUT,
    )
    server.keep_alive_conn_limit = _KEEP_ALIVE
    server.prepare()
    return Server(server, parts)
