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


def test_a_second_slight_doubt_is_not_read_of_who_said_outright_that_all_is_well(door):
    _play(door)
    door.dialogue.is_all_well = True
    door.dialogue.levels["might tell the girls in my form"] = Urgency.CONCERN
    door.child_says("might tell the girls in my form")
    door.work()
    assert door.call() is None

    door.dialogue.levels["and then it kicked off"] = Urgency.URGENT
    door.child_says("and then it kicked off")
    door.work()
    assert door.call() is not None


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


def _ask(door, question: str, *, sureness: float, worry: bool = False) -> None:
    door.dialogue.replies = ("I don't ring the police myself.",)
    door.dialogue.responses = {"I don't ring the police myself.": "utter_tell_police"}
    door.dialogue.has_worry = worry
    door.dialogue.levels[question] = Urgency.URGENT
    door.dialogue.sureness = sureness
    door.child_says(question)
    door.work()


def test_a_question_about_the_service_rings_only_for_an_alarm_that_is_sure(door, engine):
    _ask(door, "does somebody ring the cops", sureness=0.7)
    _ask(door, "do the cops come round then", sureness=0.7)

    assert door.call() is None
    assert door.sent()[-2:] == ["I don't ring the police myself."] * 2
    with reading(engine) as session:
        [row] = lists.rows(session, door.conversation().authority_id, [door.conversation().id])
        assert row.is_set_aside

    _ask(door, "so do they come tonight", sureness=0.95)

    assert door.call() is not None


def test_a_grown_up_who_only_asks_is_answered_and_no_person_is_called(door):
    asked = "would i be told if my son wrote to you"
    door.dialogue.replies = ("Not always.",)
    door.dialogue.responses = {"Not always.": "utter_adult_told"}
    door.dialogue.levels[asked] = Urgency.URGENT
    door.dialogue.sureness = 0.7
    door.child_says(asked)
    door.work()

    assert door.sent()[-1] == "Not always."
    assert door.call() is None


def test_a_question_in_which_a_worry_is_told_rings_by_any_doubt(door):
    _ask(door, "does my uncle have to go then", sureness=0.7, worry=True)

    assert door.call() is not None


def test_a_bidding_to_send_no_texts_is_done_and_calls_nobody(door):
    door.dialogue.replies = ("OK, we have stopped.",)
    door.dialogue.responses = {"OK, we have stopped.": "utter_stop"}
    door.dialogue.commands = ("stop",)
    door.dialogue.levels["i want none of ur txts"] = Urgency.URGENT
    door.dialogue.sureness = 0.7
    door.child_says("i want none of ur txts")
    door.work()

    assert door.call() is None

    door.dialogue.levels["i want none of it"] = Urgency.URGENT
    door.child_says("i want none of it")
    door.work()

    assert door.call() is not None


def test_a_wish_for_another_worker_sets_a_task_and_calls_a_person(door, engine):
    door.dialogue.commands = ("change_of_worker",)
    door.child_says("can i have a different social worker")
    door.work()

    call = door.call()
    assert call is not None
    with reading(engine) as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.CHANGE_OF_WORKER)).one()
        assert task.owner_id is None


def test_a_question_of_what_anybody_tells_rings_for_no_model_however_sure(door, engine):
    door.dialogue.is_of_anybody = True
    _ask(door, "if a kid tells you something bad what do you do", sureness=0.95)

    assert door.call() is None
    with reading(engine) as session:
        [row] = lists.rows(session, door.conversation().authority_id, [door.conversation().id])
        assert row.is_set_aside
