"""Idle talk that only sounds worrying calls nobody; a wish for another worker calls somebody."""

from sqlalchemy import select

from handover import lists
from models.casework import Task, TaskKind
from models.contact import Contact
from models.conversation import HandoverReason
from models.db import reading
from models.urgency import Urgency

_GAME = "we got destroyed in ranked"


def _play(door) -> None:
    door.dialogue.replies = ("Thanks for chatting.",)
    door.dialogue.responses = {"Thanks for chatting.": "utter_chat"}
    door.dialogue.levels = {_GAME: Urgency.CONCERN}
    door.child_says(_GAME)
    door.work()


def test_a_game_told_in_alarming_words_opens_no_contact_and_calls_nobody(door, engine):
    _play(door)

    assert door.sent()[-1] == "Thanks for chatting."
    assert door.call() is None, door.call().reason
    with reading(engine) as session:
        assert session.scalars(select(Contact)).all() == []


def test_a_second_doubt_in_a_talk_is_no_accident_and_is_read(door):
    _play(door)
    again = "and then they wiped us out again"
    door.dialogue.levels[again] = Urgency.CONCERN
    assert door.call() is None

    door.child_says(again)
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.CONTACT_READY


def test_the_list_marks_what_the_bot_took_for_play(door, engine):
    _play(door)

    with reading(engine) as session:
        [row] = lists.rows(session, door.conversation().authority_id, [door.conversation().id])
        assert row.is_set_aside

    door.dialogue.levels["i hate it here"] = Urgency.CONCERN
    door.child_says("i hate it here")
    door.work()

    with reading(engine) as session:
        [row] = lists.rows(session, door.conversation().authority_id, [door.conversation().id])
        assert not row.is_set_aside


def test_what_is_judged_a_concern_and_is_no_idle_talk_is_still_read(door):
    door.dialogue.levels = {"he says stuff to me": Urgency.CONCERN}
    door.child_says("he says stuff to me")
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.CONTACT_READY


def test_what_a_phrase_hears_is_never_waved_away_as_play(door):
    told = "my mum drinks a lot"
    door.dialogue.replies = ("Thanks for chatting.",)
    door.dialogue.responses = {"Thanks for chatting.": "utter_chat"}
    door.dialogue.levels = {told: Urgency.CONCERN}
    door.child_says(told)
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.CONTACT_READY


def test_a_wish_for_another_worker_sets_a_task_and_calls_a_person(door, engine):
    door.dialogue.commands = ("change_of_worker",)
    door.child_says("can i have a different social worker")
    door.work()

    call = door.call()
    assert call is not None
    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.CHANGE_OF_WORKER)).one()
        assert task.owner_id is None
