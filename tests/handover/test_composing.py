"""Writing to a child: taking back, cautions, replies kept ready, the brief, "typing"."""

import threading

import pytest

from bot import courtesy, working
from handover import canned
from handover.records import GatheredAnswer
from models.authority import Authority
from models.contact import AnswerStatus
from models.conversation import Author, Conversation
from models.db import reading, transaction
from models.practitioner import RoleName
from tests.handover.desk import Desk, add_staff

HELP = "my stepdad hits me most weeks"


@pytest.fixture
def path(door) -> str:
    # The phrases alone then judge, which need no trained model.
    door.dialogue.cannot_score = True
    door.child_says(HELP)
    door.work()
    return f"/conversations/{door.conversation_id}"


@pytest.fixture
def holder(desk_of, anna, path) -> Desk:
    """Gives Anna's desk, who holds the conversation."""
    return take_over(desk_of(anna), path)


def take_over(desk: Desk, path: str) -> Desk:
    desk.get(path)
    desk.post(f"{path}/take-over")
    desk.get(path)
    return desk


def child_gives(door, status: AnswerStatus = AnswerStatus.VALUE, **values: str) -> None:
    door.dialogue.answers = tuple(
        GatheredAnswer(field=name, status=status, value=value or None)
        for name, value in values.items()
    )
    door.child_says("ok")
    door.work()
    door.dialogue.answers = ()


class TestTakingBack:
    @pytest.fixture(autouse=True)
    def _allow(self, engine, authority) -> None:
        with transaction(engine) as session:
            session.get_one(Authority, authority.id).undo_seconds = 5

    def test_a_message_waits_so_that_it_can_be_taken_back(self, door, holder, path) -> None:
        holder.post(f"{path}/reply", text="Hello Rose")
        door.send()
        before = door.sent()
        number = door.messages(Author.PRACTITIONER)[-1].id
        page = holder.get(path).text

        again = holder.post(f"{path}/messages/{number}/take-back").text
        door.clock.forward(seconds=10)
        door.send()

        assert "Take it back" in page
        assert "Hello Rose" not in before
        assert "Hello Rose</textarea>" in again
        assert "Hello Rose" not in door.sent()
        assert "Taken back before it was sent" in holder.get(path).text

    def test_it_goes_after_the_seconds_and_then_it_is_too_late(self, door, holder, path) -> None:
        holder.post(f"{path}/reply", text="Hello Rosie")
        number = door.messages(Author.PRACTITIONER)[-1].id
        door.clock.forward(seconds=6)
        door.send()

        holder.post(f"{path}/messages/{number}/take-back")

        assert door.sent()[-1] == "Hello Rosie"
        assert "too late to take it back" in holder.get(path).text

    def test_nobody_takes_back_what_another_said(self, door, holder, ben, desk_of, path) -> None:
        holder.post(f"{path}/reply", text="Hello Rosie")
        number = door.messages(Author.PRACTITIONER)[-1].id
        other = desk_of(ben)
        seen = other.get(path).text

        other.post(f"{path}/messages/{number}/take-back")
        door.clock.forward(seconds=6)
        door.send()

        assert "Take it back" not in seen
        assert door.sent()[-1] == "Hello Rosie"

    def test_what_follows_keeps_its_order(self, door, holder, path) -> None:
        holder.post(f"{path}/reply", text="first")
        holder.post(f"{path}/help-numbers")
        door.clock.forward(seconds=6)
        door.send()

        assert door.sent()[-2] == "first"
        assert "0800 1111" in door.sent()[-1]


class TestCautions:
    def test_a_question_that_was_answered_is_sent_only_when_it_is_meant(
        self, door, anna, desk_of, path
    ) -> None:
        child_gives(door, age="13")
        holder = take_over(desk_of(anna), path)

        first = holder.post(f"{path}/reply", text="How old are you?")
        said = door.messages(Author.PRACTITIONER)
        holder.post(f"{path}/reply", text="How old are you?", confirm="yes")

        assert first.status_code == 422
        assert "They have told us this already. Age: 13." in first.text
        assert "Send it all the same" in first.text
        assert "How old are you?</textarea>" in first.text
        assert said == []
        assert door.messages(Author.PRACTITIONER)[-1].text == "How old are you?"

    def test_a_question_they_would_rather_not_answer_is_warned_of(
        self, door, anna, desk_of, path
    ) -> None:
        child_gives(door, AnswerStatus.PREFER_NOT_TO_SAY, school="")
        holder = take_over(desk_of(anna), path)

        found = holder.post_as_script(f"{path}/check", text="what school do you go to").get_json()

        assert "They would rather not say this: school." in found["html"]

    def test_other_words_raise_no_caution(self, door, anna, desk_of, path) -> None:
        child_gives(door, age="13")
        holder = take_over(desk_of(anna), path)

        found = holder.post_as_script(f"{path}/check", text="Thank you for telling me").get_json()

        assert found["html"].strip() == ""

    def test_the_gateway_says_before_what_would_become_of_it(self, door, holder, path) -> None:
        door.child_says("stop")
        door.work()

        page = holder.get(path).text
        first = holder.post(f"{path}/reply", text="Are you ok?")

        assert "This would not be sent. The child asked us to stop writing." in page
        assert first.status_code == 422
        assert door.messages(Author.PRACTITIONER) == []

    def test_whatsapp_says_how_long_it_takes_words(self, whatsapp_door, anna, desk_of) -> None:
        door = whatsapp_door
        door.child_says("hi")
        desk = take_over(desk_of(anna), f"/conversations/{door.conversation_id}")

        before = desk.get(f"/conversations/{door.conversation_id}").text
        door.clock.forward(hours=25)
        after = desk.get(f"/conversations/{door.conversation_id}").text

        assert "WhatsApp takes your words until" in before
        assert "1 day left" in before
        assert "WhatsApp takes your words until" not in after
        assert "24 hours" in after


class TestRepliesKeptReady:
    def test_a_reply_is_put_into_the_draft_with_its_fields_filled(self, door, holder, path) -> None:
        page = holder.get(path).text

        inserted = holder.post(f"{path}/reply", text="Hi.", insert="reply-hello").text

        assert "Replies kept ready" in page
        assert "Hi. Hi, I&#39;m Anna Okafor." in inserted
        assert door.messages(Author.PRACTITIONER) == []

    def test_our_own_texts_are_offered_in_the_childs_language(
        self, engine, door, holder, path
    ) -> None:
        with transaction(engine) as session:
            session.get_one(Conversation, door.conversation_id).language = "pl"

        page = holder.get(path).text
        inserted = holder.post(f"{path}/reply", text="", insert="text-next_step").text

        assert "Our own texts in Polish" in page
        assert "In English: A person here will read this" in page
        assert 'dir="auto">' in inserted
        assert "Ask for an interpreter" in page

    def test_an_authority_keeps_its_own(self, admin, desk_of, holder, path) -> None:
        keeper = desk_of(admin)
        keeper.get("/replies")

        wrong = keeper.post("/replies/new", title="Bus", shortcut="bus", text="[[nobody]] is it")
        taken = keeper.post("/replies/new", title="Hi", shortcut="hello", text="Hi")
        keeper.post("/replies/new", title="Bus", shortcut="/bus", text="Can you get a bus?")
        keeper.post("/replies/hello", title="Hi", shortcut="hello", text="Hiya [[name]]!")
        keeper.post("/replies/numbers/remove")

        assert "There is no field called [[nobody]]" in wrong.text
        assert "Another reply has this shortcut" in taken.text
        page = holder.get(path).text
        assert "Can you get a bus?" in page
        assert "Hiya!" in page
        assert 'data-shortcut-word="numbers"' not in page
        assert 'data-shortcut-word="safe"' in page

    def test_the_replies_we_suggest_can_all_be_kept(self, engine, authority) -> None:
        keeper = add_staff(engine, authority, "Kim Lee", RoleName.EDITOR)
        with transaction(engine) as session:
            for one in canned.starters():
                canned.keep(
                    session,
                    keeper,
                    shortcut=one.shortcut,
                    title=one.title,
                    text=one.text,
                    replacing=one.shortcut,
                )
            kept = canned.of_authority(session, authority.id)

        assert {one.shortcut for one in kept} == {one.shortcut for one in canned.starters()}

    def test_the_seconds_to_take_a_message_back_are_set(
        self, engine, authority, admin, desk_of
    ) -> None:
        keeper = desk_of(admin)
        keeper.get("/replies")

        wrong = keeper.post("/replies/undo", seconds="500")
        keeper.post("/replies/undo", seconds="12")

        assert wrong.status_code == 422
        with reading(engine) as session:
            assert session.get_one(Authority, authority.id).undo_seconds == 12


class TestBrief:
    def test_it_says_at_one_glance_what_must_be_known(self, door, anna, desk_of, path) -> None:
        child_gives(door, AnswerStatus.PREFER_NOT_TO_SAY, school="")
        door.dialogue.asked = "wants"
        child_gives(door, age="13", do_not_share="dont tell my mum", shared_phone="my brother")
        holder = take_over(desk_of(anna), path)

        brief = self.of(holder.get(path).text)

        assert HELP in brief
        assert "Not known about their safety" in brief
        assert "Safe now" in brief
        assert "dont tell my mum" in brief
        assert "my brother" in brief
        assert "13" in brief
        assert "Do not press" in brief
        assert "School" in brief
        assert "What they would like" in brief
        assert "Anna Okafor" in brief

    def test_it_says_what_the_child_was_told(self, door, holder, path) -> None:
        holder.post(f"{path}/help-numbers")
        before = self.of(holder.get(path).text)
        door.send()

        after = self.of(holder.get(path).text)

        assert "Samaritans" not in before
        assert "They have been told" in after
        assert "Samaritans" in after
        assert "A person reads this, and by when" in after

    def test_the_first_disclosure_stands_there_and_not_the_first_hello(
        self, sms_door, anna, desk_of
    ) -> None:
        door = sms_door
        door.dialogue.cannot_score = True
        door.child_says("hi")
        door.work()
        door.child_says(HELP)
        door.work()

        brief = self.of(desk_of(anna).get(f"/conversations/{door.conversation_id}").text)

        door.child_says("hes coming up the stairs with a knife")
        door.work()
        later = self.of(desk_of(anna).get(f"/conversations/{door.conversation_id}").text)

        assert HELP in brief
        assert ">hi<" not in brief
        assert "Their most urgent words" not in brief
        assert later.index("up the stairs with a knife") < later.index(HELP)

    def test_it_says_how_a_child_may_be_reached_who_cannot_be_written_to(
        self, door, holder, path
    ) -> None:
        before = self.of(holder.get(path).text)
        door.child_says("stop")
        door.work()

        after = self.of(holder.get(path).text)

        assert "They have no safe word" in before
        assert "Other ways to reach them" not in before
        assert "Other ways to reach them" in after
        assert "No other way is known" in after

    @staticmethod
    def of(page: str) -> str:
        return page.partition('id="brief"')[2].partition("</section>")[0]


class TestTyping:
    def test_the_child_sees_that_the_holder_is_writing(self, door, holder, path) -> None:
        shown: list[int] = []

        holder.post_as_script(f"{path}/check", text="Are")
        first = courtesy.pass_on_typing(door.engine, shown.append)
        again = courtesy.pass_on_typing(door.engine, shown.append)

        assert (first, again) == (True, False)
        assert shown == [door.conversation_id]

    def test_a_worker_shows_it_and_goes_on_until_it_is_stopped(self, door, holder, path) -> None:
        stop = threading.Event()
        shown: list[int] = []

        def show(conversation_id: int) -> None:
            shown.append(conversation_id)
            stop.set()

        holder.post_as_script(f"{path}/check", text="Are")
        working.work_courtesies(door.engine, show, stop=stop, name="test")

        assert shown == [door.conversation_id]

    def test_an_old_hint_and_one_of_somebody_else_show_nothing(
        self, door, holder, ben, desk_of, path
    ) -> None:
        shown: list[int] = []
        other = desk_of(ben)
        other.get(path)

        other.post_as_script(f"{path}/check", text="Are")
        courtesy.pass_on_typing(door.engine, shown.append)
        holder.post_as_script(f"{path}/check", text="Are")
        door.clock.forward(seconds=20)
        courtesy.pass_on_typing(door.engine, shown.append)

        assert shown == []
