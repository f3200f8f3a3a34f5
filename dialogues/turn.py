"""One turn of talk as a pure function: a message and a state in, replies and a state out."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from dialogues.reading.fields import NOT_A_BUTTON, RECORD_FIELDS
from dialogues.wording import Wording

_ASK = "utter_ask_"
_CONTEXT_SLOTS = (
    "language",
    "channel",
    "urgency",
    "harms",
    "out_of_hours",
    "kind",
    "calm",
    "nothing",
    "welcomed",
    "message_urgency",
)
_ALARMING = ("urgent", "emergency")
_STATUSES = ("dont_know", "prefer_not_to_say")
_DECLINING = ("skip", "dont_know")
_STATE_VERSION = 1
# Read out of one message and meant for its own turn only.
_TURN_SLOTS = frozenset(
    [
        *("feeling", "good_news", "kind", "reply_to", "calm", "nothing", "welcomed"),
        *("of_anybody", "advice", "line", "line_is_quiet", "message_urgency"),
    ]
)


class DialogueFailedError(Exception):
    """Rasa gave nothing to say: the caller must not take silence for an answer."""


class MalformedTurnError(Exception):
    """The request is not a turn; the message says what is wrong."""


@dataclass(frozen=True)
class Turn:
    """What the bot sends for one child's message, or a burst of them."""

    conversation: str
    message_id: str
    text: str
    choice: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    state: str | None = None


def parse_turn(body: Any) -> Turn:
    """Reads a request's JSON into a turn.

    Raises:
        MalformedTurnError: a field is missing or of the wrong type.
    """
    if not isinstance(body, dict):
        raise MalformedTurnError("The body must be a JSON object.")
    for name in ("conversation", "message_id", "text"):
        if not isinstance(body.get(name), str):
            raise MalformedTurnError(f"{name} must be a string.")
    for name in ("choice", "state", "language", "channel", "now"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise MalformedTurnError(f"{name} must be a string or null.")
    for name in ("context", "known"):
        if not isinstance(body.get(name) or {}, dict):
            raise MalformedTurnError(f"{name} must be an object.")
    context = dict(body.get("context") or {})
    context.update({name: body.get(name) for name in ("channel", "language", "now")})
    return Turn(
        conversation=body["conversation"],
        message_id=body["message_id"],
        text=body["text"],
        choice=body.get("choice"),
        context=context,
        known=dict(body.get("known") or {}),
        state=body.get("state"),
    )


class Dialogue:
    """The trained dialogue; holds nothing of any conversation between two turns."""

    def __init__(self, processor: MessageProcessor, domain: Domain, store: "_TurnStore") -> None:
        self._processor = processor
        self._domain = domain
        self._store = store
        self._fields = frozenset(RECORD_FIELDS)

    @classmethod
    def load(cls, model: Path) -> "Dialogue":
        """Loads a model that the caller has verified."""
        agent = Agent.load(model)
        processor, domain = agent.processor, agent.domain
        if processor is None or domain is None:
            raise DialogueFailedError("The model has no dialogue in it.")
        processor.nlg = Wording(domain.responses)
        store = _TurnStore()
        # Agent.load would wrap it in a store that hides failures by keeping trackers elsewhere.
        processor.tracker_store = store
        return cls(processor, domain, store)

    async def take(self, turn: Turn) -> dict[str, Any]:
        """Takes one turn and gives the response's JSON.

        Raises:
            MalformedTurnError: the state is not one that this dialogue gave.
            DialogueFailedError: Rasa failed, or had nothing to say.
        """
        before, is_restarted = self._slots_before(turn)
        tracker = DialogueStateTracker(turn.conversation, self._domain.slots, sender_source=None)
        start: list[Event] = [SlotSet(name, value) for name, value in before.items()]
        start.append(ActionExecuted(ACTION_LISTEN_NAME))
        tracker.update_with_events(start, self._domain)
        said = len(tracker.events)
        channel = CollectingOutputChannel()
        await self._store.save(tracker)
        try:
            await self._processor.handle_message(self._message(turn, before, channel))
        # Rasa's components raise anything; whatever it is, the child must not meet silence.
        except Exception as error:
            raise DialogueFailedError(type(error).__name__) from error
        finally:
            await self._store.delete(turn.conversation)
        response = self._response(tracker, list(tracker.events)[said:], before)
        return {**response, "restarted": is_restarted}

    def _slots_before(self, turn: Turn) -> tuple[dict[str, Any], bool]:
        """Gives what is known before the turn, and whether the question before it is gone.

        The rule for a talk that another version of the dialogue began: all that is known is kept
        that this one has a place for. The open question stays open where this one asks it too,
        in whatever words; where it does not, the child is told, and what they say now is read as
        if nothing had been asked.
        """
        slots, is_restarted = _read_state(turn.state)
        if slots.get("asked") is not None and _ASK + slots["asked"] not in self._domain.responses:
            del slots["asked"]
            is_restarted = True
        for name in _CONTEXT_SLOTS:
            if turn.context.get(name) is not None:
                slots[name] = turn.context[name]
        _let_rest(slots)
        for name, answer in turn.known.items():
            value = _known_value(answer)
            if name in self._fields and value is not None:
                slots[name] = value
        if turn.context.get("asked_is_answered"):
            # Staff answered it meanwhile: what the child says now is no answer to it.
            slots.pop("asked", None)
        slots["turns"] = int(slots.get("turns") or 0) + 1
        names = {slot.name for slot in self._domain.slots}
        kept = {name: value for name, value in slots.items() if name in names}
        return kept, is_restarted

    def _message(
        self, turn: Turn, slots: dict[str, Any], channel: CollectingOutputChannel
    ) -> UserMessage:
        text = turn.text
        # A button of a version before may mean what this one does not know: then its words count.
        if turn.choice and _intent_of(turn.choice) in {*self._domain.intents, *_DECLINING}:
            text = _choice_text(turn.choice, slots.get("asked"))
        elif text.startswith("/"):
            # Only a button may speak Rasa's short form; Rasa would strip a plain space.
            text = f"{NOT_A_BUTTON}{text}"
        return UserMessage(
            text,
            channel,
            turn.conversation,
            input_channel="turn",
            message_id=turn.message_id,
            metadata={"slots": slots},
        )

    def _response(
        self, tracker: DialogueStateTracker, events: list[Event], before: dict[str, Any]
    ) -> dict[str, Any]:
        if not _all_was_spoken(events):
            raise DialogueFailedError("Rasa had nothing to say.")
        replies, commands = _spoken(events)
        slots = {n: v for n, v in tracker.current_slot_values().items() if v is not None}
        _note_what_was_said(slots, events, self._fields)
        message = tracker.latest_message
        asked = slots.get("asked")
        answered = {
            name: _as_answer(value)
            for name, value in slots.items()
            if name in self._fields and value != before.get(name)
        }
        kept = {name: value for name, value in slots.items() if name not in _TURN_SLOTS}
        return {
            "state": json.dumps({"version": _STATE_VERSION, "slots": kept}, ensure_ascii=False),
            "replies": replies,
            "commands": commands,
            "answers": answered,
            "asked": asked if asked in self._fields and asked not in slots else None,
            "slots": kept,
            "of_anybody": slots.get("of_anybody") is True,
            "nlu": {
                "intent": {
                    "name": message.intent.get("name"),
                    "confidence": message.intent.get("confidence"),
                },
                "entities": [
                    {key: entity.get(key) for key in ("entity", "value", "start", "end")}
                    for entity in message.entities
                ],
            },
        }


class _TurnStore(TrackerStore):
    """Holds the one tracker of a turn for as long as the turn takes."""

    def __init__(self) -> None:
        super().__init__(domain=None)
        self._trackers: dict[str, DialogueStateTracker] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        self._trackers[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return self._trackers.get(sender_id)

    async def delete(self, sender_id: str) -> None:
        self._trackers.pop(sender_id, None)

    async def keys(self) -> list[str]:
        return list(self._trackers)


def _read_state(state: str | None) -> tuple[dict[str, Any], bool]:
    """Gives the slots of a state, and whether it was another release's and tells us nothing."""
    if state is None:
        return {}, False
    try:
        read = json.loads(state)
        slots = dict(read["slots"])
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedTurnError("state is not one that this dialogue gave.") from error
    if read.get("version") != _STATE_VERSION:
        return {}, True
    return slots, False


def _let_rest(slots: dict[str, Any]) -> None:
    """Takes a talk for what this message is, once all before it turned out to be play.

    The conversation keeps its urgency: only a practitioner lowers that. A new alarm ends the rest.
    """
    if slots.get("message_urgency") in _ALARMING:
        slots.pop("cleared", None)
    elif slots.get("cleared") and slots.get("message_urgency"):
        slots["urgency"] = slots["message_urgency"]


def _intent_of(choice: str) -> str:
    return choice.removeprefix("/").split("{", maxsplit=1)[0]


def _known_value(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return None
    status = answer.get("status")
    if status == "value":
        return answer.get("value")
    return status if status in _STATUSES else None


def _as_answer(value: Any) -> dict[str, Any]:
    if value in _STATUSES:
        return {"status": value, "value": None}
    return {"status": "value", "value": value}


def _choice_text(choice: str, asked: Any) -> str:
    """Makes "skip" and "I don't know" buttons decline the question that was asked."""
    if choice == "/skip":
        status = "prefer_not_to_say"
    elif choice == "/dont_know":
        status = "dont_know"
    else:
        return choice
    return f"/decline{json.dumps({asked: status})}" if asked else "/decline"


def _all_was_spoken(events: list[Event]) -> bool:
    """Finds Rasa's swallowed errors: an action that ran and said nothing, or no action at all."""
    meant = [e for e in events if isinstance(e, ActionExecuted) and _is_saying(e)]
    spoken = [e for e in events if isinstance(e, BotUttered)]
    return bool(meant) and len(meant) == len(spoken)


def _is_saying(event: ActionExecuted) -> bool:
    return str(event.action_name).startswith("utter_")


def _spoken(events: list[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    replies, commands = [], []
    for event in events:
        if not isinstance(event, BotUttered):
            continue
        custom = event.data.get("custom") or {}
        if "command" in custom:
            commands.append(custom)
        if event.text:
            replies.append(
                {
                    "response": event.metadata.get("utter_action"),
                    "text": event.text,
                    "buttons": [
                        {"title": button["title"], "payload": button["payload"]}
                        for button in event.data.get("buttons") or []
                    ],
                }
            )
    return replies, commands


def _note_what_was_said(slots: dict[str, Any], events: list[Event], fields: frozenset[str]) -> None:
    """Keeps which responses were given and which question is open, for the turns to come."""
    said = dict(slots.get("said") or {})
    for event in events:
        if not isinstance(event, ActionExecuted) or not _is_saying(event):
            continue
        name = str(event.action_name)
        said[name] = said.get(name, 0) + 1
        if name.startswith(_ASK):
            slots["asked"] = name[len(_ASK) :]
            slots["asked_at"] = {
                **(slots.get("asked_at") or {}),
                slots["asked"]: {"turn": slots.get("turns"), "urgency": slots.get("urgency")},
            }
    if slots.get("cleared"):
        # What was asked in earnest is no longer asked of who only played.
        slots.pop("asked", None)
    slots["said"] = said
    slots["last_urgency"] = slots.get("urgency")
    slots["last_feeling"] = slots.get("feeling")
    # An answered question is no longer open; an interruption leaves it open.
    if slots.get("asked") in fields and slots.get("asked") in slots:
        slots.pop("asked")
