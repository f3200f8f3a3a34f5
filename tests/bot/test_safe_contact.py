"""What a child says of being written to becomes their plan, and is kept to."""

import datetime as dt

import pytest
from sqlalchemy import select

from bot import outbox
from handover import contact_plan, overrides, plan_changes, service
from handover.contact_plan import Plan
from handover.overrides import OverrideRefusedError
from handover.plan_changes import PlanPart, PlanStep
from handover.records import GatheredAnswer
from models.contact import AnswerStatus
from models.contact_plan import PlanChange
from models.conversation import Author, Conversation, Delivery, DeliveryStatus
from models.db import transaction
from models.urgency import Urgency
from tests.door import Door

QUESTION = "Does anyone else look at your phone?"


def asked(door: Door, field: str) -> None:
    """Lets the dialogue ask for a field."""
    door.dialogue.asked = field
    door.child_says("hi")
    door.work()
    door.dialogue.asked = None


def child_answers(door: Door, field: str, text: str, value: str | None = None) -> None:
    """Lets a child answer what was asked; the dialogue asks on."""
    door.dialogue.answers = (
        GatheredAnswer(field=field, status=AnswerStatus.VALUE, value=value or text),
    )
    door.dialogue.replies = (QUESTION,)
    door.dialogue.responses = {QUESTION: "utter_ask_must_not_know"}
    door.child_says(text)
    door.work()
    door.dialogue.answers = ()
    door.dialogue.replies = None


def child_gives_times(door: Door, text: str) -> None:
    asked(door, "safe_contact_times")
    child_answers(door, "safe_contact_times", text)


def plan(door: Door) -> Plan:
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        return contact_plan.read(conversation.child.contact_plan)


def changes(door: Door) -> list[PlanChange]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(PlanChange).order_by(PlanChange.id)))


def described(door: Door) -> list[str]:
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        return plan_changes.describe(session, conversation)


def at(door: Door, day: int, hour: int, minute: int = 0) -> None:
    """Sets the clock to a day of January 2026, whose fifth is a Monday."""
    door.clock.set(dt.datetime(2026, 1, day, hour, minute, tzinfo=dt.UTC))


def practitioner_writes(door: Door, text: str) -> Delivery:
    anna = door.practitioner()
    if door.conversation().practitioner_id is None:
        door.takes_over(anna)
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        assert conversation.practitioner is not None
        service.say(session, conversation.practitioner, conversation.id, text)
    outbox.release_held(door.engine)
    door.work()
    return door.deliveries()[-1]


def test_plain_times_are_said_back_and_kept_with_the_childs_words(door: Door):
    child_gives_times(door, "after 4 on weekdays")

    assert "Monday to Friday from 4pm to 9pm" in door.sent()[-2]
    assert door.sent()[-1] == QUESTION
    [change] = changes(door)
    assert change.words == "after 4 on weekdays"
    assert change.author is Author.CHILD
    assert change.message_id is not None


def test_times_hold_a_practitioners_words_until_they_come(door: Door):
    at(door, 5, 15)
    child_gives_times(door, "after 4 on weekdays")
    at(door, 6, 12)

    assert practitioner_writes(door, "How are you?").status is DeliveryStatus.HELD

    at(door, 6, 16, 1)
    outbox.release_held(door.engine)
    door.work()
    assert door.sent()[-1] == "How are you?"


def test_doubt_is_said_and_asked_about_before_the_next_question(door: Door):
    child_gives_times(door, "before 9")

    assert door.sent()[-1].endswith("Is that right?")
    assert QUESTION not in door.sent()


def test_doubt_allows_nothing_until_the_child_says_that_it_is_right(door: Door):
    at(door, 5, 15)
    child_gives_times(door, "before 9")
    at(door, 6, 12)
    assert practitioner_writes(door, "How are you?").status is DeliveryStatus.HELD
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        assert conversation.practitioner is not None
        service.release(session, conversation.practitioner, conversation.id)

    door.child_says("yes")
    door.work()

    assert QUESTION in door.sent()
    assert plan(door).pending is None
    at(door, 7, 12)
    assert practitioner_writes(door, "And today?").status is DeliveryStatus.SENT


def test_a_wrong_guess_is_taken_back_and_the_child_says_it_anew(door: Door):
    child_gives_times(door, "before 9")
    door.child_says("no")
    door.work()
    assert plan(door).next_opening(door.clock.now()) is None

    door.child_says("after 5 on fridays")
    door.work()

    assert "on Friday from 5pm to 9pm" in door.sent()[-2]
    assert door.sent()[-1] == QUESTION
    assert [change.part for change in changes(door)] == ["times", "times_right", "times"]


def test_the_button_under_the_question_answers_it(door: Door):
    child_gives_times(door, "before 9")
    door.child_says("Yes", choice="aside:yes")
    door.work()

    assert plan(door).pending is None


def test_what_is_no_answer_goes_to_the_dialogue(door: Door):
    child_gives_times(door, "before 9")
    door.child_says("my dog died and i feel really lonely now")
    door.work()

    assert door.sent()[-1].startswith("I heard: my dog died")
    assert door.conversation().aside is None


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ("if my mum answers say its the library", "its the library"),
        ("if someone else picks up the phone pls say youre from school", "youre from school"),
        ("if she asks who this is you can tell her its homework club", "its homework club"),
    ],
)
def test_what_to_say_to_somebody_else_is_heard_unasked(door: Door, text: str, say: str):
    door.child_says(text)
    door.work()

    assert plan(door).if_someone_else == say


@pytest.mark.parametrize("text", ["not when mums home", "wieczorem po bajce"])
def test_words_that_no_clock_can_keep_let_us_only_answer(door: Door, text: str):
    at(door, 5, 15)
    child_gives_times(door, text)
    assert "only write back when you write first" in door.sent()[-2]

    at(door, 6, 16)
    assert practitioner_writes(door, "How are you?").status is DeliveryStatus.HELD
    assert any("no times that the service can keep to" in line for line in described(door))


def test_a_later_word_amends_and_nothing_is_overwritten(door: Door):
    child_gives_times(door, "after 4 on weekdays")
    door.child_says("dont text me on mondays")
    door.work()

    assert "but not on Monday" in door.sent()[-1]
    assert plan(door).times.windows[0].start == dt.time(16)
    assert [change.words for change in changes(door)] == [
        "after 4 on weekdays",
        "dont text me on mondays",
    ]


def test_a_child_tells_a_person_and_the_plan_hears_it(door: Door):
    door.child_says("hi")
    door.work()
    door.takes_over(door.practitioner())
    door.child_says("pls only text me after 5")
    door.work()

    assert plan(door).times.windows[0].start == dt.time(17)


@pytest.mark.parametrize(
    "text",
    [
        "he texts me after 10 every night",
        "she does not message me at night any more",
        "if my dad asks he will say i lie",
        "if my mum sees it she will tell him everything",
        "i told him dont text me after 9",
        "my mates only text on whatsapp",
    ],
)
def test_what_somebody_else_does_is_no_wish(door: Door, text: str):
    door.child_says(text)
    door.work()

    assert changes(door) == []


def test_only_one_channel_may_be_allowed(door: Door):
    at(door, 5, 15)
    door.child_says("only on whatsapp please")
    door.work()
    assert "WhatsApp" in door.sent()[-1]

    at(door, 6, 15)
    delivery = practitioner_writes(door, "How are you?")
    assert delivery.status is DeliveryStatus.WITHHELD
    assert delivery.error_code == "channel_not_allowed"


def test_who_must_not_know_and_what_to_say_to_them_are_on_the_plan(door: Door):
    asked(door, "must_not_know")
    child_answers(door, "must_not_know", "my stepdad he checks my phone", "my stepdad")
    door.child_says("no thanks")
    door.work()
    door.child_says("say its the library")
    door.work()

    assert plan(door).must_not_know == "my stepdad"
    assert plan(door).if_someone_else == "say its the library"
    assert plan(door).is_phone_shared
    assert any("my stepdad" in line for line in described(door))
    assert door.sent()[-1] == QUESTION


def test_who_must_not_know_alone_makes_no_shared_phone(door: Door):
    asked(door, "must_not_know")
    child_answers(door, "must_not_know", "my dad")

    assert not plan(door).is_phone_shared
    assert plan(door).must_not_know == "my dad"


def test_a_phone_that_nobody_else_sees_is_not_shared(door: Door):
    asked(door, "must_not_know")
    child_answers(door, "must_not_know", "no one looks at it", "no")

    assert not plan(door).is_phone_shared
    assert plan(door).must_not_know is None


def test_staff_amend_the_plan_only_with_a_reason(door: Door):
    door.child_says("hi")
    door.work()
    anna = door.practitioner()
    step = PlanStep(part=PlanPart.SHARED_PHONE, words="Told on the phone", reading=True)
    with transaction(door.engine) as session:
        conversation = service.access_conversation(session, anna, door.conversation_id)
        with pytest.raises(ValueError, match="why"):
            plan_changes.amend(session, anna, conversation, step, reason=" ")
        plan_changes.amend(session, anna, conversation, step, reason="School rang.")

    [change] = changes(door)
    assert (change.author, change.practitioner_id) == (Author.PRACTITIONER, anna.id)
    assert change.reason == "School rang."
    assert plan(door).is_phone_shared
    assert "plan_amended" in door.actions()


def held_in_emergency(door: Door) -> Delivery:
    """Gives a message that the plan holds in an emergency."""
    at(door, 5, 15)
    child_gives_times(door, "after 4 on weekdays")
    door.child_says("he is hitting me right now")
    door.work()
    at(door, 6, 12)
    return practitioner_writes(door, "Are you safe?")


def test_two_people_and_a_reason_send_in_an_emergency_what_the_plan_holds(door: Door):
    held = held_in_emergency(door)
    assert held.status is DeliveryStatus.HELD
    anna, ben = door.practitioner("Anna"), door.practitioner("Ben")
    with transaction(door.engine) as session:
        with pytest.raises(ValueError, match="wait"):
            overrides.ask_override(session, anna, held.message_id, reason="")
        asked_for = overrides.ask_override(session, anna, held.message_id, reason="In danger.")
        with pytest.raises(OverrideRefusedError, match="second person"):
            overrides.confirm_override(session, anna, asked_for.id)
    door.work()
    assert "Are you safe?" not in door.sent()

    with transaction(door.engine) as session:
        overrides.confirm_override(session, ben, asked_for.id)
    door.work()

    assert door.sent()[-1] == "Are you safe?"
    assert {"override_asked", "override_confirmed"} <= set(door.actions())


def test_without_an_emergency_nobody_sends_against_the_plan(door: Door):
    at(door, 5, 15)
    child_gives_times(door, "after 4 on weekdays")
    at(door, 6, 12)
    held = practitioner_writes(door, "How are you?")

    with (
        transaction(door.engine) as session,
        pytest.raises(OverrideRefusedError, match="emergency"),
    ):
        overrides.ask_override(session, door.practitioner(), held.message_id, reason="Quick.")


def test_a_confirmation_that_comes_too_late_sends_nothing(door: Door):
    held = held_in_emergency(door)
    with transaction(door.engine) as session:
        asked_for = overrides.ask_override(
            session, door.practitioner(), held.message_id, reason="In danger."
        )
    door.clock.forward(minutes=31)

    with transaction(door.engine) as session, pytest.raises(OverrideRefusedError, match="half"):
        overrides.confirm_override(session, door.practitioner("Ben"), asked_for.id)


def test_an_emergency_is_answered_first_and_no_plan_is_talked_of(door: Door):
    asked(door, "safe_contact_times")
    door.dialogue.levels["before 9"] = Urgency.EMERGENCY
    child_answers(door, "safe_contact_times", "before 9")

    assert not any("Is that right?" in text for text in door.sent())
