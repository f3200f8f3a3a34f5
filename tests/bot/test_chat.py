import io

import pytest

from bot import chat
from bot.chat import Talk
from bot.settings import Settings, SettingsError
from handover import service
from handover.outgoing import Choice
from models.channel import ChannelName
from models.conversation import DeliveryStatus
from models.db import transaction
from models.urgency import Urgency
from tests.bot.simulator_rig import Demonstration


@pytest.fixture
def demonstration(engine, authority, dialogue):
    return Demonstration(engine, authority, dialogue)


@pytest.fixture
def converse(demonstration):
    def run(written, *, channel=ChannelName.TELEGRAM, work=None, **more):
        phone = chat.new_phone(demonstration.accounts, channel)
        demonstration.addresses[channel] = phone.address
        out = io.StringIO()
        does = work or chat.worker(
            demonstration.engine, demonstration.accounts, demonstration.dialogue
        )
        talk = Talk(demonstration.engine, phone, **more)
        talk.run(io.StringIO(written), out, work=does, waits=True)
        return out.getvalue()

    return run


def test_each_line_of_a_pipe_waits_for_its_answer(converse):
    assert converse("hi\nhow are you\n") == (
        "You: hi\nFront Door: I heard: hi\nYou: how are you\nFront Door: I heard: how are you\n"
    )


def test_an_end_without_a_word_says_nothing(converse):
    assert converse("") == ""


def test_empty_lines_are_no_messages(converse, demonstration):
    converse("\n   \nhi\n")

    assert [turn.text for turn in demonstration.dialogue.turns] == ["hi"]


def test_the_last_line_needs_no_line_end(converse):
    assert converse("hi").endswith("Front Door: I heard: hi\n")


def test_a_long_answer_of_several_parts_is_printed_whole_and_in_order(converse, demonstration):
    demonstration.dialogue.replies = ("one " * 100, "two")

    printed = converse("hi\n", channel=ChannelName.SMS)

    assert printed.count("one") == 100
    assert printed.index("one") < printed.index("two")


def test_buttons_are_numbered_and_a_number_answers(converse, demonstration):
    demonstration.dialogue.choices = (
        Choice(title="Yes", payload="/yes"),
        Choice(title="No", payload="/no"),
    )

    printed = converse("hi\n2\n")

    assert "\n    1. Yes\n    2. No\n" in printed
    assert demonstration.dialogue.turns[-1].choice == "/no"


def test_state_is_shown_only_when_asked_for(converse, demonstration):
    demonstration.dialogue.levels = {"he hits me": Urgency.EMERGENCY}

    plain = converse("he hits me\n")
    told = converse("he hits me\n", shows_state=True)

    assert "(a person" not in plain
    assert "(how urgent" not in plain
    assert "(how urgent: emergency)" in told
    assert "(a person was called: emergency)" in told


def test_a_practitioner_who_takes_over_is_heard(converse, demonstration, practitioner):
    work = chat.worker(demonstration.engine, demonstration.accounts, demonstration.dialogue)
    turns = demonstration.dialogue.turns

    def work_and_take_over():
        is_busy = work()
        if turns and demonstration.conversations()[0].practitioner_id is None:
            with transaction(demonstration.engine) as session:
                conversation_id = demonstration.conversations()[0].id
                service.take_over(session, practitioner, conversation_id)
        return is_busy

    printed = converse("hi\nhello\n", work=work_and_take_over, shows_state=True)

    assert "Front Door: You are now talking with Anna Okafor" in printed
    assert "(a practitioner has taken over)" in printed
    assert len(turns) == 1


def test_nobody_waits_for_ever_when_nothing_works(converse):
    printed = converse("hi\n", work=lambda: False, patience=0.3)

    assert "(no answer has come yet)" in printed


def test_a_line_that_a_phone_could_not_send_is_refused(converse, demonstration):
    assert "(too long for this phone)" in converse("a" * 1601, channel=ChannelName.SMS)
    assert demonstration.messages() == []


def test_the_terminal_is_a_phone_that_says_what_it_has_read(converse, demonstration):
    converse("hi\n", channel=ChannelName.WHATSAPP)

    assert demonstration.statuses() == [DeliveryStatus.READ]


def test_each_talk_is_a_new_child(converse, demonstration):
    converse("hi\n")
    converse("hi\n")

    assert len(demonstration.conversations()) == 2


def test_where_real_children_write_there_is_no_chat(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, demonstration=False)

    with pytest.raises(SettingsError, match="FRONTDOOR_DEMONSTRATION"):
        chat.chat(settings, channel="sms", show_state=False, progress=lambda _: None)

    assert list(tmp_path.iterdir()) == []
