"""Voice notes: from the provider's webhook to the console, where those who may read can hear."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, select, text

from bot import inbox, voice_notes
from bot.channels.base import Channel, IncomingMessage
from bot.channels.simulated import SimulatedChannel
from bot.simulator import writing
from bot.webhooks import webhooks
from models.audit import AuditEvent
from models.authority import Authority
from models.channel import ChannelName, MessageKind
from models.conversation import Conversation, Message
from models.db import reading, transaction
from models.practitioner import RoleName
from models.voice_note import VoiceNote, VoiceNoteState
from tests.bot.channel_rigs import SECRET, telegram_channel, twilio_channel
from tests.door import add_account, add_authority
from tests.fakes.clock import MovableClock
from tests.fakes.server import post_to
from tests.fakes.telegram import BOT_ID, FakeTelegram
from tests.fakes.twilio import PUBLIC_URL, FakeTwilio
from tests.handover.desk import add_staff

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SOUND = b"OggS" + bytes(range(256)) * 40
FILES = ("getFile", "/file/", "/media/", "/store")


@dataclass(kw_only=True)
class Line:
    """Both providers in front of the webhooks, and what fetches from them."""

    engine: Engine
    clock: MovableClock
    telegram: FakeTelegram
    twilio: FakeTwilio
    client: FlaskClient
    channels: dict[int, Channel] = field(default_factory=dict)

    def receive(self, channel: Channel, message: IncomingMessage) -> None:
        account = next(id_ for id_, one in self.channels.items() if one is channel)
        inbox.receive(self.engine, account, message)

    def speaks(self, by: str, sound: bytes = SOUND) -> None:
        if by == "telegram":
            self.telegram.child_sends_voice(sound)
            assert self.telegram.post_updates() == [204]
        else:
            assert self.twilio.child_sends_voice(sound, via=by) == 200

    def fetch(self) -> bool:
        return voice_notes.fetch_due(self.engine, self.channels, worker="test")

    def note(self) -> VoiceNote:
        with transaction(self.engine) as session:
            return session.scalars(select(VoiceNote)).one()

    def path(self) -> str:
        with reading(self.engine) as session:
            return f"/conversations/{session.scalars(select(Conversation.id)).one()}"

    def asked_for_files(self) -> list[str]:
        calls = [*self.telegram.calls, *self.twilio.calls]
        return [one.path for one in calls if any(part in one.path for part in FILES)]


@pytest.fixture
def line(engine: Engine, authority: Authority, clock: MovableClock) -> Iterator[Line]:
    with ExitStack() as stack:
        telegram = stack.enter_context(FakeTelegram(chat_interval=0))
        twilio = stack.enter_context(FakeTwilio())
        channels: list[Channel] = [
            telegram_channel(telegram),
            twilio_channel(twilio, ChannelName.SMS),
            twilio_channel(twilio, ChannelName.WHATSAPP),
        ]
        app = Flask("line")
        line = Line(
            engine=engine,
            clock=clock,
            telegram=telegram,
            twilio=twilio,
            client=app.test_client(),
        )
        for channel in channels:
            stack.enter_context(closing(channel))
            account = add_account(engine, authority, channel.name, name=channel.account)
            line.channels[account.id] = channel
        app.register_blueprint(
            webhooks(line.receive, lambda *_: None, channels=channels, public_url=PUBLIC_URL)
        )
        telegram.post = twilio.post = post_to(line.client)
        path = f"/webhooks/telegram/{BOT_ID}"
        telegram.webhook = {"url": PUBLIC_URL + path, "secret_token": SECRET}
        yield line


@pytest.mark.parametrize("by", ["telegram", "whatsapp"])
def test_a_voice_note_is_fetched_after_the_webhook_sealed_and_played(
    line: Line, anna, desk_of, by: str
) -> None:
    line.speaks(by)
    desk = desk_of(anna)
    assert line.asked_for_files() == [], "the webhook only stores"
    assert "The voice note is being fetched" in desk.get(line.path()).text

    assert line.fetch()
    assert not line.fetch()

    page = desk.get(line.path())
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    length = ", 0:12" if by == "telegram" else ""
    assert f"Voice note{length}. Only people who may read this talk can hear it." in page.text
    address = re.search(r'<audio controls preload="none" src="([^"]+)"', page.text)
    assert address is not None
    played = desk.get(address[1])
    assert (played.status_code, played.data, played.mimetype) == (200, SOUND, "audio/ogg")
    assert played.headers["Cache-Control"] == "no-store"
    assert played.headers["X-Content-Type-Options"] == "nosniff"
    part = desk.get(address[1], Range="bytes=4-9")
    assert (part.status_code, part.data) == (206, SOUND[4:10])
    with reading(line.engine) as session:
        sealed = bytes(session.execute(text("SELECT sound FROM voice_note")).scalar_one())
        heard = session.scalars(select(AuditEvent).where(AuditEvent.action == "voice_note_heard"))
        assert {one.practitioner_id for one in heard} == {anna.id}
    assert SOUND[:64] not in sealed
    assert len(sealed) > len(SOUND)


@pytest.mark.parametrize(
    ("by", "on"), [("telegram", ["/getFile", "/file/"]), ("whatsapp", ["GET /media/"])]
)
def test_a_provider_that_fails_is_asked_again_later(line: Line, by: str, on: list[str]) -> None:
    provider = line.telegram if by == "telegram" else line.twilio
    line.speaks(by)

    for tries, place in enumerate(on, start=1):
        provider.fail_next(503, on=place)
        assert line.fetch()
        assert (line.note().state, line.note().attempts) == (VoiceNoteState.WAITING, tries)
        assert not line.fetch(), "not at once"
        line.clock.forward(seconds=5)
    assert line.fetch()

    assert line.note().state is VoiceNoteState.KEPT


def test_what_is_not_to_be_had_for_a_day_is_given_up(line: Line) -> None:
    line.twilio.fail_next(503, on="GET /media/", times=2)
    line.speaks("whatsapp")
    line.fetch()

    line.clock.forward(hours=25)
    line.fetch()

    assert line.note().state is VoiceNoteState.LOST


def test_what_a_dead_worker_had_begun_another_fetches(line: Line) -> None:
    line.speaks("whatsapp")
    with transaction(line.engine) as session:
        note = session.scalars(select(VoiceNote)).one()
        note.claimed_by, note.attempts = "dead", 1
        note.claimed_until = line.clock.now() + dt.timedelta(minutes=5)
    assert not line.fetch()

    line.clock.forward(minutes=6)

    assert line.fetch()
    assert line.note().state is VoiceNoteState.KEPT


@pytest.mark.parametrize("why", ["gone", "too_large", "no_sound"])
def test_a_lost_voice_note_is_said_to_be_lost(line: Line, anna, desk_of, why: str) -> None:
    if why == "no_sound":
        line.speaks("whatsapp")
        path, (_, sound) = line.twilio.files.popitem()
        line.twilio.files[path] = ("text/html", sound)
    else:
        line.speaks("telegram", bytes(17 * 1024 * 1024) if why == "too_large" else SOUND)
    if why == "gone":
        line.telegram.files.clear()

    line.fetch()

    assert line.note().state is VoiceNoteState.LOST
    desk = desk_of(anna)
    assert "We could not fetch the voice note" in desk.get(line.path()).text
    assert desk.get(f"{line.path()}/voice-notes/{line.note().id}").status_code == 404


def test_whoever_may_not_read_the_talk_cannot_hear_it(line: Line, admin, desk_of) -> None:
    line.speaks("telegram")
    line.fetch()
    elsewhere = add_authority(line.engine, la_code="001")
    stranger = add_staff(line.engine, elsewhere, "Dina Elsewhere", RoleName.SUPERVISOR)
    address = f"{line.path()}/voice-notes/{line.note().id}"

    assert desk_of(admin).get(address).status_code == 403
    assert desk_of(stranger).get(address).status_code in {403, 404}


def test_pictures_and_video_are_never_fetched(line: Line) -> None:
    line.telegram.child_sends_photo()
    line.telegram.child_sends(video={"file_id": "BAACvideo", "mime_type": "video/mp4"})
    line.telegram.post_updates()
    line.twilio.child_sends_photo(via="whatsapp")
    line.twilio.child_sends_media("video/mp4", via="whatsapp")

    assert not line.fetch()
    assert line.asked_for_files() == []


def test_the_sound_goes_with_its_message(line: Line) -> None:
    line.speaks("telegram")
    line.fetch()

    with transaction(line.engine) as session:
        session.execute(delete(Message))

    with reading(line.engine) as session:
        assert session.scalars(select(VoiceNote.id)).all() == []


def test_a_pretended_voice_note_can_be_played_too(line: Line, authority: Authority) -> None:
    channel = SimulatedChannel(ChannelName.WHATSAPP)
    account = add_account(line.engine, authority, channel.name, name=channel.account)
    line.channels[account.id] = channel
    written = writing.Written(id="1" * 32, address=f"simulated-{'1' * 32}", kind=MessageKind.VOICE)
    line.receive(channel, writing.message(channel.name, written))

    assert line.fetch()

    assert line.note().media_type == "audio/wav"
