"""Tidying up: what can be taken back is, what cannot is said, and our record keeps all of it."""

import datetime as dt

from sqlalchemy import select

from bot import tidying
from bot.channels.base import DeliveryFailedError, DeliveryUnknownError
from models.conversation import Author
from models.db import transaction
from models.delivery import Deletion, DeletionStatus
from tests.bot.said import has
from tests.door import Door


def talk(door: Door) -> None:
    for said in ("hi", "my mum shouts"):
        door.child_says(said)
        door.work()


def rows(door: Door) -> list[Deletion]:
    with transaction(door.engine) as session:
        return list(session.scalars(select(Deletion).order_by(Deletion.id)))


def ask(door: Door, said: str = "delete") -> None:
    door.child_says(said)
    door.work()


def test_telegrams_messages_are_taken_back_ours_and_theirs(door: Door):
    talk(door)
    ask(door)

    assert [number for _, number in door.channel.deleted] == [
        *("1", "2", "3"),
        *("fake-telegram-1", "fake-telegram-2"),
    ]
    assert has(door.sent(), "delete_done_telegram")
    assert not has(door.sent(), "delete_left")


def test_our_record_keeps_what_was_taken_back(door: Door):
    talk(door)
    ask(door)

    assert [one.text for one in door.messages()] == ["hi", "my mum shouts", "delete"]
    assert len(door.messages(Author.BOT)) == 4
    assert "tidy_asked" in door.actions()


def test_what_is_older_than_two_days_is_left(door: Door):
    talk(door)
    door.clock.forward(hours=49)
    ask(door)

    assert [number for _, number in door.channel.deleted] == ["3"]


def test_what_could_not_be_taken_back_is_told_at_the_end(door: Door):
    talk(door)
    door.channel.undeletable = {"1", "fake-telegram-2"}
    ask(door)

    assert door.sent()[-1].startswith("2 could not")


def test_a_provider_that_is_busy_is_asked_again(door: Door):
    talk(door)
    door.channel.delete_failures.extend(
        [DeliveryFailedError("telegram_429", retry_after=dt.timedelta(seconds=30))]
    )
    ask(door)
    assert len(door.channel.deleted) == 4
    assert rows(door)[0].status is DeletionStatus.WAITING

    door.clock.forward(seconds=31)
    door.work()

    assert {row.status for row in rows(door)} == {DeletionStatus.DONE}


def test_a_try_without_an_answer_that_is_then_refused_had_worked(door: Door):
    talk(door)
    door.channel.delete_failures.append(DeliveryUnknownError())
    door.channel.undeletable = {"1"}
    ask(door)
    door.clock.forward(seconds=5)
    door.work()

    assert {row.status for row in rows(door)} == {DeletionStatus.DONE}


def test_what_fails_for_a_day_is_given_up_and_told(door: Door):
    talk(door)
    ask(door)
    door.channel.deleted.clear()
    door.child_says("ok")
    door.channel.delete_failures.extend([DeliveryFailedError("telegram_5xx")] * 5000)
    ask(door, "delete it")
    for _ in range(200):
        door.clock.forward(minutes=10)
        door.work()

    waiting = [row for row in rows(door) if row.status is DeletionStatus.WAITING]
    assert waiting == []
    assert any("could not be taken away" in text for text in door.sent())


def test_asked_twice_nothing_is_taken_back_twice(door: Door):
    talk(door)
    ask(door)
    ask(door, "delete everything")

    deleted = [number for _, number in door.channel.deleted]
    assert len(deleted) == len(set(deleted))


def test_delete_in_other_words_is_understood_by_the_dialogue(door: Door):
    talk(door)
    door.dialogue.commands = ("delete_request",)
    ask(door, "can u get rid of what i wrote")

    assert len(door.channel.deleted) == 5


def test_what_a_text_message_leaves_behind_is_said(sms_door: Door):
    talk(sms_door)
    ask(sms_door)

    assert any("bill or a backup" in text for text in sms_door.sent())
    assert rows(sms_door) == []
    assert sms_door.channel.deleted == []


def test_what_whatsapp_leaves_behind_is_said(whatsapp_door: Door):
    talk(whatsapp_door)
    ask(whatsapp_door)

    assert any("bill or a backup" in text for text in whatsapp_door.sent())
    assert rows(whatsapp_door) == []


def test_nothing_is_taken_back_without_being_asked(door: Door):
    talk(door)

    assert not tidying.delete_due(door.engine, door.channels, worker="one")


def test_tidying_works_while_the_dialogue_is_down(door: Door):
    talk(door)
    door.dialogue.down = True
    ask(door, "delete this")

    assert len(door.channel.deleted) == 5
