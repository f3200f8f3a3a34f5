"""What is known when a child's messages are decided on, and what is decided."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.urgency import Assessment
from handover.contact_plan import Plan
from handover.feedback import FeedbackAnswer
from handover.outgoing import Choice
from handover.plan_changes import PlanStep
from handover.records import GatheredAnswer
from handover.safe_words import WordKind
from models.channel import ChannelName, MessageKind
from models.conversation import HandoverReason, Holder
from models.recognition import RecognitionResult
from models.urgency import Harm, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMessage:
    """One unprocessed message of a child."""

    id: int
    kind: MessageKind
    text: str
    choice: str | None = None
    place: str | None = None
    """Where a shared location is, as `latitude, longitude`."""
    phrase_level: Urgency = Urgency.NO_CONCERN


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Something to say to the child."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A question of the service's own that is open, and what the dialogue says after it."""

    kind: str
    then: tuple[Reply, ...] = ()
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A child who was away for a while."""

    away: dt.timedelta
    is_new_episode: bool
    had_worry: bool
    """Whether there is something on record that people read."""


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
    was_doubted: bool = False
    """Whether a message of this episode was judged a worry already, whatever was made of it."""
    was_urgent: bool = False
    """Whether a person was called at once, and not yet come and gone, before these messages. The
    conversation's own level does not tell: they raised it already, when they came in."""
    asked: str | None = None
    is_asked_answered: bool = False
    """Whether a practitioner answered meanwhile what the bot last asked."""
    returned: Return | None = None
    is_ended: bool = False
    """Whether the episode is over, and an answer on how it went has not begun a new one."""
    recognised: RecognitionResult | None = None
    """What comes of a claim to be a child we know, made in the newest message."""
    language_offered: str | None = None
    """The language that was offered last."""
    has_chosen_language: bool = False
    recent_kinds: frozenset[MessageKind] = frozenset()
    """The kinds of message that came, and were answered, in the last minutes."""
    feedback_item: str | None = None
    """What the child was last asked about how it went, while that is open."""
    feedback_set: str = ""
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    state: str | None = None
    tokens: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    is_covered: bool = False
    own_words: Mapping[int, WordKind] = field(default_factory=dict)
    """Which of the child's own words each message is, by its id; those that are none left out."""
    is_unsealed: bool = False
    """Whether the safe word was given a moment ago."""
    has_sealed: bool = False
    """Whether words wait for the safe word."""
    may_offer_word: bool = False
    """Whether the child was never offered a safe word, and has none."""
    aside: Aside | None = None
    plan: Plan = field(default_factory=Plan)
    note: str = ""
    """The neutral note, as the child would see it."""
    has_safe_word: bool = False
    """Whether the child chose one; then nothing else ends the cover."""
    was_stopped: bool = False
    emergency_answered_at: dt.datetime | None = None
    held_at: dt.datetime | None = None
    """When the child last had a holding reply, within this episode."""

    @property
    def word(self) -> WordKind | None:
        """Gives the word of the child's own that counts: one that hides wherever it stands."""
        said = set(self.own_words.values())
        hiding = next((kind for kind in (WordKind.DURESS, WordKind.COVER) if kind in said), None)
        return hiding or self.own_words.get(self.messages[-1].id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenWord:
    """A word of the child's own; only its digest is kept."""

    kind: WordKind
    word: str


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
    UNSEAL = "unseal"
    DURESS = "duress"
    TIDY = "tidy"
    WORD_OFFERED = "word_offered"
    SAME_WORRY = "same_worry"
    NEW_WORRY = "new_worry"
    FEEDBACK_OVER = "feedback_over"
    LANGUAGE_OFFERED = "language_offered"
    LANGUAGE_CHOSEN = "language_chosen"


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
    feedback: FeedbackAnswer | None = None
    claims: frozenset[int] = frozenset()
    """The messages in which somebody said that they are a child we know."""
    plan: tuple[PlanStep, ...] = ()
    """What was said of the safe-contact plan."""
    words: tuple[ChosenWord, ...] = ()
    masks: Mapping[int, str] = field(default_factory=dict)
    """The text to keep in place of a message that holds a secret of the child's, by its id."""
    aside: Aside | None = None
    """A question of the service's own that is open now."""
    needs_rescoring: bool = False
    is_dialogue_hung: bool = False
    is_idle: bool = False
    """Whether it is idle talk, of which nothing goes on the record."""
