"""The child's own words: chosen, kept as digests, and what they open, hide and call."""

import pytest
from sqlalchemy import text as sql

from bot import cover, outbox
from handover import sealing, service, wording
from handover.records import GatheredAnswer
from handover.words import delivery as delivery_state
from models.contact import AnswerStatus
from models.conversation import Author, Conversation, Delivery, DeliveryStatus, HandoverReason
from models.db import transaction
from models.urgency import Urgency
from tests.bot.said import EMERGENCY, has
from tests.door import Door

NOTE = wording.texts("sealed_note", "en")[0]
NOTE_WITHOUT_WORD = wording.texts("sealed_note_no_word", "en")[0]
WORDS = "How are things with your dad?"


def choose(door: Door, said: str = "my safe word is purple tiger") -> None:
    door.child_says(said)
    door.work()


def share_phone(door: Door) -> None:
    """Lets the child say that others see the phone, and decline a word."""
    door.dialogue.answers = (
        GatheredAnswer(field="shared_phone", status=AnswerStatus.VALUE, value="mum checks it"),
    )
    door.child_says("my mum checks my phone")
    door.work()
    door.dialogue.answers = ()


def practitioner_writes(door: Door, text: str = WORDS) -> Delivery:
    if door.conversation().practitioner_id is None:
        door.takes_over(door.practitioner())
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        assert conversation.practitioner is not None
        service.say(session, conversation.practitioner, conversation.id, text)
    outbox.release_held(door.engine)
    door.work()
    return next(one for one in door.deliveries() if one.text == text)


def status(door: Door, delivery: Delivery) -> DeliveryStatus:
    with transaction(door.engine) as session:
        return session.get_one(Delivery, delivery.id).status


def test_a_chosen_word_is_kept_nowhere_in_clear(door: Door):
    choose(door)

    assert door.messages()[-1].text == "my safe word is (their own word)"
    with transaction(door.engine) as session:
        digest = session.execute(sql("SELECT safe_word_digest FROM child")).scalar_one()
    assert len(digest) == 64
    assert "purple" not in " ".join(door.sent())


def test_a_word_is_offered_once_when_the_child_thinks_of_who_may_see(door: Door):
    share_phone(door)
    assert has(door.sent()[-1:], "safe_word_offer")

    door.child_says("skip")
    door.work()
    door.child_says("skip")
    door.work()
    share_phone(door)
    assert sum(has([text], "safe_word_offer") for text in door.sent()) == 1


def test_the_word_that_was_asked_for_is_taken_and_masked(door: Door):
    share_phone(door)
    door.child_says("yes please")
    door.work()
    assert has(door.sent()[-1:], "safe_word_which")
    door.child_says("Zebra99")
    door.work()

    assert has(door.sent(), "safe_word_set")
    assert door.messages()[-1].text == "(their own word)"


def test_a_word_that_anybody_would_guess_is_not_taken(door: Door):
    share_phone(door)
    door.child_says("yes")
    door.work()
    door.child_says("password")
    door.work()

    assert has(door.sent()[-1:], "safe_word_unfit")


def test_what_is_told_in_place_of_a_word_is_heard(door: Door):
    share_phone(door)
    door.child_says("he hits me and my little brother when he is drunk")
    door.work()

    assert door.messages()[-1].text.startswith("he hits me")
    assert not has(door.sent(), "safe_word_set")
    assert door.call() is not None


@pytest.mark.parametrize("is_asked_which", [False, True])
@pytest.mark.parametrize(
    "told",
    [
        "16",
        "im 14",
        "fourteen",
        "evenings",
        "evenings are best",
        "after 4pm",
        "i feel sick talking about it",
        "feeling sick",
        "who are you",
        "why",
        "not telling",
        "he hurts me",
        "mum hit me",
    ],
)
def test_what_tells_something_else_is_never_taken_for_the_word(
    door: Door,
    told: str,
    is_asked_which: bool,  # noqa: FBT001
):
    share_phone(door)
    if is_asked_which:
        door.child_says("yes")
        door.work()
    turns = len(door.dialogue.turns)
    door.child_says(told)
    door.work()

    assert door.messages()[-1].text == told
    assert door.dialogue.turns[turns:][-1].text == told
    assert not has(door.sent(), "safe_word_set")


def test_a_yes_to_the_offer_is_no_answer_to_the_question_that_waits(door: Door):
    door.dialogue.asked = "needs_medical_help"
    share_phone(door)
    door.child_says("yes")
    door.work()

    assert has(door.sent()[-1:], "safe_word_which")
    assert door.conversation().urgency is not Urgency.EMERGENCY


@pytest.mark.parametrize("said", ["my word is lemon tree", "yes. my word is banana"])
def test_a_word_that_is_offered_is_taken_when_it_is_named(door: Door, said: str):
    share_phone(door)
    door.child_says(said)
    door.work()

    assert has(door.sent(), "safe_word_set")
    assert not {"lemon", "banana"} & set(door.messages()[-1].text.split())


@pytest.mark.parametrize(
    "told", ["16", "evenings are best", "i feel sick", "ellie", "nan helps me"]
)
def test_what_is_no_saying_for_others_goes_to_the_dialogue(door: Door, told: str):
    share_phone(door)
    door.child_says("skip")
    door.work()
    assert has(door.sent()[-1:], "plan_if_someone_else")
    door.child_says(told)
    door.work()

    assert door.dialogue.turns[-1].text == told
    assert not has(door.sent(), "plan_if_someone_else_noted")


@pytest.mark.parametrize("said", ["say ur the library", "homework club", "just hang up"])
def test_what_to_say_to_others_is_noted(door: Door, said: str):
    share_phone(door)
    door.child_says("skip")
    door.work()
    door.child_says(said)
    door.work()

    assert has(door.sent(), "plan_if_someone_else_noted")


def test_no_word_is_offered_in_an_emergency(door: Door):
    door.child_says(EMERGENCY)
    door.work()
    share_phone(door)

    assert not has(door.sent(), "safe_word_offer")


def test_a_word_changes_only_after_the_old_one(door: Door):
    choose(door)
    door.child_says("change my safe word to banana")
    door.work()
    assert has(door.sent()[-1:], "safe_word_old_first")

    door.child_says("purple tiger")
    door.work()
    door.child_says("change my safe word to banana")
    door.work()
    assert has(door.sent()[-1:], "safe_word_set")
    door.clock.forward(hours=1)
    door.child_says("banana")
    door.work()
    assert has(door.sent()[-1:], "word_known")


def test_a_forgotten_word_calls_a_person_who_lets_the_words_out(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(hours=1)
    sealed = practitioner_writes(door)
    door.child_says("i forgot my word")
    door.work()
    assert has(door.sent()[-1:], "safe_word_forgotten")
    assert WORDS not in door.sent()

    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        assert conversation.practitioner is not None
        with pytest.raises(ValueError, match="how you know"):
            sealing.unseal(session, conversation.practitioner, conversation.id, reason="")
        sealing.unseal(session, conversation.practitioner, conversation.id, reason="Voice.")
    door.work()

    assert door.sent()[-1] == WORDS
    assert status(door, sealed) is DeliveryStatus.SENT
    assert "unsealed_by_person" in door.actions()


def test_a_forgotten_word_rings_even_when_nobody_is_there(door: Door):
    choose(door)
    door.child_says("i cant remember my safe word")
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.FORGOTTEN_WORD


def test_on_a_shared_phone_only_a_note_goes_and_the_word_opens_it(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(minutes=6)
    sealed = practitioner_writes(door)

    assert sealed.status is DeliveryStatus.SEALED
    assert door.sent()[-1] == NOTE
    assert sealed.sent_at is None

    door.child_says("what is this")
    door.work()
    outbox.release_held(door.engine)
    door.work()
    assert WORDS not in door.sent()

    door.child_says("Purple Tiger!")
    door.work()
    assert WORDS in door.sent()
    assert has(door.sent(), "word_known_news")
    assert status(door, sealed) is DeliveryStatus.SENT


def test_after_a_while_it_is_sealed_again(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(minutes=6)
    practitioner_writes(door)
    door.child_says("purple tiger")
    door.work()
    door.clock.forward(minutes=11)

    assert practitioner_writes(door, "And your mum?").status is DeliveryStatus.SEALED
    assert door.sent()[-1] == NOTE


def test_several_words_bring_one_note(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(minutes=6)
    practitioner_writes(door)
    practitioner_writes(door, "And your mum?")

    assert door.sent().count(NOTE) == 1


def test_after_a_long_quiet_words_wait_for_the_word_of_a_child_who_has_one(door: Door):
    choose(door)
    door.clock.forward(hours=25)

    assert practitioner_writes(door).status is DeliveryStatus.SEALED


def test_sealed_words_run_out_and_a_person_is_told(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(minutes=6)
    sealed = practitioner_writes(door)
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        assert conversation.practitioner is not None
        service.release(session, conversation.practitioner, conversation.id)
    door.clock.forward(hours=24 * 7 + 1)
    assert outbox.expire_sealed(door.engine) >= 1

    assert status(door, sealed) is DeliveryStatus.WITHHELD
    assert door.call() is not None
    door.child_says("purple tiger")
    door.work()
    assert WORDS not in door.sent()


def test_an_authority_chooses_its_note_and_how_long_it_holds(door: Door):
    share_phone(door)
    choose(door)
    with transaction(door.engine) as session:
        authority = session.get_one(Conversation, door.conversation_id).authority
        authority.neutral_note = "Your library book is ready."
        authority.sealed_days = 1
    door.clock.forward(minutes=6)
    sealed = practitioner_writes(door)

    assert door.sent()[-1] == "Your library book is ready."
    assert sealed.expires_at is not None
    assert (sealed.expires_at - door.clock.now()).days == 1


def test_without_a_word_on_a_shared_phone_only_a_person_lets_words_out(door: Door):
    share_phone(door)
    door.clock.forward(minutes=6)
    sealed = practitioner_writes(door)
    assert door.sent()[-1] == NOTE_WITHOUT_WORD

    door.child_says("yes its me")
    outbox.release_held(door.engine)
    door.work()
    assert status(door, sealed) is DeliveryStatus.SEALED


def test_texts_that_are_to_say_nothing_carry_only_the_note(sms_door: Door):
    sms_door.child_says("keep texts empty please")
    sms_door.work()
    assert sms_door.sent() == list(wording.texts("note_answer", "en"))
    shown = len(sms_door.sent())

    sms_door.child_says("my mum shouts at me")
    sms_door.work()
    sms_door.clock.forward(hours=1)
    practitioner_writes(sms_door)

    bare = {wording.texts("note_answer", "en")[0], NOTE_WITHOUT_WORD}
    assert set(sms_door.sent()[shown:]) == bare


def test_a_child_in_danger_is_answered_although_texts_are_to_say_nothing(sms_door: Door):
    sms_door.child_says("keep texts empty please")
    sms_door.work()
    sms_door.child_says(EMERGENCY)
    sms_door.work()

    assert has(sms_door.sent(), "emergency")


def test_each_text_of_a_child_is_answered_by_a_note(sms_door: Door):
    sms_door.child_says("keep texts empty please")
    sms_door.work()
    for said in ("hello", "you there"):
        sms_door.clock.forward(seconds=5)
        sms_door.child_says(said)
        sms_door.work()

    assert sms_door.sent() == list(wording.texts("note_answer", "en")) * 3


def allow_template(door: Door) -> None:
    with transaction(door.engine) as session:
        conversation = session.get_one(Conversation, door.conversation_id)
        conversation.account.note_template = "HX" + "1" * 32


def test_after_a_day_whatsapp_carries_an_approved_note_and_the_answer_opens_it(
    whatsapp_door: Door,
):
    whatsapp_door.child_says("hi")
    whatsapp_door.work()
    allow_template(whatsapp_door)
    whatsapp_door.clock.forward(hours=25)
    sealed = practitioner_writes(whatsapp_door)
    assert sealed.status is DeliveryStatus.SEALED
    assert whatsapp_door.channel.sent[-1].template == "HX" + "1" * 32
    assert WORDS not in whatsapp_door.sent()

    whatsapp_door.child_says("yes")
    outbox.release_held(whatsapp_door.engine)
    whatsapp_door.work()
    assert WORDS in whatsapp_door.sent()


def test_after_a_day_the_answer_of_a_child_with_a_word_opens_nothing(whatsapp_door: Door):
    choose(whatsapp_door)
    allow_template(whatsapp_door)
    whatsapp_door.clock.forward(hours=25)
    practitioner_writes(whatsapp_door)
    whatsapp_door.child_says("yes")
    outbox.release_held(whatsapp_door.engine)
    whatsapp_door.work()
    assert WORDS not in whatsapp_door.sent()

    whatsapp_door.child_says("purple tiger")
    whatsapp_door.work()
    assert WORDS in whatsapp_door.sent()


def test_after_a_day_without_a_template_nothing_is_shown_as_sent(whatsapp_door: Door):
    whatsapp_door.child_says("hi")
    whatsapp_door.work()
    whatsapp_door.clock.forward(hours=25)
    delivery = practitioner_writes(whatsapp_door)

    assert (delivery.status, delivery.error_code) == (DeliveryStatus.WITHHELD, "window_closed")
    assert delivery_state([delivery])[0] == "Not sent"


def test_staff_are_never_told_that_sealed_words_arrived(door: Door):
    share_phone(door)
    choose(door)
    door.clock.forward(minutes=6)
    sealed = practitioner_writes(door)

    state, what_to_do, has_failed = delivery_state([sealed])
    assert state == "Not seen yet. Only a neutral note was sent"
    assert "safe word" in what_to_do
    assert not has_failed


def test_the_childs_own_word_hides_everything(door: Door):
    choose(door, "if i say pineapple it means someone is here")
    assert has(door.sent()[-1:], "cover_word_set")
    door.child_says("Pineapple")
    door.work()

    assert door.sent()[-1] == wording.texts("cover", "en")[0]
    assert door.conversation().covered_at is not None


@pytest.mark.parametrize(
    "text",
    [
        "if i say anything he hits me",
        "if i say sorry i hide in my room",
        "when i text dad he gets angry",
        "if i write stuff i get shouted at",
        "the safe word is a stupid idea",
    ],
)
def test_what_is_told_chooses_no_word(door: Door, text: str):
    door.child_says(text)
    door.work()

    assert door.messages()[-1].text == text
    assert door.sent()[-1].startswith("I heard") or door.call() is not None


def test_an_emoji_can_be_the_word(door: Door):
    choose(door, "my hide emoji is \U0001f34c")
    door.child_says("\U0001f34c")
    door.work()

    assert door.conversation().covered_at is not None


@pytest.mark.parametrize("is_covered", [False, True])
def test_the_danger_word_shows_the_helper_and_calls_a_person(door: Door, is_covered: bool):  # noqa: FBT001
    choose(door, "my danger word is lemon")
    if is_covered:
        door.child_says("x")
        door.work()
    shown = len(door.sent())
    door.child_says("lemon")
    door.work()

    call = door.call()
    assert call is not None
    assert (call.reason, call.urgency) == (HandoverReason.DURESS, Urgency.EMERGENCY)
    covers = {*cover.texts(), *wording.texts("cover", "en")}
    assert set(door.sent()[shown:]) <= covers
    assert door.conversation().urgency is Urgency.EMERGENCY
    assert door.messages()[-1].text == "(their own word)"


def test_danger_can_be_called_without_a_word_of_ones_own(door: Door):
    door.child_says("x help")
    door.work()

    call = door.call()
    assert call is not None
    assert call.reason is HandoverReason.DURESS
    assert door.sent() == list(wording.texts("cover", "en"))


def test_the_danger_word_is_heard_beside_a_practitioner(door: Door):
    choose(door, "my danger word is lemon")
    anna = door.practitioner()
    door.takes_over(anna)
    door.work()
    door.child_says("lemon")
    door.work()
    door.says(anna, WORDS)
    door.work()

    assert WORDS not in door.sent()
    call = door.call()
    assert call is not None
    assert call.urgency is Urgency.EMERGENCY


def test_the_helper_answers_some_turns_and_shows_nothing_of_the_talk(door: Door):
    door.child_says("my dad hits me every night")
    door.work()
    door.child_says("x")
    door.work()
    shown = len(door.sent())
    for said in ("who is this", "what has she told you", "whats 7x8", "is this social services"):
        door.child_says(said)
        door.work()

    answers = door.sent()[shown:]
    assert len(answers) == 4
    assert answers[2].startswith("7 x 8 = 56")
    assert not any("dad" in one or "hit" in one for one in answers)


def test_cover_on_one_channel_pauses_the_others(door: Door, sms_door: Door):
    door.child_says("hi")
    door.work()
    sms_door.child_says("hi")
    sms_door.work()
    child_id, sms_id = door.conversation().child_id, sms_door.conversation_id
    with transaction(door.engine) as session:
        session.get_one(Conversation, sms_id).child_id = child_id
    door.child_says("x")
    door.work()
    practitioner_writes(sms_door)

    assert WORDS not in sms_door.sent()


def test_the_word_in_a_burst_ends_the_cover_and_opens_what_waits(door: Door):
    choose(door)
    door.child_says("x")
    door.work()
    practitioner_writes(door)
    assert WORDS not in door.sent()
    door.child_says("hi")
    door.child_says("purple tiger")
    door.work()

    assert door.conversation().covered_at is None
    assert WORDS in door.sent()
    assert all(one.author is Author.CHILD for one in door.messages())
