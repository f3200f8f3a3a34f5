"""The dialogue process as it may really be: down, slow, silent, or answering rubbish."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, override

import pytest

from bot.dialogue import DialogueTurn, DialogueUnavailableError, HttpDialogue
from models.channel import ChannelName
from tests.fakes.server import Answer, Call, FakeServer

_TURN = DialogueTurn(
    conversation="1",
    message_id="2",
    text="zebra-umbrella",
    choice=None,
    channel=ChannelName.SMS,
    language="en",
    now=dt.datetime(2026, 1, 13, 15, 30, tzinfo=dt.UTC),
    context={"urgency": "no_concern"},
    known={},
    state=None,
)
_GOOD = {
    "state": "s",
    "replies": [
        {"response": "utter_hi", "text": "Hi", "buttons": [{"title": "A", "payload": "/a"}]}
    ],
    "commands": [{"command": "finish_contact"}, {"odd": 1}],
    "answers": {
        "age": {"status": "value", "value": 13},
        "not_ours": {"status": "value", "value": 1},
    },
    "asked": "school",
}


class DialogueServer(FakeServer):
    """Answers what a test put there."""

    body: Any = _GOOD
    status = 200

    @override
    def answer(self, call: Call) -> Answer:
        return Answer(status=self.status, body=self.body)


@pytest.fixture
def server() -> Iterator[DialogueServer]:
    server = DialogueServer()
    yield server
    server.close()


@pytest.fixture
def client(server: DialogueServer) -> Iterator[HttpDialogue]:
    client = HttpDialogue(server.url, "secret")
    yield client
    client.close()


def test_an_answer_is_read_whole(client: HttpDialogue, server: DialogueServer):
    answer = client.turn(_TURN)

    assert answer.state == "s"
    assert answer.replies[0].choices[0].payload == "/a"
    assert answer.commands == ("finish_contact",)
    assert [found.field for found in answer.answers] == ["age"]
    assert answer.asked == "school"
    sent = server.calls[0]
    assert sent.headers["x-dialogue-secret"] == "secret"
    assert json.loads(sent.body)["text"] == "zebra-umbrella"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "text",
        None,
        {"state": "", "replies": []},
        {"state": "s", "replies": []},
        {"state": "s", "replies": [{"text": ""}]},
        {"state": "s", "replies": [{"text": 5}]},
        {"state": "s", "replies": [{"text": "hi"}], "answers": {"age": {"status": "odd"}}},
    ],
)
def test_rubbish_and_silence_are_no_answer(
    client: HttpDialogue, server: DialogueServer, body: object
):
    server.body = body

    with pytest.raises(DialogueUnavailableError) as caught:
        client.turn(_TURN)

    assert "zebra" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_an_error_is_no_answer(client: HttpDialogue, server: DialogueServer, status: int):
    server.status = status

    with pytest.raises(DialogueUnavailableError):
        client.turn(_TURN)
    with pytest.raises(DialogueUnavailableError):
        client.score(["hi"])


def test_a_process_that_is_not_there_is_no_answer():
    client = HttpDialogue("http://127.0.0.1:9", "secret")

    with pytest.raises(DialogueUnavailableError):
        client.turn(_TURN)
    assert not client.is_up()
    client.close()


def test_scores_that_do_not_match_the_texts_are_none(client: HttpDialogue, server: DialogueServer):
    server.body = {
        "version": "v1",
        "results": [{"levels": {"urgent": 0.9}, "harms": {"suicide": 0.8}, "weights": []}],
    }

    assert client.score(["one"])[0].version == "v1"
    with pytest.raises(DialogueUnavailableError):
        client.score(["one", "two"])


def test_a_hung_process_is_given_up_within_two_seconds(
    client: HttpDialogue, server: DialogueServer
):
    server.hang_next(4, on="/turn")
    began = dt.datetime.now(dt.UTC)

    with pytest.raises(DialogueUnavailableError) as caught:
        client.turn(_TURN)

    assert caught.value.is_hung
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=2.5)
