"""The gate's real conversations: the last ones, made into nobody's, as they would go with a draft.

Only where an authority allows it. The words as they were never leave this process, and what is
played is on no disk. It stops nothing: what would change is for a safeguarding lead to read.
"""

import structlog
from sqlalchemy import Engine

from bot import recent_talks
from bot.gate_plays import Rehearsal
from bot.gate_replay import changed_turns, is_worse
from bot.gate_triage import edition_of
from bot.recent_talks import Recent
from handover.editing import real_talks
from handover.editing.material import CancelledError, Check, Finding, Material
from handover.editing.real_talks import Changed
from models.db import reading, transaction
from models.editing import DialogueVersion, VersionState

log = structlog.get_logger()

NAME = "real_talks"


def checks(engine: Engine, version_id: int, rehearsal: Rehearsal) -> list[Check]:
    """Gives the check of real conversations where an authority allows it, and else none."""
    with reading(engine) as session:
        if not real_talks.allowing(session):
            return []
    return [
        Check(
            name=NAME,
            title="How real conversations would go",
            look=lambda material: _look(engine, version_id, rehearsal, material),
            is_slow=True,
        )
    ]


def _look(
    engine: Engine, version_id: int, rehearsal: Rehearsal, material: Material
) -> list[Finding]:
    try:
        return [
            _played(engine, version_id, authority_id, recent, rehearsal, material)
            for authority_id, recent in _found(engine, material).items()
        ]
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001  # It shows and proves nothing: it must stop no version.
        # What went wrong may quote what a child said: its kind says enough.
        fault = type(error).__name__
        log.error("real_talks_not_played", fault=fault)  # noqa: TRY400
        return [_note(f"Real conversations could not be played: {fault}.", "Check again.")]


def _found(engine: Engine, material: Material) -> dict[int, Recent]:
    material.say("Real conversations are made into nobody's")
    with reading(engine) as session:
        return {
            authority.id: recent_talks.find(session, authority)
            for authority in real_talks.allowing(session)
        }


def _played(
    engine: Engine,
    version_id: int,
    authority_id: int,
    recent: Recent,
    rehearsal: Rehearsal,
    material: Material,
) -> Finding:
    if not recent.scripts:
        return _note(
            f"No real conversation could be played.{_without(recent.left_out)}",
            "Nothing is to be done.",
        )
    before, after = rehearsal.plays_of(recent.scripts, edition_of(material), material.say)
    drafts = {talk["id"]: talk for talk in after}
    both = [(talk, drafts[talk["id"]]) for talk in before if talk["id"] in drafts]
    found = [
        Changed(is_worse=is_worse(old, new), turns=turns)
        for old, new in both
        if (turns := changed_turns(old, new))
    ]
    _keep(engine, version_id, authority_id, found)
    left_out = recent.left_out + len(recent.scripts) - len(both)
    worse = sum(one.is_worse for one in found)
    said = (
        f"{len(found)} of {len(both)} real conversations would go otherwise."
        + (f" In {worse} of them a child would be heard less than today." if worse else "")
        + _without(left_out)
    )
    how = "A safeguarding lead reads them before signing." if found else "Nothing is to be done."
    return _note(said, how)


def _keep(engine: Engine, version_id: int, authority_id: int, found: list[Changed]) -> None:
    with transaction(engine) as session:
        version = session.get_one(DialogueVersion, version_id, with_for_update=True)
        if version.state is not VersionState.CHECKING:
            raise CancelledError
        real_talks.keep(session, version, authority_id, found)


def _without(left_out: int) -> str:
    return f" {left_out} could not be played and were left out." if left_out else ""


def _note(what: str, how: str) -> Finding:
    return Finding(what=what, where="Real conversations", how=how, is_note=True)
