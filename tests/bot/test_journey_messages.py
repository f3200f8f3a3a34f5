"""Every kind of message, on every channel, in any language."""

import pytest

from handover.outgoing import Choice
from models.channel import MessageKind
from models.conversation import Author, DeliveryStatus, HandoverReason
from tests.bot.said import URGENT, has


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


def test_two_children_never_see_each_others_replies(door):
    door.child_says("one", address="111")
    door.child_says("two", address="222")

    door.work()

    assert door.sent("111") == ["I heard: one"]
    assert door.sent("222") == ["I heard: two"]


def test_every_reply_names_the_message_it_answers(door):
    received = door.child_says("hi")

    door.work()

    assert [message.answers_id for message in door.messages(Author.BOT)] == [received.message_id]


def test_a_name_in_another_language_does_not_switch_the_talk(door):
    for words in ("i am worried about my friend she has not been home", "tia. 14 same as me"):
        door.child_says(words)
        door.work()

    assert door.conversation().language == "en"
