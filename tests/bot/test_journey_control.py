"""The child controls contact: stop, someone is here, and the way back."""

import pytest

from bot import cover
from handover import wording
from models.channel import MessageKind
from models.conversation import DeliveryStatus
from models.urgency import Urgency
from tests.bot.said import EMERGENCY, URGENT, has


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
    [answer] = door.sent()[shown:]
    assert answer in cover.texts()

    door.child_says("im back")
    door.work()
    back = door.sent()[shown + 1 :]
    assert "Are you safe, Sam?" in back
    assert has(back, "practitioner_joined")
    [welcome] = wording.texts("welcome_back_held", "en", {"practitioner": anna.name})
    assert welcome in back
    assert not has(back, "welcome_back")


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
    assert door.sent()[-1] in cover.texts()
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
    ("said", "heard"),
    [
        ("hi im back sorry mum came in", "sorry mum came in"),
        ("hes gone", None),
        ("ok hes gone to bed", None),
        ("ok hes gone bed", None),
        ("shes gone now. he hit my sister again", "he hit my sister again"),
        ("its safe now", None),
        ("coast is clear", None),
        ("im alone again", None),
        ("my mum's gone out now, can i talk to you", "can i talk to you"),
    ],
)
def test_more_than_a_bare_word_ends_the_cover_and_the_rest_is_heard(door, said, heard):
    door.child_says("x")
    door.work()
    door.child_says("whats 6x9")
    door.work()
    door.child_says(said)
    door.work()

    assert door.conversation().covered_at is None
    assert has(door.sent(), "welcome_back")
    assert [turn.text for turn in door.dialogue.turns] == ([heard] if heard else [])
    assert [message.text for message in door.messages()] == ["x", "whats 6x9", said]


@pytest.mark.parametrize(
    "said",
    [
        *("has he gone", "hes gone mad", "is it safe now?", "hes not gone", "when hes gone"),
        *("shes gone to get the belt", "who is this", "its me mum", "he left me here"),
    ],
)
def test_what_says_no_return_leaves_the_cover_up(door, said):
    door.child_says("x")
    door.work()
    door.child_says(said)
    door.work()

    assert door.conversation().covered_at is not None
    assert door.sent()[-1] in cover.texts()


def test_what_a_child_writes_at_once_after_the_return_is_heard(door):
    door.child_says("x")
    door.work()
    door.child_says("hes gone now")
    door.child_says("he was shouting")
    door.work()

    assert door.dialogue.turns[-1].text == "he was shouting"
    assert door.conversation().covered_at is None


def test_a_return_with_danger_in_it_is_answered_with_the_emergency_words(door):
    door.child_says("x")
    door.work()
    door.child_says(f"im back. {EMERGENCY}")
    door.work()

    assert has(door.sent(), "emergency")


def test_a_cover_read_from_the_excuse_of_a_returned_child_is_not_put_up(door):
    door.child_says("x")
    door.work()
    door.dialogue.commands = ("someone_here",)
    door.child_says("im back sorry my mum walked in")
    door.work()
    assert door.conversation().covered_at is None

    door.child_says("x")
    door.work()
    door.child_says("im alone again but dad is next to me")
    door.work()
    assert door.conversation().covered_at is not None


def test_talk_of_school_in_the_midst_of_something_grave_is_answered_by_the_helper(door):
    door.child_says(URGENT)
    door.work()
    told = len(door.sent())
    door.child_says("whats the english homework for friday")
    door.work()
    door.child_says("k see u at football")
    door.work()

    assert door.conversation().covered_at is not None
    assert set(door.sent()[told:]) <= cover.texts()

    door.child_says("sorry my dad came in my room")
    door.work()
    assert door.conversation().covered_at is None
    assert has(door.sent(), "welcome_back")


def test_talk_of_school_before_anything_grave_hides_nothing(door):
    door.child_says("whats the english homework for friday")
    door.work()

    assert door.conversation().covered_at is None


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
