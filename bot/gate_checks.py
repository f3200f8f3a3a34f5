"""The gate's checks that need more than files: the phrases, the talk's graph, Rasa, and triage."""

import json
import queue
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.dialogue_process import start_beside
from bot.evaluate import Judged
from bot.gate_replay import changed_talks
from bot.labelled import ABILITIES, LABELLED, ExamplesError, read_examples
from bot.measuring import judge, scores_of
from bot.phrase_checks import phrase_findings
from bot.triage import Score, ScorerUnavailableError, local_scorer
from bot.urgency import ModelScore
from handover import edition
from handover.editing.gate import FILE_CHECKS
from handover.editing.material import Check, Finding, Material
from handover.edition import Edition

_PHRASES = ("bot/phrases/",)
_DIALOGUE = ("dialogues/",)
# What Rasa itself judges; the words it is given are looked at by `fit` and by training.
_MEANINGS = ("dialogues/data/", "dialogues/domain/intents.yml", "dialogues/domain/slots.yml")
_TALK = ("dialogues/questions.yml",)
_LOOK_EVERY = 0.5
"""Seconds between two looks at whether somebody cancelled."""
_FEWEST = 8
"""Messages of a group below which its share says nothing."""
_FLOOR = 0.80
"""The share of messages of a group, that should call a person, that must."""
_SCRIPT = "dialogues.check"
_GATE_SECONDS = 300


class GateBrokenError(OSError):
    """A check could not be carried out to its end, so that nothing is proved."""


def every_check(data_dir: Path) -> tuple[Check, ...]:
    """Gives the checks of the gate in their order, the quickest first."""
    data_dir = data_dir.resolve()
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
            look=_part("rasa"),
            needs=_MEANINGS,
            is_slow=True,
        ),
        Check(
            name="training",
            title="The dialogue can be trained",
            look=lambda material: _training(material, data_dir),
            needs=_DIALOGUE,
            is_slow=True,
        ),
        Check(
            name="replay",
            title="What children would see otherwise",
            look=lambda material: changed_talks(material, _edition(material), data_dir),
            is_slow=True,
        ),
        Check(
            name="triage",
            title="Danger is heard as well as today, for every harm and language",
            look=lambda material: _triage(material, data_dir / "triage"),
            needs=_PHRASES,
            is_slow=True,
        ),
    )


def _phrases(material: Material) -> list[Finding]:
    return phrase_findings(_edition(material), edition.live())


def _part(name: str) -> Callable[[Material], list[Finding]]:
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


def _triage(material: Material, model_dir: Path) -> list[Finding]:
    missing = [path for path in (*LABELLED, ABILITIES) if not path.is_file()]
    if missing:
        raise GateBrokenError(f"{missing[0].name}, on which triage is measured, is not here")
    try:
        examples = [one for path in LABELLED for one in read_examples(path)]
        with local_scorer(model_dir) as score:
            told = _telling(score, material, len({one.text for one in examples}))
            scores = scores_of([one.text for one in examples], told)
    except (ExamplesError, ScorerUnavailableError) as error:
        raise GateBrokenError(str(error)) from error
    with edition.pinned(edition.live()):
        live = judge(examples, scores)
    with edition.pinned(_edition(material)):
        draft = judge(examples, scores)
    return list(recall_findings(live, draft))


def recall_findings(live: Sequence[Judged], draft: Sequence[Judged]) -> Iterator[Finding]:
    """Gives the harms and languages in which a draft hears less than is heard today."""
    before, after = _recalls(live), _recalls(draft)
    for group, (caught, of) in after.items():
        had = before[group][0]
        low = of >= _FEWEST and caught / of < min(_FLOOR, had / of)
        if caught >= had and not low:
            continue
        lost = sorted(_caught_of(live, group) - _caught_of(draft, group))
        yield Finding(
            what=f"Of {of} messages that must call a person, {caught} would, and {had} do today.",
            where=f"{group}. Newly missed: {', '.join(lost[:8]) or 'none'}",
            how="Put back the phrases that were changed, or let them catch these too.",
        )


def _recalls(judged: Sequence[Judged]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for pair in judged:
        example, assessment = pair
        if example.level.raises_alert:
            for group in _groups(pair):
                caught, of = found[group]
                found[group] = (caught + assessment.level.raises_alert, of + 1)
    return found


def _groups(pair: Judged) -> list[str]:
    example, _ = pair
    harms = [f"harm {harm.value.replace('_', ' ')}" for harm in sorted(example.harms)]
    return ["all", f"language {example.language}", *harms]


def _caught_of(judged: Sequence[Judged], group: str) -> set[str]:
    return {
        pair[0].id
        for pair in judged
        if pair[0].level.raises_alert and pair[1].level.raises_alert and group in _groups(pair)
    }


def _telling(score: Score, material: Material, total: int) -> Score:
    done = 0

    def told(texts: Sequence[str]) -> Sequence[ModelScore]:
        nonlocal done
        material.say(f"{done} of {total} messages judged")
        done += len(texts)
        return score(texts)

    return told


def _edition(material: Material) -> Edition:
    return Edition(material.folder.parent.name, material.folder)


def _lines(arguments: list[str], material: Material) -> Iterator[str]:
    """Gives what a program of the dialogue's environment prints, and ends it when cancelled.

    Raises:
        CancelledError: somebody cancelled meanwhile.
        GateBrokenError: it took too long.
    """
    process = start_beside(arguments, material.folder)
    said: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, said), daemon=True)
    reader.start()
    until = time.monotonic() + _GATE_SECONDS
    last = ""
    try:
        while True:
            try:
                line = said.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if time.monotonic() > until:
                    raise GateBrokenError("It took longer than five minutes.") from None
                material.say(last or "Starting")
                continue
            if line is None:
                return
            last = line if not line.startswith("{") else last
            yield line
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout is not None:
            process.stdout.close()


def _read(process: "subprocess.Popen[str]", said: "queue.Queue[str | None]") -> None:
    for line in process.stdout or ():
        if line.strip():
            said.put(line.strip())
    said.put(None)
