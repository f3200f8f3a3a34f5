"""The gate's checks that need more than files: the phrases, the talk's graph, Rasa, and triage."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.dialogue_process import start_beside
from bot.gate_plays import Rehearsal
from bot.gate_programs import GateBrokenError, lines_of
from bot.gate_replay import changed_talks
from bot.gate_triage import edition_of, triage_findings
from bot.phrase_checks import phrase_findings
from handover import edition
from handover.editing.gate import FILE_CHECKS
from handover.editing.material import Check, Finding, Material

_PHRASES = ("bot/phrases/",)
_DIALOGUE = ("dialogues/",)
# What Rasa itself judges; the words it is given are looked at by `fit` and by training.
_MEANINGS = ("dialogues/data/", "dialogues/domain/intents.yml", "dialogues/domain/slots.yml")
_TALK = ("dialogues/questions.yml",)
_SCRIPT = "dialogues.check"
type Look = Callable[[Material], list[Finding]]


def every_check(data_dir: Path, rehearsal: Rehearsal, *more: Check) -> tuple[Check, ...]:
    """Gives the checks of the gate in their order, the quickest first, and `more` at the end.

    The conversations of `rehearsal` get ready while the slow checks look at other things.
    """
    data_dir = data_dir.resolve()

    def beside(look: Look) -> Look:
        def begun(material: Material) -> list[Finding]:
            rehearsal.begin(edition_of(material))
            return look(material)

        return begun

    return (
        *FILE_CHECKS,
        Check(
            name="phrases",
            title="Phrases hear all that they hear today",
            look=_phrases,
            needs=_PHRASES,
        ),
        Check(
            name="fit",
            title="The files fit together",
            look=_part("files"),
            needs=_DIALOGUE,
            blocks=True,
        ),
        Check(
            name="talk",
            title="Every way through the talk is safe",
            look=_part("talk"),
            needs=_TALK,
        ),
        Check(
            name="rasa",
            title="Rasa finds the files sound",
            look=beside(_part("rasa")),
            needs=_MEANINGS,
            is_slow=True,
        ),
        Check(
            name="training",
            title="The dialogue can be trained",
            look=beside(lambda material: _training(material, data_dir)),
            needs=_DIALOGUE,
            is_slow=True,
        ),
        Check(
            name="replay",
            title="What children would see otherwise",
            look=lambda material: _replay(material, rehearsal),
            is_slow=True,
        ),
        Check(
            name="triage",
            title="Danger is heard as well as today, whoever it is and however it is said",
            look=beside(lambda material: triage_findings(material, data_dir / "triage")),
            needs=_PHRASES,
            is_slow=True,
        ),
        *more,
    )


def _phrases(material: Material) -> list[Finding]:
    return phrase_findings(edition_of(material), edition.live())


def _part(name: str) -> Look:
    def look(material: Material) -> list[Finding]:
        found: list[Finding] = []
        is_done = False
        for line in _lines(["-m", _SCRIPT, "--json", name], material):
            row = json.loads(line)
            if "progress" in row:
                material.say(row["progress"])
            elif "what" in row:
                found.append(Finding(what=row["what"], where=row["where"], how=row["how"]))
            is_done = is_done or "done" in row
        if not is_done:
            raise GateBrokenError(f"{_SCRIPT} {name} did not come to its end")
        return found

    return look


def _training(material: Material, data_dir: Path) -> list[Finding]:
    """Trains beside the files, where whoever publishes the version finds the model."""
    out = material.folder.with_name("model")
    command = ["-m", "dialogues.train", "--if-changed", "--out", str(out)]
    lines = []
    for line in _lines([*command, "--beside", str(data_dir / "dialogue")], material):
        lines.append(line)
        material.say(line)
    if any(line.startswith("The dialogue is ready") for line in lines):
        return []
    return [
        Finding(
            what=lines[-1] if lines else "The dialogue could not be trained.",
            where="The dialogue's files",
            how="Compare the change with the version that is live, and mend or undo it.",
        )
    ]


def _replay(material: Material, rehearsal: Rehearsal) -> list[Finding]:
    before, after = rehearsal.plays(edition_of(material), material.say)
    return changed_talks(before, after)


def _lines(arguments: list[str], material: Material) -> Iterator[str]:
    """Gives what a program of the dialogue's environment prints, and ends it when cancelled."""
    return lines_of(start_beside(arguments, material.folder), material.say)
