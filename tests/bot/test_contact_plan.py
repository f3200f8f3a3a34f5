"""The safe-contact plan: nothing reaches a phone that it does not allow at that moment."""

import datetime as dt
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import override
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import select

from bot import cover, outbox
from bot.channels.base import OutgoingPart
from handover import overrides, sealing, service, wording
from handover.overrides import OverrideRefusedError
from models.authority import ChannelAccount
from models.base import clock_set_to
from models.channel import ChannelName, MessageKind
from models.contact_plan import SendOverride
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, Holder
from models.db import open_engine, transaction
from models.encryption import new_keyring
from tests import databases
from tests.door import Door, add_authority
from tests.fakes.channel import FakeChannel
from tests.fakes.clock import MovableClock
from tests.fakes.dialogue import FakeDialogue

_LONDON = ZoneInfo("Europe/London")
_SAFE_WORD = "purple tiger"
_COVERS = {
    *(*wording.texts("cover", "en"), *wording.texts("cover_again", "en"), *cover.texts()),
}
_FAREWELL = set(wording.texts("stopped", "en"))
_SAID = st.sampled_from(
    [
        "hi",
        "x",
        "im back",
        "stop",
        "he is hitting me right now",
        _SAFE_WORD,
        f"my safe word is {_SAFE_WORD}",
        "x help",
        "delete",
        "START",
        "my dad hits me every night",
        "im sad at school",
        "",
    ]
)
_HOURS = st.sampled_from(["08:00", "12:30", "16:00", "21:00"])
_FEATURES: dict[str, st.SearchStrategy[object]] = {
    "from": _HOURS,
    "until": _HOURS,
    "days": st.sets(st.integers(0, 6), min_size=1).map(sorted),
    "is_phone_shared": st.just(True),  # noqa: FBT003
    "channels": st.sampled_from([["whatsapp"], ["sms", "telegram"]]),
}
# Often one thing alone: many together forbid so much that nothing is left to go wrong.
_PLANS = st.one_of(
    *(st.fixed_dictionaries({name: said}) for name, said in _FEATURES.items()),
    st.fixed_dictionaries({}, optional=_FEATURES),
)
_NOTES = {
    *wording.texts("sealed_note", "en"),
    *wording.texts("sealed_note_no_word", "en"),
    *wording.texts("note_answer", "en"),
}


class Front(RuleBasedStateMachine):
    """A child and a practitioner who do anything at any time, on a channel with a window."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        clock = MovableClock(tick=dt.timedelta(microseconds=1))
        self.closing.enter_context(clock_set_to(clock.now))
        engine = open_engine(databases.copied_sqlite(self.template), new_keyring())
        self.closing.callback(engine.dispose)
        channel = FakeChannel(ChannelName.WHATSAPP)
        self.door = Door(engine, add_authority(engine), channel, FakeDialogue(), clock)
        self.anna = self.door.practitioner()
        self.ben = self.door.practitioner("Ben Shah")
        channel.before_send = self._check
        self.door.child_says("hi")

    @override
    def teardown(self) -> None:
        self.closing.close()

    @rule(text=_SAID)
    def child_says(self, text: str) -> None:
        self.door.child_says(text)

    @rule(kind=st.sampled_from([MessageKind.DELETION, MessageKind.BLOCKED, MessageKind.VOICE]))
    def child_does(self, kind: MessageKind) -> None:
        self.door.child_says(kind=kind)

    @rule()
    def answer(self) -> None:
        self.door.answer()

    @rule()
    def answer_without_dialogue(self) -> None:
        self.door.dialogue.down = True
        self.door.answer()
        self.door.dialogue.down = False

    @rule(commands=st.sampled_from([("someone_here",), ("stop",), ("wrong_reader",)]))
    def answer_with(self, commands: tuple[str, ...]) -> None:
        self.door.dialogue.commands = commands
        self.door.answer()
        self.door.dialogue.commands = ()

    @rule()
    def practitioner_speaks(self) -> None:
        if self.door.conversation().holder is not Holder.PRACTITIONER:
            self.door.takes_over(self.anna)
        self.door.says(self.anna, "How are you, Sam?")

    @rule(is_end=st.booleans())
    def practitioner_leaves(self, is_end: bool) -> None:  # noqa: FBT001
        if self.door.conversation().holder is Holder.PRACTITIONER:
            leave = self.door.ends if is_end else self.door.releases
            leave(self.anna)

    @rule(hours=st.sampled_from([0.1, 0.2, 1.0, 7.0, 23.0, 26.0]))
    def a_person_writes_later(self, hours: float) -> None:
        self.door.work()
        self.door.clock.forward(hours=hours)
        self.practitioner_speaks()
        self.send()

    @rule(is_there=st.booleans())
    def template_is_approved(self, is_there: bool) -> None:  # noqa: FBT001
        with transaction(self.door.engine) as session:
            account = session.get_one(ChannelAccount, self.door.account_id)
            account.note_template = "HX1" if is_there else None

    @rule()
    def two_people_override(self) -> None:
        with transaction(self.door.engine) as session:
            held = session.scalars(
                select(Delivery)
                .where(Delivery.status.in_([DeliveryStatus.HELD, DeliveryStatus.SEALED]))
                .order_by(Delivery.id.desc())
                .limit(1)
            ).first()
            if held is None:
                return
            with suppress(OverrideRefusedError):
                asked = overrides.ask_override(
                    session, self.anna, held.message_id, reason="In danger."
                )
                overrides.confirm_override(session, self.ben, asked.id)

    @rule()
    def one_person_cannot_override(self) -> None:
        with transaction(self.door.engine) as session:
            held = session.scalars(
                select(Delivery.message_id).where(Delivery.status == DeliveryStatus.HELD).limit(1)
            ).first()
            if held is not None:
                with suppress(OverrideRefusedError):
                    overrides.ask_override(session, self.anna, held, reason="In danger.")

    @rule()
    def a_person_unseals(self) -> None:
        with transaction(self.door.engine) as session:
            [conversation] = session.scalars(select(Conversation)).all()
            sealing.unseal(session, self.anna, conversation.id, reason="I know their voice.")

    @rule()
    def sealed_words_run_out(self) -> None:
        outbox.expire_sealed(self.door.engine)

    @rule(plan=_PLANS)
    def child_plans(self, plan: dict[str, object]) -> None:
        self.door.plans(plan)

    @rule(hours=st.sampled_from([0.1, 0.5, 5.0, 23.9, 200.0]))
    def time_passes(self, hours: float) -> None:
        self.door.clock.forward(hours=hours)

    @rule()
    def send(self) -> None:
        outbox.release_held(self.door.engine)
        self.door.send()

    def _check(self, part: OutgoingPart) -> None:
        now = self.door.clock.now()
        with transaction(self.door.engine) as session:
            delivery = session.get_one(Delivery, part.delivery_id)
            conversation = delivery.conversation
            message = delivery.message
            ends = conversation.window_ends_at
            if ends is not None and now >= ends:
                assert part.template is not None
                assert part.text in _NOTES
            if delivery.overridden_at is not None:
                row = session.scalars(
                    select(SendOverride).where(SendOverride.message_id == message.id)
                ).one()
                assert {row.asked_by_id, row.confirmed_by_id} == {self.anna.id, self.ben.id}
                return
            is_reply = message.author is Author.BOT and message.answers_id is not None
            if conversation.covered_at is not None:
                assert is_reply
                assert part.text in _COVERS
            if conversation.stopped_at is not None:
                assert is_reply
                assert message.created_at >= conversation.stopped_at
            self._check_plan(conversation, part, now)

    def _check_plan(self, conversation: Conversation, part: OutgoingPart, now: dt.datetime) -> None:
        plan = conversation.child.contact_plan or {}
        is_shared = plan.get("is_phone_shared", False)
        last = conversation.last_inbound_at
        limit = dt.timedelta(minutes=5 if is_shared else 15)
        if last is not None and now - last <= limit:
            return
        assert _is_allowed(conversation, now)
        assert conversation.channel.value in (plan.get("channels") or ["whatsapp"])
        until = conversation.unsealed_until
        is_open = until is not None and now < until
        has_word = conversation.child.safe_word_digest is not None
        is_quiet = has_word and last is not None and now - last > dt.timedelta(hours=24)
        if (is_shared or is_quiet) and not is_open:
            assert part.text in _NOTES


def _is_allowed(conversation: Conversation, now: dt.datetime) -> bool:
    """Reads the plan minute by minute, in another way than the outbox does."""
    plan = conversation.child.contact_plan or {}
    start = dt.time.fromisoformat(plan.get("from", "00:00"))
    end = dt.time.fromisoformat(plan.get("until", "00:00"))
    days = plan.get("days", range(7))
    local = now.astimezone(_LONDON).replace(tzinfo=None)
    for back in (0, 1):
        opened = dt.datetime.combine(local.date() - dt.timedelta(days=back), start)
        closed = dt.datetime.combine(opened.date(), end)
        if closed <= opened:
            closed += dt.timedelta(days=1)
            if "until" not in plan:
                closed = dt.datetime.combine(opened.date() + dt.timedelta(days=1), dt.time.min)
        if opened.weekday() in days and opened <= local < closed:
            return True
    return False


def test_nothing_is_sent_that_the_plan_does_not_allow(sqlite_template: Path):
    Front.template = sqlite_template
    run_state_machine_as_test(
        Front,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
# Whoever took over is announced while the child talks, so that only a person's words come later.
@example(plan={"from": "16:00", "until": "21:00"}, has_word=False, writes=[0.1, 7.0, 7.0, 7.0])
@given(
    plan=_PLANS,
    has_word=st.booleans(),
    writes=st.lists(st.sampled_from([0.1, 1.0, 7.0, 23.0, 26.0]), min_size=1, max_size=4),
)
def test_what_a_person_writes_keeps_to_any_plan(
    sqlite_template: Path,
    plan: dict[str, object],
    has_word: bool,  # noqa: FBT001
    writes: list[float],
):
    # Fewer things happen here than above, so that each rule of the plan is met often.
    Front.template = sqlite_template
    front = Front()
    try:
        if has_word:
            front.child_says(f"my safe word is {_SAFE_WORD}")
        front.template_is_approved(True)  # noqa: FBT003
        front.child_plans(plan)
        for hours in writes:
            front.a_person_writes_later(hours)
    finally:
        front.teardown()


@pytest.fixture
def held_door(door: Door) -> Door:
    """Gives a door whose child is to be written to from four to nine only."""
    door.child_says("hi")
    door.work()
    door.plans({"from": "16:00", "until": "21:00"})
    return door


def test_words_outside_the_safe_times_wait_for_them(held_door: Door):
    anna = held_door.practitioner()
    held_door.takes_over(anna)
    held_door.clock.forward(hours=6)
    held_door.says(anna, "How was today?")
    held_door.work()
    assert "How was today?" not in held_door.sent()
    assert held_door.deliveries()[-1].status is DeliveryStatus.HELD

    held_door.clock.forward(hours=18)
    outbox.release_held(held_door.engine)
    held_door.work()
    assert "How was today?" not in held_door.sent(), "half past three is before four"

    held_door.clock.forward(minutes=31)
    outbox.release_held(held_door.engine)
    held_door.work()
    assert held_door.sent()[-1] == "How was today?"


def test_words_that_wait_go_when_the_child_writes(held_door: Door):
    anna = held_door.practitioner()
    held_door.takes_over(anna)
    held_door.clock.forward(hours=7)
    held_door.says(anna, "How was today?")
    held_door.work()

    held_door.child_says("are you there")
    outbox.release_held(held_door.engine)
    held_door.work()

    assert held_door.sent()[-1] == "How was today?"


@pytest.mark.parametrize(("hour", "is_sent"), [(21, True), (2, True), (7, False), (12, False)])
def test_safe_times_may_reach_over_midnight(door: Door, hour: int, is_sent: bool):  # noqa: FBT001
    anna = door.practitioner()
    door.child_says("hi")
    door.plans({"from": "20:00", "until": "06:00", "days": [0, 1, 2, 3, 4, 5, 6]})
    door.takes_over(anna)
    door.clock.set(dt.datetime(2026, 1, 15, hour, 0, tzinfo=dt.UTC))
    door.says(anna, "Hello")

    door.work()

    assert ("Hello" in door.sent()) is is_sent


def test_a_plan_that_nobody_can_read_lets_nothing_out_and_calls_a_person(door: Door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.plans({"from": "teatime"})
    door.takes_over(anna)
    door.clock.forward(hours=1)
    door.says(anna, "Hello")
    door.work()
    door.child_says("other child", address="222")
    door.work()

    assert "Hello" not in door.sent()
    assert door.deliveries()[2].error_code == "plan_unreadable"
    assert door.sent("222") == ["I heard: other child"]


def test_many_words_held_under_cover_do_not_keep_other_childrens_waiting(door: Door):
    anna = door.practitioner()
    door.child_says("x", address="111")
    door.work()
    with transaction(door.engine) as session:
        first = door.conversation("111").id
        service.take_over(session, anna, first)
        said = service.say(session, anna, first, "line 1")
        session.add_all(
            Delivery(
                conversation_id=first,
                account_id=door.account_id,
                message_id=said.id,
                part=part,
                text=f"line {part}",
                status=DeliveryStatus.HELD,
                not_before=door.clock.now(),
            )
            for part in range(2, 520)
        )
    door.child_says("hi", address=door.address)
    door.work()
    door.plans({"from": "16:00", "until": "21:00"})
    door.takes_over(anna)
    door.clock.forward(hours=12)
    door.says(anna, "Good morning")
    door.work()

    door.clock.forward(hours=13)
    outbox.release_held(door.engine)
    door.work()

    assert door.sent()[-1] == "Good morning"
