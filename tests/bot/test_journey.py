"""Whole journeys, from a child's message to what is on their phone, on both databases."""

import datetime as dt

import pytest

from bot.channels.base import DeliveryRefusedError
from handover import wording
from handover.outgoing import Choice
from handover.records import GatheredAnswer
from models.channel import MessageKind
from models.contact import AnswerStatus, ContactOutcome
from models.conversation import Author, DeliveryStatus, HandoverReason, Holder
from models.urgency import Urgency

EMERGENCY = "he is hitting me right now"
URGENT = "my dad hits me every night"
CONCERN = "im sad at school"


def words(key: str) -> str:
    """Gives the beginning of a text, before any token."""
    return wording.texts(key, "en")[0][:22]


def has(texts: list[str], key: str) -> bool:
    return any(text.startswith(words(key)) for text in texts)


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


def test_stop_stops_until_the_child_writes_again(door):
    anna = door.practitioner()
    door.child_says("hi")
    door.work()
    door.child_says("STOP")
    door.work()
    assert has(door.sent(), "stopped")

    door.takes_over(anna)
    door.says(anna, "Are you there?")
    door.work()
    assert len(door.sent()) == 2
    assert {one.status for one in door.deliveries()[2:]} == {DeliveryStatus.WITHHELD}

    door.child_says("sorry im here")
    door.work()
    door.says(anna, "Good to hear from you.")
    door.work()
    assert door.sent()[-1] == "Good to hear from you."


def test_stop_said_twice_is_answered_once(door):
    door.child_says("stop")
    door.work()
    door.child_says("stop")
    door.work()

    assert len(door.sent()) == 1


def test_stop_after_a_risk_calls_a_person(door):
    door.dialogue.levels["he does things to me"] = Urgency.URGENT
    door.child_says("he does things to me")
    door.work()
    door.child_says("stop")
    door.work()

    conversation = door.conversation()
    call = door.call()
    assert conversation.stopped_at is not None
    assert call is not None
    assert call.urgency is Urgency.URGENT


def test_stop_in_other_words_after_a_risk_is_the_same(door):
    door.child_says(URGENT)
    door.work()
    door.dialogue.commands = ("stop",)
    door.child_says("please do not write to me any more")
    door.work()

    assert has(door.sent(), "stopped")
    assert door.conversation().stopped_at is not None


def test_someone_is_here_hides_everything_until_the_child_is_back(door):
    anna = door.practitioner()
    door.child_says(URGENT)
    door.work()
    door.child_says("x")
    door.work()
    shown = len(door.sent())
    assert has(door.sent()[-1:], "cover")

    door.takes_over(anna)
    door.says(anna, "Are you safe, Sam?")
    door.work()
    door.child_says("what is this")
    door.work()
    assert door.sent()[shown:] == [wording.texts("cover_again", "en")[0]]

    door.child_says("im back")
    door.work()
    back = door.sent()[shown + 1 :]
    assert "Are you safe, Sam?" in back
    assert has(back, "practitioner_joined")
    assert has(back, "welcome_back")


def test_an_emergency_and_someone_is_here_show_only_the_cover(door):
    door.child_says(EMERGENCY)
    door.child_says("x")

    door.work()

    call = door.call()
    assert door.sent() == list(wording.texts("cover", "en"))
    assert call is not None
    assert call.urgency is Urgency.EMERGENCY


def test_someone_is_here_in_other_words_shows_only_the_cover(door):
    door.dialogue.commands = ("someone_here",)
    door.dialogue.replies = ("OK, I will be quiet about what your dad does.",)
    door.child_says("my dad hits me but shh she walked in the room")

    door.work()

    assert door.sent() == list(wording.texts("cover", "en"))
    assert door.call() is not None


def test_under_cover_danger_still_calls_a_person(door):
    door.child_says("x")
    door.work()
    door.child_says(EMERGENCY)
    door.work()

    call = door.call()
    assert has(door.sent()[-1:], "cover_again")
    assert call is not None
    assert call.urgency is Urgency.EMERGENCY


def test_a_deleted_message_under_cover_brings_no_answer(door):
    door.child_says("x")
    door.work()
    door.child_says(kind=MessageKind.DELETION, refers_to="1")
    door.work()

    assert len(door.sent()) == 1


def test_only_the_safe_word_ends_the_cover_of_a_child_who_has_one(door):
    door.child_says("hi")
    door.work()
    door.chooses_safe_word("blue tiger")
    door.child_says("x")
    door.work()

    door.child_says("im back")
    door.work()
    assert door.conversation().covered_at is not None

    door.child_says("Blue  Tiger")
    door.work()
    assert door.conversation().covered_at is None


@pytest.mark.parametrize(
    "kind",
    [
        MessageKind.IMAGE,
        MessageKind.VOICE,
        MessageKind.VIDEO,
        MessageKind.DOCUMENT,
        MessageKind.LOCATION,
        MessageKind.CONTACT_CARD,
        MessageKind.STICKER,
        MessageKind.UNKNOWN,
    ],
)
def test_every_kind_of_message_is_answered(door, kind):
    door.child_sends(kind)

    door.work()

    assert has(door.sent(), f"media_{kind.value}")
    assert door.messages()[0].details["attachments"][0]["reference"] == f"file-{kind.value}"


def test_a_person_is_called_for_a_voice_note(door):
    door.child_sends(MessageKind.VOICE)

    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.ATTACHMENT


def test_a_picture_with_words_is_answered_for_both(door):
    door.child_sends(MessageKind.IMAGE, URGENT)

    door.work()

    assert has(door.sent(), "media_image")
    assert has(door.sent(), "urgent_called")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_message_without_words_is_answered(door, text):
    door.child_says(text)

    door.work()

    assert has(door.sent(), "media_unknown")


def test_an_edit_is_a_new_message_that_names_the_earlier_one(door):
    first = door.child_says("helo")
    door.work()
    door.child_edits(first, "hello")
    door.work()

    edit = door.messages()[-1]
    assert edit.refers_to_id == first.message_id
    assert door.message(first.message_id).text == "helo"
    assert door.sent()[-1] == "I heard: hello"


def test_a_deletion_removes_nothing(door):
    first = door.child_says("a secret")
    door.child_says(kind=MessageKind.DELETION, refers_to="1")

    door.work()

    assert door.message(first.message_id).text == "a secret"


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

    door.child_says("hi again")
    door.work()

    conversation = door.conversation()
    assert conversation.episode == 2
    assert conversation.ended_at is None
    assert conversation.urgency is Urgency.NO_CONCERN
    assert conversation.holder is Holder.BOT
    assert door.messages()[-1].episode == 2
    assert door.dialogue.turns[-1].state is None
    assert door.sent()[-1] == "I heard: hi again"


@pytest.mark.parametrize("kind", [MessageKind.BLOCKED, MessageKind.DELETION])
def test_what_a_child_does_with_the_app_opens_no_episode(door, kind):
    anna = door.practitioner()
    door.child_says("hi")
    door.takes_over(anna)
    door.ends(anna)

    door.child_says(kind=kind)
    door.work()

    assert door.conversation().episode == 1
    assert door.conversation().ended_at is not None


def test_choices_are_buttons_where_the_channel_has_them(door):
    door.dialogue.choices = (
        Choice(title="Yes", payload="/yes"),
        Choice(title="No", payload="/no"),
    )
    door.child_says("hi")
    door.work()

    assert [button.payload for button in door.channel.sent[-1].buttons] == ["/yes", "/no"]
    assert "1. Yes" not in door.sent()[-1]


@pytest.mark.parametrize("typed", ["2", "2.", " 2) ", "no", "NO"])
def test_choices_are_numbered_by_sms_and_may_be_typed(sms_door, typed):
    sms_door.dialogue.choices = (
        Choice(title="Yes", payload="/yes"),
        Choice(title="No", payload="/no"),
    )
    sms_door.child_says("hi")
    sms_door.work()
    assert sms_door.sent()[-1].endswith("\n1. Yes\n2. No")
    assert sms_door.channel.sent[-1].buttons == ()

    sms_door.child_says(typed)
    sms_door.work()

    assert sms_door.dialogue.turns[-1].choice == "/no"


def test_a_long_reply_is_split_and_goes_in_order(sms_door):
    sms_door.dialogue.replies = (" ".join(f"word{number}" for number in range(200)),)
    sms_door.child_says("hi")

    sms_door.work()

    sent = sms_door.sent()
    assert len(sent) > 3
    assert all(len(text) <= 320 for text in sent)
    assert " ".join(sent) == sms_door.dialogue.replies[0]


def test_the_language_is_noticed_and_kept(door):
    door.child_says("czy mozesz mi pomoc, nie wiem co robic bo jest mi smutno")
    door.work()

    assert door.conversation().language == "pl"
    assert door.dialogue.turns[-1].language == "pl"

    door.child_says("ok")
    door.work()
    assert door.conversation().language == "pl", "a short word does not switch it back"


def test_a_message_outside_whatsapps_window_is_withheld_and_a_person_told(whatsapp_door):
    anna = whatsapp_door.practitioner()
    whatsapp_door.child_says("hi")
    whatsapp_door.work()
    whatsapp_door.takes_over(anna)
    whatsapp_door.clock.forward(hours=25)
    whatsapp_door.says(anna, "How was school?")

    whatsapp_door.work()

    assert "How was school?" not in whatsapp_door.sent()
    last = whatsapp_door.deliveries()[-1]
    assert last.status is DeliveryStatus.WITHHELD
    assert last.error_code == "window_closed"


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


def test_giving_up_under_cover_shows_only_the_cover(door):
    door.child_says("x")
    door.work()
    door.dialogue.error = RuntimeError("broken")
    door.child_says("hello")
    for _ in range(3):
        with pytest.raises(RuntimeError):
            door.answer()
        door.clock.forward(seconds=1)
    door.work()

    assert door.sent()[1:] == list(wording.texts("cover_again", "en"))


def test_two_children_never_see_each_others_replies(door):
    door.child_says("one", address="111")
    door.child_says("two", address="222")

    door.work()

    assert door.sent("111") == ["I heard: one"]
    assert door.sent("222") == ["I heard: two"]


def test_the_practitioner_who_decides_is_on_the_record(door):
    anna = door.practitioner()
    door.child_says(CONCERN)
    door.work()

    door.decides(anna, ContactOutcome.EARLY_HELP, "Needs a mentor.")

    contact = door.contact()
    assert contact is not None
    assert (contact.outcome, contact.decided_by_id) == (ContactOutcome.EARLY_HELP, anna.id)


def test_every_reply_names_the_message_it_answers(door):
    received = door.child_says("hi")

    door.work()

    assert [message.answers_id for message in door.messages(Author.BOT)] == [received.message_id]


def test_a_name_in_another_language_does_not_switch_the_talk(door):
    for words in ("i am worried about my friend she has not been home", "tia. 14 same as me"):
        door.child_says(words)
        door.work()

    assert door.conversation().language == "en"
