"""What is decided, whatever the turn: never silence, never an emergency without a person."""

import datetime as dt
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import cover, pipeline
from bot.outcome import Aside, Change, Outcome, Reply, Turn, TurnMessage
from bot.signals import Signal, signal_in
from bot.urgency import phrase_level
from handover import wording
from handover.safe_words import WordKind
from models.channel import WORDLESS_KINDS, ChannelName, MessageKind
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency, highest
from tests.fakes.dialogue import FakeDialogue

NOW = dt.datetime(2026, 1, 13, 15, 30, tzinfo=dt.UTC)
_COVERS = {
    *(*wording.texts("cover", "en"), *wording.texts("cover_again", "en"), *cover.texts()),
}
_SAID = (
    "hi",
    "",
    "x",
    "stop",
    "im back",
    "no",
    "delete",
    "x help",
    "purple tiger",
    "he is hitting me right now",
    "my dad hits me every night",
    "im sad at school",
    "nie wiem co robic bo jest mi smutno",
)
_moments = st.none() | st.integers(0, 3_000).map(
    lambda seconds: NOW - dt.timedelta(seconds=seconds)
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[TurnMessage, ...]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        text = draw(st.sampled_from(_SAID))
        kind = draw(st.sampled_from(list(MessageKind)))
        if kind in WORDLESS_KINDS:
            text = ""
        made.append(
            TurnMessage(id=number + 1, kind=kind, text=text, phrase_level=phrase_level(text))
        )
    return tuple(made)


turns = st.builds(
    Turn,
    conversation=st.just("1"),
    messages=messages(),
    channel=st.sampled_from(ChannelName),
    language=st.sampled_from(["en", "pl", "xx"]),
    holder=st.sampled_from(Holder),
    urgency=st.sampled_from(Urgency),
    now=st.just(NOW),
    was_urgent=st.booleans(),
    asked=st.sampled_from([None, "safe_now", "age"]),
    is_open=st.booleans(),
    is_covered=st.booleans(),
    own_words=st.dictionaries(st.integers(1, 3), st.sampled_from(WordKind), max_size=1),
    has_sealed=st.booleans(),
    is_unsealed=st.booleans(),
    may_offer_word=st.booleans(),
    aside=st.none()
    | st.builds(
        Aside,
        kind=st.sampled_from(["times", "times_again", "word", "if_someone_else"]),
        then=st.sampled_from([(), (Reply(text="How old are you?"),)]),
        tries=st.integers(1, 3),
    ),
    has_safe_word=st.booleans(),
    was_stopped=st.booleans(),
    emergency_answered_at=_moments,
    held_at=_moments,
)


@st.composite
def dialogues(draw: st.DrawFn) -> FakeDialogue:
    dialogue = FakeDialogue()
    dialogue.down = draw(st.booleans())
    dialogue.slow = draw(st.booleans())
    dialogue.cannot_score = draw(st.booleans())
    dialogue.replies = draw(st.sampled_from([("Tell me more.",), (), ("",), ("[[nothing]]",)]))
    commands = ["stop", "someone_here", "wrong_reader", "request_person", "finish_contact", "odd"]
    dialogue.commands = tuple(draw(st.sets(st.sampled_from(commands), max_size=2)))
    dialogue.levels = {
        text: draw(st.sampled_from(Urgency)) for text in draw(st.sets(st.sampled_from(_SAID)))
    }
    return dialogue


def decide(turn: Turn, dialogue: FakeDialogue) -> tuple[Outcome | None, Outcome]:
    """Gives what is done at once and what is done after, as the inbox does."""
    return pipeline.first_aid(turn), pipeline.decide(turn, dialogue)


@settings(deadline=None, max_examples=300)
@given(turn=turns, dialogue=dialogues())
def test_a_child_is_never_met_with_silence(turn: Turn, dialogue: FakeDialogue):
    at_once, outcome = decide(turn, dialogue)

    texts = [reply.text for one in (at_once, outcome) if one for reply in one.replies]
    assert all(text.strip() for text in texts)
    is_for_a_person = turn.holder is Holder.PRACTITIONER
    is_wordless = all(message.kind in WORDLESS_KINDS for message in turn.messages)
    is_second_stop = turn.was_stopped and Change.STOP in outcome.changes
    if not (is_for_a_person or is_wordless or is_second_stop):
        assert texts


@settings(deadline=None, max_examples=300)
@given(turn=turns, dialogue=dialogues())
def test_whatever_is_urgent_calls_a_person(turn: Turn, dialogue: FakeDialogue):
    at_once, outcome = decide(turn, dialogue)

    said = highest(*(message.phrase_level for message in turn.messages))
    assert outcome.urgency.rank >= said.rank or all(
        message.kind in WORDLESS_KINDS for message in turn.messages
    )
    if outcome.urgency.raises_alert:
        assert outcome.handover is not None
        assert Change.SUBMIT in outcome.changes
    if at_once is not None:
        assert at_once.handover is HandoverReason.EMERGENCY


@settings(deadline=None, max_examples=300)
@given(turn=turns, dialogue=dialogues())
def test_under_cover_nothing_but_the_cover_is_said(turn: Turn, dialogue: FakeDialogue):
    at_once, outcome = decide(turn, dialogue)

    is_covered = turn.is_covered and Change.UNCOVER not in outcome.changes
    if is_covered or Change.COVER in outcome.changes:
        assert {reply.text for reply in outcome.replies} <= _COVERS
    if turn.is_covered:
        assert at_once is None


@settings(deadline=None, max_examples=300)
@given(turn=turns, dialogue=dialogues())
def test_the_bot_says_nothing_of_its_own_beside_a_practitioner(turn: Turn, dialogue: FakeDialogue):
    at_once, outcome = decide(turn, dialogue)

    if turn.holder is Holder.PRACTITIONER:
        assert at_once is None
        if outcome.replies:
            signals = {
                *(Change.STOP, Change.COVER, Change.UNCOVER, Change.UNSEAL, Change.TIDY),
            }
            assert turn.is_covered or signals & outcome.changes


@settings(deadline=None, max_examples=200)
@given(turn=turns, dialogue=dialogues())
def test_the_same_turn_is_decided_the_same(turn: Turn, dialogue: FakeDialogue):
    assert decide(turn, dialogue) == decide(turn, dialogue)


@settings(deadline=None, max_examples=200)
@given(turn=turns)
def test_giving_up_tells_the_truth_and_calls_a_person(turn: Turn):
    outcome = pipeline.give_up(turn)

    assert outcome.handover is HandoverReason.BOT_UNAVAILABLE
    assert outcome.urgency.rank >= Urgency.CONCERN.rank
    assert set(outcome.assessments) == {message.id for message in turn.messages}
    if turn.is_covered:
        assert {reply.text for reply in outcome.replies} <= _COVERS
    else:
        assert outcome.replies or turn.holder is Holder.PRACTITIONER


@settings(deadline=None, max_examples=200)
@given(turn=turns, dialogue=dialogues())
def test_the_danger_word_shows_only_the_helper_and_calls_to_an_emergency(
    turn: Turn, dialogue: FakeDialogue
):
    in_danger = replace(turn, own_words={turn.messages[0].id: WordKind.DURESS})
    at_once, outcome = decide(in_danger, dialogue)

    assert at_once is None
    if all(message.kind in WORDLESS_KINDS for message in turn.messages):
        return
    assert {reply.text for reply in outcome.replies} <= _COVERS
    assert outcome.urgency is Urgency.EMERGENCY
    assert outcome.handover is HandoverReason.DURESS
    assert Change.COVER in outcome.changes


@given(text=st.text(max_size=200))
@example(text="STOP!!")
def test_a_signal_never_hides_a_sentence(text: str):
    found = signal_in(text)

    assert found is None or len(text.split()) < 8


def test_every_phrase_of_the_signals_is_heard():
    for phrase, signal in (("Stop.", Signal.STOP), (" X ", Signal.SOMEONE_HERE)):
        assert signal_in(phrase) is signal
    assert signal_in("I\u2019m back!") is Signal.BACK
    assert signal_in("kto\u0073\u0301 tu jest") is Signal.SOMEONE_HERE
    assert signal_in("stop him") is None
