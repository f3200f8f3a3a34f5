"""What is no text: each kind is answered with care, once for a burst, and none of it is opened."""

import pytest

from bot.channels.base import Attachment
from handover import records
from handover.records import GatheredAnswer
from models.channel import MessageKind
from models.contact import AnswerStatus
from models.conversation import HandoverReason
from models.db import transaction
from models.urgency import Urgency
from tests.bot.said import EMERGENCY, URGENT, has
from tests.door import Door


def answers(door: Door) -> dict[str, object]:
    contact = door.contact()
    if contact is None:
        return {}
    with transaction(door.engine) as session:
        found = records.current_answers(session, session.merge(contact))
        return {field: answer.value for field, answer in found.items()}


def test_a_burst_of_pictures_is_answered_once(door: Door):
    for _ in range(5):
        door.child_sends(MessageKind.IMAGE)
    door.work()

    assert len(door.sent()) == 1
    door.child_sends(MessageKind.IMAGE)
    door.work()

    assert len(door.sent()) == 2, "one more is answered, in short"
    assert door.sent()[-1].startswith("Thank you, that came too")


def test_of_many_kinds_the_one_that_matters_most_is_answered_and_a_place(door: Door):
    for kind in (MessageKind.STICKER, MessageKind.IMAGE, MessageKind.VOICE, MessageKind.LOCATION):
        door.child_sends(kind)
    door.work()

    assert len(door.sent()) == 2
    assert has(door.sent(), "media_voice")
    assert has(door.sent(), "media_location")


def test_a_picture_alone_is_not_taken_for_a_private_one(door: Door):
    door.child_sends(MessageKind.IMAGE)
    door.work()

    assert not any("reportremove" in text for text in door.sent())


@pytest.mark.parametrize("words", ["someone leaked this", "its a pic of me", "my nudes"])
def test_report_remove_is_offered_where_it_may_be_a_private_picture(door: Door, words: str):
    door.child_sends(MessageKind.IMAGE, words)
    door.work()

    assert any("reportremove" in text for text in door.sent())


def test_report_remove_is_offered_after_talk_of_harm_online(door: Door):
    door.child_says("he said he will share my nudes if i dont pay")
    door.work()
    door.child_sends(MessageKind.IMAGE)
    door.work()

    assert "reportremove" in door.sent()[-1]


def test_words_of_a_private_picture_are_answered_with_report_remove_once(door: Door):
    for _ in range(2):
        door.child_says("he said he will share my nudes if i dont pay")
        door.work()

    assert sum("reportremove" in text for text in door.sent()) == 1


def test_a_picture_after_such_words_is_answered_with_it_however_many_came(door: Door):
    door.child_sends(MessageKind.IMAGE)
    door.work()
    door.child_says("he said he will share my nudes if i dont pay")
    door.work()
    door.child_sends(MessageKind.IMAGE)
    door.work()

    assert "reportremove" in door.sent()[-1]


def test_a_shared_place_is_kept_as_where_they_are_and_never_fetched(door: Door):
    place = Attachment(kind=MessageKind.LOCATION, reference="geo:51.5007,-0.1246")
    door.child_says(kind=MessageKind.LOCATION, attachments=(place,))
    door.work()

    assert answers(door)["current_location"] == "51.5007, -0.1246"
    door.child_says("im hiding here")
    door.work()
    assert door.dialogue.turns[-1].known["current_location"]["value"] == "51.5007, -0.1246"


def test_a_place_with_words_keeps_both(door: Door):
    place = Attachment(kind=MessageKind.LOCATION, reference="geo:51.5,-0.12")
    door.dialogue.answers = (GatheredAnswer(field="age", status=AnswerStatus.VALUE, value="12"),)
    door.child_says("The park", kind=MessageKind.LOCATION, attachments=(place,))
    door.work()

    assert answers(door) == {"age": "12", "current_location": "The park - 51.5, -0.12"}


@pytest.mark.parametrize(
    ("sign", "level"),
    [("🆘", Urgency.URGENT), ("🔪", Urgency.CONCERN), ("🩸😭", Urgency.CONCERN)],
)
@pytest.mark.parametrize("kind", [MessageKind.TEXT, MessageKind.STICKER])
def test_a_sign_that_means_danger_is_scored(
    door: Door, sign: str, level: Urgency, kind: MessageKind
):
    door.child_says(sign, kind=kind)
    door.work()

    assert door.conversation().urgency is level


@pytest.mark.parametrize("sign", ["😂", "🎂🔪", "❤️", "👍"])
def test_a_light_sign_stays_light(door: Door, sign: str):
    door.child_says(sign)
    door.work()

    assert door.conversation().urgency is Urgency.NO_CONCERN


def test_an_edit_is_scored_and_the_first_words_stay(door: Door):
    first = door.child_says("nothing happened")
    door.work()
    door.child_edits(first, EMERGENCY)
    door.work()

    assert door.conversation().urgency is Urgency.EMERGENCY
    assert door.message(first.message_id).text == "nothing happened"


def test_an_edit_or_a_deletion_takes_no_urgency_back(door: Door):
    first = door.child_says(URGENT)
    door.work()
    door.child_edits(first, "only joking")
    door.child_says(kind=MessageKind.DELETION, refers_to="1")
    door.work()

    assert door.conversation().urgency is Urgency.URGENT
    assert door.message(first.message_id).text == URGENT
    assert door.messages()[-1].refers_to_id == first.message_id


def test_a_voice_note_calls_a_person_and_says_so_to_the_child(door: Door):
    door.child_sends(MessageKind.VOICE)
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.ATTACHMENT
    assert "kept for a person" in door.sent()[-1]
