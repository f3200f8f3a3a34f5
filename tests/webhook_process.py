"""A webhook process that tests start and kill: `-m tests.webhook_process DATABASE KEYS …`."""

import os
import signal
import sys
from pathlib import Path

from flask import Flask, Response
from werkzeug.serving import make_server

from bot import inbox
from bot.channels.base import Channel, IncomingMessage
from bot.channels.telegram import TelegramChannel
from bot.webhooks import webhooks
from models.db import open_engine
from models.encryption import read_keyring
from tests.processes import say

SECRET = "webhook-secret"
TOKEN = "123456:token"


def serve(database_url: str, keys: Path, account_id: int, dies: str) -> None:
    """Serves the real webhooks; may die after a message is kept and before its answer."""
    engine = open_engine(database_url, read_keyring(keys))

    def receive(_: Channel, message: IncomingMessage) -> None:
        inbox.receive(engine, account_id, message)
        if dies == "before_answer":
            os.kill(os.getpid(), signal.SIGKILL)

    channel = TelegramChannel(TOKEN, secret=SECRET, base_url="http://127.0.0.1:9")
    app = Flask(__name__)
    app.register_blueprint(
        webhooks(receive, lambda *_: None, channels=[channel], public_url="https://door.example")
    )

    @app.after_request
    def mark(response: Response) -> Response:
        response.headers["Connection"] = "close"
        return response

    server = make_server("127.0.0.1", 0, app)
    say(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
