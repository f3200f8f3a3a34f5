"""A child who writes from another phone is known again by name and safe word, and by no guess."""

import datetime as dt

import pytest
from sqlalchemy import select

from bot.recognising import claim_in
from handover import recognitions
from handover.records import GatheredAnswer
from handover.service import AccessDeniedError
from models.channel import ChannelName
from models.contact import AnswerStatus
from models.conversation import Author, Conversation, HandoverReason
from models.db import transaction
from models.practitioner import RoleName
from models.recognition import Recognition, RecognitionResult
from tests import door as doors
from tests.door import Door
from tests.fakes.channel import FakeChannel

KNOWN = "Welcome back. I know you again"
UNSURE = "Thank you. I could not be sure"
SECRET = "my uncle hurts me on sundays"


@pytest.fixture
def other(door: Door) -> Door:
    """Gives the same service on SMS, where the child now writes from a new number."""
    return Door(
        door.engine,
        door.authority,
        FakeChannel(ChannelName.SMS, account="+447700900000"),
        door.dialogue,
        door.clock,
        address="+447700900777",
    )


def is_known_here(door: Door, *, name: str = "Mia", word: str = "purple otter") -> None:
    door.dialogue.answers = (
        GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value=name),
        GatheredAnswer(field="age", status=AnswerStatus.VALUE, value="12"),
    )
    door.child_says(SECRET)
    door.work()
    door.dialogue.answers = ()
    door.chooses_safe_word(word)


def says(door: Door, text: str) -> str:
    before = len(door.sent())
    door.child_says(text)
    door.work()
    return "\n".join(door.sent()[before:])


def tries(door: Door) -> list[Recognition]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(Recognition).order_by(Recognition.id)))


@pytest.mark.parametrize(
    "text",
    [
        "its me mia on my new phone my word is purple otter",
        "hi, it's me, Mia. my safe word is Purple Otter",
        "new number! this is MIA, word: purple otter",
        "i wrote before, im mia and my secret word is purple otter.",
    ],
)
def test_name_and_word_link_the_new_number_to_the_same_child(door: Door, other: Door, text: str):
    is_known_here(door)
    said = says(other, text)

    assert said.startswith(KNOWN)
    assert SECRET not in said
    assert other.conversation().child_id == door.conversation().child_id
    [row] = tries(door)
    assert row.result is RecognitionResult.LINKED
    assert "child_known_again" in door.actions()
    call = other.call()
    assert call is not None
    assert call.reason is HandoverReason.ANOTHER_CHANNEL
    says(other, "can i talk to you")
    assert door.dialogue.turns[-1].known["age"]["value"] == "12"


def test_the_word_is_not_kept_in_the_message(door: Door, other: Door):
    is_known_here(door)
    says(other, "its me mia my word is purple otter")

    newest = other.messages(Author.CHILD)[-1]
    assert "otter" not in newest.text
    assert "mia" in newest.text


def test_a_wrong_word_and_an_unknown_name_are_answered_alike_and_reveal_nothing(
    door: Door, other: Door
):
    is_known_here(door)
    wrong = says(other, "its me mia my word is green otter")
    unknown = says(other, "its me zoe my word is purple otter")

    assert wrong == unknown
    assert wrong.startswith(UNSURE)
    assert other.conversation().child_id != door.conversation().child_id
    assert "Mia" not in wrong


def test_guessing_ends_after_a_few_tries_even_with_the_right_word(door: Door, other: Door):
    is_known_here(door)
    for word in ("one", "two", "three"):
        says(other, f"its me mia my word is {word}")

    assert says(other, "its me mia my word is purple otter").startswith(UNSURE)
    assert tries(door)[-1].result is RecognitionResult.TOO_MANY
    door.clock.forward(hours=25)
    assert KNOWN in says(other, "its me mia my word is purple otter")


def test_guessing_one_name_from_many_numbers_ends_too(door: Door, other: Door):
    is_known_here(door)
    for number in range(10):
        other.address = f"+4477009008{number:02}"
        says(other, f"its me mia my word is guess{number}")
    other.address = "+447700900899"

    assert says(other, "its me mia my word is purple otter").startswith(UNSURE)


def test_two_children_with_one_word_are_not_mistaken(door: Door, other: Door):
    is_known_here(door, name="Mia")
    mia = door.conversation().child_id
    door.address = "7700900999"
    is_known_here(door, name="Zoe")
    zoe = door.conversation().child_id

    says(other, "its me zoe my word is purple otter")

    assert other.conversation().child_id == zoe != mia


def test_two_of_one_name_and_word_are_for_a_person_to_tell_apart(door: Door, other: Door):
    is_known_here(door)
    door.address = "7700900999"
    is_known_here(door)

    assert says(other, "its me mia my word is purple otter").startswith(UNSURE)
    assert tries(door)[-1].result is RecognitionResult.AMBIGUOUS


def test_a_child_who_hides_on_the_other_phone_is_not_linked_by_a_machine(door: Door, other: Door):
    is_known_here(door)
    door.child_says("x")
    door.work()

    assert says(other, "its me mia my word is purple otter").startswith(UNSURE)
    assert other.conversation().child_id != door.conversation().child_id


def test_a_link_is_shown_to_staff_and_can_be_taken_back(door: Door, other: Door):
    is_known_here(door)
    says(other, "its me mia my word is purple otter")
    anna = door.practitioner()
    elsewhere = doors.add_authority(door.engine, la_code="999")
    stranger = doors.add_practitioner(door.engine, elsewhere, "Eve", RoleName.PRACTITIONER)
    conversation_id = other.conversation_id

    with transaction(door.engine) as session:
        [row] = recognitions.of_conversation(session, anna, conversation_id)
        with pytest.raises(AccessDeniedError):
            recognitions.of_conversation(session, stranger, conversation_id)
        recognitions.undo(session, anna, row.id)
    with transaction(door.engine) as session:
        undone = session.get_one(Conversation, conversation_id)
        assert undone.child_id == row.former_child_id
    assert "child_known_again_undone" in door.actions()


@pytest.mark.parametrize(
    "text",
    [
        "my safe word is purple otter",
        "what word is that again",
        "its me again",
        "he said the word is mightier than the sword",
        "im back",
    ],
)
def test_other_words_are_no_claim(text: str):
    assert claim_in(text) is None


def test_the_times_of_tries_are_counted_for_a_day(door: Door, other: Door):
    is_known_here(door)
    says(other, "its me mia my word is nope")

    [row] = tries(door)
    assert row.tried_at - door.clock.now() <= dt.timedelta(0)
    assert row.name_digest != "mia"
