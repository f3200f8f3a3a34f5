"""Trying a version by a link: its phones, comments on a line, and nothing else behind the link."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import override

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select

from bot.editions import Dialogues, Shelf
from bot.sandbox import Sandboxes
from bot.simulator.tryout import tryout
from handover.app import create_app
from handover.editing import remarks, sharing, versions
from handover.edition import ROOT
from models.authority import Authority
from models.conversation import Message
from models.db import reading, transaction
from models.editing import DialogueVersion
from models.practitioner import RoleName
from tests.browser.stage import SETTINGS
from tests.fakes.clock import MovableClock
from tests.fakes.server import Answer, Call, FakeServer
from tests.handover.desk import Desk, add_staff

# What is tried runs in a database of its own, whichever the service's is.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CHILD = {"address": f"simulated-{'a' * 32}", "id": "b" * 32, "text": "hiya"}


class LiveDialogue(FakeServer):
    """Answers for the program's own files as their process would."""

    @override
    def answer(self, call: Call) -> Answer:
        if call.path == "/health":
            return Answer(body={"edition": "program"})
        reply = {"response": "utter_welcome", "text": "Hello from the pretend phone."}
        return Answer(body={"state": "s", "replies": [reply]})


@pytest.fixture
def app(
    engine: Engine, authority: Authority, tmp_path: Path, clock: MovableClock
) -> Iterator[Flask]:
    del clock, authority
    server = LiveDialogue()
    sandboxes = Sandboxes(tmp_path, Dialogues([server.url], "secret"))
    pages = tryout(engine, SETTINGS, Shelf(engine, tmp_path), sandboxes)
    app = create_app(engine, SETTINGS, blueprints=[pages])
    yield app
    app.extensions["console"].feed.stop()
    sandboxes.stop()
    server.close()


@pytest.fixture
def desk(engine: Engine, authority: Authority, app: Flask) -> Desk:
    editor = add_staff(engine, authority, "Edi Tor", RoleName.EDITOR)
    with transaction(engine) as session:
        versions.import_files(session, ROOT)
    desk = Desk(app)
    desk.sign_in(editor.email)
    return desk


def link(engine: Engine, desk: Desk) -> str:
    desk.get("/dialogue/1/share")
    assert desk.post("/dialogue/1/share", name="Mia", days="7").status_code == 302
    with reading(engine) as session:
        version = session.scalars(select(DialogueVersion)).one()
        made = sharing.open_shares(session, version)[0]
        return sharing.link_of(SETTINGS, made).removeprefix(SETTINGS.console_url)


def test_a_guest_talks_with_the_version_and_leaves_a_comment_on_its_line(
    engine: Engine, app: Flask, desk: Desk
):
    guest = Desk(app)
    address = link(engine, desk)
    page = guest.get(address)
    deadline = time.monotonic() + 60
    while "getting ready" in guest.get(address).text and time.monotonic() < deadline:
        time.sleep(0.1)

    sent = guest.client.post(f"{address}live/telegram/messages", json=CHILD)
    seen = ""
    while "pretend phone" not in seen and time.monotonic() < deadline:
        time.sleep(0.1)
        question = {"handsets": {"telegram": {"address": CHILD["address"]}}}
        seen = guest.client.post(f"{address}live/news", json=question).text
    guest.get(address)
    kept = guest.post(f"{address}comment", about="Ask me a sum", words="Say hello first")

    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert sent.status_code == 204
    assert "Hello from the pretend phone." in seen
    assert kept.status_code == 302
    with reading(engine) as session:
        [comment] = remarks.comments(session, session.scalars(select(DialogueVersion)).one())
        assert (comment.author, comment.words) == ("Mia", "Say hello first")
        assert comment.path is not None
        assert comment.line is not None
        line = (ROOT / comment.path).read_text("utf-8").splitlines()[comment.line - 1]
        assert "Ask me a sum" in line
        # What the guest wrote on the phone is nowhere among what children wrote.
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_link_opens_nothing_else_and_ends(
    engine: Engine, app: Flask, desk: Desk, clock: MovableClock
):
    guest = Desk(app)
    address = link(engine, desk)

    assert guest.get(address).status_code == 200
    assert guest.get("/dialogue/1").status_code == 302
    assert guest.get("/queue").status_code == 302
    assert guest.get("/try/forged/").status_code == 404
    assert guest.client.post("/try/forged/live/telegram/messages", json=CHILD).status_code == 404
    assert desk.post("/dialogue/1/share/1/end").status_code == 302
    assert guest.get(address).status_code == 404

    another = link(engine, desk)
    clock.forward(days=8)
    assert guest.get(another).status_code == 404
