"""One conversation: reading, taking over, replying, giving back, deciding. Without any script."""

import re

import pytest
from sqlalchemy import select

from bot.channels.base import DeliveryRefusedError
from models.audit import AuditEvent
from models.channel import MessageKind
from models.conversation import Author, Holder
from models.db import reading
from models.urgency import Urgency

HELP = "my stepdad hits me most weeks"


@pytest.fixture
def path(door) -> str:
    # The phrases alone then judge, which need no trained model.
    door.dialogue.cannot_score = True
    door.child_says(HELP)
    door.work()
    return f"/conversations/{door.conversation_id}"


def test_a_practitioner_reads_what_was_said_and_why_it_is_urgent(anna, desk_of, path) -> None:
    page = desk_of(anna).get(path).text

    assert HELP in re.sub(r"</?mark[^>]*>", "", page)
    judged = re.search(r'app-message__judged">(.+?)</div>', page, re.DOTALL)
    assert judged is not None
    assert "Urgent" in judged[1]
    assert "hits me" in judged[1]


def test_reading_a_conversation_is_kept(door, anna, desk_of, path, engine) -> None:
    desk_of(anna).get(path)

    with reading(engine) as session:
        read = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "conversation_read")
        ).one()
        assert read.practitioner_id == anna.id
        assert read.conversation_id == door.conversation_id


def test_a_practitioner_takes_over_replies_and_gives_back(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)

    taken = desk.post(f"{path}/take-over")
    desk.get(path)
    desk.post(f"{path}/reply", text="Hello, I am Anna.")
    door.send()
    said = door.sent()
    desk.post(f"{path}/release")

    assert taken.status_code == 302
    assert said[-1] == "Hello, I am Anna."
    assert door.conversation().holder is Holder.BOT
    assert "The bot answers again" in desk.get(path).text


def test_an_emergency_that_is_answered_and_given_back_calls_a_colleague(
    door, anna, desk_of, path
) -> None:
    door.child_says("hes coming up the stairs with a knife")
    door.work()
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")
    desk.get(path)
    desk.post(f"{path}/reply", text="Hello, I am Anna.", confirm="yes")
    desk.post(f"{path}/release")
    page = desk.get(path).text

    # Only somebody who says that the emergency is over leaves the child with the bot alone.
    assert door.conversation().holder is Holder.NOBODY
    assert "A practitioner gave it back" in page
    assert "A colleague is called" in page


def test_the_bot_is_quiet_while_a_person_holds(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")
    before = len(door.messages(Author.BOT))

    door.child_says("are you real")
    door.work()

    assert len(door.messages(Author.BOT)) == before


def test_of_two_who_take_over_the_second_is_told_who_was_first(
    door, anna, ben, desk_of, path
) -> None:
    first, second = desk_of(anna), desk_of(ben)
    first.get(path)
    second.get(path)

    first.post(f"{path}/take-over")
    second.post(f"{path}/take-over")

    assert door.conversation().practitioner_id == anna.id
    assert "Anna Okafor took this conversation over before you" in second.get(path).text


def test_a_reply_to_a_conversation_held_by_another_is_not_sent_and_not_lost(
    door, anna, ben, desk_of, path
) -> None:
    desk_of(anna).get(path)
    first, second = desk_of(anna), desk_of(ben)
    first.get(path)
    second.get(path)
    first.post(f"{path}/take-over")

    answer = second.post(f"{path}/reply", text="it is not your fault")

    assert answer.status_code == 422
    assert "it is not your fault" in answer.text
    assert "not in your hands" in answer.text
    assert door.messages(Author.PRACTITIONER) == []


def test_the_same_form_sent_twice_says_it_once(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")
    form_id = desk.form_id(path)

    answers = [
        desk.post_as_script(f"{path}/reply", text="I am here.", form_id=form_id) for _ in range(3)
    ]

    assert answers[-1].get_json()["form_id"] != form_id
    assert [one.text for one in door.messages(Author.PRACTITIONER)] == ["I am here."]


def test_an_empty_reply_is_an_error_that_says_so(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")

    answer = desk.post(f"{path}/reply", text="   ")

    assert answer.status_code == 422
    assert "Write something before you send it" in answer.text
    assert "<title>Error:" in answer.text


def test_ending_asks_first_and_shows_what_the_child_is_told(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")

    asked = desk.get(f"{path}/end").text
    without = desk.post(f"{path}/end")
    desk.post(f"{path}/end", closing="thanks", next="I will ring your school on Monday.")
    said = [one.text for one in door.messages(Author.PRACTITIONER)]

    assert "has ended this chat" in asked
    assert "Choose what you say last" in without.text
    assert said[0].startswith("Thank you for talking with me")
    assert said[1] == "I will ring your school on Monday."
    assert "has ended this chat" in door.messages(Author.BOT)[-1].text
    assert door.conversation().ended_at is not None
    assert "Ended" in desk.get(path).text


def test_urgency_is_lowered_by_name_and_with_a_reason(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(f"{path}/urgency")

    without = desk.post(f"{path}/urgency", level="concern", text="")
    desk.post(f"{path}/urgency", level="concern", text="Spoke with her, she is at her nan's")

    assert without.status_code == 422
    assert "Say why the urgency changes" in without.text
    assert door.conversation().urgency is Urgency.CONCERN
    page = desk.get(path).text
    assert "Anna Okafor" in page
    assert "at her nan" in page


def test_the_decision_is_reached_from_the_talk_and_leads_back_to_it(anna, desk_of, path) -> None:
    desk = desk_of(anna)
    form = desk.get(f"{path}/decision").headers["Location"]
    desk.get(form)

    answer = desk.post(form, outcome="early_help", text="Help at home was agreed")

    assert answer.headers["Location"] == path
    assert "Decided: Early help" in desk.get(path).text


def test_the_help_numbers_go_out_in_one_press(door, anna, desk_of, path) -> None:
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")

    desk.post(f"{path}/help-numbers")

    assert "0800 1111" in door.messages(Author.PRACTITIONER)[-1].text


def test_a_childs_first_words_stay_beside_what_they_changed_them_to(
    door, anna, desk_of, path
) -> None:
    said = door.child_says("he hit me")
    door.child_edits(said, "he did nothing")

    page = desk_of(anna).get(path).text

    assert "he hit me" in page
    assert "he did nothing" in page
    assert "Changed by the child" in page


def test_a_deleted_message_is_kept_and_marked(door, anna, desk_of, path) -> None:
    said = door.child_says("please dont tell him")
    door.child_says(kind=MessageKind.DELETION, refers_to=door.message(said.message_id).reference)

    page = desk_of(anna).get(path).text

    assert "please dont tell him" in page
    assert "deleted this on their phone" in page


def test_a_picture_is_named_and_never_shown(door, anna, desk_of, path) -> None:
    door.child_sends(MessageKind.IMAGE)

    page = desk_of(anna).get(path).text

    assert "sent a picture. It is not shown here" in page
    assert "<img" not in page


def test_what_a_child_writes_is_shown_as_text(door, anna, desk_of, path) -> None:
    door.child_says("<script>alert(1)</script><b>hi</b>")

    page = desk_of(anna).get(path).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_message_that_did_not_arrive_says_why_and_what_to_do(door, anna, desk_of, path) -> None:
    door.channel.failures.append(DeliveryRefusedError("telegram_403"))
    desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")
    door.send()

    page = desk.get(path).text

    assert "Could not be sent. The child has blocked our Telegram bot" in page


def test_a_long_talk_is_read_in_parts(door, anna, desk_of, path) -> None:
    for number in range(210):
        door.child_says(f"line {number}")
    desk = desk_of(anna)

    newest = desk.get(path).text

    assert "line 209" in newest
    assert "line 3<" not in newest
    assert "Earlier messages" in newest
    assert HELP in desk.get(f"{path}?before={door.messages()[30].id}").text
