import pytest

from bot.simulator import handset
from handover.outgoing import Choice
from models.channel import ChannelName, MessageKind
from models.conversation import DeliveryStatus, HandoverReason
from tests.bot.simulator_rig import Demonstration, new_id

TELEGRAM, WHATSAPP, SMS = ChannelName.TELEGRAM, ChannelName.WHATSAPP, ChannelName.SMS
YES_NO = (Choice(title="Yes", payload="/yes"), Choice(title="No", payload="/no"))


@pytest.fixture
def demonstration(engine, authority, dialogue):
    return Demonstration(engine, authority, dialogue)


def test_anyone_may_open_the_page_and_it_says_what_it_is(demonstration):
    response = demonstration.client.get("/phone/")

    assert response.status_code == 200
    assert "not a real phone" in response.text
    assert "Do not write about real people" in response.text


def test_the_page_needs_no_inline_script_or_style(demonstration):
    response = demonstration.client.get("/phone/")

    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "style=" not in response.text
    assert "<script>" not in response.text


@pytest.mark.parametrize(
    "name", ["phone.css", "phone.js", "handset.js", "lines.js", "memory.js", "segments.js"]
)
def test_the_pages_files_are_open_to_all(demonstration, name):
    with demonstration.client.get(f"/phone/{name}") as response:
        assert response.status_code == 200


@pytest.mark.parametrize("name", list(ChannelName))
def test_a_child_who_writes_reads_the_answer_on_the_same_phone(demonstration, name):
    assert demonstration.child_sends(name, text="hi") == 204
    demonstration.work()

    assert demonstration.shown(name) == ["hi", "I heard: hi"]


def test_nothing_of_ours_shows_before_the_outbox_has_sent_it(demonstration):
    demonstration.child_sends(TELEGRAM, text="hi")

    news = demonstration.news(TELEGRAM)

    assert [line["text"] for line in news["lines"]] == ["hi"]
    assert news["is_typing"]


def test_a_message_sent_twice_over_a_bad_line_is_kept_once(demonstration):
    one = new_id()

    demonstration.child_sends(SMS, text="hi", id=one)
    demonstration.child_sends(SMS, text="hi", id=one)

    assert demonstration.shown(SMS) == ["hi"]


def test_a_phone_shows_everything_again_after_a_restart(demonstration):
    demonstration.child_sends(WHATSAPP, text="hi")
    demonstration.work()

    demonstration.restart()

    assert demonstration.shown(WHATSAPP) == ["hi", "I heard: hi"]


def test_nothing_is_told_again_that_was_seen(demonstration):
    demonstration.child_sends(SMS, text="hi")
    demonstration.work()
    version = demonstration.news(SMS)["version"]
    # The phone's word that it has the message changes the screen once more.
    version = demonstration.news(SMS, version=version).get("version", version)

    assert demonstration.news(SMS, version=version) == {"version": version}


def test_one_phone_shows_nothing_of_another(demonstration):
    demonstration.child_sends(SMS, text="hi")
    demonstration.work()
    demonstration.addresses[SMS] = f"simulated-{new_id()}"

    assert demonstration.shown(SMS) == []


def test_choices_are_buttons_where_the_channel_has_them_and_can_be_pressed(demonstration):
    demonstration.dialogue.choices = YES_NO
    demonstration.child_sends(TELEGRAM, text="hi")
    demonstration.work()

    status = demonstration.child_sends(TELEGRAM, kind="choice", choice="/yes", text="Yes")
    demonstration.work()

    asked = demonstration.news(TELEGRAM)["lines"][1]
    assert status == 204
    assert [button["title"] for button in asked["buttons"]] == ["Yes", "No"]
    assert asked["pressed"] == "/yes"
    assert demonstration.dialogue.turns[-1].choice == "/yes"


def test_choices_are_numbered_lines_on_a_text_message(demonstration):
    demonstration.dialogue.choices = YES_NO
    demonstration.child_sends(SMS, text="hi")
    demonstration.work()

    [_, asked] = demonstration.news(SMS)["lines"]

    assert asked["buttons"] == []
    assert asked["text"].endswith("1. Yes\n2. No")


def test_more_choices_than_whatsapp_has_buttons_are_numbered_lines(demonstration):
    demonstration.dialogue.choices = tuple(
        Choice(title=f"Choice {number}", payload=f"/{number}") for number in range(4)
    )
    demonstration.child_sends(WHATSAPP, text="hi")
    demonstration.work()

    [_, asked] = demonstration.news(WHATSAPP)["lines"]

    assert asked["buttons"] == []
    assert "4. Choice 3" in asked["text"]


@pytest.mark.parametrize("kind", ["image", "voice", "sticker", "location"])
def test_a_pretend_file_is_kept_by_kind_and_never_has_a_content(demonstration, kind):
    assert demonstration.child_sends(TELEGRAM, kind=kind) == 204

    [message] = demonstration.messages()
    assert message.kind is MessageKind(kind)
    [attachment] = message.details["attachments"]
    assert attachment["reference"].startswith(("simulated:", "geo:"))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (SMS, {"kind": "image"}),
        (SMS, {"kind": "choice", "choice": "/yes"}),
        (SMS, {"text": "a" * 1601}),
        (WHATSAPP, {"kind": "edit", "text": "hi", "refers_to": "0" * 32}),
        (WHATSAPP, {"kind": "blocked"}),
        (TELEGRAM, {"text": "   "}),
        (TELEGRAM, {"text": "a" * 4097}),
        (TELEGRAM, {"kind": "choice"}),
        (TELEGRAM, {"kind": "edit", "text": "hi"}),
        (TELEGRAM, {"text": "hi", "address": "simulated-1"}),
        (TELEGRAM, {"text": "hi", "id": "../../etc"}),
    ],
)
def test_what_the_real_phone_could_not_send_is_refused_and_leaves_no_row(demonstration, name, what):
    assert demonstration.child_sends(name, **what) == 400
    assert demonstration.messages() == []


def test_a_form_of_a_foreign_page_is_refused(demonstration):
    body = f'{{"address":"simulated-{new_id()}","id":"{new_id()}","text":"hi"}}'

    response = demonstration.client.post(
        "/phone/sms/messages", data=body, content_type="text/plain"
    )

    assert response.status_code == 400
    assert demonstration.messages() == []


def test_an_edited_message_shows_its_new_words_in_its_old_place(demonstration):
    earlier = new_id()
    demonstration.child_sends(TELEGRAM, text="teh", id=earlier)
    demonstration.work()

    demonstration.child_sends(TELEGRAM, kind="edit", text="the", refers_to=earlier)
    demonstration.work()

    lines = demonstration.news(TELEGRAM)["lines"]
    assert [line["text"] for line in lines] == ["the", "I heard: teh", "I heard: the"]
    assert lines[0]["is_edited"]


def test_what_a_child_wants_deleted_is_gone_from_the_phone_at_once(demonstration):
    demonstration.child_sends(TELEGRAM, text="hi")
    demonstration.work()
    seen = demonstration.news(TELEGRAM)["version"]
    demonstration.child_sends(TELEGRAM, text="delete")
    demonstration.work()

    shown = demonstration.news(TELEGRAM, version=seen)["lines"]
    assert [line["is_from_child"] for line in shown] == [False, False]
    assert "I heard: hi" not in [line["text"] for line in shown]


def test_telegram_gives_no_word_that_a_message_arrived(demonstration):
    demonstration.child_sends(TELEGRAM, text="hi")
    demonstration.work()

    demonstration.news(TELEGRAM)

    assert demonstration.statuses() == [DeliveryStatus.SENT]


def test_a_text_message_is_delivered_once_the_phone_has_it(demonstration):
    demonstration.child_sends(SMS, text="hi")
    demonstration.work()

    demonstration.news(SMS)

    assert demonstration.statuses() == [DeliveryStatus.DELIVERED]


def test_whatsapp_is_read_only_when_the_screen_is_looked_at(demonstration):
    demonstration.child_sends(WHATSAPP, text="hi")
    demonstration.work()

    demonstration.news(WHATSAPP, is_looked_at=False)
    unseen = demonstration.statuses()
    demonstration.news(WHATSAPP, is_looked_at=True)

    assert unseen == [DeliveryStatus.DELIVERED]
    assert demonstration.statuses() == [DeliveryStatus.READ]


@pytest.mark.parametrize(
    ("name", "code"), [(TELEGRAM, "telegram_403"), (WHATSAPP, "63032"), (SMS, "30004")]
)
def test_a_phone_that_blocked_us_shows_nothing_new_and_a_person_is_told(demonstration, name, code):
    demonstration.child_sends(name, text="hi")
    demonstration.work()

    news = demonstration.news(name, blocked_after=0)

    assert demonstration.statuses() == [DeliveryStatus.FAILED]
    assert demonstration.error_codes() == [code]
    assert [line["text"] for line in news["lines"]] == ["hi"]
    assert demonstration.state(name).call is HandoverReason.UNDELIVERABLE


def test_what_came_before_a_block_stays_on_the_phone(demonstration):
    demonstration.child_sends(TELEGRAM, text="hi")
    demonstration.work()
    newest = max(
        int(line["key"].removeprefix("delivery-"))
        for line in demonstration.news(TELEGRAM)["lines"]
        if line["key"].startswith("delivery-")
    )

    demonstration.child_sends(TELEGRAM, kind="blocked")
    news = demonstration.news(TELEGRAM, blocked_after=newest)

    assert [line["kind"] for line in news["lines"]] == ["text", "text", "blocked"]
    assert demonstration.conversations()[0].blocked_at is not None


def test_the_log_holds_neither_words_nor_addresses(demonstration, caplog):
    demonstration.child_sends(SMS, text="a very rare sentence")
    demonstration.child_sends(SMS, text="a very rare sentence", id="wrong")
    demonstration.work()
    demonstration.news(SMS)

    assert "rare sentence" not in caplog.text
    assert demonstration.addresses[SMS] not in caplog.text


def test_without_simulated_accounts_there_is_no_phone(demonstration):
    demonstration.accounts.channels.clear()

    with pytest.raises(LookupError):
        handset.simulated(demonstration.accounts, SMS)
