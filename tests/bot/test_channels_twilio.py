"""What only Twilio does: signatures, windows, opt-outs, redaction, content and receipts."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import parse_qsl

import pytest

from bot.channels.base import (
    DeliveryFailedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    IncomingMessage,
    Receipt,
    UnverifiedRequestError,
    WebRequest,
)
from bot.channels.twilio import TwilioChannel
from bot.channels.twilio_errors import REMEDIES, Remedy, remedy
from handover.delivery_words import DELIVERY_WORDS, delivery_words
from models.base import utc_now
from models.channel import ChannelName, MessageKind
from models.conversation import DeliveryStatus
from tests.bot.channel_rigs import a_moment_ago, buttons, part, twilio_channel
from tests.fakes.twilio import CHILD, FakeTwilio

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SECRET_KEY = ("webhooks_sharedkey_1", "the-shared-secret")


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as made:
        made.post = Inbox()
        yield made


class Inbox:
    """Keeps what Twilio posts, as the channel would be given it."""

    def __init__(self) -> None:
        self.requests: list[WebRequest] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.requests.append(
            WebRequest(
                url=url,
                headers={name.lower(): value for name, value in headers.items()},
                body=body,
                form=parse_qsl(body.decode(), keep_blank_values=True),
            )
        )
        return 200


@pytest.fixture
def sms(fake: FakeTwilio) -> Iterator[TwilioChannel]:
    with closing(twilio_channel(fake, ChannelName.SMS)) as made:
        yield made


@pytest.fixture
def whatsapp(fake: FakeTwilio) -> Iterator[TwilioChannel]:
    with closing(twilio_channel(fake, ChannelName.WHATSAPP)) as made:
        yield made


def last_request(fake: FakeTwilio) -> WebRequest:
    assert isinstance(fake.post, Inbox)
    return fake.post.requests[-1]


def heard(channel: TwilioChannel, fake: FakeTwilio) -> IncomingMessage:
    (message,) = channel.parse(last_request(fake)).messages
    return message


def receipts(channel: TwilioChannel, fake: FakeTwilio) -> list[Receipt]:
    assert isinstance(fake.post, Inbox)
    parsed = [channel.parse(request) for request in fake.post.requests]
    return [receipt for each in parsed for receipt in each.receipts]


def test_a_childs_text_is_read(sms: TwilioChannel, fake: FakeTwilio):
    fake.child_says("hello & “hi” +1 😢")

    message = heard(sms, fake)

    assert (message.address, message.text) == (CHILD, "hello & “hi” +1 😢")


@pytest.mark.parametrize(
    "change",
    [
        {"form": [("Body", "no")]},
        {"url": "https://evil.test/webhooks/twilio/sms"},
        {"url": "http://front-door.test/webhooks/twilio/sms"},
        {"headers": {}},
        {"headers": {"x-twilio-signature": "AAAA"}},
        {"headers": {"x-twilio-signature": "é"}},
    ],
)
def test_a_changed_call_is_refused(sms: TwilioChannel, fake: FakeTwilio, change: dict[str, object]):
    fake.child_says("yes")
    genuine = last_request(fake)
    given = {"url": genuine.url, "headers": genuine.headers, "form": genuine.form} | change

    with pytest.raises(UnverifiedRequestError):
        sms.parse(WebRequest(body=genuine.body, **given))  # type: ignore[arg-type]  # a forgery


def test_each_altered_added_or_dropped_parameter_is_refused(sms: TwilioChannel, fake: FakeTwilio):
    fake.child_says("yes")
    genuine = last_request(fake)
    forms = [
        [*genuine.form, ("Extra", "1")],
        [*genuine.form, ("Body", "another")],
        *(
            [pair for pair in genuine.form if pair is not dropped]
            for dropped in genuine.form
            if dropped[1]
        ),
        *(
            [(key, value + "x" if key == altered else value) for key, value in genuine.form]
            for altered, _ in genuine.form
        ),
    ]

    for form in forms:
        with pytest.raises(UnverifiedRequestError):
            sms.parse(WebRequest(url=genuine.url, headers=genuine.headers, body=b"", form=form))


def test_a_parameter_twilio_adds_one_day_is_part_of_the_signature(
    sms: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("yes")
    fake.texts[-1].form["SomethingNew"] = "ünïcode"
    fake.post_again()

    assert heard(sms, fake).text == "yes"


@pytest.mark.parametrize("url", ["https://front-door.test:443", "https://front-door.test"])
def test_the_port_may_be_signed_or_not(sms: TwilioChannel, fake: FakeTwilio, url: str):
    fake.public_url = url
    fake.child_says("yes")
    posted = last_request(fake)
    ours = "https://front-door.test/webhooks/twilio/sms"

    request = WebRequest(url=ours, headers=posted.headers, body=b"", form=posted.form)

    assert sms.parse(request).messages[0].text == "yes"


def test_a_shared_key_signs_with_sha_256(fake: FakeTwilio):
    key_id, secret = SECRET_KEY
    options = {"shared_key_id": key_id, "shared_secret": secret}
    with closing(twilio_channel(fake, ChannelName.SMS, **options)) as channel:
        fake.shared_key = SECRET_KEY
        fake.child_says("yes")

        assert heard(channel, fake).text == "yes"


@pytest.mark.parametrize("key", [("webhooks_sharedkey_1", "wrong"), ("another_key", SECRET_KEY[1])])
def test_another_shared_key_is_refused(fake: FakeTwilio, key: tuple[str, str]):
    options = {"shared_key_id": SECRET_KEY[0], "shared_secret": SECRET_KEY[1]}
    with closing(twilio_channel(fake, ChannelName.SMS, **options)) as channel:
        fake.shared_key = key
        fake.child_says("yes")

        with pytest.raises(UnverifiedRequestError):
            channel.parse(last_request(fake))


def test_a_shared_key_nobody_set_up_is_refused(sms: TwilioChannel, fake: FakeTwilio):
    fake.shared_key = SECRET_KEY
    fake.child_says("yes")

    with pytest.raises(UnverifiedRequestError):
        sms.parse(last_request(fake))


def test_a_repeat_bears_the_same_id(sms: TwilioChannel, fake: FakeTwilio):
    fake.child_says("yes")
    first = heard(sms, fake)
    fake.post_again()

    assert heard(sms, fake) == first
    assert "i-twilio-idempotency-token" in last_request(fake).headers


@pytest.mark.parametrize("word", ["STOP", "stop", "END", "Cancel"])
def test_stop_is_a_message_like_any_other_and_later_sends_are_refused(
    sms: TwilioChannel, fake: FakeTwilio, word: str
):
    fake.child_says(word)

    with pytest.raises(DeliveryRefusedError) as refused:
        sms.send(part(CHILD, "hello"))

    assert (heard(sms, fake).kind, heard(sms, fake).text) == (MessageKind.TEXT, word)
    assert remedy(refused.value.code) is Remedy.OPTED_OUT
    fake.child_says("START")
    sms.send(part(CHILD, "hello"))


def test_stop_is_only_a_word_where_the_default_handling_is_off(fake: FakeTwilio):
    fake.default_opt_out = False
    with closing(twilio_channel(fake, ChannelName.SMS)) as channel:
        fake.child_says("STOP")

        channel.send(part(CHILD, "Are you safe?"))

    assert fake.phone() == ["STOP", "Are you safe?"]


def test_whatsapp_outside_the_window_is_reported_failed_and_never_shown(
    whatsapp: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("hi", via="whatsapp")
    fake.advance(dt.timedelta(hours=25))
    sid = whatsapp.send(part(CHILD, "hello"))

    fake.settle()

    assert receipts(whatsapp, fake) == [
        Receipt(external_id=sid, status=DeliveryStatus.FAILED, error_code="63016")
    ]
    assert fake.phone(via="whatsapp") == ["hi"]
    assert remedy("63016") is Remedy.WINDOW_CLOSED


def test_an_approved_template_goes_outside_the_window(whatsapp: TwilioChannel, fake: FakeTwilio):
    template = fake.approve_template("You have an update.")
    fake.child_says("hi", via="whatsapp")
    fake.advance(dt.timedelta(hours=25))
    sid = whatsapp.send(part(CHILD, "You have an update. Reply when you can.", template=template))

    fake.settle()

    assert receipts(whatsapp, fake)[-1] == Receipt(external_id=sid, status=DeliveryStatus.DELIVERED)
    assert fake.phone(via="whatsapp") == ["hi", "You have an update."]


def test_a_template_that_twilio_does_not_know_is_ours_to_repair(whatsapp: TwilioChannel):
    with pytest.raises(DeliveryFailedError) as failed:
        whatsapp.send(part(CHILD, "You have an update.", template="HX" + "0" * 32))

    assert remedy(failed.value.code) is Remedy.REPAIR


def test_a_stop_word_on_which_twilio_acted_itself_is_known_for_it(
    sms: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("STOP")
    assert heard(sms, fake).is_cut_off

    fake.child_says("START")
    assert not heard(sms, fake).is_cut_off


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "delivered", "sent")])
def test_receipts_come_in_any_order(
    whatsapp: TwilioChannel, fake: FakeTwilio, order: tuple[str, ...]
):
    fake.child_says("hi", via="whatsapp")
    sid = whatsapp.send(part(CHILD, "hello"))

    fake.settle(order)

    assert receipts(whatsapp, fake) == [
        Receipt(external_id=sid, status=DeliveryStatus(status)) for status in order
    ]


def test_what_is_sent_asks_for_receipts_a_short_life_and_no_memory(
    sms: TwilioChannel, fake: FakeTwilio
):
    sms.send(part(CHILD, "hello"))

    form = fake.from_us()[-1].form
    assert form["StatusCallback"] == "https://front-door.test/webhooks/twilio/status"
    assert int(form["ValidityPeriod"]) <= 4 * 3600
    assert (form["ContentRetention"], form["AddressRetention"]) == ("discard", "obfuscate")


def test_up_to_three_choices_are_quick_replies(whatsapp: TwilioChannel, fake: FakeTwilio):
    fake.child_says("hi", via="whatsapp")
    whatsapp.send(part(CHILD, "Are you safe?\n\nNow?", buttons=buttons("Yes", "No")))
    fake.child_presses("No")

    message = heard(whatsapp, fake)

    assert (message.kind, message.choice, message.text) == (MessageKind.CHOICE, "/no", "No")
    assert fake.phone(via="whatsapp") == ["hi", "Are you safe?\n\nNow?", "No"]


def test_a_set_of_choices_is_made_once_also_after_a_restart(fake: FakeTwilio):
    fake.child_says("hi", via="whatsapp")
    for _ in range(2):
        with closing(twilio_channel(fake, ChannelName.WHATSAPP)) as channel:
            channel.send(part(CHILD, "One?", buttons=buttons("Yes", "No")))
            channel.send(part(CHILD, "Two?", buttons=buttons("Yes", "No")))
            channel.send(part(CHILD, "Three?", buttons=buttons("Yes", "Maybe")))

    assert len(fake.contents) == 2
    assert all("One?" not in str(content) for content in fake.contents.values())


def test_choices_go_as_words_when_the_content_api_is_down(
    whatsapp: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("hi", via="whatsapp")
    fake.fail_next(503, on="GET /v1/Content")

    whatsapp.send(part(CHILD, "Are you safe?", buttons=buttons("Yes", "No")))

    assert fake.phone(via="whatsapp")[-1] == "Are you safe?\n\n1. Yes\n2. No"


def test_choices_go_as_words_when_their_content_was_deleted(
    whatsapp: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("hi", via="whatsapp")
    whatsapp.send(part(CHILD, "One?", buttons=buttons("Yes", "No")))
    fake.contents.clear()

    whatsapp.send(part(CHILD, "Two?", buttons=buttons("Yes", "No")))
    whatsapp.send(part(CHILD, "Three?", buttons=buttons("Yes", "No")))

    assert [text.titles for text in fake.from_us(via="whatsapp")] == [
        ["Yes", "No"],
        [],
        ["Yes", "No"],
    ]


@pytest.mark.parametrize("redact", [True, False])
@pytest.mark.parametrize("name", [ChannelName.SMS, ChannelName.WHATSAPP])
def test_a_lost_answer_is_found_even_when_twilio_has_forgotten_the_words(
    fake: FakeTwilio, name: ChannelName, *, redact: bool
):
    with closing(twilio_channel(fake, name, redact=redact)) as channel:
        fake.child_says("hi", via=name.value)
        channel.send(part(CHILD, "Before."))
        started = a_moment_ago()
        fake.drop_answer_next()
        with pytest.raises(DeliveryUnknownError):
            channel.send(part(CHILD, "Hello."))
        fake.settle()

        found = channel.find_sent(part(CHILD, "Hello.", attempted_at=started))

    assert found == fake.from_us(via=name.value)[-1].sid


def test_another_childs_message_is_not_taken_for_the_lost_one(sms: TwilioChannel, fake: FakeTwilio):
    other = "+447700900999"
    started = a_moment_ago()
    sms.send(part(other, "Hello."))
    fake.settle()

    assert sms.find_sent(part(CHILD, "Hello.", attempted_at=started)) is None


def test_looking_for_a_lost_message_fails_plainly_when_twilio_is_away(
    sms: TwilioChannel, fake: FakeTwilio
):
    fake.fail_next(500, on="GET /2010-04-01")

    with pytest.raises(DeliveryFailedError):
        sms.find_sent(part(CHILD, "Hello.", attempted_at=a_moment_ago()))


def test_the_sweep_finds_what_the_webhook_never_brought(sms: TwilioChannel, fake: FakeTwilio):
    fake.post = lambda *_: 0
    fake.child_says("are you there")
    fake.child_sends_photo("look")
    fake.child_says("not for this number", via="whatsapp")
    sms.send(part(CHILD, "ours"))
    fake.settle()

    found = sms.missed(utc_now() - dt.timedelta(minutes=5))

    assert [(message.kind, message.text) for message in found] == [
        (MessageKind.TEXT, "are you there"),
        (MessageKind.IMAGE, "look"),
    ]
    assert [message.external_id for message in found] == [
        text.sid for text in fake.texts if text.inbound and text.channel == "sms"
    ]
    assert found[1].attachments[0].media_type == "image/jpeg"


def test_the_sweep_reads_every_page(sms: TwilioChannel, fake: FakeTwilio):
    fake.post = lambda *_: 0
    fake.largest_page = 50
    for number in range(120):
        fake.child_says(f"message {number}")

    found = sms.missed(utc_now() - dt.timedelta(minutes=5))

    assert [message.text for message in found] == [f"message {number}" for number in range(120)]


def test_a_place_on_whatsapp_is_read(whatsapp: TwilioChannel, fake: FakeTwilio):
    fake.child_sends_place(51.5, -0.12)

    message = heard(whatsapp, fake)

    assert message.kind is MessageKind.LOCATION
    assert message.attachments[0].reference == "geo:51.5,-0.12"


def test_typing_shows_under_the_childs_last_whatsapp_message(
    whatsapp: TwilioChannel, fake: FakeTwilio
):
    fake.child_says("hi", via="whatsapp")
    message = heard(whatsapp, fake)

    whatsapp.show_typing(CHILD)

    assert fake.typing == [message.external_id]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_error_after_which_the_message_may_exist_is_not_a_plain_failure(
    sms: TwilioChannel, fake: FakeTwilio, status: int
):
    fake.fail_next(status)

    with pytest.raises(DeliveryUnknownError):
        sms.send(part(CHILD, "hello"))


@pytest.mark.parametrize(
    ("address", "code"), [("+4477009001", None), ("0770", "21211"), ("whatsapp", "21211")]
)
def test_an_address_that_is_no_number_is_refused(
    sms: TwilioChannel, address: str, code: str | None
):
    if code is None:
        sms.send(part(address, "hello"))
        return

    with pytest.raises(DeliveryRefusedError) as refused:
        sms.send(part(address, "hello"))

    assert refused.value.code == code


def test_every_known_code_has_words_and_a_remedy():
    ours = {code for code in DELIVERY_WORDS if code.isdigit()}

    assert ours == set(REMEDIES)
    for words in DELIVERY_WORDS.values():
        assert words.happened.endswith(".")
        assert words.do.endswith(".")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Remedy.REPAIR),
        (429, Remedy.TRY_AGAIN),
        (503, Remedy.TRY_AGAIN),
        (400, Remedy.OTHER_WAY),
    ],
)
def test_an_unknown_code_is_judged_by_its_status(status: int, expected: Remedy):
    assert remedy("99999", status=status) is expected
    assert "not one we know" in delivery_words("99999").happened


def test_the_state_tells_whether_twilio_lets_us_in(sms: TwilioChannel, fake: FakeTwilio):
    assert sms.state().ok

    fake.fail_next(401, on="GET /2010-04-01")

    assert not sms.state().ok
