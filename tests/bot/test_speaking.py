"""The language of the talk: noticed when clear, offered in both, chosen, and kept on record."""

import pytest
from sqlalchemy import select

from bot.phrases.language import says_it_plainly
from models.contact import Answer
from models.conversation import Author
from models.db import transaction
from models.urgency import Urgency
from tests.door import Door

POLISH = "czy mozesz mi pomoc, nie wiem co robic bo jest mi smutno"


@pytest.fixture(autouse=True)
def _worried(door: Door) -> None:
    door.dialogue.levels[POLISH] = Urgency.CONCERN


def record(door: Door) -> list[tuple[str, object, Author]]:
    with transaction(door.engine) as session:
        rows = session.scalars(
            select(Answer)
            .where(Answer.field.in_(["language", "communication_needs"]))
            .order_by(Answer.id)
        )
        return [(row.field, row.value, row.author) for row in rows]


def says(door: Door, text: str) -> None:
    door.child_says(text)
    door.work()


def test_a_language_that_is_clear_is_offered_once_in_both_and_an_interpreter_flagged(door: Door):
    says(door, POLISH)

    assert "Możemy pisać po polsku. / We can write in Polish." in door.sent()[-1]
    assert [button.title for button in door.channel.sent[-1].buttons] == ["Polski", "English"]
    says(door, POLISH)
    says(door, POLISH)
    assert sum("po polsku. /" in text for text in door.sent()) == 1
    assert record(door) == [
        ("language", "Polish", Author.BOT),
        ("communication_needs", "Writes in Polish: an interpreter may be needed", Author.BOT),
    ]


@pytest.mark.parametrize("text", ["tak", "mia", "ok", "lol xd", "tia. 14 same as me", "Kasia"])
def test_doubt_is_respected(door: Door, text: str):
    says(door, "hello there how are you doing")
    says(door, text)

    assert door.conversation().language == "en"
    assert not any(" / We can write in" in one for one in door.sent())
    door.dialogue.levels.clear()
    says(door, "mam na imie kasia i mam dwanascie lat")
    assert any(" / We can write in" in one for one in door.sent()), "it is offered in a calm moment"


def test_a_talk_in_english_stays_so_when_letters_look_like_another_language(door: Door):
    for text in ("my dad went thru my drawers today", "i dont wanna go home", "im at school"):
        says(door, text)
    says(door, "mums away w work til weds")

    assert door.conversation().language == "en"
    assert not any(" / We can write in" in one for one in door.sent())
    assert not says_it_plainly("mums away w work til weds", "pl")


@pytest.mark.parametrize("text", ["English", "in english", "2"])
def test_they_can_go_back_at_once_and_it_stays(door: Door, text: str):
    says(door, POLISH)
    says(door, text)

    assert door.conversation().language == "en"
    assert door.sent()[-1] == "OK, English. Go on when you like."
    says(door, POLISH)
    assert door.conversation().language == "en", "what they chose stays"
    assert record(door)[-2:] == [
        ("language", "English", Author.CHILD),
        (
            "communication_needs",
            "Writes in English now: no interpreter asked for",
            Author.CHILD,
        ),
    ]


def test_a_language_can_be_asked_for_at_any_time(door: Door):
    says(door, "hello there how are you doing")
    says(door, "cymraeg")

    assert door.conversation().language == "cy"
    assert door.sent()[-1].startswith("Iawn, Cymraeg.")


def test_a_lesson_is_no_language(door: Door):
    says(door, "hello there how are you doing")
    says(door, "english")

    assert door.sent()[-1] == "I heard: english"


def test_small_talk_opens_no_contact_for_a_language(door: Door):
    door.dialogue.levels.clear()
    says(door, "dzien dobry, jak sie dzisiaj masz moj drogi")

    assert door.contact() is None


def test_urgent_words_are_not_answered_with_an_offer(door: Door):
    door.dialogue.levels[POLISH] = Urgency.URGENT
    says(door, POLISH)

    assert not any(" / We can write in" in one for one in door.sent())
    door.dialogue.levels.clear()
    says(door, "mam na imie kasia i mam dwanascie lat")
    assert any(" / We can write in" in one for one in door.sent()), "it is offered in a calm moment"


def test_one_message_in_another_language_does_not_change_it_but_two_do(door: Door):
    says(door, POLISH)
    says(door, POLISH)
    says(door, "22 heron street aldmoor top floor flat")
    assert door.conversation().language == "pl", "an address is no change of mind"

    says(door, "can we write in english now please it is easier")

    assert door.conversation().language == "en"
