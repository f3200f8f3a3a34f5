"""Stop words of the networks: ours and safe, also where a network acts on them by itself."""

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot import checking
from bot.checking import Finding, Grade
from bot.settings import Settings
from handover import reaching
from models.conversation import Conversation, HandoverReason
from models.db import transaction
from models.encryption import write_keyring
from models.urgency import Urgency
from tests.bot.said import URGENT, has
from tests.door import Door


@pytest.mark.parametrize("word", ["STOP", "Unsubscribe", "end", "QUIT", "cancel", "STOPALL"])
def test_a_stop_word_is_answered_by_us_and_start_brings_us_back(sms_door: Door, word: str):
    sms_door.child_says(word)
    sms_door.work()
    assert has(sms_door.sent(), "stopped")
    assert sms_door.conversation().stopped_at is not None

    sms_door.child_says("START")
    sms_door.work()

    assert has(sms_door.sent()[-1:], "started")
    assert sms_door.conversation().stopped_at is None


@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_says_who_this_is_while_the_dialogue_is_down(sms_door: Door, word: str):
    sms_door.dialogue.down = True
    sms_door.child_says(word)
    sms_door.work()

    assert sms_door.sent()[0].startswith("This is Front Door")
    assert "999" in sms_door.sent()[0]


def test_help_after_danger_is_no_word_of_the_network(sms_door: Door):
    sms_door.child_says(URGENT)
    sms_door.child_says("help")
    sms_door.work()

    assert has(sms_door.sent(), "urgent_called")


def test_elsewhere_help_is_the_dialogues(door: Door):
    door.child_says("help")
    door.work()

    assert door.sent() == ["I heard: help"]


def test_a_network_that_acts_on_stop_itself_raises_an_alert(sms_door: Door):
    sms_door.child_says("STOP", is_cut_off=True)

    call = sms_door.call()
    assert call is not None
    assert (call.reason, call.urgency) == (HandoverReason.OPTED_OUT, Urgency.URGENT)


def test_a_child_who_was_cut_off_and_comes_another_way_is_met_there(sms_door: Door, door: Door):
    sms_door.child_says("STOP", is_cut_off=True)
    sms_door.work()
    door.child_says("hi")
    door.work()

    assert door.sent() == ["I heard: hi"]


def test_staff_see_another_way_to_a_child_who_was_cut_off(sms_door: Door, door: Door):
    door.child_says("hi")
    sms_door.child_says("STOP", is_cut_off=True)
    child_id, sms_id = door.conversation().child_id, sms_door.conversation_id
    with transaction(door.engine) as session:
        session.get_one(Conversation, sms_id).child_id = child_id
    with transaction(door.engine) as session:
        [line] = reaching.other_ways(session, session.get_one(Conversation, sms_id))

    assert line.startswith("Telegram: they wrote there last on")


def test_where_no_other_way_is_known_that_is_said(sms_door: Door):
    sms_door.child_says("STOP", is_cut_off=True)
    with transaction(sms_door.engine) as session:
        [conversation] = session.scalars(select(Conversation)).all()
        [line] = reaching.other_ways(session, conversation)

    assert line.startswith("No other way is known.")


def settings_of(door: Door, tmp_path, keyring) -> Settings:
    made = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=door.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr("token"),
        twilio_sms_number="+447700900000",
        public_url="https://frontdoor.example",
    )
    write_keyring(made.key_file, keyring)
    return made


def stop_words(settings: Settings) -> Finding:
    return next(iter(checking.stop_words(settings)))


def test_the_check_reminds_and_fails_once_a_child_was_cut_off(sms_door: Door, tmp_path, keyring):
    settings = settings_of(sms_door, tmp_path, keyring)
    sms_door.child_says("hi")
    assert stop_words(settings).grade is Grade.WARN

    sms_door.child_says("STOP", is_cut_off=True)

    found = stop_words(settings)
    assert found.grade is Grade.FAIL
    assert "cut 1 child" in found.text
