"""Proves the dialogue's files before they are trained.

`python -m dialogues.check`, with `--nlu` the classifier on a quarter of its examples that was held
out, and with `--nlu --all` on each quarter in turn. `--json PART` is for the gate: one part of the
checks, with its progress.
"""

import argparse
import io
import json
import logging
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from itertools import islice
from typing import Any

from dialogues import proving, quiet, sources
from dialogues.proving import Fault

# Floors that a change must not fall below, not aims: before 650 lines of children's ordinary days
# joined, 4-fold cross-validation gave 0.757; since then it gives 0.727, because kinds of idle talk
# are taken for one another, which are answered alike. The examples are written to differ from one
# another, in eleven languages, so each one held out is hard; dialogues/words/signals.yml carries
# the plain forms of what must always be heard.
_FOLDS = 4
_STRENGTH = 12.0  # as in config.yml
LEAST_ACCURACY = 0.71
LEAST_RECALL = {"request_person": 0.58, "stop": 0.35, "someone_here": 0.6, "tell": 0.85}


def main(arguments: list[str] | None = None) -> int:
    """Prints each fault; gives 0 when there is none."""
    parser = argparse.ArgumentParser(prog="python -m dialogues.check", description=__doc__)
    parser.add_argument("--nlu", action="store_true", help="test the classifier too")
    parser.add_argument("--all", action="store_true", help="on each quarter of its examples")
    parser.add_argument("--json", choices=sorted(_PARTS), help="one part, as JSON lines")
    options = parser.parse_args(arguments)
    if options.json is not None:
        return _as_lines(options.json)
    faults = [str(fault) for part in _PARTS.values() for fault in part(_say)]
    if options.nlu:
        faults += nlu_faults(_FOLDS if options.all else 1)
    for fault in faults:
        sys.stdout.write(f"fail  {fault}\n")
    if not faults:
        sys.stdout.write("ok    The dialogue's files are sound.\n")
    return 1 if faults else 0


def rasa_faults(say: Callable[[str], None]) -> list[Fault]:
    """Gives what Rasa's own validation finds, its warnings among them."""
    say("Rasa looks at the files")
    quiet.prepare_environment()
    from rasa.shared.importers.importer import TrainingDataImporter  # noqa: PLC0415  Slow.
    from rasa.validator import Validator  # noqa: PLC0415

    quiet.silence_rasa(logging.ERROR)
    try:
        checks = _validated(TrainingDataImporter, Validator)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        return [Fault(f"Rasa cannot read them: {error}.", "The dialogue's files", _COMPARE)]
    return [
        Fault(f"Rasa finds {name} invalid.", "The dialogue's files", _COMPARE)
        for name, sound in checks.items()
        if not sound
    ]


def _validated(importers: Any, validators: Any) -> dict[str, bool]:
    importer = importers.load_from_config(
        str(sources.CONFIG), str(sources.DOMAIN), [str(sources.DATA)]
    )
    validator = validators.from_importer(importer)
    return {
        "the domain": validator.verify_domain_validity(),
        "intents and responses": validator.verify_nlu(ignore_warnings=False),
        "slot mappings": validator.verify_slot_mappings(),
        "rules": validator.verify_actions_in_stories_rules(),
    }


# In the order of how soon they are done.
_PARTS: dict[str, Callable[[Callable[[str], None]], list[Fault]]] = {
    "files": lambda _: proving.file_faults(sources.ROOT),
    "talk": lambda say: proving.talk_faults(sources.ROOT, say),
    "rasa": rasa_faults,
}
_COMPARE = "Compare the change with the version that is live, and mend or undo it."


def _as_lines(part: str) -> int:
    """Prints progress and faults as JSON lines, the last of which says that all was looked at."""
    faults = _PARTS[part](lambda words: _line({"progress": words}))
    for fault in faults:
        _line({"what": fault.what, "where": fault.where, "how": fault.how})
    _line({"done": True})
    return 0


def _line(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def _say(words: str) -> None:
    sys.stderr.write(f"      {words}.\n")


def nlu_faults(quarters: int) -> list[str]:
    """Tests the classifier on examples it has not seen and gives what falls short."""
    report = held_out(quarters)
    sys.stdout.write(f"      The classifier's accuracy is {report['accuracy']:.3f}.\n")
    faults = []
    if report["accuracy"] < LEAST_ACCURACY:
        faults.append(f"The classifier's accuracy is {report['accuracy']:.3f}.")
    for intent, least in LEAST_RECALL.items():
        recall = report[intent]["recall"]
        if recall < least:
            faults.append(f"The classifier finds {recall:.2f} of {intent}, less than {least}.")
    return faults


def held_out(quarters: int) -> dict[str, Any]:
    """Gives scikit-learn's report over so many held-out quarters of the examples."""
    quiet.prepare_environment()
    import numpy as np  # noqa: PLC0415  Slow.
    from rasa.shared.nlu.training_data.loading import load_data  # noqa: PLC0415
    from sklearn.metrics import classification_report  # noqa: PLC0415
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    from dialogues.components.weighing import Weigher, encoded  # noqa: PLC0415

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        data = load_data(str(sources.DATA / "nlu"))
    texts = [str(example.get("text")) for example in data.intent_examples]
    intents = np.array([str(example.get("intent")) for example in data.intent_examples])
    rows = dict(zip(texts, encoded(texts), strict=True))
    found = np.full(len(texts), None, dtype=object)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for learnt, held in islice(folds.split(texts, intents), quarters):
        weigher = Weigher(lambda some: np.stack([rows[text] for text in some]), strength=_STRENGTH)
        weigher.fit([texts[i] for i in learnt], list(intents[learnt]))
        best = weigher.chances([texts[i] for i in held]).argmax(axis=1)
        found[held] = [weigher.names[i] for i in best]
    tested = np.array([one is not None for one in found])
    report: dict[str, Any] = classification_report(
        list(intents[tested]), list(found[tested]), output_dict=True, zero_division=0
    )
    return report


if __name__ == "__main__":
    sys.exit(main())
