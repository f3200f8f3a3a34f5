"""A version with other words is the archive of the one before with its own words in it."""

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

from bot.dialogue_process import start_beside
from handover.editing.files import read_folder, write_folder
from tests.dialogues.process import RunningDialogue

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ROOT / "var" / "dialogue"


def test_other_words_give_the_archive_that_a_whole_training_gives(
    dialogue: RunningDialogue, tmp_path: Path
) -> None:
    del dialogue  # It is trained, so that what was learnt is there.
    files = read_folder(ROOT)
    changed = "dialogues/domain/responses_listening.yml"
    welsh = "dialogues/languages/cy.yml"
    files[changed] = files[changed].replace("I'm a bot, not a person.", "I am no person.")
    files[welsh] = files[welsh].replace("Bot ydw i", "Dim ond bot ydw i")
    write_folder(files, tmp_path / "files")
    # Rasa's cache without any archive: it has to put the model together anew.
    shutil.copytree(KNOWN / "cache", tmp_path / "home" / "cache")

    by_rasa = trained(tmp_path, beside=tmp_path / "home", told="Training the dialogue.")
    by_words = trained(tmp_path, beside=KNOWN, told="Changing the words.")

    assert by_words.keys() == by_rasa.keys()
    assert "I am no person." in json.dumps(by_words["metadata.json"])
    assert [name for name in by_rasa if by_words[name] != by_rasa[name]] == []


def trained(folder: Path, *, beside: Path, told: str) -> dict[str, Any]:
    out = folder / f"out-{beside.name}"
    process = start_beside(
        ["-m", "dialogues.train", "--out", str(out), "--beside", str(beside)], folder / "files"
    )
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert told in said
    (archive,) = out.glob("*/model.tar.gz")
    with tarfile.open(archive) as tar:
        return {entry.name: plain(entry.name, tar.extractfile(entry)) for entry in tar}


def plain(name: str, data: Any) -> Any:
    """Reads a file of an archive without the order of sets, which Rasa leaves to chance."""
    read = data.read()
    if not name.endswith(".json"):
        return read
    found = json.loads(read)
    if isinstance(found, dict):
        found.pop("trained_at", None)
    if name.endswith("rule_policy.json"):
        lists = found["lookup"]
        found["lookup"] = {
            key: sorted(map(json.dumps, one)) if isinstance(one, list) else one
            for key, one in lists.items()
        }
    if name.endswith("rule_only_data.json"):
        found = {key: sorted(one) for key, one in found.items()}
    return found
