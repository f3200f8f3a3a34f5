"""What is known when a child's messages are decided on, and what is decided."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.urgency import Assessment
from handover.outgoing import Choice
from handover.records import GatheredAnswer
from models.channel import ChannelName, MessageKind
from models.conversation import HandoverReason, Holder
from models.urgency import Harm, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMessage:
    """One unprocessed message of a child."""

    id: int
    kind: MessageKind
    text: str
    choice: str | None = None
    phrase_level: Urgency = Urgency.NO_CONCERN


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that is known when a child's messages are decided on."""

    conversation: str
    messages: tuple[TurnMessage, ...]
    channel: ChannelName
    language: str
    holder: Holder
    urgency: Urgency
    now: dt.datetime
    previous: tuple[str, ...] = ()
    """What the child wrote just before, newest last."""
    previous_language: str | None = None
    """The language the newest of these seems to be in."""
    harms: frozenset[Harm] = frozenset()
    """What was found earlier in this episode."""
    was_urgent: bool = False
    """Whether a person was called at once, and not yet come and gone, before these messages. The
    conversation's own level does not tell: they raised it already, when they came in."""
    asked: str | None = None
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    state: str | None = None
    tokens: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    is_covered: bool = False
    is_safe_word: bool = False
    """Whether the newest message is the child's own safe word."""
    has_safe_word: bool = False
    """Whether the child chose one; then nothing else ends the cover."""
    was_stopped: bool = False
    emergency_answered_at: dt.datetime | None = None
    held_at: dt.datetime | None = None
    """When the child last had a holding reply, within this episode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Something to say to the child."""

    text: str
    choices: tuple[Choice, ...] = ()


class Change(StrEnum):
    """Something about the conversation that changes."""

    STOP = "stop"
    RESUME = "resume"
    COVER = "cover"
    UNCOVER = "uncover"
    SUBMIT = "submit"
    EMERGENCY_ANSWERED = "emergency_answered"
    HELD = "held"
    THIRD_PARTY = "third_party"
    ADULT = "adult"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be done, all of it in one transaction."""

    replies: tuple[Reply, ...] = ()
    handover: HandoverReason | None = None
    urgency: Urgency = Urgency.NO_CONCERN
    assessments: Mapping[int, Assessment] = field(default_factory=dict)
    answers: tuple[GatheredAnswer, ...] = ()
    commands: tuple[str, ...] = ()
    changes: frozenset[Change] = frozenset()
    language: str | None = None
    state: str | None = None
    """The dialogue's new state; None where the dialogue took no part."""
    asked: str | None = None
    needs_rescoring: bool = False
    is_dialogue_hung: bool = False
