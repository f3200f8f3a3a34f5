"""Conversations played with the live version and with a draft: what a child would see otherwise.

They are played through the real path, in a process of their own: the played clock is that whole
process's. `python -m bot.gate_replay URL EDITION FOLDER` prints a line of JSON for each.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot import logs, replay
from bot.dialogue import HttpDialogue
from bot.dialogue_process import DialogueProcess, free_port, train_edition
from handover import edition
from handover.editing import files
from handover.editing.material import Finding, Material
from handover.edition import PROGRAM, Edition
from models.urgency import Urgency

SCRIPTS = Path(__file__).parent / "gate_scripts.yml"
_SECRET = "FRONTDOOR_DIALOGUE_SECRET"  # noqa: S105  # the variable's name

_START_SECONDS = 120
_LOOK_EVERY = 0.5

type Played = Mapping[str, Any]


class ReplayBrokenError(OSError):
    """The conversations could not be played, so that nothing is known."""


def changed_talks(material: Material, draft: Edition, data_dir: Path) -> list[Finding]:
    """Gives the conversations whose route, urgency or words a draft would change.

    Raises:
        CancelledError: somebody cancelled meanwhile.
        ReplayBrokenError: a dialogue did not come up, or ended on the way.
        DialogueProcessError: the live version cannot be trained on this machine.
    """
    live = edition.live()
    before = _kept(live, data_dir, material)
    after = {talk["id"]: talk for talk in _played(draft, data_dir, material)}
    return [found for talk in before if (found := difference(talk, after[talk["id"]])) is not None]


def difference(before: Played, after: Played) -> Finding | None:
    """Gives what differs between two plays of a conversation; None when nothing does.

    It is for people to read, unless a child would be heard less or reach no person.
    """
    lines = list(_lines(before, after))
    if not lines:
        return None
    is_worse = _heard(after) < _heard(before) or (before["handover"] and not after["handover"])
    return Finding(
        what=("A child would be heard less than today. " if is_worse else "") + " ".join(lines),
        where=f"Conversation {before['id'].replace('-', ' ')}",
        how="Put back what is heard or reached today."
        if is_worse
        else "Read it as the child would. If it is what you meant, nothing is to be done.",
        is_note=not is_worse,
    )


def _heard(talk: Played) -> tuple[int, int]:
    """Gives how urgent a talk was judged, and how soon a person was called."""
    rank = Urgency(talk["urgency"]).rank
    return rank, -(talk["alert_turn"] or len(talk["turns"]) + 1)


def _lines(before: Played, after: Played) -> Iterator[str]:
    for number, (old, new) in enumerate(zip(before["turns"], after["turns"], strict=True), 1):
        said = f"At “{old['child']}” (turn {number})"
        if old["urgency"] != new["urgency"]:
            yield f"{said} the urgency is {old['urgency']} today, and would be {new['urgency']}."
        if old.get("holder") != new.get("holder"):
            yield f"{said} {old.get('holder')} holds it today, and {new.get('holder')} would."
        if old["replies"] != new["replies"]:
            today, then = _quoted(old["replies"]), _quoted(new["replies"])
            yield f"{said} the bot says {today} It would say {then}"


def _quoted(replies: Sequence[str]) -> str:
    return "“" + " / ".join(replies) + "”" if replies else "nothing."


def _kept(found: Edition, data_dir: Path, material: Material) -> list[Played]:
    """Gives how the live version plays them, played once for each version of it."""
    name = found.name if found != PROGRAM else _fingerprint(found.folder)
    scripts = files.sha256(SCRIPTS.read_text("utf-8"))
    path = data_dir / "replays" / f"{name}-{scripts[:16]}.json"
    if path.is_file():
        kept: list[Played] = json.loads(path.read_text("utf-8"))
        return kept
    train_edition(data_dir, found)
    played = list(_played(found, data_dir, material))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{secrets.token_hex(4)}")
    fresh.write_text(json.dumps(played), encoding="utf-8")
    fresh.replace(path)
    return played


def _played(found: Edition, data_dir: Path, material: Material) -> Iterator[Played]:
    secret = secrets.token_urlsafe(32)
    process = DialogueProcess(port=free_port(), secret=secret, data_dir=data_dir, edition=found)
    which = "The version that is live" if found == edition.live() else "The draft"
    process.start()
    try:
        _wait_until_up(process.url, secret, lambda: material.say(f"{which} is started"))
        total, number = len(replay.read_scripts(SCRIPTS)), 0
        for number, line in enumerate(_asked(process.url, secret, found), 1):
            material.say(f"{which} played {number} of {total} conversations")
            yield line
        if number != total:
            raise ReplayBrokenError("the conversations ended on the way")
    finally:
        process.stop()


def _wait_until_up(url: str, secret: str, look: Callable[[], None]) -> None:
    """Returns when a dialogue answers; `look` may end the waiting, as when somebody cancelled."""
    until = time.monotonic() + _START_SECONDS
    client = HttpDialogue(url, secret)
    try:
        while not client.is_up():
            if time.monotonic() > until:
                raise ReplayBrokenError("the dialogue did not come up")
            look()
            time.sleep(_LOOK_EVERY)
    finally:
        client.close()


def _asked(url: str, secret: str, found: Edition) -> Iterator[Played]:
    command = [sys.executable, "-m", "bot.gate_replay", url, found.name, str(found.folder)]
    kept = {name: value for name, value in os.environ.items() if name != _SECRET}  # noqa: TID251  # handed on
    with subprocess.Popen(  # noqa: S603  # our own interpreter and module
        command,
        cwd=edition.ROOT,
        env={**kept, _SECRET: secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            for line in process.stdout or ():
                yield json.loads(line)
        finally:
            process.kill()


def _fingerprint(folder: Path) -> str:
    texts = files.read_folder(folder)
    return files.fingerprint({path: files.sha256(text) for path, text in texts.items()})


def main(arguments: Sequence[str]) -> int:
    """Prints how each conversation went; gives 0 when all were played."""
    url, name, folder = arguments
    logs.configure("json")
    edition.go_live(Edition(name, Path(folder)))
    secret = os.environ[_SECRET]  # noqa: TID251  # handed down by the gate, not a setting
    # No child waits here, and a busy machine must not look like another answer.
    dialogue = HttpDialogue(url, secret, patience=20, edition=name)
    try:
        replay.play(replay.read_scripts(SCRIPTS), dialogue, out=sys.stdout)
    finally:
        dialogue.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
