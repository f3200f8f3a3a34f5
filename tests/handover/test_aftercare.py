"""After the talk: the welfare decision, a child known again, and what children said of us."""

from sqlalchemy import select

from bot import silence
from models.channel import ChannelName
from models.db import reading
from models.practitioner import RoleName
from models.silence import Silence, SilenceEnd
from tests.bot.said import EMERGENCY
from tests.bot.test_recognising import is_known_here, says
from tests.door import Door
from tests.fakes.channel import FakeChannel
from tests.handover.desk import add_staff


def goes_quiet(door: Door) -> str:
    door.child_says(EMERGENCY)
    door.work()
    for _ in range(5):
        door.clock.forward(minutes=20)
        silence.follow(door.engine)
        door.work()
    return f"/conversations/{door.conversation_id}"


def test_a_practitioner_decides_about_a_silent_child_with_a_reason(door, anna, desk_of, engine):
    path = goes_quiet(door)
    desk = desk_of(anna)
    assert "Decide what is done" in desk.get(path).text

    page = desk.get(f"{path}/welfare").text
    assert "Ask the police for a welfare check now" in page
    desk.post(f"{path}/welfare", decision="visit", text="The duty worker goes now.")

    assert "Decide what is done" not in desk.get(path).text
    with reading(engine) as session:
        row = session.scalars(select(Silence)).one()
        assert (row.end, row.decision) == (SilenceEnd.DECIDED, "visit")
        assert row.reason == "The duty worker goes now."


def test_a_decision_without_a_choice_or_a_reason_is_not_taken(door, anna, desk_of, engine):
    path = goes_quiet(door)
    desk = desk_of(anna)
    desk.get(f"{path}/welfare")

    answer = desk.post(f"{path}/welfare", decision="", text=" ")

    assert answer.status_code == 422
    assert "Say why you decided so" in answer.text
    with reading(engine) as session:
        assert session.scalars(select(Silence)).one().closed_at is None


def test_when_the_child_has_written_there_is_nothing_to_decide(door, anna, desk_of):
    path = goes_quiet(door)
    door.child_says("im here")
    door.work()
    desk = desk_of(anna)

    assert "There is nothing to decide now" in desk.get(f"{path}/welfare").text


def test_staff_see_that_a_child_was_known_again_and_can_take_it_back(door, anna, desk_of):
    other = Door(
        door.engine,
        door.authority,
        FakeChannel(ChannelName.SMS, account="+447700900000"),
        door.dialogue,
        door.clock,
        address="+447700900777",
    )
    is_known_here(door)
    says(other, "its me mia my word is purple otter")
    path = f"/conversations/{other.conversation_id}"
    desk = desk_of(anna)
    assert "Known again from another channel by name and safe word" in desk.get(path).text

    desk.post(f"{path}/recognitions/1/undo")

    assert "Known again" not in desk.get(path).text
    assert other.conversation().child_id != door.conversation().child_id


def test_supervisors_read_how_it_went_and_practitioners_do_not(
    door, anna, desk_of, engine, authority
):
    for text in ("hi", "i had a row with my mate", "we made up"):
        door.child_says(text)
    door.work()
    door.takes_over(anna)
    door.ends(anna)
    door.work()
    for text in ("5", "yes", "shorter texts"):
        door.child_says(text)
        door.work()
    sam = add_staff(engine, authority, "Sam Lee", RoleName.SUPERVISOR)

    page = desk_of(sam).get("/feedback").text

    assert "shorter texts" in page
    assert "Really good" in page
    assert desk_of(anna).get("/feedback").status_code == 403
