"""How it went for the child: asked once, when all is calm, and kept for supervisors."""

import datetime as dt

import pytest
from sqlalchemy import select

from handover import feedback
from handover.feedback import FeedbackDeniedError
from models.conversation import Conversation
from models.db import transaction
from models.feedback import Feedback
from models.practitioner import RoleName
from models.urgency import Urgency
from tests.bot.said import EMERGENCY, URGENT
from tests.door import Door

QUESTION = "One more thing, if you like."


def talks(door: Door, *texts: str) -> None:
    for text in texts or ("hi", "i had a row with my mate", "we made up"):
        door.child_says(text)
        door.work()


def says_goodbye(door: Door, text: str = "bye") -> None:
    door.dialogue.commands = ("goodbye",)
    talks(door, text)
    door.dialogue.commands = ()


def is_ended(door: Door) -> None:
    anna = door.practitioner()
    door.takes_over(anna)
    door.ends(anna)
    door.work()


def rows(door: Door) -> list[Feedback]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(Feedback).order_by(Feedback.id)))


def was_asked(door: Door) -> bool:
    return any(text.startswith(QUESTION) for text in door.sent())


def test_after_a_calm_goodbye_it_is_asked_and_kept(sms_door: Door):
    talks(sms_door)
    says_goodbye(sms_door)
    assert "1. Very bad" in sms_door.sent()[-1]

    talks(sms_door, "4", "answer a bit faster")

    [row] = rows(sms_door)
    assert (row.score, row.words, row.open_item) == (4, "answer a bit faster", None)
    assert sms_door.sent()[-1].startswith("Thank you. The people who look after")
    assert sms_door.conversation().episode == 1


def test_after_a_practitioners_end_an_answer_begins_no_new_episode(door: Door):
    talks(door)
    is_ended(door)
    assert door.channel.sent[-1].buttons[4].title == "Really good"

    talks(door, "🙂", "a bit", "no")

    [row] = rows(door)
    assert (row.score, row.items, row.words) == (4, {"explained": 2}, None)
    assert door.conversation().episode == 1
    assert door.conversation().ended_at is not None


def test_other_words_after_the_end_begin_a_new_episode_and_end_the_asking(door: Door):
    talks(door)
    is_ended(door)

    talks(door, "my dog is called rex")

    assert door.conversation().episode == 2
    assert door.sent()[-1] == "I heard: my dog is called rex"
    talks(door, "5")
    assert rows(door)[0].score is None


@pytest.mark.parametrize("command", ["request_person", "finish_contact", "show_record"])
def test_a_wish_in_the_answer_is_a_wish_and_no_opinion(door: Door, command: str):
    talks(door)
    is_ended(door)
    talks(door, "5", "yes")
    door.dialogue.commands = (command,)

    talks(door, "can someone talk to me")

    [row, *_] = rows(door)
    assert row.words is None
    assert door.conversation().episode == 2


def test_a_worry_in_the_answer_is_heard_as_a_worry(door: Door):
    talks(door)
    is_ended(door)
    talks(door, "5", "yes")
    door.dialogue.levels["mum shouts at me all night long"] = Urgency.CONCERN

    talks(door, "mum shouts at me all night long")

    assert rows(door)[0].words is None
    conversation = door.conversation()
    assert (conversation.episode, conversation.urgency) == (2, Urgency.CONCERN)
    assert conversation.ended_at is None
    assert door.call() is not None


@pytest.mark.parametrize("text", [EMERGENCY, URGENT])
def test_it_is_never_asked_after_an_emergency_or_at_risk(door: Door, text: str):
    talks(door, "hi", "help", text)
    says_goodbye(door)
    is_ended(door)

    assert not was_asked(door)


def test_it_is_not_asked_after_an_emergency_that_was_lowered(door: Door):
    received = door.child_says(EMERGENCY)
    talks(door, "hi", "ok now")
    anna = door.practitioner()
    door.corrects(anna, received.message_id, Urgency.NO_CONCERN)
    door.takes_over(anna)
    door.ends(anna)
    door.work()

    assert not was_asked(door)


@pytest.mark.parametrize("word", ["x", "stop"])
def test_it_is_not_asked_under_cover_or_after_stop(door: Door, word: str):
    talks(door, "hi", "im fine", word)
    is_ended(door)

    assert not was_asked(door)


def test_it_is_asked_once_an_episode(door: Door):
    talks(door)
    says_goodbye(door)
    talks(door, "5", "no")
    says_goodbye(door, "bye then")

    assert sum(text.startswith(QUESTION) for text in door.sent()) == 1


def test_it_is_not_asked_outside_the_safe_contact_plan(door: Door):
    talks(door)
    now = door.clock.now()
    door.plans(
        {
            "from": f"{(now + dt.timedelta(hours=2)):%H:00}",
            "until": f"{(now + dt.timedelta(hours=3)):%H:00}",
        }
    )
    door.clock.forward(minutes=20)
    is_ended(door)

    assert rows(door) == []


def test_hardly_a_word_is_no_talk_to_ask_about(door: Door):
    says_goodbye(door)

    assert not was_asked(door)


def test_only_a_supervisor_reads_it(door: Door):
    talks(door)
    is_ended(door)
    talks(door, "1", "no", "listen more")
    anna = door.practitioner("Anna")
    ben = door.practitioner("Ben", RoleName.SUPERVISOR)
    since = door.clock.now() - dt.timedelta(days=1)

    with transaction(door.engine) as session:
        assert [one.words for one in feedback.given(session, ben, since=since)] == ["listen more"]
        with pytest.raises(FeedbackDeniedError):
            feedback.given(session, anna, since=since)


def test_every_question_of_every_set_has_its_texts():
    for name in ("bot", "practitioner"):
        item: str | None = "score"
        while item is not None:
            assert feedback.question(item, "cy").text
            item = feedback.following(name, item)
    assert len(feedback.voice_of_child()) == 5


def test_the_words_are_sealed_in_the_database(door: Door):
    talks(door)
    is_ended(door)
    talks(door, "3", "yes", "less long texts")
    with door.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT words FROM feedback").scalar_one()

    assert b"less long" not in bytes(raw)
    with transaction(door.engine) as session:
        assert session.get_one(Conversation, door.conversation_id).episode == 1
