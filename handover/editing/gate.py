"""The gate: every check in its order over one version, with progress, and ended when cancelled.

The console asks for it; a runner beside the dialogue's own environment carries it out. What it
found is rows, so that any console shows it, and whoever starts again goes on.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from handover import audit
from handover.editing import publishing, real_talks, signing, versions
from handover.editing.checks import (
    asking,
    hearing,
    meant,
    safety,
    shape,
    translations,
    wording,
    workings,
)
from handover.editing.files import write_folder
from handover.editing.material import CancelledError, Check, Finding, Material, Verdict
from handover.editing.versions import NotOpenError
from models.base import utc_now
from models.db import reading, transaction
from models.editing import CheckOutcome, DialogueCheck, DialogueVersion, VersionState
from models.practitioner import Practitioner

log = structlog.get_logger()

_MOST_FINDINGS = 60

# What needs the files alone, the quickest first. More come from beside the dialogue.
FILE_CHECKS = (
    Check(name="files", title="All files are there", look=shape.files_there, blocks=True),
    Check(name="shape", title="The files can be read", look=shape.shape, blocks=True),
    Check(
        name="safety_words",
        title="The words for danger are whole",
        look=safety.safety_words,
    ),
    Check(name="help_numbers", title="The help numbers are right", look=safety.help_numbers),
    Check(name="numbers", title="Texts name no other numbers", look=meant.numbers),
    Check(name="signals", title="Stop, help and danger are heard", look=safety.signals),
    Check(name="signal_words", title="No word is taken for another", look=meant.signal_words),
    Check(name="buttons", title="Every question has a way out", look=safety.buttons),
    Check(name="titles", title="Buttons do what they say", look=meant.titles),
    Check(name="asking", title="Questions are asked when they should be", look=asking.asking),
    Check(name="workings", title="The talk goes on, and all is kept", look=workings.workings),
    Check(name="lengths", title="Texts fit a text message", look=wording.lengths),
    Check(name="tokens", title="Places to fill in are right", look=wording.tokens),
    Check(name="kindness", title="No blame, no secrecy, nothing leading", look=wording.kindness),
    Check(name="questions", title="One thing is asked at a time", look=wording.questions),
    Check(name="reading_age", title="A child of nine can read it", look=wording.plainness),
    Check(name="translations", title="Every language is whole", look=translations.translations),
    Check(name="examples", title="Every meaning has its examples", look=hearing.examples),
    Check(name="words", title="The lists of words are whole", look=hearing.words),
    Check(name="cover", title="The cover gives nothing away", look=hearing.cover),
)


def ask(session: Session, who: Practitioner, version: DialogueVersion) -> None:
    """Asks for a version to be checked; the runner takes it up.

    Raises:
        versions.NotAllowedError: they edit nothing.
        NotOpenError: it is being checked, or is no draft any more.
    """
    version = versions.open_draft(session, who, version)
    _begin_anew(session, version)
    version.state = VersionState.CHECKING
    version.check_asked_by_id = who.id
    version.check_asked_at = utc_now()
    version.check_cancelled_at = None
    details = {"version": version.number}
    audit.record(session, "dialogue_check_asked", practitioner=who, details=details)


def cancel(session: Session, who: Practitioner, version: DialogueVersion) -> None:
    """Ends a check; what it had found stays to be read.

    Raises:
        versions.NotAllowedError: they edit nothing.
        NotOpenError: it is not being checked.
    """
    versions.may_edit(who)
    version = session.get_one(
        DialogueVersion, version.id, with_for_update=True, populate_existing=True
    )
    if version.state is not VersionState.CHECKING:
        raise NotOpenError("It is not being checked.")
    version.check_cancelled_at = utc_now()
    version.state = VersionState.DRAFT
    for row in results(session, version):
        if row.outcome in {CheckOutcome.WAITING, CheckOutcome.RUNNING}:
            row.outcome = CheckOutcome.CANCELLED
            row.at = utc_now()
    details = {"version": version.number}
    audit.record(session, "dialogue_check_cancelled", practitioner=who, details=details)


def results(session: Session, version: DialogueVersion) -> list[DialogueCheck]:
    """Gives the checks of a version in their order, as they stand."""
    return list(
        session.scalars(
            select(DialogueCheck)
            .where(DialogueCheck.version_id == version.id)
            .order_by(DialogueCheck.place)
        )
    )


def next_asked(session: Session) -> DialogueVersion | None:
    """Gives the version that has waited longest to be checked, or None."""
    return session.scalars(
        select(DialogueVersion)
        .where(DialogueVersion.state == VersionState.CHECKING)
        .order_by(DialogueVersion.check_asked_at)
        .limit(1)
    ).first()


def run(
    engine: Engine,
    version_id: int,
    checks: Sequence[Check],
    *,
    home: Path,
    is_ours: Callable[[], bool] = lambda: True,
) -> VersionState:
    """Carries the checks of a version out, in a folder of its own under `home`; gives its state.

    One that was begun before, by a process that died, begins anew. With `is_ours` it asks whether
    it may still go on: where another process has taken over, it ends and leaves it to that.
    """
    _list(engine, version_id, checks)
    material = _material(engine, version_id, home, is_ours)
    failed = blocked = False
    for check in checks:
        if blocked or (failed and check.is_slow):
            verdict = Verdict(outcome=CheckOutcome.BROKEN, findings=(_AFTER_THE_OTHERS,))
        else:
            verdict = _carried_out(engine, version_id, check, material)
        if verdict.outcome is CheckOutcome.CANCELLED:
            log.info("dialogue_check_stopped", version_id=version_id)
            return VersionState.DRAFT
        if not _note(engine, version_id, check, verdict):
            return VersionState.DRAFT
        bad = verdict.outcome in {CheckOutcome.FAILED, CheckOutcome.BROKEN}
        failed = failed or bad
        blocked = blocked or (bad and check.blocks)
    return _finish(engine, version_id, failed=failed)


def look(material: Material, checks: Sequence[Check]) -> dict[str, list[Finding]]:
    """Gives what checks find, by name, each at once; those after one that blocks are left out."""
    found: dict[str, list[Finding]] = {}
    for check in checks:
        if _needed(material, check):
            found[check.name] = check.look(material)
            if found[check.name] and check.blocks:
                break
    return found


_AFTER_THE_OTHERS = Finding(
    what="It was not looked at yet.",
    where="The checks above",
    how="Mend what they found, and check again.",
)


def _material(engine: Engine, version_id: int, home: Path, is_ours: Callable[[], bool]) -> Material:
    def say(_: str) -> None:
        if not is_ours():
            raise CancelledError

    with reading(engine) as session:
        version = session.get_one(DialogueVersion, version_id)
        live = publishing.live_version(session)
        files = versions.files_of(session, version)
        live_files = versions.files_of(session, live) if live is not None else files
        folder = home / "editions" / version.fingerprint / "files"
    _place(files, folder)
    return Material(files=files, live=live_files, folder=folder, say=say)


def _begin_anew(session: Session, version: DialogueVersion) -> None:
    """Throws away what was found before, and what was kept of conversations."""
    session.execute(delete(DialogueCheck).where(DialogueCheck.version_id == version.id))
    real_talks.throw_away(session, version)


def _list(engine: Engine, version_id: int, checks: Sequence[Check]) -> None:
    """Keeps what is to be looked at, so that the progress shows how much there is."""
    with transaction(engine) as session:
        version = session.get_one(DialogueVersion, version_id, with_for_update=True)
        _begin_anew(session, version)
        for place, check in enumerate(checks):
            session.add(
                DialogueCheck(
                    version_id=version.id,
                    fingerprint=version.fingerprint,
                    place=place,
                    name=check.name,
                    title=check.title,
                    findings=[],
                )
            )


def _place(files: Mapping[str, str], folder: Path) -> None:
    """Puts the files into a folder that is there whole or not at all."""
    if folder.is_dir():
        return
    fresh = folder.with_name(f".files-{secrets.token_hex(4)}")
    write_folder(files, fresh)
    try:
        fresh.rename(folder)
    except OSError:
        # Another process of this machine was first, with the same files.
        shutil.rmtree(fresh, ignore_errors=True)
        if not folder.is_dir():
            raise


def _carried_out(engine: Engine, version_id: int, check: Check, material: Material) -> Verdict:
    def say(words: str) -> None:
        material.say(words)
        if not _show(engine, version_id, check, words):
            raise CancelledError

    try:
        say(check.title)
        if not _needed(material, check):
            return Verdict(outcome=CheckOutcome.NOT_NEEDED)
        found = check.look(replace(material, say=say))
    except CancelledError:
        return Verdict(outcome=CheckOutcome.CANCELLED)
    except Exception as error:  # noqa: BLE001  # A check that breaks proves nothing, and must say so.
        which = check.name
        log.error("dialogue_check_broke", check=which, fault=type(error).__name__)  # noqa: TRY400
        return Verdict(outcome=CheckOutcome.BROKEN, findings=(_broke(error),))
    is_failed = not all(one.is_note for one in found)
    return Verdict(
        outcome=CheckOutcome.FAILED if is_failed else CheckOutcome.PASSED,
        findings=tuple(found[:_MOST_FINDINGS]),
    )


def _broke(error: Exception) -> Finding:
    return Finding(
        what=f"The check itself could not be carried out: {type(error).__name__}: {error}"[:500],
        where="The gate",
        how="Check again. If it happens once more, show this to an engineer.",
    )


def _needed(material: Material, check: Check) -> bool:
    return not check.needs or material.touches(*check.needs)


def _show(engine: Engine, version_id: int, check: Check, words: str) -> bool:
    """Keeps what is being done; gives False when somebody cancelled."""
    with transaction(engine) as session:
        row = _row(session, version_id, check)
        if row is None:
            return False
        row.outcome = CheckOutcome.RUNNING
        row.progress = words[:200]
        return True


def _note(engine: Engine, version_id: int, check: Check, verdict: Verdict) -> bool:
    with transaction(engine) as session:
        row = _row(session, version_id, check)
        if row is None:
            return False
        row.outcome = verdict.outcome
        row.findings = [finding.row() for finding in verdict.findings]
        row.progress = ""
        row.at = utc_now()
        return True


def _row(session: Session, version_id: int, check: Check) -> DialogueCheck | None:
    version = session.get_one(
        DialogueVersion, version_id, with_for_update=True, populate_existing=True
    )
    if version.state is not VersionState.CHECKING:
        return None
    return session.scalars(
        select(DialogueCheck)
        .where(DialogueCheck.version_id == version_id)
        .where(DialogueCheck.name == check.name)
    ).one_or_none()


def _finish(engine: Engine, version_id: int, *, failed: bool) -> VersionState:
    with transaction(engine) as session:
        version = session.get_one(DialogueVersion, version_id, with_for_update=True)
        if version.state is not VersionState.CHECKING:
            return version.state
        if failed:
            version.state = VersionState.REFUSED
        elif signing.missing(session, version):
            version.state = VersionState.CHECKED
        else:
            # Checked once more, with the very files that both have signed.
            version.state = VersionState.SIGNED
        audit.record(
            session,
            f"dialogue_{version.state.value}",
            details={"version": version.number, "asked_by": version.check_asked_by_id},
        )
        return version.state
