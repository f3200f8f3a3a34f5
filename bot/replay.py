"""Replaying conversation scripts through the real path, with a simulated clock.

A script holds the child's side only; `docs/dialogue.md` has the format. Each script talks over a
simulated phone in a throw-away database, through the same inbox, pipeline, dialogue and outbox
that a child's message takes.
"""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import structlog
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot import accounts, inbox, outbox, tidying
from bot.accounts import Accounts
from bot.channels.base import Attachment, IncomingMessage
from bot.clock import Clock
from bot.dialogue import Dialogue
from bot.doorbell import Bells
from bot.settings import Settings
from handover import records
from models.base import clock_set_to, utc_now
from models.channel import ChannelName, MessageKind
from models.contact import AnswerStatus
from models.conversation import Author, Conversation, Handover, Message, UrgencyAssessment
from models.db import open_engine, reading
from models.encryption import new_keyring
from models.migrating import migrate

log = structlog.get_logger()


class ScriptError(Exception):
    """A script file cannot be played; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The child's side of one conversation."""

    id: str
    channel: ChannelName
    turns: tuple[str | dt.timedelta, ...]
    """Each a message, or a silence."""
    start: dt.datetime


# A Tuesday afternoon: the service is open, unless the script says when it begins.
_START = dt.datetime(2026, 1, 13, 15, 30, tzinfo=dt.UTC)
_BETWEEN_MESSAGES = dt.timedelta(seconds=40)
_LONGEST_STEP = dt.timedelta(minutes=30)
_MEDIA = re.compile(r"\[(sticker|photo|voice note|video|file|location|contact)(?: (\d+)s)?\]")
_EDIT = re.compile(r"^\[edit (\d+)\]\s*(.*)$", re.DOTALL)
_WAIT = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|h|d)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_KINDS = {
    "sticker": MessageKind.STICKER,
    "photo": MessageKind.IMAGE,
    "voice note": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "file": MessageKind.DOCUMENT,
    "location": MessageKind.LOCATION,
    "contact": MessageKind.CONTACT_CARD,
}


def as_row(script: Script) -> dict[str, Any]:
    """Gives a script as an entry of a script file, which `script_of` reads."""
    return {
        "id": script.id,
        "channel": script.channel.value,
        "start": script.start.isoformat(),
        "turns": [
            turn if isinstance(turn, str) else {"wait": f"{turn.total_seconds():.0f}s"}
            for turn in script.turns
        ],
    }


def read_scripts(path: Path) -> list[Script]:
    """Gives the scripts of a YAML file.

    Raises:
        ScriptError: it cannot be read, or an entry is not a script.
    """
    try:
        entries = YAML(typ="safe").load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ScriptError(f"{path}: {error}") from error
    if not isinstance(entries, list):
        raise ScriptError(f"{path}: a list of scripts is expected.")
    return [script_of(entry, f"{path}, script {number}") for number, entry in enumerate(entries, 1)]


def script_of(entry: Any, where: str) -> Script:
    """Gives the script of an entry of a script file.

    Raises:
        ScriptError: the entry is not a script.
    """
    if not isinstance(entry, Mapping) or not {"id", "channel", "turns"} <= entry.keys():
        raise ScriptError(f"{where}: `id`, `channel` and `turns` are needed.")
    try:
        channel = ChannelName(entry["channel"])
    except ValueError:
        names = ", ".join(ChannelName)
        raise ScriptError(f"{where}: the channel is one of {names}.") from None
    if not isinstance(entry["turns"], list) or not entry["turns"]:
        raise ScriptError(f"{where}: `turns` is a list with at least one message.")
    return Script(
        id=str(entry["id"]),
        channel=channel,
        turns=tuple(_turn(turn, where) for turn in entry["turns"]),
        start=_start(entry.get("start"), where),
    )


def play(
    script_list: Sequence[Script], dialogue: Dialogue, *, out: TextIO, skips: bool = False
) -> None:
    """Plays scripts one after the other, writing a JSON line for each as it ends."""
    for line in lines_of(script_list, dialogue, skips=skips):
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()


def lines_of(
    script_list: Sequence[Script], dialogue: Dialogue, *, skips: bool = False
) -> Iterator[dict[str, Any]]:
    """Plays scripts one after the other, giving what came of each as it ends.

    With `skips`, one that cannot be played to its end gives a line with nothing but its id.
    """
    with tempfile.TemporaryDirectory(prefix="frontdoor-replay-") as folder:
        engine = open_engine(f"sqlite:///{folder}/replay.db", new_keyring())
        try:
            migrate(engine)
            settings = Settings(_env_file=None, demonstration=True)
            authority = accounts.prepare(engine, settings)
            opened = accounts.open_simulated(engine, authority)
            for number, script in enumerate(script_list, 1):
                player = _Player(engine, opened, dialogue, script, number)
                yield _line_or_none(player, script) if skips else player.play()
        finally:
            engine.dispose()


def _line_or_none(player: "_Player", script: Script) -> dict[str, Any]:
    try:
        return player.play()
    except Exception as error:  # noqa: BLE001  # The other conversations are to be played all the same.
        # What went wrong may quote what was said: its kind says enough.
        log.warning("talk_not_played", fault=type(error).__name__)
        return {"id": script.id}


class _Player:
    """One script's conversation."""

    def __init__(
        self, engine: Engine, opened: Accounts, dialogue: Dialogue, script: Script, number: int
    ) -> None:
        self._engine = engine
        self._channels = opened.channels
        self._dialogue = dialogue
        self._script = script
        self._address = _ADDRESSES[script.channel].format(number=number)
        self._account_id = next(
            account_id
            for account_id, channel in opened.channels.items()
            if channel.name is script.channel
        )
        self._now = script.start
        self._messages = 0
        self._seen = 0

    def play(self) -> dict[str, Any]:
        """Gives the script's JSON line."""
        turns: list[dict[str, Any]] = []
        with clock_set_to(lambda: self._now):
            clock = Clock(
                self._engine, self._dialogue, self._channels, bells=Bells(), name="replay"
            )
            for number, turn in enumerate(self._script.turns, 1):
                if isinstance(turn, dt.timedelta):
                    self._wait(turn, clock)
                else:
                    self._say(turn, number)
                turns.append(self._turn(turn))
            return self._line(turns)

    def _say(self, turn: str, number: int) -> None:
        for incoming in _incoming(turn, self._script.id, number, self._address):
            inbox.receive(self._engine, self._account_id, incoming)
            self._messages += 1
        self._work()
        self._now += _BETWEEN_MESSAGES

    def _wait(self, silence: dt.timedelta, clock: Clock) -> None:
        end = self._now + silence
        while self._now < end:
            self._now = min(end, self._now + _LONGEST_STEP)
            for job in clock.jobs():
                job()
            self._work()

    def _work(self) -> None:
        while inbox.drain(self._engine, self._dialogue, worker="replay"):
            pass
        while outbox.send_due(self._engine, self._channels, worker="replay"):
            pass
        while tidying.delete_due(self._engine, self._channels, worker="replay"):
            pass

    def _turn(self, turn: str | dt.timedelta) -> dict[str, Any]:
        with reading(self._engine) as session:
            conversation = self._conversation(session)
            if conversation is None:
                return {"child": _shown(turn), "replies": [], "urgency": "no_concern"}
            replies = session.scalars(
                select(Message)
                .where(Message.conversation_id == conversation.id)
                .where(Message.author != Author.CHILD)
                .where(Message.id > self._seen)
                .order_by(Message.id)
            ).all()
            self._seen = max([self._seen, *(reply.id for reply in replies)])
            return {
                "child": _shown(turn),
                "replies": [reply.text for reply in replies],
                "urgency": conversation.urgency.value,
                "alert": _has_alert(session, conversation),
                "holder": conversation.holder.value,
                "asked": conversation.asked,
                "answered": _answered(session, conversation),
            }

    def _line(self, turns: list[dict[str, Any]]) -> dict[str, Any]:
        with reading(self._engine) as session:
            conversation = self._conversation(session)
            alerts = [number for number, turn in enumerate(turns, 1) if turn.get("alert")]
            return {
                "id": self._script.id,
                "turns": turns,
                "urgency": conversation.urgency.value if conversation else "no_concern",
                "alert_turn": alerts[0] if alerts else None,
                "handover": conversation is not None and _has_handover(session, conversation),
                "harms": _harms(session, conversation) if conversation else [],
                "contact": _contact(session, conversation) if conversation else {},
            }

    def _conversation(self, session: Session) -> Conversation | None:
        # The addresses are sealed; a throw-away database is small enough to look through.
        rows = session.scalars(
            select(Conversation).where(Conversation.account_id == self._account_id)
        )
        return next((row for row in rows if row.address == self._address), None)


# Numbers from Ofcom's range for drama, which reach nobody.
_ADDRESSES = {
    ChannelName.TELEGRAM: "9000{number:05}",
    ChannelName.WHATSAPP: "+4477009{number:05}",
    ChannelName.SMS: "+4477009{number:05}",
}


def _start(value: Any, where: str) -> dt.datetime:
    if value is None:
        return _START
    try:
        start = dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise ScriptError(f"{where}: `start` is a time such as 2026-01-13T23:40Z.") from None
    return start if start.tzinfo else start.replace(tzinfo=dt.UTC)


def _turn(turn: Any, where: str) -> str | dt.timedelta:
    if isinstance(turn, str):
        return turn
    if isinstance(turn, int | float):
        return str(turn)
    found = _WAIT.match(str(turn.get("wait", ""))) if isinstance(turn, Mapping) else None
    if found is None:
        raise ScriptError(f"{where}: a turn is a message or a wait such as {{wait: 25h}}.")
    return dt.timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def _incoming(turn: str, script: str, number: int, address: str) -> Iterator[IncomingMessage]:
    """Gives the messages of a turn: its words, then each thing in brackets."""
    edit = _EDIT.match(turn)
    if edit:
        yield IncomingMessage(
            external_id=f"{script}-{number}-edit",
            address=address,
            kind=MessageKind.EDIT,
            text=edit[2],
            refers_to=f"{script}-{edit[1]}",
            sent_at=utc_now(),
        )
        return
    words = _MEDIA.sub("", turn).strip()
    if words:
        yield IncomingMessage(
            external_id=f"{script}-{number}",
            address=address,
            kind=MessageKind.TEXT,
            text=words,
            reference=f"{script}-{number}",
            sent_at=utc_now(),
        )
    for part, found in enumerate(_MEDIA.finditer(turn), 1):
        kind = _KINDS[found[1]]
        yield IncomingMessage(
            external_id=f"{script}-{number}-{part}",
            address=address,
            kind=kind,
            attachments=(
                Attachment(
                    kind=kind,
                    reference=f"{script}-{number}-{part}",
                    seconds=int(found[2]) if found[2] else None,
                ),
            ),
            sent_at=utc_now(),
        )


def _shown(turn: str | dt.timedelta) -> str:
    if isinstance(turn, str):
        return turn
    return f"(silence of {turn.total_seconds() / 3600:g} hours)"


def _has_alert(session: Session, conversation: Conversation) -> bool:
    calls = session.scalars(select(Handover).where(Handover.conversation_id == conversation.id))
    return any(call.urgency.raises_alert for call in calls)


def _has_handover(session: Session, conversation: Conversation) -> bool:
    call = select(Handover.id).where(Handover.conversation_id == conversation.id).limit(1)
    return session.scalars(call).first() is not None


def _harms(session: Session, conversation: Conversation) -> list[str]:
    found = session.scalars(
        select(UrgencyAssessment.harms)
        .join(Message, Message.id == UrgencyAssessment.message_id)
        .where(Message.conversation_id == conversation.id)
    )
    return sorted({harm for harms in found for harm in harms})


def _answered(session: Session, conversation: Conversation) -> list[str]:
    """Gives the fields that the child has answered or declined so far."""
    contact = records.find_contact(session, conversation)
    if contact is None:
        return []
    return sorted(
        field
        for field, answer in records.current_answers(session, contact).items()
        if answer.status is not AnswerStatus.ASKED_UNANSWERED
    )


def _contact(session: Session, conversation: Conversation) -> dict[str, Any]:
    contact = records.find_contact(session, conversation)
    if contact is None:
        return {}
    answers = records.current_answers(session, contact)
    gathered = {
        field: answer.value if answer.status is AnswerStatus.VALUE else answer.status.value
        for field, answer in answers.items()
    }
    return {
        "source": contact.source.value,
        "channel": contact.channel.value,
        "language": conversation.language,
        "urgency": contact.urgency.value,
        "submitted": contact.submitted_at is not None,
        "stopped": conversation.stopped_at is not None,
        **gathered,
    }
