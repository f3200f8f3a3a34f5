"""A dialogue that answers every turn with what it was asked, or is down, slow, silent or wrong."""

import threading
from collections.abc import Callable, Sequence

from bot.dialogue import (
    DialogueAnswer,
    DialogueReply,
    DialogueTurn,
    DialogueUnavailableError,
)
from bot.urgency import ModelScore
from handover.outgoing import Choice
from handover.records import GatheredAnswer
from models.urgency import Urgency, highest

_CALM: dict[Urgency, float] = {
    Urgency.EMERGENCY: 0.0,
    Urgency.URGENT: 0.0,
    Urgency.CONCERN: 0.0,
    Urgency.NO_CONCERN: 1.0,
}


class FakeDialogue:
    """Answers each turn with the ids of its messages, so that a reply names what it answers."""

    def __init__(self) -> None:
        self.down = False
        self.slow = False
        self.cannot_score = False
        self.replies: tuple[str, ...] | None = None
        """What to say instead of the usual."""
        self.responses: dict[str, str] = {}
        """The name of the response that has a text, where it matters."""
        self.choices: tuple[Choice, ...] = ()
        """Choices under the last reply."""
        self.commands: tuple[str, ...] = ()
        self.answers: tuple[GatheredAnswer, ...] = ()
        self.asked: str | None = None
        self.has_worry = False
        self.is_of_anybody = False
        self.is_all_well = False
        self.levels: dict[str, Urgency] = {}
        """What the model says of a text, where it is not calm."""
        self.sureness = 1.0
        """How probable the model holds what it says in `levels`."""
        self.before_answer: Callable[[DialogueTurn], None] | None = None
        self.before_score: Callable[[], None] | None = None
        """Called once."""
        self.error: Exception | None = None
        """A fault of ours, raised instead of any answer."""
        self.turns: list[DialogueTurn] = []
        self._lock = threading.Lock()

    def turn(self, turn: DialogueTurn) -> DialogueAnswer:
        """Gives the answer to a turn."""
        self._fail()
        with self._lock:
            self.turns.append(turn)
        if self.before_answer is not None:
            self.before_answer(turn)
        texts = (f"I heard: {turn.text}",) if self.replies is None else self.replies
        last = len(texts) - 1
        return DialogueAnswer(
            state=f"after {turn.message_id}",
            replies=tuple(
                DialogueReply(
                    response=self.responses.get(text, "utter_fake"),
                    text=text,
                    choices=self.choices if number == last else (),
                )
                for number, text in enumerate(texts)
            ),
            commands=self.commands,
            answers=self.answers,
            asked=self.asked,
            has_worry=self.has_worry,
            is_of_anybody=self.is_of_anybody,
            is_all_well=self.is_all_well,
        )

    def score(self, texts: Sequence[str]) -> list[ModelScore]:
        """Gives a calm score of each text, or the level that a test put there."""
        self._fail()
        if self.before_score is not None:
            called, self.before_score = self.before_score, None
            called()
        if self.cannot_score:
            raise DialogueUnavailableError("no model")
        return [self._score(text) for text in texts]

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
        if self.down:
            raise DialogueUnavailableError("ConnectError")
        if self.slow:
            raise DialogueUnavailableError("slow", is_hung=True)

    def _score(self, text: str) -> ModelScore:
        # A message and those before it are scored together too, a line each.
        said = [self.levels[line] for line in (text, *text.split("\n")) if line in self.levels]
        level = highest(*said)
        sure = self.sureness if said else 1.0
        return ModelScore(
            levels={**_CALM, Urgency.NO_CONCERN: 1 - sure, level: sure},
            harms={},
            weights=(),
            version="fake-1",
        )
