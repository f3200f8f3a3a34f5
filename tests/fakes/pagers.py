"""What staff alerts go to: an SMTP server, a push service and a Teams webhook, all on loopback."""

import socket
from email import message_from_bytes
from email.message import Message
from typing import Any, override

from aiosmtpd.controller import Controller

from tests.fakes.server import Answer, Call, FakeServer


class FakeMail:
    """An SMTP server that keeps what it takes, and refuses on demand."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.refusals: list[str] = []
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    @property
    def url(self) -> str:
        """Gives its address, as the setting has it."""
        return f"smtp+plain://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Gives the answer to a message; the name is the library's."""
        if self.refusals:
            return self.refusals.pop(0)
        self.received.append(message_from_bytes(envelope.content))
        return "250 OK"

    def close(self) -> None:
        """Ends the server."""
        self._controller.stop()


class FakeHooks(FakeServer):
    """Takes every post, as a push service and as Teams."""

    sends_on = "POST"

    @override
    def answer(self, call: Call) -> Answer:
        return Answer(status=201, body={})
