"""How a version goes live and comes back while children write, with the real processes."""

import datetime as dt
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import Engine, select

from bot.bench.figures import Figure
from bot.bench.service import BenchError, Running
from handover import auth, edition
from handover.editing import publishing, signing, versions
from models.authority import Authority
from models.base import utc_now
from models.conversation import Author, Handover, HandoverReason, Message
from models.db import reading, transaction
from models.editing import DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch, SwitchState

_EVERY_SECONDS = 0.2
_BEFORE_SECONDS = 15
_AFTER_SECONDS = 10
_LONGEST_SECONDS = 600
_LISTENING = "dialogues/domain/responses_listening.yml"
_WELCOME = "I'm a bot, not a person."
_NEW_WELCOME = "I'm a computer program, not a person."
_SECOND = ("my mum shouts at me every day", "i am scared of her", "since last year")


@dataclass(slots=True)
class Children:
    """Children who write all the time, five messages a second, each of them a few."""

    address: str
    stop: threading.Event = field(default_factory=threading.Event)
    refused: int = 0

    def write(self) -> None:
        """Writes until `stop`."""
        talking: list[tuple[str, int]] = []
        with httpx.Client(base_url=self.address) as client:
            number = 0
            while not self.stop.wait(_EVERY_SECONDS):
                number += 1
                # Every other message goes on with a talk that was begun a while ago.
                if number % 2 and len(talking) > len(_SECOND):
                    child, said = talking.pop(0)
                    text = _SECOND[said]
                else:
                    child, said, text = f"simulated-{secrets.token_hex(16)}", -1, "hiya"
                if said + 1 < len(_SECOND):
                    talking.append((child, said + 1))
                body = {"address": child, "id": secrets.token_hex(16), "text": text}
                answer = client.post("/phone/telegram/messages", json=body)
                self.refused += not answer.is_success


def measure(running: Running, progress: Callable[[str], None]) -> list[Figure]:
    """Publishes a changed greeting and takes it back while five messages a second come in.

    Raises:
        BenchError: the version did not go live.
    """
    engine = running.engine
    staff = _staff(engine)
    children = Children(running.address)
    thread = threading.Thread(target=children.write)
    thread.start()
    try:
        progress("Children write; nothing is published")
        time.sleep(_BEFORE_SECONDS)
        begun = utc_now()
        version = _sign(engine, staff)
        progress("Publishing")
        live_after = _publish(engine, staff[0], version)
        time.sleep(_AFTER_SECONDS)
        progress("Taking it back")
        with transaction(engine) as session:
            back_at = utc_now()
            publishing.roll_back(session, staff[0], why="Bench")
        time.sleep(_AFTER_SECONDS)
    finally:
        children.stop.set()
        thread.join()
    time.sleep(2)
    waits = _waits(engine)
    usual = statistics.median(wait for at, wait in waits if at < begun)
    longest = max(wait for at, wait in waits if at >= begun)
    before = max(wait for at, wait in waits if at < begun)
    new = _answered_with(engine, _NEW_WELCOME)
    last_new = max((at - back_at).total_seconds() for at in new)
    return [
        Figure(name="asked to live", value=live_after, unit="s", target=60),
        Figure(
            name="turns that failed", value=_failed(engine) + children.refused, unit="", target=0
        ),
        Figure(name="usual wait for an answer", value=1000 * usual, unit="ms"),
        Figure(name="longest wait while nothing is published", value=1000 * before, unit="ms"),
        Figure(
            name="longest extra wait while publishing and back",
            value=1000 * (longest - usual),
            unit="ms",
            target=500,
        ),
        Figure(name="messages answered", value=len(waits), unit=""),
        Figure(
            name="answered by the new version", value=len(new), unit="", target=1, is_most=False
        ),
        Figure(name="roll-back until the old answers", value=max(last_new, 0), unit="s", target=5),
    ]


def _staff(engine: Engine) -> list[Practitioner]:
    with transaction(engine) as session:
        authority = session.scalars(select(Authority).order_by(Authority.id)).one()
        return [
            auth.create_practitioner(
                session,
                email=f"bench-{role.value}@frontdoor.example.org",
                name="Bench Person",
                password=None,
                roles=[role],
                authority=authority,
            )
            for role in (RoleName.ADMIN, RoleName.SAFEGUARDING_LEAD)
        ]


def _sign(engine: Engine, staff: Sequence[Practitioner]) -> DialogueVersion:
    """Gives a changed version that counts as checked; the gate has a measure of its own."""
    admin, lead = staff
    with transaction(engine) as session:
        first = versions.import_files(session, Path(edition.ROOT))
        draft = versions.draft_from(session, admin, first, title="Another greeting")
        text = versions.text_of(session, draft, _LISTENING)
        expected = versions.hashes_of(session, draft)[_LISTENING]
        changed = text.replace(_WELCOME, _NEW_WELCOME)
        versions.write_file(session, admin, draft, _LISTENING, changed, expected=expected)
        draft.state = VersionState.CHECKED
        signing.sign(session, admin, draft, RoleName.ADMIN)
        signing.sign(session, lead, draft, RoleName.SAFEGUARDING_LEAD)
        return draft


def _publish(engine: Engine, who: Practitioner, version: DialogueVersion) -> float:
    with transaction(engine) as session:
        switch_id = publishing.publish(session, who, version, why="Bench").id
    start = time.monotonic()
    while time.monotonic() - start < _LONGEST_SECONDS:
        time.sleep(0.1)
        with reading(engine) as session:
            switch = session.get_one(DialogueSwitch, switch_id)
            if switch.state is SwitchState.FAILED:
                raise BenchError(f"The version did not go live: {switch.problem}")
            if switch.state is SwitchState.DONE:
                return time.monotonic() - start
    raise BenchError("The version did not go live in time.")


def _waits(engine: Engine) -> list[tuple[dt.datetime, float]]:
    with reading(engine) as session:
        rows = session.execute(
            select(Message.created_at, Message.processed_at).where(Message.author == Author.CHILD)
        ).all()
    if any(done is None for _, done in rows):
        raise BenchError("Some messages were not answered.")
    return [(at, (done - at).total_seconds()) for at, done in rows if done is not None]


def _answered_with(engine: Engine, words: str) -> list[dt.datetime]:
    with reading(engine) as session:
        said = session.scalars(select(Message).where(Message.author == Author.BOT))
        return [one.created_at for one in said if words in one.text]


def _failed(engine: Engine) -> int:
    with reading(engine) as session:
        return len(
            session.scalars(
                select(Handover.id).where(Handover.reason == HandoverReason.BOT_UNAVAILABLE)
            ).all()
        )
