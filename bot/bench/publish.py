"""How a version goes live and comes back while children write, with the real processes."""

import datetime as dt
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
from sqlalchemy import Engine, select

from bot.bench.figures import Figure
from bot.bench.service import BenchError, Running
from handover import auth
from handover.editing import adding, gate, publishing, signing, versions
from handover.editing.adding import NewAnswer
from handover.editing.content import Changed, Files
from models.authority import Authority
from models.base import utc_now
from models.conversation import Author, Handover, HandoverReason, Message
from models.db import reading, transaction
from models.editing import CheckOutcome, DialogueVersion, VersionState
from models.practitioner import Practitioner, RoleName
from models.publishing import DialogueSwitch, SwitchState

_EVERY_SECONDS = 0.2
_BEFORE_SECONDS = 15
_AFTER_SECONDS = 10
_LONGEST_SECONDS = 600
_LISTENING = "dialogues/domain/responses_listening.yml"
_WELCOME = "I'm a bot, not a person."
_NEW_WELCOME = "I'm a chat bot, not a person."
_ANSWER = NewAnswer(
    name="draw_it",
    text="I can only read words. Can you tell me what is in it?",
    welsh="Dim ond geiriau alla i ddarllen. Alli di ddweud wrtha i?",
    examples=(
        "can i draw it for you",
        "is it ok if i send you a drawing",
        "i made a drawing can you look",
        "could i do a drawing instead",
        "what if i just draw it",
        "am i allowed to draw what happened",
    ),
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How long a change took, in seconds; the signatures, which people give, left out."""

    checked: float
    live: float

    @property
    def whole(self) -> float:
        """Gives the seconds from the editor's last word to the first child who is told it."""
        return self.checked + self.live


def measure(running: Running, progress: Callable[[str], None]) -> list[Figure]:
    """Checks, signs and publishes changes and takes one back while five messages a second come in.

    First a further common question, of which everything is new to the gate, then other words.

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
        answer = _go_live(engine, staff, "A further answer", _further_answer, progress)
        time.sleep(_AFTER_SECONDS)
        words = _go_live(engine, staff, "Another greeting", _other_greeting, progress)
        time.sleep(_AFTER_SECONDS)
        progress("Taking it back")
        with transaction(engine) as session:
            back_at = utc_now()
            publishing.roll_back(session, staff[0], why="Bench")
        time.sleep(_AFTER_SECONDS)
    finally:
        children.stop.set()
        thread.join()
    # A machine that others use too may be behind with the last of them.
    _until(lambda: _all_answered(engine))
    waits = _waits(engine)
    usual = statistics.median(wait for at, wait in waits if at < begun)
    longest = max(wait for at, wait in waits if at >= begun)
    before = max(wait for at, wait in waits if at < begun)
    new = _answered_with(engine, _NEW_WELCOME)
    last_new = max((at - back_at).total_seconds() for at in new)
    return [
        Figure(name="a further answer checked", value=answer.checked, unit="s"),
        Figure(name="a further answer published", value=answer.live, unit="s"),
        Figure(name="a further answer, edit to live", value=answer.whole, unit="s", target=60),
        Figure(name="other words checked", value=words.checked, unit="s"),
        Figure(name="other words published", value=words.live, unit="s"),
        Figure(name="other words, edit to live", value=words.whole, unit="s", target=60),
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


def _go_live(
    engine: Engine,
    staff: Sequence[Practitioner],
    title: str,
    change: Callable[[Files], Changed],
    progress: Callable[[str], None],
) -> Way:
    admin, lead = staff
    with transaction(engine) as session:
        live = publishing.live_version(session)
        if live is None:
            raise BenchError("No version is live.")
        draft = versions.draft_from(session, admin, live, title=title)
    # As the console does: what takes a second is worked out before anything is written.
    with reading(engine) as session:
        files, expected = versions.files_of(session, draft), versions.hashes_of(session, draft)
    changed = change(files)
    with transaction(engine) as session:
        for path, text in changed.items():
            versions.write_file(session, admin, draft, path, text, expected=expected[path])
        gate.ask(session, admin, draft)
    progress(f"{title}: checking")
    checked = _until(lambda: _is_checked(engine, draft))
    with transaction(engine) as session:
        signing.sign(session, admin, draft, RoleName.ADMIN)
        signing.sign(session, lead, draft, RoleName.SAFEGUARDING_LEAD)
    progress(f"{title}: publishing")
    return Way(checked=checked, live=_publish(engine, admin, draft))


def _other_greeting(files: Files) -> Changed:
    return {_LISTENING: files[_LISTENING].replace(_WELCOME, _NEW_WELCOME)}


def _further_answer(files: Files) -> Changed:
    return adding.add_answer(files, _ANSWER)


def _is_checked(engine: Engine, draft: DialogueVersion) -> bool:
    with reading(engine) as session:
        state = session.get_one(DialogueVersion, draft.id).state
        if state is VersionState.REFUSED:
            found = [
                str(finding["what"])
                for row in gate.results(session, draft)
                if row.outcome in {CheckOutcome.FAILED, CheckOutcome.BROKEN}
                for finding in row.findings
            ]
            raise BenchError("The gate stopped the version: " + " ".join(found))
        return state is VersionState.CHECKED


def _publish(engine: Engine, who: Practitioner, version: DialogueVersion) -> float:
    with transaction(engine) as session:
        switch_id = publishing.publish(session, who, version, why="Bench").id
    return _until(lambda: _is_live(engine, switch_id))


def _is_live(engine: Engine, switch_id: int) -> bool:
    with reading(engine) as session:
        switch = session.get_one(DialogueSwitch, switch_id)
        if switch.state is SwitchState.FAILED:
            raise BenchError(f"The version did not go live: {switch.problem}")
        return switch.state is SwitchState.DONE


def _until(is_done: Callable[[], bool]) -> float:
    start = time.monotonic()
    while time.monotonic() - start < _LONGEST_SECONDS:
        if is_done():
            return time.monotonic() - start
        time.sleep(0.1)
    raise BenchError("The version did not go live in time.")


def _all_answered(engine: Engine) -> bool:
    with reading(engine) as session:
        open_ones = (
            select(Message.id)
            .where(Message.author == Author.CHILD)
            .where(Message.processed_at.is_(None))
        )
        return session.scalars(open_ones.limit(1)).first() is None


def _waits(engine: Engine) -> list[tuple[dt.datetime, float]]:
    with reading(engine) as session:
        rows = session.execute(
            select(Message.created_at, Message.processed_at).where(Message.author == Author.CHILD)
        ).all()
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
