"""Whole journeys, from a child's message to what is on their phone, on both databases."""

import datetime as dt

import pytest

from bot.channels.base import DeliveryRefusedError
from handover import wording
from handover.records import GatheredAnswer
from models.contact import AnswerStatus, ContactOutcome
from models.conversation import HandoverReason, Holder
from models.urgency import Urgency
from tests.bot.said import CONCERN, EMERGENCY, URGENT, has


def test_a_greeting_is_answered_by_the_dialogue(door):
    door.child_says("hi")

    door.work()

    assert door.sent() == ["I heard: hi"]
    assert door.conversation().holder is Holder.BOT
    assert door.call() is None


def test_several_short_messages_are_answered_together(door):
    door.child_says("hi", quiet=2)
    door.clock.forward(seconds=1)
    door.child_says("can i ask something", quiet=2)

    door.work()
    assert door.sent() == []

    door.clock.forward(seconds=2)
    door.work()
    assert door.sent() == ["I heard: hi\ncan i ask something"]


def test_a_child_who_writes_on_and_on_is_answered_in_the_end(door):
    for _ in range(12):
        door.child_says("and", quiet=2)
        door.clock.forward(seconds=1)
        door.work()

    assert door.sent()


def test_an_urgent_message_does_not_wait_for_quiet(door):
    door.child_says("hi", quiet=30)
    door.child_says(URGENT, quiet=30)

    door.work()

    assert has(door.sent(), "urgent_called")


@pytest.mark.parametrize("fault", ["down", "slow"])
def test_an_urgent_message_is_handed_over_when_the_dialogue_is_down(door, fault):
    setattr(door.dialogue, fault, True)
    door.child_says(URGENT)

    door.work()

    call = door.call()
    assert has(door.sent(), "urgent_called")
    assert call is not None
    assert call.urgency is Urgency.URGENT
    assert door.conversation().holder is Holder.NOBODY


@pytest.mark.parametrize("fault", ["down", "slow"])
def test_a_greeting_gets_a_holding_reply_and_a_person_when_the_dialogue_is_down(door, fault):
    setattr(door.dialogue, fault, True)
    door.child_says("hi")

    door.work()

    call = door.call()
    assert has(door.sent(), "holding")
    assert call is not None
    assert call.reason is HandoverReason.BOT_UNAVAILABLE


def test_talk_goes_on_when_the_dialogue_is_back(door):
    door.dialogue.down = True
    door.child_says("hi")
    door.work()
    door.child_says("hello?")
    door.work()
    assert has(door.sent()[1:], "holding_again")

    door.dialogue.down = False
    door.child_says("anyone")
    door.work()

    assert door.sent()[-1] == "I heard: anyone"


def test_a_dialogue_that_does_something_and_says_nothing_does_not_leave_silence(door):
    door.dialogue.replies = ("[[no_such_token]]",)
    door.dialogue.commands = ("finish_contact",)
    door.child_says("hi")

    door.work()

    assert has(door.sent(), "holding")


@pytest.mark.parametrize("is_down", [False, True])
def test_an_emergency_is_answered_with_or_without_the_dialogue(door, is_down):
    door.dialogue.down = is_down
    received = door.child_says(EMERGENCY)
    assert received.level is Urgency.EMERGENCY
    assert door.rings() == 1, "a person is called before any bot has worked"

    door.work()

    call = door.call()
    assert has(door.sent()[:1], "emergency")
    assert call is not None
    assert call.reason is HandoverReason.EMERGENCY
    assert door.rings() == 1
    assert door.conversation().urgency is Urgency.EMERGENCY


def test_emergency_words_are_queued_before_the_dialogue_is_asked(door):
    seen: list[int] = []
    door.dialogue.before_answer = lambda _: seen.append(len(door.deliveries()))
    door.child_says(EMERGENCY)

    door.answer()

    assert seen[0] > 0


def test_emergency_words_are_given_once_in_fifteen_minutes(door):
    first = wording.texts("emergency", "en")[0][:40]
    started = door.clock.now()
    for minute in (0, 1, 14, 15, 16, 17, 30):
        door.clock.set(started + dt.timedelta(minutes=minute))
        door.child_says(EMERGENCY)
        door.work()
        given = sum(text.startswith(first) for text in door.sent())
        assert given == (1 if minute <= 15 else 2)


def test_an_emergency_rings_again_until_a_person_has_come(door):
    door.child_says(EMERGENCY)
    door.clock.forward(minutes=2)

    door.child_says("help hes coming")

    assert door.rings() == 2


def test_words_about_suicide_bring_the_numbers_for_it(door):
    door.child_says("i want to kill myself tonight i have the pills")

    door.work()

    assert any("Samaritans 116 123" in text for text in door.sent())


def test_what_only_the_model_finds_urgent_calls_a_person_too(door):
    door.dialogue.levels["it is happening again"] = Urgency.EMERGENCY
    door.child_says("it is happening again")

    door.work()

    call = door.call()
    assert has(door.sent(), "emergency")
    assert call is not None
    assert call.urgency is Urgency.EMERGENCY


def test_a_concern_is_submitted_and_waits_for_a_person(door):
    door.child_says(CONCERN)

    door.work()

    call, contact = door.call(), door.contact()
    assert call is not None
    assert call.reason is HandoverReason.CONTACT_READY
    assert door.conversation().holder is Holder.BOT
    assert contact is not None
    assert contact.submitted_at is not None
    assert contact.urgency is Urgency.CONCERN


def test_what_the_dialogue_gathers_is_on_the_record_with_its_message(door):
    door.dialogue.answers = (
        GatheredAnswer(field="age", status=AnswerStatus.VALUE, value=13),
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Sam"),
    )
    door.dialogue.asked = "school"
    received = door.child_says("im sam and im 13")
    door.work()
    door.dialogue.answers = ()
    door.child_says("what now")
    door.work()

    known = door.dialogue.turns[-1].known
    assert known["age"] == {"status": "value", "value": 13}
    assert "school" not in known
    assert door.dialogue.turns[-1].state == f"after {received.message_id}"
    assert door.conversation().asked == "school"


def test_the_bot_is_silent_while_a_practitioner_holds(door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.takes_over(anna)
    door.work()
    before = len(door.sent())

    door.child_says("how are you")
    door.work()

    assert len(door.sent()) == before
    assert door.messages()[-1].processed_at is not None


def test_urgency_rises_and_rings_while_a_practitioner_holds(door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.takes_over(anna)
    rings = door.rings()

    door.child_says(EMERGENCY)
    door.work()

    call = door.call()
    assert door.rings() == rings + 1
    assert door.conversation().urgency is Urgency.EMERGENCY
    assert call is not None
    assert call.acknowledged_at is None
    assert not has(door.sent(), "emergency")


def test_a_reply_is_dropped_when_a_practitioner_takes_over_meanwhile(door):
    anna = door.practitioner()
    door.dialogue.before_answer = lambda _: door.takes_over(anna)
    door.child_says("hi")

    door.work()

    assert len(door.sent()) == 1
    assert has(door.sent(), "practitioner_joined")
    assert door.messages()[0].processed_at is not None
    assert door.conversation().dialogue_state is None


def test_a_message_is_answered_by_the_bot_when_it_is_given_back_meanwhile(door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.takes_over(anna)
    door.dialogue.before_score = lambda: door.releases(anna)
    door.child_says("are you still there")

    door.work()

    assert door.sent()[-1] == "I heard: are you still there"


def test_the_bot_goes_on_after_a_release(door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.takes_over(anna)
    door.says(anna, "Hello Sam")
    door.releases(anna)

    door.child_says("ok")
    door.work()

    assert door.sent()[-1] == "I heard: ok"
    assert door.call() is None


def test_a_child_who_comes_back_after_the_end_begins_a_new_episode(door):
    anna = door.practitioner()
    door.child_says(EMERGENCY)
    door.work()
    door.takes_over(anna)
    door.ends(anna)
    door.work()

    door.child_says("hi again its me once more")
    door.work()

    conversation = door.conversation()
    assert conversation.episode == 2
    assert conversation.ended_at is None
    assert conversation.urgency is Urgency.NO_CONCERN
    assert conversation.holder is Holder.BOT
    assert door.messages()[-1].episode == 2
    assert door.dialogue.turns[-1].state is None
    assert door.sent()[-1] == "I heard: hi again its me once more"


def test_a_refused_message_calls_a_person(door):
    door.channel.failures.append(DeliveryRefusedError("30004"))
    door.child_says("hi")

    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.UNDELIVERABLE
    assert door.deliveries()[0].error_code == "30004"


def test_a_message_that_breaks_us_is_answered_with_the_truth_and_a_person(door):
    door.dialogue.error = RuntimeError("broken")
    door.child_says("hi")
    for _ in range(3):
        with pytest.raises(RuntimeError):
            door.answer()
        door.clock.forward(seconds=1)

    door.work()

    call = door.call()
    assert has(door.sent(), "holding")
    assert call is not None
    assert call.reason is HandoverReason.BOT_UNAVAILABLE
    assert door.conversation().failures == 0


def test_what_cannot_be_read_does_not_keep_a_child_waiting(door):
    door.child_says("hi")
    door.work()
    door.spoil_harms()
    door.child_says(EMERGENCY)
    for _ in range(3):
        with pytest.raises(ValueError, match="no_such_harm"):
            door.answer()
        door.clock.forward(seconds=1)

    door.work()

    assert has(door.sent()[1:], "emergency")
    assert door.messages()[-1].processed_at is not None


def test_the_practitioner_who_decides_is_on_the_record(door):
    anna = door.practitioner()
    door.child_says(CONCERN)
    door.work()

    door.decides(anna, ContactOutcome.EARLY_HELP, "Needs a mentor.")

    contact = door.contact()
    assert contact is not None
    assert (contact.outcome, contact.decided_by_id) == (ContactOutcome.EARLY_HELP, anna.id)
