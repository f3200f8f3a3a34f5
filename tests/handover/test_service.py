"""The handover service: who may, who holds, and that urgency falls only by a named person."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handover import service
from handover.service import AccessDeniedError, AlreadyHeldError, NotHeldError
from models.conversation import Author, Holder
from models.db import transaction
from models.practitioner import Practitioner, RoleName
from models.urgency import Urgency
from tests.door import Door, add_authority, add_practitioner

_SAID = ["hi", "im sad at school", "my dad hits me every night", "help hes coming", "stop", "x"]


@pytest.fixture
def conversation_id(door: Door) -> int:
    return door.child_says("hi").conversation_id


def _may(door: Door, practitioner: Practitioner, conversation_id: int) -> bool:
    try:
        with transaction(door.engine) as session:
            service.access_conversation(session, practitioner, conversation_id)
    except AccessDeniedError:
        return False
    return True


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (RoleName.PRACTITIONER, True),
        (RoleName.SUPERVISOR, True),
        (RoleName.EDITOR, False),
        (RoleName.SAFEGUARDING_LEAD, False),
        (RoleName.PUBLISHER, False),
        (RoleName.ADMIN, False),
    ],
)
def test_only_those_who_work_with_children_see_them(
    door: Door,
    conversation_id: int,
    role: RoleName,
    may: bool,  # noqa: FBT001
):
    assert _may(door, door.practitioner("Anna Okafor", role), conversation_id) is may


def test_another_authority_sees_nothing(door: Door, conversation_id: int):
    other = add_authority(door.engine, la_code="999")

    assert not _may(door, add_practitioner(door.engine, other, "Eve"), conversation_id)


def test_a_closed_account_sees_nothing(door: Door, conversation_id: int):
    gone = add_practitioner(door.engine, door.authority, "Gone", active=False)

    assert not _may(door, gone, conversation_id)
    assert not _may(door, door.practitioner(), conversation_id + 1)


def test_of_two_who_take_over_together_one_holds(door: Door, conversation_id: int):
    staff = [door.practitioner(f"Worker {number}") for number in range(8)]

    def take(practitioner: Practitioner) -> bool:
        try:
            with transaction(door.engine) as session:
                # As a page does, which has read the conversation before its button is pressed.
                service.access_conversation(session, practitioner, conversation_id)
                service.take_over(session, practitioner, conversation_id)
        except AlreadyHeldError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, staff))

    assert sum(taken) == 1
    assert door.conversation().practitioner_id == staff[taken.index(True)].id


def test_what_a_page_read_before_is_read_again_when_it_is_changed(door: Door, conversation_id: int):
    anna, ben = door.practitioner("Anna"), door.practitioner("Ben")
    with transaction(door.engine) as session:
        before = service.access_conversation(session, anna, conversation_id)
        assert before.holder is Holder.BOT
        if door.engine.dialect.name == "sqlite":
            return  # one writer at a time: nobody can come between
        door.takes_over(ben)
        with pytest.raises(AlreadyHeldError):
            service.take_over(session, anna, conversation_id)


def test_only_who_holds_it_speaks_releases_and_ends(door: Door, conversation_id: int):
    anna, ben = door.practitioner("Anna"), door.practitioner("Ben")
    door.takes_over(anna)

    for act in (service.release, service.end):
        with pytest.raises(NotHeldError), transaction(door.engine) as session:
            act(session, ben, conversation_id)
    with pytest.raises(NotHeldError):
        door.says(ben, "Hello")


def test_a_form_sent_twice_says_it_once(door: Door, conversation_id: int):
    anna = door.practitioner()
    door.takes_over(anna)

    def say(_: int) -> int:
        with transaction(door.engine) as session:
            return service.say(session, anna, conversation_id, "Hello", form_id="f1").id

    with ThreadPoolExecutor(4) as threads:
        said = set(threads.map(say, range(4)))

    assert len(said) == 1
    assert len(door.messages(Author.PRACTITIONER)) == 1


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_not_said(door: Door, conversation_id: int, text: str):
    assert conversation_id
    anna = door.practitioner()
    door.takes_over(anna)

    with pytest.raises(ValueError, match="Write something"):
        door.says(anna, text)


def test_a_correction_needs_a_reason(door: Door, conversation_id: int):
    anna = door.practitioner()
    message = door.messages()[0]

    with pytest.raises(ValueError, match="why"), transaction(door.engine) as session:
        service.set_urgency(session, anna, message, level=Urgency.NO_CONCERN, reason=" ")
    assert conversation_id


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_urgency_falls_only_by_a_named_practitioner(door: Door, data: st.DataObject):
    anna = door.practitioner()
    door.address = f"child-{anna.id}"
    door.dialogue.down = data.draw(st.booleans())
    level = Urgency.NO_CONCERN
    for text in data.draw(st.lists(st.sampled_from(_SAID), min_size=1, max_size=5)):
        received = door.child_says(text)
        door.answer()
        now = door.conversation().urgency
        assert now.rank >= level.rank
        level = now
        if data.draw(st.integers(0, 3)) == 0:
            level = data.draw(st.sampled_from(Urgency))
            door.corrects(anna, received.message_id, level)
            assert door.conversation().urgency is level
            assert door.actions()[-1] == "urgency_corrected" or "handover" in door.actions()[-1]
