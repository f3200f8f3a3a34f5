"""A child who comes back: after minutes, a day, weeks, or the end, with the same or a new worry."""

import pytest
from sqlalchemy import select

from handover import audit, records
from handover.outgoing import Choice
from handover.records import GatheredAnswer
from models.contact import AnswerStatus, Contact, ContactOutcome
from models.conversation import Author, Conversation
from models.db import transaction
from models.practitioner import Practitioner
from models.urgency import Urgency
from tests.bot.said import CONCERN, EMERGENCY, URGENT, has
from tests.door import Door

WORRY = "I feel sad at school every day"


@pytest.fixture(autouse=True)
def _worried(door: Door) -> None:
    door.dialogue.levels[WORRY] = Urgency.CONCERN


def reads(door: Door, practitioner: Practitioner) -> None:
    """Opens the conversation's page, as the console notes it."""
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        audit.record(
            session, "conversation_read", conversation=conversation, practitioner=practitioner
        )


def contacts(door: Door) -> list[Contact]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(Contact).order_by(Contact.id)))


def tells(door: Door, text: str = WORRY, **answers: str) -> None:
    door.dialogue.answers = tuple(
        GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value)
        for field, value in answers.items()
    )
    door.child_says(text)
    door.work()
    door.dialogue.answers = ()


def new_words(door: Door, before: int) -> str:
    return " ".join(door.sent()[before:])


def test_after_minutes_the_talk_just_goes_on(door: Door):
    tells(door)
    door.clock.forward(minutes=40)
    before = len(door.sent())
    state = door.conversation().dialogue_state
    door.child_says("i was having tea")
    door.work()

    assert door.sent()[before:] == ["I heard: i was having tea"]
    assert door.dialogue.turns[-1].state == state


def test_a_greeting_after_a_day_is_met_by_one_welcome(door: Door):
    tells(door)
    door.clock.forward(hours=24)
    before = len(door.sent())
    door.dialogue.replies = ("Hi.", "I am listening.")
    door.dialogue.responses = {"Hi.": "utter_hello"}
    door.child_says("hiya")
    door.work()

    welcome, rest = door.sent()[before:]
    assert "What you told me is saved" in welcome
    assert rest == "I am listening."
    assert door.dialogue.turns[-1].context["welcomed"] is True


def test_after_a_day_they_hear_that_it_is_kept_and_that_nobody_has_read_it(door: Door):
    tells(door)
    door.clock.forward(hours=24)
    before = len(door.sent())
    door.child_says("it happened again today at school")
    door.work()

    said = new_words(door, before)
    assert "What you told me is saved" in said
    assert "It is still waiting to be read." in said
    assert WORRY not in said
    assert door.conversation().episode == 1


def test_they_hear_when_a_person_last_read_it_and_what_waits(door: Door):
    tells(door)
    door.clock.forward(minutes=30)
    reads(door, door.practitioner())
    read_at = door.clock.now()
    door.clock.forward(hours=23)
    door.child_says("hello how are you doing today")
    door.work()

    assert "A person here last read this yesterday at " in door.sent()[-2]
    assert f"{read_at.astimezone().minute:02}" in door.sent()[-2]
    door.clock.forward(hours=24)
    door.child_says("hello how are you doing today")
    door.work()

    assert "What you wrote after that is waiting to be read." in door.sent()[-2]


def test_who_asks_what_came_of_it_hears_when_a_person_last_read_it(door: Door):
    tells(door)
    reads(door, door.practitioner())
    door.dialogue.commands = ("status_request",)
    door.child_says("has anyone read it")
    door.work()

    assert door.sent()[-1].startswith("A person here last read this today at ")


@pytest.mark.parametrize("text", [EMERGENCY, URGENT])
def test_urgent_words_are_answered_before_any_welcome(door: Door, text: str):
    tells(door)
    door.clock.forward(days=3)
    before = len(door.sent())
    door.child_says(text)
    door.work()

    assert "Welcome back" not in new_words(door, before)
    assert has(door.sent()[before:], "emergency" if text == EMERGENCY else "urgent_called")


def test_somebody_else_on_the_phone_is_not_welcomed(door: Door):
    tells(door)
    door.clock.forward(days=1)
    door.dialogue.commands = ("wrong_reader",)
    before = len(door.sent())
    door.child_says("who is this, i am his mum")
    door.work()

    assert "saved" not in new_words(door, before)


def test_what_nobody_has_decided_on_goes_on_after_weeks_unless_it_is_something_new(door: Door):
    tells(door)
    door.clock.forward(days=30)
    door.child_says("hi")
    door.work()
    assert door.conversation().episode == 1
    assert door.channel.sent[-1].buttons[1].title == "Something new"

    door.child_says("Something new")
    door.work()

    assert door.conversation().episode == 2
    assert "in your own words" in door.sent()[-1]
    tells(door)
    assert [contact.episode for contact in contacts(door)] == [1, 2]


def test_what_was_decided_on_is_over_after_weeks(door: Door):
    tells(door)
    anna = door.practitioner()
    door.decides(anna, ContactOutcome.EARLY_HELP, "A family worker helps.")
    door.clock.forward(days=30)

    tells(door)

    assert [contact.episode for contact in contacts(door)] == [1, 2]


def test_after_the_end_the_same_worry_is_tied_to_the_earlier_contact_and_not_asked_again(
    door: Door,
):
    tells(door, who_involved="my stepdad", current_location="my nans", age="13")
    anna = door.practitioner()
    door.takes_over(anna)
    door.ends(anna)
    door.clock.forward(days=2)
    door.child_says("hello")
    door.work()
    door.child_says("1")
    door.work()

    door.child_says("he did it again")
    door.work()

    newest = contacts(door)[-1]
    assert (newest.episode, newest.continues_episode) == (2, 1)
    known = door.dialogue.turns[-1].known
    assert known["who_involved"]["value"] == "my stepdad"
    assert known["age"]["value"] == "13"
    assert "current_location" not in known, "where they are now is asked anew"


def test_after_the_end_a_new_worry_knows_only_what_lasts(door: Door):
    tells(door, who_involved="my stepdad", age="13")
    anna = door.practitioner()
    door.takes_over(anna)
    door.ends(anna)
    door.clock.forward(days=2)

    tells(door)

    known = door.dialogue.turns[-1].known
    assert "who_involved" not in known
    assert known["age"]["value"] == "13"


def test_what_staff_answered_meanwhile_is_not_asked_again(door: Door):
    door.dialogue.asked = "school"
    tells(door)
    conversation_id, anna = door.conversation_id, door.practitioner()
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, conversation_id)
        contact = records.current_contact(session, conversation)
        answer = GatheredAnswer(field="school", status=AnswerStatus.VALUE, value="Hill School")
        records.record_answers(session, contact, [answer], practitioner=anna)
    door.child_says("ok im back home")
    door.work()

    turn = door.dialogue.turns[-1]
    assert turn.known["school"]["value"] == "Hill School"
    assert turn.context["asked_is_answered"] is True


def test_a_late_press_of_our_own_button_means_nothing_to_the_dialogue(door: Door):
    door.dialogue.choices = (Choice(title="Yes", payload="aside:yes"),)
    door.child_says("hi")
    door.work()
    door.child_says("Yes")
    door.work()

    assert door.dialogue.turns[-1].choice is None


def test_a_practitioner_who_holds_is_not_talked_over(door: Door):
    tells(door, CONCERN)
    door.takes_over(door.practitioner())
    door.work()
    door.clock.forward(days=1)
    before = len(door.messages(Author.BOT))
    door.child_says("hello")
    door.work()

    assert len(door.messages(Author.BOT)) == before
