"""Reads the labelled messages the model is trained on, and refuses wrong labels."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

LEVELS = ("no_concern", "concern", "urgent", "emergency")
HARMS = (
    "physical_abuse", "emotional_abuse", "sexual_abuse", "neglect", "domestic_abuse", "self_harm",
    "suicide", "mental_health", "sexual_exploitation", "criminal_exploitation", "online_harm",
    "bullying", "fgm", "forced_marriage", "trafficking", "radicalisation", "missing",
    "homelessness", "parental_substance_misuse", "parental_mental_health", "young_carer",
    "family_conflict", "bereavement", "care_experience", "other",
)  # fmt: skip
RECORD = "current.json"
"""Names the model in use, in the folder it was trained into."""
DATA = Path(__file__).parent / "data"
_LIBRARIES = ("numpy", "onnxruntime", "scikit-learn")  # whose new versions may make other numbers


class CorpusError(ValueError):
    """A training message is not labelled as the guide allows."""


@dataclass(frozen=True)
class Labelled:
    """One message with its urgency and harms, by the labelling guide."""

    text: str
    urgency: str
    harms: tuple[str, ...]
    lang: str


def read_corpus(folder: Path = DATA) -> list[Labelled]:
    """Gives every message once, in the order of the files.

    Raises:
        CorpusError: when a line has a label that the guide does not know.
    """
    found: dict[str, Labelled] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, row in enumerate(_lines(path), start=1):
            if row.urgency not in LEVELS or set(row.harms) - set(HARMS):
                raise CorpusError(f"{path.name}:{number}: {row.urgency} {row.harms}")
            found[row.text] = row
    if not found:
        raise CorpusError(f"no training messages in {folder}")
    return list(found.values())


def digest_of(folder: Path = DATA) -> str:
    """Gives the digest of everything the model is made from: messages, code and libraries."""
    digest = hashlib.sha256()
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    here = Path(__file__).parent
    sources = [*folder.glob("*.jsonl"), *here.glob("*.py"), *here.glob("*.txt")]
    for path in sorted(sources, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _lines(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Labelled(row["text"], row["urgency"], tuple(row["harms"]), row["lang"])
