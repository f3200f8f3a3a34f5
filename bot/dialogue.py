"""The dialogue process, as the pipeline sees it: a question with everything in it, and an answer.

It runs on this machine's loopback, holds nothing of ours, and may be down, slow or wrong at any
moment; all of these are one error here, because the pipeline does the same for each.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3
from pydantic import BaseModel, Field, ValidationError

from bot.urgency import ModelScore, WordWeight
from handover.outgoing import Choice
from handover.records import GatheredAnswer
from models.channel import ChannelName
from models.contact import AnswerStatus
from models.record import RECORD_FIELDS
from models.urgency import Harm, Urgency


class DialogueUnavailableError(Exception):
    """The dialogue gave no usable answer: say a true holding reply and call a person."""

    def __init__(self, why: str, *, is_hung: bool = False) -> None:
        super().__init__(why)
        self.is_hung = is_hung
        """Whether no answer came in time, so that asking again would only cost the child time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueTurn:
    """One or several short messages of a child, and all that is needed to answer them."""

    conversation: str
    message_id: str
    text: str
    choice: str | None
    channel: ChannelName
    language: str
    now: dt.datetime
    context: Mapping[str, Any]
    known: Mapping[str, Mapping[str, Any]]
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueReply:
    """One thing to say; it may hold `[[tokens]]`."""

    response: str
    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueAnswer:
    """What the dialogue would say and do, and its state after."""

    state: str
    replies: tuple[DialogueReply, ...]
    commands: tuple[str, ...]
    answers: tuple[GatheredAnswer, ...]
    asked: str | None
    has_worry: bool = False
    """Whether it takes the talk so far, or this message, for the telling of a worry."""
    is_of_anybody: bool = False
    """Whether it only asks what is done with what anybody tells, whatever the model makes of it."""
    is_all_well: bool = False
    """Whether the child has said outright in this talk that nothing is wrong."""
    is_restarted: bool = False
    """Whether the question that was open is asked no more, since another version took over."""


class Dialogue(Protocol):
    """Something that answers turns and scores messages."""

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        """Gives the answer to a turn; the same turn gives the same answer.

        Raises:
            DialogueUnavailableError: there is no usable answer.
        """

    def score(self, texts: Sequence[str]) -> list[ModelScore]:
        """Gives the model's score of each text.

        Raises:
            DialogueUnavailableError: there is no usable answer.
        """


# A child should have a holding reply within three seconds, however the dialogue fails, and the
# wait for more messages comes first.
_TURN_SECONDS = 1.2
_SCORE_SECONDS = 0.8
_KEPT_OPEN = 16  # connections; more are opened when more are needed
_OK = 200


class HttpDialogue:
    """The dialogue process over loopback HTTP. Safe to call from several threads."""

    def __init__(
        self, url: str, secret: str, *, patience: float = 1.0, edition: str | None = None
    ) -> None:
        """Keeps where it is.

        Args:
            url: its loopback address.
            secret: what it lets us in by.
            patience: how many times the usual seconds to wait; more where no child waits.
            edition: the one edition that it must answer for; None for whichever it has.
        """
        self.url = url
        self._patience = patience
        named = {"X-Dialogue-Edition": edition} if edition is not None else {}
        # httpx takes a millisecond a message more: an eighth of what all of triage may take.
        self._connections = urllib3.connection_from_url(
            url,
            maxsize=_KEPT_OPEN,
            retries=False,
            headers={
                "X-Dialogue-Secret": secret,
                "Content-Type": "application/json",
                **named,
            },
        )

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        """Gives the answer to a turn; the same turn gives the same answer.

        Raises:
            DialogueUnavailableError: it is down, slow, failed, or answered rubbish.
        """
        body = {
            "conversation": turn.conversation,
            "message_id": turn.message_id,
            "text": turn.text,
            "choice": turn.choice,
            "channel": turn.channel.value,
            "language": turn.language,
            "now": turn.now.isoformat(),
            "context": dict(turn.context),
            "known": {field: dict(answer) for field, answer in turn.known.items()},
            "state": turn.state,
        }
        return _read_answer(self._post("/turn", body, _TURN_SECONDS))

    def score(self, texts: Sequence[str]) -> list[ModelScore]:
        """Gives the model's score of each text.

        Raises:
            DialogueUnavailableError: it is down, slow, has no model, or answered rubbish.
        """
        body = {"messages": [{"text": text} for text in texts]}
        return _read_scores(self._post("/score", body, _SCORE_SECONDS), len(texts))

    def is_up(self) -> bool:
        """Tells whether the process answers and has a model."""
        try:
            return self._health().status == _OK
        except urllib3.exceptions.HTTPError:
            return False

    def edition(self) -> str | None:
        """Gives the edition that the process answers for; None when nothing answers."""
        try:
            return str(self._health().json()["edition"])
        except (urllib3.exceptions.HTTPError, ValueError, KeyError):
            return None

    def close(self) -> None:
        """Closes the connections."""
        self._connections.close()

    def _health(self) -> urllib3.BaseHTTPResponse:
        return self._connections.request("GET", "/health", timeout=_SCORE_SECONDS)

    def _post(self, path: str, body: Mapping[str, Any], seconds: float) -> bytes:
        try:
            response = self._connections.request(
                "POST",
                path,
                body=json.dumps(body).encode(),
                timeout=urllib3.Timeout(seconds * self._patience),
            )
        except urllib3.exceptions.TimeoutError:
            raise DialogueUnavailableError("slow", is_hung=True) from None
        except urllib3.exceptions.HTTPError as error:
            # The error's own text may hold what was posted.
            raise DialogueUnavailableError(type(error).__name__) from None
        if response.status != _OK:
            raise DialogueUnavailableError(f"HTTP {response.status}")
        return response.data


class _ButtonBody(BaseModel):
    title: str
    payload: str


class _ReplyBody(BaseModel):
    response: str = ""
    text: str = Field(min_length=1)
    buttons: list[_ButtonBody] = []


class _AnswerBody(BaseModel):
    status: AnswerStatus
    value: Any = None


class _TurnBody(BaseModel):
    state: str = Field(min_length=1)
    replies: list[_ReplyBody]
    commands: list[dict[str, Any]] = []
    answers: dict[str, _AnswerBody] = {}
    asked: str | None = None
    slots: dict[str, Any] = {}
    of_anybody: bool = False
    restarted: bool = False


class _WeightBody(BaseModel):
    word: str
    start: int
    end: int
    weight: float


class _ScoreBody(BaseModel):
    levels: dict[Urgency, float]
    harms: dict[Harm, float]
    weights: list[_WeightBody] = []


class _ScoresBody(BaseModel):
    results: list[_ScoreBody]
    version: str


def _read_answer(content: bytes) -> DialogueAnswer:
    try:
        body = _TurnBody.model_validate_json(content)
    except ValidationError:
        raise DialogueUnavailableError("rubbish") from None
    commands = tuple(str(entry["command"]) for entry in body.commands if "command" in entry)
    if not body.replies and not commands:
        # Rasa answers nothing at all when it has crashed inside.
        raise DialogueUnavailableError("silent")
    return DialogueAnswer(
        state=body.state,
        replies=tuple(
            DialogueReply(
                response=reply.response,
                text=reply.text,
                choices=tuple(
                    Choice(title=button.title, payload=button.payload) for button in reply.buttons
                ),
            )
            for reply in body.replies
        ),
        commands=commands,
        answers=tuple(
            GatheredAnswer(field=field, status=answer.status, value=answer.value)
            for field, answer in body.answers.items()
            if field in RECORD_FIELDS
        ),
        asked=body.asked,
        has_worry=body.slots.get("worry") is True,
        is_of_anybody=body.of_anybody,
        is_all_well="utter_fine" in (body.slots.get("said") or {}),
        is_restarted=body.restarted,
    )


def _read_scores(content: bytes, expected: int) -> list[ModelScore]:
    try:
        body = _ScoresBody.model_validate_json(content)
    except ValidationError:
        raise DialogueUnavailableError("rubbish") from None
    if len(body.results) != expected:
        raise DialogueUnavailableError("rubbish")
    return [
        ModelScore(
            levels=result.levels,
            harms=result.harms,
            weights=tuple(
                WordWeight(
                    word=weight.word, start=weight.start, end=weight.end, weight=weight.weight
                )
                for weight in result.weights
            ),
            version=body.version,
        )
        for result in body.results
    ]


def was_cleared_up(state: str | None) -> bool:
    """Tells whether a state says that all before it turned out to be a game or a joke."""
    if state is None:
        return False
    try:
        slots = json.loads(state)["slots"]
    except (ValueError, KeyError, TypeError):
        # Another release's state, which says nothing of it.
        return False
    return isinstance(slots, dict) and slots.get("cleared") is True
