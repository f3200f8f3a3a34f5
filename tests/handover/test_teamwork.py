"""Working together on a talk: notes, warm transfers with an accept, supervision."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from markupsafe import escape
from sqlalchemy import select

from handover import transfers
from handover.delivery_words import TAKEN_BACK
from handover.records import GatheredAnswer
from models.authority import Team
from models.contact import AnswerStatus, ContactOutcome
from models.conversation import Author, Delivery
from models.db import reading, transaction
from models.practitioner import Practitioner, RoleName
from models.teamwork import Note, Transfer, TransferStatus
from tests.door import add_authority
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
    desk: Desk = desk_of(anna)
    desk.get(path)
    desk.post(f"{path}/take-over")
    desk.get(path)
    return desk


@pytest.fixture
def cleo(engine, authority) -> Practitioner:
    """Gives a supervisor."""
    return add_staff(engine, authority, "Cleo Adams", RoleName.SUPERVISOR)


def the_offer(engine) -> Transfer:
    with transaction(engine) as session:
        return session.scalars(select(Transfer).order_by(Transfer.id.desc()).limit(1)).one()


def is_offered(engine) -> bool:
    with reading(engine) as session:
        return session.scalars(select(Transfer.id)).first() is not None


def put_in_team(engine, authority, name: str, *people: Practitioner) -> Team:
    with transaction(engine) as session:
        team = Team(authority_id=authority.id, name=name)
        session.add(team)
        session.flush()
        for one in people:
            session.get_one(Practitioner, one.id).team_id = team.id
    return team


class TestNotes:
    def test_a_note_stands_in_the_talk_and_never_goes_to_the_child(
        self, door, holder, path
    ) -> None:
        before = len(door.deliveries())

        holder.post(f"{path}/notes", text="Her aunt may be safe to ring")
        door.send()
        page = holder.get(path).text

        assert "Her aunt may be safe to ring" in page
        assert "Private note" in page
        assert len(door.deliveries()) == before
        assert door.messages(Author.PRACTITIONER) == []
        assert all("aunt" not in words for words in door.sent())

    def test_the_database_sees_a_note_only_sealed(self, engine, holder, path) -> None:
        holder.post(f"{path}/notes", text="Her aunt may be safe to ring")

        with engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT text FROM note").scalar_one()
        assert b"aunt" not in bytes(kept)

    def test_the_same_note_sent_twice_is_kept_once(self, engine, holder, path) -> None:
        for _ in range(2):
            holder.post(f"{path}/notes", text="Ring the school", form_id="abc123")

        with reading(engine) as session:
            assert len(session.scalars(select(Note)).all()) == 1

    def test_a_colleague_who_is_named_finds_the_note(self, holder, ben, desk_of, path) -> None:
        holder.post(f"{path}/notes", text="@ben can you ring the school? @Ben Hughes thanks")

        desk = desk_of(ben)
        before = desk.get("/for-you").text
        news = desk.get("/for-you/news", Accept="application/json").get_json()
        desk.get(path)
        after = desk.get("/for-you/news", Accept="application/json").get_json()

        assert "can you ring the school?" in before
        assert (news["mentions"], after["mentions"]) == (1, 0)

    def test_a_name_nobody_has_is_said_and_the_note_is_kept(self, holder, path) -> None:
        holder.post(f"{path}/notes", text="@zoe please look")

        page = holder.get(path).text
        # Of colleagues who do have their name, nothing is said: they were told.
        assert "Nobody here is called @zoe, so it reached nobody by that name" in page
        assert "please look" in page

    def test_an_empty_note_is_an_error_that_says_so(self, holder, path) -> None:
        answer = holder.post(f"{path}/notes", text=" ")

        assert answer.status_code == 422
        assert "Write something before you keep it" in answer.text


class TestOffers:
    def test_the_holder_stays_responsible_until_the_other_accepts(
        self, door, holder, anna, ben, desk_of, path
    ) -> None:
        taker = desk_of(ben)
        page = holder.get(f"{path}/transfer").text
        without = holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="")
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="My shift ends at ten")
        offered = the_offer(door.engine)
        held_before = door.conversation().practitioner_id
        seen = taker.get("/for-you").text
        taker.post(f"/transfers/{offered.id}/accept")

        assert "Ben Hughes" in page
        assert "Say what they must know first" in without.text
        assert held_before == anna.id
        assert "My shift ends at ten" in seen
        assert door.conversation().practitioner_id == ben.id
        assert "You are now talking with Ben Hughes" in door.messages(Author.BOT)[-1].text

    def test_a_declined_offer_comes_back_with_the_reason(
        self, door, holder, anna, ben, desk_of, path
    ) -> None:
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="Can you?")
        taker = desk_of(ben)
        taker.get("/for-you")
        decline = f"/transfers/{the_offer(door.engine).id}/decline"
        said = len(door.messages(Author.BOT))

        without = taker.post(decline, text="")
        taker.post(decline, text="I am with an emergency")

        assert "Say why you cannot take it" in without.text
        assert door.conversation().practitioner_id == anna.id
        assert "I am with an emergency" in holder.get("/for-you").text
        assert "Ben Hughes cannot take this conversation" in holder.get(path).text
        # The child heard nothing of an offer that led to nothing.
        assert len(door.messages(Author.BOT)) == said

    def test_an_offer_that_nobody_answers_runs_out(
        self, door, holder, anna, ben, desk_of, path
    ) -> None:
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="Can you?")
        offered = the_offer(door.engine)
        taker = desk_of(ben)
        taker.get("/for-you")
        door.clock.forward(minutes=16)

        taker.post(f"/transfers/{offered.id}/accept")
        late = taker.get("/for-you").text
        with transaction(door.engine) as session:
            transfers.expire_due(session)

        assert "ran out before you answered" in late
        assert door.conversation().practitioner_id == anna.id
        assert the_offer(door.engine).status is TransferStatus.EXPIRED
        assert "Not answered in time" in holder.get("/for-you").text
        assert "Ben Hughes did not answer in time" in holder.get(path).text

    def test_of_two_of_a_team_who_accept_one_wins_and_the_other_is_told(
        self, door, holder, ben, desk_of, path
    ) -> None:
        dan = add_staff(door.engine, door.authority, "Dan Price")
        team = put_in_team(door.engine, door.authority, "Duty", ben, dan)
        holder.post(f"{path}/transfer", to=f"team-{team.id}", text="Can one of you?")
        accept = f"/transfers/{the_offer(door.engine).id}/accept"
        desks = [desk_of(ben), desk_of(dan)]
        for desk in desks:
            desk.get("/for-you")

        with ThreadPoolExecutor() as threads:
            answers = list(threads.map(lambda desk: desk.post(accept), desks))

        winner = door.conversation().practitioner_id
        lost = desks[1] if winner == ben.id else desks[0]
        name = "Ben Hughes" if winner == ben.id else "Dan Price"
        assert winner in {ben.id, dan.id}
        assert [answer.status_code for answer in answers] == [302, 302]
        assert f"{name} has taken this conversation already" in lost.get("/for-you").text

    def test_a_conversation_is_offered_to_one_at_a_time(self, door, holder, ben, cleo, path):
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="Can you?")
        holder.post(f"{path}/transfer", to=f"person-{cleo.id}", text="Or you?")

        assert "offered to somebody already" in holder.get(path).text
        assert the_offer(door.engine).to_practitioner_id == ben.id

    def test_an_offer_ends_when_the_talk_goes_back_to_the_bot(
        self, door, holder, ben, desk_of, path
    ) -> None:
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="Can you?")
        holder.post(f"{path}/release")
        taker = desk_of(ben)
        taker.get("/for-you")

        taker.post(f"/transfers/{the_offer(door.engine).id}/accept")

        assert "This offer was taken back" in taker.get("/for-you").text
        assert door.conversation().practitioner_id is None

    def test_nobody_else_answers_an_offer(self, door, holder, ben, desk_of, path) -> None:
        dan = add_staff(door.engine, door.authority, "Dan Price")
        holder.post(f"{path}/transfer", to=f"person-{ben.id}", text="Can you?")
        other = desk_of(dan)
        other.get("/for-you")

        answer = other.post(f"/transfers/{the_offer(door.engine).id}/accept")

        assert answer.status_code == 404
        assert the_offer(door.engine).status is TransferStatus.PENDING

    @pytest.mark.usefixtures("holder")
    def test_a_colleague_who_does_not_hold_it_cannot_offer_it(
        self, door, ben, desk_of, path
    ) -> None:
        other = desk_of(ben)
        other.get(path)

        other.post(f"{path}/transfer", to=f"person-{ben.id}", text="Mine now")

        assert not is_offered(door.engine)


class TestAnotherAuthority:
    @pytest.fixture
    def eve(self, engine) -> Practitioner:
        return add_staff(engine, add_authority(engine, la_code="999"), "Eve Stone")

    def ask(self, holder: Desk, path: str, eve: Practitioner, **changed: str):
        fields = {
            "to": str(eve.authority_id),
            "agrees": "yes",
            "words": "yes thats ok",
            "text": "She lives with you",
        }
        return holder.post(f"{path}/transfer/authority", **(fields | changed))

    def accepted_by(self, door, holder: Desk, path: str, other: Desk, eve: Practitioner) -> Desk:
        """Gives the desk of whoever was asked and has accepted."""
        self.ask(holder, path, eve)
        other.get("/for-you")
        other.post(f"/transfers/{the_offer(door.engine).id}/accept")
        return other

    def test_they_see_only_what_was_written_for_them_until_they_accept(
        self, door, holder, eve, desk_of, path
    ) -> None:
        self.ask(holder, path, eve)
        other = desk_of(eve)
        offered = other.get("/for-you").text
        before = other.get(path).status_code
        told = door.messages(Author.BOT)[-1].text

        other.post(f"/transfers/{the_offer(door.engine).id}/accept")

        assert "She lives with you" in offered
        assert "yes thats ok" in offered
        assert HELP not in offered
        assert before == 404
        assert "I have asked Council 999 to help you too" in told
        assert HELP in other.get(path).text
        assert "You are now talking with Eve Stone, Council 999" in (
            door.messages(Author.BOT)[-1].text
        )

    def test_the_record_goes_and_notes_between_colleagues_stay(
        self, door, holder, eve, desk_of, path
    ) -> None:
        holder.post(f"{path}/notes", text="I doubt the uncle")
        self.ask(holder, path, eve)
        other = desk_of(eve)
        other.get("/for-you")

        other.post(f"/transfers/{the_offer(door.engine).id}/accept")
        door.child_says("are you there")
        door.work()

        page = other.get(path).text
        assert "are you there" in page
        assert "I doubt the uncle" not in page
        assert door.contact().authority_id == eve.authority_id
        assert holder.get(path).status_code == 404
        assert "Accepted</strong> by Eve Stone" in holder.get("/for-you").text

    def test_each_finds_their_own_record_and_the_earlier_one_stays_to_be_read(
        self, door, holder, anna, eve, desk_of, path
    ) -> None:
        door.dialogue.answers = (
            GatheredAnswer(field="name_to_use", status=AnswerStatus.VALUE, value="Kai"),
        )
        door.ends(anna)
        door.child_says(f"im kai. {HELP}")
        door.work()
        earlier = door.contact().id
        door.decides(anna, ContactOutcome.REFERRAL, "Harm at home")
        door.takes_over(anna)
        door.ends(anna)
        door.dialogue.answers = ()
        door.child_says("its me again")
        door.work()
        door.takes_over(anna)
        other = self.accepted_by(door, holder, path, desk_of(eve), eve)
        later = door.contact().id
        other.get("/search")

        assert f"/contacts/{later}" in other.post("/search", name="kai").text
        assert f"/contacts/{earlier}" in holder.post("/search", name="kai").text
        assert "Harm at home" in holder.get(f"/contacts/{earlier}").text
        assert other.get(f"/contacts/{earlier}").status_code == 404
        assert holder.get(f"/contacts/{later}").status_code == 404
        changed = holder.post(f"/contacts/{earlier}/decision", outcome="early_help", text="No")
        assert changed.status_code == 404

    def test_a_referral_left_behind_can_be_worked_and_closed_and_hinders_nobody(
        self, door, holder, anna, eve, desk_of, path
    ) -> None:
        earlier = door.contact().id
        door.decides(anna, ContactOutcome.REFERRAL, "Harm at home")
        door.ends(anna)
        door.child_says("its me again")
        door.work()
        door.takes_over(anna)
        other = self.accepted_by(door, holder, path, desk_of(eve), eve)

        [number] = re.findall(r'href="/tasks/(\d+)"', holder.get("/tasks").text)
        task = f"/tasks/{number}"
        assert "Decide with them" in holder.get(task).text
        page = f"/contacts/{earlier}/referral"
        assert holder.post(page, do="allocate", worker=str(anna.id)).status_code == 302
        assert "RC5" in holder.get(page).text
        assert holder.post(page, do="close", reason="RC5").status_code == 302
        assert holder.post(task, result="They work with them").status_code == 302
        assert "Another authority has taken" in holder.get(f"/contacts/{earlier}").text
        assert "open case" not in other.get(f"/contacts/{door.contact().id}").text

    def test_a_referral_goes_along_with_the_present_contact(
        self, door, holder, anna, eve, desk_of, path
    ) -> None:
        door.decides(anna, ContactOutcome.REFERRAL, "Harm at home")
        other = self.accepted_by(door, holder, path, desk_of(eve), eve)

        page = f"/contacts/{door.contact().id}/referral"
        other.get(page)

        assert other.post(page, do="allocate", worker=str(eve.id)).status_code == 302
        assert "allocated to Eve Stone" in other.get(f"/contacts/{door.contact().id}").text
        assert holder.get(page).status_code == 404

    def test_the_child_is_told_when_they_cannot(
        self, door, holder, anna, eve, desk_of, path
    ) -> None:
        self.ask(holder, path, eve)
        other = desk_of(eve)
        other.get("/for-you")

        other.post(f"/transfers/{the_offer(door.engine).id}/decline", text="Not our area")

        assert "Council 999 cannot take over right now" in door.messages(Author.BOT)[-1].text
        assert door.conversation().practitioner_id == anna.id

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"agrees": ""}, "Say whether the child agrees"),
            ({"words": ""}, "Write what the child said"),
            ({"to": ""}, "Choose which authority is asked"),
        ],
    )
    def test_nothing_goes_without_the_childs_word_or_a_reason(
        self, door, holder, eve, path, changed, error
    ) -> None:
        answer = self.ask(holder, path, eve, **changed)

        assert answer.status_code == 422
        assert error in answer.text
        assert not is_offered(door.engine)


class TestSupervision:
    def test_a_supervisor_whispers_to_the_holder_alone(
        self, door, holder, ben, cleo, desk_of, path
    ) -> None:
        supervisor, other = desk_of(cleo), desk_of(ben)
        supervisor.get(path)
        sent = len(door.deliveries())

        supervisor.post(f"{path}/notes", text="Ask about the brother", kind="whisper")

        page = holder.get(path).text
        assert re.search(r"app-note--whisper.*?Ask about the brother", page, re.DOTALL)
        assert "Ask about the brother" in holder.get("/for-you").text
        assert "Ask about the brother" in supervisor.get(path).text
        assert "Ask about the brother" not in other.get(path).text
        assert other.get(f"{path}/notes/1").status_code == 204
        assert len(door.deliveries()) == sent

    @pytest.mark.usefixtures("holder")
    def test_a_practitioner_does_not_whisper(self, engine, ben, desk_of, path) -> None:
        other = desk_of(ben)
        other.get(path)

        answer = other.post(f"{path}/notes", text="psst", kind="whisper")

        assert answer.status_code == 404
        with reading(engine) as session:
            assert session.scalars(select(Note)).all() == []

    def test_a_supervisor_takes_it_over_and_the_child_is_told(
        self, door, holder, cleo, desk_of, path
    ) -> None:
        supervisor = desk_of(cleo)
        supervisor.get(path)

        supervisor.post(f"{path}/step-in")

        assert door.conversation().practitioner_id == cleo.id
        assert "You are now talking with Cleo Adams" in door.messages(Author.BOT)[-1].text
        assert "not in your hands" in holder.post(f"{path}/reply", text="are you ok").text

    @pytest.mark.usefixtures("holder")
    def test_a_practitioner_does_not_step_in(self, door, anna, ben, desk_of, path):
        other = desk_of(ben)
        other.get(path)

        assert other.post(f"{path}/step-in").status_code == 404
        assert door.conversation().practitioner_id == anna.id


class TestAgainstThePlan:
    @pytest.fixture
    def held_back(self, door, holder, path) -> str:
        """Gives the page that asks to send what the plan holds back, in an emergency."""
        door.child_says("he has a knife and hes coming up the stairs")
        door.child_says("stop")
        door.work()
        holder.post(f"{path}/reply", text="Can you get out of the house?", confirm="yes")
        door.send()
        number = door.messages(Author.PRACTITIONER)[-1].id
        return f"{path}/messages/{number}/override"

    def test_two_people_send_what_the_plan_holds_back(
        self, door, holder, ben, desk_of, path, held_back
    ) -> None:
        before = door.sent()
        page = holder.get(path).text
        without = holder.post(held_back, text="")
        holder.post(held_back, text="She is in the house with him")
        second = desk_of(ben)
        offered = second.get("/for-you").text
        seen = second.get("/overrides/1").text

        holder.post("/overrides/1", line="yes")
        alone = door.sent()
        second.post("/overrides/1", line="yes")
        door.send()

        assert held_back in page
        assert "Say why this cannot wait" in without.text
        assert "against their safe-contact plan" in offered
        assert "She is in the house with him" in seen
        assert before == alone
        who, what = door.sent()[len(before) :]
        assert "You are now talking with" in who
        assert escape(who) in seen
        assert what == "Can you get out of the house?"

    def test_the_second_person_may_leave_out_who_writes(
        self, door, holder, ben, desk_of, held_back
    ) -> None:
        before = door.sent()
        holder.post(held_back, text="She is in the house with him")

        desk_of(ben).post("/overrides/1")
        door.send()

        assert door.sent()[len(before) :] == ["Can you get out of the house?"]

    def test_what_was_taken_back_is_never_sent_against_the_plan(
        self, door, holder, path, held_back
    ) -> None:
        with transaction(door.engine) as session:
            part = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
            part.error_code = TAKEN_BACK

        page = holder.get(path).text
        holder.post(held_back, text="She is in the house with him")

        assert held_back not in page
        assert "Nothing of this message is held back" in holder.get(path).text
